//! Whoever and whatever facts are about.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::day::Day;

use crate::Session;
use crate::error::{Error, Result};
use crate::record::Record;
use crate::sql::{Column, Param, Row, Sql, both};

/// A query for subjects, with the columns that [`Subject::read`] takes.
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT key, kind, id, parent, person, turn, record, next_day, revision FROM subject ", $rest)
    };
}

/// The number of a subject, never given again.
pub type Key = i64;

/// What a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A person.
    Contact = 1,
    /// An organisation.
    Account = 2,
    /// A possible sale or renewal.
    Opportunity = 3,
    /// A visitor of a web site whom nobody has identified.
    Visitor = 4,
}

impl Kind {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Account => "account",
            Self::Opportunity => "opportunity",
            Self::Visitor => "visitor",
        }
    }

    pub(crate) fn of(number: i64) -> Result<Self> {
        match number {
            1 => Ok(Self::Contact),
            2 => Ok(Self::Account),
            3 => Ok(Self::Opportunity),
            4 => Ok(Self::Visitor),
            other => Err(Error::Broken(format!("there is no kind {other} of subjects"))),
        }
    }
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its number.
    pub key: Key,
    /// What it is.
    pub kind: Kind,
    /// How others call it.
    pub id: Arc<str>,
    /// With whom it was merged or joined.
    pub parent: Option<Key>,
    /// At the end of that: who is with nobody else.
    pub merged: Option<Key>,
    /// Of all who were merged or joined with one person, who came earlier: what it knows goes before.
    pub turn: i64,
    /// What was said of it.
    pub record: Record,
    /// The next day on which it has to be looked at, though nothing is said of it.
    pub next_day: Option<Day>,
    /// How often it was written: whoever remembers it sees whether that is still so.
    pub revision: i64,
}

impl Subject {
    /// The number of the person: its own, or of the one it was merged with.
    pub fn person(&self) -> Key {
        self.merged.unwrap_or(self.key)
    }

    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            key: row.int(0)?,
            kind: Kind::of(row.int(1)?)?,
            id: row.text(2)?.into(),
            parent: Some(row.int(3)?).filter(|parent| *parent != 0),
            merged: Some(row.int(4)?).filter(|person| *person != 0),
            turn: row.int(5)?,
            record: Record::read(row.text(6)?)?,
            next_day: row.maybe_int(7)?.map(day_in).transpose()?,
            revision: row.int(8)?,
        })
    }
}

/// What of a subject tells whether it is still as somebody remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub key: Key,
    /// Whether it was merged or joined with another one.
    pub is_merged: bool,
    /// As [`Subject::revision`].
    pub revision: i64,
}

/// A day as it is stored: days since 1970.
pub(crate) fn day_out(day: Day) -> i64 {
    i64::from(day.since(epoch()))
}

pub(crate) fn day_in(days: i64) -> Result<Day> {
    let day = i32::try_from(days).ok().and_then(|days| epoch().plus_days(days));
    day.ok_or_else(|| Error::Broken(format!("{days} is no day")))
}

fn epoch() -> Day {
    Day::parse("1970-01-01").expect("a date")
}

impl Session<'_> {
    /// Makes sure that subjects are there.
    ///
    /// # Errors
    ///
    /// If the database does not take them.
    pub fn create(&mut self, ids: &[(Kind, &str)]) -> Result<()> {
        // In one order for everybody, so that two who add the same wait for one another and not in a ring.
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let columns = [
            Column::Ints(ids.iter().map(|(kind, _)| *kind as i64).collect()),
            Column::Texts(ids.iter().map(|(_, id)| *id).collect()),
        ];
        self.many(
            Sql {
                sqlite: "INSERT INTO subject (kind, id, parent, person, turn, record)
                    VALUES (?1, ?2, 0, 0, 0, '') ON CONFLICT DO NOTHING",
                postgres: "INSERT INTO subject (kind, id, parent, person, turn, record)
                    SELECT kind, id, 0, 0, 0, '' FROM unnest(?1::bigint[], ?2::text[]) AS new (kind, id)
                    ON CONFLICT DO NOTHING",
            },
            &columns,
        )
    }

    /// The subjects that there are, in no order.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn find(&mut self, ids: &[(Kind, &str)]) -> Result<Vec<Subject>> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let columns = [
            Column::Ints(ids.iter().map(|(kind, _)| *kind as i64).collect()),
            Column::Texts(ids.iter().map(|(_, id)| *id).collect()),
        ];
        self.subjects(
            Sql {
                sqlite: select!("WHERE kind = ?1 AND id = ?2"),
                postgres: select!("JOIN unnest(?1::bigint[], ?2::text[]) AS named (kind, id) USING (kind, id)"),
            },
            &columns,
        )
    }

    /// The subjects of keys, in no order.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn subjects_of(&mut self, keys: &[Key]) -> Result<Vec<Subject>> {
        self.subjects(
            Sql { sqlite: select!("WHERE key = ?1"), postgres: select!("WHERE key = ANY (?1::bigint[])") },
            &[once(keys)],
        )
    }

    /// Those who were merged or joined with one of these, in no order.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn merged_with(&mut self, keys: &[Key]) -> Result<Vec<Subject>> {
        self.subjects(
            Sql {
                sqlite: select!("WHERE person = ?1 AND person <> 0"),
                postgres: select!("WHERE person = ANY (?1::bigint[]) AND person <> 0"),
            },
            &[once(keys)],
        )
    }

    /// Keeps others from changing these until the transaction ends, and says what they are now.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn lock(&mut self, keys: &[Key]) -> Result<Vec<Subject>> {
        self.subjects(
            Sql {
                // There is one writer at a time.
                sqlite: select!("WHERE key = ?1"),
                postgres: select!("WHERE key = ANY (?1::bigint[]) ORDER BY key FOR UPDATE"),
            },
            &[once(keys)],
        )
    }

    /// As [`lock`](Self::lock), for those who are remembered: what was said of them is not read.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn hold(&mut self, keys: &[Key]) -> Result<Vec<Head>> {
        let mut found = Vec::new();
        let sql = Sql {
            sqlite: "SELECT key, person, revision FROM subject WHERE key = ?1",
            postgres: "SELECT key, person, revision FROM subject WHERE key = ANY (?1::bigint[])
                ORDER BY key FOR UPDATE",
        };
        self.transaction.many(sql, &[once(keys)], &mut |row| {
            found.push(Head { key: row.int(0)?, is_merged: row.int(1)? != 0, revision: row.int(2)? });
            Ok(())
        })?;
        Ok(found)
    }

    /// Those who have to be looked at by a day though nothing was said of them, the earliest first.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn due(&mut self, kind: Kind, by: Day, limit: usize) -> Result<Vec<Key>> {
        self.keys(
            both("SELECT key FROM subject WHERE kind = ?1 AND next_day <= ?2 ORDER BY next_day, key LIMIT ?3"),
            &[(kind as i64).into(), day_out(by).into(), count(limit).into()],
        )
    }

    /// All of a kind, in the order of their keys, after one of them.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn walk(&mut self, kind: Kind, after: Key, limit: usize) -> Result<Vec<Key>> {
        self.keys(
            both("SELECT key FROM subject WHERE key > ?2 AND kind = ?1 ORDER BY key LIMIT ?3"),
            &[(kind as i64).into(), after.into(), count(limit).into()],
        )
    }

    /// The highest key of a kind.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn last(&mut self, kind: Kind) -> Result<Option<Key>> {
        let sql = both("SELECT key FROM subject WHERE kind = ?1 ORDER BY key DESC LIMIT 1");
        Ok(self.keys(sql, &[(kind as i64).into()])?.first().copied())
    }

    /// How many there are of a kind.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn count(&mut self, kind: Kind) -> Result<i64> {
        Ok(self.keys(both("SELECT count(*) FROM subject WHERE kind = ?1"), &[(kind as i64).into()])?[0])
    }

    /// Stores what has changed of subjects.
    ///
    /// # Errors
    ///
    /// If the database does not take it.
    pub fn update(&mut self, subjects: &[&Subject]) -> Result<()> {
        // Of what is said twice at once the last counts, and rows are written in the order in which they are locked.
        let last: BTreeMap<Key, &Subject> = subjects.iter().map(|subject| (subject.key, *subject)).collect();
        let subjects: Vec<&Subject> = last.into_values().collect();
        let records: Vec<String> = subjects.iter().map(|subject| subject.record.write()).collect();
        let columns = [
            Column::Ints(subjects.iter().map(|subject| subject.key).collect()),
            Column::Ints(subjects.iter().map(|subject| subject.parent.unwrap_or(0)).collect()),
            Column::Ints(subjects.iter().map(|subject| subject.merged.unwrap_or(0)).collect()),
            Column::Ints(subjects.iter().map(|subject| subject.turn).collect()),
            Column::Texts(records.iter().map(String::as_str).collect()),
            Column::MaybeInts(subjects.iter().map(|subject| subject.next_day.map(day_out)).collect()),
        ];
        self.many(
            Sql {
                sqlite: "UPDATE subject SET parent = ?2, person = ?3, turn = ?4, record = ?5, next_day = ?6,
                        revision = revision + 1
                    WHERE key = ?1",
                postgres: "UPDATE subject SET parent = new.parent, person = new.person, turn = new.turn,
                        record = new.record, next_day = new.next_day, revision = subject.revision + 1
                    FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::text[], ?6::bigint[])
                        AS new (key, parent, person, turn, record, next_day)
                    WHERE subject.key = new.key",
            },
            &columns,
        )
    }

    /// Says of subjects when to look at them again, and that they were looked at.
    ///
    /// # Errors
    ///
    /// If the database does not take it.
    pub fn touch(&mut self, subjects: &[(Key, Option<Day>)]) -> Result<()> {
        let columns = [
            Column::Ints(subjects.iter().map(|(key, _)| *key).collect()),
            Column::MaybeInts(subjects.iter().map(|(_, next)| next.map(day_out)).collect()),
        ];
        self.many(
            Sql {
                sqlite: "UPDATE subject SET next_day = ?2, revision = revision + 1 WHERE key = ?1",
                postgres: "UPDATE subject SET next_day = new.next_day, revision = subject.revision + 1
                    FROM unnest(?1::bigint[], ?2::bigint[]) AS new (key, next_day)
                    WHERE subject.key = new.key",
            },
            &columns,
        )
    }

    /// Removes subjects and all that is stored of them alone.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn erase(&mut self, keys: &[Key]) -> Result<()> {
        let columns = [once(keys)];
        for (sqlite, postgres) in [
            ("DELETE FROM activity WHERE subject = ?1", "DELETE FROM activity WHERE subject = ANY (?1::bigint[])"),
            ("DELETE FROM standing WHERE subject = ?1", "DELETE FROM standing WHERE subject = ANY (?1::bigint[])"),
            ("DELETE FROM change WHERE subject = ?1", "DELETE FROM change WHERE subject = ANY (?1::bigint[])"),
            ("DELETE FROM mark WHERE subject = ?1", "DELETE FROM mark WHERE subject = ANY (?1::bigint[])"),
            ("DELETE FROM attribute WHERE subject = ?1", "DELETE FROM attribute WHERE subject = ANY (?1::bigint[])"),
            ("DELETE FROM link WHERE subject = ?1", "DELETE FROM link WHERE subject = ANY (?1::bigint[])"),
            ("DELETE FROM link WHERE named = ?1", "DELETE FROM link WHERE named = ANY (?1::bigint[])"),
            ("DELETE FROM subject WHERE key = ?1", "DELETE FROM subject WHERE key = ANY (?1::bigint[])"),
        ] {
            self.many(Sql { sqlite, postgres }, &columns)?;
        }
        Ok(())
    }

    fn subjects(&mut self, sql: Sql<'_>, columns: &[Column<'_>]) -> Result<Vec<Subject>> {
        let mut found = Vec::new();
        self.transaction.many(sql, columns, &mut |row| {
            found.push(Subject::read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The first column of an answer.
    pub(crate) fn keys(&mut self, sql: Sql<'_>, params: &[Param<'_>]) -> Result<Vec<Key>> {
        let mut keys = Vec::new();
        self.transaction.one(sql, params, &mut |row| {
            keys.push(row.int(0)?);
            Ok(())
        })?;
        Ok(keys)
    }
}

/// Keys as a parameter, each of them once: what is asked for twice is not told twice.
pub(crate) fn once(keys: &[Key]) -> Column<'static> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    Column::Ints(keys)
}

/// A limit as a number of the database.
pub(crate) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
