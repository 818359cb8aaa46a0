//! All rules as sentences, score by score.

use std::collections::BTreeMap;

use askama::Template;
use edit::{At, Edit};
use rules::lint::{self, Finding};
use rules::model::{Bounds, CategoryAt, Exclusion, Form as Made, Model, Rule, Score, ScoreAt};

use super::super::form::Form;
use super::super::frame::{Frame, page, see, sentence};
use super::super::when::When;
use super::bench::{Bench, Outcome, change, label, title};
use super::sentence::{self as said, Sentence};
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem};
use crate::draft::{self, Did};
use crate::t::{self, Text};

#[derive(Template)]
#[template(path = "rule/list.html")]
struct List<'a> {
    frame: Frame<'a>,
    bench: &'a Bench,
    tab: &'static str,
    scores: Vec<OfScore<'a>>,
    off: Vec<Off>,
    exclusions: Vec<Left<'a>>,
    /// Findings about nothing that is shown by itself.
    others: Vec<Finding>,
}

#[derive(Template)]
#[template(path = "rule/empty.html")]
struct Empty<'a> {
    frame: Frame<'a>,
    may_edit: bool,
}

struct OfScore<'a> {
    score: &'a Score,
    title: &'a str,
    sentence: said::OfScore<'a>,
    /// The ones before and after it.
    before: Option<&'a str>,
    after: Option<&'a str>,
    standing: Option<Text>,
    groups: Vec<Group<'a>>,
    findings: Vec<Finding>,
}

/// The rules of a category, or those without one.
struct Group<'a> {
    category: Option<&'a rules::model::Category>,
    bounds: String,
    standing: Option<Text>,
    rules: Vec<Item<'a>>,
    findings: Vec<Finding>,
}

struct Item<'a> {
    rule: &'a Rule,
    title: &'a str,
    sentence: Sentence<'a>,
    standing: Option<Text>,
    findings: Vec<Finding>,
    /// The one before it in its group, and the one after it.
    before: Option<&'a str>,
    after: Option<&'a str>,
}

/// What never counts.
struct Left<'a> {
    exclusion: &'a Exclusion,
    title: &'a str,
    sentence: said::OfExclusion<'a>,
    standing: Option<Text>,
    findings: Vec<Finding>,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

/// A rule or an exclusion that is put aside.
struct Off {
    /// As it stands in addresses: `rule` or `exclusion`.
    kind: &'static str,
    /// `rule` or `exclude`.
    section: String,
    id: String,
    text: String,
    sentence: Option<String>,
}

/// Bounds in signs: `0 to 150`.
fn bounds(bounds: Bounds) -> String {
    match (bounds.min, bounds.max) {
        (Some(min), Some(max)) => t::rules_bounds(min, max).plain(),
        (Some(min), None) => format!("≥ {min}"),
        (None, Some(max)) => format!("≤ {max}"),
        (None, None) => String::new(),
    }
}

/// Findings by section and id of what they are about.
type Findings = BTreeMap<(String, String), Vec<Finding>>;

/// All that is valid and probably not meant, as far as the model alone shows it.
pub(in crate::pages) fn findings(model: &Model, text: &str) -> Vec<Finding> {
    let found = lint::lint(model, None, &|| {}).unwrap_or_default();
    let found = lint::written(model, text).into_iter().chain(found).collect();
    lint::allowed(text, found, false).into_iter().map(|(finding, _)| finding).collect()
}

fn by_table(found: Vec<Finding>) -> Findings {
    let mut by_table = Findings::new();
    for finding in found {
        by_table.entry((finding.about.section.to_owned(), finding.about.id.clone())).or_default().push(finding);
    }
    by_table
}

fn take(findings: &mut Findings, section: &str, id: &str) -> Vec<Finding> {
    findings.remove(&(section.to_owned(), id.to_owned())).unwrap_or_default()
}

fn of_score<'a>(bench: &Bench, model: &'a Model, at: ScoreAt, findings: &mut Findings) -> OfScore<'a> {
    let score = model.score(at);
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut group = |category: Option<CategoryAt>| {
        let rules: Vec<&Rule> =
            model.rules.iter().filter(|rule| rule.score == at && rule.category == category).collect();
        let category = category.map(|at| model.category(at));
        if rules.is_empty() && category.is_none() {
            return;
        }
        let item = |(place, rule): (usize, &&'a Rule)| Item {
            rule,
            title: title(rule),
            sentence: Sentence { model, rule },
            standing: bench.standing("rule", &rule.id),
            findings: take(findings, "rule", &rule.id),
            before: place.checked_sub(1).map(|place| rules[place].id.as_str()),
            after: rules.get(place + 1).map(|rule| rule.id.as_str()),
        };
        let items = rules.iter().enumerate().map(item).collect();
        groups.push(Group {
            category,
            bounds: category.map(|category| bounds(category.bounds)).unwrap_or_default(),
            standing: category.and_then(|category| bench.standing("category", &category.id)),
            rules: items,
            findings: category.map(|category| take(findings, "category", &category.id)).unwrap_or_default(),
        });
    };
    model.categories_of(at).for_each(|(category, _)| group(Some(category)));
    group(None);
    let beside = |at: usize| model.scores.get(at).map(|score| score.id.as_str());
    OfScore {
        score,
        title: label(score),
        sentence: said::OfScore { model, score },
        before: at.0.checked_sub(1).and_then(beside),
        after: beside(at.0 + 1),
        standing: bench.standing("score", &score.id),
        groups,
        findings: take(findings, "score", &score.id),
    }
}

fn off(text: &str) -> Vec<Off> {
    let tables = edit::tables(text).into_iter().filter(|table| table.is_off);
    let shown = |table: edit::Written| {
        let kind = match table.at.section.as_str() {
            "rule" => "rule",
            "exclude" => "exclusion",
            _ => return None,
        };
        let on = edit::apply(text, &[Edit::Switch(table.at.clone(), true)]);
        let sentence = on.ok().and_then(|edited| {
            let (model, id) = (&edited.model, &table.at.id);
            if kind == "rule" {
                let rule = model.rules.iter().find(|rule| rule.id == *id)?;
                return Sentence { model, rule }.render().ok();
            }
            let exclusion = model.exclusions.iter().find(|exclusion| exclusion.id == *id)?;
            said::OfExclusion { exclusion }.render().ok()
        });
        Some(Off { kind, section: table.at.section, id: table.at.id, text: table.text, sentence })
    };
    tables.filter_map(shown).collect()
}

fn left<'a>(bench: &Bench, model: &'a Model, findings: &mut Findings) -> Vec<Left<'a>> {
    let beside = |at: usize| model.exclusions.get(at).map(|exclusion| exclusion.id.as_str());
    let one = |(at, exclusion): (usize, &'a Exclusion)| Left {
        exclusion,
        title: super::exclusion::title(exclusion),
        sentence: said::OfExclusion { exclusion },
        standing: bench.standing("exclude", &exclusion.id),
        findings: take(findings, "exclude", &exclusion.id),
        before: at.checked_sub(1).and_then(beside),
        after: beside(at + 1),
    };
    model.exclusions.iter().enumerate().map(one).collect()
}

/// GET /rules
pub(in crate::pages) fn list(call: &Call) -> Result<Answer, Problem> {
    let Some(bench) = Bench::load(call)? else {
        let may_edit = call.who.may(crate::api::access::Scope::Write).is_ok();
        return Ok(page(200, &Empty { frame: Frame::of(call), may_edit }));
    };
    let (frame, tab) = (Frame::of(call), "rules");
    let Ok(model) = &bench.model else {
        let (scores, off, exclusions, others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        return Ok(page(200, &List { frame, bench: &bench, tab, scores, off, exclusions, others }));
    };
    let mut findings = by_table(findings(model, &bench.draft.text));
    let scores = (0..model.scores.len()).map(|at| of_score(&bench, model, ScoreAt(at), &mut findings)).collect();
    let exclusions = left(&bench, model, &mut findings);
    let others = findings.into_values().flatten().collect();
    let off = off(&bench.draft.text);
    Ok(page(200, &List { frame, bench: &bench, tab, scores, off, exclusions, others }))
}

/// POST /rules/rule/{id}/act
pub(in crate::pages) fn act(call: &Call) -> Result<Answer, Problem> {
    act_on(call, "rule", "/rules/rule")
}

/// POST /rules/exclusion/{id}/act
pub(in crate::pages) fn act_on_exclusion(call: &Call) -> Result<Answer, Problem> {
    act_on(call, "exclude", "/rules/exclusion")
}

/// POST /rules/score/{id}/act
pub(in crate::pages) fn act_on_score(call: &Call) -> Result<Answer, Problem> {
    act_on(call, "score", "/rules/score")
}

/// What a table is called.
fn called(model: &Model, section: &str, id: &str) -> Option<String> {
    let found = match section {
        "rule" => model.rules.iter().find(|rule| rule.id == id).map(title),
        "score" => model.scores.iter().find(|score| score.id == id).map(label),
        _ => model.exclusions.iter().find(|exclusion| exclusion.id == id).map(super::exclusion::title),
    };
    found.map(ToOwned::to_owned)
}

/// What one button does to a table.
fn act_on(call: &Call, section: &'static str, path: &str) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let (act, other) = form.field("act").split_once(' ').unwrap_or((form.field("act"), ""));
    let id = call.id().to_owned();
    let at = At::new(section, &id);
    let bench = Bench::existing(call)?;
    let about = bench.model.as_ref().ok().and_then(|model| called(model, section, &id)).unwrap_or_else(|| id.clone());
    let mut goal = id.clone();
    let edits = match act {
        "up" => vec![Edit::Move(at, Some(other.to_owned()))],
        // The one below comes before it.
        "down" => vec![Edit::Move(At::new(section, other), Some(id))],
        "copy" => {
            let taken: Vec<String> = edit::tables(&bench.draft.text).into_iter().map(|table| table.at.id).collect();
            goal = unused(&id, &taken);
            vec![Edit::Copy(at, goal.clone())]
        }
        "remove" => vec![Edit::Remove(at)],
        "off" => vec![Edit::Switch(at, false)],
        "on" => vec![Edit::Switch(at, true)],
        _ => return Err(Problem::malformed(t::bench_no_such_act())),
    };
    let word = if matches!(act, "up" | "down") { "move" } else { act };
    match change(call, &edits, &Did::new(word, &about), |_| Ok(()))? {
        Outcome::Saved if act == "copy" => Ok(see(&format!("{path}/{goal}"))),
        Outcome::Saved => Ok(see(&format!("/rules#{section}-{goal}"))),
        Outcome::Refused(refused) => {
            let said: Vec<String> = refused.problems.iter().map(|problem| sentence(&problem.message)).collect();
            Err(Problem::new(Kind::Conflict, said.join(" ").trim_end_matches('.').to_owned()))
        }
    }
}

/// An id that nothing has: `event_2`.
pub(in crate::pages) fn unused(id: &str, taken: &[String]) -> String {
    const CHARS_MAX: usize = 64;
    let is_free = |id: &String| !taken.contains(id);
    let numbered = |number: usize| {
        let end = format!("_{number}");
        let start: String = id.chars().take(CHARS_MAX - end.len()).collect();
        format!("{start}{end}")
    };
    Some(id.to_owned()).filter(is_free).or_else(|| (2..).map(numbered).find(is_free)).unwrap_or_default()
}

/// POST /rules/undo, /rules/redo, /rules/discard
pub(in crate::pages) fn undo(call: &Call) -> Result<Answer, Problem> {
    draft::turn(call, Some(Form::read(call)?.field("seen")), true)?;
    Ok(see("/rules"))
}

pub(in crate::pages) fn redo(call: &Call) -> Result<Answer, Problem> {
    draft::turn(call, Some(Form::read(call)?.field("seen")), false)?;
    Ok(see("/rules"))
}

pub(in crate::pages) fn discard(call: &Call) -> Result<Answer, Problem> {
    draft::discard(call, Some(Form::read(call)?.field("seen")))?;
    Ok(see("/rules"))
}
