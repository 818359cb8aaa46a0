//! How low and how high rules, categories and scores can come, whatever the facts say.
//!
//! A bound is never too narrow: where something cannot be told, there is none. So what lies beyond a
//! bound is out of reach for certain.

use crate::day::{Day, Per, Period, Unit};
use crate::decimal::{Decimal, div_round};
use crate::fade::Fade;
use crate::model::{ActivityRule, Bounds, Form, Kind, Limit, Model, Pool, Reward, Rule, ScoreAt, Take, TierBy};

/// The lowest and the highest value in ten-thousandths; `None` is without bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) low: Option<i128>,
    pub(super) high: Option<i128>,
}

/// Beyond this a result would be an error; without bound is as good.
const UNITS_MAX: i128 = i64::MAX as i128;

impl Reach {
    const ZERO: Self = Self { low: Some(0), high: Some(0) };
    const ANY: Self = Self { low: None, high: None };

    /// From zero to these.
    fn from_zero(points: impl IntoIterator<Item = Decimal>) -> Self {
        let units: Vec<i128> = points.into_iter().map(|points| i128::from(points.units())).chain([0]).collect();
        Self { low: units.iter().min().copied(), high: units.iter().max().copied() }
    }

    fn plus(self, other: Self) -> Self {
        let sum = |one: Option<i128>, other: Option<i128>| {
            one.zip(other).map(|(one, other)| one + other).filter(|sum| sum.abs() <= UNITS_MAX)
        };
        Self { low: sum(self.low, other.low), high: sum(self.high, other.high) }
    }

    /// Times a factor, rounded as points are.
    fn times(self, factor: Decimal) -> Self {
        if factor == Decimal::ZERO {
            return Self::ZERO;
        }
        let times = |units: Option<i128>| {
            let product = div_round(units? * i128::from(factor.units()), i128::from(Decimal::ONE.units()));
            Some(product).filter(|product| product.abs() <= UNITS_MAX)
        };
        let (one, other) = (times(self.low), times(self.high));
        if factor > Decimal::ZERO { Self { low: one, high: other } } else { Self { low: other, high: one } }
    }

    fn held(self, bounds: Bounds) -> Self {
        let units = |bound: Option<Decimal>| bound.map(|bound| i128::from(bound.units()));
        let (min, max) = (units(bounds.min), units(bounds.max));
        let hold = |units: i128| {
            let raised = min.map_or(units, |min| units.max(min));
            max.map_or(raised, |max| raised.min(max))
        };
        Self { low: self.low.map_or(min, |low| Some(hold(low))), high: self.high.map_or(max, |high| Some(hold(high))) }
    }

    fn capped(self, cap: Option<Decimal>) -> Self {
        let Some(cap) = cap else { return self };
        let lowest = Decimal::ZERO.minus(cap);
        self.held(Bounds { min: lowest, max: Some(cap) })
    }

    fn rounded(self, decimals: u8) -> Self {
        let round = |units: Option<i128>| {
            let units = i64::try_from(units?).ok()?;
            Decimal::from_units(units).round_to(decimals).map(|rounded| i128::from(rounded.units()))
        };
        Self { low: round(self.low), high: round(self.high) }
    }

    /// The highest as a number to show.
    pub(super) fn highest(self) -> Option<Decimal> {
        self.high.and_then(|units| i64::try_from(units).ok()).map(Decimal::from_units)
    }

    /// The lowest as a number to show.
    pub(super) fn lowest(self) -> Option<Decimal> {
        self.low.and_then(|units| i64::try_from(units).ok()).map(Decimal::from_units)
    }

    /// The distance from zero that it never leaves.
    pub(super) fn magnitude(self) -> Option<Decimal> {
        let most = self.low?.abs().max(self.high?.abs());
        i64::try_from(most).ok().map(Decimal::from_units)
    }
}

/// The reach of every score, each worked out once.
#[derive(Debug)]
pub(super) struct Reaches<'a> {
    model: &'a Model,
    scores: Vec<Option<Reach>>,
}

impl<'a> Reaches<'a> {
    pub(super) fn of(model: &'a Model) -> Self {
        let mut reaches = Self { model, scores: vec![None; model.scores.len()] };
        for at in 0..model.scores.len() {
            reaches.work_out(ScoreAt(at));
        }
        reaches
    }

    /// The final points of a score; of a matrix nothing can be told.
    pub(super) fn score(&self, at: ScoreAt) -> Reach {
        self.scores[at.0].unwrap_or(Reach::ANY)
    }

    /// A rule before its cap.
    pub(super) fn uncapped(&self, rule: &Rule) -> Reach {
        match &rule.kind {
            Kind::Activity(activity) => of_activities(activity),
            Kind::When { multiply_by: None, points, .. } => Reach::from_zero([*points]),
            Kind::Cases { multiply_by: None, cases } => Reach::from_zero(cases.iter().map(|case| case.points)),
            Kind::When { .. } | Kind::Cases { .. } => Reach::ANY,
            Kind::Inactive { repeat: false, points, .. } => Reach::from_zero([*points]),
            Kind::Since { points, .. } | Kind::Inactive { points, .. } => endless(*points),
            Kind::Rollup { score, take, points, .. } => pooled(self.score(*score), take).times(*points),
        }
    }

    /// A rule.
    pub(super) fn rule(&self, rule: &Rule) -> Reach {
        self.uncapped(rule).capped(rule.cap)
    }

    fn work_out(&mut self, at: ScoreAt) -> Reach {
        if let Some(known) = self.scores[at.0] {
            return known;
        }
        let model = self.model;
        let score = model.score(at);
        let sum = match &score.form {
            Form::Matrix(..) => Reach::ANY,
            Form::Combine(parts) => {
                let parts = parts.iter().map(|&(part, weight)| self.work_out(part).times(weight));
                parts.fold(Reach::ZERO, Reach::plus)
            }
            Form::Sum => self.sum_of(at),
        };
        let reach = sum.held(score.bounds).rounded(score.decimals);
        self.scores[at.0] = Some(reach);
        reach
    }

    fn sum_of(&mut self, at: ScoreAt) -> Reach {
        let model = self.model;
        for (_, rule) in model.rules_of(at) {
            if let Kind::Rollup { score, .. } = rule.kind {
                self.work_out(score);
            }
        }
        let sum = |rules: Vec<&Rule>| rules.iter().map(|rule| self.rule(rule)).fold(Reach::ZERO, Reach::plus);
        let of = |category| model.rules_of(at).map(|(_, rule)| rule).filter(move |rule| rule.category == category);
        let categories = model.categories_of(at).map(|(home, category)| {
            let rules = of(Some(home)).collect();
            sum(rules).held(category.bounds)
        });
        categories.fold(sum(of(None).collect()), Reach::plus)
    }
}

/// Any number of times.
fn endless(points: Decimal) -> Reach {
    Reach {
        low: if points < Decimal::ZERO { None } else { Some(0) },
        high: if points > Decimal::ZERO { None } else { Some(0) },
    }
}

/// The scores of any number of people.
fn pooled(one: Reach, take: &Pool) -> Reach {
    let with_none = |low: Option<i128>, high: Option<i128>| Reach {
        low: low.map(|low| low.min(0)),
        high: high.map(|high| high.max(0)),
    };
    match take {
        Pool::Mean | Pool::Median | Pool::Max => with_none(one.low, one.high),
        Pool::Top(count) => {
            let times =
                |units: Option<i128>| units?.checked_mul(i128::from(*count)).filter(|all| all.abs() <= UNITS_MAX);
            with_none(times(one.low), times(one.high))
        }
        Pool::Sum => with_none(one.low.filter(|&low| low >= 0), one.high.filter(|&high| high <= 0)),
        Pool::PerCapita(_) => Reach::ANY,
    }
}

fn of_activities(rule: &ActivityRule) -> Reach {
    match &rule.reward {
        Reward::Tiers { tiers, by } => {
            let most = if *by == TierBy::Count { most_counted(rule) } else { None };
            let reachable = tiers.iter().filter(|&&(from, _)| most.is_none_or(|most| from <= most));
            Reach::from_zero(reachable.map(|&(_, points)| points))
        }
        Reward::Each { points, multiply_by, at_most, fade, take } => {
            let one = match (multiply_by, at_most) {
                (None, at_most) => Reach::from_zero([at_most.map_or(*points, |most| points.within(most))]),
                (Some(_), _) if *points == Decimal::ZERO => Reach::ZERO,
                // The number may be negative.
                (Some(_), Some(most)) => Reach::ANY.capped(Some(*most)),
                (Some(_), None) => return Reach::ANY,
            };
            if *take != Take::Sum {
                return one;
            }
            let many = |units: Option<i128>| match units? {
                0 => Some(0),
                units => {
                    let each = Decimal::from_units(i64::try_from(units).ok()?);
                    most_together(rule.limit.as_ref()?, rule.window, *fade, each)
                }
            };
            Reach { low: many(one.low), high: many(one.high) }
        }
    }
}

/// How many activities can count at once, if that is limited.
pub(super) fn most_counted(rule: &ActivityRule) -> Option<Decimal> {
    let units = most_together(rule.limit.as_ref()?, rule.window, None, Decimal::ONE)?;
    i64::try_from(units).ok().map(Decimal::from_units)
}

/// The most that activities of so many points can be worth together on a day: those of today, those of
/// the last day of the period before, and so on, each period as short as the calendar has it.
fn most_together(limit: &Limit, window: Option<Period>, fade: Option<Fade>, each: Decimal) -> Option<i128> {
    /// Further back than this nothing is worked out.
    const PERIODS_MAX: i64 = 5_000;
    if limit.by.is_some() {
        return None;
    }
    let times = i128::from(limit.times);
    let mut sum = times * i128::from(each.units());
    if limit.per == Per::Ever {
        return Some(sum);
    }
    for before in 0..PERIODS_MAX {
        let age = 1 + shortest_of(limit.per, before);
        if window.is_some_and(|window| age >= longest(window)) {
            return Some(sum);
        }
        let worth = left_at_most(fade, each, age)?;
        if worth == Decimal::ZERO {
            return Some(sum);
        }
        sum += times * i128::from(worth.units());
    }
    None
}

/// What is left of points at that age, or a little more.
fn left_at_most(fade: Option<Fade>, points: Decimal, age: i64) -> Option<Decimal> {
    let fade = match fade {
        None => return Some(points),
        Some(Fade::StepDown { percent, every, compound }) => {
            let count = u32::try_from(longest(every)).ok()?;
            Fade::StepDown { percent, every: Period { count, unit: Unit::Day }, compound }
        }
        Some(other) => other,
    };
    let start = Day::parse("2001-01-01")?;
    let day = start.plus_days(i32::try_from(age).ok()?)?;
    Some(fade.factor(start, day).of(points))
}

/// Whether at that age at least so many per cent are left, whatever the calendar says.
pub(super) fn left_share_at_least(fade: Fade, age: i64, percent: i64) -> bool {
    let whole = Decimal::from_units(100 * Decimal::ONE.units());
    left_at_most(Some(fade), whole, age).is_some_and(|left| left.units() >= percent * Decimal::ONE.units())
}

/// How many days so many calendar periods have at least.
pub(super) fn shortest_of(per: Per, count: i64) -> i64 {
    let months = |count: i64| {
        let rest = count % 12;
        365 * (count / 12) + (28 * rest).max(365 * rest / 12 - 3)
    };
    match per {
        Per::Day | Per::Ever => count,
        Per::Week => 7 * count,
        Per::Month => months(count),
        Per::Quarter => months(3 * count),
        Per::Year => 365 * count,
    }
}

/// How many days a span has at most.
pub(super) fn longest(period: Period) -> i64 {
    let count = i64::from(period.count);
    let months = |count: i64| 366 * (count / 12) + 31 * (count % 12);
    match period.unit {
        Unit::Day => count,
        Unit::Week => 7 * count,
        Unit::Month => months(count),
        Unit::Quarter => months(3 * count),
        Unit::Year => 366 * count,
    }
}

/// How many days a span has at least.
pub(super) fn shortest(period: Period) -> i64 {
    let count = i64::from(period.count);
    match period.unit {
        Unit::Day => count,
        Unit::Week => 7 * count,
        Unit::Month => shortest_of(Per::Month, count),
        Unit::Quarter => shortest_of(Per::Quarter, count),
        Unit::Year => 365 * count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach_of(rule: &str) -> Reach {
        let text = format!("[score.s]\ndecimals = 4\n[rule.r]\nscore = \"s\"\n{rule}");
        let model = Model::parse(&text).unwrap_or_else(|found| panic!("{text}\n{found:?}"));
        Reaches::of(&model).score(ScoreAt(0))
    }

    fn units(text: &str) -> Option<i128> {
        Decimal::parse(text).ok().map(|number| i128::from(number.units()))
    }

    #[test]
    fn rules_reach_as_far_as_their_parts() {
        let cases = [
            ("activity = \"a\"\npoints = 5", Some("0"), None),
            ("activity = \"a\"\npoints = 5\ncap = 12", Some("0"), Some("12")),
            ("activity = \"a\"\npoints = -5\ncap = 12", Some("-12"), Some("0")),
            ("activity = \"a\"\npoints = 5\nlimit = { times = 3, per = \"ever\" }", Some("0"), Some("15")),
            // 30 days, two on each
            (
                "activity = \"a\"\npoints = 5\nlimit = { times = 2, per = \"day\" }\nwindow = \"30 days\"",
                Some("0"),
                Some("300"),
            ),
            // Two calendar years meet in a window of twelve months.
            (
                "activity = \"a\"\npoints = 5\nlimit = { times = 3, per = \"year\" }\nwindow = \"12 months\"",
                Some("0"),
                Some("30"),
            ),
            // Separately for each value: no bound.
            ("activity = \"a\"\npoints = 5\nlimit = { times = 3, per = \"ever\", by = \"x\" }", Some("0"), None),
            // Today 10, and 9.5, 9 and so on until a day of 20 gives nothing: 10 + 0.5 x (19 x 20 / 2)
            (
                "activity = \"a\"\npoints = 10\nlimit = { times = 1, per = \"day\" }\nfade_out = \"20 days\"",
                Some("0"),
                Some("105"),
            ),
            ("activity = \"a\"\npoints = 5\ntake = \"max\"", Some("0"), Some("5")),
            (
                "activity = \"a\"\npoints = 5\ntake = \"max\"\nmultiply_by = \"x\"\neach_at_most = 7",
                Some("-7"),
                Some("7"),
            ),
            ("activity = \"a\"\ntiers = { 1 = 5, 3 = 10 }", Some("0"), Some("10")),
            (
                "activity = \"a\"\ntiers = { 1 = 5, 3 = 10 }\nlimit = { times = 2, per = \"ever\" }",
                Some("0"),
                Some("5"),
            ),
            ("when = \"contact.x = 1\"\npoints = -5", Some("-5"), Some("0")),
            ("when = \"contact.x = 1\"\npoints = 5\nmultiply_by = \"y\"", None, None),
            ("since = \"joined\"\nevery = \"1 year\"\npoints = 2", Some("0"), None),
            ("inactive_for = \"1 year\"\npoints = -2", Some("-2"), Some("0")),
        ];
        for (rule, low, high) in cases {
            let expected = Reach { low: low.and_then(units), high: high.and_then(units) };
            assert_eq!(reach_of(rule), expected, "{rule}");
        }
    }

    #[test]
    fn half_lives_have_a_sum() {
        // One each week, worth half after a week: 8, the day before yesterday's week 8 x 2^(-1/7) and so on:
        // 8 + 8 x 0.905724 x (1 + 1/2 + 1/4 + ...) = 8 + 8 x 0.905724 x 2 = 22.4916
        let rule = "activity = \"a\"\npoints = 8\nlimit = { times = 1, per = \"week\" }\nhalf_life = \"7 days\"";
        let high = reach_of(rule).high.unwrap();
        assert!((high - 224_916).abs() <= 10, "{high}");
    }

    #[test]
    fn scores_reach_as_far_as_their_rules() {
        let text = "[score.a]\nmin = 0\n[score.b]\ncombine = { a = -0.5 }\n[category.c]\nscore = \"a\"\nmax = 12\n\
                    [rule.r]\ncategory = \"c\"\nwhen = \"contact.x = 1\"\npoints = 20\n\
                    [rule.q]\nscore = \"a\"\nwhen = \"contact.x = 2\"\npoints = -3\n\
                    [score.t]\nof = \"account\"\n[rule.t]\nscore = \"t\"\nrollup = \"a\"\ntake = \"top 3\"\n";
        let model = Model::parse(text).unwrap();
        let reaches = Reaches::of(&model);
        let shown = |at| (reaches.score(ScoreAt(at)).lowest().unwrap(), reaches.score(ScoreAt(at)).highest().unwrap());
        let whole = |number| Decimal::from_whole(number).unwrap();
        // a: 20 held at 12; -3 held at 0. b: half of that, turned around. t: three people.
        assert_eq!(shown(0), (whole(0), whole(12)));
        assert_eq!(shown(1), (whole(-6), whole(0)));
        assert_eq!(shown(2), (whole(0), whole(36)));
    }

    #[test]
    fn spans_are_as_short_and_as_long_as_the_calendar_has_them() {
        let start = Day::parse("2023-01-01").unwrap();
        for first in 0..1500 {
            let day = start.plus_days(first).unwrap();
            for (count, unit) in [
                (1, Unit::Month),
                (2, Unit::Month),
                (11, Unit::Month),
                (12, Unit::Month),
                (1, Unit::Quarter),
                (5, Unit::Quarter),
                (1, Unit::Year),
            ] {
                let period = Period { count, unit };
                let days = i64::from(day.plus(period, 1).unwrap().since(day));
                assert!(shortest(period) <= days && days <= longest(period), "{period} from {day}: {days}");
            }
        }
    }
}
