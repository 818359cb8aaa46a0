//! One subject, one version of the model, one day: how it stands, and when it has to be looked at again.

use std::sync::Arc;

use rules::day::Day;
use rules::facts::Facts;
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::model::Subject;
use rules::score::{Alone, Error, Evaluation, Outcome, Scores};
use serde_json::{Map, Value as Json};
use store::standing::Standing;
use store::subject::{Key, Kind};

use crate::models::Version;

/// How a subject stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evaluated {
    /// For each of its scores; none if it does not exist.
    pub(crate) standings: Vec<Standing>,
    /// The next day on which anything of it may be otherwise, though nothing is said of it.
    pub(crate) next: Option<Day>,
}

pub(crate) fn contact(
    version: &Version,
    facts: &Facts,
    (key, id): (Key, &ContactId),
    as_of: Day,
) -> Result<Evaluated, Error> {
    let evaluation = Evaluation::new(&version.model, facts, as_of);
    let alone = evaluation.contact_alone(id).transpose()?;
    Ok(evaluated(version, facts, (key, Kind::Contact), as_of, alone))
}

pub(crate) fn account(
    version: &Version,
    facts: &Facts,
    (key, id): (Key, &AccountId),
    as_of: Day,
) -> Result<Evaluated, Error> {
    let evaluation = Evaluation::new(&version.model, facts, as_of);
    let alone = evaluation.account_alone(id).transpose()?;
    Ok(evaluated(version, facts, (key, Kind::Account), as_of, alone))
}

pub(crate) fn opportunity(
    version: &Version,
    facts: &Facts,
    (key, id): (Key, &OpportunityId),
    as_of: Day,
    scores: &Scores,
) -> Result<Evaluated, Error> {
    let evaluation = Evaluation::new(&version.model, facts, as_of);
    let alone = evaluation.opportunity_alone(id, scores).transpose()?;
    Ok(evaluated(version, facts, (key, Kind::Opportunity), as_of, alone))
}

/// How a subject stands by itself.
pub(crate) fn evaluated<Id>(
    version: &Version,
    facts: &Facts,
    (key, kind): (Key, Kind),
    as_of: Day,
    alone: Option<Alone<Id>>,
) -> Evaluated {
    let later = facts.next_day(as_of);
    let Some(alone) = alone else { return Evaluated { standings: Vec::new(), next: later } };
    let standing = |(outcome, ranked): (&Outcome, &Option<rules::percentile::Ranked>)| Standing {
        subject: key,
        version: version.number,
        score: i64::try_from(outcome.score.0).expect("a model has few scores"),
        kind,
        points: outcome.points,
        band: outcome.band.as_deref().map(Into::into),
        ranked: ranked.as_ref().map(|ranked| ranked.cohort.as_deref().map(Into::into)),
        detail: detail(version, outcome, &alone),
    };
    let standings = alone.card.scores.iter().zip(&alone.ranked).map(standing).collect();
    let next = [alone.next, later].into_iter().flatten().min();
    Evaluated { standings, next }
}

/// What else is known of a result: the totals of categories, the probability and the estimated value.
fn detail<Id>(version: &Version, outcome: &Outcome, alone: &Alone<Id>) -> Arc<str> {
    let mut detail = Map::new();
    let totals: Map<String, Json> = version
        .model
        .categories_of(outcome.score)
        .filter_map(|(at, category)| Some((category.id.clone(), alone.card.categories.get(&at)?.to_string().into())))
        .collect();
    if !totals.is_empty() {
        detail.insert("categories".into(), totals.into());
    }
    if let Some(probability) = outcome.probability {
        detail.insert("probability".into(), probability.to_string().into());
    }
    if let Some(value) = outcome.estimated_value {
        detail.insert("estimated_value".into(), value.to_string().into());
    }
    Json::from(detail).to_string().into()
}

/// The subjects of a kind in a model.
pub(crate) fn of_kind(kind: Kind) -> Option<Subject> {
    match kind {
        Kind::Contact => Some(Subject::Contact),
        Kind::Account => Some(Subject::Account),
        Kind::Opportunity => Some(Subject::Opportunity),
        Kind::Visitor => None,
    }
}
