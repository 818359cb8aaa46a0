//! Times as they are sent: with an offset from UTC, and neither absurdly old nor of the future.

use rules::day::{Day, Instant, TimeError, Zone};
use serde_json::Value;

use super::text::kind_of;
use crate::fact::{Reason, Refusal};

/// Microseconds that a clock may be ahead: those of a day, so that one set to a wrong zone is forgiven.
const AHEAD_MAX: i64 = 86_400_000_000;

/// 1900-01-01T00:00:00Z. What claims to be older is a default or a slip, not an activity of anybody who lives.
const EARLIEST: Instant = Instant(-2_208_988_800_000_000);

/// Reads a point in time; without an offset it is nobody's, because nobody knows what clock hung there.
pub(super) fn instant(name: &str, value: &Value) -> Result<Instant, Refusal> {
    let Value::String(text) = value else {
        let kind = kind_of(value);
        return Err(invalid(format!("`{name}` is {kind}; write a text such as \"2026-03-14T09:30:00Z\"")));
    };
    let instant = Zone::utc().instant(text).map_err(|error| match error {
        TimeError::Unreadable => invalid(format!("`{name}` is not a time such as \"2026-03-14T09:30:00Z\"")),
        TimeError::OutOfRange => invalid(format!("`{name}` is {error}")),
    })?;
    if has_offset(text) {
        return Ok(instant);
    }
    let message = format!("`{name}` has no offset from UTC: add Z for UTC, or an offset such as +01:00");
    Err(invalid(message))
}

/// Whether an offset follows the time of day, in a text that is a date or a time.
fn has_offset(text: &str) -> bool {
    let time = text.trim().split_once(['T', 't', ' ']).map_or("", |(_, time)| time);
    time.contains(['Z', 'z', '+', '-'])
}

/// Reads a date.
pub(super) fn day(name: &str, value: &Value) -> Result<Day, Refusal> {
    let read = value.as_str().and_then(Day::parse);
    read.ok_or_else(|| invalid(format!("`{name}` is not a date such as \"2026-03-14\"")))
}

/// Lets a time through at which something can have happened that is told now.
pub(super) fn plausible(at: Instant, received: Instant) -> Result<(), Refusal> {
    if at < EARLIEST {
        return Err(Refusal::new(Reason::TooOld, format!("{at} is before 1900: check the year")));
    }
    if at.0 > received.0.saturating_add(AHEAD_MAX) {
        let message = format!("{at} is more than a day after {received}, when it was received: check the clock");
        return Err(Refusal::new(Reason::InTheFuture, message));
    }
    Ok(())
}

fn invalid(message: String) -> Refusal {
    Refusal::new(Reason::InvalidTime, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_has_an_offset() {
        let cases = [
            ("1970-01-01T00:00:01Z", 1_000_000),
            ("1970-01-01T01:00:01+01:00", 1_000_000),
            ("1970-01-01 00:00:01.5z", 1_500_000),
            ("1969-12-31T19:00:00-05:00", 0),
            ("1970-01-01T00:00:00.000001+00:00", 1),
            ("1970-01-01T01:00:00+01:00[Europe/Oslo]", 0),
        ];
        for (text, micros) in cases {
            assert_eq!(instant("occurred_at", &json!(text)), Ok(Instant(micros)), "{text}");
        }
        let cases = [
            (json!("2026-03-14T09:30:00"), "has no offset from UTC: add Z"),
            (json!("2026-03-14"), "has no offset from UTC: add Z"),
            (json!("2026-03-14T09:30:00[Europe/Oslo]"), "is not a time such as"),
            (json!("yesterday"), "is not a time such as"),
            (json!(""), "is not a time such as"),
            (json!(1_773_480_600), "is a number; write a text"),
            (json!("0000-06-01T00:00:00Z"), "outside the years"),
        ];
        for (value, said) in cases {
            let refusal = instant("occurred_at", &value).unwrap_err();
            assert_eq!(refusal.reason, Reason::InvalidTime, "{value}");
            assert!(refusal.message.contains(said), "{}", refusal.message);
        }
    }

    #[test]
    fn what_happened_lies_between_1900_and_tomorrow() {
        let at = |text: &str| instant("t", &json!(text)).unwrap();
        let received = at("2026-03-14T09:30:00Z");
        let cases = [
            ("1900-01-01T00:00:00Z", None),
            ("1899-12-31T23:59:59.999999Z", Some(Reason::TooOld)),
            ("2026-03-15T09:30:00Z", None),
            ("2026-03-15T09:30:00.000001Z", Some(Reason::InTheFuture)),
        ];
        for (text, reason) in cases {
            assert_eq!(plausible(at(text), received).err().map(|refusal| refusal.reason), reason, "{text}");
        }
        assert!(day("valid_from", &json!("2026-03-14")).is_ok());
        for value in [json!("2026-03-14T09:30:00Z"), json!("14.03.2026"), json!(20_260_314)] {
            assert_eq!(day("valid_from", &value).unwrap_err().reason, Reason::InvalidTime);
        }
    }
}
