//! What one message says.

use rules::id::ContactId;
use rules::value::{Attributes, Value};
use serde_json::Value as Json;

use super::moment::moment;
use super::{Arrival, Type};
use crate::fact::{Fact, Reason, Refusal, Report, Upsert, Who};
use crate::wire::flat::{flat, properties};
use crate::wire::members::{Members, only};
use crate::wire::text::{Object, shown};
use crate::wire::{Item, bounds, time};

/// Properties that carry the value of an activity: the first that is a number does.
const VALUES: [&str; 3] = ["value", "revenue", "amount"];

/// What of the circumstances is kept. Not the address on the network: it says more of a person than a score needs.
const CIRCUMSTANCES: [&str; 2] = ["page", "campaign"];

/// The facts of a message; its type stands in it where the path does not say it.
pub(super) fn facts(kind: Option<Type>, object: Object, sent_at: Option<&Json>, arrival: Arrival<'_>) -> Item {
    let mut members = Members::any(object);
    let kind = match kind {
        Some(kind) => kind,
        None => named(&members.needed("type", "what does the message say?")?)?,
    };
    let facts = match kind {
        Type::Track => vec![Fact::Activity(track(members, sent_at, arrival)?)],
        Type::Page => vec![Fact::Activity(view("page_viewed", members, sent_at, arrival)?)],
        Type::Screen => vec![Fact::Activity(view("screen_viewed", members, sent_at, arrival)?)],
        Type::Identify => identify(members)?,
        Type::Group => group(members, sent_at, arrival)?,
        Type::Alias => alias(members)?,
    };
    bounds::admitted(facts, arrival.received)
}

fn named(name: &str) -> Result<Type, Refusal> {
    Type::named(name).ok_or_else(|| {
        let known: Vec<_> = Type::ALL.iter().map(|(name, _)| *name).collect();
        let message = format!("messages of type {} have no meaning here; known are {}", shown(name), known.join(", "));
        Refusal::new(Reason::Unsupported, message)
    })
}

fn track(mut members: Members, sent_at: Option<&Json>, arrival: Arrival<'_>) -> Result<Report, Refusal> {
    let event = members.needed("event", "what happened?")?;
    let kind = event.trim();
    if kind.is_empty() {
        return Err(Refusal::new(Reason::Missing, "`event` is blank: what happened?"));
    }
    let properties = properties(members.object("properties")?)?;
    let value = VALUES.iter().find_map(|name| properties.get(*name)?.number().ok()).map(Value::Number);
    Ok(Report { value, ..activity(kind, properties, members, sent_at, arrival)? })
}

fn view(kind: &str, mut members: Members, sent_at: Option<&Json>, arrival: Arrival<'_>) -> Result<Report, Refusal> {
    let mut properties = properties(members.object("properties")?)?;
    for name in ["name", "category"] {
        if let Some(Json::String(text)) = members.take(name)
            && let Some(text) = Value::text_of(&text)
        {
            properties.entry(name.into()).or_insert(text);
        }
    }
    activity(kind, properties, members, sent_at, arrival)
}

fn activity(
    kind: &str,
    mut properties: Attributes,
    mut members: Members,
    sent_at: Option<&Json>,
    arrival: Arrival<'_>,
) -> Result<Report, Refusal> {
    let who = who(&mut members)?;
    let (occurred_at, original) = moment(&mut members, sent_at, arrival.received);
    add_circumstances(&mut properties, members.take("context"));
    Ok(Report {
        who,
        kind: kind.into(),
        occurred_at,
        id: members.id("messageId")?,
        source: Some(arrival.source.clone()),
        value: None,
        account: None,
        properties,
        original,
    })
}

/// Whose a message is. One who is identified is a contact, whatever else the message names.
fn who(members: &mut Members) -> Result<Who, Refusal> {
    let (contact, visitor) = (members.id("userId")?, members.id("anonymousId")?);
    let contact = contact.map(|contact| Who::Contact(ContactId::from(&*contact)));
    contact.or_else(|| visitor.map(Who::Visitor)).ok_or_else(nobody)
}

fn nobody() -> Refusal {
    Refusal::new(Reason::Missing, "`userId` and `anonymousId` are both missing: who is it?")
}

/// Adds what an SDK says by itself. Nobody asked for it, so what is out of bounds is left out, and refuses nothing.
fn add_circumstances(properties: &mut Attributes, context: Option<Json>) {
    let Some(Json::Object(mut context)) = context else { return };
    let kept = CIRCUMSTANCES.iter().filter_map(|name| Some((format!("context.{name}"), context.shift_remove(*name)?)));
    let mut kept: Object = kept.filter(|(_, value)| value.is_object()).collect();
    let library = context.get_mut("library").and_then(|library| library.get_mut("name")).map(Json::take);
    kept.extend(library.filter(Json::is_string).map(|name| ("context.library.name".into(), name)));
    for (name, value) in self::properties(kept).unwrap_or_default() {
        if properties.len() < bounds::NAMES_MAX && bounds::fits(&value) {
            properties.entry(name).or_insert(value);
        }
    }
}

/// What is known of a contact. Of a visitor nothing is kept until somebody says who it is.
fn identify(mut members: Members) -> Result<Vec<Fact>, Refusal> {
    let (contact, visitor) = (members.id("userId")?, members.id("anonymousId")?);
    let Some(id) = contact else {
        return visitor.map(|_| Vec::new()).ok_or_else(nobody);
    };
    let mut traits = members.object("traits")?;
    if traits.is_empty()
        && let Some(Json::Object(mut context)) = members.take("context")
        && let Some(Json::Object(inner)) = context.get_mut("traits").map(Json::take)
    {
        traits = inner;
    }
    let contact = ContactId::from(&*id);
    let join = visitor.map(|visitor| Fact::Join { visitor, contact });
    let known = Fact::Contact(Upsert { id, attributes: flat(traits)?, ..Upsert::default() });
    Ok(join.into_iter().chain([known]).collect())
}

/// The account of a contact from the day of the message on, and what is known of that account.
fn group(mut members: Members, sent_at: Option<&Json>, arrival: Arrival<'_>) -> Result<Vec<Fact>, Refusal> {
    let id = members.needed("userId", "a visitor belongs to no account until an identify says who it is")?;
    let account = members.needed("groupId", "which account is it?")?;
    let (occurred_at, _) = moment(&mut members, sent_at, arrival.received);
    let occurred_at = occurred_at.unwrap_or(arrival.received);
    time::plausible(occurred_at, arrival.received)?;
    let from = Some(arrival.zone.day_of(occurred_at));
    let member = Upsert { id, accounts: Some(vec![only(&account)]), from, ..Upsert::default() };
    let attributes = flat(members.object("traits")?)?;
    let known = Upsert { id: account, attributes, ..Upsert::default() };
    let known = (!known.attributes.is_empty()).then_some(Fact::Account(known));
    Ok([Fact::Contact(member)].into_iter().chain(known).collect())
}

fn alias(mut members: Members) -> Result<Vec<Fact>, Refusal> {
    let visitor = members.needed("previousId", "which visitor is it?")?;
    let contact = members.needed("userId", "who is the visitor?")?;
    Ok(vec![Fact::Join { visitor, contact: ContactId::from(&*contact) }])
}
