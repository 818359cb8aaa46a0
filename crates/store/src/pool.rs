//! Connections that wait to be used again, at most so many of them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};

/// So long one waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Pool<T> {
    state: Mutex<State<T>>,
    returned: Condvar,
}

#[derive(Debug)]
struct State<T> {
    idle: Vec<T>,
    /// How many more may be opened.
    room: usize,
}

impl<T> Pool<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { state: Mutex::new(State { idle: Vec::new(), room: most }), returned: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection, or a new one.
    pub(crate) fn get(&self, open: impl FnOnce() -> Result<T>) -> Result<Lent<'_, T>> {
        let none = |state: &mut State<T>| state.idle.is_empty() && state.room == 0;
        let waited = self.returned.wait_timeout_while(self.state(), PATIENCE, none);
        let (mut state, late) = waited.unwrap_or_else(PoisonError::into_inner);
        if late.timed_out() {
            return Err(Error::Unavailable("all connections are busy".into()));
        }
        if let Some(idle) = state.idle.pop() {
            return Ok(Lent { pool: self, inner: Some(idle) });
        }
        state.room -= 1;
        drop(state);
        // From here on the place is given back whatever happens.
        let mut lent = Lent { pool: self, inner: None };
        lent.inner = Some(open()?);
        Ok(lent)
    }

    /// Forgets those that are idle.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        let idle = std::mem::take(&mut state.idle);
        state.room += idle.len();
        drop(state);
        self.returned.notify_all();
        // They say goodbye here, where nobody waits for it.
        drop(idle);
    }
}

/// A connection in use.
#[derive(Debug)]
pub(crate) struct Lent<'p, T> {
    pool: &'p Pool<T>,
    inner: Option<T>,
}

impl<T> Lent<'_, T> {
    pub(crate) fn get(&mut self) -> &mut T {
        self.inner.as_mut().expect("it is there until it is thrown away")
    }

    /// It is of no more use.
    pub(crate) fn throw_away(mut self) {
        self.inner = None;
    }
}

impl<T> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        match self.inner.take() {
            Some(inner) => state.idle.push(inner),
            None => state.room += 1,
        }
        drop(state);
        self.pool.returned.notify_one();
    }
}
