//! A category in a form: its title and its bounds.

use askama::Template;
use edit::{At, Edit, Value};
use rules::decimal::Decimal;

use super::super::form::Form;
use super::super::frame::{Frame, page, see, sentence};
use super::bench::{Bench, Outcome, Seen, change, table_token};
use super::list::unused;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem};
use crate::draft::Did;
use crate::t;

#[derive(Template)]
#[template(path = "rule/category.html")]
struct One<'a> {
    frame: Frame<'a>,
    /// Nothing where it is new.
    id: &'a str,
    score: &'a str,
    title: &'a str,
    min: &'a str,
    max: &'a str,
    seen: &'a str,
    errors: Vec<String>,
    /// Whether any rule belongs to it.
    is_used: bool,
}

/// GET /rules/category/{id}
pub(in crate::pages) fn form(call: &Call) -> Result<Answer, Problem> {
    let (bench, model) = Bench::valid(call)?;
    let found = model.categories.iter().position(|category| category.id == call.id());
    let at = found.ok_or_else(|| Problem::not_found(t::category_gone()))?;
    let category = &model.categories[at];
    let bound = |bound: Option<Decimal>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    let one = One {
        frame: Frame::of(call),
        id: &category.id,
        score: &model.score(category.score).id,
        title: &category.title,
        min: &bound(category.bounds.min),
        max: &bound(category.bounds.max),
        seen: &table_token(&bench.draft.text, &At::new("category", &category.id)),
        errors: Vec::new(),
        is_used: model.rules.iter().any(|rule| rule.category == Some(rules::model::CategoryAt(at))),
    };
    Ok(page(200, &one))
}

/// GET /rules/category: a new one.
pub(in crate::pages) fn fresh(call: &Call) -> Result<Answer, Problem> {
    Bench::valid(call)?;
    let score = call.query.get("score").map_or("", String::as_str);
    let frame = Frame::of(call);
    let one = One { frame, id: "", score, title: "", min: "", max: "", seen: "", errors: Vec::new(), is_used: true };
    Ok(page(200, &one))
}

/// POST /rules/category, /rules/category/{id}
pub(in crate::pages) fn save(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let (bench, _) = Bench::valid(call)?;
    let (id, seen) = (call.id(), form.field("seen"));
    let at = At::new("category", id);
    let again = |status: u16, errors: Vec<String>| {
        let one = One {
            frame: Frame::of(call),
            id,
            score: form.field("score"),
            title: form.field("title"),
            min: form.field("min"),
            max: form.field("max"),
            seen,
            errors,
            is_used: true,
        };
        page(status, &one)
    };
    if !id.is_empty() && bench.overtaken(&Seen { at: &at, token: seen }) {
        return Ok(again(409, vec![t::category_overtaken().plain()]));
    }
    if form.field("act") == "remove" {
        return finish(call, &[Edit::Remove(at)], &Did::new("remove", id), again);
    }
    let mut errors = Vec::new();
    let mut bound = |name: &str| {
        let written = form.field(name).trim();
        let read = (!written.is_empty()).then(|| Decimal::parse_exact(written));
        match read.transpose() {
            Ok(bound) => bound.map(Value::number),
            Err(error) => {
                errors.push(t::category_wrong_bound(written, error.to_string()).plain());
                None
            }
        }
    };
    let (min, max) = (bound("min"), bound("max"));
    let title = Some(form.field("title").trim()).filter(|title| !title.is_empty());
    if id.is_empty() && title.is_none() {
        errors.push(t::category_no_title().plain());
    }
    if !errors.is_empty() {
        return Ok(again(422, errors));
    }
    let keys = [("title", title.map(Value::text)), ("min", min), ("max", max)];
    let about = title.unwrap_or(id).to_owned();
    let edits = match id {
        "" => {
            let taken: Vec<String> = edit::tables(&bench.draft.text).into_iter().map(|table| table.at.id).collect();
            let id = unused(&super::one::slug(&about, "category"), &taken);
            let score = ("score".to_owned(), Value::text(form.field("score")));
            let others = keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
            vec![Edit::Add(At::new("category", &id), None, [score].into_iter().chain(others).collect())]
        }
        _ => keys.into_iter().map(|(key, value)| Edit::Set(at.clone(), key.to_owned(), value)).collect(),
    };
    finish(call, &edits, &Did::new(if id.is_empty() { "add" } else { "edit" }, &about), again)
}

fn finish(
    call: &Call,
    edits: &[Edit],
    did: &Did,
    again: impl Fn(u16, Vec<String>) -> Answer,
) -> Result<Answer, Problem> {
    match change(call, edits, did, |_| Ok(())) {
        Ok(Outcome::Saved) => Ok(see("/rules")),
        Ok(Outcome::Refused(refused)) => {
            Ok(again(422, refused.problems.iter().map(|problem| sentence(&problem.message)).collect()))
        }
        Err(problem) if problem.kind == Kind::Conflict => Ok(again(409, vec![sentence(&problem.detail)])),
        Err(problem) => Err(problem),
    }
}
