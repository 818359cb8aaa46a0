//! Charts, drawn here as SVG: geometry in whole thousandths of the width, colours by classes of the style sheet.
//!
//! ```text
//! bars       a bar for each of several things; a waterfall, where each begins at the end of the one before
//! columns    a column for each of several spans of time
//! stacked    the parts of a whole beside one another
//! steps      a number over time, which stays until it changes, large or small
//! ```
//!
//! Texts are never part of a drawing, which is stretched to the room that there is. What a chart shows can be read in
//! a table as well: bars stand in one, and others bring one along.

#[allow(dead_code, reason = "a kit for all pages, whether or not one needs every part of it today")]
mod bars;
mod columns;
mod stacked;
mod steps;

use rules::decimal::Decimal;

pub(super) use bars::{Bars, Step, waterfall};
pub(super) use columns::Columns;
pub(super) use stacked::{Share, Stacked};
pub(super) use steps::{At, Spark, Steps};

/// The width of a drawing.
const WIDTH: i64 = 1000;

/// A span of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    low: i64,
    high: i64,
}

impl Span {
    /// The least span that holds all of these, and never none.
    fn of(numbers: impl IntoIterator<Item = Decimal>) -> Self {
        let units = numbers.into_iter().map(Decimal::units);
        let (low, high) = units.fold((i64::MAX, i64::MIN), |(low, high), unit| (low.min(unit), high.max(unit)));
        match low.cmp(&high) {
            std::cmp::Ordering::Less => Self { low, high },
            // Of one number: around it; of none: anything.
            std::cmp::Ordering::Equal => Self { low, high: high.saturating_add(1) },
            std::cmp::Ordering::Greater => Self { low: 0, high: 1 },
        }
    }

    /// Where a number lies on a line of a length, rounded; what lies beyond is at the end.
    fn place(self, number: Decimal, length: i64) -> i64 {
        let (low, high) = (i128::from(self.low), i128::from(self.high));
        let part = i128::from(number.units()).clamp(low, high) - low;
        let place = (part * i128::from(length) * 2 + (high - low)) / ((high - low) * 2);
        i64::try_from(place).unwrap_or(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_lie_where_they_belong() {
        let span = Span::of(["-10", "30", "0"].map(number));
        assert_eq!(span.place(number("-10"), WIDTH), 0);
        assert_eq!(span.place(number("0"), WIDTH), 250);
        assert_eq!(span.place(number("30"), WIDTH), 1000);
        // A third of 1000 is rounded, what lies beyond is held.
        assert_eq!(Span::of(["0", "3"].map(number)).place(number("1"), WIDTH), 333);
        assert_eq!(span.place(number("99"), WIDTH), 1000);
        assert_eq!(span.place(number("-99"), WIDTH), 0);
        // The largest numbers that there are do no harm, and neither does one alone.
        let all = Span::of([Decimal::from_units(i64::MIN), Decimal::from_units(i64::MAX)]);
        assert_eq!(all.place(Decimal::ZERO, WIDTH), 500);
        assert_eq!(Span::of([number("7")]).place(number("7"), WIDTH), 0);
        assert_eq!(Span::of([]).place(number("7"), WIDTH), 1000);
    }
}
