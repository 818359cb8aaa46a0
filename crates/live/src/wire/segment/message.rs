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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rules::day::{Day, Instant, Zone};
    use rules::history::Membership;

    use super::*;

    /// What a message says that arrives at noon in UTC, by a model of Oslo.
    fn said(message: &str) -> Item {
        let (zone, source) = (Zone::get("Europe/Oslo").unwrap(), Arc::from("web"));
        let received = at("2026-03-14T12:00:00Z");
        let arrival = Arrival { source: &source, zone: &zone, received };
        facts(None, serde_json::from_str(message).unwrap(), None, arrival)
    }

    fn at(text: &str) -> Instant {
        Zone::utc().instant(text).unwrap()
    }

    fn report(message: &str) -> Report {
        match said(message).unwrap().remove(0) {
            Fact::Activity(report) => report,
            other => panic!("{other:?}"),
        }
    }

    fn shown(attributes: &Attributes) -> Vec<String> {
        attributes.iter().map(|(name, value)| format!("{name}={}", value.text())).collect()
    }

    #[test]
    fn somebody_is_a_contact_before_a_visitor() {
        let cases = [
            (r#""userId": "m-1", "anonymousId": "a-1""#, Who::Contact("m-1".into())),
            (r#""userId": 1001.0, "anonymousId": null"#, Who::Contact("1001".into())),
            (r#""userId": null, "anonymousId": "a-1""#, Who::Visitor("a-1".into())),
            (r#""userId": "", "anonymousId": 7"#, Who::Visitor("7".into())),
        ];
        for (ids, who) in cases {
            assert_eq!(report(&format!(r#"{{"type": "page", {ids}}}"#)).who, who, "{ids}");
        }
    }

    #[test]
    fn a_track_has_its_event_and_the_first_number_as_its_value() {
        let cases = [
            (r#"{"value": 20, "revenue": 30}"#, Some("20")),
            (r#"{"value": "many", "revenue": " 30.50 "}"#, Some("30.5")),
            (r#"{"value": true, "amount": "1e3"}"#, Some("1000")),
            (r#"{"value": {"net": 5}, "price": 7}"#, None),
            ("null", None),
        ];
        for (properties, value) in cases {
            let report = report(&format!(
                r#"{{"type": "track", "userId": "m-1", "event": " Paid Dues ", "properties": {properties}}}"#
            ));
            assert_eq!(&*report.kind, "Paid Dues");
            let read = report.value.map(|value| value.text().into_owned());
            assert_eq!(read.as_deref(), value, "{properties}");
        }
        let whole = report(
            r#"{"type": "track", "userId": "m-1", "event": "Paid", "messageId": "x-1", "name": "of no use",
                "properties": {"value": "20.50", "item": {"kind": "dues"}, "context.page.path": "own"},
                "timestamp": "2026-03-14T10:00:00.123Z",
                "context": {"ip": "1.2.3.4", "userAgent": "x", "library": {"name": "lib", "version": "1"},
                            "page": {"path": "/a", "url": "https://x.test/a", "title": ""}, "campaign": {"name": "May"},
                            "traits": {"email": "a@b.test"}}}"#,
        );
        assert_eq!(whole.occurred_at, Some(at("2026-03-14T10:00:00.123Z")));
        assert_eq!((whole.id.as_deref(), whole.source.as_deref()), (Some("x-1"), Some("web")));
        let expected = [
            "context.campaign.name=May",
            "context.library.name=lib",
            "context.page.path=own",
            "context.page.url=https://x.test/a",
            "item.kind=dues",
            "value=20.50",
        ];
        assert_eq!(shown(&whole.properties), expected);
    }

    #[test]
    fn circumstances_out_of_bounds_are_left_out() {
        let long = "x".repeat(bounds::TEXT_BYTES_MAX + 1);
        let page = format!(r#"{{"url": "{long}", "path": "/"}}"#);
        let viewed =
            report(&format!(r#"{{"type": "page", "userId": 1, "context": {{"page": {page}, "campaign": 5}}}}"#));
        assert_eq!(shown(&viewed.properties), ["context.page.path=/"]);
        let many: Vec<_> = (1..bounds::NAMES_MAX).map(|index| format!(r#""{index}": 1"#)).collect();
        let (many, page) = (many.join(","), r#"{"page": {"a": 1, "b": 2}}"#);
        let full = report(&format!(r#"{{"type": "page", "userId": 1, "properties": {{{many}}}, "context": {page}}}"#));
        assert_eq!(full.properties.len(), bounds::NAMES_MAX);
        assert!(full.properties.contains_key("context.page.a"));
        let text = format!(r#"{{"text": "{long}"}}"#);
        let refused = said(&format!(r#"{{"type": "page", "userId": 1, "properties": {text}}}"#)).unwrap_err();
        assert_eq!(refused.reason, Reason::TooLong);
        assert_eq!(shown(&report(r#"{"type": "page", "userId": 1, "context": []}"#).properties), [""; 0]);
    }

    #[test]
    fn pages_and_screens_have_a_name_and_a_category() {
        let page = r#"{"type": "page", "userId": 1, "name": "Pricing", "category": "Docs", "properties": {"category": "Own"}}"#;
        let screen =
            r#"{"type": "screen", "anonymousId": "a", "name": 5, "category": null, "properties": {"value": 3}}"#;
        let (page, screen) = (report(page), report(screen));
        assert_eq!(
            (&*page.kind, shown(&page.properties)),
            ("page_viewed", vec!["category=Own".into(), "name=Pricing".into()])
        );
        assert_eq!((&*screen.kind, shown(&screen.properties)), ("screen_viewed", vec!["value=3".into()]));
        assert_eq!(screen.value, None);
    }

    #[test]
    fn an_identify_says_who_a_visitor_is_and_what_is_known() {
        let known = |attributes: &[(&str, Option<Value>)]| {
            let attributes = attributes.iter().map(|(name, value)| (Arc::from(*name), value.clone())).collect();
            Fact::Contact(Upsert { id: "m-1".into(), attributes, ..Upsert::default() })
        };
        let join = Fact::Join { visitor: "a-1".into(), contact: "m-1".into() };
        let plan = ("plan", Some(Value::from("gold")));
        let cases = [
            (
                r#""userId": "m-1", "traits": {"plan": "gold", "phone": null}"#,
                vec![known(&[plan.clone(), ("phone", None)])],
            ),
            (r#""userId": "m-1", "context": {"traits": {"plan": "gold"}}"#, vec![known(std::slice::from_ref(&plan))]),
            (
                r#""userId": "m-1", "traits": {"plan": "gold"}, "context": {"traits": {"plan": "lead"}}"#,
                vec![known(std::slice::from_ref(&plan))],
            ),
            (r#""userId": "m-1", "anonymousId": "a-1", "traits": {}"#, vec![join.clone(), known(&[])]),
            (r#""anonymousId": "a-1", "traits": {"plan": "gold"}"#, vec![]),
        ];
        for (members, expected) in cases {
            assert_eq!(said(&format!(r#"{{"type": "identify", {members}}}"#)), Ok(expected), "{members}");
        }
        assert_eq!(said(r#"{"type": "alias", "previousId": "a-1", "userId": "m-1"}"#), Ok(vec![join]));
    }

    #[test]
    fn a_group_is_the_account_from_its_day_on() {
        // Half past eleven at night in UTC is the next day in Oslo.
        let message = r#"{"type": "group", "userId": "m-1", "groupId": 7, "timestamp": "2026-03-13T23:30:00Z",
            "traits": {"name": "ACME"}}"#;
        let membership = Membership { account: "7".into(), since: None };
        let member = Upsert {
            id: "m-1".into(),
            accounts: Some(vec![membership]),
            from: Day::parse("2026-03-14"),
            ..Upsert::default()
        };
        let attributes = [("name".into(), Some(Value::from("ACME")))].into();
        let known = Fact::Account(Upsert { id: "7".into(), attributes, ..Upsert::default() });
        assert_eq!(said(message), Ok(vec![Fact::Contact(member.clone()), known]));
        let bare = said(r#"{"type": "group", "userId": "m-1", "groupId": "7"}"#);
        assert_eq!(bare, Ok(vec![Fact::Contact(member)]));
    }

    #[test]
    fn what_has_no_meaning_says_what_to_do() {
        let id = "x".repeat(bounds::ID_BYTES_MAX + 1);
        let long = format!(r#""type": "track", "userId": 1, "event": "{id}""#);
        let cases = [
            (r#""userId": 1"#, Reason::Missing, "`type` is missing"),
            (r#""type": "delete", "userId": 1"#, Reason::Unsupported, "type `delete` have no meaning"),
            (r#""type": "track", "event": "a""#, Reason::Missing, "`userId` and `anonymousId` are both missing"),
            (r#""type": "track", "userId": 1, "event": null"#, Reason::Missing, "`event` is missing"),
            (r#""type": "track", "userId": 1, "event": " ""#, Reason::Missing, "`event` is blank"),
            (r#""type": "track", "userId": {}, "event": "a""#, Reason::Malformed, "`userId` is an object"),
            (r#""type": "track", "userId": 1, "event": "a", "properties": []"#, Reason::Malformed, "a list"),
            (&long, Reason::TooLong, "the type has 257 bytes"),
            (r#""type": "page", "userId": 1, "timestamp": "2026-03-16T00:00:00Z""#, Reason::InTheFuture, "clock"),
            (r#""type": "page", "userId": 1, "timestamp": "1899-01-01T00:00:00Z""#, Reason::TooOld, "before 1900"),
            (r#""type": "identify", "traits": {}"#, Reason::Missing, "who is it?"),
            (r#""type": "group", "anonymousId": "a", "groupId": 7"#, Reason::Missing, "until an identify says"),
            (r#""type": "group", "userId": 1"#, Reason::Missing, "`groupId` is missing"),
            (r#""type": "group", "userId": 1, "groupId": 7, "timestamp": "0001-01-02T00:00:00Z""#, Reason::TooOld, ""),
            (r#""type": "alias", "userId": 1"#, Reason::Missing, "`previousId` is missing"),
            (r#""type": "alias", "previousId": 1"#, Reason::Missing, "`userId` is missing"),
        ];
        for (members, reason, words) in cases {
            let refusal = said(&format!("{{{members}}}")).unwrap_err();
            assert_eq!(refusal.reason, reason, "{members}");
            assert!(refusal.message.contains(words), "{}", refusal.message);
        }
    }
}
