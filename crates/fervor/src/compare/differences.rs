//! What differs between two models beside their rules, in words.

use rules::decimal::Decimal;
use rules::model::{BandsBy, Bounds, Exclusion, Form, Model, Score, ScoreAt};

/// What belongs to no score: time zone, passive types, exclusions.
pub(super) fn of_models(old: &Model, new: &Model) -> Vec<String> {
    let mut found = Vec::new();
    was_is(&mut found, "`timezone`", old.zone.name(), new.zone.name());
    let passive = |model: &Model| listed(model.passive.iter().map(ToString::to_string));
    was_is(&mut found, "`passive`", &passive(old), &passive(new));
    let ids = |model: &Model| model.exclusions.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    came_and_went(&mut found, "exclusion", &ids(old), &ids(new));
    let meaning = |one: &Exclusion| (one.types.clone(), one.condition.clone(), one.after.clone());
    for was in &old.exclusions {
        let is = new.exclusions.iter().find(|is| is.id == was.id);
        if is.is_some_and(|is| meaning(is) != meaning(was)) {
            found.push(format!("exclusion `{}` is changed", was.id));
        }
    }
    found
}

/// What belongs to a score: its own keys and its categories.
pub(super) fn of_scores(old: &Model, was: ScoreAt, new: &Model, is: ScoreAt) -> Vec<String> {
    let (before, after) = (old.score(was), new.score(is));
    let mut found = Vec::new();
    was_is(&mut found, "what it is made of", &form(old, before), &form(new, after));
    bounds(&mut found, "", before.bounds, after.bounds);
    was_is(&mut found, "`decimals`", &before.decimals.to_string(), &after.decimals.to_string());
    was_is(&mut found, "`bands`", &bands(before), &bands(after));
    let changed = [
        ("population", before.population != after.population),
        ("cohort", before.cohort != after.cohort),
        ("probability", before.probability != after.probability),
    ];
    found.extend(changed.iter().filter(|(_, changed)| *changed).map(|(key, _)| format!("`{key}` is changed")));
    let ids = |model: &Model, at| model.categories_of(at).map(|(_, one)| one.id.clone()).collect::<Vec<_>>();
    came_and_went(&mut found, "category", &ids(old, was), &ids(new, is));
    for (_, before) in old.categories_of(was) {
        if let Some((_, after)) = new.categories_of(is).find(|(_, after)| after.id == before.id) {
            bounds(&mut found, &format!("category `{}`: ", before.id), before.bounds, after.bounds);
        }
    }
    found
}

fn was_is(found: &mut Vec<String>, what: &str, was: &str, is: &str) {
    if was != is {
        found.push(format!("{what} was {was}, is {is}"));
    }
}

fn came_and_went(found: &mut Vec<String>, noun: &str, old: &[String], new: &[String]) {
    found.extend(new.iter().filter(|id| !old.contains(id)).map(|id| format!("{noun} `{id}` is new")));
    found.extend(old.iter().filter(|id| !new.contains(id)).map(|id| format!("{noun} `{id}` is removed")));
}

fn bounds(found: &mut Vec<String>, of: &str, was: Bounds, is: Bounds) {
    let bound = |bound: Option<Decimal>| bound.map_or("none".into(), |bound| bound.to_string());
    was_is(found, &format!("{of}`min`"), &bound(was.min), &bound(is.min));
    was_is(found, &format!("{of}`max`"), &bound(was.max), &bound(is.max));
}

fn form(model: &Model, score: &Score) -> String {
    match &score.form {
        Form::Sum => "rules".into(),
        Form::Combine(parts) => listed(parts.iter().map(|(at, weight)| format!("{weight} x {}", model.score(*at).id))),
        Form::Matrix(letters, digits) => listed([letters, digits].map(|at| model.score(*at).id.clone()).into_iter()),
    }
}

fn bands(score: &Score) -> String {
    let by = if score.bands_by == BandsBy::Percentile { " by percentile" } else { "" };
    listed(score.bands.iter().map(|band| format!("{} {}", band.name, band.from))) + by
}

fn listed(items: impl Iterator<Item = String>) -> String {
    let all: Vec<_> = items.collect();
    if all.is_empty() { "none".into() } else { all.join(", ") }
}
