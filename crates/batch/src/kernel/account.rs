//! Accounts: rows and points of their people, gathered once more.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rules::condition::Context;
use rules::day::Day;
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::model::{RuleAt, Subject};
use rules::score::{Dimensions, Found, Overflown, Results};

use super::blocks::{Blocks, Writer};
use super::fold::Folder;
use super::meaning::{Meaning, Meanings};
use super::names::{Marks, Names, PARTITIONS};
use super::partition::{Gathered, Known, for_each};
use super::plan::Plan;
use super::rank::Out;
use super::row::{Cell, Head, Lane, put_cell, put_number};
use super::said::Saying;
use super::seen::{OfContact, Seen, Whose};
use super::{Kernel, Problem};

/// The points of somebody who counts for a roll-up of an account.
#[derive(Clone, Copy, Debug)]
struct Pair {
    account: u32,
    rule: RuleAt,
    points: Decimal,
}

/// What the contacts of one thread leave for their accounts.
pub(super) struct Emitter<'s, 'm> {
    plan: &'s Plan<'m>,
    names: &'s Names,
    blocks: Blocks,
    writer: Writer,
    exist: Marks,
    meanings: Meanings,
    /// For each list of rules and silences its meaning.
    known: HashMap<(Vec<usize>, Vec<usize>), u32, FixedState>,
    pairs: Vec<Vec<Pair>>,
    /// Whether the order of activities matters to some rule of accounts.
    ordered: bool,
    /// Whether any rule of accounts looks at activities.
    rows: bool,
}

/// What an emitter has gathered.
#[derive(Debug)]
pub(super) struct Emitted {
    writer: usize,
    /// Accounts that facts name.
    exist: Marks,
    meanings: Vec<Meaning>,
    pairs: Vec<Vec<Pair>>,
    blocks: Blocks,
}

impl Emitted {
    /// What its meanings are.
    pub(super) fn known(&self) -> Result<Known, Problem> {
        Ok(Known::new(std::iter::once((self.writer, &*self.meanings)))?)
    }

    /// Everything about the accounts of a partition, as bytes that mean the same on another machine; it can be told
    /// once.
    pub(super) fn tell(
        &self,
        names: &Names,
        part: usize,
        known: &Known,
        tell: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<(), Problem> {
        let names = &*names.part(part);
        let mut out = Vec::new();
        Saying::put_exists(&mut out);
        let exist = (0..names.len()).filter(|place| self.exist.has(part, *place));
        exist.for_each(|place| tell(names.get(place), &out));
        for pair in &self.pairs[part] {
            Saying::put_pair(&mut out, pair.rule, pair.points);
            tell(names.get(pair.account as usize), &out);
        }
        let blocks = self.blocks.take(part)?;
        let gathered = Gathered::new(names, &blocks, known);
        for place in 0..names.len() {
            for row in gathered.rows(place) {
                Saying::put_row(&mut out, &gathered.seen(row, known));
                tell(names.get(place), &out);
            }
        }
        Ok(())
    }

    /// How many bytes went to temporary files.
    pub(super) fn spilled(&self) -> u64 {
        self.blocks.spilled()
    }
}

impl<'s, 'm> Emitter<'s, 'm> {
    pub(super) fn new(kernel: &'s Kernel<'m>, names: &'s Names, thread: usize) -> Self {
        let plan = &kernel.plan;
        let of_accounts = plan.rules.iter().filter(|rule| rule.of == Subject::Account);
        let share = kernel.settings.memory / kernel.settings.threads.max(1) as u64;
        Self {
            plan,
            blocks: Blocks::new(share, kernel.settings.temp.clone()),
            names,
            writer: Writer::new(thread),
            exist: Marks::new(),
            meanings: Meanings::new(),
            known: HashMap::default(),
            pairs: vec![Vec::new(); PARTITIONS],
            rows: of_accounts.clone().next().is_some()
                || plan.silences.iter().any(|silence| silence.of == Subject::Account),
            ordered: of_accounts.into_iter().any(|rule| rule.timed),
        }
    }

    /// An account exists because a fact names it.
    pub(super) fn exists(&mut self, account: &str) {
        self.exist.add(self.names.place(account));
    }

    /// Somebody counts for a roll-up of an account.
    pub(super) fn pair(&mut self, account: &str, rule: RuleAt, points: Decimal) {
        let place = self.names.place(account);
        self.pairs[place.part()].push(Pair { account: place.within(), rule, points });
    }

    /// What another machine says of an account.
    pub(super) fn take(&mut self, account: &str, said: &[u8]) -> Result<(), Problem> {
        let saying = Saying::read(self.plan, said).filter(|_| !account.is_empty());
        match saying.ok_or(Problem::Garbled)? {
            Saying::Exists => self.exists(account),
            Saying::Pair(rule, points) => self.pair(account, rule, points),
            Saying::Row { age, rules, silences, tail } => {
                let meaning = self.meaning(rules, silences)?;
                if !tail.says(&self.meanings.get(meaning).lanes) {
                    return Err(Problem::Garbled);
                }
                let whose = self.names.place(account);
                let head = Head::new(whose.within(), age, meaning);
                self.writer.push(&self.blocks, whose, head, None, |out| out.extend_from_slice(tail.0))?;
            }
        }
        Ok(())
    }

    /// A row of a contact, for the accounts that it belongs to.
    pub(super) fn row<'c>(
        &mut self,
        id: &str,
        place: usize,
        seen: &Seen<'c>,
        whose: &Whose<'_, 'c>,
        of_contact: &mut OfContact,
    ) -> Result<(), Problem> {
        let plan = self.plan;
        if seen.excluded || !self.rows {
            return Ok(());
        }
        let holds = |&rule: &usize| {
            let rule = &plan.rules[rule];
            rule.of == Subject::Account && (!rule.residual || of_contact.hold(plan, &rule.tests, seen, whose))
        };
        let rules: Vec<usize> = seen.meaning.rules.iter().copied().filter(holds).collect();
        let silences = seen.meaning.silences.iter().copied();
        let silences: Vec<usize> = silences.filter(|&silence| plan.silences[silence].of == Subject::Account).collect();
        if rules.is_empty() && silences.is_empty() {
            return Ok(());
        }
        let meaning = self.meaning(rules, silences)?;
        for account in whose.accounts(seen) {
            let whose = self.names.place(account);
            let lanes = &self.meanings.get(meaning).lanes;
            let tail = |out: &mut Vec<u8>| lanes.iter().for_each(|&lane| put(out, lane, id, place, seen));
            let head = Head::new(whose.within(), seen.age, meaning);
            self.writer.push(&self.blocks, whose, head, None, tail)?;
        }
        Ok(())
    }

    fn meaning(&mut self, rules: Vec<usize>, silences: Vec<usize>) -> Result<u32, Problem> {
        let key = (rules, silences);
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        let mut lanes = if self.ordered { vec![Lane::Micros, Lane::Contact, Lane::Place] } else { Vec::new() };
        for rule in key.0.iter().map(|&rule| &self.plan.rules[rule]) {
            let number = rule.reward.number().map(Lane::Number);
            let by = rule.limit.as_ref().and_then(|limit| limit.by).map(Lane::Cell);
            let new: Vec<_> = number.into_iter().chain(by).filter(|lane| !lanes.contains(lane)).collect();
            lanes.extend(new);
        }
        let (rules, silences) = key.clone();
        let meaning =
            Meaning { rules, silences, timed: self.ordered, unsorted: self.ordered, lanes, ..Meaning::default() };
        let place = self.meanings.place(meaning)?;
        self.known.insert(key, place);
        Ok(place)
    }

    pub(super) fn finish(self) -> Result<Emitted, Problem> {
        let writer = self.writer.place;
        self.writer.finish(&self.blocks)?;
        let meanings = self.meanings.all().to_vec();
        Ok(Emitted { writer, exist: self.exist, meanings, pairs: self.pairs, blocks: self.blocks })
    }
}

fn put(out: &mut Vec<u8>, lane: Lane, id: &str, place: usize, seen: &Seen<'_>) {
    match lane {
        // Without a time of its own no rule asks for one.
        Lane::Micros => out.extend_from_slice(&seen.micros().unwrap_or_default().to_le_bytes()),
        Lane::Contact => put_cell(out, Cell::Text(id)),
        Lane::Place => out.extend_from_slice(&(place as u64).to_le_bytes()),
        Lane::Number(_) => seen.find(lane).into_iter().for_each(|mut reader| put_number(out, reader.number())),
        Lane::Cell(column) => put_cell(out, seen.column(column)),
        Lane::Source | Lane::Id | Lane::Account | Lane::Canonical => {}
    }
}

struct Worker<'s, 'm> {
    folder: Folder<'s, 'm>,
    results: Results,
    out: Out,
}

/// Scores all accounts that exist.
pub(super) fn score(
    kernel: &Kernel<'_>,
    dimensions: &Dimensions<'_>,
    facts: &Facts,
    names: &Names,
    emitted: Vec<Emitted>,
) -> Result<Vec<Out>, Problem> {
    let plan = &kernel.plan;
    if !plan.of_accounts {
        return Ok(Vec::new());
    }
    let mut exist = Marks::new();
    facts.accounts_on(plan.as_of).into_iter().for_each(|account| exist.add(names.place(account.as_str())));
    emitted.iter().for_each(|emitted| exist.join(&emitted.exist));
    let meanings = Known::new(emitted.iter().map(|emitted| (emitted.writer, &*emitted.meanings)))?;
    let worker = |_| Worker {
        folder: Folder::new(plan),
        results: Results::of(plan.model),
        out: Out::new(plan, Subject::Account, kernel.settings.details),
    };
    let workers = for_each(kernel.settings.threads, worker, |worker, part| {
        let taken: Result<Vec<_>, _> = emitted.iter().map(|emitted| emitted.blocks.take(part)).collect();
        let blocks: Vec<_> = taken?.into_iter().flatten().collect();
        let names = &*names.part(part);
        let gathered = Gathered::new(names, &blocks, &meanings);
        let mut points: Vec<Vec<(RuleAt, Decimal)>> = vec![Vec::new(); names.len()];
        for pair in emitted.iter().flat_map(|emitted| &emitted.pairs[part]) {
            points[pair.account as usize].push((pair.rule, pair.points));
        }
        for (place, points) in points.into_iter().enumerate().filter(|(place, _)| exist.has(part, *place)) {
            let scored = worker.account(plan, dimensions, &gathered, place, &meanings, points);
            scored.map_err(|problem| problem.of(Subject::Account, gathered.id(place)))?;
        }
        Ok(())
    })?;
    Ok(workers.into_iter().map(|worker| worker.out).collect())
}

impl Worker<'_, '_> {
    fn account(
        &mut self,
        plan: &Plan<'_>,
        dimensions: &Dimensions<'_>,
        gathered: &Gathered<'_>,
        place: usize,
        known: &Known,
        people: Vec<(RuleAt, Decimal)>,
    ) -> Result<(), Problem> {
        let mut all: Vec<Seen<'_>> = gathered.rows(place).map(|row| gathered.seen(row, known)).collect();
        if all.iter().any(|seen| seen.meaning.timed) {
            all.sort_by_cached_key(|seen| {
                let contact = seen.find(Lane::Contact).and_then(|mut reader| reader.cell().as_text());
                (seen.micros(), contact, seen.find(Lane::Place).map(|mut reader| reader.long()))
            });
        }
        self.folder.clear();
        for seen in &all {
            seen.meaning.rules.iter().try_for_each(|&rule| self.folder.add(rule, seen))?;
            seen.meaning.silences.iter().for_each(|&silence| self.folder.end(silence, seen.age));
        }
        self.folder.finish()?;
        let own = dimensions.of_account(gathered.id(place));
        let found = OfAccount { folder: &self.folder, own, people };
        dimensions.results(Subject::Account, &found, false, &mut self.results)?;
        self.out.push(gathered.id(place), &self.results, |score, cohorts| cohorts.code(plan.model.score(score), &own));
        Ok(())
    }
}

struct OfAccount<'f, 's, 'm> {
    folder: &'f Folder<'s, 'm>,
    own: Context<'f>,
    people: Vec<(RuleAt, Decimal)>,
}

impl Found for OfAccount<'_, '_, '_> {
    fn own(&self) -> &Context<'_> {
        &self.own
    }

    fn points(&self, rule: RuleAt) -> Decimal {
        self.folder.points(rule)
    }

    fn last_sign(&self, rule: RuleAt) -> Option<Day> {
        self.folder.last_sign(rule)
    }

    fn people(&self, rule: RuleAt) -> Result<Vec<Decimal>, Overflown> {
        Ok(self.people.iter().filter(|(of, _)| *of == rule).map(|(_, points)| *points).collect())
    }
}
