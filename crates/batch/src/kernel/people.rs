//! Contacts as their own rows describe them: encoded, because there are many, and each is looked at once.

use std::collections::HashMap;
use std::sync::Arc;

use rules::day::Day;
use rules::history::{Added, History, Membership, Row};
use rules::id::AccountId;
use rules::value::Attributes;

use super::names::{Hasher, Names, PARTITIONS, Part};
use super::row::{Cell, Reader, put_cell, put_length};

/// What is known of contacts.
#[derive(Debug)]
pub(super) struct People {
    names: Names,
    parts: Vec<Kept>,
    columns: Columns,
    epoch: Day,
    /// Two rows of one contact and day differ, and not all columns of them were read.
    pub(super) contradicted: bool,
}

/// The rows of the contacts of one partition, each linked to the one before, and where the last of each is.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    starts: Vec<usize>,
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

/// A row that holds always, as it stands in columns.
pub(super) struct Plain<'r> {
    pub(super) account: Option<&'r str>,
    pub(super) attributes: &'r [(usize, Cell<'r>)],
}

impl People {
    pub(super) fn new(hasher: Hasher, as_of: Day) -> Self {
        let parts = std::iter::repeat_with(Kept::default).take(PARTITIONS).collect();
        Self { names: Names::new(hasher), parts, columns: Columns::default(), epoch: as_of, contradicted: false }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.names.parts.iter().map(Part::len).sum()
    }

    /// The place of an attribute, for [`Plain`].
    pub(super) fn column(&mut self, name: &Arc<str>) -> usize {
        self.columns.place(name)
    }

    /// Adds a row that holds always, in the order of the names of its attributes. Says so if the contact
    /// has another row already, which decides with all that it says.
    pub(super) fn add_plain(&mut self, id: &str, row: &Plain<'_>) -> Result<(), ()> {
        let place = self.names.place(id);
        let (part, place) = (place.part(), place.within());
        let kept = &mut self.parts[part];
        let start = kept.bytes.len();
        let out = &mut kept.bytes;
        put_link(out, None);
        put_day(out, None, self.epoch);
        put_length(out, usize::from(row.account.is_some()));
        if let Some(account) = row.account {
            put_cell(out, Cell::Text(account));
            put_day(out, None, self.epoch);
        }
        put_length(out, row.attributes.len());
        for &(column, cell) in row.attributes {
            put_length(out, column);
            put_cell(out, cell);
        }
        if place as usize == kept.starts.len() {
            kept.starts.push(start);
            return Ok(());
        }
        let known = kept.starts[place as usize];
        // A row that is linked to another one is not the only one.
        let same = known < start && kept.bytes[known..].starts_with(&kept.bytes[start..]);
        kept.bytes.truncate(start);
        if same { Ok(()) } else { Err(()) }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, id: &str, row: Row) -> Added {
        let place = self.names.place(id);
        let (part, place) = (place.part(), place.within() as usize);
        let known = self.parts[part].starts.get(place).copied();
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
        match (known, last) {
            (None, Some(last)) => kept.starts.push(last),
            (Some(_), Some(last)) => kept.starts[place] = last,
            (_, None) => {}
        }
        added
    }

    /// The contacts of a partition.
    pub(super) fn part(&self, part: usize) -> &Part {
        &self.names.parts[part]
    }

    /// What is known of one of them, with the attributes that are wanted.
    pub(super) fn history(&self, part: usize, place: usize, wanted: &[bool]) -> History {
        self.read(part, self.parts[part].starts[place], Some(wanted))
    }

    /// What is known of a contact by its id.
    pub(super) fn find(&self, id: &str) -> Option<History> {
        let place = self.names.find(id)?;
        let part = place.part();
        Some(self.read(part, self.parts[part].starts[place.within() as usize], None))
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
    use super::*;

    #[test]
    fn a_history_comes_back_as_it_was() {
        let day = |text| Some(Day::parse(text).unwrap());
        let mut people = People::new(Hasher::new(), day("2026-03-14").unwrap());
        let attributes = Attributes::from([("plan".into(), "gold".into()), ("level".into(), "3".into())]);
        let membership = Membership { account: "acme".into(), since: day("2031-01-01") };
        let first = Row { attributes, accounts: vec![membership], ..Row::default() };
        let later = Row { valid_from: day("9999-12-31"), ..Row::default() };
        assert_eq!(people.add("ada", first.clone()), Added::New);
        assert_eq!(people.add("ada", first.clone()), Added::Repeated);
        assert_eq!(people.add("ada", later.clone()), Added::New);
        assert_eq!(people.find("ada").unwrap().rows(), [first, later]);
        assert_eq!(people.find("bob"), None);
    }

    #[test]
    fn plain_rows_are_rows() {
        let mut people = People::new(Hasher::new(), Day::parse("2026-03-14").unwrap());
        let plan = people.column(&"plan".into());
        let row = Plain { account: Some("acme"), attributes: &[(plan, Cell::Text("gold"))] };
        assert_eq!(people.add_plain("ada", &row), Ok(()));
        assert_eq!(people.add_plain("ada", &row), Ok(()));
        assert_eq!(people.add_plain("ada", &Plain { account: None, attributes: &[] }), Err(()));
        let accounts = vec![Membership { account: "acme".into(), since: None }];
        let attributes = Attributes::from([("plan".into(), "gold".into())]);
        let same = Row { attributes, accounts, ..Row::default() };
        assert_eq!(people.add("ada", same), Added::Repeated);
    }
}
