//! Accounts whose scores come from the final scores of their people alone: no activity is read for them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rules::condition::Context;
use rules::day::Day;
use rules::decimal::Decimal;
use rules::facts::{Builder, Facts};
use rules::history::History;
use rules::id::AccountId;
use rules::model::{Attribution, Kind as RuleKind, Model, RuleAt, Subject as Of};
use rules::score::{Alone, Dimensions, Found, Overflown, Own, Results};
use store::subject::{Key, Kind, Subject};

use crate::desk::Desk;
use crate::dossier::Dossier;
use crate::error::Result;
use crate::evaluate::{Evaluated, evaluated};
use crate::models::Version;
use crate::ranks::place_of;
use crate::settle::Table;

/// Whether the scores of accounts look at nothing but attributes and final scores of today.
pub(crate) fn is_light(model: &Model) -> bool {
    let rules = model.scores_of(Of::Account).flat_map(|(at, _)| model.rules_of(at));
    let mut kinds = rules.map(|(_, rule)| &rule.kind);
    kinds.all(|kind| match kind {
        RuleKind::Rollup { attribution, .. } => *attribution == Attribution::Current,
        RuleKind::When { .. } | RuleKind::Cases { .. } | RuleKind::Since { .. } => true,
        RuleKind::Activity(_) | RuleKind::Inactive { .. } => false,
    })
}

/// A person of an account: what is known of it, and how it stands.
struct Person<'c> {
    id: &'c str,
    history: &'c History,
    points: BTreeMap<i64, Decimal>,
}

/// The people of some accounts, without what they did.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    /// By account, whose facts name it.
    of: HashMap<Key, Vec<Key>>,
    persons: HashMap<Key, (Arc<str>, History)>,
}

impl Crowd {
    /// Everybody in it.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.persons.keys().copied().collect()
    }

    /// The people of one account, given how everybody stands.
    fn people<'c>(&'c self, account: Key, table: &Table) -> Vec<Person<'c>> {
        let person = |key: &Key| {
            let (id, history) = self.persons.get(key)?;
            let standings = table.get(key).into_iter().flatten();
            let points = standings.filter_map(|(score, standing)| Some((*score, standing.points?))).collect();
            Some(Person { id, history, points })
        };
        self.of.get(&account).into_iter().flatten().filter_map(person).collect()
    }
}

impl Desk<'_> {
    /// Everybody whose facts name one of these accounts.
    pub(crate) fn crowd(&mut self, accounts: &[Key]) -> Result<Crowd> {
        let mut crowd = Crowd::default();
        for (person, account) in self.session.naming(accounts)? {
            crowd.of.entry(account).or_default().push(person);
        }
        let naming: BTreeSet<Key> = crowd.of.values().flatten().copied().collect();
        let subjects = self.session.subjects_of(&naming.into_iter().collect::<Vec<_>>())?;
        let persons: Vec<Subject> =
            subjects.into_iter().filter(|one| one.kind == Kind::Contact && one.merged.is_none()).collect();
        let keys: Vec<Key> = persons.iter().map(|person| person.key).collect();
        let mut others: BTreeMap<Key, Vec<Subject>> = BTreeMap::new();
        for other in self.session.merged_with(&keys)? {
            others.entry(other.person()).or_default().push(other);
        }
        for person in persons {
            let (key, id) = (person.key, person.id.clone());
            let others = others.remove(&key).unwrap_or_default();
            let history = Dossier::new(person, others, Vec::new()).record().history();
            crowd.persons.insert(key, (id, history));
        }
        Ok(crowd)
    }

    /// How an account stands, from how its people stand. The next day does not count those on which they change:
    /// whoever looks at them then marks their accounts.
    pub(crate) fn judge_lightly(
        &mut self,
        version: &Version,
        account: &Subject,
        day: Day,
        (crowd, table): (&Crowd, &Table),
    ) -> Result<Evaluated> {
        let people = crowd.people(account.key, table);
        let id = AccountId::from(&*account.id);
        let mut builder = Builder::default();
        for row in account.record.history().rows() {
            builder.account(id.clone(), row.clone());
        }
        let facts = builder.finish();
        if let Absent::Until(next) = self.absence(&facts, account, &people, day)? {
            return Ok(Evaluated { standings: Vec::new(), next });
        }
        let model = &version.model;
        let dimensions = Dimensions::new(model, &facts, day);
        let own = dimensions.of_account(id.as_str());
        let owns: Vec<(Own<'_>, &Person<'_>)> =
            people.iter().map(|person| (dimensions.contact(person.id, person.history), person)).collect();
        let found = Standing { dimensions: &dimensions, own: &own, owns: &owns, account: id.as_str(), model };
        let mut results = Results::of(model);
        // Whose scores leave the range has none.
        if dimensions.results(Of::Account, &found, false, &mut results).is_err() {
            return Ok(Evaluated::default());
        }
        let rules = model.scores_of(Of::Account).flat_map(|(at, _)| model.rules_of(at));
        let next = rules.filter_map(|(at, _)| dimensions.next_by_itself(at, &own, None)).min();
        let alone = Alone::of_results(model, Of::Account, id.clone(), &results, &own, next);
        Ok(evaluated(version, &facts, (account.key, Kind::Account), day, Some(alone)))
    }

    /// Whether an account does not exist on a day: neither by itself, nor because a fact up to then names it.
    fn absence(&mut self, facts: &Facts, account: &Subject, people: &[Person<'_>], day: Day) -> Result<Absent> {
        let names = |history: &History| {
            let mut rows = history.rows_up_to(day).flat_map(|row| row.accounts_on(day));
            rows.any(|named| *named.as_str() == *account.id)
        };
        if facts.accounts.values().any(|history| history.on(day).is_some())
            || people.iter().any(|person| names(person.history))
        {
            return Ok(Absent::No);
        }
        // Only activities and opportunities may name it still.
        let (people, around) = self.people_of(account)?;
        let Some(version) = self.models.all().next().cloned() else { return Ok(Absent::Until(None)) };
        let all = crate::desk::facts(&version, people.values(), &around);
        let is_there = all.accounts_on(day).contains(&AccountId::from(&*account.id));
        // An opportunity that nobody scores is not looked at on the day on which it names the account.
        Ok(if is_there { Absent::No } else { Absent::Until(all.next_day(day)) })
    }
}

/// Whether an account is missing on a day.
enum Absent {
    No,
    /// It is; on this day that may be otherwise.
    Until(Option<Day>),
}

/// What is found of an account.
struct Standing<'s, 'd> {
    dimensions: &'s Dimensions<'d>,
    own: &'s Context<'d>,
    owns: &'s [(Own<'d>, &'s Person<'s>)],
    account: &'d str,
    model: &'s Model,
}

impl Found for Standing<'_, '_> {
    fn own(&self) -> &Context<'_> {
        self.own
    }

    fn points(&self, _: RuleAt) -> Decimal {
        Decimal::ZERO
    }

    fn last_sign(&self, _: RuleAt) -> Option<Day> {
        None
    }

    fn people(&self, rule: RuleAt) -> std::result::Result<Vec<Decimal>, Overflown> {
        let RuleKind::Rollup { score, .. } = &self.model.rule(rule).kind else { return Ok(Vec::new()) };
        let Some(place) = place_of(*score) else { return Ok(Vec::new()) };
        let counts = |(own, person): &(Own<'_>, &Person<'_>)| {
            let has = own.accounts.iter().any(|account| account.as_str() == self.account);
            let points = person.points.get(&place).copied().filter(|_| has)?;
            self.dimensions.is_wanted(rule, own, self.account).then_some(points)
        };
        Ok(self.owns.iter().filter_map(counts).collect())
    }
}
