//! What a column holds, by all of its values: times in which order, numbers with which mark, ids.
//!
//! An order of dates or a decimal mark is certain only if it reads every value that any of them
//! reads, and no other that reads them all gives another result. Otherwise it is asked for.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use crate::mapping::{Mark, Order};

/// Orders that texts are tried with; the first that fits is the plainest.
const ORDERS: [Order; 4] = [Order::Iso, Order::YearMonthDay, Order::DayMonthYear, Order::MonthDayYear];

/// What many systems write where there is no value.
const PLACEHOLDERS: [&str; 12] =
    ["NULL", "null", "N/A", "n/a", "#N/A", "NaN", "nan", "None", "\\N", "-", "--", "0000-00-00"];

/// So many different values are remembered; a column with more has many.
const DISTINCT_MAX: usize = 1 << 20;

/// So many examples are shown.
const EXAMPLES: usize = 3;

/// At least so many of a hundred values must be of a kind; the others are told.
const MOSTLY_PERCENT: usize = 90;

/// What has been seen of a column.
#[derive(Debug, Default)]
pub(super) struct Column {
    pub(super) name: String,
    /// Values that are neither empty nor stand for nothing.
    pub(super) filled: usize,
    pub(super) examples: Vec<String>,
    pub(super) placeholders: Vec<&'static str>,
    distinct: HashSet<u64>,
    /// Different values; all that follows counts each of them once.
    different: usize,
    orders: Rivals<4>,
    marks: Rivals<2>,
    /// Values of digits only, and the least and the largest of them.
    whole: usize,
    range: Option<(i64, i64)>,
    /// Numbers in the usual notation.
    plain_numbers: usize,
    /// Whole numbers that are written with a zero in front, as ids are.
    padded: usize,
    emails: usize,
    /// Times of the day without an offset.
    local_times: usize,
}

/// Which of several readings fit.
#[derive(Debug)]
struct Rivals<const N: usize> {
    /// Values that at least one reads.
    read: usize,
    /// Values that each reads.
    by: [usize; N],
    /// For each pair whether a value was read differently, with the first such value.
    differ: [[Option<String>; N]; N],
}

impl<const N: usize> Default for Rivals<N> {
    fn default() -> Self {
        Self { read: 0, by: [0; N], differ: std::array::from_fn(|_| std::array::from_fn(|_| None)) }
    }
}

/// What is certain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict<T> {
    /// None of the readings.
    Not,
    /// This one.
    Sure(T),
    /// These fit alike, but differ for this value.
    Asked(Vec<T>, String),
    /// Some values call for one, others for another.
    Mixed,
}

impl<const N: usize> Rivals<N> {
    fn note(&mut self, text: &str, results: [Option<String>; N]) {
        if results.iter().all(Option::is_none) {
            return;
        }
        self.read += 1;
        for (place, result) in results.iter().enumerate() {
            let Some(result) = result else { continue };
            self.by[place] += 1;
            for (other, different) in results.iter().enumerate().skip(place + 1) {
                if different.as_ref().is_some_and(|different| different != result)
                    && self.differ[place][other].is_none()
                {
                    self.differ[place][other] = Some(text.to_owned());
                }
            }
        }
    }

    fn verdict<T: Copy>(&self, readings: [T; N], filled: usize) -> Verdict<T> {
        if filled == 0 || self.read * 100 < filled * MOSTLY_PERCENT {
            return Verdict::Not;
        }
        let fit: Vec<usize> = (0..N).filter(|&place| self.by[place] == self.read).collect();
        let Some(&first) = fit.first() else { return Verdict::Mixed };
        let rival = fit.iter().skip(1).find_map(|&other| self.differ[first][other].as_ref());
        // Others may differ among themselves only where the first differs from one of them.
        match rival {
            None => Verdict::Sure(readings[first]),
            Some(example) => {
                let told = fit.iter().filter(|&&place| place == first || self.differ[first][place].is_some());
                Verdict::Asked(told.map(|&place| readings[place]).collect(), example.clone())
            }
        }
    }
}

impl Column {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Looks at a value, as it stands in the file.
    pub(super) fn see(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if let Some(placeholder) = PLACEHOLDERS.iter().find(|placeholder| **placeholder == text) {
            if !self.placeholders.contains(placeholder) {
                self.placeholders.push(placeholder);
            }
            return;
        }
        self.filled += 1;
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(text);
        if self.distinct.len() < DISTINCT_MAX && !self.distinct.insert(hash) {
            return;
        }
        self.different += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(text.chars().take(40).collect());
        }
        self.classify(text);
    }

    fn classify(&mut self, text: &str) {
        self.emails += usize::from(text.contains('@') && !text.contains(' '));
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if digits {
            self.whole += 1;
            self.padded += usize::from(text.len() > 1 && text.starts_with('0'));
            if let Ok(number) = text.parse::<i64>() {
                let (least, most) = self.range.unwrap_or((number, number));
                self.range = Some((least.min(number), most.max(number)));
            }
        }
        if text.bytes().any(|byte| byte.is_ascii_digit()) {
            let read = ORDERS.map(|order| order.read(text));
            self.local_times += usize::from(read.iter().flatten().any(|iso| is_local(iso)));
            let mut orders = ORDERS.iter();
            self.orders
                .note(text, read.map(|iso| orders.next().zip(iso).map(|(order, iso)| reading(*order, text, &iso))));
            self.marks.note(text, Mark::ALL.map(|(_, mark)| mark.read(text)));
            self.plain_numbers += usize::from(rules::decimal::Decimal::parse(text).is_ok());
        }
    }

    /// How many different values there are, up to a million.
    pub(super) fn distinct(&self) -> usize {
        self.distinct.len()
    }

    /// Every value once.
    pub(super) fn is_unique(&self) -> bool {
        self.filled > 0 && self.distinct.len() == self.filled.min(DISTINCT_MAX)
    }

    /// E-mail addresses, all of them.
    pub(super) fn is_emails(&self) -> bool {
        self.different > 0 && self.emails == self.different
    }

    /// Whether it matters where its times are at home.
    pub(super) fn has_local_times(&self) -> bool {
        self.local_times > 0
    }

    /// How its dates are written. Digits alone are dates only where the name of the column says so.
    pub(super) fn dates(&self, named_time: bool) -> Verdict<Order> {
        if self.whole == self.different {
            return if named_time { self.count_of_time() } else { Verdict::Not };
        }
        match self.marks.verdict([Mark::Point, Mark::Comma], self.different) {
            // 12.50 is no date, though 12.5.2024 is one.
            Verdict::Not => self.by_shape(self.orders.verdict(ORDERS, self.different)),
            _ if named_time && self.plain_numbers == self.different => self.fraction_of_time(),
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
        // 1980 to 2100
        if within((29_221, 73_051)) { Verdict::Sure(Order::Spreadsheet) } else { Verdict::Not }
    }

    /// Numbers with decimals, where times are expected: spreadsheets write the time of day so.
    fn fraction_of_time(&self) -> Verdict<Order> {
        let days = |text: &String| text.split('.').next().and_then(|days| days.parse::<i64>().ok());
        let days: Option<Vec<i64>> = self.examples.iter().map(days).collect();
        let Some(days) = days else { return Verdict::Not };
        if days.iter().all(|days| (29_221..73_051).contains(days)) {
            return Verdict::Sure(Order::Spreadsheet);
        }
        let seconds = days.iter().all(|seconds| (315_532_800..4_102_444_800).contains(seconds));
        if seconds { Verdict::Sure(Order::Unix) } else { Verdict::Not }
    }

    /// The decimal mark of its numbers; `Not` also where they need none, being plain.
    pub(super) fn numbers(&self) -> Verdict<Mark> {
        let verdict = self.marks.verdict([Mark::Point, Mark::Comma], self.different);
        match verdict {
            Verdict::Sure(Mark::Point) if self.plain_numbers == self.marks.read => Verdict::Not,
            other => other,
        }
    }

    /// Whether its values are numbers, however they are written, and not ids that look so.
    pub(super) fn is_numeric(&self) -> bool {
        self.marks.read > 0 && self.marks.read * 100 >= self.different * MOSTLY_PERCENT && self.padded == 0
    }

    /// How many different values are no dates, where most are.
    pub(super) fn odd_dates(&self) -> usize {
        if self.whole == self.different { 0 } else { self.different - self.orders.read }
    }

    /// How many different values are no numbers, where most are.
    pub(super) fn odd_numbers(&self) -> usize {
        self.different - self.marks.read
    }
}

/// A reading of a date, equal for two orders only if they cannot be confused: 05/05/2024 is the same
/// day in both, and yet it is not known which of them the next export is in.
fn reading(order: Order, text: &str, iso: &str) -> String {
    let instant = rules::day::Zone::utc().instant(iso).map(|instant| instant.to_string());
    let instant = instant.unwrap_or_else(|_| iso.to_owned());
    let date = text.split(':').next().unwrap_or(text);
    let year_first = date.len() >= 4 && date.bytes().take(4).all(|byte| byte.is_ascii_digit());
    let named_month = MONTHS.iter().any(|month| date.to_lowercase().contains(month));
    if year_first || named_month { instant } else { format!("{instant} {}", order.word()) }
}

/// A time of the day without an offset.
fn is_local(iso: &str) -> bool {
    let clock = iso.split_once(['T', ' ']).map(|(_, clock)| clock);
    clock.is_some_and(|clock| !clock.ends_with(['Z', 'z']) && !clock.contains(['+', '-']))
}

/// How names of months begin.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether a cell is a number or a date, as no header is.
pub(super) fn looks_like_data(cell: &str) -> bool {
    let cell = cell.trim();
    let dated = |order: &Order| cell.len() >= 6 && order.read(cell).is_some();
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let year = cell.len() == 4 && digits == 4;
    let number = digits > 0 && !year && Mark::ALL.iter().any(|(_, mark)| mark.read(cell).is_some());
    number || cell.contains('@') || ORDERS.iter().any(dated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> Column {
        let mut column = Column::new("when");
        values.iter().for_each(|value| column.see(value));
        column
    }

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

    #[test]
    fn a_mark_is_certain_or_asked_for() {
        let asked = |text: &str| Verdict::Asked(vec![Mark::Point, Mark::Comma], text.to_owned());
        let cases: &[(&[&str], Verdict<Mark>)] = &[
            (&["12.50", "3"], Verdict::Not),
            (&["12,50", "3"], Verdict::Sure(Mark::Comma)),
            (&["1,234", "12"], asked("1,234")),
            (&["1.234", "12"], asked("1.234")),
            (&["1.234", "12,5"], Verdict::Sure(Mark::Comma)),
            (&["1,234,567"], Verdict::Sure(Mark::Point)),
            (&["1,234.5"], Verdict::Sure(Mark::Point)),
            (&["€ 12.50"], Verdict::Sure(Mark::Point)),
            (&["12,50", "12.50"], Verdict::Mixed),
        ];
        for (values, expected) in cases {
            assert_eq!(column(values).numbers(), *expected, "{values:?}");
        }
    }
}
