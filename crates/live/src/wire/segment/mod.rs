//! The dialect of Segment and RudderStack, which many tracking SDKs speak.
//!
//! Whatever an SDK of that family sends is either understood or refused by itself; the rest of its batch is taken.

mod mend;
mod message;
mod moment;

use std::sync::Arc;

use rules::day::{Instant, Zone};

use super::Item;
use super::body::{self, kind_at};
use crate::fact::{Reason, Refusal};

/// What to send, where something else came.
const FORMS: &str = "send {\"batch\": [...]} with a list of messages, or a single message to the path of its type";

/// What a request is, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A list of messages, each with a type of its own.
    Batch,
    /// A message of one type.
    One(Type),
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Somebody did something.
    Track,
    /// Somebody looked at a page.
    Page,
    /// Somebody looked at a screen of an app.
    Screen,
    /// Who somebody is.
    Identify,
    /// Which account somebody belongs to.
    Group,
    /// A visitor is a contact.
    Alias,
}

impl Type {
    /// Every type with its name, in messages and in paths.
    pub const ALL: [(&'static str, Self); 6] = [
        ("track", Self::Track),
        ("page", Self::Page),
        ("screen", Self::Screen),
        ("identify", Self::Identify),
        ("group", Self::Group),
        ("alias", Self::Alias),
    ];

    /// The type of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|&(_, kind)| kind)
    }
}

/// How a request came in.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The source of all that it says: ids of messages are told apart within one.
    pub source: &'a Arc<str>,
    /// The time zone of the model, for the day from which somebody belongs to an account.
    pub zone: &'a Zone,
    /// When it was received.
    pub received: Instant,
}

/// Reads a body: a batch or a single message.
///
/// # Errors
///
/// Where the body as a whole cannot be read.
pub fn read(call: Call, body: &[u8], arrival: Arrival<'_>) -> Result<Vec<Item>, Refusal> {
    // Where it is no JSON and cannot be mended, the places of what was sent are told.
    read_as_it_is(call, body, arrival).or_else(|refusal| {
        let mended = mend::mended(body).and_then(|mended| read_as_it_is(call, &mended, arrival).ok());
        mended.ok_or(refusal)
    })
}

fn read_as_it_is(call: Call, body: &[u8], arrival: Arrival<'_>) -> Result<Vec<Item>, Refusal> {
    let envelope = match body::document(body, FORMS)? {
        envelope @ [b'{', ..] => envelope,
        other => return Err(malformed(&format!("the body is {}", kind_at(other[0])))),
    };
    if let Call::One(kind) = call {
        let message = body::object(body, envelope)?;
        return Ok(vec![message.and_then(|object| message::facts(Some(kind), object, None, arrival))]);
    }
    let members = body::members(body, envelope)?;
    let member = |wanted: &str| members.iter().rev().find(|(name, _)| name == wanted).map(|(_, part)| *part);
    let batch = match member("batch") {
        Some(batch @ [b'[', ..]) => batch,
        Some(other) => return Err(malformed(&format!("`batch` is {}", kind_at(other[0])))),
        None => return Err(malformed("`batch` is missing")),
    };
    let sent_at = member("sentAt").map(|part| body::bounded_value(body, part)).transpose()?;
    body::objects(body, batch, |object| message::facts(None, object?, sent_at.as_ref(), arrival))
}

fn malformed(what: &str) -> Refusal {
    Refusal::new(Reason::Malformed, format!("{what}; {FORMS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_another_form_says_what_to_send() {
        let (zone, source) = (Zone::utc(), Arc::from("web"));
        let arrival = Arrival { source: &source, zone: &zone, received: Instant(0) };
        let cases = [
            ("[]", "the body is a list; send {\"batch\""),
            ("{}", "`batch` is missing; send"),
            (r#"{"batch": {}}"#, "`batch` is an object; send"),
            (r#"{"batch": ["#, "line 1, column 11: the JSON ends too early"),
        ];
        for (body, said) in cases {
            let refusal = read(Call::Batch, body.as_bytes(), arrival).unwrap_err();
            assert_eq!(refusal.reason, Reason::Malformed);
            assert!(refusal.message.contains(said), "{}", refusal.message);
        }
        assert_eq!(read(Call::Batch, br#"{"batch": []}"#, arrival), Ok(Vec::new()));
        let items = read(Call::Batch, br#"{"batch": [7, {"type": "alias"}]}"#, arrival).unwrap();
        let reasons: Vec<_> = items.into_iter().map(|item| item.unwrap_err().reason).collect();
        assert_eq!(reasons, [Reason::Malformed, Reason::Missing]);
        let cut =
            br#"{"batch": [{"type": "track", "userId": 1, "event": "a", "properties": {"x": "\ud83d", "y": NaN}}]}"#;
        assert!(read(Call::Batch, cut, arrival).unwrap()[0].is_ok());
        let broken = read(Call::Batch, br#"{"batch": NaN,}"#, arrival).unwrap_err();
        assert!(broken.message.starts_with("line 1, column 11"), "{}", broken.message);
    }
}
