//! Files become facts of the service, and these are told in the order in which they are read.

use std::sync::Arc;

use batch::source::Sink;
use live::fact::{Fact, Report, Taken, Upsert, Who};
use live::service::Service;
use live::take::Request;
use rules::activity::Activity;
use rules::facts::Builder;
use rules::history::{Added, History, Row};
use rules::id::{AccountId, ContactId, OpportunityId};

/// So many facts are told at once.
const TOGETHER: usize = 1_000;

/// Takes rows of files, and tells them to a service.
pub(crate) struct Import<'s> {
    service: &'s Service,
    origin: i64,
    /// Rows about who and what there is: they are told in the order of their dates, once all are read.
    records: Builder,
    facts: Vec<Fact>,
    told: Told,
    failed: Option<live::error::Error>,
}

/// What became of what was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused: Vec<String>,
}

impl<'s> Import<'s> {
    pub(crate) fn new(service: &'s Service, origin: i64) -> Self {
        let (records, facts, told) = (Builder::default(), Vec::new(), Told::default());
        Self { service, origin, records, facts, told, failed: None }
    }

    /// Tells what is left, and says what became of it all.
    pub(crate) fn finish(mut self) -> live::error::Result<Told> {
        let known = std::mem::take(&mut self.records).finish();
        for (id, history) in &known.accounts {
            self.record(id.as_str(), history, Fact::Account);
        }
        for (id, person) in &known.contacts {
            self.record(id.as_str(), &person.history, Fact::Contact);
        }
        for (id, history) in &known.opportunities {
            self.record(id.as_str(), history, Fact::Opportunity);
        }
        self.tell();
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.told),
        }
    }

    fn record(&mut self, id: &str, history: &History, fact: fn(Upsert) -> Fact) {
        for row in history.rows() {
            self.add(fact(Upsert {
                id: id.into(),
                attributes: row.attributes.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect(),
                accounts: Some(row.accounts.clone()),
                contact: Some(row.contact.clone()),
                from: row.valid_from,
                is_whole: true,
            }));
        }
    }

    fn add(&mut self, fact: Fact) {
        self.facts.push(fact);
        if self.facts.len() >= TOGETHER {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let facts = std::mem::take(&mut self.facts);
        if facts.is_empty() || self.failed.is_some() {
            return;
        }
        match self.service.take(&Request { facts, origin: self.origin, once: None }) {
            Ok(taken) => taken.into_iter().for_each(|taken| match taken {
                Taken::Accepted => self.told.accepted += 1,
                Taken::Duplicate => self.told.duplicates += 1,
                Taken::Refused(refusal) => self.told.refused.push(refusal.message),
            }),
            Err(error) => self.failed = Some(error),
        }
    }
}

impl Sink for Import<'_> {
    fn contact(&mut self, id: ContactId, row: Row) -> Added {
        self.records.contact(id, row)
    }

    fn account(&mut self, id: AccountId, row: Row) -> Added {
        self.records.account(id, row)
    }

    fn opportunity(&mut self, id: OpportunityId, row: Row) -> Added {
        self.records.opportunity(id, row)
    }

    fn activity(&mut self, activity: Activity) {
        let Activity { contact, kind, occurred_at, id, source, value, account, properties, day: _ } = activity;
        self.add(Fact::Activity(Report {
            who: Who::Contact(contact),
            kind,
            occurred_at: Some(occurred_at),
            id,
            source,
            value,
            account,
            properties,
            original: None::<Arc<str>>,
        }));
    }
}
