//! Contacts as their own rows describe them: encoded, because there are many, and each is looked at once.

use std::collections::HashMap;
use std::sync::Arc;

use rules::day::Day;
use rules::history::{Added, History, Membership, Row};
use rules::id::AccountId;
use rules::value::Attributes;

use super::names::{PARTITIONS, Place};
use super::row::{Cell, Reader, put_cell, put_length};

/// What is known of contacts.
#[derive(Debug)]
pub(super) struct People {
    parts: Vec<Kept>,
    columns: Columns,
    epoch: Day,
    /// Two rows of one contact and day differ, and not all columns of them were read.
    pub(super) contradicted: bool,
}

/// The rows of the contacts of one partition, each linked to the one before, and by place where the last of
/// each is.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

/// There is no row.
const NOWHERE: usize = usize::MAX;

impl Kept {
    fn start(&self, place: usize) -> Option<usize> {
        self.starts.get(place).copied().filter(|start| *start != NOWHERE)
    }

    fn set_start(&mut self, place: usize, start: usize) {
        if self.starts.len() <= place {
            self.starts.resize(place + 1, NOWHERE);
        }
        self.starts[place] = start;
    }
}

/// The names of attributes, by their places.
#[derive(Debug, Default)]
struct Columns {
    all: Vec<Arc<str>>,
    places: HashMap<Arc<str>, usize>,
}

impl Columns {
    fn place(&mut self, name: &Arc<str>) -> usize {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        self.all.push(name.clone());
        self.places.insert(name.clone(), self.all.len() - 1);
        self.all.len() - 1
    }
}

impl People {
    pub(super) fn new(as_of: Day) -> Self {
        let parts = std::iter::repeat_with(Kept::default).take(PARTITIONS).collect();
        Self { parts, columns: Columns::default(), epoch: as_of, contradicted: false }
    }

    /// The place of an attribute, which is made if it is new.
    pub(super) fn column(&mut self, name: &Arc<str>) -> usize {
        self.columns.place(name)
    }

    /// The place of an attribute that some row has.
    pub(super) fn place(&self, name: &Arc<str>) -> Option<usize> {
        self.columns.places.get(name).copied()
    }

    /// Adds a row that holds always, in the order of the names of its attributes. Says so if the contact
    /// has another row already, which decides with all that it says.
    pub(super) fn add_plain<'r>(
        &mut self,
        whose: Place,
        account: Option<&str>,
        attributes: impl Iterator<Item = (usize, Cell<'r>)> + Clone,
    ) -> Result<(), ()> {
        let (kept, place) = (&mut self.parts[whose.part()], whose.within() as usize);
        let start = kept.bytes.len();
        let out = &mut kept.bytes;
        put_link(out, None);
        put_day(out, None, self.epoch);
        put_length(out, usize::from(account.is_some()));
        if let Some(account) = account {
            put_cell(out, Cell::Text(account));
            put_day(out, None, self.epoch);
        }
        put_length(out, attributes.clone().count());
        for (column, cell) in attributes {
            put_length(out, column);
            put_cell(out, cell);
        }
        let Some(known) = kept.start(place) else {
            kept.set_start(place, start);
            return Ok(());
        };
        // A row that is linked to another one is not the only one.
        let same = known < start && kept.bytes[known..].starts_with(&kept.bytes[start..]);
        kept.bytes.truncate(start);
        if same { Ok(()) } else { Err(()) }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, whose: Place, row: Row) -> Added {
        let (part, place) = (whose.part(), whose.within() as usize);
        let known = self.parts[part].start(place);
        // What it may repeat or contradict.
        let mut of_day = History::default();
        let mut next = known;
        while let Some(start) = next {
            let mut reader = Reader(&self.parts[part].bytes[start..]);
            next = read_link(&mut reader);
            if read_day(&mut reader.clone(), self.epoch) == row.valid_from {
                of_day.add(self.row(&mut reader, None));
            }
        }
        let added = of_day.add(row.clone());
        let rows = match added {
            Added::New => vec![row],
            // The one that gave way is linked to no more.
            Added::Replacing => {
                let history = known.map_or_else(History::default, |start| self.read(part, start, None));
                let others = history.rows().iter().filter(|other| other.valid_from != row.valid_from).cloned();
                others.chain([row.clone()]).collect()
            }
            Added::Repeated | Added::Conflicting => return added,
        };
        let mut last = known.filter(|_| added == Added::New);
        let kept = &mut self.parts[part];
        for row in rows {
            let start = kept.bytes.len();
            put_link(&mut kept.bytes, last);
            put_row(&mut kept.bytes, &row, &mut self.columns, self.epoch);
            last = Some(start);
        }
        last.into_iter().for_each(|last| kept.set_start(place, last));
        added
    }

    /// What is known of a contact, with the attributes that are wanted; `None` if it has no row.
    pub(super) fn history(&self, (part, place): (usize, usize), wanted: &[bool]) -> Option<History> {
        Some(self.read(part, self.parts[part].start(place)?, Some(wanted)))
    }

    /// All that is known of a contact.
    pub(super) fn find(&self, whose: Place) -> Option<History> {
        Some(self.read(whose.part(), self.parts[whose.part()].start(whose.within() as usize)?, None))
    }

    /// A contact with one row that holds always, and one account at most. The cells of its attributes are
    /// told one by one.
    pub(super) fn plain<'p>(
        &'p self,
        (part, place): (usize, usize),
        mut tell: impl FnMut(usize, &'p [u8]),
    ) -> Option<Option<&'p str>> {
        let kept = &self.parts[part];
        let reader = &mut Reader(&kept.bytes[kept.start(place)?..]);
        if read_link(reader).is_some() || read_day(reader, self.epoch).is_some() {
            return None;
        }
        let account = match reader.length() {
            0 => None,
            1 => Some(reader.cell().as_text().expect("an account is a text")),
            _ => return None,
        };
        if account.is_some() && read_day(reader, self.epoch).is_some() {
            return None;
        }
        for _ in 0..reader.length() {
            let column = reader.length();
            tell(column, reader.pass());
        }
        Some(account)
    }

    /// For each column whether it is among some names.
    pub(super) fn wanted(&self, names: &[Arc<str>]) -> Vec<bool> {
        self.columns.all.iter().map(|column| names.contains(column)).collect()
    }

    /// The rows of a contact, from the last one that was added back to the first.
    fn read(&self, part: usize, start: usize, wanted: Option<&[bool]>) -> History {
        let mut history = History::default();
        let mut next = Some(start);
        while let Some(start) = next {
            let reader = &mut Reader(&self.parts[part].bytes[start..]);
            next = read_link(reader);
            history.add(self.row(reader, wanted));
        }
        history
    }

    fn row(&self, reader: &mut Reader<'_>, wanted: Option<&[bool]>) -> Row {
        let valid_from = read_day(reader, self.epoch);
        let accounts = (0..reader.length()).map(|_| {
            let account = AccountId::from(reader.cell().as_text().expect("an account is a text"));
            Membership { account, since: read_day(reader, self.epoch) }
        });
        let accounts = accounts.collect();
        let mut attributes = Attributes::new();
        for _ in 0..reader.length() {
            let (column, cell) = (reader.length(), reader.cell());
            if wanted.is_none_or(|wanted| wanted[column])
                && let Some(value) = cell.value()
            {
                attributes.insert(self.columns.all[column].clone(), value);
            }
        }
        Row { valid_from, attributes, accounts, contact: None }
    }
}

fn put_row(out: &mut Vec<u8>, row: &Row, columns: &mut Columns, epoch: Day) {
    put_day(out, row.valid_from, epoch);
    put_length(out, row.accounts.len());
    for membership in &row.accounts {
        put_cell(out, Cell::Text(membership.account.as_str()));
        put_day(out, membership.since, epoch);
    }
    put_length(out, row.attributes.len());
    for (name, value) in &row.attributes {
        put_length(out, columns.place(name));
        put_cell(out, Cell::of(Some(value)));
    }
}

/// Where the row stands that was added before.
fn put_link(out: &mut Vec<u8>, link: Option<usize>) {
    put_length(out, link.map_or(0, |link| link + 1));
}

fn read_link(reader: &mut Reader<'_>) -> Option<usize> {
    reader.length().checked_sub(1)
}

/// A day as its distance from another one.
fn put_day(out: &mut Vec<u8>, day: Option<Day>, epoch: Day) {
    out.push(u8::from(day.is_some()));
    day.into_iter().for_each(|day| out.extend_from_slice(&epoch.since(day).to_le_bytes()));
}

fn read_day(reader: &mut Reader<'_>, epoch: Day) -> Option<Day> {
    let has = reader.0[0] == 1;
    let (day, rest) = reader.0[1..].split_at(if has { 4 } else { 0 });
    reader.0 = rest;
    has.then(|| epoch.back(i32::from_le_bytes(day.try_into().expect("four bytes"))))
}

#[cfg(test)]
mod tests {
    use super::super::names::Names;
    use super::*;

    #[test]
    fn a_history_comes_back_as_it_was() {
        let day = |text| Some(Day::parse(text).unwrap());
        let (names, mut people) = (Names::new(), People::new(day("2026-03-14").unwrap()));
        let (ada, bob) = (names.place("ada"), names.place("bob"));
        let attributes = Attributes::from([("plan".into(), "gold".into()), ("level".into(), "3".into())]);
        let membership = Membership { account: "acme".into(), since: day("2031-01-01") };
        let first = Row { attributes, accounts: vec![membership], ..Row::default() };
        let later = Row { valid_from: day("9999-12-31"), ..Row::default() };
        assert_eq!(people.add(ada, first.clone()), Added::New);
        assert_eq!(people.add(ada, first.clone()), Added::Repeated);
        assert_eq!(people.add(ada, later.clone()), Added::New);
        assert_eq!(people.find(ada).unwrap().rows(), [first, later]);
        assert_eq!(people.find(bob), None);
    }

    #[test]
    fn plain_rows_are_rows() {
        let mut people = People::new(Day::parse("2026-03-14").unwrap());
        let ada = Names::new().place("ada");
        let plan = people.column(&"plan".into());
        let gold = [(plan, Cell::Text("gold"))];
        assert_eq!(people.add_plain(ada, Some("acme"), gold.into_iter()), Ok(()));
        assert_eq!(people.add_plain(ada, Some("acme"), gold.into_iter()), Ok(()));
        assert_eq!(people.add_plain(ada, None, [].into_iter()), Err(()));
        let accounts = vec![Membership { account: "acme".into(), since: None }];
        let attributes = Attributes::from([("plan".into(), "gold".into())]);
        let same = Row { attributes, accounts, ..Row::default() };
        assert_eq!(people.add(ada, same), Added::Repeated);
    }
}
