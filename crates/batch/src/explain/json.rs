//! The same account for machines. Numbers keep their exact digits.

use rules::activity::Activity;
use rules::condition::{Finding, Truth, Unknown};
use rules::decimal::Decimal;
use rules::forecast::Change;
use rules::ledger::{Basis, CategoryEntry, Fate, Ledger, Line, Nothing, RuleEntry, Silence};
use rules::model::Model;
use rules::score::Outcome;
use serde_json::{Map, Value, json};

use super::Explanation;
use super::ways::{of_ahead, put_next_band};

/// Everything that is to be said, as one JSON object.
pub fn json(explanation: &Explanation<'_>) -> Value {
    let model = explanation.model;
    let scores: Vec<_> = explanation.wanted().map(|outcome| of_score(explanation, outcome)).collect();
    let aside = &explanation.aside;
    let excluded: Vec<_> = aside
        .excluded
        .iter()
        .map(|(activity, by)| with(of_activity(activity), "excluded_by", json!(model.exclusion(*by).id)))
        .collect();
    let unknown =
        aside.unknown.iter().map(|(by, what)| with(of_unknown(what), "exclusion", json!(model.exclusion(*by).id)));
    let unknown: Vec<_> = unknown.collect();
    let duplicates: Vec<_> = aside.duplicates.iter().map(|activity| of_activity(activity)).collect();
    json!({
        explanation.of.word(): explanation.id,
        "as_of": explanation.as_of.to_string(),
        "contact_of_it": explanation.contact,
        "accounts": explanation.accounts,
        "amount": explanation.amount,
        "scores": scores,
        "excluded": excluded,
        "unknown_exclusions": unknown,
        "duplicates": duplicates,
    })
}

/// A number with the digits that it has.
pub fn number(number: Decimal) -> Value {
    digits(&number.to_string())
}

fn digits(text: &str) -> Value {
    text.parse().map_or(Value::Null, Value::Number)
}

pub(super) fn with(mut object: Value, key: &str, value: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(key.to_owned(), value);
    }
    object
}

fn of_score(explanation: &Explanation<'_>, outcome: &Outcome) -> Value {
    let model = explanation.model;
    let score = model.score(outcome.score);
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("score", json!(score.id));
    put("title", json!(score.label()));
    put("points", outcome.points.map_or(Value::Null, number));
    put("band", json!(outcome.band));
    put("percentile", outcome.percentile.map_or(Value::Null, number));
    if let Some(chance) = outcome.probability {
        put("probability", digits(&chance.to_string()));
        put("estimated_value", outcome.estimated_value.map_or(Value::Null, number));
    }
    if let Some(ledger) = explanation.ledgers.iter().find(|ledger| ledger.score == outcome.score) {
        put("ledger", of_ledger(model, ledger));
    }
    let ahead = explanation.ahead.iter().filter(|ahead| ahead.change.score == outcome.score);
    put("forecast", ahead.map(|ahead| of_ahead(model, ahead)).collect());
    put_next_band(model, explanation.next_band(outcome.score), &mut object);
    Value::Object(object)
}

/// A change of band.
pub(super) fn of_change(model: &Model, change: &Change) -> Value {
    let bands = &model.score(change.score).bands;
    json!({
        "date": change.day.to_string(),
        "from": bands[change.from].name,
        "to": bands[change.to].name,
        "points": number(change.points),
    })
}

fn of_ledger(model: &Model, ledger: &Ledger<'_>) -> Value {
    let parts = ledger.parts.iter().map(|part| {
        json!({
            "score": model.score(part.score).id,
            "weight": number(part.weight),
            "points": number(part.points),
            "result": number(part.result),
        })
    });
    json!({
        "categories": ledger.categories.iter().map(|category| of_category(model, category)).collect::<Value>(),
        "parts": parts.collect::<Value>(),
        "sum": number(ledger.sum),
        "lost_to_bounds": number(ledger.lost_to_bounds),
        "lost_to_rounding": number(ledger.lost_to_rounding),
        "points": number(ledger.points),
    })
}

fn of_category(model: &Model, entry: &CategoryEntry<'_>) -> Value {
    json!({
        "category": entry.category.map(|at| model.category(at).id.as_str()),
        "title": entry.category.map(|at| model.category(at).label()),
        "rules": entry.rules.iter().map(|rule| of_rule(model, rule)).collect::<Value>(),
        "sum": number(entry.sum),
        "lost_to_bounds": number(entry.lost_to_bounds),
        "result": number(entry.result),
    })
}

fn of_rule(model: &Model, entry: &RuleEntry<'_>) -> Value {
    let rule = model.rule(entry.rule);
    json!({
        "rule": rule.id,
        "title": rule.label(),
        "kind": rule.kind.word(),
        "counted": entry.counted,
        "base": number(entry.base),
        "faded": number(entry.faded),
        "not_taken": number(entry.not_taken),
        "capped": number(entry.capped),
        "result": number(entry.result),
        "because": of_basis(model, &entry.basis),
    })
}

fn of_basis(model: &Model, basis: &Basis<'_>) -> Value {
    match basis {
        Basis::Activities(lines) => json!({ "activities": of_lines(model, lines) }),
        Basis::Tiers { lines, reached, tier } => json!({
            "reached": number(*reached),
            "tier": tier.map_or(Value::Null, number),
            "activities": of_lines(model, lines),
        }),
        Basis::When { truth, findings, multiplier, unknown } => json!({
            "facts": of_findings(findings),
            "condition": truth_word(*truth),
            "multiplier": multiplier.map_or(Value::Null, number),
            "unknown": of_unknowns(unknown),
        }),
        Basis::Cases { met, findings, multiplier, unknown } => json!({
            "facts": of_findings(findings),
            "case": met.map(|place| place + 1),
            "multiplier": multiplier.map_or(Value::Null, number),
            "unknown": of_unknowns(unknown),
        }),
        Basis::Since { start, periods, unknown } => json!({
            "start": start.map(|day| day.to_string()),
            "periods": periods,
            "unknown": of_unknowns(unknown),
        }),
        Basis::Silence { since, periods } => match since {
            Silence::Activity(day) => json!({ "last_activity": day.to_string(), "periods": periods }),
            Silence::Created(day) => json!({ "created": day.to_string(), "periods": periods }),
            Silence::Endless => json!({ "endless": true }),
        },
        Basis::People { scores, pooled, divisor, nothing } => json!({
            "pooled": number(*pooled),
            "divisor": divisor.map_or(Value::Null, number),
            "people": scores.iter().map(|(id, points)| json!({ "contact": id.as_str(), "points": number(*points) })).collect::<Value>(),
            "nothing_because": nothing.as_ref().map(why_nothing),
        }),
        Basis::Elsewhere => json!({ "elsewhere": true }),
    }
}

fn why_nothing(nothing: &Nothing) -> Value {
    match nothing {
        Nothing::NoPeople => json!("no_people"),
        Nothing::ZeroDivisor => json!("zero_divisor"),
        Nothing::UnknownDivisor(unknown) => json!({ "unknown_divisor": of_unknown(unknown) }),
    }
}

fn truth_word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    }
}

fn of_findings(findings: &[Finding]) -> Value {
    findings.iter().map(|finding| json!({ "name": finding.name.to_string(), "found": finding.found })).collect()
}

pub(super) fn of_unknowns(unknowns: &[Unknown]) -> Value {
    unknowns.iter().map(of_unknown).collect()
}

fn of_unknown(unknown: &Unknown) -> Value {
    json!({ "name": unknown.name.to_string(), "found": unknown.found })
}

fn of_lines(model: &Model, lines: &[Line<'_>]) -> Value {
    lines.iter().map(|line| with(of_activity(line.activity), "fate", of_fate(model, &line.fate))).collect()
}

fn of_activity(activity: &Activity) -> Value {
    json!({
        "type": &*activity.kind,
        "day": activity.day.to_string(),
        "id": activity.id.as_deref(),
        "source": activity.source.as_deref(),
        "account": activity.account.as_ref().map(rules::id::AccountId::as_str),
    })
}

fn of_fate(model: &Model, fate: &Fate) -> Value {
    match fate {
        Fate::Counted { base, factor, contribution, taken } => json!({
            "counted": true,
            "base": number(*base),
            "factor": digits(&format!("{}.{:09}", factor.nanos() / 1_000_000_000, factor.nanos() % 1_000_000_000)),
            "contribution": number(*contribution),
            "taken": taken,
        }),
        Fate::Towards(amount) => json!({ "counted": true, "amount": number(*amount) }),
        Fate::Excluded(at) => json!({ "counted": false, "excluded_by": model.exclusion(*at).id }),
        Fate::Unknown(unknown) => json!({ "counted": false, "unknown": of_unknowns(unknown) }),
        Fate::OverLimit => json!({ "counted": false, "over_limit": true }),
        Fate::UnknownNumber(unknown) => json!({ "counted": false, "unknown_number": of_unknown(unknown) }),
        Fate::OutsideWindow => json!({ "counted": false, "outside_window": true }),
    }
}
