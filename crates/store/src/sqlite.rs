//! The embedded database: one file, one writer at a time, readers beside it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};

use crate::error::Result;
use crate::pool::{Lent, Pool};
use crate::sql::{Column, Database, Manner, Param, Row, Sql, Take, Transaction};

/// Readers beside the writer. More would only wait for the same disk.
const READERS_MAX: usize = 8;
/// So long one waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Statements that are kept prepared.
const STATEMENTS_MAX: usize = 128;

#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    writer: Pool<Connection>,
    readers: Pool<Connection>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let sqlite = Self { path: path.to_owned(), writer: Pool::new(1), readers: Pool::new(READERS_MAX) };
        // The file is made by the first writer.
        sqlite.writer.get(|| sqlite.connect(true))?;
        Ok(sqlite)
    }

    fn connect(&self, writes: bool) -> Result<Connection> {
        let access = match writes {
            true => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            false => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let connection = Connection::open_with_flags(&self.path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        if writes {
            // FULL: an answered request is on the disk, whatever happens to the machine.
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        }
        connection.execute_batch("PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;")?;
        Ok(connection)
    }

    /// Copies the whole database as of one moment into a new file, while others go on.
    pub(crate) fn copy_to(&self, target: &Path) -> Result<()> {
        let mut lent = self.readers.get(|| self.connect(false))?;
        lent.get().execute("VACUUM INTO ?1", [target.to_string_lossy()])?;
        Ok(())
    }
}

impl Database for Sqlite {
    fn begin(&self, manner: Manner) -> Result<Box<dyn Transaction + '_>> {
        let writes = manner != Manner::Reading;
        let pool = if writes { &self.writer } else { &self.readers };
        let mut lent = pool.get(|| self.connect(writes))?;
        // A deferred transaction sees the moment of its first statement: it reads something at once.
        let begin = if writes { "BEGIN IMMEDIATE" } else { "BEGIN; SELECT 1 FROM sqlite_schema" };
        lent.get().execute_batch(begin)?;
        Ok(Box::new(Begun { lent: Some(lent) }))
    }
}

struct Begun<'p> {
    lent: Option<Lent<'p, Connection>>,
}

impl Begun<'_> {
    fn connection(&mut self) -> &mut Connection {
        self.lent.as_mut().expect("it is there until it is committed").get()
    }
}

impl Transaction for Begun<'_> {
    fn one(&mut self, sql: Sql<'_>, params: &[Param<'_>], take: Take<'_>) -> Result<()> {
        let mut statement = self.connection().prepare_cached(sql.sqlite)?;
        run(&mut statement, params.iter().copied(), take)
    }

    fn many(&mut self, sql: Sql<'_>, params: &[Column<'_>], take: Take<'_>) -> Result<()> {
        let mut statement = self.connection().prepare_cached(sql.sqlite)?;
        for row in 0..params.first().map_or(0, Column::len) {
            run(&mut statement, params.iter().map(|column| column.param(row)), take)?;
        }
        Ok(())
    }

    fn script(&mut self, text: Sql<'_>) -> Result<()> {
        Ok(self.connection().execute_batch(text.sqlite)?)
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        self.connection().execute_batch("COMMIT")?;
        // Only what was not committed is undone by `drop`.
        self.lent = None;
        Ok(())
    }

    fn is_postgres(&self) -> bool {
        false
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let Some(mut lent) = self.lent.take() else { return };
        if lent.get().execute_batch("ROLLBACK").is_err() {
            lent.throw_away();
        }
    }
}

fn run<'a>(statement: &mut CachedStatement<'_>, params: impl Iterator<Item = Param<'a>>, take: Take<'_>) -> Result<()> {
    for (place, param) in params.enumerate() {
        statement.raw_bind_parameter(place + 1, param)?;
    }
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        take(&Row::Sqlite(row))?;
    }
    Ok(())
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Self::Int(value) | Self::MaybeInt(Some(value)) => ToSqlOutput::from(value),
            Self::Text(value) | Self::MaybeText(Some(value)) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::MaybeInt(None) | Self::MaybeText(None) => ToSqlOutput::Borrowed(ValueRef::Null),
        })
    }
}
