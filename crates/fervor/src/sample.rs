//! The example that the program brings along: fourteen years of an open-source project, as an association.

use std::sync::OnceLock;

use batch::source::{Kind, Source};
use rules::day::Day;

pub(crate) const MODEL: &str = include_str!("../../../examples/open-source/model.toml");
pub(crate) const CONTACTS: &[u8] = include_bytes!("../../../examples/open-source/contacts.csv");
pub(crate) const ACTIVITIES: &[u8] = include_bytes!("../../../examples/open-source/activities.csv");
/// The last day on which anything happens in it.
const LAST: &str = "2026-08-21";

/// Its columns that hold days or moments.
const DAYS: [&str; 3] = ["valid_from", "joined", "occurred_at"];

/// Its files, moved by whole weeks so that they end in the week before a day: somebody who looks at them then finds
/// an association that lives. The first day counts for as long as the program runs.
pub(crate) fn moved_to(today: Day) -> Vec<Source> {
    static MOVED: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    let [contacts, activities] = MOVED.get_or_init(|| {
        let weeks = today.since(Day::parse(LAST).expect("a date")).div_euclid(7);
        [CONTACTS, ACTIVITIES].map(|file| moved(file, weeks))
    });
    vec![
        Source::built_in(Kind::Contacts, "contacts.csv", contacts),
        Source::built_in(Kind::Activities, "activities.csv", activities),
    ]
}

/// A file of which all days are so many weeks later.
fn moved(file: &[u8], weeks: i32) -> Vec<u8> {
    let mut reader = csv::Reader::from_reader(file);
    let mut out = csv::Writer::from_writer(Vec::with_capacity(file.len()));
    let names = reader.headers().expect("the example has names of columns").clone();
    out.write_record(&names).expect("memory takes everything");
    let are_days: Vec<bool> = names.iter().map(|name| DAYS.contains(&name)).collect();
    for row in reader.records() {
        let row = row.expect("the example is well-formed");
        let cells = row.iter().zip(&are_days).map(|(cell, is_day)| match is_day {
            true => later(cell, weeks).unwrap_or_else(|| cell.to_owned()),
            false => cell.to_owned(),
        });
        out.write_record(cells).expect("memory takes everything");
    }
    out.into_inner().expect("memory takes everything")
}

/// A day, or a moment that begins with one, so many weeks later.
fn later(text: &str, weeks: i32) -> Option<String> {
    let (day, rest) = text.split_at_checked(10)?;
    Some(format!("{}{rest}", Day::parse(day)?.plus_days(weeks.checked_mul(7)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_move_by_weeks_and_nothing_else_does() {
        let file = b"id,valid_from,note,occurred_at\na,2026-08-28,2026-08-28,2026-08-30T10:00:00Z\nb,,x,soon\n";
        let expected = "id,valid_from,note,occurred_at\na,2026-09-11,2026-08-28,2026-09-13T10:00:00Z\nb,,x,soon\n";
        assert_eq!(String::from_utf8(moved(file, 2)).unwrap(), expected);
        // Of the example itself as many rows are left, and its last day is the last one still.
        let moved = moved(ACTIVITIES, 13);
        let lines = |file: &[u8]| file.split(|byte| *byte == b'\n').count();
        assert_eq!(lines(&moved), lines(ACTIVITIES));
        let rows = std::str::from_utf8(&moved).unwrap().lines().skip(1);
        assert_eq!(rows.filter_map(|row| row.split(',').nth(3)?.get(..10)).max(), Some("2026-11-20"));
    }
}
