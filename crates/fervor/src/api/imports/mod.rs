//! Files that are imported: sent, looked at while they are read, and ended.

mod guess;
mod sent;
mod take;

use std::sync::atomic::Ordering;

use rules::day::Instant;
use serde_json::{Value as Json, json};

use super::access::Scope;
use super::answer::Answer;
use super::call::Call;
use super::lists::paged;
use super::problem::{Kind, Problem};
use super::{cursor, shape};
use crate::import::job::{self, Job};
use crate::import::rejects;
use crate::import::undo::Undo;

pub(crate) use guess::guess;
pub(crate) use sent::{Arrived, Sent, no_room};
pub(crate) use take::{begin, create, receive};

/// An import as it is told. What its rows say is told to those who may import.
fn shown(call: &Call, job: &Job) -> Json {
    let samples = if call.who.may(Scope::Write).is_ok() { job.samples.as_slice() } else { &[] };
    let moment = |micros: i64| Instant::new(micros).map_or(Json::Null, shape::moment);
    let file = |file: &job::Sent| json!({"name": file.name, "kind": file.kind, "bytes": file.bytes});
    json!({
        "id": job.id,
        "name": job.name,
        "by": job.by,
        "state": job.state.word(),
        "dry_run": job.dry_run,
        "files": job.files.iter().map(file).collect::<Vec<_>>(),
        "created_at": moment(job.created_at),
        "started_at": job.started_at.map(moment),
        "ended_at": job.ended_at.map(moment),
        "bytes_read": job.bytes_read,
        "bytes_total": job.bytes_total,
        "rows": job.rows,
        "accepted": job.accepted,
        // What is not looked up cannot be known.
        "duplicates": if job.dry_run { Json::Null } else { job.duplicates.into() },
        "refused": job.refused.values().sum::<u64>(),
        "reasons": job.refused,
        "rejects_kept": job.rejects_kept,
        "message": job.message,
        "notes": job.notes,
        "samples": samples,
        "undo": job.undo.as_ref().map(|undo| json!({
            "state": undo.state.word(),
            "by": undo.by,
            "began_at": moment(undo.began_at),
            "ended_at": undo.ended_at.map(moment),
            "removed": undo.removed,
            "kept": undo.kept,
        })),
    })
}

pub(crate) fn found(call: &Call) -> Result<Job, Problem> {
    let job = job::find(&call.app.service, call.id())?;
    job.ok_or_else(|| Problem::not_found(format!("there is no import `{}`", call.id())))
}

pub(crate) fn list(call: &Call) -> Result<Answer, Problem> {
    let before = call.query.get("cursor").map(|text| cursor::text(text)).transpose()?;
    let limit = call.limit(50, 1000)?;
    let mut jobs = job::list(&call.app.service, before.as_deref(), limit + 1)?;
    let is_more = jobs.len() > limit;
    jobs.truncate(limit);
    let next = jobs.last().filter(|_| is_more).map(|last| cursor::of_text(&last.id));
    Ok(paged(call, jobs.iter().map(|job| shown(call, job)).collect(), next))
}

pub(crate) fn about(call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::ok(&shown(call, &found(call)?)))
}

/// The rows that were not taken, as a file.
pub(crate) fn rejected(call: &Call) -> Result<Answer, Problem> {
    let job = found(call)?;
    let text = rejects::file(&call.app.service, &job)?;
    let name = format!("attachment; filename=\"rejects-{}.csv\"", job.id);
    Ok(Answer::text("text/csv; charset=utf-8", text).with("content-disposition", name))
}

/// Wishes that an import ends; the process that runs it sees it within a second.
pub(crate) fn cancel(call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::json(202, &shown(call, &end(call)?)))
}

/// Wishes that an import ends, and notes who did.
pub(crate) fn end(call: &Call) -> Result<Job, Problem> {
    let job = found(call)?;
    if job.state.is_over() {
        let detail = format!("this import is over already: {}", job.state.word());
        return Err(Problem::new(Kind::Conflict, detail));
    }
    job::cancel(&call.app.service, &job.id)?;
    call.app.imports.cancel(&job.id);
    call.app.audit(call, "cancel_import", &json!({"import": job.id}))?;
    Ok(job)
}

/// Takes an import back.
pub(crate) fn undo(call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::json(202, &shown(call, &take_back(call)?)))
}

/// Wishes that what an import brought is there no longer, and notes who did.
pub(crate) fn take_back(call: &Call) -> Result<Job, Problem> {
    let mut job = found(call)?;
    if let Some(why) = job.cannot_be_undone() {
        return Err(Problem::new(Kind::Conflict, why));
    }
    if call.app.is_stopping.load(Ordering::Acquire) {
        return Err(Problem::later(Kind::Unavailable, "the service is going down", 5));
    }
    let now = call.app.service.now().0;
    job.undo = Some(Undo { by: call.by(), began_at: now, seen_at: now, ..Undo::default() });
    job::save(&call.app.service, &[&job])?;
    call.app.audit(call, "undo_import", &json!({"import": job.id, "name": job.name}))?;
    call.app.imports.undo(job.clone());
    Ok(job)
}
