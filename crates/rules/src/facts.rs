//! All that is known: contacts, accounts and opportunities with their histories, and activities,
//! each counted once and in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::activity::Activity;
use crate::day::Day;
use crate::history::{Added, History, Row};
use crate::id::{AccountId, ContactId, OpportunityId};

/// What is known of one contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Attributes and accounts over time; empty if only an activity names the contact.
    pub history: History,
    /// Its activities in their order, each identity once.
    pub activities: Vec<Activity>,
    /// Activities that repeat the identity of another, and so do not count.
    pub duplicates: Vec<Activity>,
}

/// About how many bytes a tree takes, without what hangs on its entries: there is room for eleven in each node, and it is
/// half empty once there are several.
pub(crate) fn node<K, V>(tree: &std::collections::BTreeMap<K, V>) -> usize {
    tree.len().div_ceil(7) * (11 * size_of::<(K, V)>() + 32)
}

/// What is known altogether. Built by [`Builder`]; it holds for any model with the same time zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Contacts that have a row of their own or an activity.
    pub contacts: BTreeMap<ContactId, Person>,
    /// Accounts that have a row of their own.
    pub accounts: BTreeMap<AccountId, History>,
    /// Opportunities.
    pub opportunities: BTreeMap<OpportunityId, History>,
}

impl Facts {
    /// About how many bytes it takes beside itself, but for activities.
    pub fn bytes(&self) -> usize {
        let persons = node(&self.contacts) + self.contacts.values().map(|one| one.history.bytes()).sum::<usize>();
        let histories =
            |all: usize, rows: &mut dyn Iterator<Item = &History>| all + rows.map(History::bytes).sum::<usize>();
        let accounts = histories(node(&self.accounts), &mut self.accounts.values());
        persons + accounts + histories(node(&self.opportunities), &mut self.opportunities.values())
    }

    /// The contacts that exist on a day: by a row of their own, or because a fact with a day up to
    /// then names them.
    pub fn contacts_on(&self, as_of: Day) -> BTreeSet<&ContactId> {
        let known = self.contacts.iter().filter(move |(_, person)| {
            let named = person.activities.iter().any(|activity| activity.day <= as_of);
            named || person.history.on(as_of).is_some()
        });
        let opportunities = self.opportunities.values().flat_map(|opportunity| opportunity.rows_up_to(as_of));
        known.map(|(id, _)| id).chain(opportunities.filter_map(|row| row.contact.as_ref())).collect()
    }

    /// The accounts that exist on a day, by the same rule.
    pub fn accounts_on(&self, as_of: Day) -> BTreeSet<&AccountId> {
        let own = self.accounts.iter().filter(|(_, history)| history.on(as_of).is_some());
        let people = self.contacts.values();
        let activities = people.clone().flat_map(|person| &person.activities);
        let acted = activities.filter(|activity| activity.day <= as_of);
        let histories = people.map(|person| &person.history).chain(self.opportunities.values());
        let rows = histories.flat_map(|history| history.rows_up_to(as_of));
        own.map(|(id, _)| id)
            .chain(acted.filter_map(|activity| activity.account.as_ref()))
            .chain(rows.flat_map(|row| row.accounts_on(as_of)))
            .collect()
    }

    /// The first day after another on which a fact begins to count that does not count yet.
    pub fn next_day(&self, after: Day) -> Option<Day> {
        let people = self.contacts.values();
        let activities = people.clone().flat_map(|person| &person.activities).map(|activity| activity.day);
        let histories = people.map(|person| &person.history).chain(self.accounts.values());
        let rows = histories.chain(self.opportunities.values()).flat_map(History::rows);
        let begins =
            rows.flat_map(|row| row.accounts.iter().map(|membership| membership.since).chain([row.valid_from]));
        activities.chain(begins.flatten()).filter(|day| *day > after).min()
    }

    /// The opportunities that exist on a day, each with the row in force.
    pub fn opportunities_on(&self, as_of: Day) -> impl Iterator<Item = (&OpportunityId, &Row)> {
        self.opportunities.iter().filter_map(move |(id, history)| history.on(as_of).map(|row| (id, row)))
    }
}

/// Takes facts in any order, and with repetitions.
#[derive(Debug, Default)]
pub struct Builder {
    facts: Facts,
}

impl Builder {
    /// Adds what a row says of a contact.
    pub fn contact(&mut self, id: ContactId, row: Row) -> Added {
        self.facts.contacts.entry(id).or_default().history.add(row)
    }

    /// Adds what a row says of an account.
    pub fn account(&mut self, id: AccountId, row: Row) -> Added {
        self.facts.accounts.entry(id).or_default().add(row)
    }

    /// Adds what a row says of an opportunity.
    pub fn opportunity(&mut self, id: OpportunityId, row: Row) -> Added {
        self.facts.opportunities.entry(id).or_default().add(row)
    }

    /// Adds an activity.
    pub fn activity(&mut self, activity: Activity) {
        let contacts = &mut self.facts.contacts;
        // Looked up first: most activities are of contacts that are known already.
        match contacts.get_mut(&activity.contact) {
            Some(person) => person.activities.push(activity),
            None => contacts.entry(activity.contact.clone()).or_default().activities.push(activity),
        }
    }

    /// Sets duplicates aside and puts every contact's activities in order.
    pub fn finish(mut self) -> Facts {
        for person in self.facts.contacts.values_mut() {
            let (mut kept, mut duplicates) = set_duplicates_aside(std::mem::take(&mut person.activities));
            kept.sort_by(Activity::order);
            duplicates.sort_by(Activity::order);
            (person.activities, person.duplicates) = (kept, duplicates);
        }
        self.facts
    }
}

/// Of several activities with one identity the first by precedence counts.
fn set_duplicates_aside(activities: Vec<Activity>) -> (Vec<Activity>, Vec<Activity>) {
    let mut kept: Vec<Activity> = Vec::with_capacity(activities.len());
    let mut duplicates = Vec::new();
    let mut places: HashMap<(Option<Arc<str>>, Arc<str>), usize> = HashMap::new();
    for activity in activities {
        let Some(id) = activity.id.clone() else {
            kept.push(activity);
            continue;
        };
        let identity = (activity.source.clone(), id);
        match places.get(&identity) {
            None => {
                places.insert(identity, kept.len());
                kept.push(activity);
            }
            Some(&place) if activity.precedence(&kept[place]).is_lt() => {
                duplicates.push(std::mem::replace(&mut kept[place], activity));
            }
            Some(_) => duplicates.push(activity),
        }
    }
    (kept, duplicates)
}
