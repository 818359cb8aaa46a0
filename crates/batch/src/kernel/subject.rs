//! Everyone: contacts on several threads, then accounts over what belongs to them, then what needs
//! all: ranks, bands, opportunities.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rules::day::Day;
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::id::{AccountId, ContactId};
use rules::model::{Form, Kind, Model, RuleAt, ScoreAt, Subject};
use rules::score::{Dimensions, Found, Overflown, Own, Results};

use super::contact;
use super::fold::{Folder, Seen};
use super::plan::Plan;
use super::store::Activities;
use super::tables::Tables;
use super::{Scored, Undecided};

/// So many contacts are taken at a time by a thread.
const CHUNK: usize = 256;

/// Everything that all threads look at.
struct Shared<'k, 'a> {
    plan: &'k Plan<'a>,
    store: &'k Activities,
    tables: Tables,
    dimensions: Dimensions<'a>,
    as_of: Day,
    ids: &'a [ContactId],
    account_ids: &'a [AccountId],
    /// The rows of each contact, by code.
    rows: Vec<Vec<u32>>,
    of_accounts: bool,
    /// The scores of contacts.
    of_contacts: Vec<ScoreAt>,
    /// Activities that exist on the date, and only later.
    on_date: AtomicUsize,
    later: AtomicUsize,
}

/// What a contact is beside its results, for its accounts.
struct Person<'a> {
    own: Own<'a>,
    seen: Vec<Seen<'a>>,
}

/// A contact, what it scores, and what its accounts need of it.
type OfContact<'a> = (&'a ContactId, Results, Option<Person<'a>>);

pub(super) fn score(
    plan: &Plan<'_>,
    facts: &Facts,
    store: &Activities,
    as_of: Day,
    threads: usize,
    tick: &(dyn Fn() + Sync),
) -> Result<Scored, Undecided> {
    let ids: Vec<ContactId> = store.contacts.all.iter().map(|id| ContactId::from(&**id)).collect();
    let account_ids: Vec<AccountId> = store.accounts.all.iter().map(|id| AccountId::from(&**id)).collect();
    let model = plan.model;
    let shared = Shared {
        plan,
        store,
        tables: Tables::new(plan, store),
        dimensions: Dimensions::new(model, facts, as_of),
        as_of,
        ids: &ids,
        account_ids: &account_ids,
        rows: rows_by_contact(store),
        of_accounts: model.scores_of(Subject::Account).next().is_some(),
        of_contacts: model.scores_of(Subject::Contact).map(|(at, _)| at).collect(),
        on_date: AtomicUsize::new(0),
        later: AtomicUsize::new(0),
    };
    let known: Vec<&ContactId> = facts.contacts_on(as_of).into_iter().collect();
    let mut contacts = shared.contacts(&known, threads, tick)?;
    contacts.sort_by_key(|(id, ..)| *id);
    let [on_date, later] = [&shared.on_date, &shared.later].map(|count| count.load(Ordering::Relaxed));
    let accounts = if shared.of_accounts { shared.accounts(facts, &contacts)? } else { Vec::new() };
    let results = contacts.into_iter().map(|(id, results, _)| (id, results)).collect();
    let scores = shared.dimensions.scores(results, accounts)?;
    Ok(Scored { scores, on_date, later })
}

fn rows_by_contact(store: &Activities) -> Vec<Vec<u32>> {
    let mut rows = vec![Vec::new(); store.contacts.all.len()];
    for (row, &contact) in (0_u32..).zip(&store.contact) {
        rows[contact as usize].push(row);
    }
    rows
}

impl<'k, 'a> Shared<'k, 'a> {
    /// All contacts that exist: those with activities by code, then the others that are known.
    fn contacts(
        &self,
        known: &[&'a ContactId],
        threads: usize,
        tick: &(dyn Fn() + Sync),
    ) -> Result<Vec<OfContact<'a>>, Undecided> {
        let acted: BTreeSet<&str> = self.ids.iter().map(ContactId::as_str).collect();
        let quiet: Vec<&'a ContactId> = known.iter().copied().filter(|id| !acted.contains(id.as_str())).collect();
        let known: BTreeSet<&ContactId> = known.iter().copied().collect();
        let total = self.ids.len() + quiet.len();
        let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || -> Result<Vec<OfContact<'a>>, Undecided> {
            let mut folder = Folder::new(self.plan, self.store, &self.tables, self.as_of);
            let mut scored = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let start = next.fetch_add(CHUNK, Ordering::Relaxed);
                for place in start..total.min(start + CHUNK) {
                    // The first code is that of what is missing.
                    let (id, rows, exists) = match place.checked_sub(self.ids.len()) {
                        Some(place) => (quiet[place], &[][..], true),
                        None if place == 0 => continue,
                        None => (&self.ids[place], &self.rows[place][..], known.contains(&self.ids[place])),
                    };
                    let one = self.contact(&mut folder, id, rows, exists);
                    let one = one.inspect_err(|_| stopped.store(true, Ordering::Relaxed))?;
                    scored.extend(one);
                    tick();
                }
                if start >= total {
                    break;
                }
            }
            Ok(scored)
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
            let mut all = work();
            for other in others {
                let other = other.join().expect("a thread ends with its work");
                all = all.and_then(|mut all| {
                    all.extend(other?);
                    Ok(all)
                });
            }
            all
        })
    }

    fn contact(
        &self,
        folder: &mut Folder<'_, 'a>,
        id: &'a ContactId,
        rows: &[u32],
        exists: bool,
    ) -> Result<Option<OfContact<'a>>, Undecided> {
        let mut rows = rows.to_vec();
        contact::in_order(self.store, &self.tables, &mut rows)?;
        let own = self.dimensions.contact(id);
        let seen = contact::seen(folder, &self.dimensions, id, &own, &rows, self.account_ids);
        self.on_date.fetch_add(seen.len(), Ordering::Relaxed);
        self.later.fetch_add(rows.len() - seen.len(), Ordering::Relaxed);
        if !exists && seen.is_empty() {
            return Ok(None);
        }
        let found = self.found(folder, &self.of_contacts, &seen, None)?;
        let results = self.dimensions.results(Subject::Contact, &own.context, &found, false)?;
        let person = self.of_accounts.then_some(Person { own, seen });
        Ok(Some((id, results, person)))
    }

    /// What the rules of some scores find in activities.
    fn found<'p>(
        &self,
        folder: &mut Folder<'_, 'a>,
        scores: &[ScoreAt],
        seen: &[Seen<'a>],
        people: Option<&'p People>,
    ) -> Result<FoundRules<'p>, Overflown> {
        let mut found = FoundRules { points: HashMap::new(), last: HashMap::new(), people };
        let wanted = |at: RuleAt| scores.contains(&self.plan.model.rule(at).score);
        for (place, rule) in self.plan.rules.iter().enumerate().filter(|(_, rule)| wanted(rule.at)) {
            found.points.insert(rule.at, folder.rule(place, seen)?);
        }
        for (place, (at, _)) in self.plan.silences.iter().enumerate().filter(|(_, (at, _))| wanted(*at)) {
            let ends = |seen: &&Seen<'_>| {
                !seen.excluded && self.tables.silences[place][self.store.kind[seen.row as usize] as usize]
            };
            let days = seen.iter().filter(ends).map(|seen| self.store.day[seen.row as usize]);
            found.last.insert(*at, days.max());
        }
        Ok(found)
    }

    /// All accounts that exist, over contacts in the order of their ids.
    fn accounts(
        &self,
        facts: &'a Facts,
        contacts: &[OfContact<'a>],
    ) -> Result<Vec<(&'a AccountId, Results)>, Undecided> {
        let mut folder = Folder::new(self.plan, self.store, &self.tables, self.as_of);
        let mut existing: BTreeSet<&'a AccountId> = facts.accounts_on(self.as_of);
        let mut people: BTreeMap<&'a AccountId, BTreeSet<usize>> = BTreeMap::new();
        for (place, (.., person)) in contacts.iter().enumerate() {
            let Some(person) = person else { continue };
            let named = person.seen.iter().map(|seen| self.store.account_of(seen.row)).filter(|code| *code > 0);
            existing.extend(named.map(|code| &self.account_ids[code as usize]));
            let acted_for = person.seen.iter().flat_map(|seen| &seen.accounts);
            for &account in person.own.accounts.iter().chain(acted_for) {
                people.entry(account).or_default().insert(place);
            }
        }
        let of_accounts: Vec<_> = self.plan.model.scores_of(Subject::Account).map(|(at, _)| at).collect();
        let mut all = Vec::new();
        for account in existing {
            let own = self.dimensions.account(account);
            let none = BTreeSet::new();
            let members: Vec<&OfContact<'a>> =
                people.get(account).unwrap_or(&none).iter().map(|place| &contacts[*place]).collect();
            let seen = self.of_account(account, &members);
            let mut pools = People::new();
            for (at, score) in self.rollups() {
                pools.insert(at, self.pooled(&mut folder, at, score, account, &own, &members));
            }
            let found = self.found(&mut folder, &of_accounts, &seen, Some(&pools))?;
            all.push((account, self.dimensions.results(Subject::Account, &own, &found, false)?));
        }
        Ok(all)
    }

    /// The activities of an account: by time, contact, source and id.
    fn of_account(&self, account: &AccountId, members: &[&OfContact<'a>]) -> Vec<Seen<'a>> {
        let persons = members.iter().filter_map(|(.., person)| person.as_ref());
        let all = persons.flat_map(|person| &person.seen).filter(|seen| seen.accounts.contains(&account));
        let mut seen: Vec<Seen<'a>> = all.cloned().collect();
        let store = self.store;
        let contact = |row: u32| &self.ids[store.contact[row as usize] as usize];
        // Those of one contact are in order already, and a stable sort keeps that.
        seen.sort_by(|one, other| {
            let by_time = store.micros[one.row as usize].cmp(&store.micros[other.row as usize]);
            by_time.then_with(|| contact(one.row).cmp(contact(other.row)))
        });
        seen
    }

    fn rollups(&self) -> impl Iterator<Item = (RuleAt, ScoreAt)> + use<'a> {
        let rules = self.plan.model.rules.iter().enumerate();
        rules.filter_map(|(place, rule)| match &rule.kind {
            Kind::Rollup { score, .. } => Some((RuleAt(place), *score)),
            _ => None,
        })
    }

    /// The points of the people who count for a roll-up.
    fn pooled(
        &self,
        folder: &mut Folder<'_, 'a>,
        rule: RuleAt,
        score: ScoreAt,
        account: &'a AccountId,
        context: &rules::condition::Context<'a>,
        members: &[&OfContact<'a>],
    ) -> Result<Vec<Decimal>, Overflown> {
        let mut points = Vec::new();
        for (_, results, person) in members {
            let Some(person) = person else { continue };
            let has = person.own.accounts.contains(&account);
            let at_time = self.dimensions.is_at_time(rule);
            let belongs = |seen: &&Seen<'a>| seen.accounts.contains(&account);
            let acted = || person.seen.iter().any(|seen| !seen.excluded && belongs(&seen));
            if !(has || at_time && acted()) || !self.dimensions.is_wanted(rule, &person.own, context) {
                continue;
            }
            if at_time {
                let seen: Vec<_> = person.seen.iter().filter(belongs).cloned().collect();
                let found = self.found(folder, &behind(self.plan.model, score), &seen, None)?;
                points.push(self.dimensions.points(score, &person.own.context, &found, !has)?);
            } else {
                points.extend(results.points(score));
            }
        }
        Ok(points)
    }
}

/// A score and those that it is combined of.
fn behind(model: &Model, score: ScoreAt) -> Vec<ScoreAt> {
    let mut all = vec![score];
    let mut next = 0;
    while let Some(&at) = all.get(next) {
        next += 1;
        if let Form::Combine(parts) = &model.score(at).form {
            let new: Vec<_> = parts.iter().map(|(part, _)| *part).filter(|part| !all.contains(part)).collect();
            all.extend(new);
        }
    }
    all
}

/// The points of the people who count, for each roll-up.
type People = HashMap<RuleAt, Result<Vec<Decimal>, Overflown>>;

struct FoundRules<'p> {
    points: HashMap<RuleAt, Decimal>,
    last: HashMap<RuleAt, Option<Day>>,
    people: Option<&'p People>,
}

impl Found for FoundRules<'_> {
    fn points(&self, rule: RuleAt) -> Decimal {
        self.points.get(&rule).copied().unwrap_or_default()
    }

    fn last_sign(&self, rule: RuleAt) -> Option<Day> {
        self.last.get(&rule).copied().flatten()
    }

    fn people(&self, rule: RuleAt) -> Result<Vec<Decimal>, Overflown> {
        self.people.and_then(|people| people.get(&rule)).cloned().unwrap_or(Ok(Vec::new()))
    }
}
