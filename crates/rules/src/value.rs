//! What a fact says: a text, a number or a truth value, typed by its use.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::day::{Day, Zone};
use crate::decimal::{Decimal, ParseError};

/// A value that a fact carries. What is missing is not a value: see [`Attributes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, as written. It may well be read as a number or a date where the use calls for one.
    Text(Arc<str>),
    /// A number.
    Number(Decimal),
    /// A truth value.
    Bool(bool),
}

impl Value {
    /// Text, unless it is empty: empty is missing.
    pub fn text_of(text: &str) -> Option<Self> {
        if text.is_empty() { None } else { Some(Self::Text(text.into())) }
    }

    /// Read as text; a number is its shortest decimal.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        }
    }

    /// Read as a number.
    pub fn number(&self) -> Result<Decimal, ParseError> {
        match self {
            Self::Text(text) => Decimal::parse(text),
            Self::Number(number) => Ok(*number),
            Self::Bool(_) => Err(ParseError::NotANumber),
        }
    }

    /// Read as a truth value: `true` or `false`, in any letter case.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Self::Bool(truth) => Some(*truth),
            Self::Text(_) | Self::Number(_) => None,
        }
    }

    /// Read as a local date: of a date, or of a time in the zone.
    pub fn day(&self, zone: &Zone) -> Option<Day> {
        match self {
            Self::Text(text) => zone.day(text),
            Self::Number(_) | Self::Bool(_) => None,
        }
    }

    /// Appends the value as canonical JSON.
    pub(crate) fn write_json(&self, out: &mut String) {
        match self {
            Self::Text(text) => write_json_text(text, out),
            Self::Number(_) | Self::Bool(_) => out.push_str(&self.text()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// Names and values of a contact, an account, an opportunity, or the properties of an activity.
/// A name that is not there is missing.
pub type Attributes = BTreeMap<Arc<str>, Value>;

/// Appends the attributes as a canonical JSON object: names in byte order, no blanks.
pub(crate) fn write_json_object(attributes: &Attributes, out: &mut String) {
    out.push('{');
    for (index, (name, value)) in attributes.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_json_text(name, out);
        out.push(':');
        value.write_json(out);
    }
    out.push('}');
}

/// Appends a text as a JSON string with the fewest escapes that JSON allows.
pub(crate) fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if u32::from(control) < 0x20 => {
                write!(out, "\\u{:04x}", u32::from(control)).expect("a String takes any text");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_canonical() {
        let mut attributes = Attributes::new();
        attributes.insert("b".into(), Value::Number(Decimal::from_units(15_000)));
        attributes.insert("a".into(), Value::from("x\"\\\n\u{1}é"));
        attributes.insert("c".into(), Value::Bool(true));
        let mut out = String::new();
        write_json_object(&attributes, &mut out);
        assert_eq!(out, r#"{"a":"x\"\\\n\u0001é","b":1.5,"c":true}"#);
    }

    #[test]
    fn values_are_typed_by_use() {
        assert_eq!(Value::from("5.0").text(), "5.0");
        assert_eq!(Value::from("5.0").number(), Ok(Decimal::from_units(50_000)));
        assert_eq!(Value::from("True").truth(), Some(true));
        assert_eq!(Value::from("1").truth(), None);
        assert_eq!(Value::Bool(true).number(), Err(ParseError::NotANumber));
        assert_eq!(Value::text_of(""), None);
    }
}
