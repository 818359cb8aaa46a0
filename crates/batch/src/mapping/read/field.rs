//! A field of a table: where its value comes from, and how it is read.

use std::collections::BTreeMap;

use rules::decimal::Decimal;
use rules::value::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::keys::OF_FIELD;
use super::super::{Field, Mark, Order, Origin, Reading};
use super::{Node, Reader};

const ASKED_DECIMAL: &str = "is 1,234 a thousand or a bit more than one?";
const ASKED_DATES: &str = "is 03/04/2024 in March (mdy) or in April (dmy)?";

impl Reader {
    /// `"*" = "*"`, or how all other columns are read.
    pub(super) fn others(&mut self, node: &Node<'_>, place: &str) -> Option<Reading> {
        match node.get_ref() {
            DeValue::String(star) if star == "*" => Some(Reading::default()),
            DeValue::Table(entries) => {
                let known = ["decimal", "dates", "lowercase", "values", "otherwise"];
                Some(self.reading(entries, &known, &format!("`\"*\"` in {place}")))
            }
            _ => {
                self.expected(node, "\"*\"", place, "\"*\": every other column under its own name");
                None
            }
        }
    }

    pub(super) fn field(&mut self, name: &str, node: &Node<'_>, place: &str) -> Option<Field> {
        let field = |origin, reading, or_skip| Some(Field { name: name.into(), origin, reading, or_skip });
        let entries = match node.get_ref() {
            DeValue::String(column) if column == "?" => {
                let message = format!("`{name}` in {place} leaves a question open: which column is it?");
                let help = "write the name of the column, or { constant = \"...\" } where all rows have the same";
                self.refuse(node.span(), message, "answer it here", Some(help.into()));
                return None;
            }
            DeValue::String(column) => return field(Origin::Column(column.to_string()), Reading::default(), false),
            DeValue::Table(entries) => entries,
            _ => {
                self.expected(
                    node,
                    name,
                    place,
                    "the name of a column, or a table such as { constant = \"purchase\" }",
                );
                return None;
            }
        };
        let place = format!("`{name}` in {place}");
        let known: Vec<_> = OF_FIELD.iter().map(|key| key.name).collect();
        let reading = self.reading(entries, &known, &place);
        let or_skip = entries.get("or_skip").is_some_and(|node| self.flag(node, "or_skip", &place));
        let origin = self.origin(entries, node, &place)?;
        field(origin, reading, or_skip)
    }

    fn origin(&mut self, entries: &DeTable<'_>, node: &Node<'_>, place: &str) -> Option<Origin> {
        let given = ["column", "columns", "constant"].into_iter().filter_map(|key| Some((key, entries.get(key)?)));
        let given: Vec<_> = given.collect();
        match given[..] {
            [("column", column)] => {
                self.without_effect(entries, &["join"], "beside `column`", place);
                Some(Origin::Column(self.text(column, "column", place)?.to_owned()))
            }
            [("columns", columns)] => {
                let join = entries.get("join").and_then(|node| self.text(node, "join", place)).unwrap_or_default();
                Some(Origin::Columns(self.texts(columns, "columns", place), join.to_owned()))
            }
            [("constant", constant)] => {
                let others: Vec<_> = OF_FIELD.iter().map(|key| key.name).filter(|key| *key != "constant").collect();
                self.without_effect(entries, &others, "beside `constant`", place);
                self.constant(constant, place).map(Origin::Constant)
            }
            _ => {
                let help = Some("for example { column = \"Total\", decimal = \",\" }".to_owned());
                let message = format!("{place} needs one of `column`, `columns` and `constant`");
                self.refuse(
                    node.span(),
                    message,
                    if given.is_empty() { "none of them" } else { "more than one" },
                    help,
                );
                None
            }
        }
    }

    /// What somebody wrote for a reason, and what would be passed over, is a mistake.
    fn without_effect(&mut self, entries: &DeTable<'_>, keys: &[&str], beside: &str, place: &str) {
        for (key, _) in entries.iter().filter(|(key, _)| keys.contains(&key.get_ref().as_ref())) {
            let message = format!("`{}` {beside} in {place} has no effect", key.get_ref());
            self.refuse(key.span(), message, "take it away", None);
        }
    }

    fn constant(&mut self, node: &Node<'_>, place: &str) -> Option<Value> {
        let value = match node.get_ref() {
            DeValue::String(text) => Value::text_of(text),
            DeValue::Boolean(truth) => Some(Value::Bool(*truth)),
            DeValue::Integer(number) => Decimal::parse(number.as_str()).ok().map(Value::Number),
            DeValue::Float(number) => Decimal::parse(number.as_str()).ok().map(Value::Number),
            _ => None,
        };
        if value.is_none() {
            self.expected(node, "constant", place, "a text that is not empty, a number, true or false");
        }
        value
    }

    fn reading(&mut self, entries: &DeTable<'_>, known: &[&str], place: &str) -> Reading {
        let mut reading = Reading::default();
        for (key, node) in entries {
            let name: &str = key.get_ref();
            match name {
                _ if !known.contains(&name) => self.unknown(key, place, known),
                "values" => reading.values = self.values(node, place),
                "otherwise" => reading.otherwise = self.text(node, name, place).map(str::to_owned),
                "lowercase" => reading.lowercase = self.flag(node, name, place),
                "split" => {
                    reading.split = self.text(node, name, place).map(str::to_owned).filter(|text| !text.is_empty())
                }
                "decimal" => reading.decimal = self.word(node, name, place, &Mark::ALL, ASKED_DECIMAL),
                "dates" => reading.dates = self.word(node, name, place, &Order::ALL, ASKED_DATES),
                "divide" => reading.divide = self.tens(node, place),
                _ => {}
            }
        }
        if reading.otherwise.is_some() && reading.values.is_empty() {
            let span = entries.keys().find(|key| key.get_ref() == "otherwise").map_or(0..0, Spanned::span);
            self.refuse(span, format!("`otherwise` in {place} needs `values`"), "other than what?", None);
        }
        reading
    }

    /// A power of ten, by which numbers are divided exactly.
    fn tens(&mut self, node: &Node<'_>, place: &str) -> Option<u32> {
        let DeValue::Integer(number) = node.get_ref() else {
            self.expected(node, "divide", place, "a number such as 100");
            return None;
        };
        let tens = (1..=9).find(|tens| number.as_str().parse() == Ok(10_u64.pow(*tens)));
        if tens.is_none() {
            self.expected(node, "divide", place, "10, 100, 1000 and so on, so that nothing is rounded");
        }
        tens
    }

    fn values(&mut self, node: &Node<'_>, place: &str) -> BTreeMap<String, String> {
        let DeValue::Table(entries) = node.get_ref() else {
            self.expected(node, "values", place, "a table such as { \"Attended\" = \"event_attended\" }");
            return BTreeMap::new();
        };
        let pair = |(key, node): (&Spanned<std::borrow::Cow<'_, str>>, &Node<'_>)| {
            let other = match node.get_ref() {
                DeValue::Boolean(truth) => truth.to_string(),
                DeValue::Integer(number) => number.as_str().to_owned(),
                _ => self.text(node, key.get_ref(), place)?.to_owned(),
            };
            Some((key.get_ref().to_string(), other))
        };
        entries.iter().filter_map(pair).collect()
    }

    fn flag(&mut self, node: &Node<'_>, key: &str, place: &str) -> bool {
        match node.get_ref() {
            DeValue::Boolean(flag) => *flag,
            _ => {
                self.expected(node, key, place, "true or false");
                false
            }
        }
    }

    /// One of some words. A question mark is a question that somebody has to answer.
    fn word<T: Copy>(
        &mut self,
        node: &Node<'_>,
        key: &str,
        place: &str,
        words: &[(&str, T)],
        asked: &str,
    ) -> Option<T> {
        let text = self.text(node, key, place)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let listed = words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
            let (message, label, help) = match text {
                "?" => {
                    let kind = if key == "dates" { "no date" } else { "no number" };
                    let help = format!("write one of {listed}; or take `{key}` away if it is {kind}");
                    (format!("{place} leaves a question open: {asked}"), "answer it here", help)
                }
                _ => {
                    let help = format!("write one of {listed}");
                    (format!("`{key}` in {place} expects one of {listed}"), "none of them", help)
                }
            };
            self.refuse(node.span(), message, label, Some(help));
        }
        found
    }
}
