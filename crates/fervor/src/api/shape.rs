//! How things look in answers.

use live::about::{About, Scored};
use rules::day::Instant;
use rules::decimal::Decimal;
use rules::value::Attributes;
use serde_json::{Map, Value as Json, json};
use store::activity::Stored;
use store::change::Change;
use store::record;
use store::subject::{Kind, Subject};

/// A decimal as a number of JSON, with the digits that it has.
pub(crate) fn number(decimal: Decimal) -> Json {
    serde_json::from_str(&decimal.to_string()).unwrap_or(Json::Null)
}

fn digits(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or(Json::Null)
}

fn text<T: ToString + ?Sized>(value: Option<&T>) -> Json {
    value.map_or(Json::Null, |value| value.to_string().into())
}

pub(crate) fn moment(at: Instant) -> Json {
    at.to_string().into()
}

fn attributes(attributes: &Attributes) -> Json {
    attributes.iter().map(|(name, value)| (name.to_string(), record::json(value))).collect::<Map<_, _>>().into()
}

/// A subject as it is known now.
pub(crate) fn about(about: &About) -> Json {
    let mut shown = json!({"id": &*about.id, "attributes": attributes(&about.attributes)});
    let accounts: Vec<Json> = about.accounts.iter().map(|id| Json::from(&**id)).collect();
    match about.kind {
        Kind::Contact | Kind::Visitor => {
            shown["accounts"] = accounts.into();
            shown["merged"] = about.merged.iter().map(|id| Json::from(&**id)).collect();
        }
        Kind::Opportunity => {
            shown["contact"] = text(about.contact.as_deref());
            shown["account"] = accounts.into_iter().next().unwrap_or_default();
        }
        Kind::Account => {}
    }
    let scores: Map<String, Json> = about.scores.iter().map(|one| (one.score.clone(), scored(one))).collect();
    shown["scores"] = scores.into();
    shown
}

fn scored(one: &Scored) -> Json {
    let categories: Map<String, Json> = one.categories.iter().map(|(id, total)| (id.clone(), digits(total))).collect();
    let mut shown = json!({
        "points": one.points.map(number),
        "band": text(one.band.as_deref()),
        "percentile": one.percentile.map(number),
        "categories": categories,
        "fresh_at": moment(one.fresh_at),
    });
    if let Some(at) = one.ranked_at {
        shown["ranked_at"] = moment(at);
    }
    if let Some(probability) = &one.probability {
        shown["probability"] = digits(probability);
        shown["estimated_value"] = one.estimated_value.as_deref().map_or(Json::Null, digits);
    }
    shown
}

/// A change of a score.
pub(crate) fn change(change: &Change) -> Json {
    json!({
        "at": moment(change.written_at),
        "day": change.day.to_string(),
        "score": &*change.score,
        "version": change.version,
        "points": change.points.map(number),
        "points_before": change.points_before.map(number),
        "band": text(change.band.as_deref()),
        "band_before": text(change.band_before.as_deref()),
        "cause": &*change.cause,
    })
}

/// An activity as it was accepted.
pub(crate) fn activity(stored: &Stored) -> Json {
    let mut shown = json!({
        "type": &*stored.kind,
        "occurred_at": moment(stored.occurred_at),
        "received_at": moment(stored.received_at),
        "id": text(stored.id.as_deref()),
        "source": text(stored.source.as_deref()),
        "value": stored.value.as_ref().map(record::json),
        "account": text(stored.account.as_ref()),
        "properties": attributes(&stored.properties),
    });
    if let Some(original) = stored.original.as_deref().and_then(|text| serde_json::from_str::<Json>(text).ok()) {
        shown["original"] = original;
    }
    if let Some(at) = stored.retracted {
        shown["retracted_at"] = moment(at);
    }
    shown
}

/// All that was said of a subject, with its dates.
pub(crate) fn record_of(subject: &Subject) -> Json {
    let record: Json = serde_json::from_str(&subject.record.write()).unwrap_or_default();
    json!({"kind": subject.kind.word(), "id": &*subject.id, "record": record})
}
