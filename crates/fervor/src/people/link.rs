//! One-time links: to become the first admin, and to choose a password of one's own.

use live::error::{Error, Result};
use live::service::Service;
use rules::day::Instant;
use serde::{Deserialize, Serialize};
use store::keep::Document;
use store::{Manner, Session};

use super::user::{self, NewUser, User};
use super::{change, digest, letters};
use crate::api::access::equal;

/// The kind of the document that holds what the link for the first admin is compared with, and its id.
const SETUP: &str = "setup";
const ONLY: &str = "setup";
/// So long an invitation is good, in microseconds: seven days.
const GOOD_FOR: i64 = 7 * 24 * 3_600_000_000;
/// Letters of the id of a user, with which an invitation begins.
const ID: usize = 16;

/// That somebody may choose a password: the link itself is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invitation {
    hash: String,
    pub(crate) until: i64,
}

/// Makes a link for the first admin in the place of an earlier one; `None` if there is anybody.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn prepare(service: &Service, random: &[u8; 32]) -> Result<Option<String>> {
    if user::is_anybody(&mut service.session(Manner::Reading)?)? {
        return Ok(None);
    }
    change(service, |session| {
        // Somebody may have come meanwhile.
        if user::is_anybody(session)? {
            return Ok(None);
        }
        let token = letters(random);
        let document = Document { id: ONLY.into(), at: service.now(), until: None, text: digest(&token) };
        session.put_document(SETUP, &document)?;
        Ok(Some(token))
    })
}

/// Whether a link makes the first admin.
///
/// # Errors
///
/// If it does not: somebody is there already, or it is not the link of the last start.
pub(crate) fn sets_up(session: &mut Session<'_>, token: &str) -> Result<()> {
    if user::is_anybody(session)? {
        let text = "people have been set up already; log in, or ask an admin for an invitation";
        return Err(Error::Conflict(text.to_owned()));
    }
    let document = session.document(SETUP, ONLY)?;
    if !document.is_some_and(|document| equal(&document.text, &digest(token))) {
        let text = "this link is not the one that the service printed when it was started last";
        return Err(Error::NotFound(text.to_owned()));
    }
    Ok(())
}

/// Makes the first admin. Nobody else may change anything meanwhile.
///
/// # Errors
///
/// If the link does not do, or the database does not take it.
pub(crate) fn set_up(
    session: &mut Session<'_>,
    token: &str,
    new: &NewUser,
    password: String,
    now: Instant,
    random: &[u8; 32],
) -> Result<User> {
    sets_up(session, token)?;
    let mut admin = user::add(session, new, now, random)?;
    admin.password = Some(password);
    user::put(session, &admin, now)?;
    session.remove_document(SETUP, ONLY)?;
    Ok(admin)
}

/// Lets somebody choose a password by a link, of which this is the part that is secret. An earlier one is over.
pub(crate) fn invite(user: &mut User, now: Instant, random: &[u8; 32]) -> String {
    let secret = letters(&random[8..]);
    user.invitation = Some(Invitation { hash: digest(&secret), until: now.0 + GOOD_FOR });
    format!("{}{secret}", user.id)
}

/// Whom an invitation is for.
///
/// # Errors
///
/// If it was used, is over, or never was.
pub(crate) fn invited(session: &mut Session<'_>, token: &str, now: Instant) -> Result<User> {
    let found = match token.split_at_checked(ID) {
        Some((id, secret)) => user::find(session, id)?.filter(|user| opens(user, secret, now)),
        None => None,
    };
    let over = "this link was used already, or is over; ask an admin for a new one, or whoever runs the service for \
                `fervor user invite`";
    found.ok_or_else(|| Error::NotFound(over.to_owned()))
}

fn opens(user: &User, secret: &str, now: Instant) -> bool {
    let Some(invitation) = &user.invitation else { return false };
    equal(&digest(secret), &invitation.hash) && now.0 < invitation.until && user.disabled_at.is_none()
}

/// Uses an invitation: the password is another one from now on, and whoever had logged in before is logged out.
///
/// # Errors
///
/// If it does not do, or the database does not take it.
pub(crate) fn accept(session: &mut Session<'_>, token: &str, password: String, now: Instant) -> Result<User> {
    let mut user = invited(session, token, now)?;
    user.password = Some(password);
    user.invitation = None;
    user.end_sessions();
    user::put(session, &user, now)?;
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::super::user::Role;
    use super::*;

    fn somebody() -> User {
        User {
            id: "0123456789abcdef".into(),
            email: "ada@example.org".into(),
            name: "Ada".into(),
            role: Role::Admin,
            password: None,
            generation: 0,
            invitation: None,
            created_at: 0,
            disabled_at: None,
        }
    }

    #[test]
    fn an_invitation_is_good_for_seven_days_and_the_last_one_alone() {
        let at = |micros| Instant::new(micros).unwrap();
        let mut user = somebody();
        let secret = |token: String| token[ID..].to_owned();
        let first = secret(invite(&mut user, at(0), &[1; 32]));
        assert!(opens(&user, &first, at(GOOD_FOR - 1)));
        assert!(!opens(&user, &first, at(GOOD_FOR)));
        let second = secret(invite(&mut user, at(5), &[2; 32]));
        assert!(!opens(&user, &first, at(6)));
        assert!(opens(&user, &second, at(6)) && !opens(&user, "", at(6)));
        user.disabled_at = Some(7);
        assert!(!opens(&user, &second, at(8)));
    }
}
