//! The fields of an exclusion.

use std::collections::BTreeMap;

use edit::Value;
use edit::keys::Keys;
use rules::model::Exclusion;

use super::Fields;
use crate::t;

/// Units in which people say how close two activities are, with their seconds, the largest first.
pub(in crate::pages) const UNITS: [(&str, u32); 4] =
    [("day", 24 * 60 * 60), ("hour", 60 * 60), ("minute", 60), ("second", 1)];

/// Seconds as people say them: a number and its unit.
pub(in crate::pages) fn spoken(seconds: u32) -> (u32, &'static str) {
    let fits = UNITS.iter().find(|(_, size)| seconds > 0 && seconds.is_multiple_of(*size));
    fits.map_or((seconds, "second"), |&(unit, size)| (seconds / size, unit))
}

impl Fields {
    /// The fields of an exclusion.
    pub(in crate::pages) fn of_exclusion(exclusion: &Exclusion) -> Self {
        let mut fields = Self::sent("exclude", BTreeMap::new());
        for (key, value) in edit::keys::of_exclusion(exclusion) {
            fields.fill(&key, &value);
        }
        fields.condition(exclusion.condition.as_ref());
        if let Some(seconds) = exclusion.after.as_ref().and_then(|after| after.within_seconds) {
            let (count, unit) = spoken(seconds);
            fields.put("within_count", count.to_string());
            fields.put("within_unit", unit);
        }
        fields
    }

    /// What the fields say of an exclusion, as keys; nothing where a field cannot be read. Then its error is kept.
    pub(in crate::pages) fn exclusion_keys(&mut self) -> Option<Keys> {
        let after = self.types("after", false);
        let (same, within) = (self.text("same"), self.within());
        if after.is_none() && (same.is_some() || within.is_some()) {
            self.wrong("after", t::exclusion_no_after());
        }
        let keys = [
            ("title", self.text("title")),
            ("activity", self.types("types", false)),
            ("where", self.condition_text()),
            ("after", after),
            ("same", same),
            ("within_seconds", within),
        ];
        let keys: Keys = keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        let says_which = keys.iter().any(|(key, _)| matches!(key.as_str(), "activity" | "where" | "after"));
        if !says_which && self.errors.is_empty() {
            self.wrong("types", t::exclusion_covers_all());
        }
        self.errors.is_empty().then_some(keys)
    }

    /// At most so many seconds.
    fn within(&mut self) -> Option<Value> {
        let count = self.get("within_count").trim().to_owned();
        if count.is_empty() {
            return None;
        }
        let unit = self.get("within_unit");
        let size = UNITS.iter().find(|(known, _)| *known == unit).map_or(1, |(_, size)| *size);
        let seconds = count.parse::<u32>().ok().and_then(|count| count.checked_mul(size));
        if seconds.is_none() {
            self.wrong("within_count", t::exclusion_wrong_within(count));
        }
        seconds.map(Value::number)
    }
}

#[cfg(test)]
mod tests {
    use edit::{At, Edit};
    use rules::model::Model;
    use rules::testing::{Dice, model};

    use super::*;

    #[test]
    fn an_exclusion_comes_back_from_its_form_as_it_was() {
        let written = "[score.s]\n[exclude.scanner]\nactivity = [\"a\", \"b, c\"]\nafter = \"*\"\nsame = \"msg\"\n\
                       within_seconds = 7200  # as measured\n[exclude.staff]\nwhere = \"contact.a LIKE '%x'\"\n\
                       [exclude.all]\nactivity = \"*\"\n";
        for text in (0..40).map(|seed| model(&mut Dice::new(seed))).chain([written.to_owned()]) {
            let before = Model::parse(&text).unwrap();
            let mut edits: Vec<Edit> = Vec::new();
            for exclusion in &before.exclusions {
                let mut fields = Fields::of_exclusion(exclusion);
                let keys = fields.exclusion_keys().unwrap_or_else(|| panic!("{:?}", fields.errors()));
                edits.extend(edit::keys::put(&At::new("exclude", &exclusion.id), &keys));
            }
            let edited = edit::apply(&text, &edits).unwrap_or_else(|refused| panic!("{:?}", refused.problems));
            assert_eq!(edited.model, before, "{text}\n{}", edited.text);
        }
        let fields = Fields::of_exclusion(&Model::parse(written).unwrap().exclusions[0]);
        let got = ["types", "after", "within_count", "within_unit"].map(|name| fields.get(name));
        assert_eq!(got, ["a, 'b, c'", "*", "2", "hour"]);
    }

    #[test]
    fn what_is_missing_is_told_at_its_field() {
        let wrong = |pairs: &[(&str, &str)]| {
            let values = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            let mut fields = Fields::sent("exclude", values);
            assert_eq!(fields.exclusion_keys().is_none(), !fields.errors().is_empty());
            fields.errors().iter().map(|(field, _)| field.clone()).collect::<Vec<_>>()
        };
        assert_eq!(wrong(&[("title", "Nothing")]), ["types"]);
        assert_eq!(wrong(&[("types", "a")]), [""; 0]);
        assert_eq!(wrong(&[("types", "a"), ("same", "msg")]), ["after"]);
        assert_eq!(wrong(&[("after", "a"), ("within_count", "2.5")]), ["within_count"]);
        assert_eq!(wrong(&[("after", "a"), ("within_count", "99999999"), ("within_unit", "day")]), ["within_count"]);
        assert_eq!(wrong(&[("part0_name", "email"), ("part0_with", "x")]), ["part0_name"]);
    }

    #[test]
    fn seconds_are_said_in_the_largest_unit() {
        let said = [0, 3, 60, 90, 7200, 86_400].map(spoken);
        assert_eq!(said, [(0, "second"), (3, "second"), (1, "minute"), (90, "second"), (2, "hour"), (1, "day")]);
    }
}
