//! Imports that wait for their turn, and where their files lie meanwhile.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use batch::source::Source;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::draft::Drafts;
use super::job::Job;

/// Imports that wait at a time, in one process.
const WAITING_MAX: usize = 10;
/// Files that are being sent at a time.
const SENDING_MAX: usize = 4;
/// How the folder of a process begins, and the file in it that says that the process lives.
const FOLDER: &str = "fervor-imports-";
const ALIVE: &str = "alive";

/// An import that is to be run.
pub(crate) struct Order {
    pub(crate) job: Job,
    pub(crate) sources: Vec<Source>,
    pub(crate) digests: BTreeMap<PathBuf, String>,
    /// It is gone with the order, and the files with it.
    pub(crate) folder: TempDir,
}

/// Rows that were imported since the process began.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) accepted: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) refused: AtomicU64,
}

/// All imports of this process.
pub(crate) struct Imports {
    /// Bytes of a request, at most.
    pub(crate) most: u64,
    pub(crate) sending: Semaphore,
    pub(crate) rows: Rows,
    pub(crate) drafts: Drafts,
    /// Nothing where there can be no folder; a service without imports is a service all the same.
    home: Option<Home>,
    line: Mutex<Line>,
    arrived: Condvar,
}

/// The folder of a process.
struct Home {
    folder: TempDir,
    /// Locked for as long as the process lives.
    _alive: File,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Order>,
    /// Those that are to be undone.
    undoing: VecDeque<Job>,
    /// The one whose turn it is.
    running: Option<String>,
    /// Those that somebody wants to end.
    unwanted: BTreeSet<String>,
}

impl Imports {
    /// Makes a folder for files below another one, and removes those of processes that are gone.
    pub(crate) fn open(below: &Path, most: u64) -> Self {
        sweep(below);
        let home = Home::below(below).inspect_err(|error| {
            tracing::warn!(%error, folder = %below.display(), "files cannot be imported: name another --import-dir");
        });
        Self {
            most,
            sending: Semaphore::new(SENDING_MAX),
            rows: Rows::default(),
            drafts: Drafts::default(),
            home: home.ok(),
            line: Mutex::default(),
            arrived: Condvar::new(),
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A folder for the files of one import.
    ///
    /// # Errors
    ///
    /// If there can be none.
    pub(crate) fn folder(&self) -> io::Result<TempDir> {
        let home = self.home.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?;
        tempfile::tempdir_in(home.folder.path())
    }

    /// Whether there is no room for another one.
    pub(crate) fn is_full(&self) -> bool {
        self.line().waiting.len() >= WAITING_MAX
    }

    /// How many wait or run.
    pub(crate) fn count(&self) -> usize {
        let line = self.line();
        line.waiting.len() + usize::from(line.running.is_some())
    }

    pub(crate) fn push(&self, order: Order) {
        self.line().waiting.push_back(order);
        self.arrived.notify_one();
    }

    /// An import is to be undone.
    pub(crate) fn undo(&self, job: Job) {
        self.line().undoing.push_back(job);
    }

    /// The next one that is to be undone.
    pub(crate) fn next_undo(&self) -> Option<Job> {
        self.line().undoing.pop_front()
    }

    /// What waits to be undone, to be told that it still does.
    pub(crate) fn to_be_undone(&self) -> Vec<Job> {
        self.line().undoing.iter().cloned().collect()
    }

    /// The next one, if one comes within a moment.
    pub(crate) fn next(&self, patience: Duration) -> Option<Order> {
        let is_idle = |line: &mut Line| line.waiting.is_empty();
        let (mut line, _) =
            self.arrived.wait_timeout_while(self.line(), patience, is_idle).unwrap_or_else(PoisonError::into_inner);
        let order = line.waiting.pop_front();
        line.running = order.as_ref().map(|order| order.job.id.clone());
        order
    }

    pub(crate) fn done(&self, id: &str) {
        let mut line = self.line();
        line.running = None;
        line.unwanted.remove(id);
    }

    /// What waits, to be told that it still does.
    pub(crate) fn waiting(&self) -> Vec<Job> {
        self.line().waiting.iter().map(|order| order.job.clone()).collect()
    }

    /// Somebody wants an import to end.
    pub(crate) fn cancel(&self, id: &str) {
        let mut line = self.line();
        if line.running.as_deref() == Some(id) || line.waiting.iter().any(|order| order.job.id == id) {
            line.unwanted.insert(id.to_owned());
        }
    }

    pub(crate) fn is_unwanted(&self, id: &str) -> bool {
        self.line().unwanted.contains(id)
    }

    /// Nobody needs to know any more that an import was to end.
    pub(crate) fn forget(&self, id: &str) {
        self.line().unwanted.remove(id);
    }

    /// Takes those out of the line that were to end before their turn came.
    pub(crate) fn take_unwanted(&self) -> Vec<Order> {
        let mut line = self.line();
        let (gone, left) = std::mem::take(&mut line.waiting)
            .into_iter()
            .partition::<VecDeque<_>, _>(|order| line.unwanted.contains(&order.job.id));
        line.waiting = left;
        gone.into()
    }
}

impl Home {
    fn below(below: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(FOLDER).tempdir_in(below)?;
        let alive = File::create(folder.path().join(ALIVE))?;
        alive.lock()?;
        Ok(Self { folder, _alive: alive })
    }
}

/// Removes the folders of processes that did not end by themselves.
fn sweep(below: &Path) {
    for entry in below.read_dir().into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(FOLDER) {
            continue;
        }
        let Ok(alive) = File::open(entry.path().join(ALIVE)) else { continue };
        // Who begins at this moment has not locked it yet.
        let is_new = alive
            .metadata()
            .and_then(|file| file.modified())
            .map_or(true, |at| at.elapsed().is_ok_and(|age| age < Duration::from_secs(60)));
        if !is_new && alive.try_lock().is_ok() {
            let _removed = std::fs::remove_dir_all(entry.path());
        }
    }
}
