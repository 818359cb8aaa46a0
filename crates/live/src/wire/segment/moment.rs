//! When it happened, by a clock that may be wrong.

use std::sync::Arc;

use rules::day::Instant;
use serde_json::Value as Json;

use crate::wire::bounds::ID_BYTES_MAX;
use crate::wire::members::Members;
use crate::wire::text::Object;
use crate::wire::time;

/// When a message happened, `None` where it does not say; and the times as they were sent, where it was not simply
/// one of them that says it.
///
/// A `timestamp` is taken at its word. Otherwise the clock of the sender is compared with ours: what it was when the
/// message was made is as long ago as it says it was when it was sent.
pub(super) fn moment(
    members: &mut Members,
    sent_at: Option<&Json>,
    received: Instant,
) -> (Option<Instant>, Option<Arc<str>>) {
    let sent_at = members.take("sentAt").or_else(|| sent_at.cloned());
    let sent = [
        ("timestamp", members.take("timestamp")),
        ("originalTimestamp", members.take("originalTimestamp")),
        ("sentAt", sent_at),
    ];
    let [stated, made, gone] =
        sent.each_ref().map(|(name, value)| value.as_ref().and_then(|value| time::instant(name, value).ok()));
    if stated.is_some() {
        return (stated, None);
    }
    let corrected = made.zip(gone).and_then(|(made, gone)| {
        let since = gone.0.checked_sub(made.0)?;
        Instant::new(received.0.checked_sub(since)?)
    });
    (corrected.or(made), originals(sent))
}

/// The times that were sent, as they were sent; what is too long is no time.
fn originals<const N: usize>(sent: [(&str, Option<Json>); N]) -> Option<Arc<str>> {
    let sent = sent.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let sent: Object = sent.filter(|(_, value)| value.to_string().len() <= ID_BYTES_MAX).collect();
    (!sent.is_empty()).then(|| Json::Object(sent).to_string().into())
}

#[cfg(test)]
mod tests {
    use rules::day::Zone;

    use super::*;

    /// The message, the time of its batch, when it happened, the times that are kept.
    type Case = (&'static str, Option<&'static str>, Option<&'static str>, Option<&'static str>);

    #[test]
    fn a_wrong_clock_is_corrected_and_a_stated_time_is_not() {
        let at = |text: &str| Zone::utc().instant(text).unwrap();
        let cases: [Case; 9] = [
            (
                r#"{"timestamp": "2024-05-01T10:00:00.000Z", "originalTimestamp": "2026-01-01T00:00:00Z"}"#,
                Some("2026-01-01T00:00:01Z"),
                Some("2024-05-01T10:00:00Z"),
                None,
            ),
            // The sender's clock is an hour slow, and it waited five seconds before it sent.
            (
                r#"{"originalTimestamp": "2026-03-14T08:29:50Z", "sentAt": "2026-03-14T08:29:55Z"}"#,
                None,
                Some("2026-03-14T09:29:55Z"),
                Some(r#"{"originalTimestamp":"2026-03-14T08:29:50Z","sentAt":"2026-03-14T08:29:55Z"}"#),
            ),
            // The message's own time of sending comes before that of the batch.
            (
                r#"{"originalTimestamp": "2026-03-14T08:29:50Z", "sentAt": "2026-03-14T08:29:51Z"}"#,
                Some("2026-03-14T08:29:55Z"),
                Some("2026-03-14T09:29:59Z"),
                Some(r#"{"originalTimestamp":"2026-03-14T08:29:50Z","sentAt":"2026-03-14T08:29:51Z"}"#),
            ),
            (
                r#"{"originalTimestamp": "2026-03-14T08:29:50Z", "timestamp": null}"#,
                Some("2026-03-14T08:29:55Z"),
                Some("2026-03-14T09:29:55Z"),
                Some(r#"{"originalTimestamp":"2026-03-14T08:29:50Z","sentAt":"2026-03-14T08:29:55Z"}"#),
            ),
            (
                r#"{"originalTimestamp": "2026-03-14T08:29:50Z"}"#,
                None,
                Some("2026-03-14T08:29:50Z"),
                Some(r#"{"originalTimestamp":"2026-03-14T08:29:50Z"}"#),
            ),
            // Nobody knows what clock a time without an offset was read from.
            (r#"{"timestamp": "2026-03-14T08:29:50"}"#, None, None, Some(r#"{"timestamp":"2026-03-14T08:29:50"}"#)),
            (r#"{"timestamp": 1773480590}"#, None, None, Some(r#"{"timestamp":1773480590}"#)),
            // A correction that leaves the calendar is none.
            (
                r#"{"originalTimestamp": "0001-01-02T00:00:00Z", "sentAt": "9998-01-01T00:00:00Z"}"#,
                None,
                Some("0001-01-02T00:00:00Z"),
                Some(r#"{"originalTimestamp":"0001-01-02T00:00:00Z","sentAt":"9998-01-01T00:00:00Z"}"#),
            ),
            ("{}", None, None, None),
        ];
        for (message, batch, expected, kept) in cases {
            let mut members = Members::any(serde_json::from_str(message).unwrap());
            let batch = batch.map(Json::from);
            let (occurred_at, originals) = moment(&mut members, batch.as_ref(), at("2026-03-14T09:30:00Z"));
            assert_eq!(occurred_at, expected.map(at), "{message}");
            assert_eq!(originals.as_deref(), kept, "{message}");
        }
        let long = format!(r#"{{"timestamp": "{}"}}"#, "x".repeat(ID_BYTES_MAX));
        let mut members = Members::any(serde_json::from_str(&long).unwrap());
        assert_eq!(moment(&mut members, None, Instant(0)), (None, None));
    }
}
