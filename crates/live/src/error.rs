//! What can go wrong in the service, as opposed to what it refuses.

use store::Error as StoreError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It contradicts what is so already.
    #[error("{0}")]
    Conflict(String),
    /// It is not what is asked for.
    #[error("{0}")]
    Invalid(String),
    /// There is more to do than is taken at a time.
    #[error("more is waiting than is taken at a time; try again in a moment")]
    Busy,
    /// It has to be done while nobody else writes.
    #[error("this has to be done alone")]
    NeedsAlone,
    /// The service is going down.
    #[error("the service is going down")]
    Stopping,
}

/// What the service answers.
pub type Result<T> = std::result::Result<T, Error>;
