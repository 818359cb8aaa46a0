//! The tables, made step by step: each step has a number and runs once.

use crate::Session;
use crate::error::{Error, Result};
use crate::sql::{Database, Manner, Sql, both};

const STEPS: [Sql<'static>; 1] = [Sql {
    sqlite: include_str!("../migrations/sqlite/0001.sql"),
    postgres: include_str!("../migrations/postgres/0001.sql"),
}];

/// Brings a database to what this program knows.
pub(crate) fn migrate(database: &dyn Database) -> Result<()> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    // Alone: of several processes that start at once one does it, and the others find it done.
    let mut session = Session { transaction: database.begin(Manner::Alone)? };
    session.transaction.script(both("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)"))?;
    let done = session.keys(both("SELECT coalesce(max(version), 0) FROM schema_version"), &[])?;
    let found = done.first().copied().unwrap_or(0);
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for (step, number) in STEPS.iter().zip(1..) {
        if number > found {
            session.transaction.script(*step)?;
            session.one(both("INSERT INTO schema_version VALUES (?1)"), &[i64::into(number)])?;
        }
    }
    session.commit()
}
