//! What is known of an import: a document that the process that runs it renews every second, and all can read.

use std::collections::BTreeMap;

use live::error::Result;
use live::service::Service;
use rules::day::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::Manner;
use store::keep::Document;

use super::rejects;
use super::undo::{self, Undo};

/// So long rows are shown of files that were only tried out, in microseconds: a day.
const SAMPLES_KEPT: i64 = 86_400_000_000;
/// The kinds of documents that hold imports, and wishes to end one.
const JOB: &str = "import";
const CANCEL: &str = "import-cancel";
/// So long a wish to end an import is kept, in microseconds: a day.
const WISH_KEPT: i64 = 86_400_000_000;
/// So long after its last sign an import is believed to go on, in microseconds.
const STALE: i64 = 20_000_000;

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    #[default]
    Waiting,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// A file that was sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) name: String,
    /// What its rows are about; nothing where a mapping says it.
    pub(crate) kind: Option<String>,
    pub(crate) bytes: u64,
}

/// An import.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Job {
    #[serde(skip)]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) by: String,
    pub(crate) state: State,
    /// Everything is read and judged, and nothing stored.
    pub(crate) dry_run: bool,
    pub(crate) files: Vec<Sent>,
    pub(crate) created_at: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    /// When somebody last worked at it.
    pub(crate) seen_at: i64,
    pub(crate) bytes_total: u64,
    pub(crate) bytes_read: u64,
    pub(crate) rows: u64,
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    /// What was not taken, by reason.
    pub(crate) refused: BTreeMap<String, u64>,
    /// How many rows that were not taken are kept, and in how many documents.
    pub(crate) rejects_kept: u64,
    pub(crate) rejects_pages: u64,
    /// What has to be told beside the numbers.
    pub(crate) message: Option<String>,
    pub(crate) notes: Vec<String>,
    /// The first facts of each kind, where nothing is stored.
    pub(crate) samples: Vec<Json>,
    /// The file that somebody is still deciding about, where it is tried only.
    #[serde(default)]
    pub(crate) draft: Option<String>,
    /// How far it is undone, if somebody wanted that.
    #[serde(default)]
    pub(crate) undo: Option<Undo>,
}

/// What is told where the process that ran an import is gone.
pub(crate) const GONE: &str = "the service was stopped while this import ran or waited; send the file again, nothing \
                               is counted twice";

impl Job {
    /// The number that its activities carry.
    pub(crate) fn origin(&self) -> i64 {
        self.created_at
    }

    /// Whether what it brought is not there any more.
    pub(crate) fn is_undone(&self) -> bool {
        self.undo.as_ref().is_some_and(|undo| undo.state == undo::State::Done)
    }

    /// Why it cannot be undone, if so.
    pub(crate) fn cannot_be_undone(&self) -> Option<&'static str> {
        let undo = self.undo.as_ref().map(|undo| undo.state);
        match undo {
            _ if self.dry_run => Some("nothing of this import was stored"),
            _ if !self.state.is_over() => Some("this import is not over yet; cancel it first"),
            Some(undo::State::Done) => Some("this import is undone already"),
            Some(undo::State::Waiting | undo::State::Running) => Some("this import is being undone"),
            None | Some(undo::State::Failed) => None,
        }
    }

    pub(crate) fn end(&mut self, state: State, message: Option<String>, now: Instant) {
        (self.state, self.message, self.ended_at, self.seen_at) = (state, message, Some(now.0), now.0);
    }

    fn read(document: &Document, now: Instant) -> Option<Self> {
        let mut job = Self { id: document.id.clone(), ..serde_json::from_str(&document.text).ok()? };
        // Nobody else writes it: if its process lives on after all, it goes on from here.
        if !job.state.is_over() && now.0 - job.seen_at > STALE {
            (job.state, job.message, job.ended_at) = (State::Failed, Some(GONE.to_owned()), Some(job.seen_at));
        }
        if let Some(undo) = job.undo.as_mut().filter(|undo| !undo.state.is_over() && now.0 - undo.seen_at > STALE) {
            (undo.state, undo.ended_at) = (undo::State::Failed, Some(undo.seen_at));
        }
        Some(job)
    }

    fn document(&self, now: Instant) -> Document {
        let text = serde_json::to_string(self).expect("texts and numbers");
        Document { id: self.id.clone(), at: now, until: None, text }
    }
}

/// Keeps a new import, and gives it an id: ids are in the order of time.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn create(service: &Service, mut job: Job) -> Result<Job> {
    let now = service.now();
    (job.created_at, job.seen_at) = (now.0, now.0);
    loop {
        job.id = format!("{:016x}", job.created_at.unsigned_abs());
        let mut session = service.session(Manner::Together)?;
        let is_new = session.add_document(JOB, &job.document(now))?;
        session.commit()?;
        if is_new {
            return Ok(job);
        }
        job.created_at += 1;
    }
}

/// Keeps what is known of imports now.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn save(service: &Service, jobs: &[&Job]) -> Result<()> {
    let now = service.now();
    let mut session = service.session(Manner::Together)?;
    for job in jobs {
        session.put_document(JOB, &job.document(now))?;
    }
    Ok(session.commit()?)
}

/// An import by its id.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn find(service: &Service, id: &str) -> Result<Option<Job>> {
    let document = service.session(Manner::Reading)?.document(JOB, id)?;
    Ok(document.and_then(|document| Job::read(&document, service.now())))
}

/// So many imports before an id, the latest first.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn list(service: &Service, before: Option<&str>, limit: usize) -> Result<Vec<Job>> {
    let documents = service.session(Manner::Reading)?.documents(JOB, before, limit)?;
    Ok(documents.iter().filter_map(|document| Job::read(document, service.now())).collect())
}

/// Removes what was shown of a person beside an import.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn erase(service: &Service, ids: &[&str]) -> Result<()> {
    let is_named = |text: &str| ids.iter().any(|id| rejects::names(text, id));
    service.rewrite(JOB, 100, |document| {
        let mut job: Job = serde_json::from_str(&document.text).ok()?;
        let (samples, notes) = (job.samples.len(), job.notes.len());
        job.samples.retain(|sample| !is_named(&sample.to_string()));
        job.notes.retain(|note| !is_named(note));
        let is_less = (samples, notes) != (job.samples.len(), job.notes.len());
        is_less.then(|| serde_json::to_string(&job).expect("texts and numbers"))
    })
}

/// Forgets what was shown of files that were only tried out, a day later.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn forget_samples(service: &Service) -> Result<()> {
    let now = service.now();
    service.rewrite(JOB, 100, |document| {
        let mut job: Job = serde_json::from_str(&document.text).ok()?;
        let is_old = job.ended_at.is_some_and(|at| now.0 - at > SAMPLES_KEPT) && !job.samples.is_empty();
        job.samples.clear();
        is_old.then(|| serde_json::to_string(&job).expect("texts and numbers"))
    })
}

/// Notes that an import is to end, for the process that runs it.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn cancel(service: &Service, id: &str) -> Result<()> {
    let now = service.now();
    let until = Instant::new(now.0 + WISH_KEPT);
    let mut session = service.session(Manner::Together)?;
    session.put_document(CANCEL, &Document { id: id.to_owned(), at: now, until, text: String::new() })?;
    Ok(session.commit()?)
}

/// Which of some imports are to end.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn cancelled(service: &Service, id: &str) -> Result<bool> {
    Ok(service.session(Manner::Reading)?.document(CANCEL, id)?.is_some())
}

/// Removes wishes that are kept no longer.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn forget(service: &Service) -> Result<()> {
    let mut session = service.session(Manner::Together)?;
    session.remove_outdated(CANCEL, service.now())?;
    Ok(session.commit()?)
}
