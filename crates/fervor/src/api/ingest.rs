//! What somebody says: read here, stored elsewhere, and answered item by item.

use std::sync::atomic::{AtomicU64, Ordering};

use live::fact::{Fact, Reason, Refusal, Taken};
use live::once::Once;
use live::take::Request;
use live::wire::native::{self, Kind as Items};
use rules::day::Instant;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::Counts;
use super::answer::Answer;
use super::call::{Call, Said, Style};
use super::problem::{Kind, Problem};

/// So long the answer to a request with an `Idempotency-Key` is kept: a day, in microseconds.
const KEPT: i64 = 86_400_000_000;
/// Bytes of an `Idempotency-Key`.
const NAME_MAX: usize = 255;

pub(crate) fn activities(call: &Call) -> Result<Said, Problem> {
    said(call, Items::Activities)
}

pub(crate) fn retract(call: &Call) -> Result<Said, Problem> {
    said(call, Items::Retractions)
}

pub(crate) fn amend(call: &Call) -> Result<Said, Problem> {
    said(call, Items::Amendments)
}

pub(crate) fn contacts(call: &Call) -> Result<Said, Problem> {
    said(call, Items::Contacts)
}

pub(crate) fn accounts(call: &Call) -> Result<Said, Problem> {
    said(call, Items::Accounts)
}

pub(crate) fn opportunities(call: &Call) -> Result<Said, Problem> {
    said(call, Items::Opportunities)
}

fn said(call: &Call, kind: Items) -> Result<Said, Problem> {
    let items = native::read(kind, &call.body, call.received).map_err(unreadable)?;
    Ok(Said { items, style: Style::Native })
}

/// A body that cannot be read as a whole.
pub(crate) fn unreadable(refusal: Refusal) -> Problem {
    let kind = if refusal.reason == Reason::TooLong { Kind::TooLarge } else { Kind::Malformed };
    Problem::new(kind, refusal.message)
}

/// What is to be stored of what was said.
pub(crate) fn request(call: &Call, said: &Said) -> Result<Request, Problem> {
    let facts: Vec<Fact> = said.items.iter().flatten().flatten().cloned().collect();
    Ok(Request { facts, origin: 0, once: once(call)? })
}

/// The name under which the request may be sent again.
fn once(call: &Call) -> Result<Option<Once>, Problem> {
    let Some(name) = call.headers.get("idempotency-key") else { return Ok(None) };
    let name = name.to_str().ok().filter(|name| !name.is_empty() && name.len() <= NAME_MAX);
    let name = name.ok_or_else(|| {
        Problem::new(Kind::Unprocessable, format!("an `Idempotency-Key` has 1 to {NAME_MAX} visible ASCII characters"))
    })?;
    let by = call.who.id().unwrap_or_default();
    let id = hashed(&[by.as_bytes(), name.as_bytes()]);
    let attributes = attributes(call);
    let said = [call.asked.as_bytes(), &call.body].into_iter().chain(attributes.iter().map(Vec::as_slice));
    let fingerprint = hashed(&said.collect::<Vec<_>>());
    let until = Instant::new(call.received.0 + KEPT).unwrap_or(call.received);
    Ok(Some(Once { id, fingerprint, until }))
}

/// What a CloudEvent says in headers: it is a part of what was said as the body is.
fn attributes(call: &Call) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for (name, value) in &call.headers {
        if name.as_str().starts_with("ce-") {
            found.push([name.as_str().as_bytes(), b": ", value.as_bytes()].concat());
        }
    }
    // The order of headers means nothing.
    found.sort_unstable();
    found
}

/// Texts as one short one; where one ends and the next begins counts too.
fn hashed(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Answers what became of each item.
pub(crate) fn answer(call: &Call, said: &Said, taken: Vec<Taken>) -> Answer {
    let app = &call.app;
    let mut taken = taken.into_iter();
    let (mut accepted, mut duplicates, mut refused) = (0_u64, 0_u64, Vec::new());
    let outcomes = said.items.iter().map(|item| match item {
        Err(refusal) => Taken::Refused(refusal.clone()),
        Ok(facts) => of_item(taken.by_ref().take(facts.len()).collect()),
    });
    let outcomes: Vec<Taken> = outcomes.collect();
    app.arrivals.note(call, said, &outcomes);
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Taken::Accepted => accepted += 1,
            Taken::Duplicate => duplicates += 1,
            Taken::Refused(refusal) => {
                app.counts.refuse(refusal.reason);
                refused.push((index, refusal));
            }
        }
    }
    app.counts.accepted.fetch_add(accepted, Ordering::Relaxed);
    app.counts.duplicates.fetch_add(duplicates, Ordering::Relaxed);
    let refused: Vec<Json> = refused.into_iter().map(|(index, refusal)| shown(index, &refusal)).collect();
    match said.style {
        Style::Native => Answer::ok(&json!({"accepted": accepted, "duplicates": duplicates, "refused": refused})),
        Style::Tracking => {
            if !refused.is_empty() {
                tracing::warn!(refused = %Json::from(refused.clone()), "messages of a tracking SDK");
            }
            Answer::ok(&json!({"success": true, "accepted": accepted, "duplicates": duplicates, "refused": refused}))
        }
    }
}

fn shown(index: usize, refusal: &Refusal) -> Json {
    json!({"index": index, "code": refusal.reason.code(), "message": refusal.message})
}

/// What became of an item that says several things: refused if any is, and known if any was.
fn of_item(taken: Vec<Taken>) -> Taken {
    let is_duplicate = taken.contains(&Taken::Duplicate);
    let refused = taken.into_iter().find(|taken| matches!(taken, Taken::Refused(_)));
    refused.unwrap_or(if is_duplicate { Taken::Duplicate } else { Taken::Accepted })
}

impl Counts {
    fn refuse(&self, reason: Reason) {
        let refused = self.refused.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(count) = refused.get(reason.code()) {
            count.fetch_add(1, Ordering::Relaxed);
            return;
        }
        drop(refused);
        let mut refused = self.refused.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        refused.entry(reason.code()).or_insert_with(|| AtomicU64::new(0)).fetch_add(1, Ordering::Relaxed);
    }
}
