//! A database that fails on demand, for tests: between any two statements, and before or after a commit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Store;
use crate::error::{Error, Result};
use crate::sql::{Column, Database, Manner, Param, Sql, Take, Transaction};

/// When a database fails, and how.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<State>>);

/// What fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Nothing works from then on, until [`Faults::recover`].
    pub is_lasting: bool,
    /// Where it is a commit that fails: whether it is done all the same, and only its answer lost.
    pub is_done: bool,
}

#[derive(Debug, Default)]
struct State {
    /// So many statements still work, and then one fails.
    left: Option<usize>,
    /// Only commits are counted.
    only_commits: bool,
    fault: Fault,
    is_down: bool,
    has_struck: bool,
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets so many statements pass, commits among them, and the next one fail.
    pub fn after(&self, statements: usize, fault: Fault) {
        *self.state() = State { left: Some(statements), fault, ..State::default() };
    }

    /// Lets so many commits pass, and the next one fail.
    pub fn after_commits(&self, commits: usize, fault: Fault) {
        *self.state() = State { left: Some(commits), only_commits: true, fault, ..State::default() };
    }

    /// Nothing fails any more; says whether anything did since the fault was asked for.
    pub fn recover(&self) -> bool {
        std::mem::take(&mut *self.state()).has_struck
    }

    /// Whether something fails now, and how.
    fn strikes(&self, is_commit: bool) -> Option<Fault> {
        let mut state = self.state();
        if state.is_down {
            return Some(Fault { is_lasting: true, is_done: false });
        }
        if state.only_commits && !is_commit {
            return None;
        }
        let left = state.left?;
        state.left = left.checked_sub(1);
        if left > 0 {
            return None;
        }
        state.is_down = state.fault.is_lasting;
        state.has_struck = true;
        Some(state.fault)
    }

    fn pass(&self) -> Result<()> {
        match self.strikes(false) {
            None => Ok(()),
            Some(Fault { is_lasting: false, is_done: false }) => Err(Error::Contended("a fault of a test".into())),
            Some(_) => Err(Error::Unavailable("a fault of a test".into())),
        }
    }
}

impl Store {
    /// The same, but it fails when it is told to.
    #[must_use]
    pub fn failing(self, faults: &Faults) -> Self {
        Self { database: Box::new(Failing { inner: self.database, faults: faults.clone() }) }
    }
}

#[derive(Debug)]
struct Failing {
    inner: Box<dyn Database>,
    faults: Faults,
}

impl Database for Failing {
    fn begin(&self, manner: Manner) -> Result<Box<dyn Transaction + '_>> {
        self.faults.pass()?;
        Ok(Box::new(Begun { inner: self.inner.begin(manner)?, faults: &self.faults }))
    }

    fn tidy(&self) -> Result<()> {
        self.inner.tidy()
    }

    fn scrub(&self) -> Result<bool> {
        self.inner.scrub()
    }
}

struct Begun<'f> {
    inner: Box<dyn Transaction + 'f>,
    faults: &'f Faults,
}

impl Transaction for Begun<'_> {
    fn one(&mut self, sql: Sql<'_>, params: &[Param<'_>], take: Take<'_>) -> Result<()> {
        self.faults.pass()?;
        self.inner.one(sql, params, take)
    }

    fn many(&mut self, sql: Sql<'_>, params: &[Column<'_>], take: Take<'_>) -> Result<()> {
        self.faults.pass()?;
        self.inner.many(sql, params, take)
    }

    fn script(&mut self, text: Sql<'_>) -> Result<()> {
        self.faults.pass()?;
        self.inner.script(text)
    }

    fn commit(self: Box<Self>) -> Result<()> {
        match self.faults.strikes(true) {
            None => self.inner.commit(),
            Some(fault) => {
                if fault.is_done {
                    self.inner.commit()?;
                }
                match fault {
                    Fault { is_lasting: false, is_done: false } => Err(Error::Contended("a fault of a test".into())),
                    _ => Err(Error::InDoubt("a fault of a test".into())),
                }
            }
        }
    }

    fn is_postgres(&self) -> bool {
        self.inner.is_postgres()
    }
}
