//! The model language as a JSON Schema, from the same table of keys that the checker reads.

use rules::model::{KEYS, Key, Section, Shape};
use serde_json::{Map, Value, json};

const ID: &str = "^[a-z][a-z0-9_]*$";
const SPAN: &str = "^[0-9]+ +(day|week|month|quarter|year)s?$";

/// The schema of a whole model.
pub(super) fn schema() -> Value {
    let mut schema = section(Section::Model);
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".into(), json!("Fervor model"));
        object.insert("required".into(), json!(["score"]));
    }
    schema
}

fn section(section: Section) -> Value {
    let keys = || KEYS.iter().filter(move |key| key.section == section);
    let properties: Map<String, Value> = keys().map(|key| (key.name.to_owned(), property(key))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn property(key: &Key) -> Value {
    let mut property = shape(key);
    let kinds = if key.kinds.is_empty() || key.kinds.len() == 6 {
        String::new()
    } else {
        format!(" (in rules of the kind {})", key.kinds.join(", "))
    };
    if let Some(object) = property.as_object_mut() {
        object.insert("description".into(), json!(format!("{}{kinds}", key.meaning)));
    }
    property
}

fn shape(key: &Key) -> Value {
    let number = json!({ "type": "number" });
    match key.shape {
        Shape::Text | Shape::Condition | Shape::Name => json!({ "type": "string" }),
        Shape::Id => json!({ "type": "string", "pattern": ID }),
        Shape::Number => number,
        Shape::Whole(least) => json!({ "type": "integer", "minimum": least }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Period => json!({ "type": "string", "pattern": SPAN }),
        Shape::DaysOrWeeks => json!({ "type": "string", "pattern": "^[0-9]+ +(day|week)s?$" }),
        Shape::Types => json!({
            "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }]
        }),
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::Pool => json!({ "type": "string", "pattern": "^(sum|mean|median|max|latest|per_capita|top [0-9]+)$" }),
        Shape::Numbers => json!({ "type": "object", "additionalProperties": number, "minProperties": 1 }),
        Shape::Pair => json!({ "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 }),
        // Steps by threshold, or the two keys of a curve.
        Shape::Table(Section::Probability) => json!({
            "oneOf": [
                section(Section::Probability),
                { "type": "object", "additionalProperties": { "type": "number", "minimum": 0, "maximum": 1 }, "minProperties": 1 },
            ]
        }),
        Shape::Table(inner) => section(inner),
        Shape::Tables(inner) => json!({ "type": "array", "items": section(inner), "minItems": 1 }),
        Shape::Keyed(inner) => json!({
            "type": "object",
            "patternProperties": { ID: section(inner) },
            "additionalProperties": false,
        }),
    }
}
