//! Two contacts are one, or are not; and what is held about somebody, or is no longer.

use live::error::Error;
use serde_json::{Value as Json, json};

use super::App;
use super::answer::Answer;
use super::audit;
use super::call::Call;
use super::problem::Problem;
use super::shape;
use crate::import::{job, rejects};
use crate::{chosen, preview};

pub(crate) fn merge(call: &Call) -> Result<Answer, Problem> {
    merge_with(call, &call.text("contact")?)?;
    super::subject::about(call)
}

/// Another contact is the one that is asked for too.
pub(crate) fn merge_with(call: &Call, other: &str) -> Result<(), Problem> {
    join(call, call.id(), other)
}

/// One contact is another one too.
pub(crate) fn join(call: &Call, id: &str, other: &str) -> Result<(), Problem> {
    call.app.service.merge(id, other)?;
    call.app.audit(call, "merge", &json!({"contact": id, "other": other}))
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
    if forget_all(&call.app, &[id], None)?.0 == 0 {
        return Err(Problem::not_found(format!("there is no contact `{id}`")));
    }
    // Who it was is not said: that is what was asked for.
    call.app.audit(call, "erase", &json!({}))
}

/// Forgets several for good, wherever they are named but in one choice of several; how many were, and how many were
/// not there.
///
/// # Errors
///
/// If the database does not do it; whoever is gone by then is.
pub(crate) fn forget_all(app: &App, ids: &[&str], but: Option<&str>) -> live::error::Result<(u64, u64)> {
    let service = &app.service;
    let abouts = service.several(store::subject::Kind::Contact, ids)?;
    let known = abouts.iter().flat_map(|about| std::iter::once(&about.id).chain(&about.merged)).map(|id| &**id);
    // Whoever was refused or only tried out is named too, and known by no other id.
    let all: Vec<&str> = known.chain(ids.iter().copied()).collect();
    app.arrivals.forget(&all);
    rejects::erase(service, &all)?;
    job::erase(service, &all)?;
    chosen::erase(service, &all, but)?;
    audit::erase(service, &all)?;
    let mut erased = 0;
    for about in &abouts {
        match service.erase(&about.id) {
            Ok(()) => erased += 1,
            // Somebody else was quicker.
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    // These name some of everybody, and are made anew from whoever is left.
    preview::forget(app)?;
    app.survey.forget(&all);
    service.scrub_soon();
    Ok((erased, (ids.len() as u64).saturating_sub(erased)))
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
