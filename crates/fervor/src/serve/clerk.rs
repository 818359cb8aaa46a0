//! What people have left to be done is done here, some at a time: first what was chosen in lists, and what nobody waits
//! for after that. One thread does it all, so that none of it takes more than its share of the machine.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Clock};

use live::error::Result;

use crate::api::App;
use crate::chosen::work;
use crate::import::job;
use crate::retention;

/// How often it is looked whether another process has left something to do.
const GLANCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(500);
/// Those who read and write besides have their turn in between.
const BREATH: Duration = Duration::from_millis(5);
const LONG_BREATH: Duration = Duration::from_millis(250);
/// How often what is kept no longer is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Works until the service is told to stop.
pub(crate) fn run(app: &App) {
    let worker: String = (app.random)()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let mut retention = retention::Run::default();
    let mut swept: Option<Clock> = None;
    while !app.is_stopping.load(Ordering::Acquire) {
        match tried("what was chosen in a list", || work::step(app, &worker)) {
            Some(true) => std::thread::sleep(BREATH),
            Some(false) => match tried("the rule for retention", || retention.step(app)) {
                Some(true) => std::thread::sleep(LONG_BREATH),
                Some(false) | None => rest(app),
            },
            None => std::thread::sleep(PAUSE),
        }
        if swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY)
            && tried("what is kept no longer", || sweep(app)).is_some()
        {
            swept = Some(Clock::now());
        }
    }
}

/// Removes what is kept no longer.
fn sweep(app: &App) -> Result<()> {
    app.imports.drafts.sweep();
    job::forget_samples(&app.service)?;
    work::sweep(app)
}

/// Does a step. One that fails, even by a panic, is told in the log, and the rest goes on without it.
fn tried<T>(what: &str, step: impl FnOnce() -> Result<T>) -> Option<T> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(step)) {
        Ok(Ok(done)) => Some(done),
        Ok(Err(error)) => {
            tracing::warn!(what, %error, "put off");
            None
        }
        Err(_) => {
            tracing::error!(what, "a step has failed");
            None
        }
    }
}

/// Waits for something to do, in steps, so that it ends with the service.
fn rest(app: &App) {
    let begun = Clock::now();
    while begun.elapsed() < GLANCE && !app.is_stopping.load(Ordering::Acquire) {
        let before = Clock::now();
        app.chosen.wait(PAUSE);
        if before.elapsed() < PAUSE {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use live::error::Error;

    use super::*;

    #[test]
    fn a_step_that_panics_does_not_end_the_others() {
        assert_eq!(tried("a step", || Ok(7)), Some(7));
        assert_eq!(tried("a step", || Err::<(), _>(Error::Busy)), None);
        assert_eq!(tried::<()>("a step", || panic!("on purpose")), None);
    }
}
