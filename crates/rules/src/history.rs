//! Dated values: what was known of a contact, an account or an opportunity, and from which day on.

use crate::day::Day;
use crate::id::{AccountId, ContactId};
use crate::value::Attributes;

/// An account that a contact has, and from which day on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    /// The account.
    pub account: AccountId,
    /// The first day of it; `None` as long as the row holds.
    pub since: Option<Day>,
}

/// All that one row says, whatever it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The first day on which it holds; `None` is always. It holds whole, until the next row.
    pub valid_from: Option<Day>,
    /// Names and values.
    pub attributes: Attributes,
    /// The accounts: of a contact all that it has, of an opportunity at most one.
    pub accounts: Vec<Membership>,
    /// The contact of an opportunity.
    pub contact: Option<ContactId>,
}

impl Row {
    /// The row as a text that orders two rows for the same id and day.
    fn canonical(&self) -> String {
        let mut out = String::new();
        crate::value::write_json_object(&self.attributes, &mut out);
        for membership in &self.accounts {
            crate::value::write_json_text(membership.account.as_str(), &mut out);
            out.push_str(&membership.since.map(|day| day.to_string()).unwrap_or_default());
        }
        out.push('/');
        out.push_str(self.contact.as_ref().map_or("", ContactId::as_str));
        out
    }

    /// The accounts in force on a day, as listed, the first being the primary one.
    pub fn accounts_on(&self, day: Day) -> impl Iterator<Item = &AccountId> {
        let begun = move |membership: &&Membership| membership.since.is_none_or(|since| since <= day);
        self.accounts.iter().filter(begun).map(|membership| &membership.account)
    }
}

/// The rows of one id, by the day from which each holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History(Vec<Row>);

/// What became of a row that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is the only one for its day.
    New,
    /// An equal row was there already.
    Repeated,
    /// A different row for the same day was there, and stays, being the first by canonical JSON.
    Conflicting,
    /// A different row for the same day was there, and gave way to this one, the first by canonical JSON.
    Replacing,
}

impl History {
    /// About how many bytes it takes beside itself; short texts are counted as they mostly are.
    pub(crate) fn bytes(&self) -> usize {
        let text = 32;
        let row = |row: &Row| {
            let values = row.attributes.len() * text;
            let memberships = row.accounts.capacity() * (size_of::<Membership>() + text);
            size_of::<Row>() + crate::facts::node(&row.attributes) + values + memberships
        };
        self.0.iter().map(row).sum::<usize>() + (self.0.capacity() - self.0.len()) * size_of::<Row>()
    }

    /// Adds a row. Of two different rows for one day the same one stays, whichever came first.
    pub fn add(&mut self, row: Row) -> Added {
        match self.0.binary_search_by(|old| old.valid_from.cmp(&row.valid_from)) {
            Err(place) => {
                self.0.insert(place, row);
                Added::New
            }
            Ok(place) if self.0[place] == row => Added::Repeated,
            Ok(place) => {
                if row.canonical() < self.0[place].canonical() {
                    self.0[place] = row;
                    return Added::Replacing;
                }
                Added::Conflicting
            }
        }
    }

    /// The row in force on a day.
    pub fn on(&self, day: Day) -> Option<&Row> {
        let holds = |row: &&Row| row.valid_from.is_none_or(|from| from <= day);
        self.0.iter().rev().find(holds)
    }

    /// The rows that are facts by a day, even where a later one has replaced them.
    pub fn rows_up_to(&self, day: Day) -> impl Iterator<Item = &Row> {
        self.0.iter().filter(move |row| row.valid_from.is_none_or(|from| from <= day))
    }

    /// What of it is known by a day: neither later rows, nor accounts that begin later.
    pub(crate) fn known_by(&self, day: Day) -> Self {
        let begun = |from: Option<Day>| from.is_none_or(|from| from <= day);
        let mut rows: Vec<_> = self.0.iter().filter(|row| begun(row.valid_from)).cloned().collect();
        rows.iter_mut().for_each(|row| row.accounts.retain(|membership| begun(membership.since)));
        Self(rows)
    }

    /// All rows, the earliest first.
    pub fn rows(&self) -> &[Row] {
        &self.0
    }
}
