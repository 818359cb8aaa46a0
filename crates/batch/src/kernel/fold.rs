//! Activities become points, rule by rule: limit, points, time, take, cap. The same steps as the reference
//! evaluator's, on rows that are known to match.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rules::day::Day;
use rules::decimal::Decimal;
use rules::fade::Factor;
use rules::model::{RuleAt, Take};
use rules::score::Overflown;

use super::plan::{LimitPlan, Plan, RewardPlan, RulePlan};
use super::row::{Lane, Number};
use super::seen::Seen;

/// What an age means is remembered for so many days back: some fifty years.
const AGES_MAX: usize = 20_000;

/// What one thread needs to fold, with what it remembers.
pub(super) struct Folder<'k, 'm> {
    plan: &'k Plan<'m>,
    ages: Vec<Vec<Option<Age>>>,
    states: Vec<State>,
    /// The rules that some row has matched, after those that need none.
    touched: Vec<usize>,
    /// The rules with a tier that nothing reaches already.
    always: Vec<usize>,
    /// For each rule of the model what it gives.
    points: Vec<Decimal>,
    /// For each silence the age of the last activity that ends it.
    last: Vec<Option<i32>>,
}

/// What a day means for a rule.
#[derive(Clone, Copy, Debug)]
struct Age {
    /// The period of its limit.
    period: i32,
    inside: bool,
    factor: Factor,
    /// What an activity of constant points contributes.
    contribution: Decimal,
}

#[derive(Debug, Default)]
struct State {
    used: Used,
    total: Total,
}

impl<'k, 'm> Folder<'k, 'm> {
    pub(super) fn new(plan: &'k Plan<'m>) -> Self {
        let by_nothing = |rule: &usize| match &plan.rules[*rule].reward {
            RewardPlan::Tiers { tiers, .. } => tiers.iter().any(|(from, _)| *from <= Decimal::ZERO),
            RewardPlan::Each { .. } => false,
        };
        Self {
            plan,
            always: (0..plan.rules.len()).filter(by_nothing).collect(),
            ages: vec![Vec::new(); plan.rules.len()],
            states: plan.rules.iter().map(|_| State::default()).collect(),
            touched: Vec::new(),
            points: vec![Decimal::ZERO; plan.model.rules.len()],
            last: vec![None; plan.silences.len()],
        }
    }

    /// Forgets the last subject.
    pub(super) fn clear(&mut self) {
        for rule in self.touched.drain(..) {
            self.states[rule] =
                State { used: std::mem::take(&mut self.states[rule].used).cleared(), ..State::default() };
            self.points[self.plan.rules[rule].at.0] = Decimal::ZERO;
        }
        self.last.fill(None);
        for &rule in &self.always {
            self.states[rule].total.touched = true;
            self.touched.push(rule);
        }
    }

    /// A row that matches a rule; they come in order.
    #[inline]
    pub(super) fn add(&mut self, rule: usize, seen: &Seen<'_>) -> Result<(), Overflown> {
        let plan = &self.plan.rules[rule];
        let mut beyond = None;
        let age = age_of(self.plan.as_of, plan, &mut self.ages[rule], &mut beyond, seen.age);
        let state = &mut self.states[rule];
        if !state.total.touched {
            state.total.touched = true;
            self.touched.push(rule);
        }
        if plan.limit.as_ref().is_some_and(|limit| over_limit(limit, age.period, seen, &mut state.used)) {
            return Ok(());
        }
        match &plan.reward {
            RewardPlan::Each { multiply_by: None, points, at_most: None, take, .. } if age.inside => {
                state.total.add(*points, age.contribution, *take);
            }
            reward => {
                let Some(base) = weight(reward, seen)? else { return Ok(()) };
                if !age.inside {
                    return Ok(());
                }
                match reward {
                    RewardPlan::Tiers { .. } => state.total.base += i128::from(base.units()),
                    RewardPlan::Each { take, .. } => state.total.add(base, age.factor.of(base), *take),
                }
            }
        }
        Ok(())
    }

    /// A row that ends a silence.
    pub(super) fn end(&mut self, silence: usize, age: i32) {
        let last = &mut self.last[silence];
        *last = Some(last.map_or(age, |last| last.min(age)));
    }

    /// All rows have been added.
    pub(super) fn finish(&mut self) -> Result<(), Overflown> {
        for &rule in &self.touched {
            let plan = &self.plan.rules[rule];
            let total = &self.states[rule].total;
            let points = match &plan.reward {
                RewardPlan::Each { .. } => total.points()?,
                RewardPlan::Tiers { .. } => tier(plan, narrow(total.base)?),
            };
            self.points[plan.at.0] = capped(plan, points)?;
        }
        Ok(())
    }

    /// What a rule gives.
    pub(super) fn points(&self, rule: RuleAt) -> Decimal {
        self.points[rule.0]
    }

    /// The day of the last activity that ends a silence.
    pub(super) fn last_sign(&self, rule: RuleAt) -> Option<Day> {
        let silence = self.plan.silences.iter().position(|silence| silence.at == rule)?;
        self.last[silence].map(|age| self.plan.as_of.back(age))
    }
}

fn tier(plan: &RulePlan<'_>, reached: Decimal) -> Decimal {
    let RewardPlan::Tiers { tiers, .. } = &plan.reward else { return Decimal::ZERO };
    tiers.iter().rev().find(|&&(from, _)| from <= reached).map_or(Decimal::ZERO, |&(_, points)| points)
}

fn capped(plan: &RulePlan<'_>, points: Decimal) -> Result<Decimal, Overflown> {
    let result = plan.cap.map_or(points, |cap| points.within(cap));
    points.minus(result).ok_or(Overflown)?;
    Ok(result)
}

#[inline]
fn age_of<'a>(
    as_of: Day,
    plan: &RulePlan<'_>,
    known: &'a mut Vec<Option<Age>>,
    beyond: &'a mut Option<Age>,
    age: i32,
) -> &'a Age {
    let work_out = || {
        let day = as_of.back(age);
        let (fade, points) = match &plan.reward {
            RewardPlan::Each { fade, points, at_most, .. } => {
                (*fade, at_most.map_or(*points, |most| points.within(most)))
            }
            RewardPlan::Tiers { .. } => (None, Decimal::ZERO),
        };
        let factor = fade.map_or(Factor::ONE, |fade| fade.factor(day, as_of));
        Age {
            period: plan.limit.as_ref().map_or(0, |limit| limit.limit.per.key(day)),
            inside: plan.edge.is_none_or(|edge| day > edge),
            factor,
            contribution: factor.of(points),
        }
    };
    match usize::try_from(age) {
        // A date such as 0001-01-01 stands for none: no table reaches back so far.
        Ok(place) if place < AGES_MAX => {
            if known.len() <= place {
                known.resize(place + 1, None);
            }
            known[place].get_or_insert_with(work_out)
        }
        _ => beyond.insert(work_out()),
    }
}

/// Uses up a place in the limit, if one is left.
fn over_limit(limit: &LimitPlan<'_>, period: i32, seen: &Seen<'_>, used: &mut Used) -> bool {
    let used = match limit.by.and_then(|column| seen.column(column).text()) {
        Some(text) => used.of_text(period, &text),
        None => used.of(period),
    };
    if *used == limit.limit.times {
        return true;
    }
    *used += 1;
    false
}

/// The points of an activity before time, or what it counts towards a tier; `None` if unknown.
fn weight(reward: &RewardPlan<'_>, seen: &Seen<'_>) -> Result<Option<Decimal>, Overflown> {
    let number = |column: &usize| match seen.find(Lane::Number(*column)).map(|mut reader| reader.number()) {
        Some(Number::Known(number)) => Ok(Some(number)),
        Some(Number::Beyond) => Err(Overflown),
        Some(Number::Unknown) | None => Ok(None),
    };
    match reward {
        RewardPlan::Tiers { value: None, .. } => Ok(Some(Decimal::ONE)),
        RewardPlan::Tiers { value: Some(column), .. } => number(column),
        RewardPlan::Each { points, multiply_by, at_most, .. } => {
            let factor = match multiply_by.as_ref().map(number) {
                None => Decimal::ONE,
                Some(factor) => match factor? {
                    Some(factor) => factor,
                    None => return Ok(None),
                },
            };
            let base = points.times(factor).ok_or(Overflown)?;
            Ok(Some(at_most.map_or(base, |most| base.within(most))))
        }
    }
}

/// How many places of a limit are used, by period and by text.
#[derive(Debug, Default)]
struct Used {
    /// Without text, in the order of periods: mostly the last one is asked for.
    last: Vec<(i32, u32)>,
    by: HashMap<(i32, Box<str>), u32, FixedState>,
}

impl Used {
    fn cleared(mut self) -> Self {
        self.last.clear();
        self.by.clear();
        self
    }

    fn of_text(&mut self, period: i32, text: &str) -> &mut u32 {
        self.by.entry((period, text.into())).or_default()
    }

    fn of(&mut self, period: i32) -> &mut u32 {
        let place = match self.last.last() {
            Some((known, _)) if *known == period => self.last.len() - 1,
            Some((known, _)) if *known > period => match self.last.binary_search_by_key(&period, |(known, _)| *known) {
                Ok(place) => place,
                Err(place) => {
                    self.last.insert(place, (period, 0));
                    place
                }
            },
            _ => {
                self.last.push((period, 0));
                self.last.len() - 1
            }
        };
        &mut self.last[place].1
    }
}

/// The sums of a rule, wide enough for any number of activities.
#[derive(Debug, Default)]
struct Total {
    touched: bool,
    base: i128,
    contributions: i128,
    /// What `take` holds on to: the contribution, if there is one.
    kept: Option<Decimal>,
    take: Option<Take>,
}

impl Total {
    fn add(&mut self, base: Decimal, contribution: Decimal, take: Take) {
        self.base += i128::from(base.units());
        self.contributions += i128::from(contribution.units());
        if take == Take::Sum {
            return;
        }
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
