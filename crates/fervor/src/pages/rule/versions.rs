//! Versions that were published, and one that is being published.

use std::sync::Arc;

use askama::Template;
use live::models::Version;
use live::publish::Progress;
use serde_json::json;

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::super::when::When;
use super::bench::Bench;
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::problem::{Kind, Problem};
use crate::draft;
use crate::t;

/// So many are shown at a time.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "rule/versions.html")]
struct Versions<'a> {
    frame: Frame<'a>,
    bench: &'a Bench,
    tab: &'static str,
    versions: Vec<Arc<Version>>,
    current: i64,
    next: Option<i64>,
}

#[derive(Template)]
#[template(path = "rule/version.html")]
struct One<'a> {
    frame: Frame<'a>,
    version: &'a Version,
    is_current: bool,
    may_publish: bool,
}

#[derive(Template)]
#[template(path = "rule/publishing.html")]
struct Publishing<'a> {
    frame: Frame<'a>,
    progress: Option<Progress>,
    current: Option<Arc<Version>>,
}

/// GET /rules/versions
pub(in crate::pages) fn versions(call: &Call) -> Result<Answer, Problem> {
    let bench = Bench::existing(call)?;
    let before = call.query.get("before").and_then(|text| text.parse().ok());
    let mut versions = call.app.service.versions(before, SHOWN + 1)?;
    let is_more = versions.len() > SHOWN;
    versions.truncate(SHOWN);
    let next = versions.last().filter(|_| is_more).map(|version| version.number);
    let current = bench.version().map_or(0, |(number, _)| number);
    Ok(page(200, &Versions { frame: Frame::of(call), bench: &bench, tab: "versions", versions, current, next }))
}

/// GET /rules/versions/{id}
pub(in crate::pages) fn version(call: &Call) -> Result<Answer, Problem> {
    let number: i64 = call.id().parse().map_err(|_| Problem::not_found(t::versions_no_number()))?;
    let version = call.app.service.version(number)?;
    let bench = Bench::existing(call)?;
    let is_current = bench.version().is_some_and(|(current, _)| current == number);
    let one = One { frame: Frame::of(call), version: &version, is_current, may_publish: bench.may_publish };
    Ok(page(200, &one))
}

/// POST /rules/publish: the draft as it was previewed, or a version that was published before.
pub(in crate::pages) fn publish(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let version = match form.field("version") {
        "" => {
            let written = draft::written(&call.app)?;
            let current = call.app.service.models()?.current;
            let is_new = |text: &String| current.is_none_or(|version| version.text != *text);
            let text = written.filter(is_new).ok_or_else(|| unprocessable(t::publish_nothing_new()))?;
            if form.field("seen") != draft::token(&text) {
                return Err(Problem::new(Kind::Conflict, t::publish_overtaken()));
            }
            call.app.service.publish(&text, &call.by())?
        }
        number => {
            let number = number.parse().map_err(|_| unprocessable(t::versions_no_number()))?;
            draft::settle(&call.app)?;
            call.app.service.publish_again(number)?
        }
    };
    call.app.audit(call, "publish", &json!({"version": version}))?;
    call.app.wake();
    Ok(see("/rules/publishing"))
}

/// GET /rules/publishing
pub(in crate::pages) fn publishing(call: &Call) -> Result<Answer, Problem> {
    let progress = call.app.service.publishing()?;
    let current = call.app.service.models()?.current;
    Ok(page(200, &Publishing { frame: Frame::of(call), progress, current }))
}
