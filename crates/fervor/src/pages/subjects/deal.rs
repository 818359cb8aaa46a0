//! One opportunity: its factors, what they add up to, and what would come of other ones before they are kept.

use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};

use askama::Template;
use live::about::{About, Known};
use live::fact::Taken;
use live::take::Request;
use live::wire::native;
use rules::history::{History, Row};
use rules::id::OpportunityId;
use rules::value::{Attributes, Value};
use serde_json::{Value as Json, json};
use store::subject::Kind;

use super::factors::{self, Field};
use super::past::{self, Lines, Past};
use super::why::Why;
use super::{address, columns, one};
use crate::api::access::Scope;
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::problem::{self, Problem};
use crate::api::{ingest, subject};
use crate::pages::form::Form;
use crate::pages::frame::{Frame, page, see, sentence};
use crate::pages::show::{self, Band, Number};
use crate::t;

/// What fields of the form begin with.
const FIELD: &str = "factor.";

#[derive(Debug, Template)]
#[template(path = "subjects/deal.html")]
struct Deal<'a> {
    frame: Frame<'a>,
    about: &'a About,
    path: String,
    name: String,
    contact: Option<(String, String)>,
    accounts: Vec<(String, String)>,
    error: Option<String>,
    done: &'a str,
    /// Whether the factors are tried and not kept.
    is_tried: bool,
    fields: Vec<Field>,
    /// What is known beside the factors.
    others: Vec<(String, String)>,
    scores: Vec<Scored>,
    may_edit: bool,
}

/// How it stands in a score.
#[derive(Debug)]
struct Scored {
    id: String,
    label: String,
    points: Option<Number>,
    band: Option<Band>,
    /// Whether the score becomes a probability at all.
    is_likely: bool,
    probability: Option<String>,
    value: Option<Number>,
    why: Why,
    past: Past,
}

pub(super) fn show(call: &Call) -> Result<Answer, Problem> {
    shown(call, None, None)
}

/// What would come of other factors.
pub(super) fn attempt(call: &Call) -> Result<Answer, Problem> {
    let said = said(&Form::read(call)?);
    shown(call, Some(&said), None)
}

/// Keeps other factors: they hold from today.
pub(super) fn keep(call: &Call) -> Result<Answer, Problem> {
    let said = said(&Form::read(call)?);
    match kept(call, &said) {
        Ok(()) => Ok(see(&format!("{}?done=kept", address("/opportunities", call.id())))),
        Err(problem) if problem.kind == problem::Kind::Unprocessable => shown(call, Some(&said), Some(&problem)),
        Err(problem) => Err(problem),
    }
}

/// Factors by name, as they were written.
fn said(form: &Form) -> BTreeMap<String, String> {
    let own = form.pairs().filter_map(|(name, value)| Some((name.strip_prefix(FIELD)?, value)));
    own.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

fn shown(call: &Call, said: Option<&BTreeMap<String, String>>, wrong: Option<&Problem>) -> Result<Answer, Problem> {
    let service = &call.app.service;
    let about = service.about(Kind::Opportunity, call.id())?;
    let mut known = service.facts_of(Kind::Opportunity, &about.id)?;
    let mut attributes = about.attributes.clone();
    if let Some(said) = said {
        change(&mut attributes, said);
        suppose(&mut known, &attributes);
    }
    let fields = factors::fields(&known.version.model, &attributes);
    let is_other = |(name, _): &(String, String)| !fields.iter().any(|field| field.label == *name);
    let scores = scores(call, &known)?;
    let named = |path: &str, id: &Arc<str>| (address(path, id), id.to_string());
    let deal = Deal {
        frame: Frame::of(call),
        path: address("/opportunities", &about.id),
        name: columns::called(&about).unwrap_or_else(|| about.id.to_string()),
        contact: about.contact.as_ref().map(|id| named("/contacts", id)),
        accounts: about.accounts.iter().map(|id| named("/accounts", id)).collect(),
        error: wrong.map(|problem| sentence(&problem.detail)),
        done: call.param("done"),
        is_tried: said.is_some() && attributes != about.attributes,
        others: one::attributes(&about).into_iter().filter(is_other).collect(),
        fields,
        scores,
        may_edit: call.who.may(Scope::Write).is_ok(),
        about: &about,
    };
    Ok(page(wrong.map_or(200, |problem| problem.kind.status()), &deal))
}

fn change(attributes: &mut Attributes, said: &BTreeMap<String, String>) {
    for (name, text) in said {
        match Value::text_of(text) {
            Some(value) => _ = attributes.insert(name.as_str().into(), value),
            None => _ = attributes.remove(name.as_str()),
        }
    }
}

/// Puts other attributes in force from today.
fn suppose(known: &mut Known, attributes: &Attributes) {
    let id = OpportunityId::from(&*known.id);
    let Some(before) = known.facts.opportunities.get(&id) else { return };
    let today = before.on(known.today).cloned().unwrap_or_default();
    let mut history = History::default();
    for row in before.rows().iter().filter(|row| row.valid_from < Some(known.today)) {
        history.add(row.clone());
    }
    history.add(Row { valid_from: Some(known.today), attributes: attributes.clone(), ..today });
    known.facts.opportunities.insert(id, history);
}

fn scores(call: &Call, known: &Known) -> Result<Vec<Scored>, Problem> {
    let model = &known.version.model;
    let service = &call.app.service;
    let changes = service.history(Kind::Opportunity, &known.id, None, past::READ)?;
    let lines = Lines::of(&changes, Kind::Opportunity, known);
    let told = subject::explained(service, Kind::Opportunity, known, (known.today, None), None, |explanation| {
        let one = |outcome: &rules::score::Outcome| {
            let score = model.score(outcome.score);
            Some(Scored {
                id: score.id.clone(),
                label: score.label().to_owned(),
                points: outcome.points.map(Number),
                band: outcome.band.as_deref().map(|name| Band::new(score, name)),
                is_likely: score.probability.is_some(),
                probability: outcome.probability.map(|chance| show::chance(chance.0)),
                value: outcome.estimated_value.map(Number),
                why: Why::of(explanation, outcome.score)?,
                past: Past::of(&changes, &lines, known, outcome.score),
            })
        };
        explanation.outcomes.iter().filter_map(one).collect()
    });
    match told {
        Err(problem) if problem.kind == problem::Kind::NotFound => Ok(Vec::new()),
        told => told,
    }
}

/// Says what is new, as the interface for programs does.
fn kept(call: &Call, said: &BTreeMap<String, String>) -> Result<(), Problem> {
    let about = call.app.service.about(Kind::Opportunity, call.id())?;
    let before = |name: &str| about.attributes.get(name).map(|value| value.text().into_owned()).unwrap_or_default();
    let new = said.iter().filter(|(name, text)| before(name) != **text);
    let value = |text: &String| if text.is_empty() { Json::Null } else { text.as_str().into() };
    let attributes: serde_json::Map<String, Json> = new.map(|(name, text)| (name.clone(), value(text))).collect();
    if attributes.is_empty() {
        return Ok(());
    }
    let body = json!({"id": &*about.id, "attributes": attributes}).to_string();
    let items = native::read(native::Kind::Opportunities, body.as_bytes(), call.received);
    let mut facts = Vec::new();
    for item in items.map_err(ingest::unreadable)? {
        facts.extend(item.map_err(|refusal| unprocessable(refusal.message))?);
    }
    let (sender, receiver) = mpsc::channel();
    let request = Request { facts, origin: 0, once: None };
    // Whoever asked may have gone away; what was said is stored all the same.
    call.app.service.submit(request, Box::new(move |taken| _ = sender.send(taken)))?;
    let gone = |_| Problem::new(problem::Kind::Internal, t::deal_writer_gone().plain());
    for taken in receiver.recv().map_err(gone)?? {
        if let Taken::Refused(refusal) = taken {
            return Err(unprocessable(refusal.message));
        }
    }
    let names: Vec<&String> = attributes.keys().collect();
    call.app.audit(call, "change_opportunity", &json!({"opportunity": &*about.id, "attributes": names}))?;
    call.app.wake();
    Ok(())
}
