//! The time of the day behind a date: clocks of 24 and of 12 hours, offsets, names of zones.

use std::borrow::Cow;

/// Names of zones that mean one offset wherever they are used in English; CST, IST and BST do not.
const ZONES: [(&str, &str); 13] = [
    ("z", "Z"),
    ("utc", "Z"),
    ("gmt", "Z"),
    ("est", "-05:00"),
    ("edt", "-04:00"),
    ("cdt", "-05:00"),
    ("mst", "-07:00"),
    ("mdt", "-06:00"),
    ("pst", "-08:00"),
    ("pdt", "-07:00"),
    ("cet", "+01:00"),
    ("cest", "+02:00"),
    ("eest", "+03:00"),
];

/// The date and its clock, which begins behind a blank, or behind a T and a digit. A year that stands
/// behind the clock, as Unix has it, belongs to the date.
pub(super) fn split(text: &str) -> (Cow<'_, str>, &str) {
    let Some(colon) = text.find(':') else { return (Cow::Borrowed(text), "") };
    let before = text[..colon].trim_end_matches(|letter: char| letter.is_ascii_digit());
    let (date, clock) = (before.trim_end_matches(['T', 't', ' ', ',', '\u{a0}']), &text[before.len()..]);
    match clock.rsplit_once(' ') {
        Some((clock, year)) if year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) => {
            (Cow::Owned(format!("{date} {year}")), clock)
        }
        _ => (Cow::Borrowed(date), clock),
    }
}

/// `9:30`, `09:30:15.25 PM`, `09:30 +0100`, `9:30 PST` as the end of a time in ISO 8601; nothing for nothing.
pub(super) fn time_of_day(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some(String::new());
    }
    let clock_end = text.find(|letter: char| !letter.is_ascii_digit() && letter != ':' && letter != '.');
    let (clock, rest) = text.split_at(clock_end.unwrap_or(text.len()));
    let mut fields = clock.split(':');
    let mut hour: u32 = fields.next()?.parse().ok().filter(|hour| *hour < 24)?;
    let minute: u32 = fields.next()?.parse().ok()?;
    let second = fields.next().unwrap_or("00");
    if fields.next().is_some() || second.len() < 2 {
        return None;
    }
    let mut rest = rest.trim_start().to_lowercase();
    for (half, noon) in [("am", false), ("a.m.", false), ("pm", true), ("p.m.", true)] {
        if let Some(after) = rest.strip_prefix(half) {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if noon { 12 } else { 0 };
            rest = after.trim_start().to_owned();
            break;
        }
    }
    Some(format!("T{hour:02}:{minute:02}:{second}{}", offset(&rest)?))
}

/// `+0100`, `pst`, `gmt+0100`, `+0000 utc`, `+0100 (cet)`: the name behind an offset adds nothing.
fn offset(text: &str) -> Option<String> {
    let named = |name: &str| ZONES.iter().find(|(zone, _)| *zone == name).map(|(_, offset)| (*offset).to_owned());
    let signed = text.strip_prefix("gmt").or_else(|| text.strip_prefix("utc")).unwrap_or(text);
    if !signed.starts_with(['+', '-']) {
        return if text.is_empty() { Some(String::new()) } else { named(text) };
    }
    let (offset, name) = signed.split_once(' ').unwrap_or((signed, ""));
    let is_name = |name: &str| name.chars().all(|letter| letter.is_alphabetic() || matches!(letter, ' ' | '(' | ')'));
    is_name(name).then(|| offset.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Order;

    #[test]
    fn clocks_are_read_whatever_their_habit() {
        let cases = [
            ("14.03.2026 9:05", Some("2026-03-14T09:05:00")),
            ("14.03.2026, 09:05:30.25", Some("2026-03-14T09:05:30.25")),
            ("14/03/2026 12:05 AM", Some("2026-03-14T00:05:00")),
            ("14/03/2026 12:05 pm", Some("2026-03-14T12:05:00")),
            ("14/03/2026 1:05PM", Some("2026-03-14T13:05:00")),
            ("14/03/2026 13:05 PM", None),
            ("14/03/2026 24:00", None),
            ("14/03/2026 09:61", None),
            ("2026-03-14T09:05:00+01:00", Some("2026-03-14T09:05:00+01:00")),
            ("14 Mar 2026 09:05 UTC", Some("2026-03-14T09:05:00Z")),
            ("14 Mar 2026 09:05:00 +0100", Some("2026-03-14T09:05:00+0100")),
            ("14 Mar 2026 09:05 tomorrow", None),
            ("2026-03-14 09:05 PST", Some("2026-03-14T09:05:00-08:00")),
            ("14/03/2026 9:05 pm CEST", Some("2026-03-14T21:05:00+02:00")),
            ("14/03/2026 9:05 BST", None),
            ("2026-03-14 09:05:00 +0000 UTC", Some("2026-03-14T09:05:00+0000")),
            ("Sat Mar 14 09:05:00 2026", Some("2026-03-14T09:05:00")),
            ("Sat Mar 14 09:05:00 UTC 2026", Some("2026-03-14T09:05:00Z")),
            ("Sat Mar 14 2026 09:05:00 GMT+0100 (CET)", Some("2026-03-14T09:05:00+0100")),
        ];
        for (text, expected) in cases {
            assert_eq!(Order::DayMonthYear.read(text).as_deref(), expected, "{text}");
        }
    }
}
