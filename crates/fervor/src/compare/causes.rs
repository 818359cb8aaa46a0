//! Which rule moved how many, and what bounds and rounding made of it.

use std::cmp::Reverse;

use rules::decimal::Decimal;
use rules::model::{Form, Kind, Model, Rule, RuleAt, ScoreAt};

use super::{Pair, Seen};

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    New,
    Removed,
    Changed,
    Same,
}

impl Standing {
    /// In a word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Same => "same",
        }
    }
}

/// What moves points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The rule of that id.
    Rule(String),
    /// The score of that id, where a combined score takes it in.
    Score(String),
    /// The bounds of categories and score, and rounding.
    Held,
}

/// Something that moves points, and how far. A sum beyond the range is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) source: Source,
    pub(crate) standing: Standing,
    /// How many it moved.
    pub(crate) moved: usize,
    pub(crate) change: Option<Decimal>,
    /// The largest change upwards, if there is any.
    pub(crate) most_up: Option<Decimal>,
    /// The largest change downwards, if there is any.
    pub(crate) most_down: Option<Decimal>,
}

/// What adds to the scores of one model.
#[derive(Clone, Copy)]
enum Place {
    Rule(RuleAt),
    /// Another score, with its weight.
    Part(ScoreAt, Decimal),
}

impl Place {
    /// What it adds; `None` beyond the range.
    fn gives(self, seen: Seen<'_>) -> Option<Decimal> {
        match self {
            Self::Rule(at) => Some(seen.rules.get(&at).copied().unwrap_or_default()),
            Self::Part(at, weight) => {
                let part = seen.outcomes.iter().find(|outcome| outcome.score == at);
                part.and_then(|part| part.points).and_then(|points| weight.times(points))
            }
        }
    }
}

/// One source in both models.
struct Line {
    source: Source,
    standing: Standing,
    old: Option<Place>,
    new: Option<Place>,
}

impl Line {
    fn change(&self, pair: &Pair<'_>) -> Option<Decimal> {
        let (old, new) = pair.old.zip(pair.new)?;
        let gives = |place: Option<Place>, seen| place.map_or(Some(Decimal::ZERO), |place| place.gives(seen));
        gives(self.new, new)?.minus(gives(self.old, old)?)
    }
}

/// All sources of a score in both models, in the order of the new one.
pub(super) struct Causes(Vec<Line>);

impl Causes {
    pub(super) fn of(old: &Model, was: ScoreAt, new: &Model, is: ScoreAt) -> Self {
        let (before, after) = (sources(old, was), sources(new, is));
        let find = |list: &[(Source, Place)], source: &Source| {
            list.iter().find(|(known, _)| known == source).map(|(_, place)| *place)
        };
        let mut lines = Vec::new();
        for (source, place) in &after {
            let earlier = find(&before, source);
            let standing = match earlier {
                None => Standing::New,
                Some(earlier) if same(old, earlier, new, *place) => Standing::Same,
                Some(_) => Standing::Changed,
            };
            lines.push(Line { source: source.clone(), standing, old: earlier, new: Some(*place) });
        }
        for (source, place) in before.iter().filter(|(source, _)| find(&after, source).is_none()) {
            lines.push(Line { source: source.clone(), standing: Standing::Removed, old: Some(*place), new: None });
        }
        Self(lines)
    }

    /// Those that moved anybody or are not what they were; those that moved most come first.
    pub(super) fn moved(&self, everyone: &[Pair<'_>]) -> Vec<Cause> {
        let compared: Vec<_> = everyone.iter().filter(|pair| pair.points().is_some()).collect();
        let cause = |line: &Line| cause(&line.source, line.standing, compared.iter().map(|pair| line.change(pair)));
        let mut causes: Vec<_> = self.0.iter().map(cause).collect();
        causes.retain(|cause| cause.moved > 0 || cause.standing != Standing::Same);
        causes.sort_by_key(|cause| Reverse(cause.moved));
        causes
    }

    /// What is left of everyone's change when the causes are taken off it: bounds and rounding.
    pub(super) fn held(&self, everyone: &[Pair<'_>]) -> Cause {
        let compared = everyone.iter().filter(|pair| pair.points().is_some());
        cause(&Source::Held, Standing::Same, compared.map(|pair| self.rest(pair)))
    }

    fn rest(&self, pair: &Pair<'_>) -> Option<Decimal> {
        pair.change()?.minus(sum(self.0.iter().map(|line| line.change(pair)))?)
    }

    /// What moved somebody most, the first of equals. What is beyond the range cannot be told.
    pub(super) fn largest(&self, pair: &Pair<'_>) -> (Source, Option<Decimal>) {
        let of_lines = self.0.iter().map(|line| (line.source.clone(), line.change(pair)));
        let mut all: Vec<_> = of_lines.chain([(Source::Held, self.rest(pair))]).collect();
        all.sort_by_key(|(_, change)| Reverse(change.map(Decimal::magnitude)));
        all.swap_remove(0)
    }
}

fn cause(source: &Source, standing: Standing, changes: impl Iterator<Item = Option<Decimal>>) -> Cause {
    let moved: Vec<_> = changes.filter(|change| *change != Some(Decimal::ZERO)).collect();
    let known = || moved.iter().copied().flatten();
    Cause {
        source: source.clone(),
        standing,
        moved: moved.len(),
        change: sum(moved.iter().copied()),
        most_up: known().filter(|change| *change > Decimal::ZERO).max(),
        most_down: known().filter(|change| *change < Decimal::ZERO).min(),
    }
}

/// The sum, if all of it is within the range.
pub(super) fn sum(changes: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    changes.collect::<Option<Vec<_>>>().and_then(Decimal::sum)
}

fn sources(model: &Model, score: ScoreAt) -> Vec<(Source, Place)> {
    let rules = model.rules_of(score).map(|(at, rule)| (Source::Rule(rule.id.clone()), Place::Rule(at)));
    let parts = match &model.score(score).form {
        Form::Combine(parts) => parts.as_slice(),
        Form::Sum | Form::Matrix(..) => &[],
    };
    let parts = parts.iter().map(|&(at, weight)| (Source::Score(model.score(at).id.clone()), Place::Part(at, weight)));
    rules.chain(parts).collect()
}

/// Whether two sources of one name mean the same.
fn same(old: &Model, was: Place, new: &Model, is: Place) -> bool {
    match (was, is) {
        (Place::Rule(was), Place::Rule(is)) => same_rule(old, old.rule(was), new, new.rule(is)),
        (Place::Part(_, was), Place::Part(_, is)) => was == is,
        _ => false,
    }
}

/// Titles are for people and move nobody. Places in one model mean nothing in the other.
fn same_rule(old: &Model, was: &Rule, new: &Model, is: &Rule) -> bool {
    let category = |model: &Model, rule: &Rule| rule.category.map(|at| model.category(at).id.clone());
    let mut kind = is.kind.clone();
    if let (Kind::Rollup { score: there, .. }, Kind::Rollup { score: here, .. }) = (&was.kind, &mut kind)
        && old.score(*there).id == new.score(*here).id
    {
        *here = *there;
    }
    was.kind == kind && was.cap == is.cap && category(old, was) == category(new, is)
}
