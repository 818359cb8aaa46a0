//! API keys with scopes, and how often each may ask.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use live::service::Service;
use rules::day::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::keep::Document;
use store::{Manner, Session};

use super::problem::{Kind, Problem};
use super::remembered::Remembered;
use crate::people::user::Role;

/// The kind of documents that hold keys.
const KEY: &str = "key";
/// Keys that are listed.
const LISTED_MAX: usize = 10_000;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Say facts.
    Ingest,
    /// Read facts and scores.
    Read,
    /// Merge contacts, import files, draft models.
    Write,
    /// Publish models, erase people, make keys.
    Admin,
}

impl Scope {
    pub(crate) const ALL: [(&'static str, Self); 4] =
        [("ingest", Self::Ingest), ("read", Self::Read), ("write", Self::Write), ("admin", Self::Admin)];

    pub(crate) fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// The least role of people that allows the same.
    pub(crate) fn role(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Ingest | Self::Write => Role::Editor,
            Self::Admin => Role::Admin,
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, scope)| *scope)
    }
}

/// A key as it is stored: the secret itself is not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Key {
    #[serde(skip)]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    /// SHA-256 of the secret, which has 192 random bits: there is nothing to guess.
    hash: String,
    pub(crate) created_at: i64,
    pub(crate) revoked_at: Option<i64>,
}

/// Whether scopes allow what needs one: who administers may do everything.
pub(crate) fn allow(scopes: &[Scope], needed: Scope) -> bool {
    scopes.contains(&needed) || scopes.contains(&Scope::Admin)
}

/// Makes a key, notes who made it, and gives it whole: this once.
///
/// # Errors
///
/// If the database does not take it; then there is neither the key nor the note.
pub(crate) fn create(
    service: &Service,
    (name, scopes): (&str, &[Scope]),
    random: &[u8; 32],
    note: impl FnOnce(&mut Session<'_>, &Key) -> live::error::Result<()>,
) -> live::error::Result<(Key, String)> {
    let letters = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let (id, secret) = (letters(&random[..8]), letters(&random[8..]));
    let now = service.now();
    let key = Key {
        id: id.clone(),
        name: name.to_owned(),
        scopes: scopes.to_vec(),
        hash: digest(&secret),
        created_at: now.0,
        revoked_at: None,
    };
    let mut session = service.session(Manner::Together)?;
    put(&mut session, &key, now)?;
    note(&mut session, &key)?;
    session.commit()?;
    Ok((key, format!("fv_{id}_{secret}")))
}

fn put(session: &mut Session<'_>, key: &Key, now: Instant) -> live::error::Result<()> {
    let text = serde_json::to_string(key).expect("texts and numbers");
    Ok(session.put_document(KEY, &Document { id: key.id.clone(), at: now, until: None, text })?)
}

fn read(document: &Document) -> Option<Key> {
    let key: Key = serde_json::from_str(&document.text).ok()?;
    Some(Key { id: document.id.clone(), ..key })
}

/// All keys, the revoked ones too.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn list(service: &Service) -> live::error::Result<Vec<Key>> {
    let documents = service.session(Manner::Reading)?.documents(KEY, None, LISTED_MAX)?;
    Ok(documents.iter().filter_map(read).collect())
}

fn find(service: &Service, id: &str) -> live::error::Result<Option<Key>> {
    Ok(service.session(Manner::Reading)?.document(KEY, id)?.as_ref().and_then(read))
}

fn digest(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two texts are equal, in a time that does not tell where they differ.
pub(crate) fn equal(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// Knows keys, and counts how often each, and each person, asks.
#[derive(Debug)]
pub(crate) struct Access {
    /// Requests a second, for each.
    rate: u32,
    remembered: Remembered<Option<Key>>,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

/// How many requests are left, in millionths.
#[derive(Debug)]
struct Bucket {
    left: i64,
    at: Instant,
}

impl Access {
    pub(crate) fn new(rate: u32) -> Self {
        Self { rate, remembered: Remembered::default(), buckets: Mutex::default() }
    }

    /// The key of a request, if it is valid.
    pub(crate) fn key(&self, service: &Service, presented: &str) -> Result<Key, Problem> {
        let unknown = || Problem::new(Kind::Unauthorized, "this key is not known, or was revoked");
        let (id, secret) = presented.strip_prefix("fv_").and_then(|key| key.split_once('_')).ok_or_else(unknown)?;
        // What was remembered a moment ago may be forgotten by now: it is looked up where waiting hinders nobody.
        let find = || Ok::<_, Problem>(tokio::task::block_in_place(|| find(service, id))?);
        let key = self.remembered.get_or(id, service.now(), find)?;
        let key = key.filter(|key| equal(&digest(secret), &key.hash) && key.revoked_at.is_none());
        key.ok_or_else(unknown)
    }

    /// Revokes a key, notes who did, and says whether there was one.
    pub(crate) fn revoke(
        &self,
        service: &Service,
        id: &str,
        note: impl FnOnce(&mut Session<'_>) -> live::error::Result<()>,
    ) -> Result<bool, Problem> {
        let mut session = service.session(Manner::Together)?;
        let Some(mut key) = session.document(KEY, id)?.as_ref().and_then(read) else { return Ok(false) };
        let now = service.now();
        key.revoked_at.get_or_insert(now.0);
        put(&mut session, &key, now)?;
        note(&mut session)?;
        session.commit()?;
        self.remembered.forget(id);
        Ok(true)
    }

    /// When a key, or somebody, asked this process last.
    pub(crate) fn last_used(&self, id: &str) -> Option<Instant> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).get(id).map(|bucket| bucket.at)
    }

    /// One request more; refuses beyond the rate, with a second's worth saved up at most.
    pub(crate) fn count(&self, id: &str, now: Instant) -> Result<(), Problem> {
        const ONE: i64 = 1_000_000;
        let rate = i64::from(self.rate);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(id.to_owned()).or_insert(Bucket { left: rate * ONE, at: now });
        let passed = (now.0 - bucket.at.0).clamp(0, ONE);
        bucket.left = (bucket.left + passed.saturating_mul(rate)).min(rate * ONE);
        bucket.at = now;
        if bucket.left < ONE {
            let detail = format!("a key, and somebody who is logged in, may ask {rate} times a second");
            return Err(Problem::later(Kind::TooMany, detail, 1));
        }
        bucket.left -= ONE;
        Ok(())
    }
}

/// The key that headers present: `Bearer KEY`, `Basic base64(KEY:)` as tracking SDKs send it, or `X-Write-Key`.
pub(crate) fn presented(authorization: Option<&str>, write_key: Option<&str>) -> Option<String> {
    let Some(authorization) = authorization else { return write_key.map(ToOwned::to_owned) };
    let (scheme, credentials) = authorization.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(credentials.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (user, _) = decoded.split_once(':')?;
    Some(user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_several_ways() {
        let basic = format!("Basic {}", STANDARD.encode("fv_a_b:"));
        for (authorization, write_key, expected) in [
            (Some("Bearer fv_a_b"), None, Some("fv_a_b")),
            (Some("bearer  fv_a_b "), None, Some("fv_a_b")),
            (Some(basic.as_str()), None, Some("fv_a_b")),
            (None, Some("fv_a_b"), Some("fv_a_b")),
            (Some("Basic ???"), None, None),
            (Some("Digest x"), None, None),
            (None, None, None),
        ] {
            assert_eq!(presented(authorization, write_key).as_deref(), expected, "{authorization:?}");
        }
    }

    #[test]
    fn beyond_the_rate_is_refused_until_time_has_passed() {
        let access = Access::new(2);
        let at = |micros| Instant::new(micros).unwrap();
        assert!(access.count("a", at(0)).is_ok());
        assert!(access.count("a", at(0)).is_ok());
        assert_eq!(access.count("a", at(0)).unwrap_err().kind, Kind::TooMany);
        assert!(access.count("b", at(0)).is_ok());
        assert_eq!((access.last_used("b"), access.last_used("c")), (Some(at(0)), None));
        assert!(access.count("a", at(500_000)).is_ok());
        assert!(access.count("a", at(500_001)).is_err());
        // A clock that goes back neither gives nor takes.
        assert!(access.count("a", at(400_000)).is_err());
    }

    #[test]
    fn secrets_are_compared_whole() {
        assert!(equal("abc", "abc"));
        assert!(!equal("abc", "abd"));
        assert!(!equal("abc", "ab"));
    }
}
