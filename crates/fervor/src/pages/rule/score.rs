//! A score in a form: changed, or new. Its rules and its bands have pages of their own.

use std::collections::BTreeMap;

use askama::Template;
use edit::keys::Keys;
use edit::{At, Edit};
use rules::lint::Finding;
use rules::model::{Band, Form as Made, Model, Score, ScoreAt, Subject};

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::bench::{Bench, kept, label, overtaken, table_token};
use super::fields::{FORMS, Fields};
use super::known::Known;
use super::list::{findings, unused};
use super::one::{Shown, slug};
use super::sentence::OfScore;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::draft::Did;
use crate::t;

#[derive(Template)]
#[template(path = "rule/score.html")]
struct One<'a> {
    frame: Frame<'a>,
    /// Nothing where it is new.
    id: &'a str,
    title: &'a str,
    of: Subject,
    fields: &'a Fields,
    /// What stands for it as it was when the form was opened.
    seen: &'a str,
    sentence: Option<String>,
    /// The scores that it can be made of: id and title.
    parts: Vec<(&'a str, &'a str)>,
    bands: &'a [Band],
    known: Known,
    findings: Vec<Finding>,
    is_removable: bool,
    may_edit: bool,
}

impl One<'_> {
    fn bands_address(&self) -> String {
        format!("/bands?score={}", self.id)
    }
}

#[derive(Template)]
#[template(path = "rule/score_kinds.html")]
struct Kinds<'a> {
    frame: Frame<'a>,
    /// Of whom; whether there is a score to combine, and two with bands for a grade.
    offers: Vec<(Subject, bool, bool)>,
}

fn at(id: &str) -> At {
    At::new("score", id)
}

fn find<'m>(model: &'m Model, id: &str) -> Option<&'m Score> {
    model.scores.iter().find(|score| score.id == id)
}

/// The scores of which another can be made: of the same subject, and with points. Those of which it is made come first.
pub(super) fn parts<'m>(model: &'m Model, of: Subject, score: Option<&Score>) -> Vec<&'m Score> {
    let made_of: Vec<ScoreAt> = match score.map(|score| &score.form) {
        Some(Made::Combine(parts)) => parts.iter().map(|(at, _)| *at).collect(),
        Some(&Made::Matrix(letters, digits)) => vec![letters, digits],
        Some(Made::Sum) | None => Vec::new(),
    };
    let can = |at: &ScoreAt| {
        let part = model.score(*at);
        let is_itself = score.is_some_and(|score| score.id == part.id);
        part.of == of && !is_itself && !matches!(part.form, Made::Matrix(..)) && !made_of.contains(at)
    };
    let others = (0..model.scores.len()).map(ScoreAt).filter(can);
    made_of.iter().copied().chain(others).map(|at| model.score(at)).collect()
}

/// The changes that give a score these keys; its bands stay as they are.
pub(super) fn put(at: &At, keys: &Keys) -> Vec<Edit> {
    let is_of_bands = |edit: &Edit| matches!(edit, Edit::Set(_, key, None) if key == "bands" || key == "bands_by");
    edit::keys::put(at, keys).into_iter().filter(|edit| !is_of_bands(edit)).collect()
}

fn spoken(model: &Model, score: &Score) -> Option<String> {
    OfScore { model, score }.render().ok()
}

fn shown(call: &Call, status: u16, bench: &Bench, model: &Model, fields: &Fields, seen: &str) -> Answer {
    let score = find(model, call.id());
    let of = subject(score, fields);
    let about = |finding: &Finding| finding.about.section == "score" && finding.about.id == call.id();
    let is_graded = fields.is("form", "matrix");
    let parts = parts(model, of, score).into_iter().filter(|part| !is_graded || !part.bands.is_empty());
    let mut parts: Vec<(&str, &str)> = parts.map(|part| (part.id.as_str(), label(part))).collect();
    if is_graded {
        // Both fields choose among all of them.
        parts.sort_by_key(|(id, _)| model.find_score(id));
        parts.dedup();
    }
    let removed = || edit::apply(&bench.draft.text, &[Edit::Remove(at(call.id()))]);
    let one = One {
        frame: Frame::of(call),
        id: call.id(),
        title: score.map_or(call.id(), label),
        of,
        fields,
        seen,
        sentence: score.filter(|_| fields.errors().is_empty()).and_then(|score| spoken(model, score)),
        parts,
        bands: score.map_or(&[], |score| &score.bands),
        known: Known::of(call, model, Some(of)),
        findings: findings(model, &bench.draft.text).into_iter().filter(about).collect(),
        is_removable: score.is_some() && removed().is_ok(),
        may_edit: bench.may_edit,
    };
    page(status, &one)
}

/// Whose score it is: one that is there stays what it is.
fn subject(score: Option<&Score>, fields: &Fields) -> Subject {
    let named = || Subject::ALL.iter().find(|(word, _)| *word == fields.kind).map(|&(_, of)| of);
    score.map(|score| score.of).or_else(named).unwrap_or(Subject::Contact)
}

/// What a form has sent; what a score is made of, and whose it is, does not change.
fn sent(values: BTreeMap<String, String>, score: Option<&Score>) -> Fields {
    let of = values.get("of").cloned().unwrap_or_default();
    let mut fields = Fields::sent(&of, values);
    if let Some(score) = score {
        fields.kind = score.of.word().to_owned();
        fields.put("form", super::fields::word(&score.form));
    } else if !FORMS.contains(&fields.get("form")) {
        fields.put("form", FORMS[0]);
    }
    fields
}

/// GET /rules/score/{id}
pub(in crate::pages) fn form(call: &Call) -> Result<Answer, Problem> {
    let (bench, model) = Bench::valid(call)?;
    let score = find(&model, call.id());
    let score = score.ok_or_else(|| Problem::not_found(t::score_gone()))?;
    let seen = table_token(&bench.draft.text, &at(call.id()));
    Ok(shown(call, 200, &bench, &model, &Fields::of_score(&model, score), &seen))
}

/// GET /rules/score: of whom and made of what, and then the form.
pub(in crate::pages) fn fresh(call: &Call) -> Result<Answer, Problem> {
    let (bench, model) = Bench::valid(call)?;
    let known = Subject::ALL.iter().find(|(word, _)| *word == call.param("of"));
    if let Some((of, _)) = known.filter(|_| FORMS.contains(&call.param("form"))) {
        let values = [("of", *of), ("form", call.param("form"))];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        return Ok(shown(call, 200, &bench, &model, &sent(values.into(), None), ""));
    }
    let offer = |&(_, of): &(&str, Subject)| {
        let parts = parts(&model, of, None);
        (of, !parts.is_empty(), parts.iter().filter(|part| !part.bands.is_empty()).count() > 1)
    };
    Ok(page(200, &Kinds { frame: Frame::of(call), offers: Subject::ALL.iter().map(offer).collect() }))
}

fn keys(model: &Model, score: Option<&Score>, fields: &mut Fields) -> Option<Keys> {
    let of = subject(score, fields);
    let parts = parts(model, of, score);
    if score.is_none() && fields.get("title").trim().is_empty() {
        fields.wrong("title", t::score_no_title());
    }
    fields.score_keys(of, &parts.iter().map(|part| part.id.as_str()).collect::<Vec<_>>())
}

fn fresh_id(bench: &Bench, fields: &Fields) -> String {
    let taken: Vec<String> = edit::tables(&bench.draft.text).into_iter().map(|table| table.at.id).collect();
    unused(&slug(fields.get("title"), "score"), &taken)
}

/// POST /rules/score, /rules/score/{id}
pub(in crate::pages) fn save(call: &Call) -> Result<Answer, Problem> {
    let values = Form::read(call)?.by_name();
    let get = |name: &str| values.get(name).cloned().unwrap_or_default();
    let (seen, act) = (get("seen"), get("act"));
    let (bench, model) = Bench::valid(call)?;
    let score = find(&model, call.id());
    let mut fields = sent(values, score);
    let is_new = call.id().is_empty();
    if !is_new && let Some(now) = overtaken(&bench, &at(call.id()), &seen, &mut fields) {
        return Ok(shown(call, 409, &bench, &model, &fields, &now));
    }
    let (id, edits, did) = if act == "remove" {
        let about = score.map_or(call.id(), label);
        (call.id().to_owned(), vec![Edit::Remove(at(call.id()))], Did::new("remove", about))
    } else {
        let Some(keys) = keys(&model, score, &mut fields) else {
            return Ok(shown(call, 422, &bench, &model, &fields, &seen));
        };
        let id = if is_new { fresh_id(&bench, &fields) } else { call.id().to_owned() };
        let about = Some(fields.get("title").trim()).filter(|title| !title.is_empty()).unwrap_or(&id).to_owned();
        match is_new {
            true => (id.clone(), vec![Edit::Add(at(&id), None, keys)], Did::new("add", &about)),
            false => (id.clone(), put(&at(&id), &keys), Did::new("edit", &about)),
        }
    };
    match kept(call, &edits, &did, (&at(&id), &seen), &mut fields)? {
        true => Ok(see(&format!("/rules#score-{id}"))),
        false => Ok(shown(call, 422, &bench, &model, &fields, &seen)),
    }
}

/// POST /rules/sentence/score: what a form says so far.
pub(in crate::pages) fn said(call: &Call) -> Result<Answer, Problem> {
    let mut values = Form::read(call)?.by_name();
    let id = values.remove("id").unwrap_or_default();
    let (bench, model) = Bench::valid(call)?;
    let score = find(&model, &id);
    let mut fields = sent(values, score);
    let Some(keys) = keys(&model, score, &mut fields) else { return Ok(page(200, &Shown::wrong(&fields))) };
    let (id, edits) = match score {
        Some(_) => (id.clone(), put(&at(&id), &keys)),
        None => {
            let id = fresh_id(&bench, &fields);
            (id.clone(), vec![Edit::Add(at(&id), None, keys)])
        }
    };
    let said = edit::apply(&bench.draft.text, &edits);
    Ok(page(200, &Shown::of(said, |model| spoken(model, find(model, &id)?))))
}
