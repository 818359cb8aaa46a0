//! Imports are undone, one after the other, by the thread that runs them; beside none of them that runs.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Clock};

use live::error::{Error, Result};
use serde::{Deserialize, Serialize};

use super::job::{self, Job};
use crate::api::App;

/// How often it is kept how far it is.
const BEAT: Duration = Duration::from_secs(1);
/// So long it waits for a database that cannot be reached.
const OUTAGE_MAX: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(500);
/// Imports among which those are looked for that were undone.
const IMPORTS_MAX: usize = 100_000;

/// How far it is that an import is undone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Undo {
    pub(crate) state: State,
    pub(crate) by: String,
    pub(crate) began_at: i64,
    pub(crate) ended_at: Option<i64>,
    /// When somebody last worked at it.
    pub(crate) seen_at: i64,
    /// Activities that are not there any more.
    pub(crate) removed: u64,
    /// Activities that stay, because another import has said the same.
    pub(crate) kept: u64,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    #[default]
    Waiting,
    Running,
    Done,
    /// It broke off, and can be asked for again.
    Failed,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// Undoes an import, from the first contact to the last.
pub(crate) fn run(app: &App, mut job: Job) {
    let mut undo = job.undo.take().unwrap_or_default();
    undo.state = State::Running;
    let done = all(app, &mut job, &mut undo);
    if let Err(error) = &done {
        tracing::warn!(%error, import = job.id, "an import is not undone to the end");
    }
    undo.state = if done.is_ok() { State::Done } else { State::Failed };
    undo.ended_at = Some(app.service.now().0);
    keep(app, &mut job, &undo);
    tracing::info!(import = job.id, removed = undo.removed, kept = undo.kept, "an import was undone");
    app.wake();
}

fn all(app: &App, job: &mut Job, undo: &mut Undo) -> Result<()> {
    let jobs = job::list(&app.service, None, IMPORTS_MAX)?;
    let undone: BTreeSet<i64> = jobs.iter().filter(|job| job.is_undone()).map(Job::origin).collect();
    let (mut after, mut beaten, mut since) = (Some(0), None::<Clock>, Clock::now());
    while let Some(last) = after {
        if app.is_stopping.load(Ordering::Acquire) {
            return Err(Error::Stopping);
        }
        match app.service.undo(job.origin(), &undone, last) {
            Ok(some) => {
                undo.removed += some.removed;
                undo.kept += some.kept;
                (after, since) = (some.after, Clock::now());
            }
            // What is in doubt is done again: what is gone is not found any more.
            Err(Error::Store(error)) if error.is_transient() && since.elapsed() < OUTAGE_MAX => {
                std::thread::sleep(PAUSE);
            }
            Err(error) => return Err(error),
        }
        if beaten.is_none_or(|at| at.elapsed() >= BEAT) {
            keep(app, job, undo);
            beaten = Some(Clock::now());
        }
    }
    Ok(())
}

/// Keeps how far it is; what cannot be kept now is kept a second later.
fn keep(app: &App, job: &mut Job, undo: &Undo) {
    let seen_at = app.service.now().0;
    job.undo = Some(Undo { seen_at, ..undo.clone() });
    if let Err(error) = job::save(&app.service, &[job]) {
        tracing::debug!(%error, import = job.id, "it is kept later how far the undoing of an import is");
    }
}
