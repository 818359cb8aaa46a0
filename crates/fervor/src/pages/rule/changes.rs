//! What the draft changes, in words and as lines.

use askama::Template;
use edit::difference::{Became, Line, lines};

use super::super::frame::{Frame, page};
use super::super::when::When;
use super::bench::{Bench, title};
use super::sentence::{OfExclusion, OfScore, Sentence};
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::t;

/// So many lines around a change are shown.
const AROUND: usize = 3;

#[derive(Template)]
#[template(path = "rule/changes.html")]
struct Changes<'a> {
    frame: Frame<'a>,
    bench: &'a Bench,
    tab: &'static str,
    changed: Vec<Changed>,
    lines: Vec<Shown<'a>>,
}

/// A table that differs.
pub(in crate::pages) struct Changed {
    /// `rule`, `category` and so on; nothing for the head of the file.
    pub(in crate::pages) section: String,
    pub(in crate::pages) name: String,
    /// `new`, `gone` or `other`.
    pub(in crate::pages) became: &'static str,
    /// What it said, and what it says, in a sentence.
    pub(in crate::pages) was: Option<String>,
    pub(in crate::pages) is: Option<String>,
    pub(in crate::pages) keys: Vec<(String, String, String)>,
}

/// A line, or a gap.
struct Shown<'a> {
    /// `same`, `old`, `new` or `gap`.
    sort: &'static str,
    text: &'a str,
}

/// All that differs, in words.
pub(in crate::pages) fn changed(bench: &Bench) -> Vec<Changed> {
    let old = bench.draft.published.as_ref().map(|version| &version.model);
    let new = bench.model.as_ref().ok();
    let said = |model: Option<&rules::model::Model>, section: &str, id: &str| {
        let model = model?;
        match section {
            "rule" => Sentence { model, rule: model.rules.iter().find(|rule| rule.id == id)? }.render().ok(),
            "score" => OfScore { model, score: model.scores.iter().find(|score| score.id == id)? }.render().ok(),
            "exclude" => {
                let exclusion = model.exclusions.iter().find(|exclusion| exclusion.id == id)?;
                OfExclusion { exclusion }.render().ok()
            }
            _ => None,
        }
    };
    let name = |section: &str, id: &str| {
        let models = [new, old].into_iter().flatten();
        let title = |model: &rules::model::Model| match section {
            "rule" => model.rules.iter().find(|rule| rule.id == id).map(|rule| title(rule).to_owned()),
            "score" => model.scores.iter().find(|score| score.id == id).map(|score| score.title.clone()),
            "category" => model.categories.iter().find(|one| one.id == id).map(|one| one.title.clone()),
            _ => model.exclusions.iter().find(|one| one.id == id).map(|one| one.title.clone()),
        };
        let named = models.filter_map(title).find(|title| !title.is_empty());
        named.unwrap_or_else(|| id.to_owned())
    };
    let one = |difference: &edit::difference::Difference| {
        let (section, id) = (difference.table.section.clone(), difference.table.id.clone());
        let (was, is) = (said(old, &section, &id), said(new, &section, &id));
        // What is said the same differs in what is not said, such as bands.
        let is_same = was.is_some() && was == is;
        let (was, is) = if is_same { (None, None) } else { (was, is) };
        let (became, keys) = match &difference.became {
            Became::New => ("new", Vec::new()),
            Became::Gone => ("gone", Vec::new()),
            Became::Other(keys) => ("other", keys.clone()),
        };
        let text = |value: Option<String>| value.unwrap_or_default();
        let keys = keys.into_iter().map(|(key, was, is)| (key, text(was), text(is))).collect();
        Changed { name: name(&section, &id), section, became, was, is, keys }
    };
    bench.differences.iter().map(one).collect()
}

fn shown<'a>(old: &'a str, new: &'a str) -> Vec<Shown<'a>> {
    let all = lines(old, new);
    let is_near = |place: usize| {
        let around = &all[place.saturating_sub(AROUND)..all.len().min(place + AROUND + 1)];
        around.iter().any(|line| !matches!(line, Line::Same(_)))
    };
    let mut shown: Vec<Shown<'a>> = Vec::new();
    for (place, line) in all.iter().enumerate() {
        if !is_near(place) {
            if shown.last().is_none_or(|last| last.sort != "gap") {
                shown.push(Shown { sort: "gap", text: "" });
            }
            continue;
        }
        let (sort, text) = match *line {
            Line::Same(text) => ("same", text),
            Line::Old(text) => ("old", text),
            Line::New(text) => ("new", text),
        };
        shown.push(Shown { sort, text });
    }
    shown
}

/// GET /rules/changes
pub(in crate::pages) fn changes(call: &Call) -> Result<Answer, Problem> {
    let bench = Bench::existing(call)?;
    let lines = if bench.is_changed() { shown(bench.draft.base(), &bench.draft.text) } else { Vec::new() };
    let changes = Changes { frame: Frame::of(call), bench: &bench, tab: "changes", changed: changed(&bench), lines };
    Ok(page(200, &changes))
}
