//! The embedded database: one file, one writer at a time, readers beside it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, ToSql};

use crate::error::{Error, Result};
use crate::pool::{Lent, Pool};
use crate::sql::{Column, Database, FAILED, Manner, Param, Row, Sql, Take, Transaction};

/// Readers beside the writer. More would only wait for the same disk.
const READERS_MAX: usize = 8;
/// So long one waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Statements that are kept prepared.
const STATEMENTS_MAX: usize = 128;

/// From so many bytes on the log is worked off into the file by [`Database::tidy`]; what is written often in between goes
/// there once.
const LOG_LONG: u64 = 64 << 20;
/// From so many bytes on the log is to begin anew. SQLite does so by itself only when a writer finds all of it worked
/// off, which never happens while somebody always writes.
const LOG_MAX: u64 = 128 << 20;
/// For that, writers wait until the rest is worked off: at most so many bytes.
const LOG_REST_MAX: u64 = 32 << 20;
/// And until those who read what is to be overwritten have ended: at most so long. It is tried again later.
const MOMENT: Duration = Duration::from_millis(50);
const ANEW_EVERY: Duration = Duration::from_secs(1);

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// To be worked on, by several processes.
    Shared,
    /// To be written once, by one connection: it counts only when it is whole.
    New,
    /// To be read.
    ReadOnly,
}

#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    access: Access,
    writer: Pool<Connection>,
    readers: Pool<Connection>,
    tidier: Pool<Connection>,
    /// When the log was to begin anew last.
    anew: Mutex<Option<Instant>>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, access: Access) -> Result<Self> {
        let (writer, readers, tidier) = (Pool::new(1), Pool::new(READERS_MAX), Pool::new(1));
        let sqlite = Self { path: path.to_owned(), access, writer, readers, tidier, anew: Mutex::default() };
        if path.is_dir() {
            return Err(Error::Refused(format!("`{}` is a folder: give the path of a file", path.display())));
        }
        match access {
            // The file is made by the first writer.
            Access::Shared | Access::New => sqlite.writer.get(|| sqlite.connect(true))?,
            Access::ReadOnly => sqlite.readers.get(|| sqlite.connect(false))?,
        };
        Ok(sqlite)
    }

    fn connect(&self, writes: bool) -> Result<Connection> {
        let access = match writes {
            true => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            false => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let connection = Connection::open_with_flags(&self.path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        // Nobody writes what is only to be read, or it is not to be waited for.
        connection.busy_timeout(if self.access == Access::ReadOnly { Duration::ZERO } else { PATIENCE })?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        if writes {
            let journal = match self.access {
                // What is thrown away unless it becomes whole needs no journal.
                Access::New => "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;",
                // FULL: an answered request is on the disk, whatever happens to the machine.
                // A writer works off the log, 256 MB of it, only where nobody else does.
                _ => "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 65536;",
            };
            // Of those who open a new file at once one makes it; SQLite tells the others that it is locked, and does
            // not wait by itself.
            let begun = Instant::now();
            while let Err(error) = connection.execute_batch(journal) {
                if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) || begun.elapsed() > PATIENCE {
                    return Err(error.into());
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        // What is erased is overwritten, and not only forgotten where it stood.
        connection
            .execute_batch("PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;")?;
        Ok(connection)
    }
}

impl Sqlite {
    /// Works off all of the log, so that it begins anew; whether it does, since whoever reads may keep it from that. By
    /// the connection that writes, so that nobody of this process writes meanwhile.
    fn begin_anew(&self, how: &str) -> Result<bool> {
        let mut writer = self.writer.get(|| self.connect(true))?;
        writer.get().busy_timeout(MOMENT)?;
        let tried = work_off(writer.get(), how);
        writer.get().busy_timeout(PATIENCE)?;
        Ok(!tried?.is_busy)
    }
}

impl Database for Sqlite {
    fn begin(&self, manner: Manner) -> Result<Box<dyn Transaction + '_>> {
        let writes = manner != Manner::Reading;
        let pool = if writes || self.access == Access::New { &self.writer } else { &self.readers };
        let mut lent = pool.get(|| self.connect(writes))?;
        // A deferred transaction sees the moment of its first statement: it reads something at once.
        let begin = if writes { "BEGIN IMMEDIATE" } else { "BEGIN; SELECT 1 FROM sqlite_schema" };
        if let Err(error) = lent.get().execute_batch(begin) {
            // It may have begun, and a connection in a transaction is of no use to the next.
            lent.throw_away();
            return Err(error.into());
        }
        Ok(Box::new(Begun { lent: Some(lent), failed: false }))
    }

    fn tidy(&self) -> Result<()> {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        if std::fs::metadata(log).map_or(0, |log| log.len()) < LOG_LONG {
            return Ok(());
        }
        let mut lent = self.tidier.get(|| self.connect(true))?;
        // It hinders nobody, and goes as far as those who read let it.
        let Log { long, done, .. } = work_off(lent.get(), "PASSIVE")?;
        let mut anew = self.anew.lock().unwrap_or_else(PoisonError::into_inner);
        let is_late = anew.is_none_or(|last| last.elapsed() >= ANEW_EVERY);
        if long < LOG_MAX || long.saturating_sub(done) > LOG_REST_MAX || !is_late {
            return Ok(());
        }
        *anew = Some(Instant::now());
        self.begin_anew("RESTART").map(|_| ())
    }

    fn scrub(&self) -> Result<bool> {
        self.begin_anew("TRUNCATE")
    }
}

/// How far the log is worked off: how many bytes long it is, and how many of them are in the file.
struct Log {
    long: u64,
    done: u64,
    /// Somebody was in the way.
    is_busy: bool,
}

/// Works off the log into the file.
fn work_off(connection: &Connection, how: &str) -> Result<Log> {
    let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let bytes = |pages: i64| (pages * page).max(0).unsigned_abs();
    let log =
        |row: &rusqlite::Row<'_>| Ok(Log { is_busy: row.get(0)?, long: bytes(row.get(1)?), done: bytes(row.get(2)?) });
    Ok(connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], log)?)
}

struct Begun<'p> {
    lent: Option<Lent<'p, Connection>>,
    /// Something failed: what was begun is not made to last by halves.
    failed: bool,
}

impl Begun<'_> {
    fn connection(&mut self) -> &mut Connection {
        self.lent.as_mut().expect("it is there until it is committed").get()
    }

    fn guarded(&mut self, act: impl FnOnce(&mut Connection) -> Result<()>) -> Result<()> {
        let done = act(self.connection());
        self.failed |= done.is_err();
        done
    }
}

impl Transaction for Begun<'_> {
    fn one(&mut self, sql: Sql<'_>, params: &[Param<'_>], take: Take<'_>) -> Result<()> {
        self.guarded(|connection| run(&mut connection.prepare_cached(sql.sqlite)?, params.iter().copied(), take))
    }

    fn many(&mut self, sql: Sql<'_>, params: &[Column<'_>], take: Take<'_>) -> Result<()> {
        self.guarded(|connection| {
            let mut statement = connection.prepare_cached(sql.sqlite)?;
            for row in 0..params.first().map_or(0, Column::len) {
                run(&mut statement, params.iter().map(|column| column.param(row)), take)?;
            }
            Ok(())
        })
    }

    fn script(&mut self, text: Sql<'_>) -> Result<()> {
        self.guarded(|connection| Ok(connection.execute_batch(text.sqlite)?))
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        if self.failed {
            return Err(Error::Broken(FAILED.into()));
        }
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
    drop(rows);
    #[cfg(feature = "testing")]
    {
        let steps = statement.reset_status(rusqlite::StatementStatus::VmStep);
        crate::testing::STEPS.fetch_add(steps.into(), std::sync::atomic::Ordering::Relaxed);
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
