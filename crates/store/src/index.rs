//! Chosen attributes by value: whom a condition on them may be true of.
//!
//! What is kept is all that was ever said of a subject, for whatever day. So it rules out who never had a value, and
//! `rules` decides of the others.

use std::collections::BTreeSet;

use crate::Session;
use crate::error::Result;
use crate::list::Text;
use crate::sql::{Column, Sql, both};
use crate::subject::{Key, count, once};

/// Characters of a value that are kept: who has the same beginning is not ruled out.
const KEPT: usize = 200;
/// So many subjects with a value are few: they are looked up one by one, whatever the order of a list is.
pub(crate) const FEW: usize = 5_000;

/// One of these values under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is called, with what it is of: `contact.country`.
    pub name: String,
    /// The values, of which one is enough.
    pub values: Vec<String>,
}

impl Named {
    /// Under a name one of some values.
    pub fn new(name: String, values: impl IntoIterator<Item = String>) -> Self {
        Self { name, values: values.into_iter().map(|value| kept(&value).to_owned()).collect() }
    }
}

/// A value of a subject under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of whom.
    pub subject: Key,
    /// What it is called, as in [`Named`].
    pub name: String,
    /// The value.
    pub value: String,
}

impl Session<'_> {
    /// Keeps the values of subjects, in place of all that were kept of them.
    ///
    /// # Errors
    ///
    /// If the database does not take it.
    pub fn index(&mut self, subjects: &[Key], entries: &[Entry]) -> Result<()> {
        self.many(
            Sql {
                sqlite: "DELETE FROM attribute WHERE subject = ?1",
                postgres: "DELETE FROM attribute WHERE subject = ANY (?1::bigint[])",
            },
            &[once(subjects)],
        )?;
        // In one order, so that two who write the same do not wait for one another in a ring.
        let entries: BTreeSet<(&str, &str, Key)> =
            entries.iter().map(|entry| (entry.name.as_str(), kept(&entry.value), entry.subject)).collect();
        let columns = [
            Column::Texts(entries.iter().map(|entry| entry.0).collect()),
            Column::Texts(entries.iter().map(|entry| entry.1).collect()),
            Column::Ints(entries.iter().map(|entry| entry.2).collect()),
        ];
        self.many(
            Sql {
                sqlite: "INSERT INTO attribute (name, value, subject) VALUES (?1, ?2, ?3)",
                postgres: "INSERT INTO attribute (name, value, subject)
                    SELECT * FROM unnest(?1::text[], ?2::text[], ?3::bigint[])",
            },
            &columns,
        )
    }

    /// Removes some of what is kept under a name, and says whether there may be more of it.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn unindex(&mut self, name: &str, limit: usize) -> Result<bool> {
        let sql = both("SELECT subject FROM attribute WHERE name = ?1 LIMIT ?2");
        let subjects = self.keys(sql, &[name.into(), count(limit).into()])?;
        let names = Column::Texts(vec![name; subjects.len()]);
        let found = subjects.len();
        self.many(
            Sql {
                sqlite: "DELETE FROM attribute WHERE name = ?1 AND subject = ?2",
                postgres: "DELETE FROM attribute USING unnest(?1::text[], ?2::bigint[]) AS gone (name, subject)
                    WHERE attribute.name = gone.name AND attribute.subject = gone.subject",
            },
            &[names, Column::Ints(subjects)],
        )?;
        Ok(found == limit)
    }

    /// Of all that has to hold what fewest have, if these are few: which one it is, and who.
    pub(crate) fn fewest(&mut self, all: &[Named]) -> Result<Option<(usize, Vec<Key>)>> {
        let mut fewest: Option<(i64, usize)> = None;
        for (at, named) in all.iter().enumerate() {
            let mut sql = Text::default();
            sql.add("SELECT count(*) FROM (SELECT 1 FROM attribute WHERE ");
            sql.named("attribute", named);
            sql.add(&format!(" LIMIT {}) AS counted", FEW + 1));
            let many = self.keys(both(&sql.text), &sql.params)?.first().copied().unwrap_or(0);
            if many <= count(FEW) && fewest.is_none_or(|(least, _)| many < least) {
                fewest = Some((many, at));
            }
        }
        let Some((_, at)) = fewest else { return Ok(None) };
        let mut sql = Text::default();
        // Of those who were merged it is said of the one that they go by.
        sql.add(
            "SELECT DISTINCT CASE WHEN subject.person = 0 THEN subject.key ELSE subject.person END
                FROM attribute JOIN subject ON subject.key = attribute.subject WHERE ",
        );
        sql.named("attribute", &all[at]);
        Ok(Some((at, self.keys(both(&sql.text), &sql.params)?)))
    }
}

fn kept(value: &str) -> &str {
    value.char_indices().nth(KEPT).map_or(value, |(end, _)| &value[..end])
}
