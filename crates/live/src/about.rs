//! One subject as it is known now: what is said of it, how it stands, and since when that is so.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::day::{Day, Instant};
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::id::ContactId;
use rules::value::Attributes;
use serde_json::Value as Json;
use store::activity::Stored;
use store::change::{Change, Cursor};
use store::standing::Standing;
use store::subject::{Key, Kind, Subject};

use crate::desk::{Around, Desk, facts};
use crate::dossier;
use crate::error::{Error, Result};
use crate::models::Version;
use crate::ranks::{Ranks, place_of};
use crate::service::Service;

/// A subject as it is known now.
#[derive(Clone, Debug)]
pub struct About {
    /// Its number.
    pub key: Key,
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: Arc<str>,
    /// The attributes in force today.
    pub attributes: Attributes,
    /// The accounts in force today, the primary one first.
    pub accounts: Vec<Arc<str>>,
    /// The contact of an opportunity.
    pub contact: Option<Arc<str>>,
    /// Other contacts that are this one too.
    pub merged: Vec<Arc<str>>,
    /// Its scores; none if it does not exist today.
    pub scores: Vec<Scored>,
}

/// How it stands in one score.
#[derive(Clone, Debug)]
pub struct Scored {
    /// The id of the score.
    pub score: String,
    /// The final points; a matrix has none.
    pub points: Option<Decimal>,
    /// The band, or the label of a matrix.
    pub band: Option<Arc<str>>,
    /// Where it stands among the others.
    pub percentile: Option<Decimal>,
    /// The totals of categories, in the order of the model.
    pub categories: Vec<(String, String)>,
    /// The probability of an opportunity.
    pub probability: Option<String>,
    /// The probability times the amount.
    pub estimated_value: Option<String>,
    /// The moment up to which nothing is known that would change the points.
    pub fresh_at: Instant,
    /// The moment at which everybody was counted for the percentile.
    pub ranked_at: Option<Instant>,
}

impl Service {
    /// A subject as it is known now; the one that it was merged with, if it was.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn about(&self, kind: Kind, id: &str) -> Result<About> {
        let mut desk = self.reading()?;
        let subject = desk.known(kind, id)?;
        let mut all = desk.abouts(vec![subject], &self.ranks())?;
        all.pop().ok_or_else(|| missing(kind, id))
    }

    /// The facts that the scores of one subject come from, for an explanation or a forecast.
    ///
    /// # Errors
    ///
    /// If there is no such subject, or no model is published.
    pub fn facts_of(&self, kind: Kind, id: &str) -> Result<Known> {
        let mut desk = self.reading()?;
        let subject = desk.known(kind, id)?;
        let version = desk.models.current.clone();
        let version = version.ok_or_else(|| Error::Conflict("no model is published yet".into()))?;
        let today = desk.today(&version);
        let facts = match kind {
            Kind::Contact | Kind::Visitor => {
                let people = dossier::load(&mut desk.session, vec![subject.clone()])?;
                let around = desk.all_around(people.values())?;
                facts(&version, people.values(), &around)
            }
            Kind::Account => {
                let (people, around) = desk.people_of(&subject)?;
                facts(&version, people.values(), &around)
            }
            Kind::Opportunity => desk.facts_of_opportunity(&version, &subject)?,
        };
        Ok(Known { id: subject.id, version, facts, today })
    }

    /// The changes of a subject before a number, the latest first.
    ///
    /// # Errors
    ///
    /// If there is no such subject.
    pub fn history(&self, kind: Kind, id: &str, before: Option<i64>, limit: usize) -> Result<Vec<Change>> {
        let mut desk = self.reading()?;
        let subject = desk.known(kind, id)?;
        Ok(desk.session.history(subject.key, before.unwrap_or(i64::MAX), limit)?)
    }

    /// The activities of a contact, the latest first, each with the id that it was reported of.
    ///
    /// # Errors
    ///
    /// If there is no such contact.
    pub fn activities(&self, id: &str, before: Option<(Instant, i64)>, limit: usize) -> Result<Vec<Stored>> {
        let mut desk = self.reading()?;
        let subject = desk.known(Kind::Contact, id)?;
        let people = dossier::load(&mut desk.session, vec![subject])?;
        let mut all: Vec<Stored> = people.into_values().flat_map(|person| person.activities).collect();
        all.retain(|one| before.is_none_or(|before| (one.occurred_at, one.seq) < before));
        all.sort_by_key(|one| std::cmp::Reverse((one.occurred_at, one.seq)));
        all.truncate(limit);
        Ok(all)
    }

    /// The changes of band after a place, and the ids of those concerned.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn crossings(&self, after: Option<Cursor>, limit: usize) -> Result<(Vec<(Subject, Change)>, Cursor)> {
        let mut desk = self.reading()?;
        let Some(after) = after else { return Ok((Vec::new(), desk.session.last_crossing()?)) };
        let changes = desk.session.crossings(after, limit)?;
        let end = changes.last().map_or(after, |change| change.at);
        let keys: Vec<Key> = changes.iter().map(|change| change.subject).collect();
        let subjects: BTreeMap<Key, Subject> =
            desk.session.subjects_of(&keys)?.into_iter().map(|subject| (subject.key, subject)).collect();
        let named = |change: Change| Some((subjects.get(&change.subject)?.clone(), change));
        Ok((changes.into_iter().filter_map(named).collect(), end))
    }

    /// Everything that is held about a person: all subjects that are it, its activities and its changes.
    ///
    /// # Errors
    ///
    /// If there is no such contact.
    pub fn export(&self, id: &str) -> Result<(Vec<Subject>, Vec<Stored>, Vec<Change>)> {
        let mut desk = self.reading()?;
        let subject = desk.known(Kind::Contact, id)?;
        let history = desk.session.history(subject.key, i64::MAX, usize::MAX)?;
        let people = dossier::load(&mut desk.session, vec![subject])?;
        let person = people.into_values().next().ok_or_else(|| missing(Kind::Contact, id))?;
        let subjects = [person.subject].into_iter().chain(person.others).collect();
        Ok((subjects, person.activities, history))
    }
}

/// What the scores of one subject come from.
#[derive(Debug)]
pub struct Known {
    /// The id that it goes by now.
    pub id: Arc<str>,
    /// The model in force.
    pub version: Arc<Version>,
    /// The facts, of it and of what it hangs on.
    pub facts: Facts,
    /// The day that it is where the model lives.
    pub today: Day,
}

fn missing(kind: Kind, id: &str) -> Error {
    Error::NotFound(format!("there is no {} `{id}`", kind.word()))
}

impl Desk<'_> {
    /// A subject; of a merged contact the one that it was merged with.
    pub(crate) fn known(&mut self, kind: Kind, id: &str) -> Result<Subject> {
        let subject = self.session.find(&[(kind, id)])?.pop().ok_or_else(|| missing(kind, id))?;
        match subject.merged {
            None => Ok(subject),
            Some(person) => self.session.subjects_of(&[person])?.pop().ok_or_else(|| missing(kind, id)),
        }
    }

    /// What persons hang on, whether or not a rule looks at it.
    fn all_around<'d>(&mut self, persons: impl Iterator<Item = &'d dossier::Dossier> + Clone) -> Result<Around> {
        let mut around = self.around(persons.clone())?;
        if around.accounts.is_empty() {
            around.accounts = self.accounts(&persons.flat_map(dossier::Dossier::accounts).collect())?;
        }
        Ok(around)
    }

    fn facts_of_opportunity(&mut self, version: &Version, subject: &Subject) -> Result<Facts> {
        let rows = self.opportunities(vec![subject.clone()])?;
        let named: Vec<ContactId> =
            rows.iter().flat_map(|(_, rows)| rows).filter_map(|row| row.contact.clone()).collect();
        let names: Vec<(Kind, &str)> = named.iter().map(|id| (Kind::Contact, id.as_str())).collect();
        let people = self.session.find(&names)?;
        let mut people = dossier::load(&mut self.session, people)?;
        let mut around = self.all_around(people.values())?;
        for account in subject.record.accounts_named() {
            let account = self.session.find(&[(Kind::Account, account.as_str())])?;
            for account in account {
                // The scores of an account come from all its people.
                let (more, theirs) = self.people_of(&account)?;
                people.extend(more);
                around.accounts.extend(theirs.accounts);
                around.accounts.insert(account.id.clone(), account);
            }
        }
        around.opportunities = rows;
        Ok(facts(version, people.values(), &around))
    }

    /// Subjects as they are known now.
    pub(crate) fn abouts(&mut self, subjects: Vec<Subject>, ranks: &Ranks) -> Result<Vec<About>> {
        let keys: Vec<Key> = subjects.iter().map(|subject| subject.key).collect();
        let mut merged: BTreeMap<Key, Vec<Subject>> = BTreeMap::new();
        for other in self.session.merged_with(&keys)? {
            merged.entry(other.person()).or_default().push(other);
        }
        let version = self.models.current.clone();
        let mut table = match &version {
            Some(version) => self.table(version, &keys)?,
            None => crate::settle::Table::new(),
        };
        let is_waiting = !self.session.marked(1)?.is_empty();
        let today = self.day();
        let mut abouts = Vec::new();
        for subject in subjects {
            let mut others = merged.remove(&subject.key).unwrap_or_default();
            others.sort_by_key(|other| other.turn);
            let record = others.iter().fold(subject.record.clone(), |known, other| known.joined(&other.record));
            let history = record.history();
            let row = history.on(today);
            let mut accounts: Vec<Arc<str>> = Vec::new();
            for account in row.into_iter().flat_map(|row| row.accounts_on(today)) {
                if !accounts.iter().any(|known| **known == *account.as_str()) {
                    accounts.push(account.as_str().into());
                }
            }
            let fresh_at = self.fresh_at(&subject, is_waiting, ranks);
            let standings = table.remove(&subject.key).unwrap_or_default();
            let one = |standing: &Standing| result(version.as_deref()?, standing, ranks, fresh_at);
            let scores = standings.values().filter_map(one).collect();
            abouts.push(About {
                key: subject.key,
                kind: subject.kind,
                id: subject.id.clone(),
                attributes: row.map(|row| row.attributes.clone()).unwrap_or_default(),
                accounts,
                contact: row.and_then(|row| row.contact.as_ref()).map(|contact| contact.as_str().into()),
                merged: others
                    .iter()
                    .filter(|other| other.kind == Kind::Contact)
                    .map(|other| other.id.clone())
                    .collect(),
                scores,
            });
        }
        Ok(abouts)
    }

    /// The moment up to which what is stored of a subject is all that there is.
    fn fresh_at(&self, subject: &Subject, is_waiting: bool, ranks: &Ranks) -> Instant {
        let zone = self.models.current.as_ref().map(|version| &version.model.zone);
        let due = subject.next_day.filter(|day| *day <= self.day());
        if let Some((day, zone)) = due.zip(zone) {
            // It was right until the midnight that nobody has looked at yet.
            return zone.instant(&day.to_string()).unwrap_or(self.now);
        }
        match subject.kind {
            Kind::Contact | Kind::Visitor => self.now,
            Kind::Account | Kind::Opportunity if is_waiting => ranks.at.unwrap_or(self.now),
            Kind::Account | Kind::Opportunity => self.now,
        }
    }
}

fn result(version: &Version, standing: &Standing, ranks: &Ranks, fresh_at: Instant) -> Option<Scored> {
    let scores = version.model.scores.iter().enumerate();
    let at = scores.map(|(place, _)| rules::model::ScoreAt(place)).find(|at| place_of(*at) == Some(standing.score))?;
    let detail: Json = serde_json::from_str(&standing.detail).unwrap_or_default();
    let told = |name: &str| detail[name].as_str().map(ToOwned::to_owned);
    let category = |category: &rules::model::Category| {
        Some((category.id.clone(), detail["categories"][&category.id].as_str()?.to_owned()))
    };
    Some(Scored {
        score: version.model.score(at).id.clone(),
        points: standing.points,
        band: standing.band.clone(),
        percentile: ranks.percentile(standing),
        categories: version.model.categories_of(at).filter_map(|(_, one)| category(one)).collect(),
        probability: told("probability"),
        estimated_value: told("estimated_value"),
        fresh_at,
        ranked_at: standing.ranked.as_ref().and(ranks.at),
    })
}
