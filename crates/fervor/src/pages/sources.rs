//! Sources: what arrives, from whom, what is refused and why, and how one begins to send.

use askama::Template;

use super::frame::{Frame, origin, page};
use super::when::When;
use crate::api::access::{self, Scope};
use crate::api::answer::Answer;
use crate::api::arrivals::{Arrival, Outcome, Sums};
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::t::{self, Say, Text};

/// So many arrivals and refusals are shown.
const SHOWN: usize = 50;
const REFUSED: usize = 20;

#[derive(Debug, Template)]
#[template(path = "sources.html")]
struct Sources<'a> {
    frame: Frame<'a>,
    may_make_keys: bool,
    sources: Vec<Source>,
    arrivals: Vec<Shown>,
    refused: Vec<Shown>,
    snippets: Vec<Snippet>,
}

/// Who sends, or could.
#[derive(Debug)]
struct Source {
    name: String,
    last: Option<When>,
    hour: Sums,
    day: Sums,
}

#[derive(Debug)]
struct Shown {
    at: When,
    arrival: Arrival,
}

/// How one begins to send.
#[derive(Debug)]
struct Snippet {
    id: &'static str,
    name: Text,
    text: String,
}

pub(super) fn show(call: &Call) -> Result<Answer, Problem> {
    let app = &call.app;
    let mut health = app.arrivals.health(app.service.now());
    let mut names: Vec<String> = access::list(&app.service)?
        .into_iter()
        .filter(|key| key.revoked_at.is_none() && access::allow(&key.scopes, Scope::Ingest))
        .map(|key| key.name)
        .chain(health.keys().cloned())
        .collect();
    names.sort();
    names.dedup();
    let source = |name: String| match health.remove(&name) {
        Some(known) => Source { last: Some(When::ago(known.last)), hour: known.hour, day: known.day, name },
        None => Source { last: None, hour: Sums::default(), day: Sums::default(), name },
    };
    let shown = |arrival: Arrival| Shown { at: When::at(arrival.at), arrival };
    let sources = Sources {
        frame: Frame::of(call),
        may_make_keys: call.who.may(Scope::Admin).is_ok(),
        sources: names.into_iter().map(source).collect(),
        arrivals: app.arrivals.latest(SHOWN).into_iter().map(shown).collect(),
        refused: app.arrivals.refused(REFUSED).into_iter().map(shown).collect(),
        snippets: snippets(&origin(call)),
    };
    Ok(page(200, &sources))
}

/// The same for every system that people have.
fn snippets(origin: &str) -> Vec<Snippet> {
    let filled = |(id, name, text): &(&'static str, Say, &str)| Snippet {
        id,
        name: name(),
        text: text.replace("ORIGIN", origin).trim().to_owned(),
    };
    SNIPPETS.iter().map(filled).collect()
}

const SNIPPETS: &[(&str, Say, &str)] = &[
    (
        "curl",
        t::sources_curl,
        r#"
curl ORIGIN/v1/activities -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' \
  -d '[{"contact": "17", "type": "event_attended", "occurred_at": "2026-03-14T10:00:00Z", "id": "agm-17"}]'
"#,
    ),
    (
        "segment-node",
        t::sources_segment_node,
        r"
import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({ writeKey: 'YOUR_KEY', host: 'ORIGIN' })
analytics.track({ userId: '17', event: 'event_attended', properties: { name: 'AGM' } })
await analytics.closeAndFlush()
",
    ),
    (
        "segment-python",
        t::sources_segment_python,
        r"
from segment import analytics

analytics.write_key, analytics.host = 'YOUR_KEY', 'ORIGIN'
analytics.track('17', 'event_attended', {'name': 'AGM'})
analytics.flush()
",
    ),
    (
        "rudderstack",
        t::sources_rudderstack,
        r"
import Analytics from '@rudderstack/rudder-sdk-node'

const analytics = new Analytics('YOUR_KEY', { dataPlaneUrl: 'ORIGIN' })
analytics.track({ userId: '17', event: 'event_attended', properties: { name: 'AGM' } })
analytics.flush()
",
    ),
    (
        "cloudevents",
        t::sources_cloudevents,
        r#"
curl ORIGIN/v1/events -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/cloudevents+json' \
  -d '{"specversion": "1.0", "id": "agm-17", "source": "/events", "type": "event_attended", "subject": "17",
       "time": "2026-03-14T10:00:00Z", "data": {"name": "AGM"}}'
"#,
    ),
];
