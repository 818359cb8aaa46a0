//! Schemas in words.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::input::title;

/// A text as it may stand anywhere in a page.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A text of ours, in which what stands between backquotes is code.
pub(super) fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    parts.collect()
}

/// A link to a schema by its title.
pub(super) fn link(schema: &str) -> String {
    let title = title(schema);
    format!("<a href=\"#schema-{schema}\">{}</a>", escaped(if title.is_empty() { schema } else { title }))
}

/// What sort of value a schema lets through.
pub(super) fn kind(schema: &Json) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next()) {
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if let Some(only) = schema.get("const") {
        return format!("always <code>{}</code>", escaped(&only.to_string()));
    }
    let types: Vec<&str> = match &schema["type"] {
        Json::String(one) => vec![one],
        Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
        _ => return "anything".to_owned(),
    };
    types.into_iter().map(|one| word(one, schema)).collect::<Vec<_>>().join(" or ")
}

fn word(kind: &str, schema: &Json) -> String {
    let word = match (kind, schema["format"].as_str()) {
        ("string", Some("date")) => "date",
        ("string", Some("date-time")) => "time",
        ("string", _) => "text",
        ("integer", _) => "whole number",
        ("boolean", _) => "true or false",
        ("array", _) if schema.get("items").is_some() => return format!("list of {}", self::kind(&schema["items"])),
        ("array", _) => "list",
        ("object", _) if schema["additionalProperties"].is_object() => {
            return format!("by name, {}", self::kind(&schema["additionalProperties"]));
        }
        (other, _) => other,
    };
    word.to_owned()
}

/// The bounds of a value, as a sentence.
pub(super) fn bounds(schema: &Json) -> String {
    let mut parts = Vec::new();
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> =
            words.iter().map(|word| format!("<code>{}</code>", escaped(word.as_str().unwrap_or("null")))).collect();
        parts.push(format!("One of {}.", words.join(", ")));
    }
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(least), Some(most)) => parts.push(format!("From {least} to {most}.")),
        (Some(least), None) if least > 0 => parts.push(format!("At least {least}.")),
        _ => {}
    }
    if let Some(usual) = schema.get("default") {
        let usual = usual.as_str().map_or_else(|| usual.to_string(), ToOwned::to_owned);
        parts.push(format!("If it is missing, <code>{}</code>.", escaped(&usual)));
    }
    parts.iter().map(|part| format!(" {part}")).collect()
}

/// A schema: what it is, and its members.
pub(super) fn describe(schema: &Json, out: &mut String) {
    let text = |name: &str| schema[name].as_str().unwrap_or_default();
    if !text("title").is_empty() {
        _ = writeln!(out, "<p class=\"summary\">{}</p>", prose(text("title")));
    }
    if !text("description").is_empty() {
        _ = writeln!(out, "<p>{}</p>", prose(text("description")));
    }
    let bounds = bounds(schema);
    if schema.get("properties").is_none() {
        _ = writeln!(out, "<p class=\"kind\">{}.{bounds}</p>", kind(schema));
    }
    if let Some(parents) = schema["allOf"].as_array() {
        let parents: Vec<String> = parents.iter().map(kind).collect();
        _ = writeln!(out, "<p>All of {}, and:</p>", parents.join(", "));
    }
    members(schema, out);
}

/// The members of an object, and of objects in it.
fn members(schema: &Json, out: &mut String) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let needed: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    out.push_str("<dl class=\"members\">\n");
    for (name, member) in properties {
        let needed = if needed.contains(&name.as_str()) { "" } else { ", may be missing" };
        _ = write!(out, "<dt><code>{}</code> <span class=\"kind\">{}{needed}</span></dt>", escaped(name), kind(member));
        _ = write!(out, "<dd>{}{}", prose(member["description"].as_str().unwrap_or_default()), bounds(member));
        members(member, out);
        members(&member["items"], out);
        _ = writeln!(out, "</dd>");
    }
    out.push_str("</dl>\n");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_anybody_wrote_is_text() {
        assert_eq!(escaped(r#"<a b="c">&'"#), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
        assert_eq!(prose("a `<b>` c"), "a <code>&lt;b&gt;</code> c");
    }

    #[test]
    fn sorts_of_values_have_words() {
        for (schema, expected) in [
            (json!({"type": ["string", "null"], "format": "date"}), "date or null"),
            (json!({"type": "array", "items": {"type": "integer"}}), "list of whole number"),
            (json!({"$ref": "#/components/schemas/Id"}), "<a href=\"#schema-Id\">Id</a>"),
            (json!({"anyOf": [{"type": "number"}, {"type": "null"}]}), "number or null"),
            (json!({"const": true}), "always <code>true</code>"),
            (json!({}), "anything"),
        ] {
            assert_eq!(kind(&schema), expected, "{schema}");
        }
        let bounded = json!({"minimum": 1, "maximum": 3, "default": 2});
        assert_eq!(bounds(&bounded), " From 1 to 3. If it is missing, <code>2</code>.");
    }
}
