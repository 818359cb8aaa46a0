//! Values as facts carry them: nested objects flattened with dots, as in files.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::decimal::Decimal;
use rules::value::{Attributes, Value};
use serde_json::Value as Json;

use super::bounds;
use super::text::Object;
use crate::fact::Refusal;

/// Values by name; `None` is null or empty text: there, and missing.
pub(super) type Flat = BTreeMap<Arc<str>, Option<Value>>;

/// The values of an object.
pub(super) fn flat(object: Object) -> Result<Flat, Refusal> {
    let mut flat = Flat::new();
    flatten(None, object, &mut flat)?;
    Ok(flat)
}

/// The values of an object that are not missing.
pub(super) fn properties(object: Object) -> Result<Attributes, Refusal> {
    Ok(flat(object)?.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// The parser bounds the depth; names and their number are bounded here, before they multiply.
fn flatten(prefix: Option<&str>, object: Object, into: &mut Flat) -> Result<(), Refusal> {
    for (name, value) in object {
        let name = prefix.map_or(name.clone(), |prefix| format!("{prefix}.{name}"));
        bounds::name(&name)?;
        if let Json::Object(inner) = value {
            flatten(Some(&name), inner, into)?;
        } else {
            into.insert(name.into(), value_of(value));
            bounds::names(into.len())?;
        }
    }
    Ok(())
}

/// A JSON value as facts carry it; null and empty text are missing.
pub(super) fn value_of(value: Json) -> Option<Value> {
    match value {
        Json::Null => None,
        Json::Bool(truth) => Some(Value::Bool(truth)),
        // A number beyond the range stays as it is written: it may be an id.
        Json::Number(number) => {
            let text = number.to_string();
            let read = Decimal::parse(&text).map(Value::Number);
            Some(read.unwrap_or_else(|_| Value::from(text.as_str())))
        }
        Json::String(text) => Value::text_of(&text),
        other @ (Json::Array(_) | Json::Object(_)) => Value::text_of(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Reason;

    fn object(text: &str) -> Object {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn values_are_those_of_files() {
        let text = r#"{"a": {"b": 1.50, "c": {"d": true}}, "list": [1, {"x": 2.50}], "none": null, "empty": "",
            "fine": 0.00005, "long": 12345678901234567890, "text": " x ", "nothing": {}}"#;
        let shown: Vec<_> = properties(object(text)).unwrap().into_iter().map(|pair| format!("{pair:?}")).collect();
        let number = |units: i64| format!("{:?}", Value::Number(Decimal::from_units(units)));
        let expected = [
            format!(r#"("a.b", {})"#, number(15_000)),
            r#"("a.c.d", Bool(true))"#.to_owned(),
            format!(r#"("fine", {})"#, number(1)),
            r#"("list", Text("[1,{\"x\":2.50}]"))"#.to_owned(),
            r#"("long", Text("12345678901234567890"))"#.to_owned(),
            r#"("text", Text(" x "))"#.to_owned(),
        ];
        assert_eq!(shown, expected);
        let flat = flat(object(r#"{"a": {"b": null}, "c": ""}"#)).unwrap();
        assert_eq!(flat, Flat::from([("a.b".into(), None), ("c".into(), None)]));
    }

    #[test]
    fn names_are_bounded_before_they_multiply() {
        let many = |count: usize| (0..count).map(|index| (index.to_string(), Json::Bool(true))).collect::<Object>();
        assert!(flat(many(bounds::NAMES_MAX)).is_ok());
        assert_eq!(flat(many(bounds::NAMES_MAX + 1)).unwrap_err().reason, Reason::TooLong);
        let long = |bytes: usize| {
            Object::from_iter([("a".to_owned(), Json::from(many(1)))])
                .into_iter()
                .map(move |(name, value)| (name.repeat(bytes), value))
                .collect::<Object>()
        };
        // A dot and a zero follow the name outside.
        assert!(flat(long(bounds::NAME_BYTES_MAX - 2)).is_ok());
        let refusal = flat(long(bounds::NAME_BYTES_MAX - 1)).unwrap_err();
        assert_eq!(refusal.reason, Reason::TooLong);
        assert!(refusal.message.len() < 200, "{}", refusal.message);
    }
}
