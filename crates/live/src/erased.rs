//! Who was erased: nobody can read it, but whoever comes back is recognised.

use hmac::{Hmac, Mac as _};
use rules::day::Instant;
use sha2::Sha256;
use store::Session;
use store::keep::Document;
use store::subject::Kind;

use crate::error::Result;

/// The kind of documents that say that somebody was erased.
const ERASED: &str = "erased";
/// The kind of the document with the secret, and its id.
const META: &str = "meta";
const SECRET: &str = "erasure";

/// Recognises those who were erased.
pub(crate) struct Erased {
    secret: String,
}

impl Erased {
    /// Makes sure that there is a secret, which makes ids unreadable.
    pub(crate) fn prepare(session: &mut Session<'_>, random: &[u8; 32], now: Instant) -> Result<()> {
        let text = random.iter().map(|byte| format!("{byte:02x}")).collect();
        session.add_document(META, &Document { id: SECRET.into(), at: now, until: None, text })?;
        Ok(())
    }

    pub(crate) fn open(session: &mut Session<'_>) -> Result<Self> {
        let secret = session.document(META, SECRET)?.map(|document| document.text);
        let broken = || store::Error::Broken("the secret of erasures is missing".into());
        Ok(Self { secret: secret.ok_or_else(broken)? })
    }

    /// What stands for an id: nobody who has not got the secret can tell which.
    fn stand_in(&self, kind: Kind, id: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("a key may have any length");
        mac.update(&[kind as u8]);
        mac.update(id.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn has(&self, session: &mut Session<'_>, kind: Kind, id: &str) -> Result<bool> {
        Ok(session.document(ERASED, &self.stand_in(kind, id))?.is_some())
    }

    pub(crate) fn add(&self, session: &mut Session<'_>, kind: Kind, id: &str, now: Instant) -> Result<()> {
        let document = Document { id: self.stand_in(kind, id), at: now, until: None, text: String::new() };
        Ok(session.put_document(ERASED, &document)?)
    }
}
