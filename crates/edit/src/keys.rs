//! Scores, categories, rules and exclusions as keys with values: what a form shows, and what it sends back.

use rules::condition::{Condition, Name};
use rules::fade::Fade;
use rules::model::{
    ActivityRule, Attribution, BandsBy, Bounds, Category, Exclusion, Form, Kind, Limit, Model, Pool, Reward, Rule,
    Score, Subject, Take, TierBy, Types,
};
use rules::probability::Probability;

use crate::{At, Edit, Value};

/// Keys in their usual order.
pub type Keys = Vec<(String, Value)>;

/// Collects keys.
#[derive(Default)]
struct Out(Keys);

impl Out {
    fn put(&mut self, key: &str, value: Value) {
        self.0.push((key.to_owned(), value));
    }

    fn text(&mut self, key: &str, text: impl ToString) {
        self.put(key, Value::text(text));
    }

    fn number(&mut self, key: &str, number: impl ToString) {
        self.put(key, Value::number(number));
    }

    fn title(&mut self, title: &str) {
        if !title.is_empty() {
            self.text("title", title);
        }
    }

    fn maybe(&mut self, key: &str, number: Option<impl ToString>) {
        if let Some(number) = number {
            self.number(key, number);
        }
    }

    fn name(&mut self, key: &str, name: Option<&Name>) {
        if let Some(name) = name {
            self.text(key, name);
        }
    }

    fn condition(&mut self, key: &str, condition: Option<&Condition>) {
        if let Some(condition) = condition {
            self.text(key, &condition.text);
        }
    }

    fn bounds(&mut self, bounds: Bounds) {
        self.maybe("min", bounds.min);
        self.maybe("max", bounds.max);
    }

    fn types(&mut self, key: &str, types: &Types) {
        match types {
            Types::All => self.text(key, "*"),
            Types::Listed(types) => match &types[..] {
                [one] => self.text(key, one),
                many => self.put(key, Value::Texts(many.iter().map(ToString::to_string).collect())),
            },
        }
    }
}

/// A table in braces.
pub fn table<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The keys of a rule.
pub fn of_rule(model: &Model, rule: &Rule) -> Keys {
    let mut out = Out::default();
    match rule.category {
        Some(category) => out.text("category", &model.category(category).id),
        None => out.text("score", &model.score(rule.score).id),
    }
    out.title(&rule.title);
    match &rule.kind {
        Kind::Activity(activity) => of_activity(activity, &mut out),
        Kind::When { condition, points, multiply_by } => {
            out.condition("when", Some(condition));
            out.number("points", points);
            out.name("multiply_by", multiply_by.as_ref());
        }
        Kind::Cases { cases, multiply_by } => {
            let case = |case: &rules::model::Case| {
                vec![
                    ("when".to_owned(), Value::text(&case.condition.text)),
                    ("points".to_owned(), Value::number(case.points)),
                ]
            };
            out.put("cases", Value::Tables(cases.iter().map(case).collect()));
            out.name("multiply_by", multiply_by.as_ref());
        }
        Kind::Since { name, every, points } => {
            out.text("since", name);
            out.text("every", every);
            out.number("points", points);
        }
        Kind::Inactive { period, types, points, repeat } => {
            out.text("inactive_for", period);
            if let Some(types) = types {
                out.types("activity", types);
            }
            out.number("points", points);
            if *repeat {
                out.put("repeat", Value::Flag(true));
            }
        }
        Kind::Rollup { score, take, people, points, attribution } => {
            out.text("rollup", &model.score(*score).id);
            out.text("take", pool(take));
            if let Pool::PerCapita(name) = take {
                out.text("per", name);
            }
            out.condition("where", people.as_ref());
            out.number("points", points);
            if *attribution == Attribution::AtTime {
                out.text("attribution", "at_time");
            }
        }
    }
    out.maybe("cap", rule.cap);
    out.0
}

fn pool(take: &Pool) -> String {
    match take {
        Pool::Sum => "sum".into(),
        Pool::Mean => "mean".into(),
        Pool::Median => "median".into(),
        Pool::Max => "max".into(),
        Pool::Top(count) => format!("top {count}"),
        Pool::PerCapita(_) => "per_capita".into(),
    }
}

fn of_activity(rule: &ActivityRule, out: &mut Out) {
    out.types("activity", &rule.types);
    out.condition("where", rule.condition.as_ref());
    match &rule.reward {
        Reward::Each { points, multiply_by, at_most, fade, take } => {
            out.number("points", points);
            out.name("multiply_by", multiply_by.as_ref());
            out.maybe("each_at_most", *at_most);
            match fade {
                None => {}
                Some(Fade::HalfLife(period)) => out.text("half_life", period),
                Some(Fade::FadeOut(period)) => out.text("fade_out", period),
                Some(Fade::StepDown { percent, every, compound }) => {
                    let entries = [("percent", Value::number(percent)), ("every", Value::text(every))];
                    let compound = compound.then_some(("compound", Value::Flag(true)));
                    out.put("step_down", table(entries.into_iter().chain(compound)));
                }
            }
            match take {
                Take::Sum => {}
                Take::Max => out.text("take", "max"),
                Take::Latest => out.text("take", "latest"),
            }
        }
        Reward::Tiers { tiers, by } => {
            let tier = |(from, points): &(_, _)| (from_text(from), Value::number(points));
            out.put("tiers", Value::Table(tiers.iter().map(tier).collect()));
            if *by == TierBy::Value {
                out.text("tier_by", "value");
            }
        }
    }
    if let Some(limit) = &rule.limit {
        out.put("limit", of_limit(limit));
    }
    if let Some(window) = rule.window {
        out.text("window", window);
    }
}

fn from_text(from: &rules::decimal::Decimal) -> String {
    from.to_string()
}

fn of_limit(limit: &Limit) -> Value {
    let entries = [("times", Value::number(limit.times)), ("per", Value::text(limit.per.word()))];
    table(entries.into_iter().chain(limit.by.as_ref().map(|by| ("by", Value::text(by)))))
}

/// The keys of a category.
pub fn of_category(model: &Model, category: &Category) -> Keys {
    let mut out = Out::default();
    out.text("score", &model.score(category.score).id);
    out.title(&category.title);
    out.bounds(category.bounds);
    out.0
}

/// The keys of a score.
pub fn of_score(model: &Model, score: &Score) -> Keys {
    let mut out = Out::default();
    out.title(&score.title);
    if score.of != Subject::Contact {
        out.text("of", score.of.word());
    }
    match &score.form {
        Form::Sum => {}
        Form::Combine(parts) => {
            let part = |&(at, weight): &(_, _)| (model.score(at).id.clone(), Value::number(weight));
            out.put("combine", Value::Table(parts.iter().map(part).collect()));
        }
        Form::Matrix(letters, digits) => {
            out.put("matrix", Value::Texts([letters, digits].map(|&at| model.score(at).id.clone()).to_vec()));
        }
    }
    out.bounds(score.bounds);
    if score.decimals > 0 {
        out.number("decimals", score.decimals);
    }
    if !score.bands.is_empty() {
        out.put("bands", bands(score.bands.iter().map(|band| (band.name.clone(), band.from.to_string()))));
    }
    if score.bands_by == BandsBy::Percentile {
        out.text("bands_by", "percentile");
    }
    out.condition("population", score.population.as_ref());
    out.name("cohort", score.cohort.as_ref());
    match &score.probability {
        None => {}
        Some(Probability::Steps(steps)) => {
            let step = |(from, chance): &(_, _)| (from_text(from), Value::number(chance));
            out.put("probability", Value::Table(steps.iter().map(step).collect()));
        }
        Some(Probability::Logistic { midpoint, slope }) => {
            out.put("probability", table([("midpoint", Value::number(midpoint)), ("slope", Value::number(slope))]));
        }
    }
    out.0
}

/// The keys of an exclusion.
pub fn of_exclusion(exclusion: &Exclusion) -> Keys {
    let mut out = Out::default();
    out.title(&exclusion.title);
    let is_all = exclusion.types == Types::All;
    // One that covers everything has to say so.
    if !is_all || exclusion.condition.is_none() && exclusion.after.is_none() {
        out.types("activity", &exclusion.types);
    }
    out.condition("where", exclusion.condition.as_ref());
    if let Some(after) = &exclusion.after {
        out.types("after", &after.types);
        out.name("same", after.same.as_ref());
        out.maybe("within_seconds", after.within_seconds);
    }
    out.0
}

/// The keys of the model itself; UTC goes without saying.
pub fn of_head(model: &Model) -> Keys {
    let mut out = Out::default();
    if !model.name.is_empty() {
        out.text("name", &model.name);
    }
    if model.zone.name() != "UTC" {
        out.text("timezone", model.zone.name());
    }
    match &model.passive[..] {
        [] => {}
        [one] => out.text("passive", one),
        many => out.put("passive", Value::Texts(many.iter().map(ToString::to_string).collect())),
    }
    out.0
}

/// Bands with their thresholds.
pub fn bands(bands: impl IntoIterator<Item = (String, String)>) -> Value {
    Value::Table(bands.into_iter().map(|(name, from)| (name, Value::Number(from))).collect())
}

/// The changes that give a table these keys and no others of the language.
pub fn put(at: &At, keys: &Keys) -> Vec<Edit> {
    let section = match at.section.as_str() {
        "score" => rules::model::Section::Score,
        "category" => rules::model::Section::Category,
        "rule" => rules::model::Section::Rule,
        _ => rules::model::Section::Exclude,
    };
    let known = rules::model::KEYS.iter().filter(|key| key.section == section).map(|key| key.name);
    let gone = known.filter(|name| !keys.iter().any(|(key, _)| key == name));
    let gone = gone.map(|name| Edit::Set(at.clone(), name.to_owned(), None));
    let set = keys.iter().map(|(key, value)| Edit::Set(at.clone(), key.clone(), Some(value.clone())));
    gone.chain(set).collect()
}
