//! The fields of a score.

use std::collections::BTreeMap;

use edit::Value;
use edit::keys::Keys;
use rules::decimal::{Decimal, SCALE};
use rules::model::{Form, Model, Score, Subject};
use rules::probability::{Chance, Probability};

use super::Fields;
use crate::t;

/// What a score is made of, as forms send it.
pub(in crate::pages) const FORMS: [&str; 3] = ["sum", "combine", "matrix"];

/// All of a hundred.
const CERTAIN: Decimal = Decimal::from_units(100 * SCALE);

/// The word of what a score is made of.
pub(in crate::pages) fn word(form: &Form) -> &'static str {
    match form {
        Form::Sum => FORMS[0],
        Form::Combine(_) => FORMS[1],
        Form::Matrix(..) => FORMS[2],
    }
}

/// A chance in per cent; both are kept in millionths of certainty.
pub(in crate::pages) fn percent(chance: Chance) -> Decimal {
    Decimal::from_units(chance.0)
}

/// Per cent as the share that a model writes: 2.5 is 0.025.
fn share(percent: Decimal) -> String {
    let share = Chance(percent.units()).to_string();
    share.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Fields {
    /// The fields of a score; what is set elsewhere, such as its bands, is none of them.
    pub(in crate::pages) fn of_score(model: &Model, score: &Score) -> Self {
        let mut fields = Self::sent(score.of.word(), BTreeMap::new());
        fields.put("form", word(&score.form));
        fields.put("title", score.title.as_str());
        for (name, bound) in [("min", score.bounds.min), ("max", score.bounds.max)] {
            fields.put(name, bound.map(|bound| bound.to_string()).unwrap_or_default());
        }
        fields.put("decimals", score.decimals.to_string());
        match &score.form {
            Form::Sum => {}
            Form::Combine(parts) => {
                for (at, weight) in parts {
                    fields.put(&format!("weight_{}", model.score(*at).id), weight.to_string());
                }
            }
            Form::Matrix(letters, digits) => {
                fields.put("letters", model.score(*letters).id.as_str());
                fields.put("digits", model.score(*digits).id.as_str());
            }
        }
        fields.condition(score.population.as_ref());
        fields.put("cohort", score.cohort.as_ref().map(ToString::to_string).unwrap_or_default());
        match &score.probability {
            None => {}
            Some(Probability::Steps(steps)) => {
                fields.put("chance", "steps");
                for (place, (from, chance)) in steps.iter().enumerate() {
                    fields.put(&format!("step{place}_from"), from.to_string());
                    fields.put(&format!("step{place}_points"), percent(*chance).to_string());
                }
            }
            Some(Probability::Logistic { midpoint, slope }) => {
                fields.put("chance", "curve");
                fields.put("midpoint", midpoint.to_string());
                fields.put("slope", slope.to_string());
            }
        }
        fields
    }

    /// What the fields say of a score, as keys; nothing where a field cannot be read. Then its error is kept. `parts`
    /// are the scores that can be part of it, in the order in which they are to be written.
    pub(in crate::pages) fn score_keys(&mut self, of: Subject, parts: &[&str]) -> Option<Keys> {
        let mut keys = Keys::new();
        let mut put = |key: &str, value: Option<Value>| keys.extend(value.map(|value| (key.to_owned(), value)));
        put("title", self.text("title"));
        put("of", (of != Subject::Contact).then(|| Value::text(of.word())));
        let form = self.get("form").to_owned();
        match form.as_str() {
            "combine" => put("combine", self.weights(parts)),
            "matrix" => put("matrix", self.pair()),
            _ => {}
        }
        if form != "matrix" {
            put("min", self.number("min", false));
            put("max", self.number("max", false));
            put("decimals", self.number("decimals", false).filter(|decimals| *decimals != Value::number(0)));
            if of == Subject::Opportunity {
                put("probability", self.probability());
            } else {
                put("population", self.condition_text());
                put("cohort", self.text("cohort"));
            }
        }
        self.errors.is_empty().then_some(keys)
    }

    fn weights(&mut self, parts: &[&str]) -> Option<Value> {
        let mut weights = Vec::new();
        for part in parts {
            weights.extend(self.number(&format!("weight_{part}"), false).map(|weight| ((*part).to_owned(), weight)));
        }
        if weights.is_empty() && self.errors.is_empty() {
            self.wrong("weights", t::score_no_weights());
        }
        Some(Value::Table(weights))
    }

    fn pair(&mut self) -> Option<Value> {
        let pair = ["letters", "digits"].map(|name| self.get(name).trim().to_owned());
        for (name, chosen) in ["letters", "digits"].into_iter().zip(&pair) {
            if chosen.is_empty() {
                self.wrong(name, t::score_none_chosen());
            }
        }
        Some(Value::Texts(pair.to_vec()))
    }

    fn probability(&mut self) -> Option<Value> {
        match self.get("chance") {
            "steps" => self.steps(),
            "curve" => {
                let (midpoint, slope) = (self.number("midpoint", true), self.number("slope", true));
                Some(edit::keys::table([("midpoint", midpoint?), ("slope", slope?)]))
            }
            _ => None,
        }
    }

    fn steps(&mut self) -> Option<Value> {
        let mut steps = Vec::new();
        for (place, _, written) in self.pairs("step", "from").into_iter().rev().skip(1).rev() {
            let from = self.number(&format!("step{place}_from"), true);
            let chance = Decimal::parse_exact(written.trim_end_matches('%').trim_end());
            match chance.ok().filter(|chance| (Decimal::ZERO..=CERTAIN).contains(chance)) {
                Some(chance) => steps.extend(from.map(|from| (from.written(), Value::Number(share(chance))))),
                None => self.wrong(&format!("step{place}_points"), t::score_wrong_chance(written)),
            }
        }
        if steps.is_empty() && self.errors.is_empty() {
            self.wrong("step0_from", t::score_no_steps());
        }
        Some(Value::Table(steps))
    }
}

#[cfg(test)]
mod tests {
    use edit::{At, Edit};
    use rules::testing::{Dice, model};

    use super::*;

    #[test]
    fn a_score_comes_back_from_its_form_as_it_was() {
        let written = "[score.a]\ntitle = \"A\"\nmin = 0\nmax = 99.5\ndecimals = 1  # finer\nbands = { Low = 0, High = 5 }\n\
                       population = \"contact.status = 'member'\"\ncohort = \"contact.kind\"\n[score.b]\nbands = { X = 0 }\n\
                       [score.c]\ncombine = { b = 0.4, a = -0.6 }\n[score.g]\nmatrix = [\"b\", \"a\"]\n\
                       [score.d]\nof = \"opportunity\"\nprobability = { 0 = 0.05, \"2.5\" = 0.123456, 70 = 1 }\n\
                       [score.e]\nof = \"opportunity\"\nprobability = { midpoint = 50, slope = 0.1 }\n";
        for text in (0..40).map(|seed| model(&mut Dice::new(seed))).chain([written.to_owned()]) {
            let before = Model::parse(&text).unwrap();
            let mut edits: Vec<Edit> = Vec::new();
            for score in &before.scores {
                let mut fields = Fields::of_score(&before, score);
                let parts = super::super::super::score::parts(&before, score.of, Some(score));
                let parts: Vec<&str> = parts.iter().map(|part| part.id.as_str()).collect();
                let keys = fields.score_keys(score.of, &parts).unwrap_or_else(|| panic!("{:?}", fields.errors()));
                edits.extend(super::super::super::score::put(&At::new("score", &score.id), &keys));
            }
            let edited = edit::apply(&text, &edits).unwrap_or_else(|refused| panic!("{:?}", refused.problems));
            assert_eq!(edited.model, before, "{text}\n{}", edited.text);
            if text == written {
                assert_eq!(edited.text, text);
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_at_its_field() {
        let wrong = |of: Subject, pairs: &[(&str, &str)]| {
            let values = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            let mut fields = Fields::sent(of.word(), values);
            assert_eq!(fields.score_keys(of, &["a", "b"]).is_none(), !fields.errors().is_empty());
            fields.errors().iter().map(|(field, _)| field.clone()).collect::<Vec<_>>()
        };
        use Subject::{Contact, Opportunity};
        assert_eq!(wrong(Contact, &[("form", "sum")]), [""; 0]);
        assert_eq!(wrong(Contact, &[("form", "sum"), ("max", "many"), ("cohort", "x")]), ["max"]);
        assert_eq!(wrong(Contact, &[("form", "combine")]), ["weights"]);
        assert_eq!(wrong(Contact, &[("form", "combine"), ("weight_a", "x")]), ["weight_a"]);
        assert_eq!(wrong(Contact, &[("form", "matrix"), ("digits", "a")]), ["letters"]);
        assert_eq!(wrong(Opportunity, &[("form", "sum"), ("chance", "steps")]), ["step0_from"]);
        let steps = [("form", "sum"), ("chance", "steps"), ("step0_from", "x"), ("step0_points", "101")];
        assert_eq!(wrong(Opportunity, &steps), ["step0_from", "step0_points"]);
        assert_eq!(wrong(Opportunity, &[("form", "sum"), ("chance", "curve"), ("slope", "1")]), ["midpoint"]);
    }

    #[test]
    fn per_cent_are_shares() {
        let decimal = |text: &str| Decimal::parse(text).unwrap();
        for (percent_of, expected) in
            [("0", "0"), ("2.5", "0.025"), ("100", "1"), ("12.3456", "0.123456"), ("30", "0.3")]
        {
            assert_eq!(share(decimal(percent_of)), expected);
            assert_eq!(percent(Chance(decimal(percent_of).units())), decimal(percent_of));
        }
    }
}
