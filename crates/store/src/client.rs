//! A connection to PostgreSQL, for one thread. What is only told is sent along with what is asked next: a transaction
//! that writes five tables and is committed waits for the server once, and not six times.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Error, Row, Statement};

use crate::tls::Tls;

/// Statements that are kept prepared.
const STATEMENTS_MAX: usize = 256;
/// Rows that are told before their answers are waited for: they are held until then.
const TOLD_MAX: usize = 1_000;
/// So long a server is waited for to hear that nothing more comes.
const FAREWELL: Duration = Duration::from_secs(1);

/// A parameter of a statement.
pub(crate) type Value = Box<dyn ToSql + Sync + Send>;

type Answer = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

pub(crate) struct Client {
    runtime: Runtime,
    /// There until the end.
    inner: Option<Arc<tokio_postgres::Client>>,
    driver: JoinHandle<Result<(), Error>>,
    statements: HashMap<String, Statement>,
    told: Vec<Answer>,
    told_rows: usize,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn connect(config: &Config, tls: Tls) -> std::io::Result<Result<Self, Error>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (inner, connection) = match runtime.block_on(config.connect(tls)) {
            Ok(connected) => connected,
            Err(error) => return Ok(Err(error)),
        };
        let driver = runtime.spawn(connection);
        let (statements, told) = (HashMap::new(), Vec::new());
        Ok(Ok(Self { runtime, inner: Some(Arc::new(inner)), driver, statements, told, told_rows: 0 }))
    }

    fn inner(&self) -> Arc<tokio_postgres::Client> {
        self.inner.clone().expect("it is there until the end")
    }

    /// Whether the server is gone, as far as anybody has noticed.
    pub(crate) fn is_closed(&self) -> bool {
        self.inner().is_closed()
    }

    /// Runs several statements as they stand.
    pub(crate) fn script(&mut self, text: &str) -> Result<(), Error> {
        let inner = self.inner();
        self.wait(inner.batch_execute(text))
    }

    /// A statement, prepared.
    pub(crate) fn prepared(&mut self, text: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        let inner = self.inner();
        let statement = self.wait(inner.prepare(&text.replace('?', "$")))?;
        self.statements.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Runs a statement, and waits for its rows.
    pub(crate) fn ask(&mut self, statement: &Statement, params: &[Value]) -> Result<Vec<Row>, Error> {
        let inner = self.inner();
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| &**param as &(dyn ToSql + Sync)).collect();
        self.wait(inner.query(statement, &params))
    }

    /// Runs a statement that answers nothing, for so many rows. Whether it was well comes out with what is asked next.
    pub(crate) fn tell(&mut self, statement: Statement, params: Vec<Value>, rows: usize) -> Result<(), Error> {
        let inner = self.inner();
        let mut answer: Answer = Box::pin(async move { inner.execute_raw(&statement, params).await.map(|_| ()) });
        // Statements are run in the order in which they are polled first.
        if let Poll::Ready(answer) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return answer;
        }
        self.told.push(answer);
        self.told_rows += rows;
        match self.told_rows > TOLD_MAX {
            true => self.wait(async { Ok(()) }),
            false => Ok(()),
        }
    }

    /// Forgets what was told: somebody else says whether it was well.
    pub(crate) fn forget(&mut self) {
        self.told.clear();
        self.told_rows = 0;
    }

    /// Waits for an answer, and for all before it, of which the first that is not well is given.
    fn wait<T>(&mut self, asked: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let told = std::mem::take(&mut self.told);
        self.told_rows = 0;
        let told = async {
            for one in told {
                one.await?;
            }
            Ok(())
        };
        // In this order: what comes after a mistake only says that there was one.
        self.runtime.block_on(async { tokio::try_join!(biased; told, asked) }).map(|((), answer)| answer)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.forget();
        self.statements.clear();
        self.inner = None;
        let driver = &mut self.driver;
        // A server that does not listen has gone, or finds out by itself.
        let _gone = self.runtime.block_on(async { tokio::time::timeout(FAREWELL, driver).await });
    }
}
