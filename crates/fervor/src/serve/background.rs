//! What follows of itself, while the service runs: midnights, accounts, percentiles, publications.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use live::publish::Step;

use crate::api::App;

/// So long one rests when there is nothing to do: everything follows within seconds.
const REST: Duration = Duration::from_millis(500);
/// So long one rests at least after a round that found something: what is marked again and again is looked at once.
const BREATH: Duration = Duration::from_millis(1500);
/// So long one rests at most: as long as it took, so that writers have their turn.
const BREATH_MAX: Duration = Duration::from_secs(2);
/// So long one rests when the database cannot be reached.
const PAUSE: Duration = Duration::from_secs(2);

/// How often the database is tidied.
const TIDIED: Duration = Duration::from_millis(250);

/// Keeps the database tidy, until the service stops.
pub(crate) fn tidy(app: &App) {
    while !app.is_stopping.load(Ordering::Acquire) {
        if let Err(error) = app.service.tidy() {
            tracing::warn!(%error, "the database is not tidied");
        }
        std::thread::sleep(TIDIED);
    }
}

pub(crate) async fn work(app: Arc<App>) {
    while !app.is_stopping.load(Ordering::Acquire) {
        let working = app.clone();
        let begun = std::time::Instant::now();
        let done = tokio::task::spawn_blocking(move || {
            if let Ok(models) = working.service.models()
                && let Some(version) = models.current
            {
                *working.zone.write().unwrap_or_else(PoisonError::into_inner) = version.model.zone.clone();
            }
            working.service.work_in_turn()
        })
        .await;
        let rest = match done {
            Ok(Ok(worked)) => {
                app.counts.looked_at.fetch_add(worked.looked_at as u64, Ordering::Relaxed);
                tell(worked.published.as_ref());
                match (worked.is_urgent, worked.looked_at > 0, worked.more) {
                    (true, ..) => Duration::ZERO,
                    (_, true, _) => begun.elapsed().clamp(BREATH, BREATH_MAX),
                    (_, _, true) => begun.elapsed().min(BREATH_MAX),
                    _ => REST,
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "work behind the scenes is put off");
                PAUSE
            }
            Err(error) => {
                tracing::error!(%error, "work behind the scenes has failed");
                PAUSE
            }
        };
        if !rest.is_zero() {
            let _woken_or_rested = tokio::time::timeout(rest, app.awake.notified()).await;
        }
    }
}

fn tell(step: Option<&Step>) {
    match step {
        Some(Step::Done(version)) => tracing::info!(version, "the model is in force"),
        Some(Step::Failed(why)) => tracing::error!(why, "the model is not published"),
        Some(Step::Idle | Step::Going(_)) | None => {}
    }
}
