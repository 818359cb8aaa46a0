//! What is remembered: facts, how everyone stands, what has changed, and a few documents.
//!
//! ```text
//! Store -> begin(Manner) -> Session: the verbs, in one transaction -> commit
//!                             subject, activity, record   facts, as they were accepted
//!                             link                        who names whom; who has to be looked at again
//!                             standing, change            scores: how they are, how they came to be
//!                             list, index                 subjects in an order, and by chosen attributes
//!                             keep                        documents: versions, keys, users, jobs
//!       -> backup, restore    the whole, as a file
//! ```
//!
//! Each verb is written once, over the few things that both databases can do (`sql`). What a score is, and when
//! anything is to be written, is not decided here.

pub mod activity;
pub mod backup;
pub mod change;
mod client;
mod copy;
mod error;
#[cfg(feature = "testing")]
pub mod faults;
pub mod index;
pub mod keep;
mod link;
pub mod list;
mod migrate;
mod pool;
mod postgres;
pub mod record;
mod sql;
mod sqlite;
pub mod standing;
pub mod subject;
pub mod switch;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

use std::path::Path;

pub use error::{Error, Result};
pub use sql::Manner;

use sql::{Column, Database, Param, Sql, Transaction};
use sqlite::Access;

/// A database.
#[derive(Debug)]
pub struct Store {
    database: Box<dyn Database>,
}

impl Store {
    /// Opens a database by its address, the path of a file or `postgres://...`, and brings its tables up to date.
    ///
    /// # Errors
    ///
    /// If it cannot be reached, is not one, or was made by a later version of this program.
    pub fn open(address: &str) -> Result<Self> {
        let database: Box<dyn Database> = match address.split_once("://") {
            Some(("postgres" | "postgresql", _)) => Box::new(postgres::Postgres::open(address)?),
            Some(("sqlite", path)) => Box::new(sqlite::Sqlite::open(Path::new(path), Access::Shared)?),
            None if !address.is_empty() => Box::new(sqlite::Sqlite::open(Path::new(address), Access::Shared)?),
            // The rest of it may hold a password.
            Some((scheme, _)) => return Err(Error::Address(format!("{scheme}://..."))),
            None => return Err(Error::Address(String::new())),
        };
        migrate::migrate(&*database)?;
        Ok(Self { database })
    }

    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub fn begin(&self, manner: Manner) -> Result<Session<'_>> {
        Ok(Session { transaction: self.database.begin(manner)? })
    }

    /// Whether it is this process that does what needs to be done once, of all that work on the database. It has the
    /// turn as long as it lives and reaches the server; a file has one process.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub fn turn(&self) -> Result<bool> {
        self.database.turn()
    }

    /// Does what a database leaves to its users: the log of an embedded one is worked off into its file, beside those
    /// who write. To be called every now and then; else the writers do it, once there is much of it.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn tidy(&self) -> Result<()> {
        self.database.tidy()
    }

    /// Leaves nothing of what was removed in the log of an embedded database; a server sees to its own. Whether it is
    /// done: while somebody reads what was there before, it is not.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn scrub(&self) -> Result<bool> {
        self.database.scrub()
    }
}

/// A transaction, and all that can be done in it. Dropped without [`commit`](Self::commit) it is undone.
///
/// What goes wrong while something is written may be told by a verb after it, at the latest by the commit: a server is
/// not waited for until it has to answer something.
pub struct Session<'s> {
    transaction: Box<dyn Transaction + 's>,
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Session").finish_non_exhaustive()
    }
}

impl Session<'_> {
    /// Makes what was written last.
    ///
    /// # Errors
    ///
    /// If it was not written, or nobody knows ([`Error::InDoubt`]).
    pub fn commit(self) -> Result<()> {
        self.transaction.commit()
    }

    /// Runs a statement that answers nothing.
    fn one(&mut self, sql: Sql<'_>, params: &[Param<'_>]) -> Result<()> {
        self.transaction.one(sql, params, &mut |_| Ok(()))
    }

    /// Runs a statement that answers nothing, for each row.
    fn many(&mut self, sql: Sql<'_>, columns: &[Column<'_>]) -> Result<()> {
        if columns.first().is_none_or(|column| column.len() == 0) {
            return Ok(());
        }
        self.transaction.many(sql, columns, &mut |_| Ok(()))
    }
}
