//! Model, facts and a date give scores: the reference evaluator.
//!
//! Slow and obvious on purpose. Every faster way to a score is tested for equality with this one,
//! so it follows docs/scoring.md step by step and keeps nothing between two questions.

mod cards;
mod dimensions;
mod rollup;
mod rule;
mod running;
mod subject;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use crate::activity::Activity;
use crate::condition::{Context, Unknown};
use crate::day::Day;
use crate::facts::Facts;
use crate::forecast::{self, Change};
use crate::history::Row;
use crate::id::{AccountId, ContactId, OpportunityId};
use crate::ledger::Ledger;
use crate::model::{Attribution, ExclusionAt, Kind, Model, Rule, Subject};

pub use cards::{Alone, Card, Outcome, Scores, Standing};
pub use dimensions::{Dimensions, Found, Overflown, Own, Results, accounts_on};
use rollup::Rollup;
pub use running::Running;
pub(crate) use subject::Prepared;
pub(crate) use view::Seen;
use view::{ContactView, Inputs, View};

/// A number left the range of what can be held; where is added on the way up.
#[derive(Clone, Copy, Debug)]
struct Overflow;

impl Overflow {
    fn in_rule(self, own: &Context<'_>, rule: &Rule) -> Error {
        self.at(own, format!("rule `{}`", rule.id))
    }

    fn at(self, own: &Context<'_>, place: String) -> Error {
        let named = |what: &str, holder: Option<(&str, _)>| holder.map(|(id, _)| format!("{what} `{id}`"));
        let subject = named("opportunity", own.opportunity)
            .or_else(|| named("contact", own.contact))
            .or_else(|| named("account", own.account));
        Error { subject: subject.unwrap_or_default(), place }
    }
}

/// A number left the range of ±922,337,203,685,477.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: in {place} a number leaves the range of ±922,337,203,685,477; look at the values behind it")]
pub struct Error {
    /// Whose score it was: ``contact `ada` ``.
    pub subject: String,
    /// Where: ``rule `event` ``.
    pub place: String,
}

/// What is to be known of one contact beside its ledgers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetAside<'a> {
    /// Activities that an exclusion covers, each with the first that does.
    pub excluded: Vec<(&'a Activity, ExclusionAt)>,
    /// Activities that repeat another's identity.
    pub duplicates: Vec<&'a Activity>,
    /// What was unknown when exclusions were decided, so that they did not cover an activity.
    pub unknown: Vec<(ExclusionAt, Unknown)>,
}

/// Model, facts and date, with everyone who exists looked at once.
#[derive(Debug)]
pub struct Evaluation<'a> {
    inputs: Inputs<'a>,
    contacts: BTreeMap<&'a ContactId, ContactView<'a>>,
    accounts: BTreeSet<&'a AccountId>,
    /// For each account who has it on the date, or has an activity that belongs to it.
    people: BTreeMap<&'a AccountId, BTreeSet<&'a ContactId>>,
}

impl<'a> Evaluation<'a> {
    /// Looks at everyone who exists on the date.
    pub fn new(model: &'a Model, facts: &'a Facts, as_of: Day) -> Self {
        let inputs = Inputs { model, facts, as_of };
        let contacts: BTreeMap<_, _> = facts.contacts_on(as_of).into_iter().map(|id| (id, inputs.view(id))).collect();
        let mut people: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (&id, contact) in &contacts {
            let acted_for = contact.view.seen.iter().flat_map(|seen| &seen.accounts);
            for &account in contact.accounts.iter().chain(acted_for) {
                people.entry(account).or_default().insert(id);
            }
        }
        Self { inputs, contacts, accounts: facts.accounts_on(as_of), people }
    }

    /// The contacts that exist.
    pub fn contact_ids(&self) -> impl Iterator<Item = &'a ContactId> {
        self.contacts.keys().copied()
    }

    /// The accounts that exist.
    pub fn account_ids(&self) -> impl Iterator<Item = &'a AccountId> {
        self.accounts.iter().copied()
    }

    /// The accounts that a contact has on the date, the primary one first.
    pub fn accounts_of(&self, id: &ContactId) -> &[&'a AccountId] {
        self.contacts.get(id).map_or(&[], |contact| &contact.accounts)
    }

    /// Everyone who exists, with what rules see of them.
    pub(crate) fn views(&self) -> impl Iterator<Item = &ContactView<'a>> {
        self.contacts.values()
    }

    /// What names mean for an account by itself.
    pub(crate) fn account_context(&self, id: &'a AccountId) -> Context<'a> {
        self.inputs.account_alone(id)
    }

    /// The facts.
    pub(crate) fn facts(&self) -> &'a Facts {
        self.inputs.facts
    }

    fn people_of(&self, account: &AccountId) -> impl Iterator<Item = &ContactView<'a>> {
        self.people.get(account).into_iter().flatten().map(|id| &self.contacts[id])
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.inputs.model
    }

    /// The as-of date.
    pub fn as_of(&self) -> Day {
        self.inputs.as_of
    }

    /// What names mean for a contact; `None` if it does not exist.
    pub(crate) fn context_of(&self, id: &ContactId) -> Option<Context<'a>> {
        self.contacts.get(id).map(|contact| contact.view.own)
    }

    /// The rules of a contact, ready for any day from the as-of date on; `None` if it does not exist.
    pub(crate) fn prepared(&self, id: &ContactId) -> Option<Result<Prepared<'a>, Error>> {
        self.contacts.get(id).map(|contact| self.prepare_contact(&contact.view))
    }

    /// Everyone's final scores, bands and percentiles; `tick` is called after each subject.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn scores(&self, tick: &dyn Fn()) -> Result<Scores, Error> {
        cards::scores(self, tick)
    }

    /// How often [`scores`](Self::scores) calls `tick`.
    pub fn subjects(&self) -> usize {
        let has = |of| self.inputs.model.scores_of(of).next().is_some();
        let accounts = if has(Subject::Account) { self.accounts.len() } else { 0 };
        let opportunities =
            if has(Subject::Opportunity) { self.inputs.facts.opportunities_on(self.as_of()).count() } else { 0 };
        self.contacts.len() + accounts + opportunities
    }

    /// Every score of a contact taken apart; `None` if it does not exist on the date.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn contact(&self, id: &ContactId) -> Option<Result<Vec<Ledger<'a>>, Error>> {
        Some(self.prepared(id)?.and_then(|prepared| prepared.ledgers_on(self.as_of())))
    }

    /// A contact without looking at anybody else; `None` if it does not exist on the date.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn contact_alone(&self, id: &ContactId) -> Option<Result<Alone<ContactId>, Error>> {
        let prepared = self.prepared(id)?;
        let own = self.context_of(id)?;
        Some(prepared.and_then(|prepared| Alone::new(self, Subject::Contact, id.clone(), &prepared, &own)))
    }

    /// An account without looking at any other; `None` if it does not exist on the date.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn account_alone(&self, id: &AccountId) -> Option<Result<Alone<AccountId>, Error>> {
        let id = *self.accounts.get(id)?;
        let own = self.account_context(id);
        let prepared = self.prepare_account(id);
        Some(prepared.and_then(|prepared| Alone::new(self, Subject::Account, id.clone(), &prepared, &own)))
    }

    /// An opportunity, given the results of its contact and its account; `None` if it does not exist on the date.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn opportunity_alone(
        &self,
        id: &OpportunityId,
        scores: &Scores,
    ) -> Option<Result<Alone<OpportunityId>, Error>> {
        let row = self.opportunity_row(id)?;
        Some(cards::opportunity_alone(self.inputs, id, row, scores))
    }

    /// What did not count of a contact; nothing if it does not exist.
    pub fn set_aside(&self, id: &ContactId) -> SetAside<'a> {
        let seen = self.contacts.get(id).into_iter().flat_map(|view| &view.view.seen);
        let mut unknown: Vec<_> = seen.clone().flat_map(|seen| self.inputs.unknown_exclusions(seen)).collect();
        unknown.sort();
        unknown.dedup();
        let excluded = seen.filter_map(|seen| seen.excluded.map(|by| (seen.activity, by)));
        let person = self.inputs.facts.contacts.get(id);
        let duplicates = person.into_iter().flat_map(|person| &person.duplicates);
        SetAside {
            excluded: excluded.collect(),
            duplicates: duplicates.filter(|activity| activity.day <= self.as_of()).collect(),
            unknown,
        }
    }

    /// Every score of an account taken apart; `None` if it does not exist on the date.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn account(&self, id: &AccountId) -> Option<Result<Vec<Ledger<'a>>, Error>> {
        let prepared = self.prepare_existing_account(id)?;
        Some(prepared.and_then(|prepared| prepared.ledgers_on(self.as_of())))
    }

    /// Every score of an opportunity taken apart, given everyone's scores; `None` if it does not
    /// exist on the date.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn opportunity<'s>(&'s self, id: &OpportunityId, scores: &'s Scores) -> Option<Result<Vec<Ledger<'s>>, Error>> {
        let (id, row) = self.inputs.facts.opportunities_on(self.as_of()).find(|(known, _)| *known == id)?;
        Some(cards::opportunity_ledgers(self.inputs, id, row, scores))
    }

    /// What is known of an opportunity on the date.
    pub fn opportunity_row(&self, id: &OpportunityId) -> Option<&'a Row> {
        self.inputs.facts.opportunities.get(id).and_then(|history| history.on(self.inputs.as_of))
    }

    /// The changes of band of a contact up to a day, if nothing happens; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn forecast_contact(&self, id: &ContactId, until: Day) -> Option<Result<Vec<Change>, Error>> {
        Some(self.prepared(id)?.and_then(|prepared| self.forecast(Subject::Contact, &prepared, until)))
    }

    /// The changes of band of an account up to a day, if nothing happens; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn forecast_account(&self, id: &AccountId, until: Day) -> Option<Result<Vec<Change>, Error>> {
        let prepared = self.prepare_existing_account(id)?;
        Some(prepared.and_then(|prepared| self.forecast(Subject::Account, &prepared, until)))
    }

    fn forecast(&self, of: Subject, prepared: &Prepared<'a>, until: Day) -> Result<Vec<Change>, Error> {
        let points_on = |day| {
            let ledgers = prepared.ledgers_on(day)?;
            Ok(ledgers.into_iter().map(|ledger| (ledger.score, ledger.points)).collect())
        };
        forecast::changes(self.inputs.model, of, self.as_of(), until, points_on, |day| prepared.next_change(day))
    }

    fn prepare_contact(&self, view: &View<'a>) -> Result<Prepared<'a>, Error> {
        Prepared::new(self.inputs.model, Subject::Contact, view, |_| {
            unreachable!("model::rule refuses a rollup in the score of a contact")
        })
    }

    fn prepare_existing_account(&self, id: &AccountId) -> Option<Result<Prepared<'a>, Error>> {
        self.accounts.get(id).map(|id| self.prepare_account(id))
    }

    fn prepare_account(&self, id: &'a AccountId) -> Result<Prepared<'a>, Error> {
        let model = self.inputs.model;
        let own = self.inputs.account_alone(id);
        let all = self.people_of(id).flat_map(|contact| &contact.view.seen);
        let mut seen: Vec<Seen<'a>> = all.filter(|seen| seen.accounts.contains(&id)).cloned().collect();
        seen.sort_by(|one, other| one.activity.order_in_account(other.activity));
        let view = View { own, seen, activities_only: false };
        Prepared::new(model, Subject::Account, &view, |rule| self.prepare_rollup(rule, id, &own))
    }

    /// The people of an account who count for a roll-up, each with what counts of them.
    fn prepare_rollup(&self, rule: &'a Rule, account: &'a AccountId, own: &Context<'a>) -> Result<Rollup<'a>, Error> {
        let Kind::Rollup { score, take, people, points, attribution } = &rule.kind else {
            unreachable!("called for rollups only")
        };
        let mut people_of_it = Vec::new();
        for contact in self.people_of(account) {
            let has = contact.accounts.contains(&account);
            let belongs = has || (*attribution == Attribution::AtTime && contact.acted_for(account));
            let context = Context { account: own.account, ..contact.view.own };
            let wanted = people.as_ref().is_none_or(|people| people.predicate.holds(&context));
            if !belongs || !wanted {
                continue;
            }
            let prepared = match attribution {
                Attribution::Current => self.prepare_contact(&contact.view)?,
                Attribution::AtTime => self.prepare_contact(&contact.for_account(account))?,
            };
            people_of_it.push((contact.id, prepared));
        }
        let divisor = rollup::divisor(take, own).transpose();
        let divisor = divisor.map_err(|overflow| overflow.in_rule(own, rule))?;
        Ok(Rollup { score: *score, take, points: *points, people: people_of_it, divisor })
    }
}
