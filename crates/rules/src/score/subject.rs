//! All scores of one subject: its rules, prepared once, and its ledgers on any day.

use super::rollup::Rollup;
use super::rule;
use super::view::View;
use super::{Error, Overflow};
use crate::condition::Context;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::ledger::{CategoryEntry, Ledger, Part, RuleEntry};
use crate::model::{Bounds, Form, Model, Rule, RuleAt, Score, ScoreAt, Subject};

/// A subject with all that is known for its rules up to the as-of date.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    model: &'a Model,
    of: Subject,
    own: Context<'a>,
    rules: Vec<(ScoreAt, RuleAt, rule::Prepared<'a>)>,
}

impl<'a> Prepared<'a> {
    /// Prepares the rules of a subject; `rollup` prepares the people of an account.
    pub(super) fn new(
        model: &'a Model,
        of: Subject,
        view: &View<'a>,
        rollup: impl Fn(&'a Rule) -> Result<Rollup<'a>, Error>,
    ) -> Result<Self, Error> {
        let mut rules = Vec::new();
        for (score, _) in model.scores_of(of) {
            for (rule, _) in model.rules_of(score) {
                rules.push((score, rule, rule::Prepared::prepare(model, rule, view, &rollup)?));
            }
        }
        Ok(Self { model, of, own: view.own, rules })
    }

    /// The ledgers of all its scores but matrices on a day, in the order of the model.
    pub(super) fn ledgers_on(&self, day: Day) -> Result<Vec<Ledger<'a>>, Error> {
        let mut done: Vec<Ledger<'a>> = Vec::new();
        for (score, _) in self.model.scores_of(self.of) {
            self.complete(score, day, &mut done)?;
        }
        done.sort_by_key(|ledger| ledger.score);
        Ok(done)
    }

    /// The final points of one score on a day.
    pub(super) fn points_on(&self, score: ScoreAt, day: Day) -> Result<Decimal, Error> {
        let ledgers = self.ledgers_behind(score, day)?;
        Ok(ledgers.last().expect("only a matrix has no ledger, and model::rule refuses to roll one up").points)
    }

    /// The ledger of one score on a day, after those of the scores that it combines.
    pub(crate) fn ledgers_behind(&self, score: ScoreAt, day: Day) -> Result<Vec<Ledger<'a>>, Error> {
        let mut done = Vec::new();
        self.complete(score, day, &mut done)?;
        Ok(done)
    }

    /// Adds the ledger of a score, and of those that it combines, unless they are there.
    fn complete(&self, at: ScoreAt, day: Day, done: &mut Vec<Ledger<'a>>) -> Result<(), Error> {
        if done.iter().any(|ledger| ledger.score == at) {
            return Ok(());
        }
        let score = self.model.score(at);
        let ledger = match &score.form {
            Form::Matrix(..) => return Ok(()),
            Form::Sum => self.sum(at, score, day)?,
            Form::Combine(parts) => {
                for &(part, _) in parts {
                    self.complete(part, day, done)?;
                }
                self.combine(at, score, parts, done)?
            }
        };
        done.push(ledger);
        Ok(())
    }

    fn sum(&self, at: ScoreAt, score: &Score, day: Day) -> Result<Ledger<'a>, Error> {
        let mut entries = Vec::new();
        for (_, rule, prepared) in self.rules.iter().filter(|(of, ..)| *of == at) {
            entries.push((self.model.rule(*rule).category, prepared.on(day, &self.own)?));
        }
        let mut categories = Vec::new();
        for (category, details) in self.model.categories_of(at) {
            let own = entries.extract_if(.., |(home, _)| *home == Some(category)).map(|(_, entry)| entry);
            let overflow = |overflow: Overflow| overflow.at(&self.own, format!("category `{}`", details.id));
            let entry = CategoryEntry::total(own.collect(), details.bounds).map_err(overflow)?;
            categories.push(CategoryEntry { category: Some(category), ..entry });
        }
        for (_, entry) in entries {
            let result = entry.result;
            let rules = vec![entry];
            categories.push(CategoryEntry {
                category: None,
                rules,
                sum: result,
                lost_to_bounds: Decimal::ZERO,
                result,
            });
        }
        let results: Vec<_> = categories.iter().map(|category| category.result).collect();
        let ledger = self.finish(at, score, results)?;
        Ok(Ledger { categories, ..ledger })
    }

    fn combine(
        &self,
        at: ScoreAt,
        score: &Score,
        weights: &[(ScoreAt, Decimal)],
        done: &[Ledger<'a>],
    ) -> Result<Ledger<'a>, Error> {
        let mut parts = Vec::new();
        for &(part, weight) in weights {
            let ledger = done.iter().find(|ledger| ledger.score == part);
            let points = ledger.expect("parts are completed first, and cycles are refused").points;
            let here = || Overflow.at(&self.own, format!("score `{}`", score.id));
            let result = weight.times(points).ok_or_else(here)?;
            parts.push(Part { score: part, weight, points, result });
        }
        let results = parts.iter().map(|part| part.result).collect();
        let ledger = self.finish(at, score, results)?;
        Ok(Ledger { parts, ..ledger })
    }

    /// Sum, bounds, and the one rounding.
    fn finish(&self, at: ScoreAt, score: &Score, results: Vec<Decimal>) -> Result<Ledger<'a>, Error> {
        let here = || Overflow.at(&self.own, format!("score `{}`", score.id));
        let sum = Decimal::sum(results).ok_or_else(here)?;
        let held = score.bounds.hold(sum);
        let points = held.round_to(score.decimals).ok_or_else(here)?;
        Ok(Ledger {
            score: at,
            categories: Vec::new(),
            parts: Vec::new(),
            sum,
            lost_to_bounds: sum.minus(held).ok_or_else(here)?,
            lost_to_rounding: held.minus(points).ok_or_else(here)?,
            points,
        })
    }

    /// The first day after `day` on which any score may differ, if no fact is added.
    pub(crate) fn next_change(&self, day: Day) -> Option<Day> {
        rule::soonest(day, self.rules.iter().filter_map(|(.., prepared)| prepared.next_change(day)))
    }
}

impl<'a> CategoryEntry<'a> {
    fn total(rules: Vec<RuleEntry<'a>>, bounds: Bounds) -> Result<Self, Overflow> {
        let sum = Decimal::sum(rules.iter().map(|rule| rule.result)).ok_or(Overflow)?;
        let result = bounds.hold(sum);
        let lost_to_bounds = sum.minus(result).ok_or(Overflow)?;
        Ok(Self { category: None, rules, sum, lost_to_bounds, result })
    }
}
