//! The tables, made step by step: each step has a number and runs once.

use crate::Session;
use crate::error::{Error, Result};
use crate::sql::{Database, Manner, Sql, both};

const STEPS: [Sql<'static>; 2] = [
    Sql {
        sqlite: include_str!("../migrations/sqlite/0001.sql"),
        postgres: include_str!("../migrations/postgres/0001.sql"),
    },
    Sql {
        sqlite: include_str!("../migrations/sqlite/0002.sql"),
        postgres: include_str!("../migrations/postgres/0002.sql"),
    },
];

/// Brings a database to what this program knows.
pub(crate) fn migrate(database: &dyn Database) -> Result<()> {
    // Whoever finds everything done need not wait for those who write, nor may make tables.
    let mut reading = Session { transaction: database.begin(Manner::Reading)? };
    if version(&mut reading)? == known() {
        return match reading.outrun()? {
            Some(last) => catch_up(database, last),
            None => Ok(()),
        };
    }
    drop(reading);
    // Alone: of several processes that start at once one does it, and the others find it done.
    let mut session = Session { transaction: database.begin(Manner::Alone)? };
    let found = version(&mut session)?;
    session.transaction.script(both("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)"))?;
    for (step, number) in STEPS.iter().zip(1..) {
        if number > found {
            session.transaction.script(*step)?;
            session.one(both("INSERT INTO schema_version VALUES (?1)"), &[i64::into(number)])?;
        }
    }
    session.commit()
}

/// What was copied from one server to another by its own means has numbers of transactions that are still to come
/// there: what is written from now on comes after them.
fn catch_up(database: &dyn Database, last: i64) -> Result<()> {
    let mut session = Session { transaction: database.begin(Manner::Alone)? };
    session.one(both("UPDATE counter SET next = ?1 + 1 WHERE name = 'change' AND next <= ?1"), &[last.into()])?;
    session.commit()
}

/// The version that this program makes.
pub(crate) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// The version that a database has; 0 if it is new.
pub(crate) fn version(session: &mut Session<'_>) -> Result<i64> {
    let ours = Sql {
        sqlite: "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'",
        // Not by `to_regclass`: what it looks up it remembers, though another made the table meanwhile.
        postgres: "SELECT count(*) FROM pg_class WHERE relname = 'schema_version' AND pg_table_is_visible(oid)",
    };
    if session.keys(ours, &[])? == [0] {
        // A file is one program's; a server's database may have tables of others.
        let others = Sql { sqlite: "SELECT count(*) FROM sqlite_schema", postgres: "SELECT 0::bigint" };
        return match session.keys(others, &[])?[..] {
            [0] => Ok(0),
            _ => Err(Error::Refused("the file belongs to another program: give another one".into())),
        };
    }
    let found = session.keys(both("SELECT coalesce(max(version), 0) FROM schema_version"), &[])?;
    let found = found.first().copied().unwrap_or(0);
    if found > known() { Err(Error::Newer { found, known: known() }) } else { Ok(found) }
}
