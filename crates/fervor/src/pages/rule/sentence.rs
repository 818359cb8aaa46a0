//! A rule as a sentence. The words stand in the texts, and the templates put them together; here is what they ask for.

use askama::Template;
use edit::simple::{How, Part, Simple};
use rules::condition::{Condition, Name, Space};
use rules::day::{Period, Unit};
use rules::decimal::Decimal;
use rules::fade::Fade;
use rules::model::{
    After, Attribution, Exclusion, Form, Kind, Model, Pool, Reward, Rule, Score, ScoreAt, Subject, Take, TierBy, Types,
};
use rules::probability::{Chance, Probability};

use super::bench::label;
use super::fields::{percent, spoken};
use crate::t::{self, Text};

/// A rule in words, with all that makes it what it is.
#[derive(Template)]
#[template(path = "rule/sentence.html")]
pub(in crate::pages) struct Sentence<'a> {
    pub(in crate::pages) model: &'a Model,
    pub(in crate::pages) rule: &'a Rule,
}

/// An exclusion in words.
#[derive(Template)]
#[template(path = "rule/exclusion_sentence.html")]
pub(in crate::pages) struct OfExclusion<'a> {
    pub(in crate::pages) exclusion: &'a Exclusion,
}

/// A score in words, without its rules and bands.
#[derive(Template)]
#[template(path = "rule/score_sentence.html")]
pub(in crate::pages) struct OfScore<'a> {
    pub(in crate::pages) model: &'a Model,
    pub(in crate::pages) score: &'a Score,
}

/// A condition in words; one that is more than a list of comparisons is shown as it is written.
#[derive(Template)]
#[template(path = "rule/condition.html")]
struct Said<'a> {
    simple: Option<Simple>,
    text: &'a str,
}

fn said(condition: &Condition) -> Said<'_> {
    Said { simple: Simple::of(&condition.predicate), text: &condition.text }
}

/// A type of activity as people say it; what looks alike then is told apart by its own name.
fn words(kind: &str) -> String {
    if kind.contains(' ') { format!("“{kind}”") } else { kind.replace('_', " ") }
}

/// Types of activities, as HTML; all of them as that is said.
fn types(types: &Types, all: &Text) -> String {
    let Types::Listed(listed) = types else { return all.to_string() };
    let mut said: Vec<String> = listed.iter().map(|kind| t::said_type(words(kind)).to_string()).collect();
    let last = said.pop().unwrap_or_default();
    match &said[..] {
        [] => last,
        others => t::said_types(t::html(others.join(", ")), t::html(last)).to_string(),
    }
}

/// A name as people say it: `the contact’s job title`.
fn called(name: &Name) -> Text {
    let words = name.id.replace('_', " ");
    match name.space {
        Space::Activity => t::said_of_activity(words),
        Space::Contact => t::said_of_contact(words),
        Space::Account => t::said_of_account(words),
        Space::Opportunity => t::said_of_opportunity(words),
        Space::Score => t::said_of_score(words),
        Space::Band => t::said_of_band(words),
        Space::Percentile => t::said_of_percentile(words),
        Space::Category => t::said_of_category(words),
    }
}

impl Sentence<'_> {
    fn said<'c>(&self, condition: &'c Condition) -> Said<'c> {
        said(condition)
    }

    fn called(&self, name: &Name) -> Text {
        called(name)
    }

    fn types(&self, of: &Types) -> String {
        types(of, &t::said_any_type())
    }

    /// What did not happen.
    fn without(&self, of: Option<&Types>) -> String {
        of.map_or_else(|| t::said_sign_of_life().to_string(), |of| self.types(of))
    }

    /// A span of time: `1 year`, `90 days`.
    fn span(&self, period: &Period) -> Text {
        match period.unit {
            Unit::Day => t::said_days(period.count),
            Unit::Week => t::said_weeks(period.count),
            Unit::Month => t::said_months(period.count),
            Unit::Quarter => t::said_quarters(period.count),
            Unit::Year => t::said_years(period.count),
        }
    }

    /// A span of time that comes again, or was the last one: `year`, `90 days`.
    fn every(&self, period: &Period) -> Text {
        match period.unit {
            Unit::Day => t::said_every_days(period.count),
            Unit::Week => t::said_every_weeks(period.count),
            Unit::Month => t::said_every_months(period.count),
            Unit::Quarter => t::said_every_quarters(period.count),
            Unit::Year => t::said_every_years(period.count),
        }
    }

    /// Whether points are taken away.
    fn is_loss(&self, points: &Decimal) -> bool {
        *points < Decimal::ZERO
    }

    fn score(&self, at: &ScoreAt) -> &str {
        label(self.model.score(*at))
    }
}

impl OfExclusion<'_> {
    fn said<'c>(&self, condition: &'c Condition) -> Said<'c> {
        said(condition)
    }

    fn types(&self, of: &Types) -> String {
        types(of, &t::said_activity())
    }

    /// How close, in the largest unit.
    fn within(&self, after: &After) -> Option<Text> {
        after.within_seconds.map(spoken).map(|(count, unit)| match unit {
            "day" => t::said_days(count),
            "hour" => t::said_hours(count),
            "minute" => t::said_minutes(count),
            _ => t::said_seconds(count),
        })
    }
}

impl OfScore<'_> {
    /// Whether it is a label, and has no points.
    pub(in crate::pages) fn is_label(&self) -> bool {
        matches!(self.score.form, Form::Matrix(..))
    }

    fn said<'c>(&self, condition: &'c Condition) -> Said<'c> {
        said(condition)
    }

    fn label(&self, at: &ScoreAt) -> &str {
        label(self.model.score(*at))
    }

    /// Which probability there is from where on, as HTML.
    fn steps(&self, steps: &[(Decimal, Chance)]) -> String {
        let step = |(from, chance): &(Decimal, Chance)| t::said_step(percent(*chance), from).to_string();
        steps.iter().map(step).collect::<Vec<_>>().join(", ")
    }

    /// A score, and the letters of its bands, the highest first.
    fn letters(&self, at: &ScoreAt) -> Text {
        self.graded(*at, ('A'..='Z').map(String::from))
    }

    /// A score, and the digits of its bands, the highest first.
    fn digits(&self, at: &ScoreAt) -> Text {
        self.graded(*at, (1..).map(|digit: usize| digit.to_string()))
    }

    fn graded(&self, at: ScoreAt, signs: impl Iterator<Item = String>) -> Text {
        let score = self.model.score(at);
        let bands = signs.zip(score.bands.iter().rev()).map(|(sign, band)| format!("{sign} {}", band.name));
        let bands: Vec<String> = bands.collect();
        match &bands[..] {
            [] => t::said_matrix_score(label(score)),
            bands => t::said_matrix_bands(label(score), bands.join(", ")),
        }
    }
}

impl Said<'_> {
    /// A comparison in words.
    fn compared(&self, part: &Part) -> Text {
        let (name, value) = (called(&part.name), &part.with);
        match part.how {
            How::Is => t::condition_is(name, value),
            How::IsNot => t::condition_is_not(name, value),
            How::AtLeast => t::condition_at_least(name, value),
            How::AtMost => t::condition_at_most(name, value),
            How::More => t::condition_more(name, value),
            How::Less => t::condition_less(name, value),
            How::Between => t::condition_between(name, value),
            How::NotBetween => t::condition_not_between(name, value),
            How::OneOf => t::condition_one_of(name, value),
            How::NoneOf => t::condition_none_of(name, value),
            How::Contains => t::condition_contains(name, value),
            How::ContainsNot => t::condition_contains_not(name, value),
            How::Begins => t::condition_begins(name, value),
            How::Like => t::condition_like(name, value),
            How::NotLike => t::condition_not_like(name, value),
            How::AnyCaseLike => t::condition_any_case_like(name, value),
            How::NotAnyCaseLike => t::condition_not_any_case_like(name, value),
            How::Known => t::condition_known(name),
            How::Unknown => t::condition_unknown(name),
            How::True => t::condition_true(name),
            How::NotTrue => t::condition_not_true(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rules::testing::{Dice, model};

    use super::*;

    /// Without the tags, as it is read aloud.
    fn read(model: &Model, rule: &Rule) -> String {
        let html = Sentence { model, rule }.render().unwrap();
        let mut text = String::new();
        let mut is_tag = false;
        for letter in html.chars() {
            match letter {
                '<' => is_tag = true,
                '>' => is_tag = false,
                letter if !is_tag => text.push(letter),
                _ => {}
            }
        }
        let text = text.replace("&#39;", "'").replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">");
        text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".").replace(" ,", ",")
    }

    #[track_caller]
    fn said(keys: &str) -> String {
        let text =
            format!("[score.s]\n[score.f]\nof = \"account\"\n[score.o]\nof = \"opportunity\"\n[rule.r]\n{keys}\n");
        let model = Model::parse(&text).unwrap_or_else(|problems| panic!("{keys}: {problems:?}"));
        read(&model, &model.rules[0])
    }

    #[test]
    fn every_feature_of_a_rule_is_said() {
        let of = "score = \"s\"\n";
        for (keys, expected) in [
            (
                "activity = \"event_attended\"\npoints = 20\nwindow = \"90 days\"\ncap = 60\nhalf_life = \"180 days\"",
                "Each event attended in the last 90 days adds 20, fading by half every 180 days. At most 60 in all.",
            ),
            ("activity = \"*\"\npoints = -2.5", "Each activity of any type takes away 2.5."),
            (
                "activity = [\"a\", \"b\", \"c\"]\npoints = 1\nmultiply_by = \"value\"\neach_at_most = 50\ntake = \"max\"",
                "Each a, b or c adds 1 times its value, at most 50 each. Only the largest counts.",
            ),
            (
                "activity = \"a\"\npoints = 1\nfade_out = \"60 days\"\ntake = \"latest\"\nlimit = { times = 1, per = \"day\" }",
                "Each a adds 1, fading to nothing over 60 days. At most 1 counts each day. Only the latest counts.",
            ),
            (
                "activity = \"a\"\npoints = 1\nstep_down = { percent = 20, every = \"1 month\", compound = true }\n\
                 limit = { times = 2, per = \"ever\", by = \"url\" }",
                "Each a adds 1, losing 20 % of what is left every month. At most 2 ever count for each url.",
            ),
            (
                "activity = \"course\"\ntiers = { 1 = 5, 3 = 10 }\nwindow = \"1 year\"",
                "By the number of course in the last year: from 1 it adds 5, from 3 it adds 10.",
            ),
            (
                "activity = \"gift\"\ntiers = { 1 = 5 }\ntier_by = \"value\"\nwhere = \"activity.note IS NOT NULL\"",
                "By the value of all gift together where its note is known: from 1 it adds 5.",
            ),
            (
                "when = \"contact.a = 'x' AND account.b >= 3\"\npoints = 5\nmultiply_by = \"contact.seats\"",
                "If the contact’s a is x and the account’s b is at least 3, add 5 times the contact’s seats.",
            ),
            ("when = \"lower(contact.a) = 'x'\"\npoints = -5", "If lower(contact.a) = 'x', take away 5."),
            (
                "cases = [{ when = \"contact.a IN ('x', 'y')\", points = 5 }, { when = \"contact.b\", points = 2 }]",
                "The first that is true counts: if the contact’s a is one of x, y, add 5; if the contact’s b is true, add 2.",
            ),
            (
                "since = \"contact.joined\"\nevery = \"1 year\"\npoints = 2",
                "For every year since the contact’s joined, add 2.",
            ),
            (
                "inactive_for = \"30 days\"\npoints = -10",
                "After 30 days without any activity that counts as a sign of life, take away 10.",
            ),
            (
                "inactive_for = \"1 quarter\"\nactivity = [\"a\", \"b\"]\npoints = -5\nrepeat = true\ncap = 15",
                "After every quarter without a or b, take away 5 again. At most 15 in all.",
            ),
        ] {
            assert_eq!(said(&format!("{of}{keys}")), expected, "{keys}");
        }
        let of = "score = \"f\"\nrollup = \"s\"\n";
        for (keys, expected) in [
            ("", "Add s of all people of the account."),
            ("take = \"top 5\"\npoints = 0.5", "Add the 5 highest s of the people of the account, times 0.5."),
            (
                "take = \"per_capita\"\nper = \"employees\"\nwhere = \"contact.left_on IS NULL\"\nattribution = \"at_time\"",
                "Add s of all people of the account where the contact’s left on is not known, divided by the account’s \
                 employees. Points count for the account where they were earned.",
            ),
            ("take = \"median\"", "Add the median s of the people of the account."),
        ] {
            assert_eq!(said(&format!("{of}{keys}")), expected, "{keys}");
        }
    }

    #[test]
    fn rules_that_differ_are_said_otherwise() {
        let mut told: BTreeMap<String, (Kind, Option<Decimal>)> = BTreeMap::new();
        for seed in 0..400 {
            let mut dice = Dice::new(seed);
            let model = Model::parse(&model(&mut dice)).unwrap();
            for rule in &model.rules {
                let said = read(&model, rule);
                let known = told.entry(said.clone()).or_insert_with(|| (rule.kind.clone(), rule.cap));
                assert_eq!((&known.0, known.1), (&rule.kind, rule.cap), "{said}");
            }
        }
        assert!(told.len() > 1000, "{}", told.len());
    }
}
