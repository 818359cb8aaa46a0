//! How far threads may run ahead of what has been told: what waits to be told has room for so much.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Where threads wait while too much of theirs has not been told yet. Whoever works at the task whose turn it is
/// waits for what it said itself alone, so that somebody can always go on.
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
    /// So many bytes may wait of the task whose turn it is, and as many of all others.
    room: usize,
}

#[derive(Default)]
struct State {
    /// The task that is told now.
    turn: usize,
    /// How many bytes wait to be told, by task.
    waiting: BTreeMap<usize, usize>,
    /// The most that ever waited.
    most: usize,
    stopped: bool,
}

impl State {
    /// How much waits that a task has to wait for.
    fn before(&self, task: usize) -> usize {
        let of_turn = self.waiting.get(&self.turn).copied().unwrap_or(0);
        if task == self.turn { of_turn } else { self.waiting.values().sum::<usize>() - of_turn }
    }
}

impl Gate {
    /// With room for so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), room }
    }

    /// Waits until there is room for something of a task, or nothing else in it. Answers whether to go on.
    pub(super) fn enter(&self, task: usize, bytes: usize) -> bool {
        let has_no_room = |state: &mut State| {
            let before = state.before(task);
            !state.stopped && bytes > 0 && before > 0 && before + bytes > self.room
        };
        let state = self.changed.wait_while(self.state(), has_no_room);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        if bytes > 0 {
            *state.waiting.entry(task).or_default() += bytes;
            state.most = state.most.max(state.waiting.values().sum());
        }
        !state.stopped
    }

    /// So much of the task whose turn it is has been told.
    pub(super) fn told(&self, bytes: usize) {
        let mut state = self.state();
        let turn = state.turn;
        if let Some(waiting) = state.waiting.get_mut(&turn) {
            *waiting = waiting.saturating_sub(bytes);
        }
        self.changed.notify_all();
    }

    /// It is the turn of the next task.
    pub(super) fn next(&self) {
        let mut state = self.state();
        let turn = state.turn;
        state.waiting.remove(&turn);
        state.turn += 1;
        self.changed.notify_all();
    }

    /// Nobody is to go on.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
    }

    /// Whether nobody is to go on.
    pub(super) fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// The most bytes that ever waited.
    #[cfg(test)]
    pub(super) fn most(&self) -> usize {
        self.state().most
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops everybody if its thread panics, so that the panic comes to light.
pub(super) struct Alarm<'g>(pub(super) &'g Gate);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}
