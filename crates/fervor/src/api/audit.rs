//! Who changed what, and when.

use rules::day::Instant;
use serde_json::{Value as Json, json};
use store::Manner;
use store::keep::Document;

use super::App;
use super::answer::Answer;
use super::call::Call;
use super::lists::paged;
use super::problem::Problem;

/// The kind of documents that hold what was changed.
const AUDIT: &str = "audit";

impl App {
    /// Notes what somebody changed.
    pub(crate) fn audit(&self, call: &Call, action: &str, about: &Json) -> Result<(), Problem> {
        let text = json!({"by": call.by(), "action": action, "about": about}).to_string();
        let random: String = (self.random)()[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        // In the order of time, as long as there are clocks.
        let id = format!("{:020}-{random}", call.received.0.unsigned_abs());
        let mut session = self.service.session(Manner::Together)?;
        session.put_document(AUDIT, &Document { id, at: call.received, until: None, text })?;
        Ok(session.commit()?)
    }
}

pub(crate) fn list(call: &Call) -> Result<Answer, Problem> {
    let before = call.query.get("cursor").map(|text| super::cursor::text(text)).transpose()?;
    let limit = call.limit(100, 1000)?;
    let mut session = call.app.service.session(Manner::Reading)?;
    let mut found = session.documents(AUDIT, before.as_deref(), limit + 1)?;
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(|last| super::cursor::of_text(&last.id));
    let shown = |document: &Document| {
        let mut entry: Json = serde_json::from_str(&document.text).unwrap_or_default();
        entry["at"] = at(document.at);
        entry
    };
    Ok(paged(call, found.iter().map(shown).collect(), next))
}

fn at(at: Instant) -> Json {
    super::shape::moment(at)
}
