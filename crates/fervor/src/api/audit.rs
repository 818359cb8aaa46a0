//! Who changed what, and when.

use live::service::Service;
use rules::day::Instant;
use serde_json::{Value as Json, json};
use store::keep::Document;
use store::{Manner, Session};

use super::App;
use super::answer::Answer;
use super::call::Call;
use super::lists::paged;
use super::problem::Problem;

/// The kind of documents that hold what was changed.
const AUDIT: &str = "audit";
/// What names a contact in an entry.
const NAMING: [&str; 2] = ["contact", "other"];

/// Who did something: as records have it, and the id of the key or of the user.
pub(crate) struct By<'a> {
    pub(crate) name: &'a str,
    pub(crate) id: Option<&'a str>,
}

/// Notes what somebody changed, together with the change.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn note(
    session: &mut Session<'_>,
    at: Instant,
    random: &[u8; 32],
    by: &By<'_>,
    action: &str,
    about: &Json,
) -> live::error::Result<()> {
    let text = json!({"by": by.name, "by_id": by.id, "action": action, "about": about}).to_string();
    let random: String = random[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    // In the order of time, as long as there are clocks.
    let id = format!("{:020}-{random}", at.0.unsigned_abs());
    Ok(session.put_document(AUDIT, &Document { id, at, until: None, text })?)
}

impl App {
    /// Notes what somebody changed.
    pub(crate) fn audit(&self, call: &Call, action: &str, about: &Json) -> Result<(), Problem> {
        let mut session = self.service.session(Manner::Together)?;
        call.note(&mut session, action, about)?;
        Ok(session.commit()?)
    }
}

impl Call {
    /// Notes what is changed here, together with the change.
    pub(crate) fn note(&self, session: &mut Session<'_>, action: &str, about: &Json) -> live::error::Result<()> {
        let by = self.who.by();
        note(session, self.received, &(self.app.random)(), &By { name: &by, id: self.who.id() }, action, about)
    }
}

/// Says no longer who it was, where that is said of persons who are erased.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn erase(service: &Service, ids: &[&str]) -> live::error::Result<()> {
    service.rewrite(AUDIT, 1000, |document| {
        let mut entry: Json = serde_json::from_str(&document.text).ok()?;
        let mut is_named = false;
        for name in NAMING {
            let member = entry["about"].get_mut(name);
            if let Some(id) = member.filter(|id| id.as_str().is_some_and(|id| ids.contains(&id))) {
                (*id, is_named) = ("(erased)".into(), true);
            }
        }
        is_named.then(|| entry.to_string())
    })
}

/// So many entries before one, the latest first.
pub(crate) fn entries(call: &Call, before: Option<&str>, limit: usize) -> Result<Vec<Document>, Problem> {
    Ok(call.app.service.session(Manner::Reading)?.documents(AUDIT, before, limit)?)
}

pub(crate) fn list(call: &Call) -> Result<Answer, Problem> {
    let before = call.query.get("cursor").map(|text| super::cursor::text(text)).transpose()?;
    let limit = call.limit(100, 1000)?;
    let mut found = entries(call, before.as_deref(), limit + 1)?;
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(|last| super::cursor::of_text(&last.id));
    let shown = |document: &Document| {
        let mut entry: Json = serde_json::from_str(&document.text).unwrap_or_default();
        if entry.get("by_id").is_none() {
            entry["by_id"] = Json::Null;
        }
        entry["at"] = at(document.at);
        entry
    };
    Ok(paged(call, found.iter().map(shown).collect(), next))
}

fn at(at: Instant) -> Json {
    super::shape::moment(at)
}
