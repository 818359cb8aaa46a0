//! Where the rows of JSON stand: each object of a file is one, or the elements of a list in the only one.

use std::io::Read as _;

use serde_json::Value;

use super::Guessed;
use crate::source::content::Content;

/// So much of a document is looked at.
const DOCUMENT_BYTES_MAX: u64 = 16 << 20;

/// Finds the list of rows of a document. A file with several objects has one row each, whatever lists
/// are in them.
pub(super) fn rows(text: Content, guessed: &mut Guessed) {
    let mut bytes = Vec::new();
    if text.take(DOCUMENT_BYTES_MAX).read_to_end(&mut bytes).is_err() {
        return;
    }
    let mut objects = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
    let Some(Ok(only)) = objects.next() else { return };
    if objects.next().is_some() {
        return;
    }
    let mut lists = Vec::new();
    find_lists(&only, "", &mut lists);
    match &lists[..] {
        [] => {}
        [(path, _)] => {
            if has_values_around(&only) {
                guessed
                    .doubts
                    .push(format!("each element of the list at `{path}` becomes a row, with what stands around it"));
            }
            guessed.form.rows = Some(path.clone());
        }
        several => {
            let places: Vec<_> = several.iter().map(|(path, count)| format!("`{path}` ({count})")).collect();
            let question = format!("lists stand at {}: which of them has the rows?", places.join(" and "));
            guessed.questions.push(question);
            // The longest shows what columns there may be.
            guessed.form.rows = several.iter().max_by_key(|(_, count)| count).map(|(path, _)| path.clone());
        }
    }
}

/// Lists of objects, each with its path and how many elements it has.
fn find_lists(value: &Value, path: &str, lists: &mut Vec<(String, usize)>) {
    let Some(object) = value.as_object() else { return };
    for (name, value) in object {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            Value::Array(elements) if elements.iter().any(Value::is_object) => lists.push((path, elements.len())),
            Value::Object(_) => find_lists(value, &path, lists),
            _ => {}
        }
    }
}

/// Whether a document says something of its own beside its list.
fn has_values_around(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    object.values().any(|value| match value {
        Value::Object(_) => has_values_around(value),
        other => !other.is_array() && !other.is_null(),
    })
}
