//! Changes of band as they come, as server-sent events; who lost the line goes on where it was.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Clock};

use axum::http::Method;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::json;
use store::change::{Change, Cursor};
use store::subject::Subject;

use super::call::Call;
use super::problem::{Kind, Problem};
use super::{App, cursor, shape, who};

/// So many changes are read at a time.
const PAGE: usize = 500;
/// So long one waits before one looks again.
const PAUSE: Duration = Duration::from_millis(250);
/// So often it is looked whether whoever listens still may.
const ASKED_EVERY: Duration = Duration::from_secs(2);

/// The stream from a place on: `Last-Event-ID` or `cursor`, and else from now.
pub(crate) fn stream(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let given = call.header("last-event-id").or(call.query.get("cursor").map(String::as_str));
    let after = given.map(cursor::change).transpose()?;
    let begun = Reader { app, call, after, waiting: Vec::new(), asked: Clock::now() };
    let events = stream::unfold(begun, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok::<Event, Infallible>(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}

struct Reader {
    app: Arc<App>,
    /// As whom somebody listens.
    call: Call,
    after: Option<Cursor>,
    /// What was read and not told yet, the last first.
    waiting: Vec<(Subject, Change)>,
    /// When it was last looked whether they may.
    asked: Clock,
}

impl Reader {
    /// Whether a key or a login that was good when the stream began still is.
    fn may_listen(&mut self) -> bool {
        if self.asked.elapsed() < ASKED_EVERY {
            return true;
        }
        self.asked = Clock::now();
        match who::of(&self.app, self.call.endpoint, &Method::GET, &self.call.headers) {
            Ok(_) => true,
            // Where the database cannot be reached there are no changes either.
            Err(problem) => !matches!(problem.kind, Kind::Unauthorized | Kind::Forbidden),
        }
    }

    /// The next event; `None` when the service goes down, or whoever listens may not any more.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !self.may_listen() {
                return None;
            }
            if let Some((subject, change)) = self.waiting.pop() {
                let mut shown = shape::change(&change);
                shown[subject.kind.word()] = (*subject.id).into();
                let event = Event::default().event("band").id(cursor::of_change(change.at));
                return Some(event.data(shown.to_string()));
            }
            if self.app.is_stopping.load(Ordering::Acquire) {
                return None;
            }
            let is_first = self.after.is_none();
            let (app, after) = (self.app.clone(), self.after);
            let read = tokio::task::spawn_blocking(move || app.service.crossings(after, PAGE)).await;
            match read {
                Ok(Ok((changes, end))) => {
                    self.after = Some(end);
                    self.waiting = changes;
                    self.waiting.reverse();
                    if is_first {
                        // A place to go on from, before anything has happened.
                        let data = json!({"cursor": cursor::of_change(end)}).to_string();
                        return Some(Event::default().event("begin").id(cursor::of_change(end)).data(data));
                    }
                }
                Ok(Err(error)) => tracing::warn!(%error, "changes cannot be read; trying again"),
                Err(error) => tracing::error!(%error, "changes cannot be read"),
            }
            if self.waiting.is_empty() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
