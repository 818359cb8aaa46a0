//! What never counts, in a form: changed, or new.

use askama::Template;
use edit::{At, Edit};
use rules::lint::Finding;
use rules::model::{Exclusion, Model};

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::bench::{Bench, kept, overtaken, table_token};
use super::fields::{CLOSE, Fields};
use super::known::Known;
use super::list::{findings, unused};
use super::one::{Shown, slug};
use super::sentence::OfExclusion;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::draft::Did;
use crate::t;

#[derive(Template)]
#[template(path = "rule/exclusion.html")]
struct One<'a> {
    frame: Frame<'a>,
    /// Nothing where it is new.
    id: &'a str,
    title: &'a str,
    fields: &'a Fields,
    /// What stands for it as it was when the form was opened.
    seen: &'a str,
    sentence: Option<String>,
    known: Known,
    findings: Vec<Finding>,
    may_edit: bool,
}

impl One<'_> {
    /// Units of how close two activities are, the smallest first.
    fn units(&self) -> impl Iterator<Item = &'static (&'static str, u32)> {
        CLOSE.iter().rev()
    }
}

fn at(id: &str) -> At {
    At::new("exclude", id)
}

fn of<'m>(model: &'m Model, id: &str) -> Option<&'m Exclusion> {
    model.exclusions.iter().find(|exclusion| exclusion.id == id)
}

fn spoken(exclusion: &Exclusion) -> Option<String> {
    OfExclusion { exclusion }.render().ok()
}

/// What it is called.
pub(super) fn title(exclusion: &Exclusion) -> &str {
    if exclusion.title.is_empty() { &exclusion.id } else { &exclusion.title }
}

fn shown(call: &Call, status: u16, bench: &Bench, model: &Model, fields: &Fields, seen: &str) -> Answer {
    let known = of(model, call.id());
    let about = |finding: &Finding| finding.about.section == "exclude" && finding.about.id == call.id();
    let one = One {
        frame: Frame::of(call),
        id: call.id(),
        title: known.map_or(call.id(), title),
        fields,
        seen,
        sentence: known.filter(|_| fields.errors().is_empty()).and_then(spoken),
        known: Known::of(call, model, None),
        findings: findings(model, &bench.draft.text).into_iter().filter(about).collect(),
        may_edit: bench.may_edit,
    };
    page(status, &one)
}

/// GET /rules/exclusion/{id}
pub(in crate::pages) fn form(call: &Call) -> Result<Answer, Problem> {
    let (bench, model) = Bench::valid(call)?;
    let exclusion = of(&model, call.id());
    let exclusion = exclusion.ok_or_else(|| Problem::not_found(t::exclusion_gone()))?;
    let seen = table_token(&bench.draft.text, &at(call.id()));
    Ok(shown(call, 200, &bench, &model, &Fields::of_exclusion(exclusion), &seen))
}

/// GET /rules/exclusion: a new one.
pub(in crate::pages) fn fresh(call: &Call) -> Result<Answer, Problem> {
    let (bench, model) = Bench::valid(call)?;
    Ok(shown(call, 200, &bench, &model, &Fields::sent("exclude", std::collections::BTreeMap::new()), ""))
}

/// An id from the title, or from what it is about.
fn fresh_id(bench: &Bench, fields: &Fields) -> String {
    let written = [fields.get("title"), fields.get("types")];
    let words = written.into_iter().find(|text| !text.trim().is_empty()).unwrap_or_default();
    let taken: Vec<String> = edit::tables(&bench.draft.text).into_iter().map(|table| table.at.id).collect();
    unused(&slug(words, "exclusion"), &taken)
}

/// POST /rules/exclusion, /rules/exclusion/{id}
pub(in crate::pages) fn save(call: &Call) -> Result<Answer, Problem> {
    let sent = Form::read(call)?.by_name();
    let seen = sent.get("seen").cloned().unwrap_or_default();
    let (bench, model) = Bench::valid(call)?;
    let mut fields = Fields::sent("exclude", sent);
    let is_new = call.id().is_empty();
    if !is_new && let Some(now) = overtaken(&bench, &at(call.id()), &seen, &mut fields) {
        return Ok(shown(call, 409, &bench, &model, &fields, &now));
    }
    let Some(keys) = fields.exclusion_keys() else { return Ok(shown(call, 422, &bench, &model, &fields, &seen)) };
    let id = if is_new { fresh_id(&bench, &fields) } else { call.id().to_owned() };
    let about = Some(fields.get("title").trim()).filter(|title| !title.is_empty()).unwrap_or(&id).to_owned();
    let (edits, act) = match is_new {
        true => (vec![Edit::Add(at(&id), None, keys)], "add"),
        false => (edit::keys::put(&at(&id), &keys), "edit"),
    };
    match kept(call, &edits, &Did::new(act, &about), (&at(&id), &seen), &mut fields)? {
        true => Ok(see(&format!("/rules#exclude-{id}"))),
        false => Ok(shown(call, 422, &bench, &model, &fields, &seen)),
    }
}

/// POST /rules/sentence/exclusion: what a form says so far.
pub(in crate::pages) fn said(call: &Call) -> Result<Answer, Problem> {
    let sent = Form::read(call)?.by_name();
    let id = sent.get("id").cloned().unwrap_or_default();
    let (bench, model) = Bench::valid(call)?;
    let mut fields = Fields::sent("exclude", sent);
    let Some(keys) = fields.exclusion_keys() else { return Ok(page(200, &Shown::wrong(&fields))) };
    let (id, edits) = match of(&model, &id) {
        Some(_) => (id.clone(), edit::keys::put(&at(&id), &keys)),
        None => {
            let id = fresh_id(&bench, &fields);
            (id.clone(), vec![Edit::Add(at(&id), None, keys)])
        }
    };
    let said = edit::apply(&bench.draft.text, &edits);
    Ok(page(200, &Shown::of(said, |model| of(model, &id).and_then(spoken))))
}
