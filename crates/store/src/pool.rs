//! Connections that wait to be used again, at most so many of them. Who came first is served first: somebody who writes
//! one transaction after the other would else leave nothing to those who write now and then.

use std::collections::VecDeque;
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
    /// Who waits, by number, the first first.
    waiting: VecDeque<u64>,
    /// The number of who comes next.
    next: u64,
}

impl<T> Pool<T> {
    pub(crate) fn new(most: usize) -> Self {
        let state = State { idle: Vec::new(), room: most, waiting: VecDeque::new(), next: 0 };
        Self { state: Mutex::new(state), returned: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection, or a new one.
    pub(crate) fn get(&self, open: impl FnOnce() -> Result<T>) -> Result<Lent<'_, T>> {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.waiting.push_back(number);
        let must_wait =
            |state: &mut State<T>| state.waiting.front() != Some(&number) || (state.idle.is_empty() && state.room == 0);
        let waited = self.returned.wait_timeout_while(state, PATIENCE, must_wait);
        let (mut state, late) = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting.retain(|waiting| *waiting != number);
        // There may be one for the next as well.
        self.returned.notify_all();
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
        // It is one of them that may go on, and nobody knows which is woken.
        self.pool.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn who_came_first_is_served_first() {
        let pool: Pool<()> = Pool::new(1);
        for _ in 0..20 {
            let held = pool.get(|| Ok(())).unwrap();
            let is_served = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let _held = pool.get(|| Ok(())).unwrap();
                    is_served.store(true, Ordering::Release);
                });
                while pool.state().waiting.is_empty() {
                    std::thread::yield_now();
                }
                drop(held);
                // Who comes back at once comes after who waits.
                let _again = pool.get(|| Ok(())).unwrap();
                assert!(is_served.load(Ordering::Acquire));
            });
        }
    }

    #[test]
    fn there_are_at_most_so_many_and_a_thrown_away_one_makes_room() {
        let pool: Pool<u32> = Pool::new(2);
        let one = pool.get(|| Ok(1)).unwrap();
        let other = pool.get(|| Ok(2)).unwrap();
        drop(other);
        assert_eq!(*pool.get(|| Ok(3)).unwrap().get(), 2);
        one.throw_away();
        let mut idle = pool.get(|| Ok(3)).unwrap();
        assert_eq!(*idle.get(), 2);
        assert_eq!(*pool.get(|| Ok(4)).unwrap().get(), 4);
        assert!(pool.get(|| Err(Error::Unavailable("no".into()))).is_ok(), "the one that was given back");
        drop(idle);
    }
}
