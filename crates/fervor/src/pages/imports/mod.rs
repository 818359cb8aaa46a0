//! Imports: those there were, and one while it runs and once it is over.

pub(super) mod new;

use askama::Template;
use batch::wording::thousands;
use serde_json::Value as Json;

use super::frame::{Frame, page, see, sentence};
use super::when::When;
use crate::api::access::Scope;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::cursor;
use crate::api::imports as api;
use crate::api::problem::Problem;
use crate::import::job::{self, Job, State};
use crate::import::{rejects, undo};
use crate::t;

/// Imports of a page.
const SHOWN: usize = 30;
/// Rows that are shown of those that were not taken.
const REJECTS: usize = 10;

#[derive(Debug, Template)]
#[template(path = "imports/list.html")]
struct List<'a> {
    frame: Frame<'a>,
    may_import: bool,
    imports: Vec<Shown>,
    /// Where earlier ones begin.
    earlier: Option<String>,
}

/// An import with numbers as people read them.
#[derive(Debug)]
struct Shown {
    job: Job,
    at: Option<When>,
    accepted: String,
    duplicates: String,
    refused: String,
}

impl Shown {
    fn of(job: Job) -> Self {
        let number = |number: u64| thousands(usize::try_from(number).unwrap_or(usize::MAX));
        Self {
            at: When::of(job.created_at),
            accepted: number(job.accepted),
            duplicates: number(job.duplicates),
            refused: number(job.refused.values().sum()),
            job,
        }
    }
}

pub(super) fn list(call: &Call) -> Result<Answer, Problem> {
    let before = call.query.get("cursor").map(|text| cursor::text(text)).transpose()?;
    let mut jobs = job::list(&call.app.service, before.as_deref(), SHOWN + 1)?;
    let is_more = jobs.len() > SHOWN;
    jobs.truncate(SHOWN);
    let earlier = jobs.last().filter(|_| is_more).map(|last| cursor::of_text(&last.id));
    let imports = jobs.into_iter().map(Shown::of).collect();
    let may_import = call.who.may(Scope::Write).is_ok();
    Ok(page(200, &List { frame: Frame::of(call), may_import, imports, earlier }))
}

#[derive(Debug, Template)]
#[template(path = "imports/one.html")]
struct One<'a> {
    frame: Frame<'a>,
    may_import: bool,
    import: Shown,
    rows: String,
    /// How far it is, in per cent, and in tens of them.
    percent: u64,
    tens: u64,
    message: Option<String>,
    rejects: Vec<[String; 4]>,
    samples: Vec<Sample>,
    /// Whether the file is here still, to be imported as it was tried.
    draft: Option<String>,
    may_undo: bool,
    is_undoing: bool,
}

/// The first of what a file says.
#[derive(Debug)]
struct Sample {
    kind: String,
    members: Vec<(String, String)>,
}

pub(super) fn one(call: &Call) -> Result<Answer, Problem> {
    let job = api::found(call)?;
    let percent = (job.bytes_read * 100).checked_div(job.bytes_total).unwrap_or(0).min(100);
    let may_import = call.who.may(Scope::Write).is_ok();
    let own = call.who.id().unwrap_or_default();
    let draft = job.draft.clone().filter(|id| may_import && call.app.imports.drafts.find(id, own).is_some());
    // Rows hold what is known of people; only who may import sees them.
    let first = if may_import { rejects::first(&call.app.service, &job, REJECTS)? } else { Vec::new() };
    let shown = One {
        frame: Frame::of(call),
        may_import,
        rows: thousands(usize::try_from(job.rows).unwrap_or(usize::MAX)),
        percent,
        tens: percent / 10 * 10,
        message: job.message.as_deref().map(sentence),
        rejects: first,
        samples: if job.state.is_over() { job.samples.iter().map(sample).collect() } else { Vec::new() },
        draft,
        may_undo: may_import && job.accepted > 0 && job.cannot_be_undone().is_none(),
        is_undoing: job.undo.as_ref().is_some_and(|undo| !undo.state.is_over()),
        import: Shown::of(job),
    };
    Ok(page(200, &shown))
}

fn sample(shown: &Json) -> Sample {
    let mut members = Vec::new();
    flatten("", shown, &mut members);
    members.retain(|(name, _)| name != "kind");
    Sample { kind: shown["kind"].as_str().unwrap_or_default().to_owned(), members }
}

/// Every value by its name; what is nothing is left out.
fn flatten(name: &str, value: &Json, found: &mut Vec<(String, String)>) {
    match value {
        Json::Null => {}
        Json::Object(members) => members.iter().for_each(|(name, value)| flatten(name, value, found)),
        Json::Array(values) => values.iter().for_each(|value| flatten(name, value, found)),
        Json::String(text) => found.push((name.to_owned(), text.clone())),
        other => found.push((name.to_owned(), other.to_string())),
    }
}

pub(super) fn cancel(call: &Call) -> Result<Answer, Problem> {
    let job = api::end(call)?;
    Ok(see(&format!("/imports/{}", job.id)))
}

pub(super) fn take_back(call: &Call) -> Result<Answer, Problem> {
    let job = api::take_back(call)?;
    Ok(see(&format!("/imports/{}", job.id)))
}
