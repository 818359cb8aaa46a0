//! What was asked of the database a moment ago: who asks again and again is not looked up each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rules::day::Instant;

/// So long something is believed in without a look at the database, in microseconds: how long a key that was revoked,
/// or a session that was ended, may still work in another process.
const BELIEVED: i64 = 5_000_000;
/// So many are remembered at a time.
const REMEMBERED_MAX: usize = 10_000;

/// What is known by id, and since when.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Mutex<HashMap<String, (T, Instant)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Remembered<T> {
    fn all(&self) -> MutexGuard<'_, HashMap<String, (T, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered and still believed in.
    pub(crate) fn recall(&self, id: &str, now: Instant) -> Option<T> {
        let all = self.all();
        let (known, since) = all.get(id)?;
        (0..BELIEVED).contains(&(now.0 - since.0)).then(|| known.clone())
    }

    /// What is remembered, or else what is found.
    pub(crate) fn get_or<E>(&self, id: &str, now: Instant, find: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if let Some(known) = self.recall(id, now) {
            return Ok(known);
        }
        let found = find()?;
        let mut all = self.all();
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
        all.insert(id.to_owned(), (found.clone(), now));
        Ok(found)
    }

    pub(crate) fn forget(&self, id: &str) {
        self.all().remove(id);
    }

    pub(crate) fn forget_all(&self) {
        self.all().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_believed_for_five_seconds() {
        let remembered = Remembered::default();
        let at = |micros| Instant::new(micros).unwrap();
        let get = |now, value| remembered.get_or("a", at(now), || Ok::<_, ()>(value)).unwrap();
        assert_eq!(get(0, 1), 1);
        assert_eq!(get(4_999_999, 2), 1);
        assert_eq!(get(5_000_000, 3), 3);
        // A clock that goes back is no reason to believe.
        assert_eq!(get(4_000_000, 4), 4);
        remembered.forget("a");
        assert_eq!(remembered.recall("a", at(4_000_001)), None);
    }
}
