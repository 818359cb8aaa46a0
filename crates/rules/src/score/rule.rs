//! One rule for one subject, in two steps: *prepare* what does not depend on the day, then give the
//! points *on* a day. Forecasts repeat only the second.

use std::collections::HashMap;

use super::Overflow;
use super::rollup::Rollup;
use super::view::{Seen, View, number, unknown};
use crate::activity::Activity;
use crate::condition::{Condition, Context, Name, Space, Truth, Unknown};
use crate::day::{Day, Period};
use crate::decimal::Decimal;
use crate::fade::Factor;
use crate::ledger::{Basis, Fate, Line, RuleEntry, Silence};
use crate::model::{ActivityRule, Case, Kind, Limit, Model, Reward, Rule, RuleAt, Take, TierBy};

/// A rule with all that is known for it up to the as-of date.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    at: RuleAt,
    rule: &'a Rule,
    grounds: Grounds<'a>,
}

#[derive(Debug)]
enum Grounds<'a> {
    /// Lines that are decided, or wait for the window and fading.
    Activities {
        rule: &'a ActivityRule,
        lines: Vec<Pending<'a>>,
    },
    /// Points that no passing of time changes.
    Fixed {
        base: Decimal,
        basis: Basis<'a>,
    },
    Since {
        start: Option<Day>,
        every: Period,
        points: Decimal,
        unknown: Vec<Unknown>,
    },
    Silence {
        since: Silence,
        period: Period,
        points: Decimal,
        repeat: bool,
    },
    Rollup(Rollup<'a>),
}

/// An activity after match, limit and points.
#[derive(Debug)]
pub(super) struct Pending<'a> {
    activity: &'a Activity,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    /// What became of it holds for any day.
    Decided(Fate),
    /// Its points, or what it counts towards a tier, wait for window and fading.
    Waiting(Decimal),
}

impl<'a> Prepared<'a> {
    pub(super) fn prepare(
        model: &'a Model,
        at: RuleAt,
        view: &View<'a>,
        rollup: impl FnOnce(&'a Rule) -> Result<Rollup<'a>, super::Error>,
    ) -> Result<Self, super::Error> {
        let rule = model.rule(at);
        let here = |overflow: Overflow| overflow.in_rule(&view.own, rule);
        let grounds = match &rule.kind {
            Kind::Activity(activity) => {
                Grounds::Activities { rule: activity, lines: pending(activity, view).map_err(here)? }
            }
            _ if view.activities_only => Grounds::Fixed { base: Decimal::ZERO, basis: Basis::Elsewhere },
            Kind::When { condition, points, multiply_by } => {
                when(condition, *points, multiply_by.as_ref(), &view.own).map_err(here)?
            }
            Kind::Cases { cases, multiply_by } => first_case(cases, multiply_by.as_ref(), &view.own).map_err(here)?,
            Kind::Since { name, every, points } => since(name, *every, *points, &view.own),
            Kind::Inactive { period, types, points, repeat } => {
                let since = silence(view.last_sign(types.as_ref(), &model.passive), || &view.own);
                Grounds::Silence { since, period: *period, points: *points, repeat: *repeat }
            }
            Kind::Rollup { .. } => Grounds::Rollup(rollup(rule)?),
        };
        Ok(Self { at, rule, grounds })
    }

    /// The rule's entry in the ledger of a day, given that no fact is added until then.
    pub(super) fn on(&self, day: Day, own: &Context<'_>) -> Result<RuleEntry<'a>, super::Error> {
        let here = |overflow: Overflow| overflow.in_rule(own, self.rule);
        let entry = match &self.grounds {
            Grounds::Activities { rule, lines } => activities_on(rule, lines, day).map_err(here)?,
            Grounds::Fixed { base, basis } => Total::of(basis.clone(), *base),
            Grounds::Since { start, every, points, unknown } => {
                let periods = start.map_or(0, |start| every.elapsed(start, day));
                let base = whole_times(*points, periods).map_err(here)?;
                Total::of(Basis::Since { start: *start, periods, unknown: unknown.clone() }, base)
            }
            Grounds::Silence { since, period, points, repeat } => {
                let cap = self.rule.cap;
                let (periods, base) = silence_points(*since, *period, *points, *repeat, cap, day).map_err(here)?;
                Total::of(Basis::Silence { since: *since, periods }, base)
            }
            Grounds::Rollup(rollup) => {
                let (base, basis) = rollup.on(day, here)?;
                Total::of(basis, base)
            }
        };
        entry.capped(self.at, self.rule.cap).map_err(here)
    }

    /// The first day after `day` on which the points may differ, if no fact is added.
    pub(super) fn next_change(&self, day: Day) -> Option<Day> {
        self.grounds.next_change(day)
    }
}

impl Grounds<'_> {
    fn next_change(&self, day: Day) -> Option<Day> {
        match self {
            Grounds::Activities { rule, lines } => {
                let waiting = lines.iter().filter(|pending| matches!(pending.state, State::Waiting(_)));
                soonest(day, waiting.filter_map(|pending| next_change_of(rule, pending.activity.day, day)))
            }
            Grounds::Fixed { .. } => None,
            Grounds::Since { start, every, .. } => {
                start.and_then(|start| start.plus(*every, every.elapsed(start, day) + 1))
            }
            Grounds::Silence { since, period, repeat, .. } => {
                let (Silence::Activity(start) | Silence::Created(start)) = *since else { return None };
                let elapsed = period.elapsed(start, day);
                if elapsed > 0 && !repeat { None } else { start.plus(*period, elapsed + 1) }
            }
            Grounds::Rollup(rollup) => rollup.next_change(day),
        }
    }
}

/// The steps *match*, *limit* and *points*, in the order of the activities.
fn pending<'a>(rule: &'a ActivityRule, view: &View<'a>) -> Result<Vec<Pending<'a>>, Overflow> {
    let mut used: HashMap<(i32, Option<String>), u32> = HashMap::new();
    let mut lines = Vec::new();
    for seen in view.seen.iter().filter(|seen| rule.types.cover(&seen.activity.kind)) {
        let fate = match matched(rule, seen) {
            Matched::No => continue,
            Matched::Not(fate) => fate,
            Matched::Yes if rule.limit.as_ref().is_some_and(|limit| over_limit(limit, seen, &mut used)) => {
                Fate::OverLimit
            }
            Matched::Yes => {
                lines.push(weighed(rule, seen)?);
                continue;
            }
        };
        lines.push(Pending { activity: seen.activity, state: State::Decided(fate) });
    }
    Ok(lines)
}

pub(super) enum Matched {
    Yes,
    /// The condition is false: not worth a line.
    No,
    Not(Fate),
}

pub(super) fn matched(rule: &ActivityRule, seen: &Seen<'_>) -> Matched {
    let predicate = rule.condition.as_ref().map(|condition| &condition.predicate);
    let truth = predicate.map_or(Truth::True, |predicate| predicate.evaluate(&seen.context));
    match (truth, seen.excluded) {
        (Truth::False, _) => Matched::No,
        (_, Some(exclusion)) => Matched::Not(Fate::Excluded(exclusion)),
        (Truth::True, None) => Matched::Yes,
        (Truth::Unknown, None) => Matched::Not(Fate::Unknown(
            predicate.map(|predicate| predicate.unknowns(&seen.context)).unwrap_or_default(),
        )),
    }
}

/// Within what a limit counts an activity: the period, and the text that it counts by.
pub(super) fn limited(limit: &Limit, seen: &Seen<'_>) -> (i32, Option<String>) {
    let by = limit.by.as_ref().and_then(|name| seen.context.value(name));
    (limit.per.key(seen.activity.day), by.map(|value| value.text().into_owned()))
}

/// Uses up a place in the limit, if one is left.
fn over_limit(limit: &Limit, seen: &Seen<'_>, used: &mut HashMap<(i32, Option<String>), u32>) -> bool {
    let used = used.entry(limited(limit, seen)).or_default();
    if *used == limit.times {
        return true;
    }
    *used += 1;
    false
}

/// The points of one activity, or what it counts towards a tier.
pub(super) fn weighed<'a>(rule: &ActivityRule, seen: &Seen<'a>) -> Result<Pending<'a>, Overflow> {
    let value_name = Name { space: Space::Activity, id: "value".into() };
    let amount = match &rule.reward {
        Reward::Tiers { by: TierBy::Count, .. } => Ok(Decimal::ONE),
        Reward::Tiers { by: TierBy::Value, .. } => number(&value_name, &seen.context)?,
        Reward::Each { points, multiply_by, at_most, .. } => {
            let factor = match multiply_by {
                Some(name) => number(name, &seen.context)?,
                None => Ok(Decimal::ONE),
            };
            match factor {
                Ok(factor) => {
                    let base = points.times(factor).ok_or(Overflow)?;
                    Ok(at_most.map_or(base, |most| base.within(most)))
                }
                Err(unknown) => Err(unknown),
            }
        }
    };
    let state = match amount {
        Ok(amount) => State::Waiting(amount),
        Err(unknown) => State::Decided(Fate::UnknownNumber(unknown)),
    };
    Ok(Pending { activity: seen.activity, state })
}

/// The steps *time*, *take* and the sum before the cap.
fn activities_on<'a>(rule: &ActivityRule, pending: &[Pending<'a>], day: Day) -> Result<Total<'a>, Overflow> {
    let outside = inside_from(rule, day);
    let inside = |activity: &Activity| outside.is_none_or(|outside| activity.day > outside);
    let fade = match rule.reward {
        Reward::Each { fade, .. } => fade,
        Reward::Tiers { .. } => None,
    };
    // Activities of one day stand together, and a factor is dear.
    let mut last: Option<(Day, Factor)> = None;
    let mut factor_of = |activity: Day| match last {
        Some((known, factor)) if known == activity => factor,
        _ => last.insert((activity, fade.map_or(Factor::ONE, |fade| fade.factor(activity, day)))).1,
    };
    let lines = pending.iter().map(|Pending { activity, state }| {
        let fate = match (state, &rule.reward) {
            (State::Decided(fate), _) => fate.clone(),
            (State::Waiting(_), _) if !inside(activity) => Fate::OutsideWindow,
            (State::Waiting(base), Reward::Each { .. }) => counted(*base, factor_of(activity.day)),
            (State::Waiting(amount), Reward::Tiers { .. }) => Fate::Towards(*amount),
        };
        Line { activity, fate }
    });
    let lines: Vec<_> = lines.collect();
    match &rule.reward {
        Reward::Each { take, .. } => Total::of_lines(lines, *take),
        Reward::Tiers { tiers, .. } => {
            let counted = lines.iter().filter(|line| line.fate.counts()).count();
            let amounts = lines.iter().filter_map(|line| match line.fate {
                Fate::Towards(amount) => Some(amount),
                _ => None,
            });
            let reached = Decimal::sum(amounts).ok_or(Overflow)?;
            let tier = tiers.iter().rev().find(|&&(from, _)| from <= reached);
            let basis = Basis::Tiers { lines, reached, tier: tier.map(|&(from, _)| from) };
            let base = tier.map_or(Decimal::ZERO, |&(_, points)| points);
            Ok(Total { counted, ..Total::of(basis, base) })
        }
    }
}

/// The last day whose activities are outside the window, where there is one.
pub(super) fn inside_from(rule: &ActivityRule, day: Day) -> Option<Day> {
    rule.window.and_then(|window| window.day_before(day))
}

/// The first day after `day` on which a rule about silence or about staying may give something else.
pub(super) fn next_by_itself(rule: &Rule, own: &Context<'_>, last: Option<Day>, day: Day) -> Option<Day> {
    let grounds = match &rule.kind {
        Kind::Since { name, every, points } => since(name, *every, *points, own),
        Kind::Inactive { period, points, repeat, .. } => {
            Grounds::Silence { since: silence(last, || own), period: *period, points: *points, repeat: *repeat }
        }
        _ => return None,
    };
    grounds.next_change(day)
}

fn counted(base: Decimal, factor: Factor) -> Fate {
    Fate::Counted { base, factor, contribution: factor.of(base), taken: true }
}

/// The first of several days after `day`; once it is the very next one, no other needs to be known.
pub(super) fn soonest(day: Day, mut later: impl Iterator<Item = Day>) -> Option<Day> {
    let tomorrow = day.plus_days(1);
    let mut first: Option<Day> = None;
    while first.is_none() || first != tomorrow {
        let Some(next) = later.next() else { break };
        first = Some(first.map_or(next, |first| first.min(next)));
    }
    first
}

pub(super) fn next_change_of(rule: &ActivityRule, activity: Day, day: Day) -> Option<Day> {
    let leaves = match rule.window {
        Some(window) if !window.reaches_back_to(activity, day) => return None,
        Some(window) => window.leaves(activity),
        None => None,
    };
    let fades = match &rule.reward {
        Reward::Each { fade: Some(fade), .. } => fade.next_change(activity, day),
        _ => None,
    };
    leaves.into_iter().chain(fades).min()
}

fn when<'a>(
    condition: &Condition,
    points: Decimal,
    multiply_by: Option<&Name>,
    context: &Context<'_>,
) -> Result<Grounds<'a>, Overflow> {
    let truth = condition.predicate.evaluate(context);
    let mut unknown = condition.predicate.unknowns(context);
    let met = (truth == Truth::True).then_some(points);
    let (base, multiplier) = multiplied(met, multiply_by, context, &mut unknown)?;
    let findings = condition.predicate.findings(context);
    Ok(Grounds::Fixed { base, basis: Basis::When { truth, findings, multiplier, unknown } })
}

fn first_case<'a>(cases: &[Case], multiply_by: Option<&Name>, context: &Context<'_>) -> Result<Grounds<'a>, Overflow> {
    let met = cases.iter().position(|case| case.condition.predicate.holds(context));
    let passed_over = &cases[..met.unwrap_or(cases.len())];
    let mut unknown: Vec<_> = passed_over.iter().flat_map(|case| case.condition.predicate.unknowns(context)).collect();
    unknown.sort();
    unknown.dedup();
    let points = met.map(|met| cases[met].points);
    let (base, multiplier) = multiplied(points, multiply_by, context, &mut unknown)?;
    let findings = met.map(|met| cases[met].condition.predicate.findings(context)).unwrap_or_default();
    Ok(Grounds::Fixed { base, basis: Basis::Cases { met, findings, multiplier, unknown } })
}

/// The points of a condition that is met times an attribute; an unknown number gives nothing.
fn multiplied(
    points: Option<Decimal>,
    multiply_by: Option<&Name>,
    context: &Context<'_>,
    unknowns: &mut Vec<Unknown>,
) -> Result<(Decimal, Option<Decimal>), Overflow> {
    let Some(points) = points else { return Ok((Decimal::ZERO, None)) };
    let Some(name) = multiply_by else { return Ok((points, None)) };
    match number(name, context)? {
        Ok(factor) => Ok((points.times(factor).ok_or(Overflow)?, Some(factor))),
        Err(unknown) => {
            unknowns.push(unknown);
            Ok((Decimal::ZERO, None))
        }
    }
}

fn since<'a>(name: &Name, every: Period, points: Decimal, context: &Context<'_>) -> Grounds<'a> {
    let value = context.value(name);
    let start = value.as_ref().and_then(|value| value.day(context.zone));
    let unknown = if start.is_none() { vec![unknown(name, value.as_ref())] } else { Vec::new() };
    Grounds::Since { start, every, points, unknown }
}

/// Since when it has been silent, given the day of the last activity that ends a silence; without one it is
/// asked who is silent.
pub(super) fn silence<'c>(last: Option<Day>, own: impl FnOnce() -> &'c Context<'c>) -> Silence {
    let last = last.map(Silence::Activity);
    last.or_else(|| created(own()).map(Silence::Created)).unwrap_or(Silence::Endless)
}

/// The whole periods of silence on a day, and the points for them before the cap.
pub(super) fn silence_points(
    since: Silence,
    period: Period,
    points: Decimal,
    repeat: bool,
    cap: Option<Decimal>,
    day: Day,
) -> Result<(i64, Decimal), Overflow> {
    let start = match since {
        Silence::Activity(start) | Silence::Created(start) => start,
        Silence::Endless if repeat => {
            let cap = cap.expect("model::rule refuses `repeat` without `cap`");
            return Ok((0, whole_times(cap, points.units().signum())?));
        }
        Silence::Endless => return Ok((0, points)),
    };
    let periods = period.elapsed(start, day);
    let times = if repeat { periods } else { periods.min(1) };
    Ok((periods, whole_times(points, times)?))
}

/// The local day of the subject's `created_at`.
fn created(own: &Context<'_>) -> Option<Day> {
    let holder = own.contact.or(own.account);
    let value = holder.and_then(|(_, attributes)| attributes.get("created_at"))?;
    value.day(own.zone)
}

pub(super) fn whole_times(points: Decimal, times: i64) -> Result<Decimal, Overflow> {
    let units = i128::from(points.units()) * i128::from(times);
    Decimal::from_sum(units).ok_or(Overflow)
}

/// A rule's sums before the cap.
struct Total<'a> {
    basis: Basis<'a>,
    counted: usize,
    base: Decimal,
    faded: Decimal,
    not_taken: Decimal,
}

impl<'a> Total<'a> {
    fn of(basis: Basis<'a>, base: Decimal) -> Self {
        Self { basis, counted: 0, base, faded: Decimal::ZERO, not_taken: Decimal::ZERO }
    }

    fn of_lines(mut lines: Vec<Line<'a>>, take: Take) -> Result<Self, Overflow> {
        leave_out_what_is_not_taken(&mut lines, take);
        let (mut counted, mut base, mut faded, mut passed_over) = (0, 0_i128, 0_i128, 0_i128);
        for line in &lines {
            if let Fate::Counted { base: points, contribution, taken, .. } = &line.fate {
                let (points, contribution) = (i128::from(points.units()), i128::from(contribution.units()));
                counted += 1;
                base += points;
                faded += points - contribution;
                passed_over += if *taken { 0 } else { contribution };
            }
        }
        let sum = |units| Decimal::from_sum(units).ok_or(Overflow);
        let (base, faded, not_taken) = (sum(base)?, sum(faded)?, sum(passed_over)?);
        Ok(Self { basis: Basis::Activities(lines), counted, base, faded, not_taken })
    }

    fn capped(self, rule: RuleAt, cap: Option<Decimal>) -> Result<RuleEntry<'a>, Overflow> {
        let losses = [self.faded, self.not_taken].map(|loss| -i128::from(loss.units()));
        let total = i128::from(self.base.units()) + losses.iter().sum::<i128>();
        let total = Decimal::from_sum(total).ok_or(Overflow)?;
        let result = cap.map_or(total, |cap| total.within(cap));
        let capped = total.minus(result).ok_or(Overflow)?;
        let Self { basis, counted, base, faded, not_taken } = self;
        Ok(RuleEntry { rule, basis, counted, base, faded, not_taken, capped, result })
    }
}

/// `max` takes the contribution of the largest magnitude, the first of equals; `latest` the last.
fn leave_out_what_is_not_taken(lines: &mut [Line<'_>], take: Take) {
    let mut contributions = lines.iter().enumerate().filter_map(|(index, line)| match line.fate {
        Fate::Counted { contribution, .. } => Some((index, contribution)),
        _ => None,
    });
    let only = match take {
        Take::Sum => return,
        Take::Latest => contributions.next_back(),
        // Of equals `max_by_key` keeps the last, and reversed that is the first.
        Take::Max => {
            let all: Vec<_> = contributions.collect();
            all.into_iter().rev().max_by_key(|(_, contribution)| contribution.units().unsigned_abs())
        }
    };
    for (index, line) in lines.iter_mut().enumerate() {
        if let Fate::Counted { taken, .. } = &mut line.fate {
            *taken = only.is_some_and(|(kept, _)| kept == index);
        }
    }
}
