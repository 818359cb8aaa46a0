//! A rule as the fields of a form, and back as keys.

use std::collections::BTreeMap;

use edit::keys::{Keys, table};
use edit::simple::{self, How, Part, Simple};
use edit::{Problem, Value};
use rules::condition::Condition;
use rules::day::Unit;
use rules::decimal::Decimal;
use rules::model::{Kind, Model, Rule};

/// So many comparisons a form sends at most; more are written as a text.
const PARTS_MAX: usize = 50;

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

    /// The fields of a rule.
    pub(in crate::pages) fn of(model: &Model, rule: &Rule) -> Self {
        let mut fields = Self::sent(rule.kind.word(), BTreeMap::new());
        for (key, value) in edit::keys::of_rule(model, rule) {
            fields.fill(&key, &value);
        }
        match &rule.kind {
            Kind::Activity(activity) => fields.condition(activity.condition.as_ref()),
            Kind::When { condition, .. } => fields.condition(Some(condition)),
            Kind::Rollup { people, .. } => fields.condition(people.as_ref()),
            Kind::Cases { .. } | Kind::Since { .. } | Kind::Inactive { .. } => {}
        }
        fields
    }

    pub(in crate::pages) fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    pub(in crate::pages) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
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
            ("activity", Value::Texts(types)) => self.put("types", simple::joined(types.iter().map(String::as_str))),
            ("activity", _) if plain == "*" => self.put("types", "*"),
            ("activity", _) => self.put("types", simple::joined([plain.as_str()])),
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

    fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push((field.to_owned(), message.into()));
    }

    fn number(&mut self, name: &str, is_needed: bool) -> Option<Value> {
        let written = self.get(name).trim().replace('−', "-");
        if written.is_empty() {
            if is_needed {
                self.wrong(name, "A number is missing here.");
            }
            return None;
        }
        match Decimal::parse_exact(&written) {
            Ok(number) => Some(Value::number(number)),
            Err(_) if Decimal::parse_exact(&written.replace(',', ".")).is_ok() => {
                self.wrong(name, format!("Decimals take a point here: {}.", written.replace(',', ".")));
                None
            }
            Err(error) => {
                self.wrong(name, format!("“{written}” cannot be used: {error}. Write for example 20 or 2.5."));
                None
            }
        }
    }

    fn period(&mut self, name: &str, is_needed: bool) -> Option<Value> {
        let count = self.get(&format!("{name}_count")).trim().to_owned();
        let field = format!("{name}_count");
        if count.is_empty() {
            if is_needed {
                self.wrong(&field, "A span of time is missing here.");
            }
            return None;
        }
        let unit = self.get(&format!("{name}_unit")).to_owned();
        let unit = if unit.is_empty() { "day" } else { &unit };
        match rules::day::Period::parse(&format!("{count} {unit}")) {
            Some(period) => Some(Value::text(period)),
            None => {
                self.wrong(&field, format!("“{count}” is not a number of {unit}s. Write a whole number from 1 on."));
                None
            }
        }
    }

    fn text(&self, name: &str) -> Option<Value> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty()).map(Value::text)
    }

    fn types(&mut self, is_needed: bool) -> Option<Value> {
        let written = self.get("types").trim().to_owned();
        if written == "*" {
            return Some(Value::text("*"));
        }
        let types = simple::parted(&written);
        match &types[..] {
            [] if is_needed => {
                self.wrong("types", "Name at least one type of activity, or * for all.");
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
                self.wrong(&field, format!("“{}” is no name. Write for example contact.job_title.", row.name.trim()));
                continue;
            };
            let how = How::of(&row.how).unwrap_or(How::Is);
            if how.has_value() && row.with.trim().is_empty() {
                self.wrong(&format!("part{}_with", row.place), "Say with what it is compared.");
                continue;
            }
            let with = if how.has_value() { row.with.clone() } else { String::new() };
            parts.push(Part { name, how, with });
        }
        let list = Simple { any: self.is("condition_any", "any"), parts };
        (!list.parts.is_empty()).then(|| Value::Text(list.text()))
    }

    /// What the fields say, as keys; nothing where a field cannot be read. Then its error is kept.
    pub(in crate::pages) fn keys(&mut self) -> Option<Keys> {
        let mut keys = Keys::new();
        let mut put = |key: &str, value: Option<Value>| keys.extend(value.map(|value| (key.to_owned(), value)));
        let home = self.get("home").to_owned();
        match home.split_once(':') {
            Some((key @ ("category" | "score"), id)) => put(key, Some(Value::text(id))),
            _ => self.wrong("home", "Say where the points go."),
        }
        put("title", self.text("title"));
        match self.kind.clone().as_str() {
            "activity" => self.activity_keys(&mut put),
            "when" => {
                let condition = self.condition_text();
                if condition.is_none() && self.errors.is_empty() {
                    self.wrong("condition", "Say what must be true.");
                }
                put("when", condition);
                put("points", self.number("points", true));
                put("multiply_by", self.text("multiply_by"));
            }
            "cases" => {
                put("cases", self.cases());
                put("multiply_by", self.text("multiply_by"));
            }
            "since" => {
                let since = self.text("since");
                if since.is_none() {
                    self.wrong("since", "Name an attribute with a date, for example contact.member_since.");
                }
                put("since", since);
                put("every", self.period("every", true));
                put("points", self.number("points", true));
            }
            "inactive_for" => {
                put("inactive_for", self.period("inactive_for", true));
                put("activity", self.types(false));
                put("points", self.number("points", true));
                put("repeat", self.is("repeat", "true").then_some(Value::Flag(true)));
            }
            _ => self.rollup_keys(&mut put),
        }
        put("cap", self.number("cap", false));
        self.errors.is_empty().then_some(keys)
    }

    fn activity_keys(&mut self, put: &mut dyn FnMut(&str, Option<Value>)) {
        put("activity", self.types(true));
        put("where", self.condition_text());
        if self.is("reward", "tiers") {
            put("tiers", self.tiers());
            put("tier_by", self.text("tier_by").filter(|by| *by != Value::text("count")));
        } else {
            put("points", self.number("points", true));
            put("multiply_by", self.text("multiply_by"));
            put("each_at_most", self.number("each_at_most", false));
            match self.get("fade").to_owned().as_str() {
                fade @ ("half_life" | "fade_out") => put(fade, self.period("fade", true)),
                "step_down" => {
                    let both = (self.number("percent", true), self.period("fade", true));
                    let compound = self.is("compound", "true").then_some(("compound", Value::Flag(true)));
                    if let (Some(percent), Some(every)) = both {
                        put(
                            "step_down",
                            Some(table([("percent", percent), ("every", every)].into_iter().chain(compound))),
                        );
                    }
                }
                _ => {}
            }
            put("take", self.text("take").filter(|take| *take != Value::text("sum")));
        }
        if let Some(times) = self.number("limit_times", false) {
            let per = self.text("limit_per").unwrap_or_else(|| Value::text("day"));
            let by = self.text("limit_by").map(|by| ("by", by));
            put("limit", Some(table([("times", times), ("per", per)].into_iter().chain(by))));
        }
        put("window", self.period("window", false));
    }

    fn rollup_keys(&mut self, put: &mut dyn FnMut(&str, Option<Value>)) {
        put("rollup", self.text("rollup"));
        match self.get("take").to_owned().as_str() {
            "top" => {
                let top = self.number("top", true);
                put("take", top.map(|top| Value::Text(format!("top {}", top.written()))));
            }
            "per_capita" => {
                put("take", Some(Value::text("per_capita")));
                put("per", self.text("per"));
            }
            _ => put("take", self.text("take")),
        }
        put("where", self.condition_text());
        put("points", self.number("points", false));
        put("attribution", self.text("attribution").filter(|word| *word != Value::text("current")));
    }

    fn tiers(&mut self) -> Option<Value> {
        let mut tiers = Vec::new();
        for (place, from, _) in self.pairs("tier", "from").into_iter().rev().skip(1).rev() {
            let points = self.number(&format!("tier{place}_points"), true);
            match Decimal::parse_exact(&from) {
                Ok(from) => tiers.extend(points.map(|points| (from.to_string(), points))),
                Err(error) => self.wrong(&format!("tier{place}_from"), format!("“{from}” cannot be used: {error}.")),
            }
        }
        if tiers.is_empty() && self.errors.is_empty() {
            self.wrong("tier0_from", "Say from how many on there are how many points.");
        }
        (!tiers.is_empty()).then_some(Value::Table(tiers))
    }

    fn cases(&mut self) -> Option<Value> {
        let mut cases = Vec::new();
        for (place, when, _) in self.pairs("case", "when").into_iter().rev().skip(1).rev() {
            let points = self.number(&format!("case{place}_points"), true);
            if when.is_empty() {
                self.wrong(&format!("case{place}_when"), "Say what must be true.");
            }
            cases.extend(
                points.map(|points| vec![("when".to_owned(), Value::Text(when)), ("points".to_owned(), points)]),
            );
        }
        if cases.is_empty() && self.errors.is_empty() {
            self.wrong("case0_when", "Say what must be true.");
        }
        (!cases.is_empty()).then_some(Value::Tables(cases))
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
            let message = super::super::frame::sentence(&format!("{}{help}", problem.message));
            self.errors.push((field.to_owned(), message));
        }
    }
}

/// The units of spans.
pub(in crate::pages) const UNITS: [&str; 5] = ["day", "week", "month", "quarter", "year"];

const _: () = assert!(Unit::Year as usize + 1 == UNITS.len(), "all units");

#[cfg(test)]
mod tests {
    use edit::{At, Edit};
    use rules::testing::{Dice, model};

    use super::*;

    #[test]
    fn a_rule_comes_back_from_its_form_as_it_was() {
        for seed in 0..40 {
            let text = model(&mut Dice::new(seed));
            let before = Model::parse(&text).unwrap();
            let mut edits: Vec<Edit> = Vec::new();
            for rule in &before.rules {
                let mut fields = Fields::of(&before, rule);
                let keys = fields.keys().unwrap_or_else(|| panic!("{seed} {}: {:?}", rule.id, fields.errors()));
                edits.extend(edit::keys::put(&At::rule(&rule.id), &keys));
            }
            let edited = edit::apply(&text, &edits).unwrap_or_else(|refused| panic!("{seed}: {:?}", refused.problems));
            assert_eq!(edited.model, before, "{seed}\n{text}\n{}", edited.text);
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_at_its_field() {
        let sent = |kind: &str, pairs: &[(&str, &str)]| {
            let values = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            let mut fields = Fields::sent(kind, values);
            let keys = fields.keys();
            assert_eq!(keys.is_none(), !fields.errors().is_empty());
            fields.errors().iter().map(|(field, _)| field.clone()).collect::<Vec<_>>()
        };
        let home = ("home", "score:s");
        assert_eq!(sent("activity", &[]), ["home", "types", "points"]);
        assert_eq!(sent("activity", &[home, ("types", "a"), ("points", "2,5")]), ["points"]);
        assert_eq!(
            sent("activity", &[home, ("types", "a"), ("points", "2.5"), ("window_count", "0")]),
            ["window_count"]
        );
        assert_eq!(sent("when", &[home, ("points", "1"), ("part0_name", "x"), ("part0_how", "is")]), ["part0_name"]);
        assert_eq!(sent("when", &[home, ("points", "1"), ("part0_name", "contact.x")]), ["part0_with"]);
        assert_eq!(sent("when", &[home, ("points", "1")]), ["condition"]);
        assert_eq!(sent("cases", &[home, ("case0_when", "contact.a")]), ["case0_points"]);
        assert_eq!(sent("since", &[home]), ["since", "every_count", "points"]);
        assert_eq!(
            sent("activity", &[home, ("types", "a"), ("reward", "tiers"), ("tier0_from", "x"), ("tier0_points", "1")]),
            ["tier0_from"]
        );
    }
}
