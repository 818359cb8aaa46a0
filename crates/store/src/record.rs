//! What was said of a contact, an account or an opportunity: each value with the day from which it holds.
//!
//! [`Record::history`] makes of it the rows that `rules` evaluate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rules::day::Day;
use rules::decimal::Decimal;
use rules::history::{History, Membership, Row};
use rules::id::{AccountId, ContactId};
use rules::value::{Attributes, Value};
use serde_json::{Map, Value as Json};

use crate::error::{Error, Result};

/// A value over time: from which day on it is what. `None` as a day is always, `None` as a value is nothing.
pub type Dated<T> = BTreeMap<Option<Day>, T>;

/// All that was said of one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// From when on it exists by itself; `None` if only other facts name it.
    pub exists: Option<Option<Day>>,
    /// Its attributes.
    pub attributes: BTreeMap<Arc<str>, Dated<Option<Value>>>,
    /// The accounts of a contact, or the one of an opportunity.
    pub accounts: Dated<Vec<Membership>>,
    /// The contact of an opportunity.
    pub contact: Dated<Option<ContactId>>,
}

impl Record {
    /// It exists from a day on, or earlier.
    pub fn exist(&mut self, from: Option<Day>) {
        self.exists = Some(self.exists.map_or(from, |known| known.min(from)));
    }

    /// The rows that it amounts to: one for each day on which anything in it begins.
    pub fn history(&self) -> History {
        let mut history = History::default();
        let Some(exists) = self.exists else { return history };
        let values = self.attributes.values().flat_map(BTreeMap::keys);
        let days: BTreeSet<Option<Day>> =
            values.chain(self.accounts.keys()).chain(self.contact.keys()).copied().chain([exists]).collect();
        for valid_from in days {
            let attributes: Attributes = self
                .attributes
                .iter()
                .filter_map(|(name, dated)| Some((name.clone(), at(dated, valid_from)?.clone()?)))
                .collect();
            let accounts = at(&self.accounts, valid_from).cloned().unwrap_or_default();
            let contact = at(&self.contact, valid_from).cloned().flatten();
            history.add(Row { valid_from, attributes, accounts, contact });
        }
        history
    }

    /// The accounts that any part of it names.
    pub fn accounts_named(&self) -> impl Iterator<Item = &AccountId> {
        self.accounts.values().flatten().map(|membership| &membership.account)
    }

    /// The contacts that any part of it names.
    pub fn contacts_named(&self) -> impl Iterator<Item = &ContactId> {
        self.contact.values().flatten()
    }

    /// What two subjects are known by who turn out to be one: what only the other knows is added.
    pub fn joined(mut self, other: &Self) -> Self {
        if let Some(from) = other.exists {
            self.exist(from);
        }
        for (name, dated) in &other.attributes {
            self.attributes.entry(name.clone()).or_insert_with(|| dated.clone());
        }
        if self.accounts.is_empty() {
            self.accounts.clone_from(&other.accounts);
        }
        self
    }

    /// As it is stored.
    pub fn write(&self) -> String {
        let mut all = Map::new();
        if let Some(from) = self.exists {
            all.insert("from".into(), day_out(from));
        }
        if !self.attributes.is_empty() {
            // Pairs, because a name may be one by which the parser of JSON means something.
            let one = |(name, dated): (&Arc<str>, _)| Json::from(vec![(&**name).into(), dated_out(dated, value_out)]);
            all.insert("attributes".into(), self.attributes.iter().map(one).collect());
        }
        if !self.accounts.is_empty() {
            let one = |one: &Membership| Json::from(vec![Json::from(one.account.as_str()), day_out(one.since)]);
            all.insert("accounts".into(), dated_out(&self.accounts, |list| list.iter().map(one).collect()));
        }
        if !self.contact.is_empty() {
            let one = |contact: &Option<ContactId>| contact.as_ref().map_or(Json::Null, |id| id.as_str().into());
            all.insert("contact".into(), dated_out(&self.contact, one));
        }
        if all.is_empty() { String::new() } else { Json::from(all).to_string() }
    }

    /// From what is stored.
    ///
    /// # Errors
    ///
    /// If it is not what [`write`](Self::write) writes.
    pub fn read(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let broken = || Error::Broken(format!("a record that cannot be read: {}", text.get(..80).unwrap_or(text)));
        serde_json::from_str(text).ok().and_then(|json| read(&json)).ok_or_else(broken)
    }
}

/// What a dated value is on a day.
fn at<T>(dated: &Dated<T>, day: Option<Day>) -> Option<&T> {
    dated.range(..=day).next_back().map(|(_, value)| value)
}

fn day_out(day: Option<Day>) -> Json {
    day.map_or(Json::Null, |day| day.to_string().into())
}

fn dated_out<T>(dated: &Dated<T>, out: impl Fn(&T) -> Json) -> Json {
    dated.iter().map(|(from, value)| Json::from(vec![day_out(*from), out(value)])).collect()
}

fn value_out(value: &Option<Value>) -> Json {
    value.as_ref().map_or(Json::Null, json)
}

/// A value as JSON.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => Json::from(&**text),
        Value::Number(number) => serde_json::from_str(&number.to_string()).expect("a decimal is a number of JSON"),
        Value::Bool(truth) => Json::from(*truth),
    }
}

/// A value from the JSON of [`json`]; nothing of null.
pub fn value(json: &Json) -> Option<Value> {
    match json {
        Json::String(text) => Some(Value::Text(text.as_str().into())),
        Json::Bool(truth) => Some(Value::Bool(*truth)),
        Json::Number(number) => Decimal::parse(&number.to_string()).ok().map(Value::Number),
        _ => None,
    }
}

fn read(json: &Json) -> Option<Record> {
    let mut record = Record::default();
    if let Some(from) = json.get("from") {
        record.exists = Some(day_in(from)?);
    }
    if let Some(attributes) = json.get("attributes") {
        for pair in attributes.as_array()? {
            record.attributes.insert(pair.get(0)?.as_str()?.into(), dated_in(pair.get(1)?, |json| Some(value(json)))?);
        }
    }
    if let Some(accounts) = json.get("accounts") {
        let one = |one: &Json| Some(Membership { account: one[0].as_str()?.into(), since: day_in(&one[1])? });
        record.accounts = dated_in(accounts, |list| list.as_array()?.iter().map(one).collect())?;
    }
    if let Some(contact) = json.get("contact") {
        record.contact = dated_in(contact, |json| Some(json.as_str().map(ContactId::from)))?;
    }
    Some(record)
}

fn day_in(json: &Json) -> Option<Option<Day>> {
    match json {
        Json::Null => Some(None),
        other => Day::parse(other.as_str()?).map(Some),
    }
}

fn dated_in<T>(json: &Json, read: impl Fn(&Json) -> Option<T>) -> Option<Dated<T>> {
    let one = |one: &Json| Some((day_in(one.get(0)?)?, read(one.get(1)?)?));
    json.as_array()?.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<Day> {
        Some(Day::parse(text).unwrap())
    }

    fn sample() -> Record {
        let mut record = Record::default();
        record.exist(day("2026-03-01"));
        record.exist(None);
        let status = [(None, Some(Value::from("member"))), (day("2026-05-01"), None)];
        record.attributes.insert("status".into(), status.into());
        let level = [(day("2026-03-01"), Some(Value::Number(Decimal::parse("1.5").unwrap())))];
        record.attributes.insert("level".into(), level.into());
        record.attributes.insert("$serde_json::private::Number".into(), [(None, Some(Value::from("x")))].into());
        let acme = Membership { account: "acme".into(), since: day("2026-04-01") };
        record.accounts.insert(None, vec![acme]);
        record.contact.insert(day("2026-03-01"), Some("ada".into()));
        record
    }

    #[test]
    fn what_is_written_is_read() {
        for record in [sample(), Record::default(), Record { exists: Some(None), ..Record::default() }] {
            assert_eq!(Record::read(&record.write()).unwrap(), record);
        }
        assert!(Record::read("{\"from\":7}").is_err());
        assert!(Record::read("[").is_err());
    }

    #[test]
    fn a_row_begins_wherever_anything_begins() {
        let history = sample().history();
        let begins: Vec<_> = history.rows().iter().map(|row| row.valid_from).collect();
        assert_eq!(begins, [None, day("2026-03-01"), day("2026-05-01")]);
        let names = |row: &Row| row.attributes.keys().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(
            history.rows().iter().map(names).collect::<Vec<_>>(),
            [
                "$serde_json::private::Number status",
                "$serde_json::private::Number level status",
                "$serde_json::private::Number level"
            ]
        );
        assert!(history.rows().iter().all(|row| row.accounts.len() == 1));
        assert_eq!(history.rows()[0].contact, None);
        assert_eq!(history.rows()[2].contact, Some("ada".into()));
    }

    #[test]
    fn of_two_who_are_one_the_survivor_knows_better() {
        let mut other = Record::default();
        other.exist(day("2020-01-01"));
        other.attributes.insert("status".into(), [(None, Some(Value::from("lead")))].into());
        other.attributes.insert("city".into(), [(None, Some(Value::from("Oslo")))].into());
        let both = sample().joined(&other);
        assert_eq!(both.attributes["status"], sample().attributes["status"]);
        assert!(both.attributes.contains_key("city"));
    }
}
