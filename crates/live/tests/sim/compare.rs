//! What is stored beside what the shadow says, by the reference evaluator.

use std::collections::{BTreeMap, BTreeSet};

use live::list::Query;
use live::models::Version;
use live::service::Service;
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::model::{BandsBy, Form, Model, ScoreAt};
use rules::percentile::among;
use rules::score::{Card, Evaluation, Outcome};
use serde_json::Value as Json;
use store::standing::{Cohort, Standing};
use store::subject::{Key, Kind};
use store::{Manner, Session};

use crate::shadow::Shadow;

/// A score of a subject, as far as it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    points: Option<String>,
    band: Option<String>,
    percentile: Option<String>,
    probability: Option<String>,
    value: Option<String>,
    categories: BTreeMap<String, String>,
}

/// By kind and id of the subject, then by score.
type Lines = BTreeMap<(Kind, String), BTreeMap<String, Line>>;

/// Whether the band of a score follows percentiles, and so comes later.
fn is_by_rank(model: &Model, at: ScoreAt) -> bool {
    match model.score(at).form {
        Form::Matrix(one, other) => is_by_rank(model, one) || is_by_rank(model, other),
        _ => model.score(at).bands_by == BandsBy::Percentile,
    }
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn expected<Id>(model: &Model, kind: Kind, cards: &[Card<Id>], id: impl Fn(&Id) -> String) -> Lines {
    let line = |card: &Card<Id>, outcome: &Outcome| {
        let categories = model.categories_of(outcome.score);
        Line {
            points: text(outcome.points),
            band: outcome.band.clone(),
            percentile: text(outcome.percentile),
            probability: text(outcome.probability),
            value: text(outcome.estimated_value),
            categories: categories
                .filter_map(|(at, category)| Some((category.id.clone(), card.categories.get(&at)?.to_string())))
                .collect(),
        }
    };
    let scores = |card: &Card<Id>| {
        let scores = card.scores.iter();
        scores.map(|outcome| (model.score(outcome.score).id.clone(), line(card, outcome))).collect()
    };
    let all = cards.iter().map(|card| ((kind, id(&card.id)), scores(card)));
    all.filter(|(_, scores): &(_, BTreeMap<_, _>)| !scores.is_empty()).collect()
}

/// How subjects of a kind stand, by their ids.
fn standings(session: &mut Session<'_>, version: i64, kind: Kind) -> Vec<(String, Standing)> {
    let keys = session.walk(kind, 0, 10_000).unwrap();
    let subjects = session.subjects_of(&keys).unwrap();
    let ids: BTreeMap<Key, String> = subjects.iter().map(|one| (one.key, one.id.to_string())).collect();
    let standings = session.standings(version, &keys).unwrap().into_iter();
    standings.map(|standing| (ids[&standing.subject].clone(), standing)).collect()
}

fn stored(session: &mut Session<'_>, version: &Version, kind: Kind) -> Lines {
    let all = standings(session, version.number, kind);
    let mut groups: BTreeMap<(i64, Cohort), Vec<Decimal>> = BTreeMap::new();
    for (_, standing) in &all {
        if let (Some(cohort), Some(points)) = (standing.ranked.clone(), standing.points) {
            groups.entry((standing.score, cohort)).or_default().push(points);
        }
    }
    let mut lines = Lines::new();
    for (id, standing) in &all {
        let group = standing.ranked.clone().and_then(|cohort| groups.get(&(standing.score, cohort)));
        let percentile = group.zip(standing.points).map(|(group, points)| {
            let count = |fits: &dyn Fn(Decimal) -> bool| group.iter().filter(|other| fits(**other)).count() as u64;
            among(count(&|other| other < points), count(&|other| other <= points), group.len() as u64)
        });
        let detail: Json = serde_json::from_str(&standing.detail).unwrap();
        let told = |name: &str| detail[name].as_str().map(ToOwned::to_owned);
        let categories = detail["categories"].as_object().into_iter().flatten();
        let line = Line {
            points: text(standing.points),
            band: standing.band.as_deref().map(ToOwned::to_owned),
            percentile: text(percentile),
            probability: told("probability"),
            value: told("estimated_value"),
            categories: categories.map(|(name, json)| (name.clone(), json.as_str().unwrap().to_owned())).collect(),
        };
        let score = &version.model.scores[usize::try_from(standing.score).unwrap()].id;
        lines.entry((kind, id.clone())).or_default().insert(score.clone(), line);
    }
    lines
}

/// What follows within seconds is left out.
fn at_once(model: &Model, lines: Lines, only: Option<&BTreeSet<String>>) -> Lines {
    let known = lines.into_iter().filter(|((_, id), _)| only.is_none_or(|only| only.contains(id)));
    known
        .map(|(name, mut scores)| {
            for (score, line) in &mut scores {
                line.percentile = None;
                if model.find_score(score).is_some_and(|at| is_by_rank(model, at)) {
                    line.band = None;
                }
            }
            (name, scores)
        })
        .collect()
}

fn differences(expected: &Lines, stored: &Lines) -> Vec<String> {
    let names: BTreeSet<_> = expected.keys().chain(stored.keys()).collect();
    let differ = names.into_iter().filter(|name| expected.get(name) != stored.get(name));
    let told = |name: &(Kind, String)| {
        let (mut expected, mut stored) = (expected.get(name).cloned(), stored.get(name).cloned());
        if let (Some(expected), Some(stored)) = (&mut expected, &mut stored) {
            let both = stored.clone();
            stored.retain(|score, line| expected.get(score) != Some(line));
            expected.retain(|score, line| both.get(score) != Some(line));
        }
        format!("{} `{}`: stored is {stored:?}, and should be {expected:?}", name.0.word(), name.1)
    };
    differ.map(told).collect()
}

/// Contacts right after an answer: `only` these, or all of them.
pub(crate) fn contacts(service: &Service, shadow: &Shadow, only: Option<&BTreeSet<String>>) -> Vec<String> {
    let Some(version) = service.models().unwrap().current else { return Vec::new() };
    let model = &version.model;
    let facts = shadow.facts(&model.zone);
    let scores = Evaluation::new(model, &facts, model.zone.day_of(service.now())).scores(&|| {}).unwrap();
    let expected = expected(model, Kind::Contact, &scores.contacts, |id| id.as_str().to_owned());
    let mut session = service.session(Manner::Reading).unwrap();
    let stored = stored(&mut session, &version, Kind::Contact);
    differences(&at_once(model, expected, only), &at_once(model, stored, only))
}

/// Everybody and everything, once it is quiet.
pub(crate) fn everything(service: &Service, shadow: &Shadow) -> Vec<String> {
    let Some(version) = service.models().unwrap().current else { return Vec::new() };
    let model = &version.model;
    let facts = shadow.facts(&model.zone);
    let as_of = model.zone.day_of(service.now());
    let evaluation = Evaluation::new(model, &facts, as_of);
    let scores = evaluation.scores(&|| {}).unwrap();
    let mut expected_all = expected(model, Kind::Contact, &scores.contacts, |id| id.as_str().to_owned());
    expected_all.extend(expected(model, Kind::Account, &scores.accounts, |id| id.as_str().to_owned()));
    expected_all.extend(expected(model, Kind::Opportunity, &scores.opportunities, |id| id.as_str().to_owned()));
    let mut stored_all = Lines::new();
    let mut session = service.session(Manner::Reading).unwrap();
    for kind in [Kind::Contact, Kind::Account, Kind::Opportunity] {
        stored_all.extend(stored(&mut session, &version, kind));
    }
    let mut found = differences(&expected_all, &stored_all);
    found.extend(marks(&mut session));
    found.extend(chains(&mut session, &version));
    drop(session);
    found.extend(lists(service));
    let known = service.all_facts(&version).unwrap();
    let stored = Evaluation::new(model, &known, as_of);
    for id in facts.contacts.keys() {
        if stored.contact(id) != evaluation.contact(id) {
            found.push(format!("the ledgers of `{id:?}` differ"));
        }
    }
    found
}

/// What is known otherwise than it should be.
pub(crate) fn facts(known: &Facts, should: &Facts) -> Vec<String> {
    fn parts(facts: &Facts) -> BTreeMap<String, String> {
        let contacts = facts.contacts.iter().map(|(id, one)| (format!("{id:?}"), format!("{one:?}")));
        let accounts = facts.accounts.iter().map(|(id, one)| (format!("{id:?}"), format!("{one:?}")));
        let opportunities = facts.opportunities.iter().map(|(id, one)| (format!("{id:?}"), format!("{one:?}")));
        contacts.chain(accounts).chain(opportunities).collect()
    }
    let (known, should) = (parts(known), parts(should));
    let ids: BTreeSet<&String> = known.keys().chain(should.keys()).collect();
    let differ = ids.into_iter().filter(|id| known.get(*id) != should.get(*id));
    let told = |id: &String| format!("known of {id} is {:?}\nand should be {:?}", known.get(id), should.get(id));
    differ.map(told).collect()
}

/// By attributes that were chosen, lists are the same as by looking at everybody.
fn lists(service: &Service) -> Vec<String> {
    let mut found = Vec::new();
    for indexed in service.indexed().unwrap() {
        assert!(indexed.is_ready, "{indexed:?} though it is quiet");
        let (of, name) = indexed.name.split_once('.').unwrap();
        let kind =
            [Kind::Contact, Kind::Account, Kind::Opportunity].into_iter().find(|kind| kind.word() == of).unwrap();
        let listed = |condition: Option<String>| {
            service.list(kind, &Query { condition, limit: 10_000, ..Query::default() }).unwrap().found
        };
        let everybody = listed(None);
        let held = everybody.iter().filter_map(|one| one.attributes.get(name));
        let texts: BTreeSet<String> = held.map(|value| value.text().into_owned()).chain(["Gold".into()]).collect();
        let numbers: BTreeSet<String> = texts.iter().filter(|text| Decimal::parse(text).is_ok()).cloned().collect();
        let quoted = texts.iter().map(|text| (format!("'{}'", text.replace('\'', "''")), text, false));
        for (literal, value, is_number) in quoted.chain(numbers.iter().map(|text| (text.clone(), text, true))) {
            let is_it = |one: &rules::value::Value| match is_number {
                true => one.number().is_ok_and(|number| number == Decimal::parse(value).unwrap()),
                false => one.text() == value.as_str(),
            };
            let should = everybody.iter().filter(|one| one.attributes.get(name).is_some_and(is_it));
            let should: Vec<&str> = should.map(|one| &*one.id).collect();
            let condition = format!("{of}.{name} = {literal}");
            let stands = listed(Some(condition.clone()));
            let stands: Vec<&str> = stands.iter().map(|one| &*one.id).collect();
            if stands != should {
                found.push(format!("listed by {condition} are {stands:?}, and should be {should:?}"));
            }
        }
    }
    found
}

fn marks(session: &mut Session<'_>) -> Option<String> {
    let marks = session.marked(10).unwrap();
    (!marks.is_empty()).then(|| format!("marks are left: {marks:?}"))
}

/// The log tells how every score came to be: each change begins where the one before ended, and the last one is how
/// the subject stands.
pub(crate) fn chains(session: &mut Session<'_>, version: &Version) -> Vec<String> {
    let mut found = Vec::new();
    for kind in [Kind::Contact, Kind::Account, Kind::Opportunity] {
        let mut stand: BTreeMap<(Key, String), (Option<Decimal>, Option<String>)> = BTreeMap::new();
        for (_, standing) in standings(session, version.number, kind) {
            let score = &version.model.scores[usize::try_from(standing.score).unwrap()].id;
            let band = standing.band.as_deref().map(ToOwned::to_owned);
            stand.insert((standing.subject, score.clone()), (standing.points, band));
        }
        for key in session.walk(kind, 0, 10_000).unwrap() {
            let mut last = BTreeMap::new();
            for change in session.history(key, i64::MAX, 100_000).unwrap().into_iter().rev() {
                let band = |band: Option<std::sync::Arc<str>>| band.map(|band| band.to_string());
                let before = (change.points_before, band(change.band_before.clone()));
                let known = last.insert(change.score.to_string(), (change.points, band(change.band.clone())));
                if known.unwrap_or_default() != before {
                    found.push(format!("the log of {} {key} has a gap before {change:?}", kind.word()));
                }
            }
            for (score, told) in last {
                let stands = stand.remove(&(key, score.clone())).unwrap_or_default();
                if stands != told {
                    found.push(format!(
                        "the log of {} {key} ends at {told:?}, and `{score}` is {stands:?}",
                        kind.word()
                    ));
                }
            }
        }
        let untold = stand.into_iter().filter(|(_, stands)| *stands != Default::default());
        found.extend(untold.map(|(name, stands)| format!("{stands:?} of {name:?} is not in the log")));
    }
    found
}
