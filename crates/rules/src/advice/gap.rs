//! Facts that are missing: which rules they leave undecided, and how far the score could rise.

use std::collections::BTreeMap;

use super::{Gap, family};
use crate::condition::{Condition, Context, Name, Truth, Unknown};
use crate::decimal::Decimal;
use crate::id::ContactId;
use crate::ledger::{CategoryEntry, Ledger};
use crate::model::{Case, Form, Kind, Model, RuleAt, ScoreAt};
use crate::score::Evaluation;

/// The rules behind a score that would give more points if what is unknown were known, in their order.
pub(super) fn gaps(evaluation: &Evaluation<'_>, id: &ContactId, score: ScoreAt, ledgers: &[Ledger<'_>]) -> Vec<Gap> {
    let model = evaluation.model();
    let Some(context) = evaluation.context_of(id) else { return Vec::new() };
    let family = family(model, score);
    let rules = model.rules.iter().enumerate().filter(|(_, rule)| family.contains(&rule.score));
    let gap = |(place, rule): (usize, &crate::model::Rule)| {
        let at = RuleAt(place);
        let (best, unknown) = match &rule.kind {
            Kind::When { condition, points, multiply_by } => {
                undecided(&[(condition, *points)], multiply_by.as_ref(), rule.cap, &context)?
            }
            Kind::Cases { cases, multiply_by } => {
                let cases: Vec<_> = cases.iter().map(|Case { condition, points }| (condition, *points)).collect();
                undecided(&cases, multiply_by.as_ref(), rule.cap, &context)?
            }
            _ => return None,
        };
        let best = rule.cap.map_or(best, |cap| best.within(cap));
        let with = Replaced { model, ledgers, rule: at, result: best }.points(score, &mut BTreeMap::new())?;
        let points = with.minus(ledgers.last()?.points)?;
        (points > Decimal::ZERO).then_some(Gap { rule: at, unknown, points })
    };
    rules.filter_map(gap).collect()
}

/// The most that cases might give of which it is unknown whether they hold, or by which number they are
/// multiplied, and what is unknown.
fn undecided(
    cases: &[(&Condition, Decimal)],
    multiply_by: Option<&Name>,
    cap: Option<Decimal>,
    context: &Context<'_>,
) -> Option<(Decimal, Vec<Unknown>)> {
    let value = multiply_by.map(|name| context.value(name));
    let number = value.as_ref().map(|value| value.as_ref().and_then(|value| value.number().ok()));
    let times = |points: Decimal| match number {
        None => Some(points),
        Some(Some(number)) => points.times(number),
        // By a number that is not known it may become anything.
        Some(None) => cap.filter(|_| points > Decimal::ZERO),
    };
    let mut unknown = Vec::new();
    let mut best = None;
    for (condition, points) in cases {
        let truth = condition.predicate.evaluate(context);
        if truth == Truth::Unknown || (truth == Truth::True && number == Some(None)) {
            best = best.max(times(*points));
            unknown.extend(condition.predicate.unknowns(context));
        }
        if truth == Truth::True {
            break;
        }
    }
    if number == Some(None) {
        let found = value.flatten().map(|value| value.text().into_owned());
        unknown.extend(multiply_by.map(|name| Unknown { name: name.clone(), found }));
    }
    unknown.sort();
    unknown.dedup();
    Some((best?, unknown))
}

/// Ledgers in which one rule gives something else.
struct Replaced<'l, 'a> {
    model: &'l Model,
    ledgers: &'l [Ledger<'a>],
    rule: RuleAt,
    result: Decimal,
}

impl Replaced<'_, '_> {
    /// The final points of a score; `None` if a number leaves the range.
    fn points(&self, at: ScoreAt, done: &mut BTreeMap<ScoreAt, Decimal>) -> Option<Decimal> {
        if let Some(points) = done.get(&at) {
            return Some(*points);
        }
        let score = self.model.score(at);
        let results: Option<Vec<Decimal>> = match &score.form {
            Form::Combine(parts) => {
                parts.iter().map(|&(part, weight)| weight.times(self.points(part, done)?)).collect()
            }
            Form::Sum | Form::Matrix(..) => {
                let ledger = self.ledgers.iter().find(|ledger| ledger.score == at)?;
                ledger.categories.iter().map(|category| self.category(category)).collect()
            }
        };
        let points = score.bounds.hold(Decimal::sum(results?)?).round_to(score.decimals)?;
        done.insert(at, points);
        Some(points)
    }

    fn category(&self, entry: &CategoryEntry<'_>) -> Option<Decimal> {
        let result = |rule: RuleAt, result| if rule == self.rule { self.result } else { result };
        let sum = Decimal::sum(entry.rules.iter().map(|entry| result(entry.rule, entry.result)))?;
        Some(entry.category.map_or(sum, |at| self.model.category(at).bounds.hold(sum)))
    }
}
