//! Several subjects of a kind by their ids: what is known of each, and what an attribute of theirs was on a day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rules::day::{Day, Instant, Zone};
use rules::value::Value;
use store::subject::{Key, Kind, Subject};

use crate::about::About;
use crate::desk::Desk;
use crate::dossier;
use crate::error::Result;
use crate::service::Service;

impl Service {
    /// The day that it is where the model in force lives.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn today(&self) -> Result<Day> {
        Ok(self.reading()?.day())
    }

    /// What is known of several, in the order of their ids; those that are not there are left out, and of some that
    /// were merged the one they go by comes once.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn several(&self, kind: Kind, ids: &[&str]) -> Result<Vec<About>> {
        let mut desk = self.reading()?;
        let keys = desk.persons(kind, ids)?;
        let subjects = desk.session.subjects_of(&keys)?;
        let abouts = desk.abouts(subjects, &self.ranks())?;
        let mut abouts: BTreeMap<Key, About> = abouts.into_iter().map(|about| (about.key, about)).collect();
        Ok(keys.iter().filter_map(|key| abouts.remove(key)).collect())
    }

    /// What an attribute was on a day, by the ids that they go by; nothing where nothing was known.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn values_on(
        &self,
        kind: Kind,
        ids: &[&str],
        name: &str,
        day: Day,
    ) -> Result<BTreeMap<Arc<str>, Option<Value>>> {
        let mut desk = self.reading()?;
        let keys = desk.persons(kind, ids)?;
        let mut merged: BTreeMap<Key, Vec<Subject>> = BTreeMap::new();
        for other in desk.session.merged_with(&keys)? {
            merged.entry(other.person()).or_default().push(other);
        }
        let value = |subject: Subject| {
            let mut others = merged.remove(&subject.key).unwrap_or_default();
            others.sort_by_key(|other| other.turn);
            let record = others.iter().fold(subject.record, |known, other| known.joined(&other.record));
            let dated = record.attributes.get(name);
            let value =
                dated.and_then(|dated| dated.range(..=Some(day)).next_back()).and_then(|(_, value)| value.clone());
            (subject.id, value)
        };
        Ok(desk.session.subjects_of(&keys)?.into_iter().map(value).collect())
    }
}

impl Service {
    /// When something was last heard of contacts, by the ids that they go by: their last activity, by when it happened,
    /// or the last day from which on anything else is known of them; of whom there is neither, when they were first
    /// scored. Nothing where nobody can tell.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn heard(&self, ids: &[&str]) -> Result<BTreeMap<Arc<str>, Option<Instant>>> {
        let mut desk = self.reading()?;
        let zone = desk.models.current.as_ref().map_or_else(Zone::utc, |version| version.model.zone.clone());
        let today = desk.day();
        let keys = desk.persons(Kind::Contact, ids)?;
        let subjects = desk.session.subjects_of(&keys)?;
        let mut heard = BTreeMap::new();
        for person in dossier::load(&mut desk.session, subjects)?.into_values() {
            let did = person.counted().map(|activity| activity.occurred_at).max();
            let history = person.record().history();
            let days = history.rows().iter().filter_map(|row| row.valid_from).filter(|day| *day <= today);
            let said = days.max().and_then(|day| zone.instant(&day.to_string()).ok());
            let last = match did.max(said) {
                Some(last) => Some(last),
                None => {
                    let changes = desk.session.history(person.subject.key, i64::MAX, usize::MAX)?;
                    changes.last().map(|first| first.written_at)
                }
            };
            heard.insert(person.subject.id.clone(), last);
        }
        Ok(heard)
    }
}

impl Desk<'_> {
    /// The numbers of those that ids stand for now, each once, in the order of the ids.
    fn persons(&mut self, kind: Kind, ids: &[&str]) -> Result<Vec<Key>> {
        let names: Vec<(Kind, &str)> = ids.iter().map(|id| (kind, *id)).collect();
        let found: BTreeMap<Arc<str>, Key> =
            self.session.find(&names)?.into_iter().map(|subject| (subject.id.clone(), subject.person())).collect();
        let mut seen = BTreeSet::new();
        Ok(ids.iter().filter_map(|id| found.get(*id).copied()).filter(|key| seen.insert(*key)).collect())
    }
}
