//! One rule in a form: changed, or new.

use askama::Template;
use edit::{At, Edit, Edited, Refused};
use rules::lint::Finding;
use rules::model::{Form as Made, Model, Rule, Subject};

use super::super::form::Form;
use super::super::frame::{Frame, page, see, sentence};
use super::bench::{Bench, Outcome, Seen, change, table_token, title};
use super::fields::Fields;
use super::known::Known;
use super::list::{findings, unused};
use super::sentence::Sentence;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem};
use crate::draft::Did;
use crate::t;

#[derive(Template)]
#[template(path = "rule/one.html")]
struct One<'a> {
    frame: Frame<'a>,
    /// Nothing where it is new.
    id: &'a str,
    title: &'a str,
    fields: &'a Fields,
    /// What stands for the rule as it was when the form was opened.
    seen: String,
    sentence: Option<String>,
    /// Who has changed it meanwhile, and what it says now.
    overtaken: Option<Overtaken>,
    homes: Vec<Home>,
    known: Known,
    scores: Vec<(&'a str, &'a str)>,
    findings: Vec<Finding>,
    may_edit: bool,
}

struct Overtaken {
    by: Option<String>,
    sentence: Option<String>,
}

/// Where points can go.
struct Home {
    value: String,
    score: String,
    category: Option<String>,
}

#[derive(Template)]
#[template(path = "rule/kinds.html")]
struct Kinds<'a> {
    frame: Frame<'a>,
    home: &'a str,
    of: Subject,
}

#[derive(Template)]
#[template(path = "rule/preview_sentence.html")]
pub(super) struct Shown {
    sentence: Option<String>,
    problems: Vec<String>,
}

impl Shown {
    /// Fields that cannot be read.
    pub(super) fn wrong(fields: &Fields) -> Self {
        Self { sentence: None, problems: fields.errors().iter().map(|(_, error)| error.clone()).collect() }
    }

    /// What came of changes, as they are said.
    pub(super) fn of(edited: Result<Edited, Refused>, said: impl Fn(&Model) -> Option<String>) -> Self {
        match edited {
            Ok(edited) => Self { sentence: said(&edited.model), problems: Vec::new() },
            Err(refused) => {
                let problems = refused.problems.iter().map(|problem| sentence(&problem.message)).collect();
                Self { sentence: None, problems }
            }
        }
    }
}

fn homes(model: &Model, of: Option<Subject>) -> Vec<Home> {
    let mut homes = Vec::new();
    let label = |title: &str, id: &str| if title.is_empty() { id.to_owned() } else { title.to_owned() };
    for (at, score) in model.scores.iter().enumerate() {
        if score.form != Made::Sum || of.is_some_and(|of| of != score.of) {
            continue;
        }
        let name = label(&score.title, &score.id);
        for (_, category) in model.categories_of(rules::model::ScoreAt(at)) {
            let title = Some(label(&category.title, &category.id));
            homes.push(Home { value: format!("category:{}", category.id), score: name.clone(), category: title });
        }
        homes.push(Home { value: format!("score:{}", score.id), score: name, category: None });
    }
    homes
}

/// Of whom the score is to which a home belongs.
fn subject(model: &Model, home: &str) -> Option<Subject> {
    let (key, id) = home.split_once(':')?;
    let score = match key {
        "category" => model.categories.iter().find(|category| category.id == id)?.score,
        _ => model.find_score(id)?,
    };
    Some(model.score(score).of)
}

fn spoken(model: &Model, rule: &Rule) -> Option<String> {
    Sentence { model, rule }.render().ok()
}

fn of<'m>(model: &'m Model, id: &str) -> Result<&'m Rule, Problem> {
    let found = model.rules.iter().find(|rule| rule.id == id);
    found.ok_or_else(|| Problem::not_found(t::rule_gone(id)))
}

/// What the page is made of beside the fields.
struct Around<'a> {
    id: &'a str,
    title: &'a str,
    seen: String,
    sentence: Option<String>,
    overtaken: Option<Overtaken>,
}

fn shown(call: &Call, status: u16, bench: &Bench, model: &Model, fields: &Fields, around: Around<'_>) -> Answer {
    let rule = model.rules.iter().find(|rule| rule.id == around.id);
    let subject = rule.map(|rule| model.score(rule.score).of).or_else(|| subject(model, fields.get("home")));
    let about = |finding: &Finding| finding.about.section == "rule" && finding.about.id == around.id;
    let of_contacts = model.scores.iter().filter(|score| score.of == Subject::Contact);
    let of_contacts = of_contacts.filter(|score| !matches!(score.form, Made::Matrix(..)));
    let label =
        |score: &'_ rules::model::Score| if score.title.is_empty() { score.id.clone() } else { score.title.clone() };
    let scores: Vec<(String, String)> = of_contacts.map(|score| (score.id.clone(), label(score))).collect();
    let one = One {
        frame: Frame::of(call),
        id: around.id,
        title: around.title,
        fields,
        seen: around.seen,
        sentence: around.sentence,
        overtaken: around.overtaken,
        homes: homes(model, subject),
        known: Known::of(call, model, subject),
        scores: scores.iter().map(|(id, label)| (id.as_str(), label.as_str())).collect(),
        findings: findings(model, &bench.draft.text).into_iter().filter(about).collect(),
        may_edit: bench.may_edit,
    };
    page(status, &one)
}

/// GET /rules/rule/{id}
pub(in crate::pages) fn form(call: &Call) -> Result<Answer, Problem> {
    let (bench, model) = Bench::valid(call)?;
    let rule = of(&model, call.id())?;
    let fields = Fields::of(&model, rule);
    let seen = table_token(&bench.draft.text, &At::rule(&rule.id));
    let around = Around { id: &rule.id, title: title(rule), seen, sentence: spoken(&model, rule), overtaken: None };
    Ok(shown(call, 200, &bench, &model, &fields, around))
}

/// POST /rules/rule/{id}
pub(in crate::pages) fn save(call: &Call) -> Result<Answer, Problem> {
    let sent = Form::read(call)?.by_name();
    let get = |name: &str| sent.get(name).cloned().unwrap_or_default();
    let (seen, kind) = (get("seen"), get("kind"));
    let (bench, model) = Bench::valid(call)?;
    let rule = of(&model, call.id())?;
    let at = At::rule(&rule.id);
    let mut fields = Fields::sent(&kind, sent);
    let around = |seen: String, overtaken: Option<Overtaken>| Around {
        id: &rule.id,
        title: title(rule),
        seen,
        sentence: None,
        overtaken,
    };
    let overtaken = |bench: &Bench| bench.overtaken(&Seen { at: &at, token: &seen });
    if overtaken(&bench) {
        let by = bench.draft.last.as_ref().map(|last| last.by.trim_start_matches("user ").to_owned());
        let overtaken = Some(Overtaken { by, sentence: spoken(&model, rule) });
        let seen = table_token(&bench.draft.text, &at);
        return Ok(shown(call, 409, &bench, &model, &fields, around(seen, overtaken)));
    }
    let Some(keys) = fields.keys() else {
        return Ok(shown(call, 422, &bench, &model, &fields, around(seen, None)));
    };
    let about = if fields.get("title").is_empty() { title(rule).to_owned() } else { fields.get("title").to_owned() };
    let conflict = || Problem::new(Kind::Conflict, t::rule_just_changed());
    let is_seen = |bench: &Bench| if overtaken(bench) { Err(conflict()) } else { Ok(()) };
    match change(call, &edit::keys::put(&at, &keys), &Did::new("edit", &about), is_seen)? {
        Outcome::Saved => Ok(see(&format!("/rules#rule-{}", rule.id))),
        Outcome::Refused(refused) => {
            fields.refused(&refused.problems);
            Ok(shown(call, 422, &bench, &model, &fields, around(seen, None)))
        }
    }
}

/// GET /rules/new: of which kind, and then the form.
pub(in crate::pages) fn fresh(call: &Call) -> Result<Answer, Problem> {
    let (bench, model) = Bench::valid(call)?;
    let query = |name: &str| call.query.get(name).map_or("", String::as_str);
    let (home, kind) = (query("home"), query("kind"));
    if !["activity", "when", "cases", "since", "inactive_for", "rollup"].contains(&kind) {
        let of = subject(&model, home).unwrap_or(Subject::Contact);
        return Ok(page(200, &Kinds { frame: Frame::of(call), home, of }));
    }
    let mut fields = Fields::sent(kind, std::collections::BTreeMap::new());
    fields.put("home", home);
    let around = Around { id: "", title: "", seen: String::new(), sentence: None, overtaken: None };
    Ok(shown(call, 200, &bench, &model, &fields, around))
}

/// POST /rules/new
pub(in crate::pages) fn add(call: &Call) -> Result<Answer, Problem> {
    let sent = Form::read(call)?.by_name();
    let kind = sent.get("kind").cloned().unwrap_or_default();
    let (bench, model) = Bench::valid(call)?;
    let mut fields = Fields::sent(&kind, sent);
    let around = || Around { id: "", title: "", seen: String::new(), sentence: None, overtaken: None };
    let Some(keys) = fields.keys() else { return Ok(shown(call, 422, &bench, &model, &fields, around())) };
    let id = fresh_id(&bench, &fields);
    let about = if fields.get("title").is_empty() { id.clone() } else { fields.get("title").to_owned() };
    let add = Edit::Add(At::rule(&id), neighbour(&model, fields.get("home")), keys);
    match change(call, &[add], &Did::new("add", &about), |_| Ok(()))? {
        Outcome::Saved => Ok(see(&format!("/rules#rule-{id}"))),
        Outcome::Refused(refused) => {
            fields.refused(&refused.problems);
            Ok(shown(call, 422, &bench, &model, &fields, around()))
        }
    }
}

/// An id from the title, or from what the rule is about.
fn fresh_id(bench: &Bench, fields: &Fields) -> String {
    let written = [fields.get("title"), fields.get("types"), fields.get("since"), fields.get("rollup")];
    let words = written.into_iter().find(|text| !text.trim().is_empty()).unwrap_or("rule");
    let id = slug(words, "rule");
    let taken: Vec<String> = edit::tables(&bench.draft.text).into_iter().map(|table| table.at.id).collect();
    unused(&id, &taken)
}

/// Words as an id: `Attended an event` is `attended_an_event`.
pub(super) fn slug(words: &str, otherwise: &str) -> String {
    let mut id = String::new();
    for letter in words.chars().map(|letter| letter.to_ascii_lowercase()) {
        match letter {
            'a'..='z' => id.push(letter),
            '0'..='9' if !id.is_empty() => id.push(letter),
            _ if !id.is_empty() && !id.ends_with('_') => id.push('_'),
            _ => {}
        }
    }
    id.truncate(60);
    let id = id.trim_end_matches('_');
    if id.is_empty() { otherwise.to_owned() } else { id.to_owned() }
}

/// The last rule of the same home, behind which a new one stands.
fn neighbour(model: &Model, home: &str) -> Option<String> {
    let belongs = |rule: &&Rule| match home.split_once(':') {
        Some(("category", id)) => rule.category.is_some_and(|at| model.category(at).id == id),
        Some((_, id)) => rule.category.is_none() && model.score(rule.score).id == id,
        None => false,
    };
    model.rules.iter().rev().find(belongs).map(|rule| rule.id.clone())
}

/// POST /rules/sentence: what a form says so far.
pub(in crate::pages) fn said(call: &Call) -> Result<Answer, Problem> {
    let sent = Form::read(call)?.by_name();
    let get = |name: &str| sent.get(name).cloned().unwrap_or_default();
    let (kind, id) = (get("kind"), get("id"));
    let (bench, _) = Bench::valid(call)?;
    let mut fields = Fields::sent(&kind, sent);
    let Some(keys) = fields.keys() else { return Ok(page(200, &Shown::wrong(&fields))) };
    let id = if id.is_empty() { fresh_id(&bench, &fields) } else { id };
    let at = At::rule(&id);
    let edits = match is_known(&bench, &at) {
        true => edit::keys::put(&at, &keys),
        false => vec![Edit::Add(at, None, keys)],
    };
    let said = edit::apply(&bench.draft.text, &edits);
    let rule = |model: &Model| model.rules.iter().find(|rule| rule.id == id).and_then(|rule| spoken(model, rule));
    Ok(page(200, &Shown::of(said, rule)))
}

fn is_known(bench: &Bench, at: &At) -> bool {
    bench.model.as_ref().is_ok_and(|model| model.rules.iter().any(|rule| rule.id == at.id))
}
