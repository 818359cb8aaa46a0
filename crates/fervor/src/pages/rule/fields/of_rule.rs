//! The fields of a rule.

use std::collections::BTreeMap;

use edit::Value;
use edit::keys::{Keys, table};
use rules::decimal::Decimal;
use rules::model::{Kind, Model, Rule};

use super::Fields;
use crate::t;

impl Fields {
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

    /// What the fields say, as keys; nothing where a field cannot be read. Then its error is kept.
    pub(in crate::pages) fn keys(&mut self) -> Option<Keys> {
        let mut keys = Keys::new();
        let mut put = |key: &str, value: Option<Value>| keys.extend(value.map(|value| (key.to_owned(), value)));
        let home = self.get("home").to_owned();
        match home.split_once(':') {
            Some((key @ ("category" | "score"), id)) => put(key, Some(Value::text(id))),
            _ => self.wrong("home", t::rule_no_home()),
        }
        put("title", self.text("title"));
        match self.kind.clone().as_str() {
            "activity" => self.activity_keys(&mut put),
            "when" => {
                let condition = self.condition_text();
                if condition.is_none() && self.errors.is_empty() {
                    self.wrong("condition", t::rule_no_condition());
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
                    self.wrong("since", t::rule_no_date());
                }
                put("since", since);
                put("every", self.period("every", true));
                put("points", self.number("points", true));
            }
            "inactive_for" => {
                put("inactive_for", self.period("inactive_for", true));
                put("activity", self.types("types", false));
                put("points", self.number("points", true));
                put("repeat", self.is("repeat", "true").then_some(Value::Flag(true)));
            }
            _ => self.rollup_keys(&mut put),
        }
        put("cap", self.number("cap", false));
        self.errors.is_empty().then_some(keys)
    }

    fn activity_keys(&mut self, put: &mut dyn FnMut(&str, Option<Value>)) {
        put("activity", self.types("types", true));
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
                Err(error) => self.wrong(&format!("tier{place}_from"), t::rule_wrong_number(&from, error.to_string())),
            }
        }
        if tiers.is_empty() && self.errors.is_empty() {
            self.wrong("tier0_from", t::rule_no_tiers());
        }
        (!tiers.is_empty()).then_some(Value::Table(tiers))
    }

    fn cases(&mut self) -> Option<Value> {
        let mut cases = Vec::new();
        for (place, when, _) in self.pairs("case", "when").into_iter().rev().skip(1).rev() {
            let points = self.number(&format!("case{place}_points"), true);
            if when.is_empty() {
                self.wrong(&format!("case{place}_when"), t::rule_no_condition());
            }
            cases.extend(
                points.map(|points| vec![("when".to_owned(), Value::Text(when)), ("points".to_owned(), points)]),
            );
        }
        if cases.is_empty() && self.errors.is_empty() {
            self.wrong("case0_when", t::rule_no_condition());
        }
        (!cases.is_empty()).then_some(Value::Tables(cases))
    }
}

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
