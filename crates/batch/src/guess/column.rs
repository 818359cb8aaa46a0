//! What a column holds, by all of its values: times in which order, numbers with which mark, ids.
//!
//! An order of dates or a decimal mark is certain only if it reads every value that any of them
//! reads, and no other that reads them all gives another result. Otherwise it is asked for.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use super::rivals::{MOSTLY_PERCENT, Rivals, Verdict};
use super::times;
use crate::mapping::{Mark, Order};

/// Orders that texts are tried with; the first that fits is the plainest.
pub(super) const ORDERS: [Order; 4] = [Order::Iso, Order::YearMonthDay, Order::DayMonthYear, Order::MonthDayYear];

/// What many systems write where there is no value.
const PLACEHOLDERS: [&str; 12] =
    ["NULL", "null", "N/A", "n/a", "#N/A", "NaN", "nan", "None", "\\N", "-", "--", "0000-00-00"];

/// So many different values are remembered; a column with more has many.
const DISTINCT_MAX: usize = 1 << 20;

/// So many examples are shown.
const EXAMPLES: usize = 3;

/// Answers, not names of anybody.
const FLAGS: [&str; 12] = ["yes", "no", "y", "n", "true", "false", "ja", "nein", "nei", "si", "oui", "non"];

/// What rows of sums are called.
const TOTALS: [&str; 10] =
    ["total", "totals", "grand total", "subtotal", "sum", "summe", "gesamt", "totalt", "gesamtsumme", "total general"];

/// How text looks that was decoded wrongly once: what cannot be decoded, and UTF-8 taken as Latin-1.
const GARBLED: [&str; 8] = ["\u{fffd}", "Ã¤", "Ã¶", "Ã¼", "Ã©", "Ã¸", "Ã¥", "â€"];

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
    pub(super) different: usize,
    pub(super) orders: Rivals<4>,
    pub(super) marks: Rivals<2>,
    /// Values of digits only, and the least and the largest of them.
    pub(super) whole: usize,
    pub(super) range: Option<(i64, i64)>,
    /// Numbers in the usual notation.
    pub(super) plain_numbers: usize,
    /// Whole numbers that are written with a zero in front, as ids are.
    padded: usize,
    emails: usize,
    /// Times of the day without an offset.
    local_times: usize,
    /// Times of the day without a date.
    clocks: usize,
    /// Dates with two digits of a year, as versions and sections look too.
    pub(super) short_years: usize,
    /// Dates with something behind them that is not read.
    pub(super) begun_dates: usize,
    flags: usize,
    ids: usize,
    /// Three small letters, as some systems write currencies.
    small_codes: usize,
    /// Values with a blank and without digits, as names of people are.
    worded: usize,
    /// The first value that is no date, and no number.
    pub(super) no_date: Option<String>,
    pub(super) no_number: Option<String>,
    /// The first value that says total, and one that was decoded wrongly.
    pub(super) total: Option<String>,
    pub(super) garbled: Option<String>,
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
            self.examples.push(shortened(text));
        }
        self.classify(text);
    }

    fn classify(&mut self, text: &str) {
        let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
        let (has_blank, has_at) = (text.contains(' '), text.contains('@'));
        self.emails += usize::from(has_at && !has_blank);
        self.ids += usize::from(!has_blank && (has_digits || has_at));
        if !text.is_ascii() && GARBLED.iter().any(|garbled| text.contains(garbled)) {
            first(&mut self.garbled, text);
        }
        if has_digits {
            return self.see_digits(text);
        }
        first(&mut self.no_date, text);
        first(&mut self.no_number, text);
        self.worded += usize::from(has_blank);
        self.small_codes += usize::from(text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase()));
        let lower = text.to_lowercase();
        self.flags += usize::from(FLAGS.contains(&lower.as_str()));
        if TOTALS.contains(&lower.trim_end_matches(':')) {
            first(&mut self.total, text);
        }
    }

    fn see_digits(&mut self, text: &str) {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.whole += 1;
            self.padded += usize::from(text.len() > 1 && text.starts_with('0'));
            if let Ok(number) = text.parse::<i64>() {
                let (least, most) = self.range.unwrap_or((number, number));
                self.range = Some((least.min(number), most.max(number)));
            }
        }
        self.clocks += usize::from(times::is_clock(text));
        let dates_before = self.orders.read;
        if times::may_be_date(text) {
            self.see_date(text);
        }
        if self.orders.read == dates_before {
            first(&mut self.no_date, text);
        }
        // What has a clock is no number.
        let read = Mark::ALL.map(|(_, mark)| if text.contains(':') { None } else { mark.read(text) });
        if read.iter().all(Option::is_none) {
            first(&mut self.no_number, text);
        }
        self.marks.note(text, read);
        self.plain_numbers += usize::from(rules::decimal::Decimal::parse(text).is_ok());
    }

    fn see_date(&mut self, text: &str) {
        let (first, read) = times::readings(text);
        let Some(first) = first else {
            let date = text.split(' ').next().filter(|date| times::may_be_date(date)).unwrap_or_default();
            self.begun_dates += usize::from(ORDERS.iter().any(|order| order.read(date).is_some()));
            return;
        };
        self.local_times += usize::from(times::is_local(&first));
        self.short_years += usize::from(times::has_short_year(text));
        self.orders.note(text, read);
    }

    /// The different values, each as a number of its own.
    pub(super) fn values(&self) -> &HashSet<u64> {
        &self.distinct
    }

    /// Answers such as yes and no, all of them.
    pub(super) fn is_flag(&self) -> bool {
        self.different > 0 && self.flags == self.different
    }

    /// Times of the day without a date, all of them.
    pub(super) fn is_clock(&self) -> bool {
        self.different > 0 && self.clocks == self.different
    }

    /// Small codes of currencies, as systems write them that count cents.
    pub(super) fn is_small_codes(&self) -> bool {
        self.different > 0 && self.small_codes == self.different
    }

    /// Digits only, all of them.
    pub(super) fn is_whole(&self) -> bool {
        self.different > 0 && self.whole == self.different
    }

    /// Names as people have them, most of them.
    pub(super) fn is_worded(&self) -> bool {
        self.worded * 2 > self.different
    }

    /// Addresses, or single words with a digit, as ids are.
    pub(super) fn is_ids(&self) -> bool {
        self.different > 0 && self.ids == self.different
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
        let read = self.marks.read.max(self.plain_numbers);
        read > 0 && read * 100 >= self.different * MOSTLY_PERCENT && self.padded == 0
    }

    /// How many different values are no dates, where most are.
    pub(super) fn odd_dates(&self) -> usize {
        self.different - self.orders.read
    }

    /// How many different values are no numbers, where most are.
    pub(super) fn odd_numbers(&self) -> usize {
        self.different - self.marks.read
    }
}

/// Remembers a value if there is none yet.
fn first(place: &mut Option<String>, text: &str) {
    place.get_or_insert_with(|| shortened(text));
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

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
pub(super) mod tests {
    use super::*;

    pub(in crate::guess) fn column(values: &[&str]) -> Column {
        let mut column = Column::new("when");
        values.iter().for_each(|value| column.see(value));
        column
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
