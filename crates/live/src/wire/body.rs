//! From bytes to items: one JSON object, a list of them, or one object a line.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::bounds::ITEMS_MAX;
use super::text::{self, Object, kind_of};
use crate::fact::{Reason, Refusal};

/// What to send, where something else came.
const FORMS: &str = "send one JSON object, a list of them, or one object a line";

/// The items of a body, or why it has none.
pub(super) fn items(body: &[u8]) -> Result<Vec<Result<Object, Refusal>>, Refusal> {
    if is_lines(body) {
        bounded(lines(body).count())?;
        return Ok(lines(body).map(|(number, line)| item(number, line)).collect());
    }
    match document(body, FORMS)? {
        Value::Array(list) => objects(list),
        object @ Value::Object(_) => Ok(vec![text::object(object)]),
        other => Err(malformed(format!("the body is {}; {FORMS}", kind_of(&other)))),
    }
}

/// The whole body as one JSON value; `forms` says what should have come.
pub(super) fn document(body: &[u8], forms: &str) -> Result<Value, Refusal> {
    let body = without_mark(body);
    if body.trim_ascii().is_empty() {
        return Err(malformed(format!("the body is empty; {forms}")));
    }
    serde_json::from_slice(body).map_err(|error| {
        let (place, words) = (place(error.line(), error.column()), words(&error));
        malformed(format!("{place}: {words}. Nothing of this body is taken; {forms}"))
    })
}

/// The objects of a list.
pub(super) fn objects(list: Vec<Value>) -> Result<Vec<Result<Object, Refusal>>, Refusal> {
    bounded(list.len())?;
    Ok(list.into_iter().map(text::object).collect())
}

fn item(number: usize, line: &[u8]) -> Result<Object, Refusal> {
    let read = serde_json::from_slice(line);
    let value = read.map_err(|error| {
        let (place, words) = (place(number, error.column()), words(&error));
        malformed(format!("{place}: {words}; write the whole object on one line"))
    })?;
    text::object(value)
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
        let items = items(body.as_bytes()).map_err(|refusal| refusal.message)?;
        let told = |item: Result<Object, Refusal>| match item {
            Ok(object) => Value::Object(object).to_string(),
            Err(refusal) => refusal.message,
        };
        Ok(items.into_iter().map(told).collect())
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
        let cases = [
            ("", "the body is empty"),
            (" \n ", "the body is empty"),
            ("7", "the body is a number; send one"),
            ("{\"a\": x}", "line 1, column 7: this is not JSON (expected value)"),
            ("{\n\"a\": 1,\n}", "line 3, column 1: this is not JSON (trailing comma)"),
            ("{\"a\": x,\n\"b\": 1}", "line 1, column 7: this is not JSON (expected value)"),
            ("{\"a\": 1", "line 1, column 7: the JSON ends too early"),
            ("[{\"a\":1}\n{\"a\":2}]", "line 2, column 1: this is not JSON (expected `,` or `]`)"),
            (&deep, "recursion limit exceeded"),
        ];
        for (body, said) in cases {
            let message = read(body).unwrap_err();
            assert!(message.contains(said), "{body}: {message}");
        }
        assert!(items(b"{\"a\":\"\xff\"}").unwrap_err().message.starts_with("line 1, column"));
    }

    #[test]
    fn a_body_has_bounded_items() {
        let lines = "{}\n".repeat(ITEMS_MAX);
        assert_eq!(read(&lines).unwrap().len(), ITEMS_MAX);
        for body in [lines + "{}", format!("[{}{{}}]", "{},".repeat(ITEMS_MAX))] {
            assert_eq!(items(body.as_bytes()).unwrap_err().reason, Reason::TooLong);
        }
    }
}
