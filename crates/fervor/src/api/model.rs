//! The model: the draft, the versions, and what is in force.

use live::models::Version;
use live::publish::Progress;
use rules::model::Model;
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::call::{Call, unprocessable};
use super::lists::paged;
use super::problem::Problem;
use super::{body, cursor, shape};
use crate::draft::{self, Did, Draft, MODEL_MAX};

fn shown(version: &Version, with_text: bool) -> Json {
    let mut shown = json!({
        "version": version.number,
        "name": version.model.name,
        "published_at": shape::moment(version.published_at),
        "published_by": version.published_by,
    });
    if with_text {
        shown["text"] = version.text.as_str().into();
    }
    shown
}

pub(crate) fn progress(progress: &Progress) -> Json {
    json!({
        "version": progress.version, "stage": progress.stage, "done": progress.done, "all": progress.all,
    })
}

/// What is in force, and what is about to be.
pub(crate) fn current(call: &Call) -> Result<Answer, Problem> {
    let models = call.app.service.models()?;
    let publishing = call.app.service.publishing()?;
    Ok(Answer::ok(&json!({
        "current": models.current.as_deref().map(|version| shown(version, true)),
        "publishing": publishing.as_ref().map(progress),
    })))
}

pub(crate) fn draft(call: &Call) -> Result<Answer, Problem> {
    let draft = Draft::load(&call.app)?;
    let draft = draft.ok_or_else(|| Problem::not_found("there is no draft, and no model is published yet"))?;
    Ok(Answer::text("application/toml", draft.text))
}

/// Keeps a draft, valid or not, and says what is wrong with it.
pub(crate) fn put_draft(call: &Call) -> Result<Answer, Problem> {
    let text = text(call)?;
    let problems = match Model::parse(&text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    };
    let problem = |problem: &rules::model::Diagnostic| {
        let (line, column) = problem.line_and_column(&text);
        json!({"line": line, "column": column, "message": problem.message, "help": problem.help})
    };
    let problems: Vec<Json> = problems.iter().map(problem).collect();
    draft::save(call, None, &text, Did::new("text", ""))?;
    Ok(Answer::ok(&json!({"valid": problems.is_empty(), "problems": problems})))
}

fn text(call: &Call) -> Result<String, Problem> {
    if call.body.len() > MODEL_MAX {
        return Err(body::too_large(MODEL_MAX));
    }
    let text = String::from_utf8(call.body.clone()).ok().filter(|text| !text.is_empty() && !text.contains('\0'));
    text.ok_or_else(|| Problem::malformed("the body has to be the text of a model, TOML in UTF-8"))
}

/// Begins to publish the draft, or a version that was published before.
pub(crate) fn publish(call: &Call) -> Result<Answer, Problem> {
    let object = if call.body.is_empty() { serde_json::Map::new() } else { call.object()? };
    let number = match object.get("version") {
        Some(version) => {
            let number = version.as_i64().ok_or_else(|| unprocessable("`version` is a number"))?;
            draft::settle(&call.app)?;
            call.app.service.publish_again(number)?
        }
        None => {
            let text = draft::written(&call.app)?.ok_or_else(|| unprocessable("there is no draft; save one first"))?;
            call.app.service.publish(&text, &call.by())?
        }
    };
    call.app.audit(call, "publish", &json!({"version": number}))?;
    call.app.wake();
    let publishing = call.app.service.publishing()?;
    let shown = json!({"version": number, "publishing": publishing.as_ref().map(progress)});
    Ok(Answer::json(202, &shown).with("location", format!("/v1/model/versions/{number}")))
}

pub(crate) fn versions(call: &Call) -> Result<Answer, Problem> {
    let before = call.query.get("cursor").map(|text| cursor::number(text)).transpose()?;
    let limit = call.limit(50, 1000)?;
    let mut found = call.app.service.versions(before, limit + 1)?;
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(|version| cursor::of_number(version.number));
    Ok(paged(call, found.iter().map(|version| shown(version, false)).collect(), next))
}

pub(crate) fn version(call: &Call) -> Result<Answer, Problem> {
    let number = call.id().parse().map_err(|_| Problem::not_found("versions have numbers"))?;
    let version = call.app.service.version(number)?;
    let models = call.app.service.models()?;
    let state = |number: i64| match () {
        () if models.current.as_ref().is_some_and(|current| current.number == number) => "in_force",
        () if models.candidate.as_ref().is_some_and(|candidate| candidate.number == number) => "publishing",
        () => "not_in_force",
    };
    let mut shown = shown(&version, true);
    shown["state"] = state(number).into();
    if let Some(publishing) = call.app.service.publishing()?.filter(|progress| progress.version == number) {
        shown["publishing"] = progress(&publishing);
    }
    Ok(Answer::ok(&shown))
}
