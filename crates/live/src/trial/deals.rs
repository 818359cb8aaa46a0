//! Opportunities by both models, each over the results that its contact and its account have by the same model.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rules::id::{AccountId, ContactId, OpportunityId};
use rules::score::{Card, Evaluation, Scores};
use store::subject::{Key, Kind, Subject};

use super::{Side, Trial};
use crate::desk::{Around, facts};
use crate::dossier::{self, Dossier};
use crate::error::Result;

/// So many accounts are remembered: one has many people, and more than one opportunity.
const REMEMBERED: usize = 10_000;

/// The results of accounts by both models.
pub(super) type Remembered = HashMap<Key, [Option<Card<AccountId>>; 2]>;

impl Trial<'_, '_> {
    /// Looks at opportunities, after everybody else was counted.
    pub(super) fn look_at_opportunities(&mut self, subjects: Vec<Subject>) -> Result<bool> {
        let many = subjects.len() as u64;
        let rows = self.desk.opportunities(subjects)?;
        let ids: Vec<OpportunityId> = rows.iter().map(|(id, _)| id.clone()).collect();
        let all = || rows.iter().flat_map(|(_, rows)| rows);
        let contacts: BTreeSet<ContactId> = all().filter_map(|row| row.contact.clone()).collect();
        let names: Vec<(Kind, &str)> = contacts.iter().map(|id| (Kind::Contact, id.as_str())).collect();
        let people = self.desk.session.find(&names)?;
        let people = dossier::load(&mut self.desk.session, people)?;
        let own = all().flat_map(|row| row.accounts.iter().map(|membership| Arc::from(membership.account.as_str())));
        let named: BTreeSet<Arc<str>> = people.values().flat_map(Dossier::accounts).chain(own).collect();
        let accounts = self.desk.accounts(&named)?;
        let cards = self.cards_of(&accounts)?;
        let around = Around { accounts, opportunities: rows };
        let mut sides = Vec::new();
        for (at, judge) in self.judges.iter_mut().enumerate() {
            let version = judge.version.clone();
            let as_of = self.desk.today(&version);
            let facts = facts(&version, people.values(), &around);
            let evaluation = Evaluation::new(&version.model, &facts, as_of);
            // Whose scores leave the range has none.
            let alone = contacts.iter().filter_map(|id| evaluation.contact_alone(id)?.ok());
            let known = Scores {
                contacts: alone.filter_map(|alone| judge.judge(alone, false)).collect(),
                accounts: cards.values().filter_map(|both| both[at].clone()).collect(),
                opportunities: Vec::new(),
            };
            let deal = |id: &OpportunityId| Some(evaluation.opportunity_alone(id, &known)?.ok()?.card);
            let mut scores = Scores { opportunities: ids.iter().filter_map(deal).collect(), ..Scores::default() };
            scores.opportunities.sort_by(|one, other| one.id.cmp(&other.id));
            sides.push(Side { version, facts, as_of, scores });
        }
        Ok(self.told(many, sides, false))
    }

    /// The results of accounts by both models, in the order of their ids.
    fn cards_of(
        &mut self,
        accounts: &BTreeMap<Arc<str>, Subject>,
    ) -> Result<BTreeMap<AccountId, [Option<Card<AccountId>>; 2]>> {
        let mut cards = BTreeMap::new();
        if !self.judges.iter().any(|judge| judge.version.of_accounts) {
            return Ok(cards);
        }
        for account in accounts.values() {
            let id = AccountId::from(&*account.id);
            if let Some(known) = self.remembered.get(&account.key) {
                cards.insert(id, known.clone());
                continue;
            }
            let (people, around) = self.desk.people_of(account)?;
            let desk = &self.desk;
            let both = self.judges.each_mut().map(|judge| {
                let version = judge.version.clone();
                let facts = facts(&version, people.values(), &around);
                let alone = Evaluation::new(&version.model, &facts, desk.today(&version)).account_alone(&id)?.ok()?;
                judge.judge(alone, false)
            });
            if self.remembered.len() >= REMEMBERED {
                self.remembered.clear();
            }
            self.remembered.insert(account.key, both.clone());
            cards.insert(id, both);
        }
        Ok(cards)
    }
}
