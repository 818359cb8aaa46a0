//! What would help: the further activities that bring a contact to the next band, or keep it in one
//! that it is about to lose; and facts that are missing.
//!
//! Nothing here is estimated. Every way is tried out: its activities are added to what is known of
//! the contact, and the evaluator of [`score`](crate::score) says what comes of it.

mod course;
mod gap;
mod trial;

#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::activity::Activity;
use crate::band;
use crate::condition::{Finding, Unknown};
use crate::day::Day;
use crate::decimal::Decimal;
use crate::forecast::Change;
use crate::id::ContactId;
use crate::model::{BandsBy, Form, Kind, Model, RuleAt, ScoreAt, Subject};
use crate::score::{Error, Evaluation};
use course::Examples;
use trial::{Goal, Search};

/// More activities of one rule than this are no advice.
pub const COUNT_MAX: usize = 50;

/// So many days after the as-of date the last of them may happen.
pub const DAYS_MAX: i32 = 90;

/// So many ways are given.
pub const WAYS_MAX: usize = 5;

/// A number of further activities of one kind, and what comes of them if nothing else happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The rule that they are tried for: each counts under it.
    pub rule: RuleAt,
    /// The rule that gives more than without them: this one or, where it does not, the one that gives the
    /// most more. `None` where no rule does, but a sum of them with weights.
    pub paid_by: Option<RuleAt>,
    /// The activities that were tried: at the end of the as-of date or, where the rule's limit does not
    /// let them pass there, on the next days on which it does.
    pub activities: Vec<Activity>,
    /// The property in which they all differ, where the limit counts separately by it.
    pub each_another: Option<Arc<str>>,
    /// The values of the activities that matter: what points are multiplied by, what the rule's
    /// condition asks for.
    pub assumed: Vec<Finding>,
    /// Of a single activity whose number matters: a smaller whole number that is enough, while one less
    /// is not.
    pub enough: Option<Finding>,
    /// The day for which points and band are given.
    pub day: Day,
    /// The points on that day.
    pub points: Decimal,
    /// The place of the band that is reached, or kept.
    pub band: usize,
    /// The last day on which the score is in this band or a higher one, if nothing else happens; `None`
    /// if that is so for as long as a forecast looks ahead.
    pub until: Option<Day>,
}

impl Way {
    /// The type of the activities.
    pub fn kind(&self) -> &str {
        self.activities.first().map_or("", |activity| &activity.kind)
    }

    /// Whether another way has the same activities, or such as nobody can tell from them.
    fn is_like(&self, other: &Self) -> bool {
        let told = |way: &Self| (way.kind().to_owned(), way.each_another.clone(), way.assumed.clone());
        self.activities == other.activities || told(self) == told(other)
    }

    /// The day of the last of them.
    pub fn done_by(&self) -> Day {
        self.activities.last().map_or(self.day, |activity| activity.day)
    }
}

/// What leads to the next higher band of a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextBand {
    /// The score.
    pub score: ScoreAt,
    /// The place of the next higher band.
    pub band: usize,
    /// The ways there, fewest activities first, then in the order of the rules.
    pub ways: Vec<Way>,
    /// Where there is no way: the most points that activities of one kind can bring.
    pub most: Option<Way>,
    /// What is missing, and would give points if it were known.
    pub gaps: Vec<Gap>,
}

/// A rule of the kind `when` or `cases` that is undecided because something is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The rule.
    pub rule: RuleAt,
    /// What is unknown.
    pub unknown: Vec<Unknown>,
    /// The most points by which the score could rise.
    pub points: Decimal,
}

/// Whether there can be ways in a score: one of contacts, with bands by points and rules for activities.
pub fn applies(model: &Model, score: ScoreAt) -> bool {
    has_ladder(model, score) && !activity_rules(model, score).is_empty()
}

fn has_ladder(model: &Model, score: ScoreAt) -> bool {
    let score = model.score(score);
    score.of == Subject::Contact && score.bands_by == BandsBy::Points && !score.bands.is_empty()
}

/// A score and all that it is combined from, directly or not.
fn family(model: &Model, score: ScoreAt) -> BTreeSet<ScoreAt> {
    let mut found = BTreeSet::from([score]);
    let mut open = vec![score];
    while let Some(next) = open.pop() {
        if let Form::Combine(parts) = &model.score(next).form {
            open.extend(parts.iter().map(|&(part, _)| part).filter(|part| found.insert(*part)));
        }
    }
    found
}

fn activity_rules(model: &Model, score: ScoreAt) -> Vec<RuleAt> {
    let family = family(model, score);
    let all = model.rules.iter().enumerate();
    let own = all.filter(|(_, rule)| family.contains(&rule.score) && matches!(rule.kind, Kind::Activity(_)));
    own.map(|(at, _)| RuleAt(at)).collect()
}

/// Says what would help contacts.
#[derive(Debug)]
pub struct Advice<'e, 'a> {
    evaluation: &'e Evaluation<'a>,
    /// For each rule an activity as it usually is; looked for once, when first needed.
    examples: OnceCell<Examples<'a>>,
}

impl<'e, 'a> Advice<'e, 'a> {
    /// Advice as of the date of an evaluation.
    pub fn new(evaluation: &'e Evaluation<'a>) -> Self {
        Self { evaluation, examples: OnceCell::new() }
    }

    fn example(&self, rule: RuleAt) -> Option<&'a Activity> {
        self.examples.get_or_init(|| course::examples(self.evaluation)).get(&rule).copied()
    }

    /// What leads a contact to the next higher band; `None` if it does not exist, is in the highest one,
    /// or the score has no bands by points.
    ///
    /// # Errors
    ///
    /// If a number leaves the range in what is known already, with the subject and the place.
    pub fn next_band(&self, id: &ContactId, score: ScoreAt) -> Result<Option<NextBand>, Error> {
        let model = self.evaluation.model();
        let Some(prepared) = self.evaluation.prepared(id).filter(|_| has_ladder(model, score)) else { return Ok(None) };
        let prepared = prepared?;
        let ledgers = prepared.ledgers_behind(score, self.evaluation.as_of())?;
        let bands = &model.score(score).bands;
        let now = ledgers.last().and_then(|ledger| band::reached(bands, ledger.points));
        let Some(next) = now.map(|now| now + 1).filter(|next| *next < bands.len()) else { return Ok(None) };
        let gaps = gap::gaps(self.evaluation, id, score, &ledgers);
        let goal = Goal { score, band: next, on: None };
        let mut search = Search::new(self, id, goal, prepared, &ledgers);
        let ways = search.ways(WAYS_MAX);
        let most = if ways.is_empty() { search.most() } else { None };
        Ok(Some(NextBand { score, band: next, ways, most, gaps }))
    }

    /// The least that keeps a contact in the band from which it is about to drop, done before that day;
    /// `None` if no activities of one kind can, or the change is no drop of a contact.
    ///
    /// # Errors
    ///
    /// If a number leaves the range in what is known already, with the subject and the place.
    pub fn prevention(&self, id: &ContactId, change: &Change) -> Result<Option<Way>, Error> {
        let drops = change.to < change.from && applies(self.evaluation.model(), change.score);
        let Some(prepared) = self.evaluation.prepared(id).filter(|_| drops) else { return Ok(None) };
        let prepared = prepared?;
        let ledgers = prepared.ledgers_behind(change.score, self.evaluation.as_of())?;
        let goal = Goal { score: change.score, band: change.from, on: Some(change.day) };
        Ok(Search::new(self, id, goal, prepared, &ledgers).ways(1).pop())
    }
}
