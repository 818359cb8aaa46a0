//! Dates and times as other systems write them, turned into ISO 8601.
//!
//! Only the order of day, month and year has to be said: separators, names of months, clocks of
//! twelve hours and offsets are recognised. Nothing is guessed here, and 2026-03-14 is always itself.

use rules::day::{Day, Instant, Zone};
use rules::decimal::Decimal;

use super::clock;

/// How dates of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As 2026-03-14, and nothing else.
    Iso,
    /// Year, month, day: 2026/03/14, 20260314.
    YearMonthDay,
    /// Day, month, year: 14.03.2026, 14 March 26.
    DayMonthYear,
    /// Month, day, year: 3/14/2026, March 14, 2026.
    MonthDayYear,
    /// Seconds since 1970-01-01 in UTC.
    Unix,
    /// Milliseconds since 1970-01-01 in UTC.
    UnixMillis,
    /// Microseconds since 1970-01-01 in UTC.
    UnixMicros,
    /// Days since the end of 1899, as in cells of a spreadsheet that lost their format.
    Spreadsheet,
}

/// Two digits of a year stand for 1969 to 2068, as POSIX has it.
const CENTURY_PIVOT: u32 = 69;

impl Order {
    /// The words of the mapping language.
    pub const ALL: [(&'static str, Self); 8] = [
        ("iso", Self::Iso),
        ("ymd", Self::YearMonthDay),
        ("dmy", Self::DayMonthYear),
        ("mdy", Self::MonthDayYear),
        ("unix", Self::Unix),
        ("unix_ms", Self::UnixMillis),
        ("unix_us", Self::UnixMicros),
        ("spreadsheet", Self::Spreadsheet),
    ];

    /// The word of the mapping language.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// The order in a sentence.
    pub fn described(self) -> &'static str {
        match self {
            Self::Iso => "a date such as 2026-03-14",
            Self::YearMonthDay => "a date in the order year, month, day",
            Self::DayMonthYear => "a date in the order day, month, year",
            Self::MonthDayYear => "a date in the order month, day, year",
            Self::Unix => "a number of seconds since 1970",
            Self::UnixMillis => "a number of milliseconds since 1970",
            Self::UnixMicros => "a number of microseconds since 1970",
            Self::Spreadsheet => "a number of days as spreadsheets count them",
        }
    }

    /// The text in ISO 8601, or `None` if it is not a date or time in this order. A time without an
    /// offset stays local; a date without a time stays a date.
    pub fn read(self, text: &str) -> Option<String> {
        let text = text.trim();
        match self {
            Self::Iso => Zone::utc().instant(text).ok().map(|_| text.to_owned()),
            Self::Unix => instant(text, 1_000_000),
            Self::UnixMillis => instant(text, 1_000),
            Self::UnixMicros => instant(text, 1),
            Self::Spreadsheet => spreadsheet(text),
            Self::YearMonthDay | Self::DayMonthYear | Self::MonthDayYear => {
                let (date, clock) = clock::split(text);
                let iso = self.date(&date)?;
                let time = clock::time_of_day(clock)?;
                let whole = format!("{iso}{time}");
                Zone::utc().instant(&whole).ok().map(|_| whole)
            }
        }
    }

    fn date(self, text: &str) -> Option<String> {
        let parts = parts(text)?;
        let [first, second, third] = parts[..] else { return compact(self, text) };
        let (year, month, day) = match (self, first, second, third) {
            // A year of four digits in front is followed by the month everywhere.
            (_, Part::Number(_, 4), Part::Number(..) | Part::Month(_), Part::Number(..)) => (first, second, third),
            (_, Part::Number(..), Part::Month(_), Part::Number(_, 4)) => (third, second, first),
            (_, Part::Month(_), Part::Number(..), Part::Number(_, 4)) => (third, first, second),
            (Self::DayMonthYear, ..) => (third, second, first),
            (Self::MonthDayYear, ..) => (third, first, second),
            _ => (first, second, third),
        };
        let (Part::Number(year, digits), Part::Number(day, 1..=2)) = (year, day) else { return None };
        let month = match month {
            Part::Month(month) | Part::Number(month, 1..=2) => month,
            Part::Number(..) => return None,
        };
        let year = match digits {
            4 => year,
            2 if year < CENTURY_PIVOT => 2000 + year,
            2 => 1900 + year,
            _ => return None,
        };
        iso(year, month, day)
    }
}

fn iso(year: u32, month: u32, day: u32) -> Option<String> {
    let text = format!("{year:04}-{month:02}-{day:02}");
    Day::parse(&text).map(|_| text)
}

/// Eight digits without signs between them.
fn compact(order: Order, text: &str) -> Option<String> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse().ok();
    match order {
        Order::DayMonthYear => iso(number(4, 8)?, number(2, 4)?, number(0, 2)?),
        Order::MonthDayYear => iso(number(4, 8)?, number(0, 2)?, number(2, 4)?),
        _ => iso(number(0, 4)?, number(4, 6)?, number(6, 8)?),
    }
}

/// A part of a date.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// A number, and how many digits it is written with.
    Number(u32, usize),
    /// The number of a month that is written as a name.
    Month(u32),
}

/// Numbers and names of months; names of weekdays are passed over.
fn parts(text: &str) -> Option<Vec<Part>> {
    let is_separator = |letter: char| matches!(letter, '/' | '.' | '-' | ' ' | ',' | '\u{a0}');
    let mut parts = Vec::new();
    for word in text.split(is_separator).filter(|word| !word.is_empty()) {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = word.split_at(digits);
        let lower = rest.to_lowercase();
        match (digits, lower.as_str()) {
            (1..=8, "" | "st" | "nd" | "rd" | "th") => parts.push(Part::Number(number.parse().ok()?, digits)),
            // 14Mar2026
            (1..=2, _) if lower.get(..3).is_some_and(|name| month(name).is_some()) => {
                let letters = lower.find(|letter: char| letter.is_ascii_digit())?;
                parts.push(Part::Number(number.parse().ok()?, digits));
                parts.push(Part::Month(month(&lower[..letters])?));
                parts.push(Part::Number(lower[letters..].parse().ok()?, lower.len() - letters));
            }
            (0, name) => match month(name) {
                Some(month) => parts.push(Part::Month(month)),
                None if weekday(name) && parts.is_empty() => {}
                None => return None,
            },
            _ => return None,
        }
    }
    Some(parts)
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The number of a month, by at least three letters of its English name.
fn month(name: &str) -> Option<u32> {
    let place = MONTHS.iter().position(|month| name.len() >= 3 && month.starts_with(name));
    place.and_then(|place| u32::try_from(place + 1).ok())
}

fn weekday(name: &str) -> bool {
    name.len() >= 3 && WEEKDAYS.iter().any(|day| day.starts_with(name))
}

/// So many microseconds each since 1970.
fn instant(text: &str, micros: i128) -> Option<String> {
    // A decimal has four digits behind the point, and too few in front for microseconds.
    let micros = match text.parse::<i64>() {
        Ok(whole) => i128::from(whole) * micros,
        Err(_) => i128::from(Decimal::parse(text).ok()?.units()) * micros / i128::from(Decimal::ONE.units()),
    };
    Instant::new(i64::try_from(micros).ok()?).map(|instant| instant.to_string())
}

/// Whole days are dates, the fraction is the time of the day, to the second.
fn spreadsheet(text: &str) -> Option<String> {
    const DAY_SECONDS: i64 = 86_400;
    let number = Decimal::parse(&text.replace(',', ".")).ok()?;
    let one = Decimal::ONE.units();
    let (days, fraction) = (number.units().div_euclid(one), number.units().rem_euclid(one));
    let start = Day::parse("1899-12-30")?;
    let date = start.plus_days(i32::try_from(days).ok()?)?;
    if fraction == 0 {
        return Some(date.to_string());
    }
    let seconds = (fraction * DAY_SECONDS + one / 2) / one;
    let seconds = seconds.min(DAY_SECONDS - 1);
    Some(format!("{date}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60))
}

#[cfg(test)]
mod tests {
    use super::Order;

    #[test]
    fn dates_are_read_in_their_order() {
        let cases = [
            (Order::DayMonthYear, "03/04/2024", Some("2024-04-03")),
            (Order::MonthDayYear, "03/04/2024", Some("2024-03-04")),
            (Order::MonthDayYear, "25/12/2024", None),
            (Order::DayMonthYear, "12/25/2024", None),
            (Order::DayMonthYear, "3.4.24", Some("2024-04-03")),
            (Order::DayMonthYear, "3.4.68", Some("2068-04-03")),
            (Order::DayMonthYear, "3.4.69", Some("1969-04-03")),
            (Order::YearMonthDay, "24/4/3", Some("2024-04-03")),
            (Order::DayMonthYear, "2024-04-03", Some("2024-04-03")),
            (Order::YearMonthDay, "2024/04/03", Some("2024-04-03")),
            (Order::YearMonthDay, "20240403", Some("2024-04-03")),
            (Order::DayMonthYear, "03042024", Some("2024-04-03")),
            (Order::YearMonthDay, "03/04/2024", None),
            (Order::DayMonthYear, "3 March 2024", Some("2024-03-03")),
            (Order::MonthDayYear, "3 Mar 2024", Some("2024-03-03")),
            (Order::DayMonthYear, "Mar 4, 2024", Some("2024-03-04")),
            (Order::DayMonthYear, "Thu, 4th Sept 2024", Some("2024-09-04")),
            (Order::DayMonthYear, "04-Mar-24", Some("2024-03-04")),
            (Order::DayMonthYear, "04Mar2024", Some("2024-03-04")),
            (Order::DayMonthYear, "29.02.2023", None),
            (Order::DayMonthYear, "00/00/0000", None),
            (Order::DayMonthYear, "3/4", None),
            (Order::DayMonthYear, "3/4/024", None),
            (Order::DayMonthYear, "10лет", None),
            (Order::DayMonthYear, "soon", None),
            (Order::DayMonthYear, "", None),
            (Order::Iso, "2024-04-03T10:00:00Z", Some("2024-04-03T10:00:00Z")),
            (Order::Iso, "03.04.2024", None),
        ];
        for (order, text, expected) in cases {
            assert_eq!(order.read(text).as_deref(), expected, "{text} as {}", order.word());
        }
    }

    #[test]
    fn numbers_are_instants() {
        let cases = [
            (Order::Unix, "1710408600", Some("2024-03-14T09:30:00Z")),
            (Order::Unix, "1710408600.25", Some("2024-03-14T09:30:00.25Z")),
            (Order::UnixMillis, "1710408600250", Some("2024-03-14T09:30:00.25Z")),
            (Order::UnixMicros, "1710408600250000", Some("2024-03-14T09:30:00.25Z")),
            (Order::Unix, "soon", None),
            (Order::Unix, "99999999999999", None),
            (Order::Spreadsheet, "45365", Some("2024-03-14")),
            (Order::Spreadsheet, "45365.5", Some("2024-03-14T12:00:00")),
            (Order::Spreadsheet, "45365,5", Some("2024-03-14T12:00:00")),
        ];
        for (order, text, expected) in cases {
            assert_eq!(order.read(text).as_deref(), expected, "{text} as {}", order.word());
        }
    }
}
