//! Rules, exclusions and scores as the fields of forms, and back as keys.
//!
//! ```text
//! of_rule        a rule of any kind
//! of_exclusion   what never counts
//! of_score       a score: bounds, what it is made of, ranks, probability
//! ```

mod of_exclusion;
mod of_rule;
mod of_score;

use std::collections::BTreeMap;

use edit::simple::{self, How, Part, Simple};
use edit::{Problem, Value};
use rules::condition::Condition;
use rules::day::Unit;
use rules::decimal::Decimal;
use rules::model::Model;

use crate::t::{self, Say};

pub(in crate::pages) use of_exclusion::{UNITS as CLOSE, spoken};
pub(in crate::pages) use of_score::{FORMS, percent, word};

/// So many comparisons a form sends at most; more are written as a text.
const PARTS_MAX: usize = 50;

/// How a name can be compared: the words of forms, and those of people.
const HOWS: [(&str, Say); 21] = [
    ("is", t::how_is),
    ("is-not", t::how_is_not),
    ("at-least", t::how_at_least),
    ("at-most", t::how_at_most),
    ("more", t::how_more),
    ("less", t::how_less),
    ("between", t::how_between),
    ("not-between", t::how_not_between),
    ("one-of", t::how_one_of),
    ("none-of", t::how_none_of),
    ("contains", t::how_contains),
    ("contains-not", t::how_contains_not),
    ("begins", t::how_begins),
    ("like", t::how_like),
    ("not-like", t::how_not_like),
    ("any-case-like", t::how_any_case_like),
    ("not-any-case-like", t::how_not_any_case_like),
    ("known", t::how_known),
    ("unknown", t::how_unknown),
    ("true", t::how_true),
    ("not-true", t::how_not_true),
];

/// The fields of a form by name, and what is wrong with them.
#[derive(Clone, Debug, Default)]
pub(in crate::pages) struct Fields {
    /// `activity`, `when` and so on.
    pub(in crate::pages) kind: String,
    values: BTreeMap<String, String>,
    /// The name of the field, and what is wrong.
    errors: Vec<(String, String)>,
}

/// One comparison of a condition, as a row of fields.
#[derive(Clone, Debug, Default)]
pub(in crate::pages) struct Row {
    pub(in crate::pages) place: usize,
    pub(in crate::pages) name: String,
    pub(in crate::pages) how: String,
    pub(in crate::pages) with: String,
}

impl Fields {
    /// What a form has sent.
    pub(in crate::pages) fn sent(kind: &str, values: BTreeMap<String, String>) -> Self {
        Self { kind: kind.to_owned(), values, errors: Vec::new() }
    }

    pub(in crate::pages) fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    pub(in crate::pages) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }

    /// How a name can be compared, in words.
    pub(in crate::pages) fn hows(&self) -> &'static [(&'static str, Say)] {
        &HOWS
    }

    /// The units of spans.
    pub(in crate::pages) fn units(&self) -> &'static [&'static str] {
        &UNITS
    }

    pub(in crate::pages) fn put(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// What is wrong with a field.
    pub(in crate::pages) fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|(field, _)| field == name).map(|(_, error)| error.as_str())
    }

    /// Everything that is wrong: the field, if it is about one, and the message.
    pub(in crate::pages) fn errors(&self) -> &[(String, String)] {
        &self.errors
    }

    fn fill(&mut self, key: &str, value: &Value) {
        let plain = match value {
            Value::Text(text) | Value::Number(text) => text.clone(),
            Value::Flag(flag) => flag.to_string(),
            Value::Texts(_) | Value::Table(_) | Value::Tables(_) => String::new(),
        };
        let inner = |name: &str| match value {
            Value::Table(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| match value {
                Value::Text(text) | Value::Number(text) => text.clone(),
                other => other.written(),
            }),
            _ => None,
        };
        match (key, value) {
            ("category" | "score", _) => self.put("home", format!("{key}:{plain}")),
            ("activity", _) => self.put("types", listed(value)),
            ("after" | "passive", _) => self.put(key, listed(value)),
            ("window" | "every" | "inactive_for", _) => self.span(key, &plain),
            ("half_life" | "fade_out", _) => {
                self.put("fade", key);
                self.span("fade", &plain);
            }
            ("step_down", _) => {
                self.put("fade", key);
                self.put("percent", inner("percent").unwrap_or_default());
                self.span("fade", &inner("every").unwrap_or_default());
                self.put("compound", inner("compound").unwrap_or_default());
            }
            ("limit", _) => {
                for name in ["times", "per", "by"] {
                    self.put(&format!("limit_{name}"), inner(name).unwrap_or_default());
                }
            }
            ("tiers", Value::Table(tiers)) => {
                self.put("reward", "tiers");
                for (place, (from, points)) in tiers.iter().enumerate() {
                    self.put(&format!("tier{place}_from"), from.as_str());
                    self.put(&format!("tier{place}_points"), points.written());
                }
            }
            ("cases", Value::Tables(cases)) => {
                for (place, case) in cases.iter().enumerate() {
                    for (name, value) in case {
                        let text = if let Value::Text(text) = value { text.clone() } else { value.written() };
                        self.put(&format!("case{place}_{name}"), text);
                    }
                }
            }
            ("take", _) if plain.starts_with("top ") => {
                self.put("take", "top");
                self.put("top", plain.trim_start_matches("top "));
            }
            ("where" | "when", _) => {}
            _ => self.put(key, plain),
        }
    }

    fn span(&mut self, name: &str, period: &str) {
        let (count, unit) = period.split_once(' ').unwrap_or((period, "day"));
        self.put(&format!("{name}_count"), count);
        self.put(&format!("{name}_unit"), unit.trim_end_matches('s'));
    }

    fn condition(&mut self, condition: Option<&Condition>) {
        let Some(condition) = condition else { return };
        self.put("condition", condition.text.to_string());
        match Simple::of(&condition.predicate).filter(|list| list.parts.len() <= PARTS_MAX) {
            None => self.put("condition_as", "text"),
            Some(list) => {
                self.put("condition_as", "list");
                self.put("condition_any", if list.any { "any" } else { "all" });
                for (place, part) in list.parts.iter().enumerate() {
                    self.put(&format!("part{place}_name"), part.name.to_string());
                    self.put(&format!("part{place}_how"), part.how.word());
                    self.put(&format!("part{place}_with"), part.with.as_str());
                }
            }
        }
    }

    /// The comparisons of the condition, and one empty row.
    pub(in crate::pages) fn rows(&self) -> Vec<Row> {
        let row = |place: usize| Row {
            place,
            name: self.get(&format!("part{place}_name")).to_owned(),
            how: self.get(&format!("part{place}_how")).to_owned(),
            with: self.get(&format!("part{place}_with")).to_owned(),
        };
        let mut rows: Vec<Row> = (0..PARTS_MAX).map(row).filter(|row| !row.name.trim().is_empty()).collect();
        rows.iter_mut().enumerate().for_each(|(place, row)| row.place = place);
        rows.push(Row { place: rows.len(), ..Row::default() });
        rows
    }

    /// The pairs of a list, such as tiers, and one empty pair.
    pub(in crate::pages) fn pairs(&self, name: &str, first: &str) -> Vec<(usize, String, String)> {
        let pair = |place: usize| {
            let get = |part: &str| self.get(&format!("{name}{place}_{part}")).trim().to_owned();
            (place, get(first), get("points"))
        };
        let mut pairs: Vec<_> =
            (0..PARTS_MAX).map(pair).filter(|(_, one, other)| !(one.is_empty() && other.is_empty())).collect();
        pairs.push((pairs.last().map_or(0, |(place, ..)| place + 1), String::new(), String::new()));
        pairs
    }

    /// Something that is wrong with a field, or with none of them.
    pub(in crate::pages) fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push((field.to_owned(), message.into()));
    }

    fn number(&mut self, name: &str, is_needed: bool) -> Option<Value> {
        let written = self.get(name).trim().replace('−', "-");
        if written.is_empty() {
            if is_needed {
                self.wrong(name, t::field_no_number());
            }
            return None;
        }
        match Decimal::parse_exact(&written) {
            Ok(number) => Some(Value::number(number)),
            Err(_) if Decimal::parse_exact(&written.replace(',', ".")).is_ok() => {
                self.wrong(name, t::field_decimal_point(written.replace(',', ".")));
                None
            }
            Err(error) => {
                self.wrong(name, t::field_wrong_number(written, error.to_string()));
                None
            }
        }
    }

    fn period(&mut self, name: &str, is_needed: bool) -> Option<Value> {
        let count = self.get(&format!("{name}_count")).trim().to_owned();
        let field = format!("{name}_count");
        if count.is_empty() {
            if is_needed {
                self.wrong(&field, t::field_no_span());
            }
            return None;
        }
        let unit = self.get(&format!("{name}_unit")).to_owned();
        let unit = if unit.is_empty() { "day" } else { &unit };
        match rules::day::Period::parse(&format!("{count} {unit}")) {
            Some(period) => Some(Value::text(period)),
            None => {
                self.wrong(&field, t::field_wrong_span(count, unit));
                None
            }
        }
    }

    fn text(&self, name: &str) -> Option<Value> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty()).map(Value::text)
    }

    fn types(&mut self, name: &str, is_needed: bool) -> Option<Value> {
        let written = self.get(name).trim().to_owned();
        if written == "*" {
            return Some(Value::text("*"));
        }
        let types = simple::parted(&written);
        match &types[..] {
            [] if is_needed => {
                self.wrong(name, t::field_no_type());
                None
            }
            [] => None,
            [one] => Some(Value::text(one)),
            _ => Some(Value::Texts(types)),
        }
    }

    /// The text of the condition.
    fn condition_text(&mut self) -> Option<Value> {
        if self.is("condition_as", "text") {
            return self.text("condition");
        }
        let rows = self.rows();
        let mut parts = Vec::new();
        for row in rows.iter().filter(|row| !row.name.trim().is_empty()) {
            let field = format!("part{}_name", row.place);
            let Some(name) = simple::name(&row.name) else {
                self.wrong(&field, t::field_wrong_name(row.name.trim()));
                continue;
            };
            let how = How::of(&row.how).unwrap_or(How::Is);
            if how.has_value() && row.with.trim().is_empty() {
                self.wrong(&format!("part{}_with", row.place), t::field_no_value());
                continue;
            }
            let with = if how.has_value() { row.with.clone() } else { String::new() };
            parts.push(Part { name, how, with });
        }
        let list = Simple { any: self.is("condition_any", "any"), parts };
        (!list.parts.is_empty()).then(|| Value::Text(list.text()))
    }

    /// The fields of the model itself.
    pub(in crate::pages) fn of_head(model: &Model) -> Self {
        let mut fields = Self::sent("", BTreeMap::new());
        for (key, value) in edit::keys::of_head(model) {
            fields.fill(&key, &value);
        }
        fields
    }

    /// What the fields say of the model itself.
    pub(in crate::pages) fn head_keys(&mut self) -> [(&'static str, Option<Value>); 3] {
        [("name", self.text("name")), ("timezone", self.text("timezone")), ("passive", self.types("passive", false))]
    }

    /// What is wrong with the model that came of it, at its fields where there are any.
    pub(in crate::pages) fn refused(&mut self, problems: &[Problem]) {
        for problem in problems {
            let key = problem.key.as_deref().unwrap_or_default();
            let field = match (key, self.kind.as_str()) {
                ("where" | "when", _) if self.is("condition_as", "text") => "condition",
                ("where" | "when", _) => "part0_name",
                ("category" | "score", _) => "home",
                ("activity", _) => "types",
                ("population", _) if self.is("condition_as", "text") => "condition",
                ("population", _) => "part0_name",
                ("within_seconds", _) => "within_count",
                ("matrix", _) => "letters",
                ("combine", _) => "weights",
                ("probability", "opportunity") if self.is("chance", "curve") => "midpoint",
                ("probability", _) => "step0_from",
                ("window", _) => "window_count",
                ("every", _) => "every_count",
                ("inactive_for", _) => "inactive_for_count",
                ("half_life" | "fade_out" | "step_down", _) => "fade_count",
                ("limit", _) => "limit_times",
                ("tiers", _) => "tier0_from",
                ("cases", _) => "case0_when",
                (other, _) => other,
            };
            let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
            // It stands at its field: where it is need not be said.
            let is_place = |place: &str| !key.is_empty() && place.starts_with(&format!("`{key}` in "));
            let rest = problem.message.split_once(": ").filter(|(place, _)| is_place(place));
            let said = rest.map_or(problem.message.as_str(), |(_, rest)| rest);
            let message = super::super::frame::sentence(&format!("{said}{help}"));
            self.errors.push((field.to_owned(), message));
        }
    }
}

/// Types of activities as people write them.
fn listed(types: &Value) -> String {
    match types {
        Value::Texts(types) => simple::joined(types.iter().map(String::as_str)),
        Value::Text(all) if all == "*" => all.clone(),
        Value::Text(one) => simple::joined([one.as_str()]),
        other => other.written(),
    }
}

/// The units of spans.
const UNITS: [&str; 5] = ["day", "week", "month", "quarter", "year"];

const _: () = assert!(Unit::Year as usize + 1 == UNITS.len(), "all units");
