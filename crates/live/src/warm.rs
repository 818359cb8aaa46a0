//! Persons of whom the last thing is remembered: what their activities gave so far, so that one more can be added
//! without reading those before.
//!
//! What is remembered is believed only if nobody has written the person since (its revision says so), under the same
//! versions of the model, on the same day, and as long as these look at the same beside contacts. Whatever is not quite simple is done the long way.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rules::day::Day;
use rules::facts::Facts;
use rules::score::Running;
use store::standing::Standing;
use store::subject::Key;

use crate::models::Version;

/// Bytes that may be remembered, unless it is said otherwise.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// About the bytes of a short text that is shared.
const NAME: usize = 32;
/// About the bytes of a small tree of names.
const NODE: usize = 300;

/// What is remembered of a person.
#[derive(Debug)]
pub(crate) struct Warm {
    /// How often the person had been written.
    pub(crate) revision: i64,
    /// How often it had changed what is looked at beside contacts.
    pub(crate) turn: i64,
    /// Its facts without activities.
    pub(crate) ground: Facts,
    /// The accounts that its facts name.
    pub(crate) accounts: BTreeMap<Arc<str>, Key>,
    /// When it has to be looked at again.
    pub(crate) next_day: Option<Day>,
    /// Under each version of the model how it stands, and what its activities gave.
    pub(crate) under: Vec<Under>,
    /// Stand-ins for the identities of its activities: one that is not here is new.
    marks: HashSet<u64>,
}

/// A person of whom it is known how it stands under one more version.
#[derive(Debug)]
pub(crate) struct Extended {
    pub(crate) key: Key,
    /// How often it had been written before, and has been now.
    pub(crate) revision: (i64, i64),
    pub(crate) next_day: Option<Day>,
    pub(crate) under: Under,
}

/// How a person stands under a version.
#[derive(Debug)]
pub(crate) struct Under {
    pub(crate) version: Arc<Version>,
    pub(crate) running: Running,
    pub(crate) standings: BTreeMap<i64, Standing>,
}

impl Warm {
    /// Notes an identity, and says whether it is certainly new.
    pub(crate) fn is_new(&mut self, mark: u64) -> bool {
        self.marks.insert(mark)
    }

    /// About so many bytes, with its place among the others and its name.
    fn bytes(&self) -> usize {
        let under: usize = self.under.iter().map(Under::bytes).sum();
        let accounts = if self.accounts.is_empty() { 0 } else { NODE + self.accounts.len() * NAME };
        let place = (size_of::<(Key, (Self, u64))>() + size_of::<(Arc<str>, Key)>()) * 3 / 2 + NAME;
        // A table is half empty when it has just grown.
        place + self.ground.bytes() + accounts + under + self.marks.capacity() * size_of::<u64>() * 3 / 2
    }
}

impl Under {
    fn bytes(&self) -> usize {
        let room = 11 * size_of::<(i64, Standing)>() + 32;
        let standings = self.standings.len().div_ceil(7) * room;
        let details: usize = self.standings.values().map(|standing| standing.detail.len() + NAME).sum();
        size_of::<Self>() + self.running.bytes() + standings + details
    }
}

/// Everybody who is remembered.
#[derive(Debug)]
pub(crate) struct Cache {
    state: Mutex<State>,
    bytes_max: AtomicUsize,
    remembered: AtomicU64,
    read: AtomicU64,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct State {
    persons: HashMap<Key, (Warm, u64)>,
    /// How they are called.
    keys: HashMap<Arc<str>, Key>,
    bytes: usize,
    tick: u64,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            bytes_max: AtomicUsize::new(BYTES_MAX),
            remembered: AtomicU64::new(0),
            read: AtomicU64::new(0),
            hasher: RandomState::new(),
        }
    }
}

impl Cache {
    /// So many bytes may be remembered from now on.
    pub(crate) fn grow(&self, bytes: usize) {
        self.bytes_max.store(bytes, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many took in what was new, and of so many everything had to be read.
    pub(crate) fn count(&self, remembered: usize, read: usize) {
        self.remembered.fetch_add(remembered as u64, Ordering::Relaxed);
        self.read.fetch_add(read as u64, Ordering::Relaxed);
    }

    /// How many of both there were so far.
    pub(crate) fn counted(&self) -> (u64, u64) {
        (self.remembered.load(Ordering::Relaxed), self.read.load(Ordering::Relaxed))
    }

    /// What stands for an identity.
    pub(crate) fn mark(&self, source: Option<&Arc<str>>, id: &str) -> u64 {
        self.hasher.hash_one((source.map(|source| &**source), id))
    }

    /// Begins to remember a person.
    pub(crate) fn begin(
        &self,
        ground: Facts,
        accounts: BTreeMap<Arc<str>, Key>,
        next_day: Option<Day>,
        under: Vec<Under>,
        marks: impl Iterator<Item = u64>,
    ) -> Warm {
        Warm { revision: 0, turn: 0, ground, accounts, next_day, under, marks: marks.collect() }
    }

    /// What is said of persons, by key: those who are remembered.
    pub(crate) fn keys<'i, T>(&self, said: BTreeMap<&'i str, T>) -> BTreeMap<Key, (&'i str, T)> {
        let state = self.state();
        let known = said.into_iter().filter_map(|(id, what)| Some((*state.keys.get(id)?, (id, what))));
        known.filter(|(key, _)| state.persons.contains_key(key)).collect()
    }

    /// Remembers a person no longer.
    pub(crate) fn forget(&self, id: &str) {
        let mut state = self.state();
        let gone = state.keys.remove(id).and_then(|key| state.persons.remove(&key));
        state.bytes -= gone.map_or(0, |(warm, _)| warm.bytes()).min(state.bytes);
    }

    /// Takes what is remembered of a person out, if it is still so.
    pub(crate) fn take(&self, key: Key, revision: i64, turn: i64, versions: &[(i64, Day)]) -> Option<Warm> {
        let mut state = self.state();
        let (mut warm, _) = state.persons.remove(&key)?;
        state.bytes -= warm.bytes().min(state.bytes);
        drop(state);
        if (warm.revision, warm.turn) != (revision, turn) {
            return None;
        }
        // Of a version that is in force no more nothing is to be known.
        let is_wanted = |under: &Under| versions.contains(&(under.version.number, under.running.as_of()));
        warm.under.retain(is_wanted);
        (warm.under.len() == versions.len()).then_some(warm)
    }

    /// Whether a person is remembered as it is.
    pub(crate) fn holds(&self, key: Key, revision: i64) -> bool {
        self.state().persons.get(&key).is_some_and(|(warm, _)| warm.revision == revision)
    }

    /// Remembers of a person how it stands under one more version, unless it was written meanwhile, or that version
    /// looks at more than is remembered.
    pub(crate) fn extend(&self, Extended { key, revision: (before, after), next_day, under }: Extended, turn: i64) {
        let mut state = self.state();
        let is_so = |warm: &Warm| (warm.revision, warm.turn) == (before, turn);
        let Some((warm, _)) = state.persons.get_mut(&key).filter(|(warm, _)| is_so(warm)) else { return };
        let bytes = warm.bytes();
        warm.under.retain(|one| one.version.number != under.version.number);
        warm.under.push(under);
        (warm.revision, warm.next_day) = (after, next_day);
        let more = warm.bytes().saturating_sub(bytes);
        state.bytes += more;
    }

    /// Remembers a person as it was written last.
    pub(crate) fn put(&self, key: Key, id: &Arc<str>, warm: Warm) {
        let mut state = self.state();
        state.keys.insert(id.clone(), key);
        state.tick += 1;
        let tick = state.tick;
        state.bytes += warm.bytes();
        if let Some((old, _)) = state.persons.insert(key, (warm, tick)) {
            state.bytes -= old.bytes().min(state.bytes);
        }
        if state.bytes > self.bytes_max.load(Ordering::Relaxed) {
            state.forget_half();
        }
    }
}

impl State {
    /// Those who were written longest ago.
    fn forget_half(&mut self) {
        let mut ticks: Vec<u64> = self.persons.values().map(|(_, tick)| *tick).collect();
        let middle = ticks.len() / 2;
        let (_, median, _) = ticks.select_nth_unstable(middle);
        let median = *median;
        self.persons.retain(|_, (_, tick)| *tick > median);
        let persons = &self.persons;
        self.keys.retain(|_, key| persons.contains_key(key));
        self.bytes = self.persons.values().map(|(warm, _)| warm.bytes()).sum();
    }
}
