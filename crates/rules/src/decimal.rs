//! Fixed-point numbers: points, and every number that a fact carries.
//!
//! Owns rounding. There is one rule, *half away from zero*: `div_round` applies it to results, and
//! `Written::scaled` to what is read. Binary floating point appears nowhere in this crate.

use std::fmt;

/// How many units make one whole: four decimals.
pub const SCALE: i64 = 10_000;

/// A number with exactly four decimals, held in an `i64`.
///
/// The range is ±922,337,203,685,477.5807. Every operation that could leave it answers `None`,
/// never a wrapped value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

/// Why a text is not a [`Decimal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text is not a decimal number at all.
    #[error("not a number")]
    NotANumber,
    /// It is a number, but beyond what four decimals in an `i64` can hold.
    #[error("the number is out of range (±922,337,203,685,477)")]
    OutOfRange,
    /// It is a number with more decimals than allowed where it stands.
    #[error("the number has more than four decimals")]
    TooFine,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One whole.
    pub const ONE: Self = Self(SCALE);

    /// The number of that many ten-thousandths.
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// This number in ten-thousandths.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// A whole number; `None` beyond the range.
    pub fn from_whole(whole: i64) -> Option<Self> {
        whole.checked_mul(SCALE).map(Self)
    }

    /// Reads a number as facts carry it: sign, digits, point, exponent; blanks around it are
    /// passed over, and decimals beyond the fourth are rounded.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let written = Written::read(text.trim())?;
        written.scaled(4).and_then(Self::narrow)
    }

    /// Reads a number as a model carries it: more than four decimals are refused, because
    /// rounding what an author wrote would change what they meant.
    pub fn parse_exact(text: &str) -> Result<Self, ParseError> {
        parse_units(text, 4).map(Self)
    }

    fn narrow(units: i128) -> Result<Self, ParseError> {
        i64::try_from(units).map(Self).map_err(|_| ParseError::OutOfRange)
    }

    /// The product, rounded once to four decimals.
    pub fn times(self, other: Self) -> Option<Self> {
        self.times_ratio(other.0, SCALE)
    }

    /// This number times `numerator / denominator`, rounded once to four decimals.
    ///
    /// `denominator` must be positive.
    pub fn times_ratio(self, numerator: i64, denominator: i64) -> Option<Self> {
        let product = i128::from(self.0) * i128::from(numerator);
        Self::from_sum(div_round(product, i128::from(denominator)))
    }

    /// The quotient, rounded once to four decimals; `None` for a zero divisor.
    pub fn over(self, divisor: Self) -> Option<Self> {
        let sign = i128::from(divisor.0.signum());
        if sign == 0 {
            return None;
        }
        let numerator = i128::from(self.0) * i128::from(SCALE) * sign;
        Self::from_sum(div_round(numerator, i128::from(divisor.0) * sign))
    }

    /// The difference, or `None` beyond the range.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The exact sum of many. It is taken in 128 bits, so that a sum which fits does not depend
    /// on the order of its parts; `None` only if the total itself leaves the range.
    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        Self::from_sum(parts.into_iter().map(|part| i128::from(part.0)).sum())
    }

    /// A total of units taken in 128 bits, if it fits.
    pub(crate) fn from_sum(units: i128) -> Option<Self> {
        i64::try_from(units).ok().map(Self)
    }

    /// Held within `[-limit, limit]`.
    pub fn within(self, limit: Self) -> Self {
        let limit = limit.0.saturating_abs();
        Self(self.0.clamp(-limit, limit))
    }

    /// The distance from zero; the one number without a positive twin stays at the end of the range.
    pub fn magnitude(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Rounded to `decimals` (0 to 4), half away from zero; `None` if that leaves the range.
    pub fn round_to(self, decimals: u8) -> Option<Self> {
        let step = 10_i128.pow(u32::from(4 - decimals.min(4)));
        Self::from_sum(div_round(i128::from(self.0), step) * step)
    }

    /// Whether it has no more than `decimals` decimals.
    pub fn fits(self, decimals: u8) -> bool {
        self.round_to(decimals) == Some(self)
    }

    /// Written with exactly `decimals` (0 to 4) decimals; exact for a number that [`fits`](Self::fits).
    pub fn fixed(self, decimals: u8) -> String {
        let full = fixed_units(self.0, 4);
        match usize::from(decimals.min(4)) {
            0 => full[..full.len() - 5].to_owned(),
            kept => full[..full.len() - 4 + kept].to_owned(),
        }
    }
}

/// The shortest decimal: no trailing zeros, no point without decimals.
impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = self.fixed(4);
        out.pad(fixed.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The quotient rounded half away from zero. `divisor` must be positive.
pub(crate) fn div_round(number: i128, divisor: i128) -> i128 {
    let magnitude = number.unsigned_abs();
    let divisor = divisor.unsigned_abs();
    let up = u128::from(magnitude % divisor >= divisor.div_ceil(2));
    let rounded = i128::try_from(magnitude / divisor + up).unwrap_or(i128::MAX);
    rounded * number.signum()
}

/// A number as it is written: 0.`digits` × 10^`point`, without leading zeros.
struct Written {
    negative: bool,
    digits: Vec<u8>,
    point: i64,
}

impl Written {
    fn read(text: &str) -> Result<Self, ParseError> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return Err(ParseError::NotANumber);
        }
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
        let before_point = i64::try_from(whole.len()).unwrap_or(i64::MAX);
        let skipped = i64::try_from(zeros).unwrap_or(i64::MAX);
        let mut digits = digits[zeros..].to_vec();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let point = before_point.saturating_sub(skipped).saturating_add(exponent);
        Ok(Self { negative: text.starts_with('-'), digits, point })
    }

    /// How many decimals it takes to write it out.
    fn decimals(&self) -> i64 {
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        if length == 0 { 0 } else { length.saturating_sub(self.point).max(0) }
    }

    /// In units of 10^-`decimals`, rounded half away from zero.
    fn scaled(&self, decimals: i64) -> Result<i128, ParseError> {
        let kept = self.point.saturating_add(decimals);
        if self.digits.is_empty() || kept < 0 {
            return Ok(0);
        }
        // 38 digits are the most that 128 bits hold; the caller narrows further.
        if kept > 30 {
            return Err(ParseError::OutOfRange);
        }
        let kept = usize::try_from(kept).unwrap_or(0);
        let digit = |index: usize| i128::from(self.digits.get(index).copied().unwrap_or(0));
        let truncated = (0..kept).fold(0_i128, |sum, index| sum * 10 + digit(index));
        let rounded = truncated + i128::from(digit(kept) >= 5);
        Ok(if self.negative { -rounded } else { rounded })
    }
}

fn read_exponent(text: &str) -> Result<i64, ParseError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseError::NotANumber);
    }
    // Any exponent beyond this is far out of range (or far below the fourth decimal) anyway.
    let size: i64 = digits.parse().unwrap_or(1_000_000).min(1_000_000);
    Ok(if text.starts_with('-') { -size } else { size })
}

/// Reads a number with more decimals than points have, such as a probability: in units of
/// 10^-`decimals`, refused if it is finer.
pub(crate) fn parse_units(text: &str, decimals: u8) -> Result<i64, ParseError> {
    let written = Written::read(text)?;
    if written.decimals() > i64::from(decimals) {
        return Err(ParseError::TooFine);
    }
    let units = written.scaled(i64::from(decimals))?;
    i64::try_from(units).map_err(|_| ParseError::OutOfRange)
}

/// Writes a number of 10^-`decimals` units in full.
pub(crate) fn fixed_units(units: i64, decimals: usize) -> String {
    let digits = format!("{:0width$}", units.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_to_four_decimals() {
        let cases = [
            ("0", "0"),
            ("-0", "0"),
            ("5", "5"),
            ("5.0", "5"),
            ("+5.50", "5.5"),
            (" 7 ", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0.00005", "0.0001"),
            ("-0.00005", "-0.0001"),
            ("0.00004999", "0"),
            ("1e3", "1000"),
            ("12.5E-1", "1.25"),
            ("1e-400", "0"),
            ("0e999999999999", "0"),
            ("922337203685477.5807", "922337203685477.5807"),
            ("-922337203685477.5808", "-922337203685477.5808"),
            ("3.14159", "3.1416"),
        ];
        for (text, shown) in cases {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        use ParseError::{NotANumber, OutOfRange};
        let cases = [
            ("", NotANumber),
            (".", NotANumber),
            ("-", NotANumber),
            ("1,5", NotANumber),
            ("0x10", NotANumber),
            ("NaN", NotANumber),
            ("inf", NotANumber),
            ("1e", NotANumber),
            ("--1", NotANumber),
            ("1 2", NotANumber),
            ("1e400", OutOfRange),
            ("922337203685477.58075", OutOfRange),
            ("99999999999999999999999999", OutOfRange),
        ];
        for (text, error) in cases {
            assert_eq!(Decimal::parse(text), Err(error), "{text}");
        }
        assert_eq!(Decimal::parse_exact("0.12345"), Err(ParseError::TooFine));
        assert_eq!(Decimal::parse_exact("0.123450000"), Err(ParseError::TooFine));
        assert_eq!(Decimal::parse_exact("0.12340000").unwrap().units(), 1234);
    }

    #[test]
    fn products_and_quotients_round_once_half_away_from_zero() {
        let number = |text: &str| Decimal::parse(text).unwrap();
        let cases = [
            ("0.0001", "0.5", "0.0001"),
            ("-0.0001", "0.5", "-0.0001"),
            ("0.0003", "0.1", "0"),
            ("20", "1.5", "30"),
            ("-3", "0.3333", "-0.9999"),
        ];
        for (left, right, product) in cases {
            assert_eq!(number(left).times(number(right)), Some(number(product)), "{left} x {right}");
        }
        assert_eq!(number("1").over(number("3")), Some(number("0.3333")));
        assert_eq!(number("2").over(number("-3")), Some(number("-0.6667")));
        assert_eq!(number("2").over(Decimal::ZERO), None);
        assert_eq!(Decimal::from_units(i64::MAX).times(number("2")), None);
    }

    #[test]
    fn rounding_to_decimals() {
        let cases = [("50.5", 0, "51"), ("-50.5", 0, "-51"), ("50.4999", 0, "50"), ("1.25", 1, "1.3")];
        for (text, decimals, rounded) in cases {
            let rounded_text = Decimal::parse(text).unwrap().round_to(decimals).unwrap().to_string();
            assert_eq!(rounded_text, rounded, "{text}");
        }
        assert_eq!(Decimal::from_units(-5000).fixed(1), "-0.5");
        assert_eq!(Decimal::from_units(620_000).fixed(2), "62.00");
        assert_eq!(Decimal::from_units(i64::MAX).round_to(0), None);
    }

    #[test]
    fn sums_do_not_depend_on_order() {
        let huge = Decimal::from_units(i64::MAX);
        let minus = Decimal::from_units(-i64::MAX);
        assert_eq!(Decimal::sum([huge, huge, minus]), Some(huge));
        assert_eq!(Decimal::sum([huge, Decimal::from_units(1)]), None);
    }
}
