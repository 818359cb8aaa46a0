//! A comparison for machines. Numbers keep their exact digits.

use rules::decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{Cause, Comparison, Mover, Moves, OfScore, Shift, Source};
use crate::distribution::Distribution;
use batch::explain::number;

/// All that differs, as one JSON object; `sides` says which models and dates were compared.
pub(crate) fn json(comparison: &Comparison<'_>, sides: [Value; 2]) -> Value {
    let [old, new] = sides;
    json!({
        "old": old,
        "new": new,
        "changes": comparison.scores.iter().any(OfScore::changes),
        "outside": comparison.outside,
        "scores": comparison.scores.iter().map(of_score).collect::<Value>(),
    })
}

fn of_score(of: &OfScore<'_>) -> Value {
    let score = of.either();
    let standing = match (of.old, of.new) {
        (None, _) => "new",
        (_, None) => "removed",
        _ => "kept",
    };
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("score", json!(score.id));
    put("of", json!(score.of.word()));
    put("title", json!(score.label()));
    put("standing", json!(standing));
    match &of.shift {
        None => put("subjects", json!(of.everyone.len())),
        Some(shift) => put("shift", of_shift(shift)),
    };
    Value::Object(object)
}

fn of_shift(shift: &Shift) -> Value {
    let [old, new] = shift.distributions.map(of_distribution);
    json!({
        "subjects": shift.both,
        "came": shift.came,
        "gone": shift.gone,
        "points": of_moves(shift.points),
        "bands": of_moves(shift.bands),
        "percentiles": shift.percentiles,
        "probabilities": shift.chances,
        "crossings": { "old": shift.crossings.old, "new": shift.crossings.new, "counts": shift.crossings.counts },
        "distribution": { "old": old, "new": new },
        "change": optional(shift.change),
        "causes": shift.causes.iter().map(of_cause).collect::<Value>(),
        "bounds_and_rounding": of_cause(&shift.held),
        "outside": shift.outside,
        "largest": shift.largest.iter().map(of_mover).collect::<Value>(),
    })
}

fn of_moves(moves: Moves) -> Value {
    json!({ "changed": moves.all(), "up": moves.up, "down": moves.down, "neither": moves.aside })
}

fn of_distribution(distribution: Option<Distribution>) -> Value {
    let Some(of) = distribution else { return Value::Null };
    json!({
        "least": number(of.least),
        "lower_quartile": optional(of.lower_quartile),
        "median": optional(of.median),
        "upper_quartile": optional(of.upper_quartile),
        "mean": optional(of.mean),
        "most": number(of.most),
        "total": optional(of.total),
        "estimated_value": optional(of.estimated_value.flatten()),
    })
}

fn of_cause(cause: &Cause) -> Value {
    let mut object = of_source(&cause.source);
    if cause.source != Source::Held {
        object.insert("standing".into(), json!(cause.standing.word()));
    }
    let numbers = [("change", cause.change), ("most_up", cause.most_up), ("most_down", cause.most_down)];
    object.insert("moved".into(), json!(cause.moved));
    object.extend(numbers.map(|(key, change)| (key.to_owned(), optional(change))));
    Value::Object(object)
}

fn of_source(source: &Source) -> Map<String, Value> {
    let named = match source {
        Source::Rule(id) => Some(("rule", id)),
        Source::Score(id) => Some(("score", id)),
        Source::Held => None,
    };
    named.into_iter().map(|(key, id)| (key.to_owned(), json!(id))).collect()
}

fn of_mover(mover: &Mover) -> Value {
    let (source, change) = &mover.most_by;
    let mut most_by = of_source(source);
    most_by.insert("change".into(), optional(*change));
    json!({
        "id": mover.id,
        "name": mover.name,
        "old": number(mover.old.0),
        "old_band": mover.old.1,
        "new": number(mover.new.0),
        "new_band": mover.new.1,
        "change": optional(mover.change),
        "most_by": most_by,
    })
}

fn optional(value: Option<Decimal>) -> Value {
    value.map_or(Value::Null, number)
}
