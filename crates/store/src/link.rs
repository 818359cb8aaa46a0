//! Who names whom, and who has to be looked at again.

use crate::Session;
use crate::error::Result;
use crate::sql::{Column, Sql, both};
use crate::subject::{Key, count, once};

impl Session<'_> {
    /// What the facts of subjects name, as pairs of the one that names and the named one, in no order.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn named_by(&mut self, subjects: &[Key]) -> Result<Vec<(Key, Key)>> {
        self.pairs(
            Sql {
                sqlite: "SELECT subject, named FROM link WHERE subject = ?1",
                postgres: "SELECT subject, named FROM link WHERE subject = ANY (?1::bigint[])",
            },
            subjects,
        )
    }

    /// Whose facts name subjects, as pairs of the one that names and the named one, in no order.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn naming(&mut self, named: &[Key]) -> Result<Vec<(Key, Key)>> {
        self.pairs(
            Sql {
                sqlite: "SELECT subject, named FROM link WHERE named = ?1",
                postgres: "SELECT subject, named FROM link WHERE named = ANY (?1::bigint[])",
            },
            named,
        )
    }

    fn pairs(&mut self, sql: Sql<'_>, keys: &[Key]) -> Result<Vec<(Key, Key)>> {
        let mut pairs = Vec::new();
        self.transaction.many(sql, &[once(keys)], &mut |row| {
            pairs.push((row.int(0)?, row.int(1)?));
            Ok(())
        })?;
        Ok(pairs)
    }

    /// Adds pairs of the one that names and the named one.
    ///
    /// # Errors
    ///
    /// If the database does not take them.
    pub fn link(&mut self, pairs: &[(Key, Key)]) -> Result<()> {
        self.many(
            Sql {
                sqlite: "INSERT INTO link (subject, named) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                postgres: "INSERT INTO link (subject, named) SELECT * FROM unnest(?1::bigint[], ?2::bigint[])
                    ON CONFLICT DO NOTHING",
            },
            &columns(pairs),
        )
    }

    /// Takes pairs away.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn unlink(&mut self, pairs: &[(Key, Key)]) -> Result<()> {
        self.many(
            Sql {
                sqlite: "DELETE FROM link WHERE subject = ?1 AND named = ?2",
                postgres: "DELETE FROM link USING unnest(?1::bigint[], ?2::bigint[]) AS gone (subject, named)
                    WHERE link.subject = gone.subject AND link.named = gone.named",
            },
            &columns(pairs),
        )
    }

    /// Notes that subjects have to be looked at again, once this transaction is done. A note has a new number each
    /// time, so that whoever has read the one before does not take this one away.
    ///
    /// # Errors
    ///
    /// If the database does not take it.
    pub fn mark(&mut self, subjects: &[Key]) -> Result<()> {
        let subjects = [Column::Ints(subjects.to_vec())];
        // Where there is one writer at a time, the note takes the place of the one before. Where there are many, they
        // would wait for one another; there it is one more.
        if !self.transaction.is_postgres() {
            self.many(both("DELETE FROM mark WHERE subject = ?1"), &subjects)?;
        }
        self.many(
            Sql {
                sqlite: "INSERT INTO mark (subject) VALUES (?1)",
                postgres: "INSERT INTO mark (subject) SELECT * FROM unnest(?1::bigint[])",
            },
            &subjects,
        )
    }

    /// How many notes there are, counted up to a limit.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn marks(&mut self, limit: usize) -> Result<i64> {
        let sql = both("SELECT count(*) FROM (SELECT 1 FROM mark LIMIT ?1) AS counted");
        Ok(self.keys(sql, &[count(limit).into()])?.first().copied().unwrap_or(0))
    }

    /// So many of the oldest notes, as pairs of a number and a subject.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn marked(&mut self, limit: usize) -> Result<Vec<(i64, Key)>> {
        let mut marks = Vec::new();
        let sql = both("SELECT seq, subject FROM mark ORDER BY seq LIMIT ?1");
        self.transaction.one(sql, &[count(limit).into()], &mut |row| {
            marks.push((row.int(0)?, row.int(1)?));
            Ok(())
        })?;
        Ok(marks)
    }

    /// Takes notes away, by their numbers.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn unmark(&mut self, numbers: &[i64]) -> Result<()> {
        self.many(
            Sql {
                sqlite: "DELETE FROM mark WHERE seq = ?1",
                postgres: "DELETE FROM mark WHERE seq = ANY (?1::bigint[])",
            },
            &[Column::Ints(numbers.to_vec())],
        )
    }
}

fn columns(pairs: &[(Key, Key)]) -> [Column<'static>; 2] {
    let (subjects, named) = pairs.iter().copied().unzip();
    [Column::Ints(subjects), Column::Ints(named)]
}
