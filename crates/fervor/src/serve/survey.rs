//! Looks at everybody now and then, so that the first page can say how they stand and where they are going.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use live::overview::Overview;
use rules::day::Day;

use crate::api::App;

/// So long one waits before one looks whether anything has changed.
const GLANCE: Duration = Duration::from_secs(2);
/// One rests so many times as long as it took, so that it is a small part of what the machine does.
const REST: u32 = 30;
/// And at least so long.
const REST_MIN: Duration = Duration::from_secs(5);

/// What was seen last.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    seen: Mutex<Option<Arc<Overview>>>,
}

impl Survey {
    /// What was seen last; nothing until everybody was looked at once.
    pub(crate) fn seen(&self) -> Option<Arc<Overview>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, overview: Option<Overview>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = overview.map(Arc::new);
    }
}

/// What tells whether it would be the same again: the version, the day, and the last change.
type State = (i64, Day, i64);

/// Looks at everybody whenever something has changed, until the service stops.
pub(crate) fn run(app: &App) {
    let (mut known, mut rested_until): (Option<State>, Option<Instant>) = (None, None);
    while !app.is_stopping.load(Ordering::Acquire) {
        if rested_until.is_none_or(|until| Instant::now() >= until) {
            let begun = Instant::now();
            match look(app, known) {
                Ok(None) => {}
                Ok(Some(state)) => {
                    known = Some(state);
                    rested_until = Some(Instant::now() + (begun.elapsed() * REST).max(REST_MIN));
                }
                Err(problem) => {
                    tracing::warn!(%problem, "nobody was looked at for the first page");
                    rested_until = Some(Instant::now() + REST_MIN);
                }
            }
        }
        std::thread::sleep(if app.survey.seen().is_none() { GLANCE / 8 } else { GLANCE });
    }
}

/// Looks at everybody if anything has changed, and says as of what.
fn look(app: &App, known: Option<State>) -> Result<Option<State>, live::error::Error> {
    let service = &app.service;
    let last = service.last_change()?;
    let Some(version) = service.models()?.current else {
        app.survey.keep(None);
        return Ok(None);
    };
    let state = (version.number, version.model.zone.day_of(service.now()), last);
    if known == Some(state) {
        return Ok(None);
    }
    let mut begun = Instant::now();
    let mut rest = |_| {
        // Half of the time at most.
        std::thread::sleep(begun.elapsed().min(Duration::from_millis(200)));
        begun = Instant::now();
        !app.is_stopping.load(Ordering::Acquire)
    };
    let Some(overview) = service.overview(&mut rest)? else { return Ok(None) };
    app.survey.keep(Some(overview));
    Ok(Some(state))
}
