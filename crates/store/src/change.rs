//! What has become of scores, one line for each time that points or a band changed.

use std::sync::Arc;

use rules::day::{Day, Instant};
use rules::decimal::Decimal;

use crate::Session;
use crate::activity::instant;
use crate::error::Result;
use crate::sql::{Column, Param, Row, Sql};
use crate::subject::{Key, count, day_in, day_out};

/// A change of one score of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it stands among all changes; nothing is put in before one that was read once.
    pub at: Cursor,
    /// When it was written.
    pub written_at: Instant,
    /// The day as of which the score is what it is.
    pub day: Day,
    /// Whose.
    pub subject: Key,
    /// The id of the score.
    pub score: Arc<str>,
    /// The version of the model.
    pub version: i64,
    /// The points from then on; `None` if it exists no more.
    pub points: Option<Decimal>,
    /// The band from then on.
    pub band: Option<Arc<str>>,
    /// The points before; `None` if it did not exist.
    pub points_before: Option<Decimal>,
    /// The band before.
    pub band_before: Option<Arc<str>>,
    /// Why, in a word: `activity`, `attribute`, `midnight`, `model`, ...
    pub cause: Arc<str>,
}

/// A place among all changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The transaction; the same for all where there is one writer at a time.
    pub transaction: i64,
    /// The number.
    pub seq: i64,
}

/// Which changes can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Last {
    /// The highest number of them; 0 if there is none.
    seq: i64,
    /// Who is still writing, and may have lower numbers.
    writing: String,
}

/// The transaction that writes, as SQLite and as PostgreSQL say it.
pub(crate) const WRITER: [&str; 2] = [
    "(SELECT next FROM counter WHERE name = 'change')",
    "(SELECT next + pg_current_xact_id()::text::bigint FROM counter WHERE name = 'change')",
];

/// In PostgreSQL, the earliest transaction that may still be writing.
const UNFINISHED: &str =
    "(SELECT next + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM counter WHERE name = 'change')";

const COLUMNS: &str = "tx, seq, at, day, subject, score, version, points, band, points_before, band_before, cause";

impl Change {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            at: Cursor { transaction: row.int(0)?, seq: row.int(1)? },
            written_at: instant(row.int(2)?)?,
            day: day_in(row.int(3)?)?,
            subject: row.int(4)?,
            score: row.text(5)?.into(),
            version: row.int(6)?,
            points: row.maybe_int(7)?.map(Decimal::from_units),
            band: row.maybe_text(8)?.map(Into::into),
            points_before: row.maybe_int(9)?.map(Decimal::from_units),
            band_before: row.maybe_text(10)?.map(Into::into),
            cause: row.text(11)?.into(),
        })
    }
}

impl Session<'_> {
    /// Adds changes; their [`Change::at`] is not looked at.
    ///
    /// # Errors
    ///
    /// If the database does not take them.
    pub fn add_changes(&mut self, changes: &[Change]) -> Result<()> {
        let columns = [
            Column::Ints(changes.iter().map(|one| one.written_at.0).collect()),
            Column::Ints(changes.iter().map(|one| day_out(one.day)).collect()),
            Column::Ints(changes.iter().map(|one| one.subject).collect()),
            Column::Texts(changes.iter().map(|one| &*one.score).collect()),
            Column::Ints(changes.iter().map(|one| one.version).collect()),
            Column::MaybeInts(changes.iter().map(|one| one.points.map(Decimal::units)).collect()),
            Column::MaybeTexts(changes.iter().map(|one| one.band.as_deref()).collect()),
            Column::MaybeInts(changes.iter().map(|one| one.points_before.map(Decimal::units)).collect()),
            Column::MaybeTexts(changes.iter().map(|one| one.band_before.as_deref()).collect()),
            Column::Texts(changes.iter().map(|one| &*one.cause).collect()),
        ];
        let [sqlite, postgres] = WRITER;
        let into = "INSERT INTO change (tx, at, day, subject, score, version, points, band, points_before, band_before,
            cause)";
        let sqlite = format!("{into} VALUES ({sqlite}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
        let postgres = format!(
            "{into} SELECT {postgres}, new.* FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::text[],
                ?5::bigint[], ?6::bigint[], ?7::text[], ?8::bigint[], ?9::text[], ?10::text[]) AS new"
        );
        self.many(Sql { sqlite: &sqlite, postgres: &postgres }, &columns)
    }

    /// The changes of band after a place, the oldest first. What other transactions are still writing comes later,
    /// and so does what was begun after them.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn crossings(&mut self, after: Cursor, limit: usize) -> Result<Vec<Change>> {
        // In two parts: of the index, SQLite would use no more than the transaction, which is the same for all.
        let sqlite = format!(
            "SELECT {COLUMNS} FROM change WHERE tx = ?1 AND seq > ?2 AND band IS NOT band_before
             UNION ALL SELECT {COLUMNS} FROM change WHERE tx > ?1 AND band IS NOT band_before
             ORDER BY tx, seq LIMIT ?3"
        );
        let postgres = format!(
            "SELECT {COLUMNS} FROM change WHERE (tx, seq) > (?1, ?2) AND band IS DISTINCT FROM band_before
                AND tx < {UNFINISHED}
             ORDER BY tx, seq LIMIT ?3"
        );
        let params = [after.transaction.into(), after.seq.into(), count(limit).into()];
        self.changes(Sql { sqlite: &sqlite, postgres: &postgres }, &params)
    }

    /// Which changes can be read: as long as it is the same, they are the same.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn last_change(&mut self) -> Result<Last> {
        let sql = Sql {
            sqlite: "SELECT coalesce(max(seq), 0), '' FROM change",
            postgres: "SELECT coalesce(max(seq), 0), (SELECT coalesce(string_agg(id::text, ' '), '')
                    FROM pg_snapshot_xip(pg_current_snapshot()) AS id)
                FROM change",
        };
        let mut last = Last::default();
        self.transaction.one(sql, &[], &mut |row| {
            last = Last { seq: row.int(0)?, writing: row.text(1)?.to_owned() };
            Ok(())
        })?;
        Ok(last)
    }

    /// The place after the last change of band that can be read.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn last_crossing(&mut self) -> Result<Cursor> {
        let sqlite =
            format!("SELECT {COLUMNS} FROM change WHERE band IS NOT band_before ORDER BY tx DESC, seq DESC LIMIT 1");
        let postgres = format!(
            "SELECT {COLUMNS} FROM change WHERE band IS DISTINCT FROM band_before
                AND tx < {UNFINISHED}
             ORDER BY tx DESC, seq DESC LIMIT 1"
        );
        let last = self.changes(Sql { sqlite: &sqlite, postgres: &postgres }, &[])?;
        Ok(last.first().map(|change| change.at).unwrap_or_default())
    }

    /// The last transaction that changed a band, if its number is one that is still to come.
    pub(crate) fn outrun(&mut self) -> Result<Option<i64>> {
        let sql = Sql {
            sqlite: "SELECT 0 WHERE false",
            postgres: "SELECT tx FROM (SELECT tx FROM change WHERE band IS DISTINCT FROM band_before
                    ORDER BY tx DESC, seq DESC LIMIT 1) AS last, counter
                WHERE name = 'change' AND tx >= next + pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
        };
        Ok(self.keys(sql, &[])?.first().copied())
    }

    /// The changes of one subject before a number, the latest first.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn history(&mut self, of: Key, before: i64, limit: usize) -> Result<Vec<Change>> {
        let text = format!("SELECT {COLUMNS} FROM change WHERE subject = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3");
        let params = [of.into(), before.into(), count(limit).into()];
        self.changes(crate::sql::both(&text), &params)
    }

    fn changes(&mut self, sql: Sql<'_>, params: &[Param<'_>]) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        self.transaction.one(sql, params, &mut |row| {
            changes.push(Change::read(row)?);
            Ok(())
        })?;
        Ok(changes)
    }
}
