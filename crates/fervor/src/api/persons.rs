//! Two contacts are one, or are not; and what is held about somebody, or is no longer.

use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use super::shape;
use crate::import::{job, rejects};

pub(crate) fn merge(call: &Call) -> Result<Answer, Problem> {
    merge_with(call, &call.text("contact")?)?;
    super::subject::about(call)
}

/// Another contact is the one that is asked for too.
pub(crate) fn merge_with(call: &Call, other: &str) -> Result<(), Problem> {
    call.app.service.merge(call.id(), other)?;
    call.app.audit(call, "merge", &json!({"contact": call.id(), "other": other}))
}

pub(crate) fn unmerge(call: &Call) -> Result<Answer, Problem> {
    part(call)?;
    super::subject::about(call)
}

/// The contact that is asked for is one of its own again.
pub(crate) fn part(call: &Call) -> Result<(), Problem> {
    call.app.service.unmerge(call.id())?;
    call.app.audit(call, "unmerge", &json!({"contact": call.id()}))
}

pub(crate) fn erase(call: &Call) -> Result<Answer, Problem> {
    forget(call, call.id())?;
    Ok(Answer::done())
}

/// Forgets a person for good, wherever it is named.
pub(crate) fn forget(call: &Call, id: &str) -> Result<(), Problem> {
    let service = &call.app.service;
    let about = service.about(store::subject::Kind::Contact, id)?;
    let ids: Vec<&str> = std::iter::once(&about.id).chain(&about.merged).map(|id| &**id).collect();
    call.app.arrivals.forget(&ids);
    rejects::erase(service, &ids)?;
    job::erase(service, &ids)?;
    service.erase(id)?;
    // Who it was is not said: that is what was asked for.
    call.app.audit(call, "erase", &json!({}))
}

pub(crate) fn export(call: &Call) -> Result<Answer, Problem> {
    let (subjects, activities, changes) = call.app.service.export(call.id())?;
    let subjects: Vec<Json> = subjects.iter().map(shape::record_of).collect();
    let activities: Vec<Json> = activities.iter().map(shape::activity).collect();
    let changes: Vec<Json> = changes.iter().map(shape::change).collect();
    let about = call.app.service.about(store::subject::Kind::Contact, call.id())?;
    let held = json!({
        "contact": shape::about(&about), "subjects": subjects, "activities": activities, "changes": changes,
    });
    Ok(Answer::ok(&held).with("content-disposition", "attachment; filename=\"contact.json\""))
}
