//! Whether the values of a column are times, and in which order they are written.

use super::column::{Column, ORDERS};
use super::rivals::Verdict;
use crate::mapping::{Mark, Order};

impl Column {
    /// How its dates are written. Digits alone are dates only where the name of the column says so.
    pub(super) fn dates(&self, named_time: bool) -> Verdict<Order> {
        if self.whole == self.different {
            return if named_time { self.count_of_time() } else { Verdict::Not };
        }
        match self.marks.verdict([Mark::Point, Mark::Comma], self.different) {
            // 12.50 is no date, though 12.5.2024 is one.
            Verdict::Not => self.by_shape(self.orders.verdict(ORDERS, self.different)),
            _ if named_time && self.plain_numbers.max(self.marks.read) == self.different => self.fraction_of_time(),
            _ => Verdict::Not,
        }
    }

    /// Where orders read all alike, the one that the values are written in.
    fn by_shape(&self, verdict: Verdict<Order>) -> Verdict<Order> {
        let begins = self.examples.first().and_then(|example| example.chars().next());
        let year_first = self
            .examples
            .first()
            .is_some_and(|example| example.len() >= 4 && example.bytes().take(4).all(|byte| byte.is_ascii_digit()));
        match verdict {
            Verdict::Sure(Order::YearMonthDay) if begins.is_some_and(char::is_alphabetic) => {
                Verdict::Sure(Order::MonthDayYear)
            }
            Verdict::Sure(Order::YearMonthDay) if !year_first => Verdict::Sure(Order::DayMonthYear),
            other => other,
        }
    }

    /// Seconds or milliseconds since 1970, days of a spreadsheet, or eight digits of a date.
    fn count_of_time(&self) -> Verdict<Order> {
        const YEARS_1980_TO_2100: (i64, i64) = (315_532_800, 4_102_444_800);
        let within = |(low, high): (i64, i64)| self.range.is_some_and(|(least, most)| least >= low && most < high);
        let (low, high) = YEARS_1980_TO_2100;
        if self.orders.read == self.different && within((0, 100_000_000)) {
            return self.orders.verdict(ORDERS, self.different);
        }
        if within((low, high)) {
            return Verdict::Sure(Order::Unix);
        }
        if within((low * 1000, high * 1000)) {
            return Verdict::Sure(Order::UnixMillis);
        }
        if within((low * 1_000_000, high * 1_000_000)) {
            return Verdict::Sure(Order::UnixMicros);
        }
        // 1980 to 2100
        if within((29_221, 73_051)) { Verdict::Sure(Order::Spreadsheet) } else { Verdict::Not }
    }

    /// Numbers with decimals, where times are expected: spreadsheets write the time of day so.
    fn fraction_of_time(&self) -> Verdict<Order> {
        let days = |text: &String| text.split(['.', ',']).next().and_then(|days| days.parse::<i64>().ok());
        let days: Option<Vec<i64>> = self.examples.iter().map(days).collect();
        let Some(days) = days else { return Verdict::Not };
        if days.iter().all(|days| (29_221..73_051).contains(days)) {
            return Verdict::Sure(Order::Spreadsheet);
        }
        let seconds = days.iter().all(|seconds| (315_532_800..4_102_444_800).contains(seconds));
        if seconds { Verdict::Sure(Order::Unix) } else { Verdict::Not }
    }
}

/// What the orders make of a text: the first of the readings, and each of them, equal for two orders only
/// if they cannot be confused. 05/05/2024 is the same day in both, and yet it is not known which of them
/// the next export is in.
pub(super) fn readings(text: &str) -> (Option<String>, [Option<String>; 4]) {
    if let Some(iso) = Order::Iso.read(text) {
        // What is written so is itself in any order, if other orders read it at all.
        let other = Order::YearMonthDay.read(text).map(|_| iso.clone());
        return (Some(iso.clone()), [Some(iso), other.clone(), other.clone(), other]);
    }
    let read = ORDERS.map(|order| if order == Order::Iso { None } else { order.read(text) });
    let first = read.iter().flatten().next().cloned();
    let date = text.split(':').next().unwrap_or(text);
    let year_first = date.len() >= 4 && date.bytes().take(4).all(|byte| byte.is_ascii_digit());
    let is_plain = year_first || MONTHS.iter().any(|month| date.to_lowercase().contains(month));
    let mut orders = ORDERS.iter();
    let told = |iso: Option<String>| {
        let order = orders.next()?;
        iso.map(|iso| if is_plain { iso } else { format!("{iso} {}", order.word()) })
    };
    (first, read.map(told))
}

/// Whether it is worth to try a text with every order: a date has digits and something between them,
/// or eight digits.
pub(super) fn may_be_date(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = digits == text.len();
    digits >= 3 && text.len() <= 80 && if plain { digits == 8 } else { text.len() >= 6 }
}

/// `9:30`, `09:30:15`, `9:30 PM`
pub(super) fn is_clock(text: &str) -> bool {
    let hour = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&hour)
        && text[hour..].starts_with(':')
        && Order::YearMonthDay.read(&format!("2000-01-01 {text}")).is_some()
}

/// A date of numbers without four digits for the year: 1.1.20.
pub(super) fn has_short_year(text: &str) -> bool {
    let date = text.split(':').next().unwrap_or(text);
    !date.contains(char::is_alphabetic)
        && !date.split(|letter: char| !letter.is_ascii_digit()).any(|digits| matches!(digits.len(), 4 | 8))
}

/// A time of the day without an offset.
pub(super) fn is_local(iso: &str) -> bool {
    let clock = iso.split_once(['T', ' ']).map(|(_, clock)| clock);
    clock.is_some_and(|clock| !clock.ends_with(['Z', 'z']) && !clock.contains(['+', '-']))
}

/// How names of months begin.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

#[cfg(test)]
mod tests {
    use super::super::column::tests::column;
    use super::*;

    #[test]
    fn an_order_is_certain_or_asked_for() {
        let asked = |text: &str| Verdict::Asked(vec![Order::DayMonthYear, Order::MonthDayYear], text.to_owned());
        let cases: &[(&[&str], Verdict<Order>)] = &[
            (&["03/04/2024", "25/04/2024"], Verdict::Sure(Order::DayMonthYear)),
            (&["03/04/2024", "04/25/2024"], Verdict::Sure(Order::MonthDayYear)),
            (&["03/04/2024", "05/06/2024"], asked("03/04/2024")),
            (&["03/03/2024", "05/05/2024"], asked("03/03/2024")),
            (&["25/03/2024", "03/25/2024"], Verdict::Mixed),
            (&["2024-03-04", "2024-03-05T10:00:00Z"], Verdict::Sure(Order::Iso)),
            (&["2024/03/04"], Verdict::Sure(Order::YearMonthDay)),
            (&["3 Mar 2024", "4 Mar 2024"], Verdict::Sure(Order::DayMonthYear)),
            (&["Mar 3, 2024", "Mar 4, 2024"], Verdict::Sure(Order::MonthDayYear)),
            (&["1710408600", "1710408700"], Verdict::Sure(Order::Unix)),
            (&["1710408600000"], Verdict::Sure(Order::UnixMillis)),
            (&["45365", "45366"], Verdict::Sure(Order::Spreadsheet)),
            (&["45365.5", "45366.25"], Verdict::Sure(Order::Spreadsheet)),
            (&["17", "18"], Verdict::Not),
            (&["12.50", "3.25"], Verdict::Not),
            (&["gold", "silver"], Verdict::Not),
            (&[], Verdict::Not),
        ];
        for (values, expected) in cases {
            assert_eq!(column(values).dates(true), *expected, "{values:?}");
        }
    }
}
