//! How points fade, by whole days.
//!
//! A factor is rounded to nine decimals. All three are computed with integers alone, so that it
//! is the same on every machine to the last digit.

use crate::day::{Day, Period};
use crate::decimal::{Decimal, SCALE, div_round};

/// A factor between 0 and 1, in units of 10^-9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Factor(i64);

const NANO: i64 = 1_000_000_000;

impl Factor {
    /// No fading.
    pub const ONE: Self = Self(NANO);

    /// In units of 10^-9.
    pub fn nanos(self) -> i64 {
        self.0
    }

    /// Points times this factor, rounded once to four decimals. Never further from zero than
    /// the points are.
    pub fn of(self, points: Decimal) -> Decimal {
        points.times_ratio(self.0, NANO).expect("a factor is at most one")
    }
}

/// How the points of an activity fade with its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fade {
    /// Half is left after so many days, a quarter after twice as many, and so on.
    HalfLife(Period),
    /// A straight line down to nothing after so many days.
    FadeOut(Period),
    /// A step with each whole period.
    StepDown {
        /// What is lost with each, in per cent: more than 0, at most 100.
        percent: Decimal,
        /// The period.
        every: Period,
        /// Per cent of what is left, not of the whole.
        compound: bool,
    },
}

impl Fade {
    /// The factor on `as_of` for an activity of `day`, which is not later.
    ///
    /// # Panics
    ///
    /// If a half-life or fade-out is in months or longer, which no checked model has.
    pub fn factor(self, day: Day, as_of: Day) -> Factor {
        let age = i64::from(as_of.since(day));
        match self {
            Self::HalfLife(period) => half_life(age, days(period)),
            Self::FadeOut(period) => fade_out(age, days(period)),
            Self::StepDown { percent, every, compound } => step_down(percent, every.elapsed(day, as_of), compound),
        }
    }

    /// The first day after `as_of` on which the factor may differ; `None` if it is at its end.
    pub fn next_change(self, day: Day, as_of: Day) -> Option<Day> {
        if self.factor(day, as_of).0 == 0 {
            return None;
        }
        match self {
            Self::HalfLife(_) | Self::FadeOut(_) => as_of.plus_days(1),
            Self::StepDown { every, .. } => day.plus(every, every.elapsed(day, as_of) + 1),
        }
    }
}

fn days(period: Period) -> i64 {
    period.fixed_days().map(i64::from).expect("model::rule takes days or weeks")
}

/// 2^(-age/length): shifts for the whole half-lives, a series for the rest.
fn half_life(age: i64, length: i64) -> Factor {
    let (whole, rest) = (age / length, age % length);
    if whole > 40 {
        return Factor(0);
    }
    let fraction = two_to_minus((i128::from(rest) << BITS) / i128::from(length));
    // Rounded once, at the end: first to 10^-9, with the shift in the divisor.
    rounded_nanos(fraction, BITS + u32::try_from(whole).unwrap_or(u32::MAX))
}

/// max(0, 1 - age/length)
fn fade_out(age: i64, length: i64) -> Factor {
    let left = i128::from((length - age).max(0));
    Factor(narrow(div_round(left * i128::from(NANO), i128::from(length))))
}

/// max(0, 1 - p k), or (1 - p)^k.
fn step_down(percent: Decimal, steps: i64, compound: bool) -> Factor {
    // `percent` has four decimals, so that a hundredth of it has six.
    let whole = 100 * i128::from(SCALE);
    let lost = i128::from(percent.units());
    if !compound {
        let left = (whole - lost * i128::from(steps)).max(0);
        return Factor(narrow(div_round(left * i128::from(NANO), whole)));
    }
    // At eighteen decimals a power that ends exactly between two factors is still exact.
    let scale = 10_i128.pow(18);
    let mut left = scale;
    for _ in 0..steps {
        left = div_round(left * (whole - lost), whole);
        // Less than half a unit of the result, and it only falls.
        if left < scale / i128::from(2 * NANO) {
            return Factor(0);
        }
    }
    Factor(narrow(div_round(left, scale / i128::from(NANO))))
}

/// Bits behind the point in the series below.
pub(crate) const BITS: u32 = 60;

/// 2^-x for 0 <= x < 1, both with [`BITS`] binary places, by the series of e^(-x ln 2).
///
/// The error is below 2^-54: some 10^7 times finer than a unit of a factor.
pub(crate) fn two_to_minus(x: i128) -> i128 {
    // ln 2 with 60 binary places.
    const LN_2: i128 = 799_144_290_325_165_979;
    let exponent = (x * LN_2) >> BITS;
    let one = 1_i128 << BITS;
    let (mut sum, mut term) = (one, one);
    for index in 1..40_i128 {
        term = -((term * exponent) >> BITS) / index;
        if term == 0 {
            break;
        }
        sum += term;
    }
    sum
}

/// A number with `bits` binary places in units of 10^-9, rounded half away from zero.
fn rounded_nanos(number: i128, bits: u32) -> Factor {
    Factor(narrow(div_round(number * i128::from(NANO), 1_i128 << bits)))
}

fn narrow(units: i128) -> i64 {
    i64::try_from(units).expect("a factor is at most one")
}

#[cfg(test)]
#[allow(clippy::float_arithmetic, reason = "floating point is what the integers are compared with")]
mod tests {
    use super::*;

    fn at(fade: Fade, age: i32) -> i64 {
        let start = Day::parse("2024-01-31").unwrap();
        fade.factor(start, start.plus_days(age).unwrap()).nanos()
    }

    fn period(text: &str) -> Period {
        Period::parse(text).unwrap()
    }

    #[test]
    fn half_lives_are_exact_to_nine_decimals() {
        let sixty = Fade::HalfLife(period("60 days"));
        // The irrational ones from bc -l: e(-l(2)*age/60).
        let cases = [
            (0, 1_000_000_000),
            (60, 500_000_000),
            (120, 250_000_000),
            (1, 988_514_020),
            (30, 707_106_781),
            (59, 505_809_720),
            (600, 976_563),
            (1800, 1),
            (1860, 0),
            (3000, 0),
        ];
        for (age, nanos) in cases {
            assert_eq!(at(sixty, age), nanos, "age {age}");
        }
    }

    #[test]
    fn half_lives_agree_with_floating_point_to_a_unit() {
        for length in [1, 7, 30, 60, 365, 1000] {
            let fade = Fade::HalfLife(Period { count: length, unit: crate::day::Unit::Day });
            for age in 0..2000 {
                let float = 2_f64.powf(-f64::from(age) / f64::from(length)) * 1e9;
                let exact = at(fade, age) as f64;
                assert!((float - exact).abs() <= 0.500_001, "{age}/{length}: {float} {exact}");
            }
        }
    }

    #[test]
    fn fading_out_is_a_line() {
        let fade = Fade::FadeOut(period("60 days"));
        for (age, nanos) in
            [(0, 1_000_000_000), (30, 500_000_000), (40, 333_333_333), (20, 666_666_667), (60, 0), (99, 0)]
        {
            assert_eq!(at(fade, age), nanos, "age {age}");
        }
    }

    #[test]
    fn steps_go_down_by_whole_periods() {
        let fifth = Decimal::from_whole(20).unwrap();
        let simple = Fade::StepDown { percent: fifth, every: period("1 month"), compound: false };
        let compound = Fade::StepDown { percent: fifth, every: period("1 month"), compound: true };
        // 31 January + 1 month is 29 February, 29 days later.
        let cases = [
            (28, 1_000_000_000, 1_000_000_000),
            (29, 800_000_000, 800_000_000),
            (60, 600_000_000, 640_000_000),
            (160, 0, 327_680_000),
        ];
        for (age, left, compounded) in cases {
            assert_eq!(at(simple, age), left, "age {age}");
            assert_eq!(at(compound, age), compounded, "age {age}");
        }
        // 0.75^5 = 0.2373046875 ends exactly between two factors.
        let quarter = Decimal::from_whole(25).unwrap();
        let daily = Fade::StepDown { percent: quarter, every: period("1 day"), compound: true };
        assert_eq!(at(daily, 5), 237_304_688);
    }
}
