//! Local dates, ages and periods: time passes by the day.
//!
//! Owns every question about a calendar. It knows no clock: what day it is, is an argument.

use std::borrow::Cow;
use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::TimeZone;

/// A local calendar date, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// So many microseconds since 1970-01-01T00:00:00Z, if the calendar has such a time.
    pub fn new(micros: i64) -> Option<Self> {
        let timestamp = jiff::Timestamp::from_microsecond(micros).ok()?;
        // A local date must exist at this instant, whatever the zone.
        let year = TimeZone::UTC.to_datetime(timestamp).date().year();
        (2..9999).contains(&year).then_some(Self(micros))
    }
}

/// In ISO 8601, in UTC.
impl fmt::Display for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timestamp = jiff::Timestamp::from_microsecond(self.0).expect("an instant is made from a timestamp only");
        out.pad(&timestamp.to_string())
    }
}

const EPOCH: Date = Date::constant(1970, 1, 1);

impl Day {
    /// The day of a calendar date.
    pub fn new(date: Date) -> Self {
        let days = date.duration_since(EPOCH).as_hours() / 24;
        Self(i32::try_from(days).expect("a date of four-digit years is within 32 bits of days"))
    }

    /// Reads `YYYY-MM-DD`; blanks around it are passed over.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let exact = text.len() == 10 && text.as_bytes()[4] == b'-';
        if exact { text.parse().ok().map(Self::new) } else { None }
    }

    /// The calendar date.
    pub fn date(self) -> Date {
        EPOCH.checked_add(self.0.days()).expect("a day is made from a date only")
    }

    /// Whole days from `earlier` to this day; negative if this day comes first.
    pub fn since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// So many days before this one; negative counts are later.
    ///
    /// # Panics
    ///
    /// Outside the calendar, where no instant has its day.
    pub fn back(self, days: i32) -> Self {
        self.plus_days(-days).expect("a day of an instant")
    }

    /// The last day of the calendar.
    pub fn last() -> Self {
        Self::new(Date::MAX)
    }

    /// That many days later; `None` after the year 9999.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        let date = self.date().checked_add(i64::from(days).days()).ok()?;
        Some(Self::new(date))
    }

    /// `count` periods later, the day held within its month; `None` outside the calendar.
    pub fn plus(self, period: Period, count: i64) -> Option<Self> {
        let count = count.checked_mul(i64::from(period.count))?;
        let span = match period.unit {
            Unit::Day => jiff::Span::new().try_days(count),
            Unit::Week => jiff::Span::new().try_weeks(count),
            Unit::Month => jiff::Span::new().try_months(count),
            Unit::Quarter => jiff::Span::new().try_months(count.checked_mul(3)?),
            Unit::Year => jiff::Span::new().try_years(count),
        };
        self.date().checked_add(span.ok()?).ok().map(Self::new)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.date().to_string())
    }
}

/// What periods are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// A day.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
    /// Three calendar months.
    Quarter,
    /// Twelve calendar months.
    Year,
}

impl Unit {
    const ALL: [(&'static str, Self); 5] = [
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
        ("quarter", Self::Quarter),
        ("year", Self::Year),
    ];
}

/// A span of time such as `90 days` or `1 year`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// How many, from 1 to [`Period::MAX_COUNT`].
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

impl Period {
    /// More than the calendar has days for, and far from any overflow.
    pub const MAX_COUNT: u32 = 1_000_000;

    /// Reads `N day|week|month|quarter|year`, with or without a plural s.
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.trim().split_once(' ')?;
        if !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let count = count.parse().ok().filter(|count| (1..=Self::MAX_COUNT).contains(count))?;
        let unit = unit.trim_start();
        let named = |name: &str| unit == name || unit.strip_suffix('s') == Some(name);
        let (_, unit) = *Unit::ALL.iter().find(|(name, _)| named(name))?;
        Some(Self { count, unit })
    }

    /// The length in days, for days and weeks; months have no fixed length.
    pub fn fixed_days(self) -> Option<u32> {
        match self.unit {
            Unit::Day => Some(self.count),
            Unit::Week => Some(self.count * 7),
            Unit::Month | Unit::Quarter | Unit::Year => None,
        }
    }

    /// How many whole periods have elapsed on `as_of` since `start`: the largest k for which
    /// start + k periods is not after `as_of`; none for a start in the future.
    pub fn elapsed(self, start: Day, as_of: Day) -> i64 {
        if start > as_of {
            return 0;
        }
        let months = match self.unit {
            Unit::Day | Unit::Week => {
                let days = i64::from(self.fixed_days().unwrap_or(1));
                return i64::from(as_of.since(start)) / days;
            }
            Unit::Month => i64::from(self.count),
            Unit::Quarter => i64::from(self.count) * 3,
            Unit::Year => i64::from(self.count) * 12,
        };
        let month_of = |day: Day| {
            let date = day.date();
            i64::from(date.year()) * 12 + i64::from(date.month())
        };
        // Months apart, ignoring the day, are at most one too many.
        let upper = (month_of(as_of) - month_of(start)) / months;
        let reached = start.plus(self, upper).is_some_and(|day| day <= as_of);
        if reached { upper } else { upper - 1 }
    }

    /// Whether `day` lies in the window of this length that ends with `as_of`, the last day.
    pub fn reaches_back_to(self, day: Day, as_of: Day) -> bool {
        self.day_before(as_of).is_none_or(|edge| day > edge)
    }

    /// The last day before the window of this length that ends with `as_of`; `None` if it reaches back to
    /// the begin of the calendar.
    pub(crate) fn day_before(self, as_of: Day) -> Option<Day> {
        as_of.plus(self, -1)
    }

    /// The first day on which `day` has left the window; `None` if the calendar ends before.
    ///
    /// Not simply `day + period`: 31 January is still within `1 month` of 28 February, because
    /// that day less a month is the 28th.
    pub fn leaves(self, day: Day) -> Option<Day> {
        let mut candidate = day.plus(self, 1)?;
        while self.reaches_back_to(day, candidate) {
            candidate = candidate.plus_days(1)?;
        }
        Some(candidate)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = Unit::ALL[self.unit as usize];
        let plural = if self.count == 1 { "" } else { "s" };
        write!(out, "{} {name}{plural}", self.count)
    }
}

/// A calendar period that a limit counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// A calendar day.
    Day,
    /// A week, from Monday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
    /// All time.
    Ever,
}

impl Per {
    /// The words of the model language, in order of length.
    pub const ALL: [(&'static str, Self); 6] = [
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
        ("quarter", Self::Quarter),
        ("year", Self::Year),
        ("ever", Self::Ever),
    ];

    /// The word of the model language.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// A number that two days share exactly if they lie in the same period.
    pub fn key(self, day: Day) -> i32 {
        let date = day.date();
        let (year, month) = (i32::from(date.year()), i32::from(date.month()) - 1);
        match self {
            Self::Day => day.0,
            // 1970-01-01 was a Thursday; three days earlier a week began.
            Self::Week => (day.0 + 3).div_euclid(7),
            Self::Month => year * 12 + month,
            Self::Quarter => year * 4 + month / 3,
            Self::Year => year,
            Self::Ever => 0,
        }
    }
}

/// A time zone, from the database that is compiled in.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

/// Why a text is not a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not a date or time in ISO 8601.
    #[error("not a date or time; expected for example 2026-03-14 or 2026-03-14T09:30:00Z")]
    Unreadable,
    /// Beyond the years that the calendar covers.
    #[error("a time outside the years 1 to 9999")]
    OutOfRange,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone of an IANA name such as `Europe/Oslo`; `None` if there is none.
    pub fn get(name: &str) -> Option<Self> {
        jiff::tz::db().get(name).ok().filter(|zone| !zone.is_unknown()).map(Self)
    }

    /// The names of all zones.
    pub fn names() -> Vec<String> {
        jiff::tz::db().available().map(|name| name.to_string()).collect()
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The local calendar date of an instant.
    pub fn day_of(&self, instant: Instant) -> Day {
        let timestamp = jiff::Timestamp::from_microsecond(instant.0).expect("an instant is made from a timestamp only");
        Day::new(self.0.to_datetime(timestamp).date())
    }

    /// Reads a date or a time in ISO 8601. Without an offset it is local to this zone, a bare date
    /// is local midnight, a local time that the clock skips or repeats is read in the
    /// "compatible" way, and what is finer than a microsecond is cut off.
    pub fn instant(&self, text: &str) -> Result<Instant, TimeError> {
        let (datetime, offset) = pieces(text)?;
        let timestamp = match offset {
            Some(offset) => offset.to_timestamp(datetime),
            None => self.0.to_ambiguous_zoned(datetime).compatible().map(|zoned| zoned.timestamp()),
        };
        let timestamp = timestamp.map_err(|_| TimeError::OutOfRange)?;
        // A local date must exist at this instant, whatever the zone.
        if self.0.to_datetime(timestamp).year() < 1 {
            return Err(TimeError::OutOfRange);
        }
        Ok(Instant(timestamp.as_microsecond()))
    }

    /// Reads the local date of a date or time.
    pub fn day(&self, text: &str) -> Option<Day> {
        Day::parse(text).or_else(|| self.instant(text).ok().map(|instant| self.day_of(instant)))
    }
}

/// The local dates of many instants that mostly lie close together: the offset from UTC is looked up
/// once for each stretch of time in which it stays.
#[derive(Clone, Debug)]
pub struct Clock {
    zone: Zone,
    /// The stretch of the last instant.
    last: Stretch,
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: i64,
    /// The first microsecond after it.
    until: i64,
    offset: i64,
}

const DAY_MICROS: i64 = 86_400_000_000;

impl Clock {
    /// A clock of a zone.
    pub fn new(zone: &Zone) -> Self {
        Self { zone: zone.clone(), last: Stretch { from: 0, until: 0, offset: 0 } }
    }

    /// The zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The local calendar date of an instant: what [`Zone::day_of`] says.
    pub fn day_of(&mut self, instant: Instant) -> Day {
        if !self.last.has(instant.0) {
            self.last = self.zone.stretch(instant);
        }
        let days = (instant.0 + self.last.offset).div_euclid(DAY_MICROS);
        Day(i32::try_from(days).expect("an instant is within 32 bits of days"))
    }

    /// The instant of a local time given as microseconds since 1970-01-01T00:00:00 on this clock, where
    /// no change of the clock is near; [`Zone::instant`] has the answer everywhere.
    pub fn instant_of_local(&self, micros: i64) -> Option<Instant> {
        let instant = micros.checked_sub(self.last.offset)?;
        // No offset is as long as a day, so that what is a day away from a change is not touched by it.
        let calm = self.last.has(instant.checked_sub(DAY_MICROS)?) && self.last.has(instant.checked_add(DAY_MICROS)?);
        calm.then_some(Instant(instant))
    }
}

impl Stretch {
    fn has(&self, micros: i64) -> bool {
        self.from <= micros && micros < self.until
    }
}

impl Zone {
    /// The time around an instant in which the offset from UTC does not change.
    fn stretch(&self, instant: Instant) -> Stretch {
        let timestamp = jiff::Timestamp::from_microsecond(instant.0).expect("an instant is made from a timestamp only");
        let offset = i64::from(self.0.to_offset(timestamp).seconds()) * 1_000_000;
        // A change at the instant itself has already happened.
        let just_after = timestamp.checked_add(jiff::SignedDuration::from_nanos(1)).unwrap_or(timestamp);
        let from = self.0.preceding(just_after).next().map(|change| change.timestamp());
        let until = self.0.following(timestamp).next().map(|change| change.timestamp());
        Stretch {
            from: from.map_or(i64::MIN, jiff::Timestamp::as_microsecond),
            until: until.map_or(i64::MAX, jiff::Timestamp::as_microsecond),
            offset,
        }
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

fn pieces(text: &str) -> Result<(DateTime, Option<jiff::tz::Offset>), TimeError> {
    let text = without_fine_digits(text.trim());
    let pieces = Pieces::parse(&*text).map_err(|_| TimeError::Unreadable)?;
    let time = pieces.time().unwrap_or(Time::midnight());
    let micros = time.subsec_nanosecond() / 1000 * 1000;
    let time = time.with().subsec_nanosecond(micros).build().map_err(|_| TimeError::Unreadable)?;
    let offset = match pieces.offset() {
        None => None,
        Some(PiecesOffset::Numeric(numeric)) => Some(numeric.offset()),
        Some(_) => Some(jiff::tz::Offset::UTC),
    };
    // Only the offset says when it was; a zone in brackets without one would be a second reading.
    if offset.is_none() && pieces.time_zone_annotation().is_some() {
        return Err(TimeError::Unreadable);
    }
    Ok((pieces.date().to_datetime(time), offset))
}

/// What is finer than a nanosecond is cut off, because the parser would refuse it.
fn without_fine_digits(text: &str) -> Cow<'_, str> {
    const KEPT: usize = 9;
    let Some((whole, fraction)) = text.split_once(['.', ',']) else { return Cow::Borrowed(text) };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if digits <= KEPT {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{whole}.{}{}", &fraction[..KEPT], &fraction[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn whole_periods_elapse_at_clamped_month_ends() {
        let cases = [
            ("1 month", "2024-01-31", "2024-02-28", 0),
            ("1 month", "2024-01-31", "2024-02-29", 1),
            ("1 month", "2023-01-31", "2023-02-28", 1),
            ("1 month", "2024-01-31", "2024-03-30", 1),
            ("1 month", "2024-01-31", "2024-03-31", 2),
            ("1 year", "2024-02-29", "2025-02-28", 1),
            ("1 quarter", "2024-01-15", "2024-07-14", 1),
            ("2 weeks", "2024-01-01", "2024-01-28", 1),
            ("30 days", "2024-01-01", "2024-01-31", 1),
            ("1 day", "2024-01-02", "2024-01-01", 0),
            ("1 year", "2030-01-01", "2024-01-01", 0),
        ];
        for (period, start, as_of, expected) in cases {
            let elapsed = Period::parse(period).unwrap().elapsed(day(start), day(as_of));
            assert_eq!(elapsed, expected, "{period} from {start} to {as_of}");
        }
    }

    #[test]
    fn windows_end_with_the_as_of_day() {
        let cases = [
            ("90 days", "2026-01-01", "2026-03-31", true),
            ("90 days", "2026-01-01", "2026-04-01", false),
            ("12 months", "2025-03-01", "2026-02-28", true),
            ("12 months", "2025-03-01", "2026-03-01", false),
            ("1 month", "2026-01-31", "2026-02-28", true),
            ("1 month", "2026-01-28", "2026-02-28", false),
        ];
        for (window, activity, as_of, inside) in cases {
            let window = Period::parse(window).unwrap();
            assert_eq!(window.reaches_back_to(day(activity), day(as_of)), inside, "{activity} {as_of}");
        }
        assert_eq!(Period::parse("1 month").unwrap().leaves(day("2026-01-31")), Some(day("2026-03-01")));
    }

    #[test]
    fn a_window_is_left_on_the_first_day_outside_it() {
        for period in ["1 day", "3 weeks", "1 month", "5 months", "1 quarter", "1 year"] {
            let period = Period::parse(period).unwrap();
            for offset in 0..800 {
                let start = day("2023-12-01").plus_days(offset).unwrap();
                let left = period.leaves(start).unwrap();
                assert!(!period.reaches_back_to(start, left));
                assert!(period.reaches_back_to(start, left.plus_days(-1).unwrap()));
            }
        }
    }

    #[test]
    fn periods_are_read_and_printed() {
        for text in ["1 day", "90 days", "1 week", "12 months", "1 quarter", "5 years"] {
            assert_eq!(Period::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Period::parse("1 days").unwrap().to_string(), "1 day");
        for text in ["", "days", "0 days", "-1 days", "1.5 days", "3 fortnights", "90days", "+3 days", "1000001 days"] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        let key = |text| Per::Week.key(day(text));
        assert_eq!(key("2026-11-16"), key("2026-11-22"));
        assert_ne!(key("2026-11-22"), key("2026-11-23"));
        assert_ne!(key("1969-12-28"), key("1969-12-29"));
    }

    #[test]
    fn instants_are_read_as_iso_8601() {
        let oslo = Zone::get("Europe/Oslo").unwrap();
        let cases = [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01", -3_600_000_000),
            ("1970-01-01T01:00:00.0000019", 1),
            ("1970-01-01 01:00", 0),
            ("1970-01-01T02:00:00+02:00", 0),
            // 02:30 does not exist on this night, 03:30 summer time does: 01:30 UTC.
            ("2026-03-29T02:30:00", 1_774_747_800_000_000),
            // 02:30 happens twice; the first is meant.
            ("2026-10-25T02:30:00", 1_792_888_200_000_000),
            ("1969-12-31T23:59:59.9999999Z", -1),
            ("1970-01-01T00:00:00.000001999999Z", 1),
        ];
        for (text, micros) in cases {
            assert_eq!(oslo.instant(text), Ok(Instant(micros)), "{text}");
        }
        for text in ["", "yesterday", "2026-13-01", "2026-02-30", "14.03.2026", "2026-01-01T25:00", "1234567890"] {
            assert!(oslo.instant(text).is_err(), "{text}");
        }
        assert_eq!(oslo.day("2026-03-14T23:30:00Z"), Some(day("2026-03-15")));
    }

    #[test]
    fn a_clock_says_what_its_zone_says() {
        for name in ["UTC", "Europe/Oslo", "America/New_York", "Asia/Kathmandu", "Africa/Cairo", "Pacific/Apia"] {
            let zone = Zone::get(name).unwrap();
            let mut clock = Clock::new(&zone);
            // Every seven hours less a moment, through eleven years; and far away.
            let near = (0..14_000).map(|step| 1_262_304_000_000_000 + step * 25_199_999_999);
            for micros in near.chain([-62_000_000_000_000_000, 0, 250_000_000_000_000_000]) {
                let instant = Instant(micros);
                assert_eq!(clock.day_of(instant), zone.day_of(instant), "{name} {instant}");
                if let Some(read) = clock.instant_of_local(micros) {
                    let local = instant.to_string();
                    assert_eq!(zone.instant(local.trim_end_matches('Z')), Ok(read), "{name} {local}");
                }
            }
        }
    }
}
