//! One rule over the activities of one subject, in their order: match, limit, points, time, take,
//! cap. The same steps as the reference evaluator's, over codes instead of values.

use std::collections::HashMap;

use rules::condition::{Context, Truth};
use rules::day::Day;
use rules::decimal::Decimal;
use rules::fade::{Factor, Fade};
use rules::id::AccountId;
use rules::model::Take;
use rules::score::Overflown;
use rules::value::Attributes;

use super::plan::{LimitPlan, Plan, RewardPlan, RulePlan, Test};
use super::store::{Activities, MISSING};
use super::tables::{Number, Tables};

/// Factors are remembered for so many days back: some fifty years.
const AGES_MAX: usize = 20_000;

/// An activity as rules see it.
#[derive(Clone, Debug)]
pub(super) struct Seen<'a> {
    pub(super) row: u32,
    pub(super) excluded: bool,
    /// The accounts that it belongs to; left out where no rule asks.
    pub(super) accounts: Vec<&'a AccountId>,
    /// `contact.*` of its contact.
    pub(super) contact: Option<(&'a str, &'a Attributes)>,
    /// `account.*` of its first account.
    pub(super) account: Option<(&'a str, &'a Attributes)>,
}

/// What one thread needs to fold, with what it remembers.
pub(super) struct Folder<'k, 'a> {
    pub(super) plan: &'k Plan<'a>,
    pub(super) store: &'k Activities,
    pub(super) tables: &'k Tables,
    pub(super) as_of: Day,
    memos: Vec<Memo>,
    factors: Vec<Vec<Option<Factor>>>,
}

/// What a test has been found to be, by the codes of its columns.
#[derive(Debug, Default)]
struct Memo {
    by_code: Vec<Option<bool>>,
    by_codes: HashMap<Box<[u32]>, bool>,
}

impl<'k, 'a> Folder<'k, 'a> {
    pub(super) fn new(plan: &'k Plan<'a>, store: &'k Activities, tables: &'k Tables, as_of: Day) -> Self {
        let memos = std::iter::repeat_with(Memo::default).take(plan.memos()).collect();
        let factors = vec![Vec::new(); plan.rules.len()];
        Self { plan, store, tables, as_of, memos, factors }
    }

    /// Whether all parts of a condition are true of an activity.
    pub(super) fn holds(&mut self, tests: &[Test<'a>], seen: &Seen<'a>) -> bool {
        tests.iter().all(|test| self.test(test, seen))
    }

    fn test(&mut self, test: &Test<'a>, seen: &Seen<'a>) -> bool {
        if test.residual {
            return self.evaluate(test, seen);
        }
        let code = |column: &usize| self.store.columns[*column].codes[seen.row as usize];
        match &test.columns[..] {
            [column] => {
                let place = code(column) as usize;
                if let Some(Some(known)) = self.memos[test.memo].by_code.get(place) {
                    return *known;
                }
                let found = self.evaluate(test, seen);
                let memo = &mut self.memos[test.memo].by_code;
                memo.resize(memo.len().max(place + 1), None);
                memo[place] = Some(found);
                found
            }
            columns => {
                let codes: Box<[u32]> = columns.iter().map(code).collect();
                if let Some(known) = self.memos[test.memo].by_codes.get(&codes) {
                    return *known;
                }
                let found = self.evaluate(test, seen);
                self.memos[test.memo].by_codes.insert(codes, found);
                found
            }
        }
    }

    fn evaluate(&self, test: &Test<'a>, seen: &Seen<'a>) -> bool {
        let activity = self.store.activity(seen.row);
        let context = Context {
            activity: Some(&activity),
            contact: seen.contact,
            account: seen.account,
            ..Context::empty(&self.plan.model.zone)
        };
        test.predicate.evaluate(&context) == Truth::True
    }

    /// The points of a rule, after its cap. `rows` are in order.
    pub(super) fn rule(&mut self, place: usize, rows: &[Seen<'a>]) -> Result<Decimal, Overflown> {
        let plan = self.plan;
        let rule = &plan.rules[place];
        let covered = &self.tables.rules[place];
        let mut used = Used::default();
        let mut total = Total::default();
        for seen in rows {
            let at = seen.row as usize;
            if seen.excluded || !covered[self.store.kind[at] as usize] || !self.holds(&rule.tests, seen) {
                continue;
            }
            let day = self.store.day[at];
            if rule.limit.as_ref().is_some_and(|limit| self.over_limit(limit, at, day, &mut used)) {
                continue;
            }
            let Some(base) = self.weight(rule, at)? else { continue };
            if rule.edge.is_some_and(|edge| day <= edge) {
                continue;
            }
            match &rule.reward {
                RewardPlan::Tiers { .. } => total.add_towards(base),
                RewardPlan::Each { fade, take, .. } => {
                    let factor = fade.map_or(Factor::ONE, |fade| self.factor(place, fade, day));
                    total.add(base, factor.of(base), *take);
                }
            }
        }
        let total = match &rule.reward {
            RewardPlan::Each { .. } => total.points()?,
            RewardPlan::Tiers { tiers, .. } => {
                let reached = narrow(total.base)?;
                tiers.iter().rev().find(|&&(from, _)| from <= reached).map_or(Decimal::ZERO, |&(_, points)| points)
            }
        };
        let result = rule.cap.map_or(total, |cap| total.within(cap));
        total.minus(result).ok_or(Overflown)?;
        Ok(result)
    }

    /// Uses up a place in the limit, if one is left.
    fn over_limit(&self, limit: &LimitPlan<'_>, at: usize, day: Day, used: &mut Used) -> bool {
        let by =
            limit.by.map_or(MISSING, |column| self.tables.texts[column][self.store.columns[column].codes[at] as usize]);
        let used = used.of(limit.limit.per.key(day), by);
        if *used == limit.limit.times {
            return true;
        }
        *used += 1;
        false
    }

    /// The points of an activity before time, or what it counts towards a tier; `None` if unknown.
    fn weight(&self, rule: &RulePlan<'_>, at: usize) -> Result<Option<Decimal>, Overflown> {
        let number = |column: usize| self.tables.numbers[column][self.store.columns[column].codes[at] as usize];
        match &rule.reward {
            RewardPlan::Tiers { value: None, .. } => Ok(Some(Decimal::ONE)),
            RewardPlan::Tiers { value: Some(column), .. } => match number(*column) {
                Number::Known(value) => Ok(Some(value)),
                Number::Unknown => Ok(None),
                Number::Beyond => Err(Overflown),
            },
            RewardPlan::Each { points, multiply_by, at_most, .. } => {
                let factor = match multiply_by.map(number) {
                    None => Decimal::ONE,
                    Some(Number::Known(factor)) => factor,
                    Some(Number::Unknown) => return Ok(None),
                    Some(Number::Beyond) => return Err(Overflown),
                };
                let base = points.times(factor).ok_or(Overflown)?;
                Ok(Some(at_most.map_or(base, |most| base.within(most))))
            }
        }
    }

    /// The factor of a day, which many activities share.
    fn factor(&mut self, place: usize, fade: Fade, day: Day) -> Factor {
        let age = usize::try_from(self.as_of.since(day)).unwrap_or(0);
        // A date such as 0001-01-01 stands for none: no table reaches back so far.
        if age > AGES_MAX {
            return fade.factor(day, self.as_of);
        }
        let known = &mut self.factors[place];
        if known.len() <= age {
            known.resize(age + 1, None);
        }
        *known[age].get_or_insert_with(|| fade.factor(day, self.as_of))
    }
}

/// How many places of a limit are used, by period and by text.
#[derive(Debug, Default)]
struct Used {
    /// Without `by`: activities come in order, so that the period is nearly always the last.
    last: Vec<(i32, u32)>,
    by: HashMap<(i32, u32), u32>,
}

impl Used {
    fn of(&mut self, period: i32, by: u32) -> &mut u32 {
        if by != MISSING {
            return self.by.entry((period, by)).or_default();
        }
        let place = match self.last.iter().rposition(|(known, _)| *known <= period) {
            Some(place) if self.last[place].0 == period => place,
            Some(place) => {
                self.last.insert(place + 1, (period, 0));
                place + 1
            }
            None => {
                self.last.insert(0, (period, 0));
                0
            }
        };
        &mut self.last[place].1
    }
}

/// The sums of a rule, wide enough for any number of activities.
#[derive(Debug, Default)]
struct Total {
    base: i128,
    contributions: i128,
    /// What `take` holds on to: the contribution, if there is one.
    kept: Option<Decimal>,
    take: Option<Take>,
}

impl Total {
    fn add_towards(&mut self, amount: Decimal) {
        self.base += i128::from(amount.units());
    }

    fn add(&mut self, base: Decimal, contribution: Decimal, take: Take) {
        self.base += i128::from(base.units());
        self.contributions += i128::from(contribution.units());
        self.take = Some(take);
        let larger = |kept: Decimal| contribution.units().unsigned_abs() > kept.units().unsigned_abs();
        if take == Take::Latest || self.kept.is_none_or(larger) {
            self.kept = Some(contribution);
        }
    }

    /// What is left; the numbers in between must fit too, because the ledger shows them.
    fn points(&self) -> Result<Decimal, Overflown> {
        let total = match (self.take, self.kept) {
            (Some(Take::Max | Take::Latest), Some(kept)) => i128::from(kept.units()),
            _ => self.contributions,
        };
        for shown in [self.base, self.base - self.contributions, self.contributions - total] {
            narrow(shown)?;
        }
        narrow(total)
    }
}

fn narrow(units: i128) -> Result<Decimal, Overflown> {
    i64::try_from(units).map(Decimal::from_units).map_err(|_| Overflown)
}
