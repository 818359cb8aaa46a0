//! What is said is put to what is known, one thing after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::day::{Day, Instant};
use rules::value::Value;
use serde_json::{Map, Value as Json};
use store::activity::Stored;
use store::record::{Dated, Record, json};
use store::subject::Key;

use crate::dossier::Dossier;
use crate::fact::{Amendment, Identity, Reason, Refusal, Report, Taken, Upsert};

/// When and by what something is said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) now: Instant,
    /// The day that it is where the model lives.
    pub(crate) today: Day,
    /// The import that says it; 0 if none does.
    pub(crate) origin: i64,
    /// How many things were said before it in the same transaction.
    pub(crate) turn: i64,
}

/// Adds an activity that was reported of a subject of this person.
pub(crate) fn report(dossier: &mut Dossier, subject: Key, report: &Report, moment: Moment) -> Taken {
    if let Some(id) = &report.id
        && let Some(known) = dossier.repeats(report.source.as_ref(), id)
    {
        let known = &mut dossier.activities[known];
        if known.is_said_by(moment.origin) && known.seq > 0 {
            dossier.amended.insert(known.seq);
        }
        return Taken::Duplicate;
    }
    dossier.activities.push(stored(subject, report, moment));
    Taken::Accepted
}

/// An activity as it will be stored.
pub(crate) fn stored(subject: Key, report: &Report, moment: Moment) -> Stored {
    Stored {
        // Not stored yet: what was said later in the transaction has a lower one.
        seq: -moment.turn,
        subject,
        kind: report.kind.clone(),
        occurred_at: report.occurred_at.unwrap_or(moment.now),
        received_at: moment.now,
        origin: moment.origin,
        said_by: Vec::new(),
        source: report.source.clone(),
        id: report.id.clone(),
        value: report.value.clone(),
        account: report.account.clone(),
        properties: report.properties.clone(),
        original: report.original.clone(),
        retracted: None,
    }
}

fn unknown(identity: &Identity) -> Taken {
    let of = identity.source.as_ref().map_or_else(String::new, |source| format!(" from the source `{source}`"));
    let message = format!("this contact has no activity `{}`{of}; see its activities for those it has", identity.id);
    Taken::Refused(Refusal::new(Reason::Unknown, message))
}

/// Says that an activity never happened.
pub(crate) fn retract(dossier: &mut Dossier, identity: &Identity, moment: Moment) -> Taken {
    let Some(activity) = dossier.correct(identity) else { return unknown(identity) };
    activity.retracted = Some(moment.now);
    Taken::Accepted
}

/// Says that an activity happened otherwise; what it was before stays readable.
pub(crate) fn amend(dossier: &mut Dossier, identity: &Identity, amendment: &Amendment) -> Taken {
    let Some(activity) = dossier.correct(identity) else { return unknown(identity) };
    let mut original: Map<String, Json> =
        activity.original.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut was = |name: &str, value: Json| {
        original.entry(format!("{name}_before")).or_insert(value);
    };
    if let Some(account) = &amendment.account {
        was("account", activity.account.as_ref().map_or(Json::Null, |account| account.as_str().into()));
        activity.account.clone_from(account);
    }
    if let Some(value) = &amendment.value {
        was("value", activity.value.as_ref().map_or(Json::Null, json));
        activity.value.clone_from(value);
    }
    if let Some(occurred_at) = amendment.occurred_at {
        was("occurred_at", activity.occurred_at.to_string().into());
        activity.occurred_at = occurred_at;
    }
    activity.original = Some(Json::from(original).to_string().into());
    Taken::Accepted
}

/// Adds what is said of a subject to its record, and says whether that is any news.
pub(crate) fn upsert(record: &mut Record, upsert: &Upsert, today: Day) -> bool {
    let before = record.clone();
    match (record.exists, upsert.from) {
        (None, from) => record.exists = Some(from),
        (Some(_), Some(from)) => record.exist(Some(from)),
        (Some(_), None) => {}
    }
    let begin = record.exists.flatten();
    let when = When { from: upsert.from, begin, today };
    for (name, value) in &upsert.attributes {
        set_attribute(&mut record.attributes, name, value.as_ref(), when);
    }
    if upsert.is_whole {
        let unnamed: Vec<Arc<str>> =
            record.attributes.keys().filter(|name| !upsert.attributes.contains_key(*name)).cloned().collect();
        for name in unnamed {
            set_attribute(&mut record.attributes, &name, None, when);
        }
    }
    if let Some(accounts) = &upsert.accounts {
        set(&mut record.accounts, accounts.clone(), &Vec::new(), when);
    }
    if let Some(contact) = &upsert.contact {
        set(&mut record.contact, contact.clone(), &None, when);
    }
    *record != before
}

/// From when on something holds.
#[derive(Clone, Copy)]
struct When {
    /// As it was said.
    from: Option<Day>,
    /// Since when the subject exists.
    begin: Option<Day>,
    today: Day,
}

fn set_attribute(
    attributes: &mut BTreeMap<Arc<str>, Dated<Option<Value>>>,
    name: &Arc<str>,
    value: Option<&Value>,
    when: When,
) {
    let dated = attributes.entry(name.clone()).or_default();
    set(dated, value.cloned(), &None, when);
    if dated.is_empty() {
        attributes.remove(name);
    }
}

/// Puts a value into what holds over time. Without a date, the first holds always, and a later one from today.
fn set<T: PartialEq + Clone>(dated: &mut Dated<T>, value: T, nothing: &T, when: When) {
    if let Some(from) = when.from {
        dated.insert(Some(from), value);
        return;
    }
    let now = dated.range(..=Some(when.today)).next_back().map(|(_, value)| value);
    if now.unwrap_or(nothing) == &value {
        return;
    }
    let is_first = dated.is_empty();
    dated.insert(if is_first { when.begin } else { Some(when.today) }, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn said(record: &mut Record, value: Option<&str>, from: Option<&str>, today: &str) -> bool {
        let attributes = [("status".into(), value.map(Value::from))].into();
        let said = Upsert { id: "ada".into(), attributes, from: from.map(day), ..Upsert::default() };
        upsert(record, &said, day(today))
    }

    fn shown(record: &Record) -> String {
        let one = |(from, value): (&Option<Day>, &Option<Value>)| {
            let from = from.map_or("always".to_owned(), |day| day.to_string());
            format!("{from} {}", value.as_ref().map_or("-".into(), |value| value.text().into_owned()))
        };
        record.attributes.get("status").into_iter().flatten().map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_first_value_holds_always_and_the_next_from_its_day() {
        let mut record = Record::default();
        assert!(said(&mut record, Some("lead"), None, "2026-03-01"));
        assert!(!said(&mut record, Some("lead"), None, "2026-03-05"));
        assert!(said(&mut record, Some("member"), None, "2026-03-10"));
        assert!(said(&mut record, None, None, "2026-04-01"));
        assert_eq!(shown(&record), "always lead, 2026-03-10 member, 2026-04-01 -");
        // A date said later puts the past right.
        assert!(said(&mut record, Some("guest"), Some("2026-03-02"), "2026-05-01"));
        assert_eq!(shown(&record), "always lead, 2026-03-02 guest, 2026-03-10 member, 2026-04-01 -");
        assert!(!said(&mut record, None, None, "2026-05-01"));
    }

    #[test]
    fn who_begins_on_a_day_has_no_values_before_it() {
        let mut record = Record::default();
        assert!(said(&mut record, Some("lead"), Some("2026-02-01"), "2026-03-01"));
        let city = [("city".into(), Some(Value::from("Oslo")))].into();
        upsert(&mut record, &Upsert { attributes: city, ..Upsert::default() }, day("2026-03-01"));
        assert_eq!(record.exists, Some(Some(day("2026-02-01"))));
        let begins: Vec<_> = record.history().rows().iter().map(|row| row.valid_from).collect();
        assert_eq!(begins, [Some(day("2026-02-01"))]);
    }

    #[test]
    fn removing_what_never_was_is_no_news() {
        let mut record = Record { exists: Some(None), ..Record::default() };
        assert!(!said(&mut record, None, None, "2026-03-01"));
    }
}
