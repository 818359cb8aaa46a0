//! Which items can be kept at all: objects of a bounded size whose texts every store can hold.

use std::io::{self, Write};

use serde_json::Value;

use super::bounds::ITEM_BYTES_MAX;
use crate::fact::{Reason, Refusal};

/// A JSON object, its members in the order in which they were sent.
pub(super) type Object = serde_json::Map<String, Value>;

/// Lets an item through that is an object within the bounds.
pub(super) fn object(item: Value) -> Result<Object, Refusal> {
    let Value::Object(object) = item else {
        return Err(Refusal::new(Reason::Malformed, format!("this is {}, not a JSON object", kind_of(&item))));
    };
    if serde_json::to_writer(Room(ITEM_BYTES_MAX), &object).is_err() {
        return Err(too_long());
    }
    match object.iter().find_map(|(name, value)| nul_in(name, value)) {
        None => Ok(object),
        Some(place) => {
            let place = shown(&place);
            let message = format!("{place} has the character NUL (\\u0000) in it, which cannot be stored: remove it");
            Err(Refusal::new(Reason::Malformed, message))
        }
    }
}

pub(super) fn too_long() -> Refusal {
    let message = format!("the item is longer than {ITEM_BYTES_MAX} bytes; leave out what no score needs");
    Refusal::new(Reason::TooLong, message)
}

/// What sort of JSON a value is, in words.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A name between backquotes, as much of it as is needed to recognise it by.
pub(super) fn shown(name: &str) -> String {
    const CHARS_MAX: usize = 60;
    let begin: String = name.chars().take(CHARS_MAX).flat_map(char::escape_debug).collect();
    let rest = if name.chars().nth(CHARS_MAX).is_some() { "…" } else { "" };
    format!("`{begin}{rest}`")
}

/// Where a NUL stands: PostgreSQL keeps none, in no text. The parser bounds the depth.
fn nul_in(name: &str, value: &Value) -> Option<String> {
    let here = match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(|value| nul_in("", value).is_some()),
        Value::Object(object) => {
            let inner = object.iter().find_map(|(name, value)| nul_in(name, value));
            return inner.map(|inner| format!("{name}.{inner}")).or_else(|| nul_in(name, &Value::Null));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    };
    (here || name.contains('\0')).then(|| name.to_owned())
}

/// Takes so many bytes, and keeps none of them.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_kept_is_named() {
        let cases = [
            (json!(5), Reason::Malformed, "this is a number, not a JSON object"),
            (json!([{}]), Reason::Malformed, "this is a list, not"),
            (json!({ "a": "x\0" }), Reason::Malformed, "`a` has the character NUL"),
            (json!({ "a": { "b": ["x", { "c": "\0" }] } }), Reason::Malformed, "`a.b` has"),
            (json!({ "a": { "b\0": 1 } }), Reason::Malformed, "`a.b\\0` has"),
            (json!({ "\0": {} }), Reason::Malformed, "`\\0` has"),
            (json!({ "a": "x".repeat(ITEM_BYTES_MAX - 7) }), Reason::TooLong, "longer than 32768 bytes"),
        ];
        for (item, reason, said) in cases {
            let refusal = object(item).unwrap_err();
            assert_eq!(refusal.reason, reason, "{said}");
            assert!(refusal.message.contains(said), "{}", refusal.message);
        }
        // The name, its quotes, the colon, the quotes of the text and the braces: eight bytes beside it.
        assert!(object(json!({ "a": "x".repeat(ITEM_BYTES_MAX - 8) })).is_ok());
        assert_eq!(shown(&"é".repeat(61)), format!("`{}…`", "é".repeat(60)));
    }
}
