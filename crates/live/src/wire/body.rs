//! From bytes to items: one JSON object, a list of them, or one object a line.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::bounds::{ITEM_BYTES_MAX, ITEMS_MAX};
use super::text::{self, Object, kind_of};
use crate::fact::{Reason, Refusal};

/// What to send, where something else came.
const FORMS: &str = "send one JSON object, a list of them, or one object a line";

/// Bytes of an item as it is sent, blanks and all. What is longer is not read at all: a list of numbers takes fifty
/// times its length once it is, and the bounds of an item that was read would come too late.
const RAW_MAX: usize = 8 * ITEM_BYTES_MAX;

/// Reads the items of a body one after the other, so that no more than one is held beside what became of the others;
/// or says why it has none.
pub(super) fn items<T>(body: &[u8], mut read: impl FnMut(Result<Object, Refusal>) -> T) -> Result<Vec<T>, Refusal> {
    if is_lines(body) {
        bounded(lines(body).count())?;
        return Ok(lines(body).map(|(number, line)| read(item(number, line))).collect());
    }
    let document = document(body, FORMS)?;
    match document[0] {
        b'[' => objects(body, document, read),
        b'{' => Ok(vec![read(object(body, document)?)]),
        first => Err(malformed(format!("the body is {}; {FORMS}", kind_at(first)))),
    }
}

/// The whole body, which is one JSON value, without what stands around it; `forms` says what should have come.
pub(super) fn document<'a>(body: &'a [u8], forms: &str) -> Result<&'a [u8], Refusal> {
    let document = without_mark(body).trim_ascii();
    if document.is_empty() {
        return Err(malformed(format!("the body is empty; {forms}")));
    }
    let read: Result<IgnoredAny, _> = serde_json::from_slice(without_mark(body));
    match read {
        Ok(_) => Ok(document),
        Err(error) => Err(unreadable(place(error.line(), error.column()), &error, forms)),
    }
}

fn unreadable(place: String, error: &serde_json::Error, forms: &str) -> Refusal {
    malformed(format!("{place}: {}. Nothing of this body is taken; {forms}", words(error)))
}

/// A part of a body that is JSON as a whole. What may be wrong still is in its texts and its depth.
fn value(body: &[u8], part: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(part).map_err(|error| {
        // It is a part of the body: what comes before it is what lies before it.
        let before = &body[..(part.as_ptr().addr() - body.as_ptr().addr()).min(body.len())];
        let lines = before.iter().filter(|byte| **byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
        let column = if error.line() == 1 { column + error.column() } else { error.column() };
        unreadable(place(lines + error.line(), column), &error, FORMS)
    })
}

/// A part as an object: the refusal of the item, within that of the whole body.
pub(super) fn object(body: &[u8], part: &[u8]) -> Result<Result<Object, Refusal>, Refusal> {
    if part.len() > RAW_MAX {
        return Ok(Err(text::too_long()));
    }
    Ok(text::object(value(body, part)?))
}

/// A part whose length is bounded.
pub(super) fn bounded_value(body: &[u8], part: &[u8]) -> Result<Value, Refusal> {
    if part.len() > RAW_MAX { Err(text::too_long()) } else { value(body, part) }
}

/// Reads the objects of a list that is a part of a body.
pub(super) fn objects<T>(
    body: &[u8],
    list: &[u8],
    mut read: impl FnMut(Result<Object, Refusal>) -> T,
) -> Result<Vec<T>, Refusal> {
    bounded(parts(list).count())?;
    parts(list).map(|part| Ok(read(object(body, part)?))).collect()
}

/// The members of an object that is valid JSON, by name.
pub(super) fn members<'a>(body: &'a [u8], object: &'a [u8]) -> Result<Vec<(String, &'a [u8])>, Refusal> {
    let mut members = Vec::new();
    for part in parts(object) {
        let mut name = serde_json::Deserializer::from_slice(part).into_iter::<Value>();
        let Some(Ok(Value::String(text))) = name.next() else {
            return value(body, part).map(|_| Vec::new());
        };
        let rest = part[name.byte_offset()..].trim_ascii_start();
        members.push((text, rest.strip_prefix(b":").unwrap_or(rest).trim_ascii()));
    }
    Ok(members)
}

/// What stands between the commas of a list or an object that is valid JSON.
fn parts(whole: &[u8]) -> impl Iterator<Item = &[u8]> {
    let inner = whole.get(1..whole.len().saturating_sub(1)).unwrap_or_default();
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    let split = inner.split(move |byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => return depth == 0,
            _ => {}
        }
        false
    });
    let is_empty = inner.trim_ascii().is_empty();
    split.map(<[u8]>::trim_ascii).filter(move |_| !is_empty)
}

fn item(number: usize, line: &[u8]) -> Result<Object, Refusal> {
    if line.len() > RAW_MAX {
        return Err(text::too_long());
    }
    let read = serde_json::from_slice(line);
    let value = read.map_err(|error| {
        let (place, words) = (place(number, error.column()), words(&error));
        malformed(format!("{place}: {words}; write the whole object on one line"))
    })?;
    text::object(value)
}

/// What sort of JSON begins so, in words.
pub(super) fn kind_at(first: u8) -> &'static str {
    kind_of(&match first {
        b'"' => Value::String(String::new()),
        b'[' => Value::Array(Vec::new()),
        b'{' => Value::Object(Object::new()),
        b't' | b'f' => Value::Bool(true),
        b'n' => Value::Null,
        _ => Value::from(0),
    })
}

fn bounded(items: usize) -> Result<(), Refusal> {
    if items <= ITEMS_MAX {
        return Ok(());
    }
    let message = format!("the body has {items} items; at most {ITEMS_MAX} are taken at once: send several requests");
    Err(Refusal::new(Reason::TooLong, message))
}

/// Whether every line is an item. The first of them decides: it is whole, where that of a document of several lines is
/// only begun. Where it is broken, the second decides, by beginning with an object as well.
fn is_lines(body: &[u8]) -> bool {
    let is_object = |line: &[u8]| line.trim_ascii_start().starts_with(b"{");
    let mut lines = lines(body).map(|(_, line)| line);
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    let read: Result<IgnoredAny, _> = serde_json::from_slice(first);
    is_object(first) && read.map_or_else(|error| !error.is_eof() && is_object(second), |_| true)
}

/// The lines that are not blank, with their numbers.
fn lines(body: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = (1..).zip(without_mark(body).split(|&byte| byte == b'\n'));
    lines.filter(|(_, line)| !line.trim_ascii().is_empty())
}

/// Without the byte order mark that some programs on Windows begin every text with.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

fn place(line: usize, column: usize) -> String {
    format!("line {line}, column {column}")
}

/// What the parser says is wrong, without the place.
fn words(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the JSON ends too early".into();
    }
    let text = error.to_string();
    let words = text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words);
    format!("this is not JSON ({words})")
}

fn malformed(message: String) -> Refusal {
    Refusal::new(Reason::Malformed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What became of each item: its members, or the words of its refusal.
    fn read(body: &str) -> Result<Vec<String>, String> {
        let told = |item: Result<Object, Refusal>| match item {
            Ok(object) => Value::Object(object).to_string(),
            Err(refusal) => refusal.message,
        };
        items(body.as_bytes(), told).map_err(|refusal| refusal.message)
    }

    #[test]
    fn one_object_a_list_or_lines() {
        let cases: [(&str, &[&str]); 11] = [
            (r#"{"a":1}"#, &[r#"{"a":1}"#]),
            ("\u{feff}{\r\n  \"a\": 1\r\n}\r\n", &[r#"{"a":1}"#]),
            ("{\"a\": {\n\"b\": 1}}\n", &[r#"{"a":{"b":1}}"#]),
            ("{\"list\": [\n{\"a\":1}\n]}", &[r#"{"list":[{"a":1}]}"#]),
            ("[]", &[]),
            ("[\n{\"a\":1},\n{\"a\":2}\n]", &[r#"{"a":1}"#, r#"{"a":2}"#]),
            (r#"[{"a":1}, 5]"#, &[r#"{"a":1}"#, "this is a number, not a JSON object"]),
            ("\n{\"a\":1}\r\n\n {\"a\":2}", &[r#"{"a":1}"#, r#"{"a":2}"#]),
            ("{\"a\":1}\n[]\n", &[r#"{"a":1}"#, "this is a list, not a JSON object"]),
            (
                "{\"a\":1}\n\n{\"a\":\n{}",
                &[r#"{"a":1}"#, "line 3, column 5: the JSON ends too early; write the whole object on one line", "{}"],
            ),
            (
                "{\"a\":x}\n{}",
                &["line 1, column 6: this is not JSON (expected value); write the whole object on one line", "{}"],
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(read(body).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn a_body_that_cannot_be_read_says_where() {
        let deep = "[".repeat(200);
        let whole = format!("[{{\"a\": {}{}}}]", "[".repeat(200), "]".repeat(200));
        let cases = [
            ("", "the body is empty"),
            (" \n ", "the body is empty"),
            ("7", "the body is a number; send one"),
            ("{\"a\": x}", "line 1, column 7: this is not JSON (expected value)"),
            ("{\n\"a\": 1,\n}", "line 3, column 1: this is not JSON (key must be a string)"),
            ("{\"a\": x,\n\"b\": 1}", "line 1, column 7: this is not JSON (expected value)"),
            ("{\"a\": 1", "line 1, column 7: the JSON ends too early"),
            ("[{\"a\":1}\n{\"a\":2}]", "line 2, column 1: this is not JSON (expected `,` or `]`)"),
            (&deep, "the JSON ends too early"),
            (&whole, "recursion limit exceeded"),
        ];
        for (body, said) in cases {
            let message = read(body).unwrap_err();
            assert!(message.contains(said), "{body}: {message}");
        }
        assert!(items(b"{\"a\":\"\xff\"}", drop).unwrap_err().message.starts_with("line 1, column"));
    }

    #[test]
    fn a_body_has_bounded_items() {
        let lines = "{}\n".repeat(ITEMS_MAX);
        assert_eq!(read(&lines).unwrap().len(), ITEMS_MAX);
        for body in [lines + "{}", format!("[{}{{}}]", "{},".repeat(ITEMS_MAX))] {
            assert_eq!(items(body.as_bytes(), drop).unwrap_err().reason, Reason::TooLong);
        }
    }
}
