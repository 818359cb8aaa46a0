//! All that is known of one person, whoever it was told of.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rules::activity::Activity;
use rules::day::{Clock, Instant};
use rules::facts::Builder;
use rules::id::ContactId;
use store::Session;
use store::activity::Stored;
use store::record::Record;
use store::subject::{Key, Kind, Subject};

use crate::error::Result;
use crate::fact::Identity;

type Mark = (Option<Arc<str>>, Arc<str>);

/// A person: itself, those who were merged or joined with it, and all their activities.
#[derive(Clone, Debug)]
pub(crate) struct Dossier {
    pub(crate) subject: Subject,
    /// In the order in which they were merged or joined with it.
    pub(crate) others: Vec<Subject>,
    /// In the order in which they were accepted.
    pub(crate) activities: Vec<Stored>,
    /// The numbers of those that were amended or retracted since they were read.
    pub(crate) amended: BTreeSet<i64>,
    /// Which identities were accepted, and where; made when it is needed first.
    marks: Option<HashMap<Mark, usize>>,
}

impl Dossier {
    pub(crate) fn new(subject: Subject, mut others: Vec<Subject>, mut activities: Vec<Stored>) -> Self {
        others.sort_by_key(|other| other.turn);
        activities.sort_by_key(acceptance);
        Self { subject, others, activities, amended: BTreeSet::new(), marks: None }
    }

    pub(crate) fn id(&self) -> ContactId {
        ContactId::from(&*self.subject.id)
    }

    /// What is known of all of them together.
    pub(crate) fn record(&self) -> Record {
        let own = self.subject.record.clone();
        self.others.iter().fold(own, |joined, other| joined.joined(&other.record))
    }

    /// Where an identity was accepted before; if it was not, it is from now on, by the next that is added.
    pub(crate) fn repeats(&mut self, source: Option<&Arc<str>>, id: &Arc<str>) -> Option<usize> {
        let activities = &self.activities;
        let marks = self.marks.get_or_insert_with(|| {
            let mut marks = HashMap::new();
            for (place, activity) in activities.iter().enumerate() {
                mark(activity).map(|mark| marks.entry(mark).or_insert(place));
            }
            marks
        });
        let mark = (source.cloned(), id.clone());
        let known = marks.get(&mark).copied();
        if known.is_none() {
            marks.insert(mark, activities.len());
        }
        known
    }

    /// Activities are not there any more.
    pub(crate) fn remove(&mut self, mut is_gone: impl FnMut(&mut Stored) -> bool) {
        self.activities.retain_mut(|activity| !is_gone(activity));
        self.marks = None;
    }

    /// Another one turns out to be this person too.
    pub(crate) fn join(&mut self, mut other: Self) {
        let turn = self.others.last().map_or(0, |last| last.turn) + 1;
        other.subject.turn = turn;
        other.others.iter_mut().for_each(|one| one.turn += turn);
        self.others.push(other.subject);
        self.others.extend(other.others);
        self.activities.extend(other.activities);
        self.activities.sort_by_key(acceptance);
        self.amended.extend(other.amended);
        self.marks = None;
    }

    /// The activity of an identity that counts, to be amended or retracted.
    pub(crate) fn correct(&mut self, identity: &Identity) -> Option<&mut Stored> {
        let fits = |activity: &&mut Stored| {
            activity.id.as_deref() == Some(&*identity.id) && activity.source == identity.source
        };
        // Where several subjects are one person, only the first accepted one counts, and none once it is retracted.
        let found = self.activities.iter_mut().find(fits).filter(|activity| activity.retracted.is_none())?;
        if found.seq > 0 {
            self.amended.insert(found.seq);
        }
        Some(found)
    }

    /// The activities that count: of one identity the first accepted, unless it was retracted.
    pub(crate) fn counted(&self) -> impl Iterator<Item = &Stored> {
        // Only where several subjects are one person may an identity be there twice.
        let mut seen: Option<HashSet<Mark>> = (!self.others.is_empty()).then(HashSet::new);
        self.activities.iter().filter(move |activity| {
            let first = seen.as_mut().is_none_or(|seen| mark(activity).is_none_or(|mark| seen.insert(mark)));
            first && activity.retracted.is_none()
        })
    }

    /// Adds the person's facts to others.
    pub(crate) fn tell(&self, clock: &mut Clock, builder: &mut Builder) {
        let id = self.id();
        for row in self.record().history().rows() {
            builder.contact(id.clone(), row.clone());
        }
        for stored in self.counted() {
            builder.activity(activity(stored, &id, clock));
        }
    }

    /// The ids of the accounts that any of its facts names.
    pub(crate) fn accounts(&self) -> BTreeSet<Arc<str>> {
        let record = self.record();
        let named = record.accounts_named().map(|account| account.as_str().into());
        let acted = self.counted().filter_map(|activity| Some(activity.account.as_ref()?.as_str().into()));
        named.chain(acted).collect()
    }

    /// Whether what is known of it by itself may not make it exist at a time, or on a day before that is still to be
    /// looked at.
    pub(crate) fn is_bare(&self, now: Instant) -> bool {
        let always = |subject: &Subject| subject.record.exists == Some(None);
        if always(&self.subject) || self.others.iter().any(always) {
            return false;
        }
        self.subject.next_day.is_some() || !self.counted().any(|activity| activity.occurred_at <= now)
    }

    /// The keys of all that it is made of.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        [self.subject.key].into_iter().chain(self.others.iter().map(|other| other.key))
    }

    /// Whether it is a contact, and not a visitor whom nobody has identified.
    pub(crate) fn is_contact(&self) -> bool {
        self.subject.kind == Kind::Contact
    }
}

/// An activity as rules take it.
pub(crate) fn activity(stored: &Stored, contact: &ContactId, clock: &mut Clock) -> Activity {
    Activity {
        contact: contact.clone(),
        kind: stored.kind.clone(),
        occurred_at: stored.occurred_at,
        day: clock.day_of(stored.occurred_at),
        id: stored.id.clone(),
        source: stored.source.clone(),
        value: stored.value.clone(),
        account: stored.account.clone(),
        properties: stored.properties.clone(),
    }
}

/// In which order activities were accepted; those that are not stored yet come last, counted down from 0.
pub(crate) fn acceptance(activity: &Stored) -> (bool, i64) {
    (activity.seq <= 0, activity.seq.abs())
}

fn mark(activity: &Stored) -> Option<Mark> {
    Some((activity.source.clone(), activity.id.clone()?))
}

/// The dossiers of persons, by key.
pub(crate) fn load(session: &mut Session<'_>, persons: Vec<Subject>) -> Result<HashMap<Key, Dossier>> {
    let keys: Vec<Key> = persons.iter().map(|person| person.key).collect();
    let others = session.merged_with(&keys)?;
    // Whoever was merged may have been asked for too, and its activities are there once.
    let all: BTreeSet<Key> = keys.into_iter().chain(others.iter().map(|other| other.key)).collect();
    let all: Vec<Key> = all.into_iter().collect();
    let person_of: HashMap<Key, Key> = others.iter().map(|other| (other.key, other.person())).collect();
    let mut activities: HashMap<Key, Vec<Stored>> = HashMap::new();
    for activity in session.activities(&all)? {
        let person = person_of.get(&activity.subject).copied().unwrap_or(activity.subject);
        activities.entry(person).or_default().push(activity);
    }
    let mut merged: HashMap<Key, Vec<Subject>> = HashMap::new();
    for other in others {
        merged.entry(other.person()).or_default().push(other);
    }
    let dossier = |person: Subject| {
        let key = person.key;
        let others = merged.remove(&key).unwrap_or_default();
        (key, Dossier::new(person, others, activities.remove(&key).unwrap_or_default()))
    };
    Ok(persons.into_iter().map(dossier).collect())
}
