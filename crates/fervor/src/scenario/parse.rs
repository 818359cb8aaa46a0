//! Lines to statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use batch::source::{Kind, value_of};
use rules::day::Day;
use rules::suggest::nearest;
use rules::value::{Attributes, Value};

/// A statement and the line on which it stands.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) statement: Result<Statement, String>,
}

#[derive(Debug)]
pub(super) enum Statement {
    /// What the file pins; for readers only.
    Title,
    /// Facts, date and model are forgotten, unless the model came before the first scenario.
    Scenario(String),
    /// The model, as text.
    Model(String),
    /// The model, in a file beside this one.
    ModelFile(String),
    Fact(Kind, Attributes),
    AsOf(Day),
    Expect(Vec<String>),
}

/// Splits a file into statements. A model's lines are indented and belong to the line above.
pub(super) fn parse(text: &str) -> Vec<Line> {
    let mut lines = text.lines().enumerate().peekable();
    let mut parsed = Vec::new();
    while let Some((index, line)) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let statement = if line.trim_end() == "model" {
            let mut block = Vec::new();
            while let Some((_, inner)) =
                lines.next_if(|(_, line)| line.trim().is_empty() || line.starts_with([' ', '\t', '#']))
            {
                block.push(inner);
            }
            Ok(Statement::Model(without_indent(&block)))
        } else {
            statement(line)
        };
        parsed.push(Line { number: index + 1, statement });
    }
    parsed
}

/// The lines without the blanks that the first one begins with; remarks become empty lines, so
/// that the places in diagnostics stay true.
fn without_indent(block: &[&str]) -> String {
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let mut lines = block.iter().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let indent = lines.next().map_or(0, |first| indent_of(first));
    let cut = |line: &&str| match line.starts_with('#') {
        true => "\n".to_owned(),
        false => line.get(indent..).unwrap_or(line.trim_start()).to_owned() + "\n",
    };
    block.iter().map(cut).collect()
}

fn statement(line: &str) -> Result<Statement, String> {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    match first {
        "title" => return Ok(Statement::Title),
        "scenario" => return Ok(Statement::Scenario(rest.trim().to_owned())),
        "model" => return Ok(Statement::ModelFile(rest.trim().to_owned())),
        _ => {}
    }
    let words = words(line)?;
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    match texts[..] {
        ["as", "of", date] => Day::parse(date).map(Statement::AsOf).ok_or_else(|| format!("`{date}` is not a date")),
        ["expect", ..] => Ok(Statement::Expect(words[1..].to_vec())),
        ["contact", id, ..] => fact(Kind::Contacts, [("id", id)], &words[2..]),
        ["account", id, ..] => fact(Kind::Accounts, [("id", id)], &words[2..]),
        ["opportunity", id, ..] => fact(Kind::Opportunities, [("id", id)], &words[2..]),
        [date, "contact", id, ..] => fact(Kind::Contacts, [("id", id), ("valid_from", date)], &words[3..]),
        [date, "account", id, ..] => fact(Kind::Accounts, [("id", id), ("valid_from", date)], &words[3..]),
        [date, "opportunity", id, ..] => fact(Kind::Opportunities, [("id", id), ("valid_from", date)], &words[3..]),
        [date, "activity", contact, kind, ..] => {
            fact(Kind::Activities, [("occurred_at", date), ("contact", contact), ("type", kind)], &words[4..])
        }
        _ => {
            let known = ["title", "scenario", "model", "as", "expect", "contact", "account", "opportunity"];
            let help = match nearest(first, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "expected scenario, model, as of, expect, or a fact".into(),
            };
            Err(format!("`{first}` begins no statement; {help}"))
        }
    }
}

fn fact<const N: usize>(kind: Kind, columns: [(&str, &str); N], pairs: &[String]) -> Result<Statement, String> {
    let mut cells: BTreeMap<Arc<str>, Value> =
        columns.into_iter().map(|(column, text)| (column.into(), Value::from(text))).collect();
    for pair in pairs {
        let (key, text) = pair.split_once('=').ok_or_else(|| {
            format!("`{pair}` is not key=value; no blanks around =, and quotes around a value with blanks")
        })?;
        // `key:=JSON` carries a number or a truth value, as JSON lines do.
        let (key, value) = match key.strip_suffix(':') {
            Some(key) => (key, json(text)?),
            None => (key, Value::text_of(text)),
        };
        if let Some(value) = value {
            cells.insert(key.into(), value);
        }
    }
    Ok(Statement::Fact(kind, cells))
}

fn json(text: &str) -> Result<Option<Value>, String> {
    let value = serde_json::from_str(text).map_err(|error| format!("`{text}` is not JSON: {error}"))?;
    match value {
        serde_json::Value::Object(_) => Err(format!("`{text}` is an object; name its parts with dots")),
        other => Ok(value_of(other)),
    }
}

/// Words between blanks; within quotes a blank is part of the word.
fn words(line: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut begun, mut quoted) = (Vec::new(), String::new(), false, false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => (quoted, begun) = (!quoted, true),
            // Behind a blank it begins a remark.
            '#' if !quoted && !begun => break,
            '\\' if quoted => word.extend(letters.next()),
            blank if blank.is_whitespace() && !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            other => {
                word.push(other);
                begun = true;
            }
        }
    }
    if quoted {
        return Err("a quote is left open".into());
    }
    if begun {
        words.push(word);
    }
    Ok(words)
}
