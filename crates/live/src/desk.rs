//! A transaction with what it needs at hand: the models in force, the time, and the dossiers of those concerned.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rules::day::{Clock, Day, Instant};
use rules::facts::{Builder, Facts};
use rules::history::Row;
use rules::id::{AccountId, ContactId, OpportunityId};
use store::subject::{Key, Kind, Subject};
use store::{Manner, Session, Store};

use crate::dossier::{self, Dossier};
use crate::error::Result;
use crate::models::{Library, Models, Version};

/// A transaction, and what is known in it.
pub(crate) struct Desk<'s> {
    pub(crate) session: Session<'s>,
    pub(crate) models: Models,
    pub(crate) now: Instant,
    pub(crate) manner: Manner,
    /// Contacts beyond this one are still to be scored by the version that is being prepared, whoever writes them.
    pub(crate) prepared: Key,
}

/// What else the facts of persons hang on.
#[derive(Debug, Default)]
pub(crate) struct Around {
    /// Accounts that they name, by their ids.
    pub(crate) accounts: BTreeMap<Arc<str>, Subject>,
    /// Opportunities that name them, each with the rows of its history.
    pub(crate) opportunities: Vec<(OpportunityId, Vec<Row>)>,
}

impl<'s> Desk<'s> {
    /// Begins.
    pub(crate) fn open(store: &'s Store, library: &Library, manner: Manner, now: Instant) -> Result<Self> {
        let mut session = store.begin(manner)?;
        let models = library.in_force(&mut session)?;
        Ok(Self { session, models, now, manner, prepared: Key::MAX })
    }

    /// The versions that a contact which was written so often is scored by. What this transaction makes is not seen by
    /// whoever goes from contact to contact, and is scored by all.
    pub(crate) fn versions_of(&self, key: Key, revision: i64) -> impl Iterator<Item = &Arc<Version>> {
        let candidate = self.models.candidate.iter().filter(move |_| key <= self.prepared || revision == 0);
        self.models.current.iter().chain(candidate)
    }

    /// The day that it is where a model lives.
    pub(crate) fn today(&self, version: &Version) -> Day {
        version.model.zone.day_of(self.now)
    }

    /// The day that it is where the model in force lives; without one, in Greenwich.
    pub(crate) fn day(&self) -> Day {
        match &self.models.current {
            Some(version) => self.today(version),
            None => rules::day::Zone::utc().day_of(self.now),
        }
    }

    /// The day after, on which something may be due at the earliest.
    pub(crate) fn tomorrow(&self) -> Day {
        self.day().plus_days(1).unwrap_or_else(Day::last)
    }

    /// Whether readers see a version.
    pub(crate) fn is_current(&self, version: &Version) -> bool {
        self.models.current.as_ref().is_some_and(|current| current.number == version.number)
    }

    /// Locks persons, and reads all that is known of them.
    pub(crate) fn dossiers(&mut self, persons: &BTreeSet<Key>) -> Result<HashMap<Key, Dossier>> {
        let keys: Vec<Key> = persons.iter().copied().collect();
        let locked = self.session.lock(&keys)?;
        dossier::load(&mut self.session, locked)
    }

    /// What the facts of persons hang on, as far as the models look at it.
    pub(crate) fn around<'d>(&mut self, persons: impl Iterator<Item = &'d Dossier> + Clone) -> Result<Around> {
        let mut around = Around::default();
        if self.models.read_accounts() {
            let ids: BTreeSet<Arc<str>> = persons.clone().flat_map(Dossier::accounts).collect();
            around.accounts = self.accounts(&ids)?;
        }
        // An opportunity that names a contact makes it exist; it matters where nothing else does.
        let now = self.now;
        let lonely: Vec<&Dossier> = persons.filter(|person| person.is_contact() && person.is_bare(now)).collect();
        if !lonely.is_empty() {
            around.opportunities = self.opportunities_naming(&lonely)?;
        }
        Ok(around)
    }

    /// Accounts by their ids, as far as there are any.
    pub(crate) fn accounts(&mut self, ids: &BTreeSet<Arc<str>>) -> Result<BTreeMap<Arc<str>, Subject>> {
        let named: Vec<(Kind, &str)> = ids.iter().map(|id| (Kind::Account, &**id)).collect();
        Ok(self.session.find(&named)?.into_iter().map(|account| (account.id.clone(), account)).collect())
    }

    /// The opportunities that name persons, as if they named only the one that each was merged with.
    pub(crate) fn opportunities_naming(&mut self, persons: &[&Dossier]) -> Result<Vec<(OpportunityId, Vec<Row>)>> {
        let keys: Vec<Key> = persons.iter().flat_map(|person| person.keys()).collect();
        let naming: BTreeSet<Key> = self.session.naming(&keys)?.into_iter().map(|(subject, _)| subject).collect();
        let naming: Vec<Key> = naming.into_iter().collect();
        let found = self.session.subjects_of(&naming)?;
        let found = found.into_iter().filter(|subject| subject.kind == Kind::Opportunity).collect();
        self.opportunities(found)
    }

    /// The rows of opportunities, naming persons by the ids that they go by now.
    pub(crate) fn opportunities(&mut self, found: Vec<Subject>) -> Result<Vec<(OpportunityId, Vec<Row>)>> {
        let named: BTreeSet<ContactId> =
            found.iter().flat_map(|subject| subject.record.contacts_named().cloned().collect::<Vec<_>>()).collect();
        let ids = self.survivors(&named)?;
        let rows = |subject: Subject| {
            let mut rows = subject.record.history().rows().to_vec();
            for row in &mut rows {
                row.contact = row.contact.take().map(|id| ids.get(&id).cloned().unwrap_or(id));
            }
            (OpportunityId::from(&*subject.id), rows)
        };
        Ok(found.into_iter().map(rows).collect())
    }

    /// What contacts that were merged go by now.
    fn survivors(&mut self, ids: &BTreeSet<ContactId>) -> Result<BTreeMap<ContactId, ContactId>> {
        let named: Vec<(Kind, &str)> = ids.iter().map(|id| (Kind::Contact, id.as_str())).collect();
        let merged: Vec<Subject> =
            self.session.find(&named)?.into_iter().filter(|subject| subject.merged.is_some()).collect();
        let persons: Vec<Key> = merged.iter().filter_map(|subject| subject.merged).collect();
        let persons: HashMap<Key, Arc<str>> =
            self.session.subjects_of(&persons)?.into_iter().map(|person| (person.key, person.id)).collect();
        let survivor = |subject: Subject| {
            let id = persons.get(&subject.person())?;
            Some((ContactId::from(&*subject.id), ContactId::from(&**id)))
        };
        Ok(merged.into_iter().filter_map(survivor).collect())
    }
}

/// Facts about persons and what they hang on, as a model evaluates them.
pub(crate) fn facts<'d>(version: &Version, persons: impl Iterator<Item = &'d Dossier>, around: &Around) -> Facts {
    told(version, persons, around.accounts.values(), around)
}

/// The same of one among many: of what these hang on, only what this one does.
pub(crate) fn facts_of(version: &Version, person: &Dossier, around: &Around) -> Facts {
    let named = person.accounts();
    told(version, [person].into_iter(), named.iter().filter_map(|id| around.accounts.get(id)), around)
}

fn told<'p, 'a>(
    version: &Version,
    persons: impl Iterator<Item = &'p Dossier>,
    accounts: impl Iterator<Item = &'a Subject>,
    around: &Around,
) -> Facts {
    let mut builder = Builder::default();
    let mut clock = Clock::new(&version.model.zone);
    for person in persons {
        person.tell(&mut clock, &mut builder);
    }
    for account in accounts {
        for row in account.record.history().rows() {
            builder.account(AccountId::from(&*account.id), row.clone());
        }
    }
    for (id, rows) in &around.opportunities {
        for row in rows {
            builder.opportunity(id.clone(), row.clone());
        }
    }
    builder.finish()
}
