//! What happened last, by whichever process: as long as it is the same, everybody stands as they did.

use rules::day::Instant;
use store::Session;
use store::change::Last;
use store::keep::Document;
use store::subject::Key;

use crate::error::Result;

/// The document that says who was erased last, by a number that says nothing any more.
const META: &str = "meta";
const ERASED: &str = "erased-last";

/// The last change of a score, and the last time that somebody was erased, whose changes went with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latest {
    change: Last,
    erased: Option<String>,
}

impl Latest {
    pub(crate) fn of(session: &mut Session<'_>) -> Result<Self> {
        let erased = session.document(META, ERASED)?.map(|document| document.text);
        Ok(Self { change: session.last_change()?, erased })
    }
}

/// Notes that somebody is erased.
pub(crate) fn note_erased(session: &mut Session<'_>, key: Key, now: Instant) -> Result<()> {
    let text = format!("{key} at {}", now.0);
    Ok(session.put_document(META, &Document { id: ERASED.into(), at: now, until: None, text })?)
}
