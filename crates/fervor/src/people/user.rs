//! Users: who there is, and what each may do.

use live::error::{Error, Result};
use rules::day::Instant;
use serde::{Deserialize, Serialize};
use store::Session;
use store::keep::Document;
use unicode_normalization::UnicodeNormalization as _;

use super::letters;
use super::link::Invitation;
use crate::api::access::Scope;

/// The kind of documents that hold users.
const USER: &str = "user";
/// The kind of documents that say whose an e-mail address is.
const EMAIL: &str = "email";
/// Users that there may be: all of them are listed at once.
const USERS_MAX: usize = 10_000;
/// Bytes of an e-mail address, which RFC 5321 bounds.
const EMAIL_MAX: usize = 254;
/// Characters of a name.
const NAME_MAX: usize = 200;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Reads.
    Viewer,
    /// Reads, says facts, merges contacts, imports files and drafts models.
    Editor,
    /// Does everything, and says who else may.
    Admin,
}

impl Role {
    pub(crate) const ALL: [(&'static str, Self); 3] =
        [("viewer", Self::Viewer), ("editor", Self::Editor), ("admin", Self::Admin)];

    pub(crate) fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, role)| *role)
    }

    /// The scopes of keys that allow the same.
    pub(crate) fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Viewer => &[Scope::Read],
            Self::Editor => &[Scope::Ingest, Scope::Read, Scope::Write],
            Self::Admin => &[Scope::Admin],
        }
    }
}

/// A user as it is stored: the password itself is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    #[serde(skip)]
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The hash of the password, once there is one.
    pub(crate) password: Option<String>,
    /// Sessions of another generation are over.
    pub(crate) generation: u64,
    pub(crate) invitation: Option<Invitation>,
    pub(crate) created_at: i64,
    pub(crate) disabled_at: Option<i64>,
}

/// Who somebody is to be.
#[derive(Clone, Debug)]
pub(crate) struct NewUser {
    email: String,
    name: String,
    role: Role,
}

impl NewUser {
    /// # Errors
    ///
    /// If the address is none, or the name is not one.
    pub(crate) fn new(email: &str, name: &str, role: Role) -> Result<Self> {
        Ok(Self { email: self::email(email)?, name: self::name(name)?, role })
    }

    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl User {
    /// Whether there is a way in.
    pub(crate) fn is_active(&self) -> bool {
        self.password.is_some() && self.disabled_at.is_none()
    }

    /// Ends all sessions.
    pub(crate) fn end_sessions(&mut self) {
        self.generation += 1;
    }

    pub(crate) fn disable(&mut self, now: Instant) {
        self.disabled_at.get_or_insert(now.0);
        self.invitation = None;
        self.end_sessions();
    }
}

/// An e-mail address as it is compared: however it was written, the same one is the same text.
///
/// # Errors
///
/// If it is none.
pub(crate) fn email(text: &str) -> Result<String> {
    let email = same(text);
    let is_one = email.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty())
        && email.matches('@').count() == 1
        && email.len() <= EMAIL_MAX
        && !email.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    let wrong = || Error::Invalid("the e-mail address has to be one, such as ada@example.org".to_owned());
    is_one.then_some(email).ok_or_else(wrong)
}

/// A text as addresses are compared.
pub(crate) fn same(text: &str) -> String {
    text.nfc().collect::<String>().trim().to_lowercase().nfc().collect()
}

/// A name as people read it.
///
/// # Errors
///
/// If it is none.
pub(crate) fn name(text: &str) -> Result<String> {
    let name: String = text.trim().nfc().collect();
    let is_one = (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let wrong = || Error::Invalid(format!("a name has 1 to {NAME_MAX} characters, all on one line"));
    is_one.then_some(name).ok_or_else(wrong)
}

fn read(document: &Document) -> Option<User> {
    let user: User = serde_json::from_str(&document.text).ok()?;
    Some(User { id: document.id.clone(), ..user })
}

/// Somebody by id.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn find(session: &mut Session<'_>, id: &str) -> Result<Option<User>> {
    Ok(session.document(USER, id)?.as_ref().and_then(read))
}

/// Somebody who has to be there.
///
/// # Errors
///
/// If there is nobody of this id.
pub(crate) fn known(session: &mut Session<'_>, id: &str) -> Result<User> {
    find(session, id)?.ok_or_else(|| Error::NotFound(format!("there is no user `{id}`")))
}

/// Somebody by an address as it is compared.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn by_email(session: &mut Session<'_>, email: &str) -> Result<Option<User>> {
    // Whether there is somebody or not, it takes two looks: nobody learns it from how long it takes.
    let id = session.document(EMAIL, email)?.map(|document| document.text).unwrap_or_default();
    find(session, &id)
}

/// Everybody, by address.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn all(session: &mut Session<'_>) -> Result<Vec<User>> {
    let mut users: Vec<User> = session.documents(USER, None, USERS_MAX)?.iter().filter_map(read).collect();
    users.sort_by(|one, other| one.email.cmp(&other.email));
    Ok(users)
}

/// Whether there is anybody.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn is_anybody(session: &mut Session<'_>) -> Result<bool> {
    Ok(!session.documents(USER, None, 1)?.is_empty())
}

/// Adds somebody, who has no password yet.
///
/// # Errors
///
/// If somebody has this address already, or the database does not take it.
pub(crate) fn add(session: &mut Session<'_>, new: &NewUser, now: Instant, random: &[u8; 32]) -> Result<User> {
    let user = User {
        id: letters(&random[..8]),
        email: new.email.clone(),
        name: new.name.clone(),
        role: new.role,
        password: None,
        generation: 0,
        invitation: None,
        created_at: now.0,
        disabled_at: None,
    };
    let whose = Document { id: user.email.clone(), at: now, until: None, text: user.id.clone() };
    if !session.add_document(EMAIL, &whose)? {
        return Err(Error::Conflict(format!("somebody has the address `{}` already", user.email)));
    }
    put(session, &user, now)?;
    Ok(user)
}

/// Stores somebody as they are now.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn put(session: &mut Session<'_>, user: &User, now: Instant) -> Result<()> {
    let text = serde_json::to_string(user).expect("texts and numbers");
    session.put_document(USER, &Document { id: user.id.clone(), at: now, until: None, text })?;
    Ok(())
}

/// Stores a change of somebody, unless nobody would be left who may do everything.
///
/// # Errors
///
/// If it is the last admin, or the database does not take it.
pub(crate) fn put_unless_last(session: &mut Session<'_>, user: &User, now: Instant) -> Result<()> {
    let mut others = all(session)?;
    let reigns = |user: &User| user.role == Role::Admin && user.is_active();
    let reigned = others.iter().any(|other| other.id == user.id && reigns(other));
    others.retain(|other| other.id != user.id);
    if reigned && !reigns(user) && !others.iter().any(reigns) {
        let text = "this is the last admin who can log in; make somebody else an admin first";
        return Err(Error::Conflict(text.to_owned()));
    }
    put(session, user, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_the_same_however_they_are_written() {
        for (text, expected) in [
            ("ada@example.org", Some("ada@example.org")),
            ("  Ada@Example.ORG\n", Some("ada@example.org")),
            // A letter and its accent, and both in one.
            ("Zoe\u{308}@example.org", Some("zo\u{eb}@example.org")),
            ("Z\u{d6}E@example.org", Some("z\u{f6}e@example.org")),
            ("ada", None),
            ("@example.org", None),
            ("ada@", None),
            ("a@b@c", None),
            ("a da@example.org", None),
            ("ada@exam\u{0}ple.org", None),
            ("", None),
        ] {
            assert_eq!(email(text).ok().as_deref(), expected, "{text:?}");
        }
        assert!(email(&format!("{}@example.org", "a".repeat(242))).is_ok());
        assert!(email(&format!("{}@example.org", "a".repeat(243))).is_err());
    }

    #[test]
    fn names_are_a_line() {
        assert_eq!(name(" Ada Lovelace ").unwrap(), "Ada Lovelace");
        for text in ["", "  ", "a\nb", "a\u{0}", &"a".repeat(201)] {
            assert!(name(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn roles_have_words_and_more_of_them_may_more() {
        assert!(Role::ALL.iter().all(|(word, role)| role.word() == *word && Role::named(word) == Some(*role)));
        assert_eq!(Role::named("owner"), None);
        assert_eq!(Role::Viewer.scopes(), [Scope::Read]);
        assert!(!Role::Editor.scopes().contains(&Scope::Admin));
    }
}
