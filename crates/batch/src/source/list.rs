//! Where the rows of a JSON value stand: it is one, its elements are, or those of a list inside it.

use serde_json::Value;

use super::Reason;

/// The elements of the list at a path, each with what stands around the list; without a path those
/// of the list itself. What has no such list, or an empty one, is told and never passed over.
pub(super) fn rows_of(mut outer: Value, path: Option<&str>) -> Vec<Result<Value, Reason>> {
    let Some(path) = path else {
        return match outer {
            Value::Array(elements) => elements.into_iter().map(Ok).collect(),
            one => vec![Ok(one)],
        };
    };
    let list = pointer(&outer, path).and_then(|place| outer.pointer_mut(&place)).map(Value::take);
    match (list, outer) {
        (Some(Value::Array(elements)), around) if !elements.is_empty() => {
            elements.into_iter().map(|element| Ok(with_around(element, &around))).collect()
        }
        (None, Value::Array(documents)) => {
            documents.into_iter().flat_map(|document| rows_of(document, Some(path))).collect()
        }
        _ => vec![Err(Reason::NoRows { path: path.to_owned() })],
    }
}

/// A row with what stands around its list; its own values come first.
fn with_around(element: Value, around: &Value) -> Value {
    match (element, around) {
        (Value::Object(own), Value::Object(around)) => {
            let mut row = around.clone();
            row.extend(own);
            Value::Object(row)
        }
        (other, _) => other,
    }
}

/// Where a path with dots leads; a dot may belong to a name.
fn pointer(value: &Value, path: &str) -> Option<String> {
    let step = |name: &str| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
    if value.pointer(&step(path)).is_some() {
        return Some(step(path));
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let first = step(&path[..dot]);
        let rest = pointer(value.pointer(&first)?, &path[dot + 1..])?;
        Some(first + &rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_path_or_are_missed() {
        let cases = [
            (r#"[{"a":1},{"a":2}]"#, None, &[r#"{"a":1}"#, r#"{"a":2}"#][..]),
            (r#"{"a":[{"b":1}]}"#, None, &[r#"{"a":[{"b":1}]}"#]),
            (
                r#"{"n":7,"a":[{"b":1},{"b":2}]}"#,
                Some("a"),
                &[r#"{"n":7,"a":null,"b":1}"#, r#"{"n":7,"a":null,"b":2}"#],
            ),
            (r#"{"a":{"b.c":[{"d":1}]}}"#, Some("a.b.c"), &[r#"{"a":{"b.c":null},"d":1}"#]),
            (r#"[{"a":[{"b":1}]},{"a":[]}]"#, Some("a"), &[r#"{"a":null,"b":1}"#, "no rows stand at `a`"]),
            (r#"{"a":[]}"#, Some("a"), &["no rows stand at `a`"]),
            (r#"{"b":1}"#, Some("a"), &["no rows stand at `a`"]),
            ("[]", None, &[]),
        ];
        for (json, path, expected) in cases {
            let rows = rows_of(serde_json::from_str(json).unwrap(), path);
            let told: Vec<_> = rows
                .into_iter()
                .map(|row| row.map_or_else(|reason| reason.to_string(), |row| row.to_string()))
                .collect();
            assert_eq!(told, expected, "{json} at {path:?}");
        }
    }
}
