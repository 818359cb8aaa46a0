//! Contacts: what each has done, as far as it counts, becomes points; what belongs to accounts goes on.

use std::ops::Range;
use std::sync::atomic::Ordering;

use rules::condition::Context;
use rules::day::Day;
use rules::decimal::Decimal;
use rules::history::History;
use rules::id::AccountId;
use rules::model::{Form, Model, RuleAt, ScoreAt, Subject};
use rules::score::{Found, Overflown, Results, accounts_on};

use super::account::{Emitted, Emitter};
use super::fold::Folder;
use super::partition::{Gathered, Shared};
use super::person::{Person, Questions};
use super::plan::Plan;
use super::rank::Out;
use super::row::Cell;
use super::seen::{Accounts, Earlier, OfContact, Seen, Sorter, Whose};
use super::{Keep, Problem};

/// What one thread needs, and what it finds.
pub(super) struct Worker<'s, 'k, 'm> {
    shared: &'s Shared<'k, 'm>,
    folder: Folder<'s, 'm>,
    of_contact: OfContact,
    earlier: Vec<Earlier>,
    questions: Questions,
    known: Vec<Option<Decimal>>,
    results: Results,
    out: Out,
    emitter: Option<Emitter<'s, 'm>>,
    of_contacts: Mask,
    /// For each roll-up over pairs what has to be folded.
    behind: Vec<Mask>,
    room: Vec<(i64, usize)>,
    cells: Vec<&'k [u8]>,
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

/// What is found of a contact, or of a contact for one of its accounts.
struct OfPerson<'f, 'c> {
    person: &'c Person<'c>,
    folder: &'f Folder<'f, 'f>,
    /// By rule, what activities do not decide.
    known: &'f [Option<Decimal>],
}

impl Found for OfPerson<'_, '_> {
    fn own(&self) -> &Context<'_> {
        &self.person.own().context
    }

    fn known(&self, rule: RuleAt) -> Option<Decimal> {
        self.known[rule.0]
    }

    fn points(&self, rule: RuleAt) -> Decimal {
        self.folder.points(rule)
    }

    fn last_sign(&self, rule: RuleAt) -> Option<Day> {
        self.folder.last_sign(rule)
    }

    fn people(&self, _: RuleAt) -> Result<Vec<Decimal>, Overflown> {
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
            questions: Questions::new(plan, shared.people),
            known: vec![None; plan.model.rules.len()],
            results: Results::of(plan.model),
            out: Out::new(plan, Subject::Contact, shared.kernel.settings.details),
            emitter: plan.of_accounts.then(|| Emitter::new(shared.kernel, shared.accounts, thread)),
            of_contacts: Mask::new(plan, |rule| of(rule) == Subject::Contact),
            behind: behind.collect(),
            room: Vec::new(),
            cells: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Result<Done, Problem> {
        let emitted = self.emitter.map(Emitter::finish).transpose()?;
        Ok(Done { out: self.out, emitted })
    }

    pub(super) fn partition(&mut self, part: usize, tick: &(dyn Fn(u64) + Sync)) -> Result<(), Problem> {
        let shared = self.shared;
        let blocks = shared.kernel.blocks.take(part)?;
        let ids = shared.kernel.names.part(part);
        let gathered = Gathered::new(&ids, &blocks, shared.meanings);
        let mut cells = std::mem::take(&mut self.cells);
        for place in 0..gathered.len() {
            let person = Person::new(shared, (part, place), gathered.id(place), &mut cells);
            let scored = self.contact(&person, &gathered, place, shared.exist.has(part, place));
            scored.map_err(|problem| problem.of(Subject::Contact, gathered.id(place)))?;
        }
        self.cells = cells;
        tick(gathered.len() as u64);
        Ok(())
    }

    /// `acted` says that something beside its rows says that it exists.
    fn contact<'c>(
        &mut self,
        person: &'c Person<'c>,
        gathered: &'c Gathered<'_>,
        place: usize,
        acted: bool,
    ) -> Result<(), Problem>
    where
        's: 'c,
    {
        let shared = self.shared;
        let plan = &shared.kernel.plan;
        let declared = shared.kernel.settings.declared;
        let rows = gathered.rows(place);
        if declared.all_contacts && !person.is_listed() && (acted || rows.clone().any(|row| gathered.row(row).age >= 0))
        {
            return Err(unlisted(person.id));
        }
        let exists = acted || person.is_listed();
        self.folder.clear();
        self.of_contact.clear();
        let repeats = gathered.may_repeat(place);
        if !plan.by_account && !repeats && rows.clone().all(|row| shared.meanings.streams(gathered.row(row).meaning)) {
            if !self.stream(person, gathered, rows)? && !exists {
                return Ok(());
            }
            return self.finish_contact(person, &[], &[]);
        }
        let mut all: Vec<Seen<'_>> = rows.map(|row| gathered.seen(row, shared.meanings)).collect();
        let sorter = Sorter { plan, whole: shared.kernel.settings.keep == Keep::All };
        if repeats {
            sorter.set_duplicates_aside(&mut all)?;
        }
        sorter.sort(&mut all, &mut self.room)?;
        let unique = all.len();
        all.retain(|seen| seen.age >= 0);
        shared.counts.later.fetch_add((unique - all.len()) as u64, Ordering::Relaxed);
        shared.counts.on_date.fetch_add(all.len() as u64, Ordering::Relaxed);
        if all.is_empty() && !exists {
            return Ok(());
        }
        let lists = if plan.by_account { accounts_of(plan, person.history(), &mut all) } else { Vec::new() };
        let whose = Whose { person, lists: &lists };
        self.exclude(&mut all, &whose);
        fold(&mut self.folder, &mut self.of_contact, plan, all.iter(), &whose, &self.of_contacts)?;
        self.finish_contact(person, &all, &lists)
    }

    /// Rows that need neither order nor anything of one another; whether one of them exists on the date.
    fn stream<'c>(
        &mut self,
        person: &'c Person<'c>,
        gathered: &'c Gathered<'_>,
        rows: Range<usize>,
    ) -> Result<bool, Problem>
    where
        's: 'c,
    {
        let shared = self.shared;
        let whose = Whose { person, lists: &[] };
        let all = rows.len();
        let existing = rows.filter(|row| gathered.row(*row).age >= 0);
        let seen = existing.clone().map(|row| gathered.seen(row, shared.meanings));
        let (folder, of_contact) = (&mut self.folder, &mut self.of_contact);
        fold(folder, of_contact, &shared.kernel.plan, seen, &whose, &self.of_contacts)?;
        let on_date = existing.count();
        shared.counts.later.fetch_add((all - on_date) as u64, Ordering::Relaxed);
        shared.counts.on_date.fetch_add(on_date as u64, Ordering::Relaxed);
        Ok(on_date > 0)
    }

    fn finish_contact<'c>(
        &mut self,
        person: &'c Person<'c>,
        all: &[Seen<'c>],
        lists: &[Vec<&'c AccountId>],
    ) -> Result<(), Problem>
    where
        's: 'c,
    {
        let shared = self.shared;
        let Self { folder, questions, known, results, out, .. } = self;
        questions.rules(person, |rule| folder.last_sign(rule).is_none(), known)?;
        let found = OfPerson { person, folder, known };
        shared.dimensions.results(Subject::Contact, &found, false, results)?;
        out.push(person.id, results, |score, codes| {
            questions.cohort(person, score, |own| codes.code(shared.kernel.plan.model.score(score), own))
        });
        if self.emitter.is_none() {
            return Ok(());
        }
        self.emit(all, &Whose { person, lists })
    }

    /// What the accounts of a contact need of it.
    fn emit<'c>(&mut self, all: &[Seen<'c>], whose: &Whose<'_, 'c>) -> Result<(), Problem>
    where
        's: 'c,
    {
        let Some(emitter) = &mut self.emitter else { return Ok(()) };
        let shared = self.shared;
        let plan = &shared.kernel.plan;
        let person = whose.person;
        person.named(|account| emitter.exists(account));
        for (place, seen) in all.iter().enumerate() {
            seen.account().into_iter().for_each(|account| emitter.exists(account));
            emitter.row(person.id, place, seen, whose, &mut self.of_contact)?;
        }
        for (place, &(rule, score)) in plan.rollups.iter().enumerate() {
            if !shared.dimensions.is_at_time(rule) {
                for account in person.accounts() {
                    if let Some(points) = self.results.points(score)
                        && self.questions.counts(person, place, account)
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
            let mut accounts: Vec<&str> = person.accounts().collect();
            accounts.extend(rows.iter().filter(|(_, row)| !all[*row].excluded).map(|(account, _)| account));
            accounts.sort_unstable();
            accounts.dedup();
            let mut room = Results::of(plan.model);
            for account in accounts {
                if !shared.dimensions.is_wanted(rule, person.own(), account) {
                    continue;
                }
                let has = person.accounts().any(|own| own == account);
                let start = rows.partition_point(|(of, _)| *of < account);
                let belongs = rows[start..].iter().take_while(|(of, _)| *of == account).map(|(_, row)| &all[*row]);
                self.folder.clear();
                fold(&mut self.folder, &mut self.of_contact, plan, belongs, whose, &self.behind[place])?;
                let found = OfPerson { person, folder: &self.folder, known: &self.known };
                let points = shared.dimensions.points(score, &found, !has, &mut room)?;
                emitter.pair(account, rule, points);
            }
        }
        Ok(())
    }

    /// Decides which activities are excluded. They are in order.
    fn exclude<'c>(&mut self, all: &mut [Seen<'c>], whose: &Whose<'_, 'c>) {
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
        whose: &Whose<'_, 'c>,
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

/// Tells each row its accounts; the lists are those of the contact, by day.
fn accounts_of<'h>(plan: &Plan<'_>, history: &'h History, all: &mut [Seen<'_>]) -> Vec<Vec<&'h AccountId>> {
    let mut lists: Vec<Vec<&AccountId>> = Vec::new();
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
    whose: &Whose<'_, 'c>,
    mask: &Mask,
) -> Result<(), Overflown> {
    for seen in rows {
        let seen = seen.borrow();
        if seen.excluded || seen.meaning.excluded {
            continue;
        }
        for &rule in seen.meaning.rules.iter().filter(|rule| mask.rules[**rule]) {
            let of_rule = &plan.rules[rule];
            if !of_rule.residual || of_contact.hold(plan, &of_rule.tests, seen, whose) {
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
        "the contact `{id}` is named by activities or opportunities but has no row of its own on the date, \
         though all were declared to have one"
    ))
}
