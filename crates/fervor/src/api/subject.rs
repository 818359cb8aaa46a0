//! One contact, account or opportunity: how it stands, why, how it came to that, and what will be.

use batch::explain::{self, Ahead, Explanation, gather_until};
use live::about::{About, Known};
use live::service::Service;
use rules::advice::Advice;
use rules::day::{Day, Period};
use rules::forecast::{Change, horizon};
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::model::{ScoreAt, Subject as Of};
use rules::score::{Card, Evaluation, Scores};
use serde_json::{Value as Json, json};
use store::subject::Kind;

use super::answer::Answer;
use super::call::{Call, unprocessable};
use super::lists::paged;
use super::problem::Problem;
use super::{cursor, shape};

/// The kind of subjects that a path is about.
fn kind(call: &Call) -> Kind {
    match call.asked.split('/').nth(2) {
        Some("accounts") => Kind::Account,
        Some("opportunities") => Kind::Opportunity,
        _ => Kind::Contact,
    }
}

fn of(kind: Kind) -> Of {
    match kind {
        Kind::Account => Of::Account,
        Kind::Opportunity => Of::Opportunity,
        Kind::Contact | Kind::Visitor => Of::Contact,
    }
}

fn overflow(overflow: rules::score::Error) -> Problem {
    unprocessable(overflow.to_string())
}

pub(crate) fn about(call: &Call) -> Result<Answer, Problem> {
    let about = call.app.service.about(kind(call), call.id())?;
    Ok(Answer::ok(&shape::about(&about)))
}

/// Every score taken apart, down to each activity.
pub(crate) fn ledger(call: &Call) -> Result<Answer, Problem> {
    let kind = kind(call);
    let known = call.app.service.facts_of(kind, call.id())?;
    let as_of = call.as_of()?.unwrap_or(known.today);
    let model = &known.version.model;
    let named = call.query.get("score").map(|id| (id, model.find_score(id)));
    let only = match named {
        Some((id, None)) => return Err(unprocessable(format!("the model has no score `{id}`"))),
        Some((_, found)) => found.filter(|at| model.score(*at).of == of(kind)),
        None => None,
    };
    let until = horizon(as_of);
    explained(&call.app.service, kind, &known, (as_of, Some(until)), only, |explanation| {
        Answer::ok(&explain::json(explanation))
    })
}

/// Everything that is to be said of a subject on a day, or of one score of it, with what comes until another, if that is
/// asked for.
pub(crate) fn explained<T>(
    service: &Service,
    kind: Kind,
    known: &Known,
    (as_of, until): (Day, Option<Day>),
    only: Option<ScoreAt>,
    told: impl FnOnce(&Explanation<'_>) -> T,
) -> Result<T, Problem> {
    let evaluation = Evaluation::new(&known.version.model, &known.facts, as_of);
    let scores = standing(service, &evaluation, known, kind)?;
    let explanation = gather_until(&evaluation, &scores, of(kind), &known.id, only, until).map_err(overflow)?;
    let missing = || Problem::not_found(format!("{} `{}` does not exist on {as_of}", kind.word(), known.id));
    explanation.as_ref().map(told).ok_or_else(missing)
}

/// The results on a day. What needs everybody is known of today alone: it is as it is stored then, and else missing.
fn standing(service: &Service, evaluation: &Evaluation<'_>, known: &Known, kind: Kind) -> Result<Scores, Problem> {
    let mut scores = evaluation.scores(&|| {}).map_err(overflow)?;
    let is_today = evaluation.as_of() == known.today;
    // Of an account its people are many, and nobody asks where they stand; neither does it matter of a contact's account.
    let stored = |of: Kind, other: Kind, id: &str| {
        let is_wanted = is_today && kind != other;
        is_wanted.then(|| service.about(of, id).ok()).flatten()
    };
    for card in &mut scores.contacts {
        rank(evaluation, card, stored(Kind::Contact, Kind::Account, card.id.as_str()));
    }
    for card in &mut scores.accounts {
        rank(evaluation, card, stored(Kind::Account, Kind::Contact, card.id.as_str()));
    }
    if kind == Kind::Opportunity {
        let id = OpportunityId::from(&*known.id);
        if let Some(alone) = evaluation.opportunity_alone(&id, &scores) {
            scores.opportunities = vec![alone.map_err(overflow)?.card];
        }
    }
    Ok(scores)
}

/// Percentiles as they are stored, and the bands that go by them.
fn rank<Id>(evaluation: &Evaluation<'_>, card: &mut Card<Id>, about: Option<About>) {
    for outcome in &mut card.scores {
        let id = &evaluation.model().score(outcome.score).id;
        let stored = about.iter().flat_map(|about| &about.scores).find(|scored| scored.score == *id);
        outcome.percentile = stored.and_then(|scored| scored.percentile);
    }
    card.place(evaluation.model());
}

/// The changes of band to come, if nothing happens.
pub(crate) fn forecast(call: &Call) -> Result<Answer, Problem> {
    let kind = kind(call);
    let known = call.app.service.facts_of(kind, call.id())?;
    let within = call.query.get("within").map_or("1 year", String::as_str);
    let until = Period::parse(within).and_then(|within| known.today.plus(within, 1));
    let until = until.filter(|until| *until <= horizon(known.today));
    let until = until.ok_or_else(|| unprocessable("`within` is a span such as `30 days`, at most three years"))?;
    let model = &known.version.model;
    let evaluation = Evaluation::new(model, &known.facts, known.today);
    let advice = Advice::new(&evaluation);
    let changes = changes(&evaluation, kind, &known.id, until)?;
    let mut shown = Vec::new();
    for change in changes {
        let contact = ContactId::from(&*known.id);
        let prevented_by = match kind {
            Kind::Contact => advice.prevention(&contact, &change).map_err(overflow)?,
            _ => None,
        };
        let mut one = json!({"score": model.score(change.score).id});
        if let (Some(one), Json::Object(ahead)) =
            (one.as_object_mut(), explain::of_ahead(model, &Ahead { change, prevented_by }))
        {
            one.extend(ahead);
        }
        shown.push(one);
    }
    Ok(Answer::ok(&json!({"as_of": known.today.to_string(), "until": until.to_string(), "changes": shown})))
}

fn changes(evaluation: &Evaluation<'_>, kind: Kind, id: &str, until: Day) -> Result<Vec<Change>, Problem> {
    let changes = match kind {
        Kind::Account => evaluation.forecast_account(&AccountId::from(id), until),
        // What an opportunity is worth hangs on what others will be.
        Kind::Opportunity => None,
        Kind::Contact | Kind::Visitor => evaluation.forecast_contact(&ContactId::from(id), until),
    };
    changes.transpose().map(Option::unwrap_or_default).map_err(overflow)
}

pub(crate) fn history(call: &Call) -> Result<Answer, Problem> {
    let before = call.query.get("cursor").map(|text| cursor::number(text)).transpose()?;
    let limit = call.limit(100, 1000)?;
    let mut changes = call.app.service.history(kind(call), call.id(), before, limit + 1)?;
    let is_more = changes.len() > limit;
    changes.truncate(limit);
    let next = changes.last().filter(|_| is_more).map(|change| cursor::of_number(change.at.seq));
    Ok(paged(call, changes.iter().map(shape::change).collect(), next))
}

pub(crate) fn activities(call: &Call) -> Result<Answer, Problem> {
    let before = call.query.get("cursor").map(|text| cursor::moment(text)).transpose()?;
    let limit = call.limit(100, 1000)?;
    let mut found = call.app.service.activities(call.id(), before, limit + 1)?;
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(|one| cursor::of_moment(one.occurred_at, one.seq));
    Ok(paged(call, found.iter().map(shape::activity).collect(), next))
}
