//! What contacts leave for accounts that are scored on another machine: bytes that mean the same there, in tables
//! of bounded size. What is read here has been on a network and on disks: nothing of it is taken for granted.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use rules::decimal::Decimal;
use rules::model::{RuleAt, Subject};

use super::Problem;
use super::account::Emitted;
use super::names::{Names, PARTITIONS};
use super::partition::Known;
use super::plan::Plan;
use super::row::{Doubtful, is_age, put_length};
use super::seen::Seen;

/// So many bytes of one table are enough: Arrow counts them in 32 bits, and whoever takes it has it in memory.
const TABLE_BYTES: usize = 4 << 20;

/// What a row of a table takes beside its texts.
const ROW_BYTES: usize = 8;

const EXISTS: u8 = 0;
const PAIR: u8 = 1;
const ROW: u8 = 2;

/// One thing that is said of an account.
#[derive(Debug)]
pub(super) enum Saying<'t> {
    /// It exists.
    Exists,
    /// The points of somebody who counts for a roll-up.
    Pair(RuleAt, Decimal),
    /// An activity, with the rules and silences of accounts that it counts for; what these need stands in the tail.
    Row { age: i32, rules: Vec<usize>, silences: Vec<usize>, tail: Doubtful<'t> },
}

impl<'t> Saying<'t> {
    /// What bytes say; `None` if they say nothing that can be, all but the tail, which is for the lanes of the rules.
    pub(super) fn read(plan: &Plan<'_>, said: &'t [u8]) -> Option<Self> {
        let (&kind, rest) = said.split_first()?;
        let mut bytes = Doubtful(rest);
        let saying = match kind {
            EXISTS => Self::Exists,
            PAIR => {
                let rule = RuleAt(bytes.length()?);
                plan.rollups.iter().find(|(at, _)| *at == rule)?;
                Self::Pair(rule, Decimal::from_units(bytes.long()?))
            }
            ROW => {
                let age = bytes.long().filter(|age| is_age(*age))?;
                let age = i32::try_from(age).ok().filter(|age| *age >= 0 && plan.as_of.plus_days(-age).is_some())?;
                let of_accounts = |of: Option<Subject>| of == Some(Subject::Account);
                let rules = places(&mut bytes, |place| of_accounts(plan.rules.get(place).map(|rule| rule.of)))?;
                let silences = places(&mut bytes, |place| of_accounts(plan.silences.get(place).map(|rule| rule.of)))?;
                return Some(Self::Row { age, rules, silences, tail: bytes });
            }
            _ => return None,
        };
        bytes.0.is_empty().then_some(saying)
    }

    pub(super) fn put_exists(out: &mut Vec<u8>) {
        out.clear();
        out.push(EXISTS);
    }

    pub(super) fn put_pair(out: &mut Vec<u8>, rule: RuleAt, points: Decimal) {
        out.clear();
        out.push(PAIR);
        put_length(out, rule.0);
        out.extend_from_slice(&points.units().to_le_bytes());
    }

    pub(super) fn put_row(out: &mut Vec<u8>, seen: &Seen<'_>) {
        out.clear();
        out.push(ROW);
        out.extend_from_slice(&i64::from(seen.age).to_le_bytes());
        for places in [&seen.meaning.rules, &seen.meaning.silences] {
            put_length(out, places.len());
            places.iter().for_each(|&place| put_length(out, place));
        }
        out.extend_from_slice(seen.said());
    }
}

/// Places that follow their number; none twice.
fn places(bytes: &mut Doubtful<'_>, can_be: impl Fn(usize) -> bool) -> Option<Vec<usize>> {
    let mut places = Vec::new();
    for _ in 0..bytes.length()? {
        let place = bytes.length().filter(|place| can_be(*place) && !places.contains(place))?;
        places.push(place);
    }
    Some(places)
}

/// What the contacts of a part say of accounts: tables with the columns `account` and `said`, one after the other,
/// none of which is large. Each is made when it is asked for, from memory or from temporary files.
#[derive(Debug)]
pub struct Said {
    names: Names,
    emitted: Vec<(Known, Emitted)>,
    /// The next of them, and the next partition of that.
    next: (usize, usize),
    made: Sheaf,
}

impl Said {
    pub(super) fn new(names: Names, emitted: Vec<Emitted>) -> Result<Self, Problem> {
        let known = emitted.into_iter().map(|emitted| Ok((emitted.known()?, emitted)));
        let emitted = known.collect::<Result<_, Problem>>()?;
        Ok(Self { names, emitted, next: (0, 0), made: Sheaf::new(TABLE_BYTES) })
    }
}

impl Iterator for Said {
    type Item = Result<RecordBatch, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(table) = self.made.full.pop_front() {
                return Some(Ok(table));
            }
            let Some((known, emitted)) = self.emitted.get(self.next.0) else {
                return self.made.take().map(Ok);
            };
            if self.next.1 == PARTITIONS {
                self.next = (self.next.0 + 1, 0);
                continue;
            }
            let part = self.next.1;
            self.next.1 += 1;
            let made = &mut self.made;
            if let Err(problem) = emitted.tell(&self.names, part, known, &mut |account, said| made.push(account, said))
            {
                self.emitted.clear();
                self.made = Sheaf::new(TABLE_BYTES);
                return Some(Err(problem));
            }
        }
    }
}

/// Rows that become tables of so many bytes.
#[derive(Debug)]
struct Sheaf {
    accounts: StringBuilder,
    said: BinaryBuilder,
    bytes: usize,
    most: usize,
    full: VecDeque<RecordBatch>,
}

impl Sheaf {
    fn new(most: usize) -> Self {
        let (accounts, said) = (StringBuilder::new(), BinaryBuilder::new());
        Self { accounts, said, bytes: 0, most, full: VecDeque::new() }
    }

    /// Adds a row. One that is too large for any table has a table of its own.
    fn push(&mut self, account: &str, said: &[u8]) {
        let bytes = account.len() + said.len() + ROW_BYTES;
        if self.bytes + bytes > self.most {
            let table = self.take();
            self.full.extend(table);
        }
        self.accounts.append_value(account);
        self.said.append_value(said);
        self.bytes += bytes;
    }

    /// What has gathered.
    fn take(&mut self) -> Option<RecordBatch> {
        if self.bytes == 0 {
            return None;
        }
        self.bytes = 0;
        let columns: [(&str, ArrayRef); 2] =
            [("account", Arc::new(self.accounts.finish())), ("said", Arc::new(self.said.finish()))];
        Some(RecordBatch::try_from_iter(columns).expect("columns of one length"))
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray as _;

    use super::*;

    #[test]
    fn no_table_is_larger_than_it_may_be() {
        let mut sheaf = Sheaf::new(100);
        // 1 + 31 + 8 = 40 bytes: two of them to a table.
        let small = [7; 31];
        (0..5).for_each(|_| sheaf.push("a", &small));
        // More than any table may hold.
        sheaf.push("b", &[8; 1000]);
        sheaf.push("c", &[]);
        let mut tables: Vec<RecordBatch> = std::mem::take(&mut sheaf.full).into();
        tables.extend(sheaf.take());
        let names = |table: &RecordBatch| -> String { table.column(0).as_string::<i32>().iter().flatten().collect() };
        assert_eq!(tables.iter().map(names).collect::<Vec<_>>(), ["aa", "aa", "a", "b", "c"]);
        let bytes = |table: &RecordBatch| table.column(1).as_binary::<i32>().value_data().len();
        assert_eq!(tables.iter().map(bytes).collect::<Vec<_>>(), [62, 62, 31, 1000, 0]);
        assert!(sheaf.take().is_none());
    }
}
