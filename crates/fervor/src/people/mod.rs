//! People: who there is, what shows that it is them, and for how long they are believed.
//!
//! ```text
//! user       who there is, and what each may do
//! link       one-time links: the first admin, invitations, lost passwords
//! password   what may be one, and its hash
//! session    who has logged in, and until when
//! tries      how often one may guess
//! ```

pub(crate) mod link;
pub(crate) mod password;
pub(crate) mod session;
pub(crate) mod tries;
pub(crate) mod user;

use live::error::Result;
use live::service::Service;
use sha2::{Digest as _, Sha256};
use store::{Manner, Session};

/// Changes people while nobody else changes anything: of two who would be the first admin one is, and of the last two
/// admins one remains.
///
/// # Errors
///
/// Those of `act`, and if the database does not take it; then nothing is changed.
pub(crate) fn change<T>(service: &Service, act: impl FnOnce(&mut Session<'_>) -> Result<T>) -> Result<T> {
    let mut session = service.session(Manner::Alone)?;
    let done = act(&mut session)?;
    session.commit()?;
    Ok(done)
}

/// Bytes as a text.
fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is stored of a secret that has at least 192 random bits: there is nothing to guess.
fn digest(secret: &str) -> String {
    letters(&Sha256::digest(secret.as_bytes()))
}
