//! Contacts: what each has done, as far as it counts, becomes points; what belongs to accounts goes on.

use std::sync::atomic::Ordering;

use rules::condition::Context;
use rules::day::Day;
use rules::history::History;
use rules::id::AccountId;
use rules::model::{Form, Model, RuleAt, ScoreAt, Subject};
use rules::score::{Found, Overflown, Own, Results, accounts_on};

use super::account::{Emitted, Emitter};
use super::fold::Folder;
use super::partition::{Gathered, Kept, Shared};
use super::plan::{Plan, Residual};
use super::rank::Out;
use super::row::{Cell, Lane};
use super::seen::{Accounts, Earlier, OfContact, Seen, Sorter, Whose};
use super::{Keep, Problem, meaning::Meaning};

/// What one thread needs, and what it finds.
pub(super) struct Worker<'s, 'k, 'm> {
    shared: &'s Shared<'k, 'm>,
    folder: Folder<'s, 'm>,
    of_contact: OfContact,
    earlier: Vec<Earlier>,
    results: Results,
    out: Out,
    emitter: Option<Emitter<'s, 'm>>,
    of_contacts: Mask,
    /// For each roll-up over pairs what has to be folded.
    behind: Vec<Mask>,
    room: Vec<(i64, usize)>,
}

/// What is left of a worker.
pub(super) struct Done {
    pub(super) out: Out,
    pub(super) emitted: Option<Emitted>,
}

/// Which rules and silences are folded.
pub(super) struct Mask {
    rules: Vec<bool>,
    silences: Vec<bool>,
}

impl Mask {
    fn new(plan: &Plan<'_>, wanted: impl Fn(RuleAt) -> bool) -> Self {
        let rules = plan.rules.iter().map(|rule| wanted(rule.at)).collect();
        Self { rules, silences: plan.silences.iter().map(|silence| wanted(silence.at)).collect() }
    }
}

impl Found for Folder<'_, '_> {
    fn points(&self, rule: RuleAt) -> rules::decimal::Decimal {
        Folder::points(self, rule)
    }

    fn last_sign(&self, rule: RuleAt) -> Option<Day> {
        Folder::last_sign(self, rule)
    }

    fn people(&self, _: RuleAt) -> Result<Vec<rules::decimal::Decimal>, Overflown> {
        Ok(Vec::new())
    }
}

impl<'s, 'k: 's, 'm: 's> Worker<'s, 'k, 'm> {
    pub(super) fn new(shared: &'s Shared<'k, 'm>, thread: usize) -> Self {
        let plan = &shared.kernel.plan;
        let of = |rule: RuleAt| plan.model.score(plan.model.rule(rule).score).of;
        let at_time = |rule: &RuleAt| shared.dimensions.is_at_time(*rule);
        let behind = plan.rollups.iter().map(|(rule, score)| {
            let scores = if at_time(rule) { behind(plan.model, *score) } else { Vec::new() };
            Mask::new(plan, |rule| scores.contains(&plan.model.rule(rule).score))
        });
        Self {
            shared,
            folder: Folder::new(plan),
            of_contact: OfContact::new(plan),
            earlier: plan.exclusions.iter().map(|_| Earlier::default()).collect(),
            results: Results::of(plan.model),
            out: Out::new(plan, Subject::Contact, shared.kernel.settings.details),
            emitter: plan.of_accounts.then(|| Emitter::new(shared.kernel, thread)),
            of_contacts: Mask::new(plan, |rule| of(rule) == Subject::Contact),
            behind: behind.collect(),
            room: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Result<Done, Problem> {
        let emitted = self.emitter.map(Emitter::finish).transpose()?;
        Ok(Done { out: self.out, emitted })
    }

    pub(super) fn partition(&mut self, part: usize, tick: &(dyn Fn(u64) + Sync)) -> Result<(), Problem> {
        let shared = self.shared;
        let blocks = shared.kernel.blocks.take(part)?;
        let mut parts: Vec<_> = shared.fed.iter().map(|fed| (Some(fed.writer), &fed.names[part])).collect();
        parts.extend([(None, shared.people.part(part)), (None, &shared.named.parts[part])]);
        let gathered = Gathered::new(&parts, &blocks, shared.meanings);
        let mut rows_of_people: Vec<Option<usize>> = vec![None; gathered.ids.len()];
        let of_people = &gathered.places[shared.fed.len()];
        of_people.iter().enumerate().for_each(|(row, place)| rows_of_people[*place as usize] = Some(row));
        let nothing = History::default();
        let all_contacts = shared.kernel.settings.declared.all_contacts;
        for (place, &id) in gathered.ids.iter().enumerate() {
            let known;
            let history = match rows_of_people[place] {
                Some(row) => {
                    known = shared.people.history(part, row, shared.wanted);
                    &known
                }
                None => &nothing,
            };
            let acted = || gathered.exists[place] || gathered.rows(place).iter().any(|row| row.age >= 0);
            if all_contacts && history.on(shared.kernel.plan.as_of).is_none() && acted() {
                return Err(unlisted(id));
            }
            self.contact(id, history, &gathered, place).map_err(|problem| problem.of(Subject::Contact, id))?;
        }
        tick(gathered.ids.len() as u64);
        Ok(())
    }

    fn contact(&mut self, id: &str, history: &History, gathered: &Gathered<'_>, place: usize) -> Result<(), Problem> {
        let shared = self.shared;
        let plan = &shared.kernel.plan;
        let own = shared.dimensions.contact(id, history);
        let exists = gathered.exists[place] || history.on(plan.as_of).is_some();
        let rows = gathered.rows(place);
        self.folder.clear();
        self.of_contact.clear();
        if !plan.by_account && rows.iter().all(|row| streams(&shared.meanings.all[row.meaning as usize])) {
            if !self.stream(&own, gathered, rows)? && !exists {
                return Ok(());
            }
            return self.finish_contact(id, &own, history, &[], &[]);
        }
        let mut all: Vec<Seen<'_>> = rows.iter().map(|row| gathered.seen(row, shared.meanings)).collect();
        let declared = shared.kernel.settings.declared;
        let sorter = Sorter { plan, unique_ids: declared.unique_ids, whole: shared.kernel.settings.keep == Keep::All };
        sorter.set_duplicates_aside(&mut all)?;
        sorter.sort(&mut all, &mut self.room)?;
        let unique = all.len();
        all.retain(|seen| seen.age >= 0);
        shared.counts.later.fetch_add((unique - all.len()) as u64, Ordering::Relaxed);
        shared.counts.on_date.fetch_add(all.len() as u64, Ordering::Relaxed);
        if all.is_empty() && !exists {
            return Ok(());
        }
        let lists = accounts_of(plan, history, &mut all);
        let whose = Whose { dimensions: shared.dimensions, own: &own, lists: &lists };
        self.exclude(&mut all, &whose);
        fold(&mut self.folder, &mut self.of_contact, plan, all.iter(), &whose, &self.of_contacts)?;
        self.finish_contact(id, &own, history, &all, &lists)
    }

    /// Rows that need neither order nor anything of one another; whether one of them exists on the date.
    fn stream(&mut self, own: &Own<'_>, gathered: &Gathered<'_>, rows: &[Kept]) -> Result<bool, Problem> {
        let shared = self.shared;
        let whose = Whose { dimensions: shared.dimensions, own, lists: &[] };
        let existing = rows.iter().filter(|row| row.age >= 0);
        let seen = existing.clone().map(|row| gathered.seen(row, shared.meanings));
        let (folder, of_contact) = (&mut self.folder, &mut self.of_contact);
        fold(folder, of_contact, &shared.kernel.plan, seen, &whose, &self.of_contacts)?;
        let on_date = existing.count();
        shared.counts.later.fetch_add((rows.len() - on_date) as u64, Ordering::Relaxed);
        shared.counts.on_date.fetch_add(on_date as u64, Ordering::Relaxed);
        Ok(on_date > 0)
    }

    fn finish_contact(
        &mut self,
        id: &str,
        own: &Own<'_>,
        history: &History,
        all: &[Seen<'_>],
        lists: &[Vec<&AccountId>],
    ) -> Result<(), Problem> {
        let shared = self.shared;
        shared.dimensions.results(Subject::Contact, &own.context, &self.folder, false, &mut self.results)?;
        self.out.push(&shared.kernel.plan, id, &self.results, &own.context);
        if self.emitter.is_none() {
            return Ok(());
        }
        let whose = Whose { dimensions: shared.dimensions, own, lists };
        self.emit(id, history, all, &whose)
    }

    /// What the accounts of a contact need of it.
    fn emit(&mut self, id: &str, history: &History, all: &[Seen<'_>], whose: &Whose<'_>) -> Result<(), Problem> {
        let Some(emitter) = &mut self.emitter else { return Ok(()) };
        let shared = self.shared;
        let plan = &shared.kernel.plan;
        for row in history.rows_up_to(plan.as_of) {
            row.accounts_on(plan.as_of).for_each(|account| emitter.exists(account.as_str()));
        }
        for (place, seen) in all.iter().enumerate() {
            seen.account().into_iter().for_each(|account| emitter.exists(account));
            emitter.row(id, place, seen, whose, &mut self.of_contact)?;
        }
        // The primary account is known already.
        let context = |account| match whose.own.context.account {
            Some((known, attributes)) if known == account => {
                Context { account: Some((known, attributes)), ..Context::empty(&plan.model.zone) }
            }
            _ => shared.dimensions.account(account),
        };
        for (place, &(rule, score)) in plan.rollups.iter().enumerate() {
            if !shared.dimensions.is_at_time(rule) {
                for account in whose.own.accounts.iter().map(|account| account.as_str()) {
                    if let Some(points) = self.results.points(score)
                        && shared.dimensions.is_wanted(rule, whose.own, &context(account))
                    {
                        emitter.pair(account, rule, points);
                    }
                }
                continue;
            }
            // The rows of each account, in their order; its people are those who have it and those who acted for it.
            let rows =
                all.iter().enumerate().flat_map(|(row, seen)| whose.accounts(seen).map(move |account| (account, row)));
            let mut rows: Vec<(&str, usize)> = rows.collect();
            rows.sort_unstable();
            rows.dedup();
            let mut accounts: Vec<&str> = whose.own.accounts.iter().map(|account| account.as_str()).collect();
            accounts.extend(rows.iter().filter(|(_, row)| !all[*row].excluded).map(|(account, _)| account));
            accounts.sort_unstable();
            accounts.dedup();
            let mut room = Results::of(plan.model);
            for account in accounts {
                if !shared.dimensions.is_wanted(rule, whose.own, &context(account)) {
                    continue;
                }
                let has = whose.own.accounts.iter().any(|own| own.as_str() == account);
                let start = rows.partition_point(|(of, _)| *of < account);
                let belongs = rows[start..].iter().take_while(|(of, _)| *of == account).map(|(_, row)| &all[*row]);
                self.folder.clear();
                fold(&mut self.folder, &mut self.of_contact, plan, belongs, whose, &self.behind[place])?;
                let own = &whose.own.context;
                let points = shared.dimensions.points(score, own, &self.folder, !has, &mut room)?;
                emitter.pair(account, rule, points);
            }
        }
        Ok(())
    }

    /// Decides which activities are excluded. They are in order.
    fn exclude<'c>(&mut self, all: &mut [Seen<'c>], whose: &Whose<'c>) {
        let plan = &self.shared.kernel.plan;
        if all.iter().all(|seen| seen.meaning.candidates.is_empty() && !seen.meaning.excluded) {
            return;
        }
        for seen in all.iter_mut() {
            let mut alone = seen.meaning.candidates.iter().map(|&at| &plan.exclusions[at]);
            let holds = alone.any(|exclusion| {
                exclusion.after.is_none() && self.of_contact.hold(plan, &exclusion.tests, seen, whose)
            });
            seen.excluded = seen.meaning.excluded || holds;
        }
        for (at, exclusion) in plan.exclusions.iter().enumerate() {
            let Some(after) = &exclusion.after else { continue };
            self.follow(all, whose, at, after.same, after.within_micros);
        }
    }

    /// Excludes what follows an earlier activity: moment by moment, because those of one moment count too.
    fn follow<'c>(
        &mut self,
        all: &mut [Seen<'c>],
        whose: &Whose<'c>,
        at: usize,
        same: Option<usize>,
        within: Option<i64>,
    ) {
        let plan = &self.shared.kernel.plan;
        let text = |seen: &Seen<'c>| match same {
            None => Some("".into()),
            Some(column) => match seen.column(column) {
                Cell::Missing => None,
                cell => cell.text(),
            },
        };
        let is_earlier = |seen: &Seen<'_>| seen.meaning.earlier.contains(&at);
        let looks: Vec<(i64, usize)> = all
            .iter()
            .enumerate()
            .filter(|(_, seen)| is_earlier(seen) || seen.meaning.candidates.contains(&at))
            .filter_map(|(place, seen)| Some((seen.micros()?, place)))
            .collect();
        self.earlier[at].clear();
        for moment in looks.chunk_by(|one, other| one.0 == other.0) {
            for &(micros, place) in moment.iter().filter(|(_, place)| is_earlier(&all[*place])) {
                text(&all[place]).into_iter().for_each(|text| self.earlier[at].add(&text, micros));
            }
            for &(micros, place) in moment {
                let seen = all[place];
                if seen.excluded || !seen.meaning.candidates.contains(&at) {
                    continue;
                }
                let precedes =
                    text(&seen).is_some_and(|text| self.earlier[at].precedes(&text, micros, is_earlier(&seen), within));
                all[place].excluded = precedes && self.of_contact.hold(plan, &plan.exclusions[at].tests, &seen, whose);
            }
        }
    }
}

/// Whether rows of a meaning need neither order nor anything of one another.
fn streams(meaning: &Meaning) -> bool {
    let alone = |lane: &Lane| matches!(lane, Lane::Number(_) | Lane::Cell(_));
    meaning.lanes.iter().all(alone) && meaning.candidates.is_empty() && meaning.earlier.is_empty()
}

/// Tells each row its accounts; the lists are those of the contact, by day.
fn accounts_of<'h>(plan: &Plan<'_>, history: &'h History, all: &mut [Seen<'_>]) -> Vec<Vec<&'h AccountId>> {
    let mut lists: Vec<Vec<&AccountId>> = Vec::new();
    if !plan.by_account {
        return lists;
    }
    let mut last: Option<(i32, usize)> = None;
    for seen in all {
        if seen.account().is_some() {
            seen.accounts = Accounts::Named;
            continue;
        }
        let place = match last {
            Some((age, place)) if age == seen.age => place,
            _ => {
                let list = accounts_on(history, plan.as_of.back(seen.age));
                lists.iter().position(|known| *known == list).unwrap_or_else(|| {
                    lists.push(list);
                    lists.len() - 1
                })
            }
        };
        last = Some((seen.age, place));
        seen.accounts = Accounts::Of(place);
    }
    lists
}

/// Folds rows, which are in order, by the rules of a mask.
#[inline]
fn fold<'c, S: std::borrow::Borrow<Seen<'c>>>(
    folder: &mut Folder<'_, '_>,
    of_contact: &mut OfContact,
    plan: &Plan<'_>,
    rows: impl Iterator<Item = S>,
    whose: &Whose<'c>,
    mask: &Mask,
) -> Result<(), Overflown> {
    for seen in rows {
        let seen = seen.borrow();
        if seen.excluded || seen.meaning.excluded {
            continue;
        }
        for &rule in seen.meaning.rules.iter().filter(|rule| mask.rules[**rule]) {
            let tests = &plan.rules[rule].tests;
            let residual = tests.iter().any(|&test| plan.tests[test].residual != Residual::None);
            if !residual || of_contact.hold(plan, tests, seen, whose) {
                folder.add(rule, seen)?;
            }
        }
        for &silence in seen.meaning.silences.iter().filter(|silence| mask.silences[**silence]) {
            folder.end(silence, seen.age);
        }
    }
    folder.finish()
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

fn unlisted(id: &str) -> Problem {
    Problem::Untrue(format!(
        "the contact `{id}` has activities but no row of its own on the date, though all were declared to have one"
    ))
}
