//! Looks at everybody now and then, so that the first page can say how they stand and where they are going: as long as
//! there is anybody who looks at that page. The same goes for what all opportunities are worth together.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use live::latest::Latest;
use live::overview::Overview;
use live::pipeline::Pipeline;
use rules::day::{self, Day};
use store::Manner;
use store::subject::Kind;

use crate::api::App;

/// So long one waits before one looks whether anything has changed.
const GLANCE: Duration = Duration::from_secs(2);
/// One rests so many times as long as it took, so that it is a small part of what the machine does.
const REST: u32 = 30;
/// And at least so long.
const REST_MIN: Duration = Duration::from_secs(5);
/// So long one rests at most between two parts.
const BREATH_MAX: Duration = Duration::from_millis(200);
/// So long after somebody looked at the first page it is kept up, in microseconds: a day.
const WANTED: i64 = 86_400_000_000;

/// What was seen last.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    seen: Mutex<Option<Arc<Overview>>>,
    /// When somebody last wanted to know, in microseconds.
    wanted_at: AtomicI64,
    /// How many contacts were looked at this time, and how many there are.
    done: AtomicU64,
    all: AtomicU64,
    deals: Mutex<Option<Arc<Pipeline>>>,
    deals_wanted_at: AtomicI64,
}

impl Survey {
    /// How many contacts were looked at this time, and how many there are to look at.
    pub(crate) fn progress(&self) -> (u64, u64) {
        let all = self.all.load(Ordering::Relaxed);
        (self.done.load(Ordering::Relaxed).min(all), all)
    }

    /// What was seen last, for somebody who wants to know now; nothing until everybody was looked at once.
    pub(crate) fn seen(&self, now: day::Instant) -> Option<Arc<Overview>> {
        self.wanted_at.store(now.0, Ordering::Relaxed);
        self.kept()
    }

    /// What all opportunities were worth when they were last added up, for somebody who wants to know now.
    pub(crate) fn deals(&self, now: day::Instant) -> Option<Arc<Pipeline>> {
        self.deals_wanted_at.store(now.0, Ordering::Relaxed);
        self.deals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Names some no longer.
    pub(crate) fn forget(&self, ids: &[&str]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(overview) = seen.as_mut() {
            Arc::make_mut(overview).forget(&|id| ids.contains(&id));
        }
    }

    fn kept(&self) -> Option<Arc<Overview>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_wanted(wanted_at: &AtomicI64, now: day::Instant) -> bool {
        let wanted_at = wanted_at.load(Ordering::Relaxed);
        wanted_at > 0 && now.0.saturating_sub(wanted_at) < WANTED
    }

    fn keep(&self, overview: Option<Overview>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = overview.map(Arc::new);
    }
}

/// What tells whether it would be the same again: the version, the day, and what happened last.
type State = (i64, Day, Latest);

/// Looks at everybody whenever something has changed, until the service stops.
pub(crate) fn run(app: &App) {
    let (mut known, mut rested_until): (Option<State>, Option<Instant>) = (None, None);
    let mut deals_rested_until: Option<Instant> = None;
    while !app.is_stopping.load(Ordering::Acquire) {
        let is_rested = rested_until.is_none_or(|until| Instant::now() >= until);
        if is_rested && Survey::is_wanted(&app.survey.wanted_at, app.service.now()) {
            let begun = Instant::now();
            match look(app, known.as_ref()) {
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
        if Survey::is_wanted(&app.survey.deals_wanted_at, app.service.now())
            && deals_rested_until.is_none_or(|until| Instant::now() >= until)
        {
            let begun = Instant::now();
            add_up(app);
            deals_rested_until = Some(Instant::now() + (begun.elapsed() * REST).max(REST_MIN));
        }
        std::thread::sleep(if app.survey.kept().is_none() { GLANCE / 8 } else { GLANCE });
    }
}

/// Rests after each part for as long as it took, so that it works half of the time at most; whether to go on.
fn resting(app: &App) -> impl FnMut() -> bool {
    let mut begun = Instant::now();
    move || {
        std::thread::sleep(begun.elapsed().min(BREATH_MAX));
        begun = Instant::now();
        !app.is_stopping.load(Ordering::Acquire)
    }
}

/// Adds up all opportunities. What changes of them need not change a score, so it is done whether or not one did.
fn add_up(app: &App) {
    match app.service.pipeline(&mut resting(app)) {
        Ok(None) => {}
        Ok(Some(sums)) => {
            *app.survey.deals.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(sums));
        }
        Err(problem) => tracing::warn!(%problem, "opportunities were not added up"),
    }
}

/// Looks at everybody if anything has changed, and says as of what.
fn look(app: &App, known: Option<&State>) -> Result<Option<State>, live::error::Error> {
    let service = &app.service;
    let latest = service.latest()?;
    let Some(version) = service.models()?.current else {
        app.survey.keep(None);
        return Ok(None);
    };
    let state = (version.number, version.model.zone.day_of(service.now()), latest);
    if known == Some(&state) {
        return Ok(None);
    }
    let all = service.session(Manner::Reading)?.count(Kind::Contact)?;
    app.survey.all.store(all.unsigned_abs(), Ordering::Relaxed);
    let mut rest = resting(app);
    let mut rest = |done| {
        app.survey.done.store(done, Ordering::Relaxed);
        rest()
    };
    let Some(mut overview) = service.overview(&mut rest)? else { return Ok(None) };
    // Somebody may have been erased meanwhile.
    let named: Vec<&str> = overview.named().collect();
    let there = service.several(Kind::Contact, &named)?;
    let there: BTreeSet<&str> = there.iter().map(|about| &*about.id).collect();
    let gone: BTreeSet<String> = named.iter().filter(|id| !there.contains(*id)).map(|id| (*id).to_owned()).collect();
    overview.forget(&|id| gone.contains(id));
    app.survey.keep(Some(overview));
    Ok(Some(state))
}
