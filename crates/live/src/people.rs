//! Accounts whose scores come from the final scores of their people alone: no activity is read for them.

use std::collections::BTreeMap;

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
struct Person {
    id: std::sync::Arc<str>,
    history: History,
    points: BTreeMap<i64, Decimal>,
}

impl Desk<'_> {
    /// How an account stands, from how its people stand. The next day does not count those on which they change:
    /// whoever looks at them then marks their accounts.
    pub(crate) fn judge_lightly(&mut self, version: &Version, account: &Subject, day: Day) -> Result<Evaluated> {
        let people = self.people_standing(version, account)?;
        let id = AccountId::from(&*account.id);
        let mut builder = Builder::default();
        for row in account.record.history().rows() {
            builder.account(id.clone(), row.clone());
        }
        let facts = builder.finish();
        if !self.exists(&facts, account, &people, day)? {
            return Ok(Evaluated { standings: Vec::new(), next: facts.next_day(day) });
        }
        let model = &version.model;
        let dimensions = Dimensions::new(model, &facts, day);
        let own = dimensions.of_account(id.as_str());
        let owns: Vec<(Own<'_>, &Person)> =
            people.iter().map(|person| (dimensions.contact(&person.id, &person.history), person)).collect();
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

    /// Everybody whose facts name an account, without what they did.
    fn people_standing(&mut self, version: &Version, account: &Subject) -> Result<Vec<Person>> {
        let naming: Vec<Key> = self.session.naming(&[account.key])?.into_iter().map(|(subject, _)| subject).collect();
        let subjects = self.session.subjects_of(&naming)?;
        let persons: Vec<Subject> =
            subjects.into_iter().filter(|one| one.kind == Kind::Contact && one.merged.is_none()).collect();
        let keys: Vec<Key> = persons.iter().map(|person| person.key).collect();
        let mut others: BTreeMap<Key, Vec<Subject>> = BTreeMap::new();
        for other in self.session.merged_with(&keys)? {
            others.entry(other.person()).or_default().push(other);
        }
        let mut table = self.table(version, &keys)?;
        let person = |person: Subject| {
            let points = table.remove(&person.key).unwrap_or_default();
            let points = points.into_iter().filter_map(|(score, standing)| Some((score, standing.points?))).collect();
            let id = person.id.clone();
            let others = others.remove(&person.key).unwrap_or_default();
            let history = Dossier::new(person, others, Vec::new()).record().history();
            Person { id, history, points }
        };
        Ok(persons.into_iter().map(person).collect())
    }

    /// Whether an account exists on a day: by itself, or because a fact up to then names it.
    fn exists(&mut self, facts: &Facts, account: &Subject, people: &[Person], day: Day) -> Result<bool> {
        let names = |history: &History| {
            let mut rows = history.rows_up_to(day).flat_map(|row| row.accounts_on(day));
            rows.any(|named| *named.as_str() == *account.id)
        };
        if facts.accounts.values().any(|history| history.on(day).is_some())
            || people.iter().any(|person| names(&person.history))
        {
            return Ok(true);
        }
        // Only activities and opportunities may name it still.
        let (people, around) = self.people_of(account)?;
        let Some(version) = self.models.all().next().cloned() else { return Ok(false) };
        let all = crate::desk::facts(&version, people.values(), &around);
        Ok(all.accounts_on(day).contains(&AccountId::from(&*account.id)))
    }
}

/// What is found of an account.
struct Standing<'s, 'd> {
    dimensions: &'s Dimensions<'d>,
    own: &'s Context<'d>,
    owns: &'s [(Own<'d>, &'s Person)],
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
        let counts = |(own, person): &(Own<'_>, &Person)| {
            let has = own.accounts.iter().any(|account| account.as_str() == self.account);
            let points = person.points.get(&place).copied().filter(|_| has)?;
            self.dimensions.is_wanted(rule, own, self.account).then_some(points)
        };
        Ok(self.owns.iter().filter_map(counts).collect())
    }
}
