//! A model as text that parses to an equal model.

use std::fmt::Write as _;

use super::{
    ActivityRule, After, Attribution, BandsBy, Bounds, Exclusion, Form, Kind, Model, Pool, Reward, Rule, Score,
    Subject, Take, TierBy, Types,
};
use crate::condition::Condition;
use crate::fade::Fade;
use crate::probability::Probability;

/// Lines of `key = value`.
#[derive(Default)]
struct Out(String);

impl Out {
    fn header(&mut self, section: &str, id: &str) {
        writeln!(self.0, "\n[{section}.{id}]").expect("a String takes any text");
    }

    fn raw(&mut self, key: &str, value: impl std::fmt::Display) {
        writeln!(self.0, "{key} = {value}").expect("a String takes any text");
    }

    fn text(&mut self, key: &str, value: impl std::fmt::Display) {
        self.raw(key, quoted(&value.to_string()));
    }

    fn title(&mut self, title: &str) {
        if !title.is_empty() {
            self.text("title", title);
        }
    }

    fn optional(&mut self, key: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.raw(key, value);
        }
    }

    fn bounds(&mut self, bounds: Bounds) {
        self.optional("min", bounds.min);
        self.optional("max", bounds.max);
    }

    fn condition(&mut self, key: &str, condition: Option<&Condition>) {
        if let Some(condition) = condition {
            self.text(key, &condition.predicate);
        }
    }
}

pub(super) fn print(model: &Model) -> String {
    let mut out = Out::default();
    if !model.name.is_empty() {
        out.text("name", &model.name);
    }
    out.text("timezone", model.zone.name());
    if !model.passive.is_empty() {
        out.raw("passive", list(model.passive.iter().map(|kind| &**kind)));
    }
    model.scores.iter().for_each(|score| print_score(model, score, &mut out));
    for category in &model.categories {
        out.header("category", &category.id);
        out.text("score", &model.score(category.score).id);
        out.title(&category.title);
        out.bounds(category.bounds);
    }
    model.rules.iter().for_each(|rule| print_rule(model, rule, &mut out));
    model.exclusions.iter().for_each(|exclusion| print_exclusion(exclusion, &mut out));
    out.0
}

fn print_score(model: &Model, score: &Score, out: &mut Out) {
    out.header("score", &score.id);
    out.title(&score.title);
    if score.of != Subject::Contact {
        out.text("of", score.of.word());
    }
    match &score.form {
        Form::Sum => {}
        Form::Combine(parts) => {
            out.raw("combine", table(parts.iter().map(|&(part, weight)| (model.score(part).id.clone(), weight))));
        }
        Form::Matrix(letters, digits) => {
            let ids = [letters, digits].map(|&at| model.score(at).id.as_str());
            out.raw("matrix", list(ids.into_iter()));
        }
    }
    out.bounds(score.bounds);
    if score.decimals > 0 {
        out.raw("decimals", score.decimals);
    }
    if !score.bands.is_empty() {
        out.raw("bands", table(score.bands.iter().map(|band| (quoted(&band.name), band.from))));
    }
    if score.bands_by == BandsBy::Percentile {
        out.text("bands_by", "percentile");
    }
    out.condition("population", score.population.as_ref());
    if let Some(cohort) = &score.cohort {
        out.text("cohort", cohort);
    }
    match &score.probability {
        None => {}
        Some(Probability::Steps(steps)) => {
            out.raw("probability", table(steps.iter().map(|(from, chance)| (quoted(&from.to_string()), chance))));
        }
        Some(Probability::Logistic { midpoint, slope }) => {
            out.raw("probability", format_args!("{{ midpoint = {midpoint}, slope = {slope} }}"));
        }
    }
}

fn print_rule(model: &Model, rule: &Rule, out: &mut Out) {
    out.header("rule", &rule.id);
    match rule.category {
        Some(category) => out.text("category", &model.category(category).id),
        None => out.text("score", &model.score(rule.score).id),
    }
    out.title(&rule.title);
    match &rule.kind {
        Kind::Activity(activity) => print_activity(activity, out),
        Kind::When { condition, points, multiply_by } => {
            out.condition("when", Some(condition));
            out.raw("points", points);
            if let Some(name) = multiply_by {
                out.text("multiply_by", name);
            }
        }
        Kind::Cases { cases, multiply_by } => {
            let print = |case: &super::Case| {
                format!("{{ when = {}, points = {} }}", quoted(&case.condition.predicate.to_string()), case.points)
            };
            out.raw("cases", format_args!("[{}]", cases.iter().map(print).collect::<Vec<_>>().join(", ")));
            if let Some(name) = multiply_by {
                out.text("multiply_by", name);
            }
        }
        Kind::Since { name, every, points } => {
            out.text("since", name);
            out.text("every", every);
            out.raw("points", points);
        }
        Kind::Inactive { period, types, points, repeat } => {
            out.text("inactive_for", period);
            if let Some(types) = types {
                print_types("activity", types, out);
            }
            out.raw("points", points);
            if *repeat {
                out.raw("repeat", true);
            }
        }
        Kind::Rollup { score, take, people, points, attribution } => {
            out.text("rollup", &model.score(*score).id);
            print_pool(take, out);
            out.condition("where", people.as_ref());
            out.raw("points", points);
            if *attribution == Attribution::AtTime {
                out.text("attribution", "at_time");
            }
        }
    }
    out.optional("cap", rule.cap);
}

fn print_pool(take: &Pool, out: &mut Out) {
    match take {
        Pool::Sum => out.text("take", "sum"),
        Pool::Mean => out.text("take", "mean"),
        Pool::Median => out.text("take", "median"),
        Pool::Max => out.text("take", "max"),
        Pool::Top(count) => out.text("take", format_args!("top {count}")),
        Pool::PerCapita(name) => {
            out.text("take", "per_capita");
            out.text("per", name);
        }
    }
}

fn print_activity(rule: &ActivityRule, out: &mut Out) {
    print_types("activity", &rule.types, out);
    out.condition("where", rule.condition.as_ref());
    if let Some(limit) = &rule.limit {
        let per = limit.per.word();
        let by = limit.by.as_ref().map(|name| format!(", by = {}", quoted(&name.to_string()))).unwrap_or_default();
        out.raw("limit", format_args!("{{ times = {}, per = \"{per}\"{by} }}", limit.times));
    }
    if let Some(window) = rule.window {
        out.text("window", window);
    }
    match &rule.reward {
        Reward::Each { points, multiply_by, at_most, fade, take } => {
            out.raw("points", points);
            if let Some(name) = multiply_by {
                out.text("multiply_by", name);
            }
            out.optional("each_at_most", *at_most);
            print_fade(*fade, out);
            match take {
                Take::Sum => {}
                Take::Max => out.text("take", "max"),
                Take::Latest => out.text("take", "latest"),
            }
        }
        Reward::Tiers { tiers, by } => {
            out.raw("tiers", table(tiers.iter().map(|(from, points)| (quoted(&from.to_string()), points))));
            if *by == TierBy::Value {
                out.text("tier_by", "value");
            }
        }
    }
}

fn print_fade(fade: Option<Fade>, out: &mut Out) {
    match fade {
        None => {}
        Some(Fade::HalfLife(period)) => out.text("half_life", period),
        Some(Fade::FadeOut(period)) => out.text("fade_out", period),
        Some(Fade::StepDown { percent, every, compound }) => {
            let compound = if compound { ", compound = true" } else { "" };
            out.raw("step_down", format_args!("{{ percent = {percent}, every = \"{every}\"{compound} }}"));
        }
    }
}

fn print_exclusion(exclusion: &Exclusion, out: &mut Out) {
    out.header("exclude", &exclusion.id);
    out.title(&exclusion.title);
    print_types("activity", &exclusion.types, out);
    out.condition("where", exclusion.condition.as_ref());
    if let Some(After { types, same, within_seconds }) = &exclusion.after {
        print_types("after", types, out);
        if let Some(name) = same {
            out.text("same", name);
        }
        out.optional("within_seconds", *within_seconds);
    }
}

fn print_types(key: &str, types: &Types, out: &mut Out) {
    match types {
        Types::All => out.text(key, "*"),
        Types::Listed(types) => match &types[..] {
            [one] => out.text(key, one),
            many => out.raw(key, list(many.iter().map(|kind| &**kind))),
        },
    }
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(", "))
}

fn table(entries: impl Iterator<Item = (String, impl std::fmt::Display)>) -> String {
    let entries: Vec<_> = entries.map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", entries.join(", "))
}

/// A text as a basic string of TOML.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_control() => {
                write!(out, "\\u{:04X}", u32::from(control)).expect("a String takes any text");
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
