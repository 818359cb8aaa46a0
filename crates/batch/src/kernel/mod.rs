//! The same scores as the reference evaluator's, over many more activities.
//!
//! ```text
//! plan      what a model asks
//! feed      activity -> meaning (matched once against all rules) + whose + age   ┐ on all threads,
//! names     an id -> its place in a dictionary                                   │
//! blocks    rows by partition of their contacts, beyond the memory in a file     ┘ while files are read
//! contact   a partition: contacts with their rows in order, duplicates and exclusions decided
//! person    what only a contact and its account decide, remembered by their values
//! fold      rows -> points, rule by rule
//! account   rows and points once more, by account
//! rank      percentiles, bands, labels; opportunities
//! stage     the same over several machines; said: what passes between them about accounts
//! ```
//!
//! What is not about one activity after the other is `rules`' own: see `rules::score::Dimensions`.

mod account;
mod arrow;
mod blocks;
mod columns;
mod contact;
mod feed;
mod fold;
mod meaning;
mod names;
mod partition;
mod people;
mod person;
mod plan;
mod rank;
mod row;
mod said;
mod seen;
mod stage;
mod table;
mod values;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::FixedState;
use rules::day::Day;
use rules::facts::Builder;
use rules::model::{Model, Subject};
use rules::score::Overflown;

pub use arrow::{Layout, Refused};
pub use blocks::SpillError;
pub use columns::text_at;
pub use feed::Feeder;
pub use said::Said;
pub use stage::{Part, Subjects, accounts, finish};
pub use table::{Table, Tables};

use blocks::Blocks;
use feed::Fed;
use meaning::TooMany;
use names::Names;
use people::People;
use plan::Plan;

/// How the kernel works. None of it changes a score.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The date to score as of.
    pub as_of: Day,
    /// How many threads work at a time, at least one.
    pub threads: usize,
    /// How many bytes activities may take in memory before they go to temporary files.
    pub memory: u64,
    /// Where temporary files are.
    pub temp: PathBuf,
    /// What is known of the facts beforehand.
    pub declared: Declared,
    /// What is kept of activities.
    pub keep: Keep,
    /// Keep the result of every category and rule.
    pub details: bool,
}

impl Settings {
    /// One thread, as much memory as it takes, nothing declared, all details.
    pub fn new(as_of: Day) -> Self {
        Self {
            as_of,
            threads: 1,
            memory: u64::MAX,
            temp: std::env::temp_dir(),
            declared: Declared::default(),
            keep: Keep::Needed,
            details: true,
        }
    }
}

/// What is kept of activities, from little to much. Where little does not say which of two activities comes
/// first, [`Problem::Order`] asks for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// What rules look at.
    Needed,
    /// Source and id too, which order what happens at one moment.
    Identity,
    /// All columns, which order what nothing else does.
    All,
}

impl Keep {
    /// What to try if it was not enough.
    pub fn more(self) -> Option<Self> {
        match self {
            Self::Needed => Some(Self::Identity),
            Self::Identity => Some(Self::All),
            Self::All => None,
        }
    }
}

/// What somebody says of facts, so that less has to be done for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// No two activities have the same contact, source and id.
    pub unique_ids: bool,
    /// Activities come in the order of their times.
    pub time_order: bool,
    /// Every contact has a row of its own, in force on the date.
    pub all_contacts: bool,
}

impl Declared {
    /// What can be declared, as it is written in a mapping.
    pub const NAMES: [&str; 3] = ["unique_ids", "time_order", "all_contacts"];

    /// The declaration of a name.
    pub fn named(&mut self, name: &str) -> Option<&mut bool> {
        match name {
            "unique_ids" => Some(&mut self.unique_ids),
            "time_order" => Some(&mut self.time_order),
            "all_contacts" => Some(&mut self.all_contacts),
            _ => None,
        }
    }

    /// What both say.
    pub fn and(self, other: Self) -> Self {
        Self {
            unique_ids: self.unique_ids && other.unique_ids,
            time_order: self.time_order && other.time_order,
            all_contacts: self.all_contacts && other.all_contacts,
        }
    }

    /// What either says.
    pub fn or(self, other: Self) -> Self {
        Self {
            unique_ids: self.unique_ids || other.unique_ids,
            time_order: self.time_order || other.time_order,
            all_contacts: self.all_contacts || other.all_contacts,
        }
    }
}

/// Why there are no scores.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A number leaves the range, in the scores of somebody if that is known: the reference evaluator says where.
    #[error("{}a number leaves the range of ±922,337,203,685,477", whose(.0))]
    Overflow(Option<(Subject, String)>),
    /// What comes first, of two activities of one moment or of two rows of one contact, is told by columns that
    /// were not kept: see [`Keep`].
    #[error("not all columns were kept")]
    Order,
    /// Conditions tell more kinds of activities apart than the kernel has room for.
    #[error("the conditions of the model tell too many kinds of activities apart")]
    Meanings,
    /// Temporary files are of no use.
    #[error(transparent)]
    Spill(#[from] SpillError),
    /// What is said of an account comes from no stage before.
    #[error("what is said of accounts is not what a stage before says: it is garbled, or of another model")]
    Garbled,
    /// A declaration is not true.
    #[error("{0}")]
    Untrue(String),
}

impl Problem {
    /// The same, where it arose in the scores of somebody.
    fn of(self, of: Subject, id: &str) -> Self {
        match self {
            Self::Overflow(None) => Self::Overflow(Some((of, id.to_owned()))),
            other => other,
        }
    }
}

/// The begin of a sentence about somebody.
fn whose(whose: &Option<(Subject, String)>) -> String {
    whose.as_ref().map_or_else(String::new, |(of, id)| format!("{} `{id}`: ", of.word()))
}

impl From<Overflown> for Problem {
    fn from(_: Overflown) -> Self {
        Self::Overflow(None)
    }
}

impl From<TooMany> for Problem {
    fn from(_: TooMany) -> Self {
        Self::Meanings
    }
}

/// Takes facts, from several threads if need be, and then scores.
#[derive(Debug)]
pub struct Kernel<'m> {
    plan: Plan<'m>,
    settings: Settings,
    /// The ids of contacts.
    names: Names,
    marker: FixedState,
    blocks: Blocks,
    people: Mutex<People>,
    others: Mutex<Builder>,
    fed: Mutex<Vec<Fed>>,
    feeders: AtomicUsize,
    passed: AtomicU64,
}

/// What the kernel has found.
#[derive(Debug)]
pub struct Scored {
    /// Everyone's scores.
    pub tables: Tables,
    /// How many activities exist on the date, each identity once.
    pub on_date: u64,
    /// How many exist only later.
    pub later: u64,
    /// How many bytes went to temporary files.
    pub spilled: u64,
}

/// Counts of activities.
#[derive(Debug, Default)]
struct Counts {
    on_date: AtomicU64,
    later: AtomicU64,
}

impl<'m> Kernel<'m> {
    /// For a model, as of a date.
    pub fn new(model: &'m Model, settings: Settings) -> Self {
        Self {
            plan: Plan::new(model, &settings),
            blocks: Blocks::new(settings.memory, settings.temp.clone()),
            people: Mutex::new(People::new(settings.as_of)),
            names: Names::new(),
            marker: names::seeded(),
            others: Mutex::default(),
            fed: Mutex::default(),
            feeders: AtomicUsize::new(0),
            passed: AtomicU64::new(0),
            settings,
        }
    }

    /// Somebody who takes facts on one thread; they count once it is [finished](Feeder::finish).
    pub fn feeder(&self) -> Feeder<'_, 'm> {
        Feeder::new(self, self.feeders.fetch_add(1, Ordering::Relaxed))
    }

    /// The time before which no activity matters beyond that it is there, in microseconds; local clocks are a day
    /// away at most.
    pub(crate) fn horizon(&self) -> Option<i64> {
        let Declared { unique_ids, all_contacts, .. } = self.settings.declared;
        let first = self.plan.horizon().filter(|_| unique_ids && all_contacts)?;
        let days = i64::from(first.since(Day::parse("1970-01-01")?));
        Some((days - 2) * 86_400_000_000)
    }

    /// So many activities are there, all on the date, and matter no more.
    pub(crate) fn pass_over(&self, activities: u64) {
        self.passed.fetch_add(activities, Ordering::Relaxed);
    }

    /// Whether all columns are kept.
    pub(crate) fn keeps_all(&self) -> bool {
        self.settings.keep == Keep::All
    }

    /// Whether rows of contacts contradict one another in columns that were not kept.
    pub fn is_contradicted(&self) -> bool {
        self.people().contradicted
    }

    /// How many contacts are known of, for a progress bar.
    pub fn contacts(&self) -> usize {
        self.names.len()
    }

    /// Scores everyone. `tick` is told how many more contacts are done, from any thread.
    ///
    /// # Errors
    ///
    /// If it cannot say: see [`Problem`].
    pub fn score(self, tick: &(dyn Fn(u64) + Sync)) -> Result<Scored, Problem> {
        partition::score(self, tick)
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
