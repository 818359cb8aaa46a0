//! The database of teams: several processes work on it at once.
//!
//! Those that write hold one advisory lock together, and whoever has to be alone holds it alone. Beside that, rows
//! of subjects are locked in the order of their keys.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_postgres::Config;

use crate::client::{Client, Value};
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
/// The advisory lock of writers, a number that no one else is likely to use.
pub(crate) const WRITERS: i64 = 0x6665_7276_6f72;

/// The advisory lock of whoever has the turn.
const TURN: i64 = WRITERS + 1;

#[derive(Debug)]
pub(crate) struct Postgres {
    config: Config,
    tls: Tls,
    pool: Pool<Client>,
    turn: Mutex<Option<Waiting>>,
}

/// A connection of its own, on which the turn is waited for and had: the server takes it back when that breaks.
#[derive(Debug)]
struct Waiting {
    client: Client,
    has_it: bool,
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

    fn connect(&self) -> Result<Client> {
        let connected = Client::connect(&self.config, self.tls.clone());
        let mut client = connected.map_err(|error| Error::Unavailable(error.to_string()))??;
        client.script(&format!("SET lock_timeout = {}", LOCK_PATIENCE.as_millis()))?;
        Ok(client)
    }

    fn begun(&self, begin: &str) -> Result<Lent<'_, Client>> {
        loop {
            let mut was_idle = true;
            let mut lent = self.pool.get(|| {
                was_idle = false;
                self.connect()
            })?;
            let Err(error) = lent.get().script(begin).map_err(Error::from) else { return Ok(lent) };
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
            None => Waiting { client: self.connect()?, has_it: false },
        };
        let client = &mut waiting.client;
        match waiting.has_it {
            // Whether it is still there.
            true => client.script("SELECT 1")?,
            false => {
                let statement = client.prepared("SELECT pg_try_advisory_lock(?1)")?;
                let answer = client.ask(&statement, &[Box::new(TURN)])?;
                waiting.has_it = answer.first().is_some_and(|row| row.get(0));
            }
        }
        let has_it = waiting.has_it;
        *turn = Some(waiting);
        Ok(has_it)
    }
}

struct Begun<'p> {
    lent: Option<Lent<'p, Client>>,
    /// Something failed: PostgreSQL would answer a commit kindly, and undo everything.
    failed: bool,
}

impl Begun<'_> {
    fn client(&mut self) -> &mut Client {
        self.lent.as_mut().expect("it is there until it is committed").get()
    }

    fn run(&mut self, text: &str, params: Vec<Value>, rows: usize, take: Take<'_>) -> Result<()> {
        let done = self.answer(text, params, rows, take);
        self.failed |= done.is_err();
        done
    }

    fn answer(&mut self, text: &str, params: Vec<Value>, rows: usize, take: Take<'_>) -> Result<()> {
        let client = self.client();
        let statement = client.prepared(text)?;
        if statement.columns().is_empty() {
            return Ok(client.tell(statement, params, rows)?);
        }
        for row in client.ask(&statement, &params)? {
            take(&Row::Postgres(&row))?;
        }
        Ok(())
    }
}

impl Transaction for Begun<'_> {
    fn one(&mut self, sql: Sql<'_>, params: &[Param<'_>], take: Take<'_>) -> Result<()> {
        let params = params.iter().map(|param| match *param {
            Param::Int(value) => Box::new(value) as Value,
            Param::MaybeInt(value) => Box::new(value),
            Param::Text(value) => Box::new(value.to_owned()),
            Param::MaybeText(value) => Box::new(value.map(str::to_owned)),
        });
        self.run(sql.postgres, params.collect(), 1, take)
    }

    fn many(&mut self, sql: Sql<'_>, params: &[Column<'_>], take: Take<'_>) -> Result<()> {
        let rows = params.first().map_or(0, Column::len);
        if rows == 0 {
            return Ok(());
        }
        let owned = |text: &&str| (*text).to_owned();
        let params = params.iter().map(|column| match column {
            Column::Ints(values) => Box::new(values.clone()) as Value,
            Column::MaybeInts(values) => Box::new(values.clone()),
            Column::Texts(values) => Box::new(values.iter().map(owned).collect::<Vec<String>>()),
            Column::MaybeTexts(values) => {
                Box::new(values.iter().map(|text| text.as_ref().map(owned)).collect::<Vec<Option<String>>>())
            }
        });
        self.run(sql.postgres, params.collect(), rows, take)
    }

    fn script(&mut self, text: Sql<'_>) -> Result<()> {
        let done = self.client().script(text.postgres);
        self.failed |= done.is_err();
        Ok(done?)
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        if self.failed {
            return Err(Error::Broken(crate::sql::FAILED.into()));
        }
        let mut lent = self.lent.take().expect("it is committed once");
        let Err(error) = lent.get().script("COMMIT") else { return Ok(()) };
        let closed = lent.get().is_closed() || error.as_db_error().is_none();
        lent.throw_away();
        let error = Error::from(error);
        Err(if closed { Error::InDoubt(error.to_string()) } else { error })
    }

    fn is_postgres(&self) -> bool {
        true
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let Some(mut lent) = self.lent.take() else { return };
        lent.get().forget();
        if lent.get().script("ROLLBACK").is_err() {
            lent.throw_away();
        }
    }
}
