//! How likely an opportunity is to be won, from its factor total.

use std::fmt;

use crate::decimal::{self, Decimal, div_round};
use crate::fade::{BITS, two_to_minus};

/// A probability between 0 and 1, in units of 10^-6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chance(pub i64);

/// Units of a [`Chance`] in certainty.
pub(crate) const MICRO: i64 = 1_000_000;

impl Chance {
    /// This chance of an amount, rounded once to four decimals; `None` if it leaves the range,
    /// which it cannot while the chance is at most one.
    pub fn of(self, amount: Decimal) -> Option<Decimal> {
        amount.times_ratio(self.0, MICRO)
    }
}

/// All six decimals.
impl fmt::Display for Chance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&decimal::fixed_units(self.0, 6))
    }
}

/// How a factor total becomes a probability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probability {
    /// The highest step reached; below the first 0. Ascending by threshold.
    Steps(Vec<(Decimal, Chance)>),
    /// The logistic curve 1 / (1 + e^(-slope (total - midpoint))).
    Logistic {
        /// The total that means one half.
        midpoint: Decimal,
        /// How steeply it rises there, per point.
        slope: Decimal,
    },
}

impl Probability {
    /// The probability for a factor total, rounded to six decimals.
    pub fn at(&self, total: Decimal) -> Chance {
        match self {
            Self::Steps(steps) => {
                let reached = steps.iter().rev().find(|(from, _)| *from <= total);
                reached.map_or(Chance(0), |&(_, chance)| chance)
            }
            Self::Logistic { midpoint, slope } => logistic(*midpoint, *slope, total),
        }
    }
}

fn logistic(midpoint: Decimal, slope: Decimal, total: Decimal) -> Chance {
    // slope × distance, with eight decimals.
    let distance = i128::from(total.units()) - i128::from(midpoint.units());
    let exponent = distance * i128::from(slope.units());
    // e^-20 is below the sixth decimal.
    let certain = 20 * 10_i128.pow(8);
    if exponent.abs() > certain {
        return Chance(if exponent > 0 { MICRO } else { 0 });
    }
    // e^-|x| = 2^(-|x| / ln 2), and 1 / ln 2 with 60 binary places is:
    const ONE_OVER_LN_2: i128 = 1_663_314_137_230_540_311;
    let power = (exponent.abs() * ONE_OVER_LN_2) / 10_i128.pow(8);
    let one = 1_i128 << BITS;
    let tail = two_to_minus(power % one) >> u32::try_from(power / one).unwrap_or(u32::MAX).min(BITS);
    // 1 / (1 + tail) on the upper side, tail / (1 + tail) on the lower.
    let share = if exponent >= 0 { one } else { tail };
    let micros = div_round(share * i128::from(MICRO), one + tail);
    Chance(i64::try_from(micros).expect("a share is at most one"))
}

#[cfg(test)]
#[allow(clippy::float_arithmetic, reason = "floating point is what the integers are compared with")]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_logistic() {
        let number = |text: &str| Decimal::parse(text).unwrap();
        let curve = Probability::Logistic { midpoint: number("50"), slope: number("0.1") };
        for total in -2000..3000_i32 {
            let exact = 1.0 / (1.0 + (-0.1 * (f64::from(total) - 50.0)).exp());
            let ours = curve.at(Decimal::from_whole(i64::from(total)).unwrap()).0 as f64;
            assert!((exact * 1e6 - ours).abs() <= 0.500_001, "{total}: {exact} {ours}");
        }
        // 1 / (1 + e^-2) = 0.880797077...
        assert_eq!(curve.at(number("70")), Chance(880_797));
        assert_eq!(curve.at(number("50")), Chance(500_000));
        assert_eq!(curve.at(Decimal::from_units(i64::MIN)), Chance(0));
    }

    #[test]
    fn steps_are_reached_from_below() {
        let whole = |number| Decimal::from_whole(number).unwrap();
        let steps = Probability::Steps(vec![(whole(0), Chance(50_000)), (whole(40), Chance(250_000))]);
        for (total, chance) in [(-1, 0), (0, 50_000), (39, 50_000), (40, 250_000), (900, 250_000)] {
            assert_eq!(steps.at(whole(total)), Chance(chance), "{total}");
        }
    }
}
