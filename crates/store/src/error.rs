//! What can go wrong between a verb and a database.

/// Why something was not read or written. What was begun is undone.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or went away: it is worth trying again.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// It went away while a transaction was being committed: nobody knows whether it is done.
    #[error("the database went away in the middle of a commit: {0}")]
    InDoubt(String),
    /// Another transaction was in the way: the same again may well work.
    #[error("another transaction was in the way: {0}")]
    Contended(String),
    /// There is no place left to write to, or it may not be written to.
    #[error("the database cannot be written to: {0}")]
    Full(String),
    /// The database was made by a later version of this program.
    #[error(
        "the database has schema {found}, and this program knows {known}; \
         it was used by a later version: use that one, or restore a backup made before"
    )]
    Newer {
        /// What the database has.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The server does not let us in, or the database is not ours.
    #[error("the database cannot be used: {0}")]
    Refused(String),
    /// A backup cannot be made or restored.
    #[error("{0}")]
    Backup(String),
    /// An address that names no database.
    #[error("`{0}` names no database: give the path of a file, or postgres://user@host/name")]
    Address(String),
    /// What is stored cannot be read, or a statement is wrong: a defect, or a damaged database.
    #[error("the database says what it should not: {0}")]
    Broken(String),
}

/// What a verb answers.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether nothing was done and the same again may work.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Contended(text),
            Some(Code::DiskFull | Code::ReadOnly | Code::PermissionDenied) => Self::Full(text),
            Some(Code::NotADatabase) => Self::Refused("the file is not a database: give another one".into()),
            Some(Code::CannotOpen | Code::SystemIoFailure) => Self::Unavailable(text),
            _ => Self::Broken(text),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        // `db error` alone says nothing: the message of the server is in what it is caused by.
        let told = error.as_db_error().map_or_else(|| said(&error), |told| told.message().to_owned());
        let code = error.code().map_or("", |code| code.code());
        match (code, code.get(..2).unwrap_or_default()) {
            // Serialization failure, deadlock, a lock that was not to be had in time.
            ("40001" | "40P01" | "55P03", _) => Self::Contended(told),
            // The server stops, starts, or has no connection left.
            ("57P01" | "57P02" | "57P03" | "53300", _) | ("", _) | (_, "08") => Self::Unavailable(told),
            // A wrong password, no such database, something that may not be done.
            (_, "28" | "3D") | ("42501", _) => Self::Refused(told),
            ("25006", _) | (_, "53") | (_, "58") => Self::Full(told),
            _ => Self::Broken(told),
        }
    }
}

/// An error with what it is caused by.
fn said(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
