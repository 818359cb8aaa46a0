//! Who and what requests are about, known or new.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use store::record::Record;
use store::subject::{Kind, Subject};

use crate::desk::Desk;
use crate::erased::Erased;
use crate::error::Result;
use crate::fact::{Fact, Upsert, Who};
use crate::hot::Guests;
use crate::take::Request;

/// A subject by what it is and how it is called.
pub(crate) type Name = (Kind, Arc<str>);

/// Who and what requests are about.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) subjects: HashMap<Name, Subject>,
    /// Of whom nothing is taken.
    pub(crate) erased: BTreeSet<Name>,
    /// Opportunities and accounts whose records have changed, and what these were before.
    pub(crate) changed: BTreeMap<Name, Record>,
}

impl Named {
    pub(crate) fn get(&self, kind: Kind, id: &str) -> Option<&Subject> {
        // A key of borrowed text cannot be looked up in a pair.
        self.subjects.get(&(kind, id.into()))
    }
}

/// Calls `visit` with all that a fact is about and that comes into being by it.
fn each_named(fact: &Fact, visit: &mut dyn FnMut(Kind, &str)) {
    let upsert = |upsert: &Upsert, visit: &mut dyn FnMut(Kind, &str)| {
        for membership in upsert.accounts.iter().flatten() {
            visit(Kind::Account, membership.account.as_str());
        }
        if let Some(Some(contact)) = &upsert.contact {
            visit(Kind::Contact, contact.as_str());
        }
    };
    match fact {
        Fact::Activity(report) => {
            match &report.who {
                Who::Contact(id) => visit(Kind::Contact, id.as_str()),
                Who::Visitor(id) => visit(Kind::Visitor, id),
            }
            if let Some(account) = &report.account {
                visit(Kind::Account, account.as_str());
            }
        }
        Fact::Contact(said) => {
            visit(Kind::Contact, &said.id);
            upsert(said, visit);
        }
        Fact::Account(said) => visit(Kind::Account, &said.id),
        Fact::Opportunity(said) => {
            visit(Kind::Opportunity, &said.id);
            upsert(said, visit);
        }
        Fact::Join { visitor, contact } => {
            visit(Kind::Visitor, visitor);
            visit(Kind::Contact, contact.as_str());
        }
        // These are about what is there: nobody comes into being by them.
        Fact::Retract(_) | Fact::Amend(..) => {}
    }
}

/// Calls `visit` with all that a fact is about.
pub(crate) fn each_meant(fact: &Fact, visit: &mut dyn FnMut(Kind, &str)) {
    if let Fact::Retract(identity) | Fact::Amend(identity, _) = fact {
        visit(Kind::Contact, identity.contact.as_str());
    }
    if let Fact::Amend(_, amendment) = fact
        && let Some(Some(account)) = &amendment.account
    {
        visit(Kind::Account, account.as_str());
    }
    each_named(fact, visit);
}

impl Desk<'_> {
    /// Finds everyone, makes those who are new, and refuses those who were erased.
    pub(crate) fn name(&mut self, requests: &[&Request], guests: &Guests<'_>) -> Result<Named> {
        let facts = || requests.iter().flat_map(|request| &request.facts);
        let mut all: BTreeSet<Name> = BTreeSet::new();
        let mut new: BTreeSet<Name> = BTreeSet::new();
        for fact in facts() {
            each_meant(fact, &mut |kind, id| _ = all.insert((kind, id.into())));
            each_named(fact, &mut |kind, id| _ = new.insert((kind, id.into())));
        }
        // Who is remembered is known.
        for (id, _) in guests.values() {
            let name = (Kind::Contact, Arc::from(*id));
            all.remove(&name);
            new.remove(&name);
        }
        let mut named = Named::default();
        self.find_into(&all, &mut named)?;
        all.retain(|one| !named.subjects.contains_key(one));
        self.erased_of(&all, &mut named)?;
        new.retain(|one| all.contains(one) && !named.erased.contains(one));
        if !new.is_empty() {
            let ids: Vec<(Kind, &str)> = new.iter().map(|(kind, id)| (*kind, &**id)).collect();
            self.session.create(&ids)?;
            self.find_into(&new, &mut named)?;
        }
        Ok(named)
    }

    /// Who of those whom nobody knows is not known because it was erased.
    fn erased_of(&mut self, unknown: &BTreeSet<Name>, named: &mut Named) -> Result<()> {
        let mut persons = unknown.iter().filter(|(kind, _)| matches!(kind, Kind::Contact | Kind::Visitor)).peekable();
        if persons.peek().is_none() {
            return Ok(());
        }
        let erased = Erased::open(&mut self.session)?;
        for (kind, id) in persons {
            if erased.has(&mut self.session, *kind, id)? {
                named.erased.insert((*kind, id.clone()));
            }
        }
        Ok(())
    }

    fn find_into(&mut self, which: &BTreeSet<Name>, named: &mut Named) -> Result<()> {
        let ids: Vec<(Kind, &str)> = which.iter().map(|(kind, id)| (*kind, &**id)).collect();
        for subject in self.session.find(&ids)? {
            named.subjects.insert((subject.kind, subject.id.clone()), subject);
        }
        Ok(())
    }
}
