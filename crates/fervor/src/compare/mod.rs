//! What another model would do to everyone: the results of two models over the same facts, side by
//! side. Plain values here; [`text()`] and [`json()`] write them for people and for machines.

mod bands;
mod causes;
mod differences;
mod everyone;
mod json;
mod text;

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rules::day::Day;
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::model::{Model, RuleAt, Score, ScoreAt, Subject};
use rules::score::{Card, Outcome, Scores};

use crate::distribution::Distribution;
pub(crate) use bands::Crossings;
pub(crate) use causes::{Cause, Source};
pub(crate) use everyone::write;
pub(crate) use json::json;
pub(crate) use text::text;

/// A model, and what it gives.
pub(crate) struct Side<'a> {
    pub(crate) model: &'a Model,
    pub(crate) facts: &'a Facts,
    pub(crate) as_of: Day,
    pub(crate) scores: &'a Scores,
}

/// Both results of one subject in one score; `None` where it does not exist.
pub(crate) struct Pair<'a> {
    pub(crate) id: &'a str,
    pub(crate) old: Option<Seen<'a>>,
    pub(crate) new: Option<Seen<'a>>,
}

/// One result, and what it is made of.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) outcome: &'a Outcome,
    /// All results of the subject.
    outcomes: &'a [Outcome],
    rules: &'a BTreeMap<RuleAt, Decimal>,
}

/// All that differs.
pub(crate) struct Comparison<'a> {
    /// What differs outside of scores, categories and rules, in words.
    pub(crate) outside: Vec<String>,
    /// In the order of the new model; those that it no longer has come last.
    pub(crate) scores: Vec<OfScore<'a>>,
}

/// One score in both models.
pub(crate) struct OfScore<'a> {
    /// As it was; `None` if it is new.
    pub(crate) old: Option<&'a Score>,
    /// As it is; `None` if it is removed.
    pub(crate) new: Option<&'a Score>,
    /// Everyone with either result, by id.
    pub(crate) everyone: Vec<Pair<'a>>,
    /// What changes, if both models have it.
    pub(crate) shift: Option<Shift>,
}

/// What changes in a score that both models have.
pub(crate) struct Shift {
    /// How many have both results.
    pub(crate) both: usize,
    /// Who has a result in the new model only: with another time zone another day is today.
    pub(crate) came: Vec<String>,
    /// Who has a result in the old model only.
    pub(crate) gone: Vec<String>,
    pub(crate) points: Moves,
    pub(crate) bands: Moves,
    /// How many have another percentile.
    pub(crate) percentiles: usize,
    /// How many have another probability or estimated value.
    pub(crate) chances: usize,
    pub(crate) crossings: Crossings,
    pub(crate) distributions: [Option<Distribution>; 2],
    /// The rules that moved anybody, or are not what they were; those that moved most come first.
    pub(crate) causes: Vec<Cause>,
    /// What the bounds of categories and score and the rounding make of it.
    pub(crate) held: Cause,
    /// All changes of points together: those of the causes and what is held.
    pub(crate) change: Option<Decimal>,
    /// What differs in the score and its categories, in words.
    pub(crate) outside: Vec<String>,
    /// Those whose points change most.
    pub(crate) largest: Vec<Mover>,
}

/// How many moved, and which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moves {
    pub(crate) up: usize,
    pub(crate) down: usize,
    /// To something that is neither better nor worse.
    pub(crate) aside: usize,
}

impl Moves {
    pub(crate) fn all(self) -> usize {
        self.up + self.down + self.aside
    }

    fn add(&mut self, direction: Option<Ordering>) {
        match direction {
            Some(Ordering::Greater) => self.up += 1,
            Some(Ordering::Less) => self.down += 1,
            Some(Ordering::Equal) | None => self.aside += 1,
        }
    }
}

/// Somebody whose points change.
pub(crate) struct Mover {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) old: (Decimal, Option<String>),
    pub(crate) new: (Decimal, Option<String>),
    pub(crate) change: Option<Decimal>,
    /// What moved them most, and by how much.
    pub(crate) most_by: (Source, Option<Decimal>),
}

impl<'a> OfScore<'a> {
    /// The score as it is, or as it was.
    pub(crate) fn either(&self) -> &'a Score {
        self.new.or(self.old).expect("a score stands in one of the models")
    }

    /// Whether anybody's result differs, or anybody has one in one model only.
    pub(crate) fn changes(&self) -> bool {
        let nobody = |shift: &Shift| {
            let moved = shift.points.all() + shift.bands.all() + shift.percentiles + shift.chances;
            moved + shift.came.len() + shift.gone.len() == 0
        };
        !self.shift.as_ref().is_some_and(nobody)
    }
}

impl Pair<'_> {
    fn points(&self) -> Option<(Decimal, Decimal)> {
        self.old.and_then(|seen| seen.outcome.points).zip(self.new.and_then(|seen| seen.outcome.points))
    }

    /// The change of points; `None` also if it is beyond the range.
    pub(crate) fn change(&self) -> Option<Decimal> {
        self.points().and_then(|(old, new)| new.minus(old))
    }
}

/// Compares two sides; so many of the largest changes of each score are named.
pub(crate) fn compare<'a>(old: &Side<'a>, new: &Side<'a>, top: usize) -> Comparison<'a> {
    let scores = pairs_of_scores(old.model, new.model).into_iter().map(|(was, is)| {
        let of = is.map(|at| new.model.score(at)).or(was.map(|at| old.model.score(at))).map(|score| score.of);
        let everyone = match of {
            Some(Subject::Account) => everyone(&old.scores.accounts, was, &new.scores.accounts, is),
            Some(Subject::Opportunity) => everyone(&old.scores.opportunities, was, &new.scores.opportunities, is),
            Some(Subject::Contact) | None => everyone(&old.scores.contacts, was, &new.scores.contacts, is),
        };
        OfScore {
            old: was.map(|at| old.model.score(at)),
            new: is.map(|at| new.model.score(at)),
            shift: was.zip(is).map(|(was, is)| shift((old, was), (new, is), &everyone, top)),
            everyone,
        }
    });
    Comparison { scores: scores.collect(), outside: differences::of_models(old.model, new.model) }
}

/// The scores of both models, by id; a score of another subject is another score.
fn pairs_of_scores(old: &Model, new: &Model) -> Vec<(Option<ScoreAt>, Option<ScoreAt>)> {
    let same = |one: &Model, at: usize, other: &Model| {
        let score = &one.scores[at];
        other.find_score(&score.id).filter(|&there| other.score(there).of == score.of)
    };
    let of_new = (0..new.scores.len()).map(|at| (same(new, at, old), Some(ScoreAt(at))));
    let removed = (0..old.scores.len()).filter(|&at| same(old, at, new).is_none());
    of_new.chain(removed.map(|at| (Some(ScoreAt(at)), None))).collect()
}

fn everyone<'a, Id: Borrow<str>>(
    old: &'a [Card<Id>],
    was: Option<ScoreAt>,
    new: &'a [Card<Id>],
    is: Option<ScoreAt>,
) -> Vec<Pair<'a>> {
    fn seen<Id: Borrow<str>>(cards: &[Card<Id>], at: Option<ScoreAt>) -> BTreeMap<&str, Seen<'_>> {
        let of = |card| {
            let Card { id, scores, rules, .. }: &Card<Id> = card;
            Some((id.borrow(), Seen { outcome: card.outcome(at?)?, outcomes: scores, rules }))
        };
        cards.iter().filter_map(of).collect()
    }
    let (old, new) = (seen(old, was), seen(new, is));
    let ids: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    ids.into_iter().map(|id| Pair { id, old: old.get(id).copied(), new: new.get(id).copied() }).collect()
}

fn shift(old: (&Side<'_>, ScoreAt), new: (&Side<'_>, ScoreAt), everyone: &[Pair<'_>], top: usize) -> Shift {
    let (was, is) = (old.0.model.score(old.1), new.0.model.score(new.1));
    let both =
        || everyone.iter().filter_map(|pair| pair.old.zip(pair.new)).map(|(old, new)| (old.outcome, new.outcome));
    let (mut points, mut bands) = (Moves::default(), Moves::default());
    for (old, new) in both() {
        if let Some((old, new)) = old.points.zip(new.points).filter(|(old, new)| old != new) {
            points.add(Some(new.cmp(&old)));
        }
        if old.band != new.band {
            bands.add(bands::direction((was, old.band.as_deref()), (is, new.band.as_deref())));
        }
    }
    let chance = |outcome: &Outcome| (outcome.probability, outcome.estimated_value);
    let only =
        |side: fn(&Pair<'_>) -> bool| everyone.iter().filter(move |pair| side(pair)).map(|pair| pair.id.to_owned());
    let causes = causes::Causes::of(old.0.model, old.1, new.0.model, new.1);
    Shift {
        both: both().count(),
        came: only(|pair| pair.old.is_none()).collect(),
        gone: only(|pair| pair.new.is_none()).collect(),
        points,
        bands,
        percentiles: both().filter(|(old, new)| old.percentile != new.percentile).count(),
        chances: both().filter(|(old, new)| chance(old) != chance(new)).count(),
        crossings: Crossings::of(was, is, both()),
        distributions: [
            Distribution::of(everyone.iter().filter_map(|pair| pair.old).map(|seen| seen.outcome)),
            Distribution::of(everyone.iter().filter_map(|pair| pair.new).map(|seen| seen.outcome)),
        ],
        held: causes.held(everyone),
        change: causes::sum(everyone.iter().filter(|pair| pair.points().is_some()).map(Pair::change)),
        outside: differences::of_scores(old.0.model, old.1, new.0.model, new.1),
        largest: largest(new.0, is.of, everyone, &causes, top),
        causes: causes.moved(everyone),
    }
}

/// Those whose points change most; equals in the order of ids.
fn largest(side: &Side<'_>, of: Subject, everyone: &[Pair<'_>], causes: &causes::Causes, top: usize) -> Vec<Mover> {
    let mut moved: Vec<_> = everyone.iter().filter_map(|pair| Some((pair, pair.points()?))).collect();
    moved.retain(|(_, (old, new))| old != new);
    // What is beyond the range is the largest of all.
    let size = |pair: &Pair<'_>| pair.change().map_or((true, Decimal::ZERO), |change| (false, change.magnitude()));
    moved.sort_by_key(|(pair, _)| std::cmp::Reverse(size(pair)));
    let band = |seen: Option<Seen<'_>>| seen.and_then(|seen| seen.outcome.band.clone());
    let mover = |(pair, (old, new)): &(&Pair<'_>, (Decimal, Decimal))| Mover {
        id: pair.id.to_owned(),
        name: name(side.facts, side.as_of, of, pair.id),
        old: (*old, band(pair.old)),
        new: (*new, band(pair.new)),
        change: pair.change(),
        most_by: causes.largest(pair),
    };
    moved.iter().take(top).map(mover).collect()
}

/// What somebody is called: the attribute `name`, or first and last name.
pub(crate) fn name(facts: &Facts, as_of: Day, of: Subject, id: &str) -> Option<String> {
    let history = match of {
        Subject::Contact => &facts.contacts.get(id)?.history,
        Subject::Account => facts.accounts.get(id)?,
        Subject::Opportunity => facts.opportunities.get(id)?,
    };
    let attributes = &history.on(as_of)?.attributes;
    let text = |key: &str| attributes.get(key).map(|value| value.text().into_owned());
    text("name").or_else(|| {
        let parts: Vec<_> = ["first_name", "last_name"].into_iter().filter_map(text).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    })
}
