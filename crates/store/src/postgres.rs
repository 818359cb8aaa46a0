//! The database of teams: several processes work on it at once.
//!
//! Those that write hold one advisory lock together, and whoever has to be alone holds it alone. Beside that, rows
//! of subjects are locked in the order of their keys.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use postgres::types::ToSql;
use postgres::{Client, Config, Statement};

use crate::error::{Error, Result};
use crate::pool::{Lent, Pool};
use crate::sql::{Column, Database, Manner, Param, Row, Sql, Take, Transaction};
use crate::tls::{self, Tls};

/// Connections at a time. PostgreSQL has a hundred by default, and there may be several of us.
const CONNECTIONS_MAX: usize = 16;
/// So long one waits for a server to take a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// So long one waits for another transaction, as with the embedded database.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// Statements that are kept prepared on a connection.
const STATEMENTS_MAX: usize = 256;
/// The advisory lock of writers, a number that no one else is likely to use.
pub(crate) const WRITERS: i64 = 0x6665_7276_6f72;

/// The advisory lock of whoever has the turn.
const TURN: i64 = WRITERS + 1;

#[derive(Debug)]
pub(crate) struct Postgres {
    config: Config,
    tls: Tls,
    pool: Pool<Connection>,
    turn: Mutex<Option<Waiting>>,
}

/// A connection of its own, on which the turn is waited for and had: the server takes it back when that breaks.
#[derive(Debug)]
struct Waiting {
    connection: Connection,
    has_it: bool,
}

struct Connection {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Postgres {
    pub(crate) fn open(url: &str) -> Result<Self> {
        // The address may hold a password: what is wrong with it is said without it.
        let (url, wish) = tls::wish(url)?;
        let mut config: Config = url.parse().map_err(|_| Error::Address("postgres://...".into()))?;
        config.connect_timeout(PATIENCE).application_name("fervor").ssl_mode(wish.mode);
        let postgres = Self { config, tls: Tls::new(&wish)?, pool: Pool::new(CONNECTIONS_MAX), turn: Mutex::default() };
        postgres.pool.get(|| postgres.connect())?;
        Ok(postgres)
    }

    fn connect(&self) -> Result<Connection> {
        let mut client = self.config.connect(self.tls.clone())?;
        client.batch_execute(&format!("SET lock_timeout = {}", LOCK_PATIENCE.as_millis()))?;
        Ok(Connection { client, statements: HashMap::new() })
    }

    fn begun(&self, begin: &str) -> Result<Lent<'_, Connection>> {
        loop {
            let mut was_idle = true;
            let mut lent = self.pool.get(|| {
                was_idle = false;
                self.connect()
            })?;
            let Err(error) = lent.get().client.batch_execute(begin).map_err(Error::from) else { return Ok(lent) };
            // It may have begun, and a connection in a transaction is of no use to the next.
            lent.throw_away();
            if !was_idle || !matches!(error, Error::Unavailable(_)) {
                return Err(error);
            }
            // The server was stopped and started while the connection was idle, and so were the others.
            self.pool.clear();
        }
    }
}

impl Database for Postgres {
    fn begin(&self, manner: Manner) -> Result<Box<dyn Transaction + '_>> {
        // Whatever the default is: a statement has to see what others committed while it waited for the lock.
        const WRITING: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
        let begin = match manner {
            Manner::Reading => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY".to_owned(),
            Manner::Together => format!("{WRITING}; SELECT pg_advisory_xact_lock_shared({WRITERS})"),
            Manner::Alone => format!("{WRITING}; SELECT pg_advisory_xact_lock({WRITERS})"),
        };
        Ok(Box::new(Begun { lent: Some(self.begun(&begin)?), failed: false }))
    }

    fn turn(&self) -> Result<bool> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = match turn.take() {
            Some(waiting) => waiting,
            None => Waiting { connection: self.connect()?, has_it: false },
        };
        let client = &mut waiting.connection.client;
        match waiting.has_it {
            // Whether it is still there.
            true => client.batch_execute("SELECT 1")?,
            false => waiting.has_it = client.query_one("SELECT pg_try_advisory_lock($1)", &[&TURN])?.try_get(0)?,
        }
        let has_it = waiting.has_it;
        *turn = Some(waiting);
        Ok(has_it)
    }
}

struct Begun<'p> {
    lent: Option<Lent<'p, Connection>>,
    /// Something failed: PostgreSQL would answer a commit kindly, and undo everything.
    failed: bool,
}

impl Begun<'_> {
    fn connection(&mut self) -> &mut Connection {
        self.lent.as_mut().expect("it is there until it is committed").get()
    }

    fn run(&mut self, text: &str, params: &[&(dyn ToSql + Sync)], take: Take<'_>) -> Result<()> {
        let done = self.answer(text, params, take);
        self.failed |= done.is_err();
        done
    }

    fn answer(&mut self, text: &str, params: &[&(dyn ToSql + Sync)], take: Take<'_>) -> Result<()> {
        let Connection { client, statements } = self.connection();
        let statement = match statements.get(text) {
            Some(statement) => statement.clone(),
            None => {
                if statements.len() >= STATEMENTS_MAX {
                    statements.clear();
                }
                let statement = client.prepare(&text.replace('?', "$"))?;
                statements.insert(text.to_owned(), statement.clone());
                statement
            }
        };
        if statement.columns().is_empty() {
            client.execute(&statement, params)?;
            return Ok(());
        }
        for row in client.query(&statement, params)? {
            take(&Row::Postgres(&row))?;
        }
        Ok(())
    }
}

impl Transaction for Begun<'_> {
    fn one(&mut self, sql: Sql<'_>, params: &[Param<'_>], take: Take<'_>) -> Result<()> {
        let params: Vec<&(dyn ToSql + Sync)> = params
            .iter()
            .map(|param| match param {
                Param::Int(value) => value as &(dyn ToSql + Sync),
                Param::MaybeInt(value) => value,
                Param::Text(value) => value,
                Param::MaybeText(value) => value,
            })
            .collect();
        self.run(sql.postgres, &params, take)
    }

    fn many(&mut self, sql: Sql<'_>, params: &[Column<'_>], take: Take<'_>) -> Result<()> {
        if params.first().is_none_or(|column| column.len() == 0) {
            return Ok(());
        }
        let params: Vec<&(dyn ToSql + Sync)> = params
            .iter()
            .map(|column| match column {
                Column::Ints(values) => values as &(dyn ToSql + Sync),
                Column::MaybeInts(values) => values,
                Column::Texts(values) => values,
                Column::MaybeTexts(values) => values,
            })
            .collect();
        self.run(sql.postgres, &params, take)
    }

    fn script(&mut self, text: Sql<'_>) -> Result<()> {
        let done = self.connection().client.batch_execute(text.postgres);
        self.failed |= done.is_err();
        Ok(done?)
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        if self.failed {
            return Err(Error::Broken(crate::sql::FAILED.into()));
        }
        let mut lent = self.lent.take().expect("it is committed once");
        match lent.get().client.batch_execute("COMMIT") {
            Ok(()) => Ok(()),
            Err(error) => {
                let closed = lent.get().client.is_closed() || error.as_db_error().is_none();
                lent.throw_away();
                let error = Error::from(error);
                Err(if closed { Error::InDoubt(error.to_string()) } else { error })
            }
        }
    }

    fn is_postgres(&self) -> bool {
        true
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let Some(mut lent) = self.lent.take() else { return };
        if lent.get().client.batch_execute("ROLLBACK").is_err() {
            lent.throw_away();
        }
    }
}
