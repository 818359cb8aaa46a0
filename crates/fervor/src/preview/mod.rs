//! What the draft would do to everybody, before it counts: computed behind the scenes, kept until the draft changes.
//!
//! ```text
//! want     somebody looks, and nobody has computed it yet
//! run      everybody is scored by both models, some at a time
//! sum      what the comparison of some says, added up
//! ```

mod sum;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Since};

use live::models::Version;
use live::trial::Tried;
use rules::day::Instant;
use rules::lint::{self, Finding};
use rules::model::Model;
use rules::score::Evaluation;
use serde::{Deserialize, Serialize};
use store::keep::Document;
use store::{Manner, Session};

use crate::api::App;
use crate::api::problem::Problem;
use crate::compare::{self, Side};
use crate::draft::{Draft, token};
use sum::Sum;
pub(crate) use sum::{Crossing, Found, Moved, Noted};

/// The kind of the document that holds the preview, and its id.
const PREVIEW: &str = "preview";
const ONLY: &str = "model";
/// So many contacts are looked at, and so many accounts and opportunities; beyond that some stand for all.
const MOST: u64 = 100_000;
/// So many contacts, with so many activities, are read at once, to see what is probably not meant beside facts.
const CONTACTS_MAX: usize = 20_000;
const ACTIVITIES_MAX: usize = 200_000;
/// How often it is told how far it is.
const TOLD: Duration = Duration::from_millis(700);
/// After so long without a word whoever computed it is gone, in microseconds.
const SILENT_MAX: i64 = 30_000_000;

/// How far a preview is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Preview {
    /// Of which draft, beside which version.
    of: String,
    /// Microseconds since 1970.
    told_at: i64,
    pub(crate) begun_at: i64,
    pub(crate) done: u64,
    pub(crate) all: u64,
    /// One of every so many contacts, accounts and opportunities is looked at.
    pub(crate) every: (u64, u64, u64),
    /// What was found, at the end.
    pub(crate) found: Option<Found>,
    /// Why there is nothing.
    pub(crate) problem: Option<String>,
}

/// The preview that this process computes, by what it is of.
#[derive(Debug, Default)]
pub(crate) struct Wanted(Mutex<Option<String>>);

impl Wanted {
    fn is(&self, of: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(of)
    }

    /// Says what is wanted now, and whether it was not before.
    fn turn_to(&self, of: &str) -> bool {
        let mut wanted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = wanted.as_deref() != Some(of);
        *wanted = Some(of.to_owned());
        is_new
    }

    fn done(&self, of: &str) {
        let mut wanted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.as_deref() == Some(of) {
            *wanted = None;
        }
    }
}

impl Preview {
    fn begun(of: &str, now: Instant) -> Self {
        let of = of.to_owned();
        Self { of, told_at: now.0, begun_at: now.0, done: 0, all: 0, every: (1, 1, 1), found: None, problem: None }
    }

    fn is_over(&self) -> bool {
        self.found.is_some() || self.problem.is_some()
    }
}

/// The preview of the draft as it is, which is computed if nobody has. Nothing where nothing is in force.
pub(crate) fn of(app: &Arc<App>, draft: &Draft, model: &Model) -> Result<Option<Preview>, Problem> {
    let Some(version) = &draft.published else { return Ok(None) };
    let of = format!("{}-{}", version.number, token(&draft.text));
    let now = app.service.now();
    let kept = kept(app)?.filter(|kept| kept.of == of);
    let is_alive = |kept: &Preview| kept.is_over() || now.0.saturating_sub(kept.told_at) < SILENT_MAX;
    if let Some(kept) = kept.filter(is_alive) {
        return Ok(Some(kept));
    }
    let preview = Preview::begun(&of, now);
    if app.preview.turn_to(&of) {
        keep(app, &preview)?;
        let (app, model, text, mine) = (app.clone(), model.clone(), draft.text.clone(), preview.clone());
        std::thread::spawn(move || {
            let done = run(&app, model, &text, mine);
            app.preview.done(&of);
            if let Err(problem) = done {
                tracing::warn!(problem = problem.detail, "a preview is not finished");
            }
        });
    }
    Ok(Some(preview))
}

/// Forgets what was computed, so that it is computed again.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn forget(app: &App) -> live::error::Result<()> {
    let mut session = app.service.session(Manner::Together)?;
    if session.remove_document(PREVIEW, ONLY)? {
        session.commit()?;
    }
    Ok(())
}

fn kept(app: &App) -> Result<Option<Preview>, Problem> {
    let document = app.service.session(Manner::Reading)?.document(PREVIEW, ONLY)?;
    // One of another release is none.
    Ok(document.and_then(|document| serde_json::from_str(&document.text).ok()))
}

fn keep(app: &App, preview: &Preview) -> Result<(), Problem> {
    let mut session = app.service.session(Manner::Together)?;
    put(&mut session, preview, app.service.now())?;
    Ok(session.commit()?)
}

/// Keeps how far it is, and says whether it is still wanted: it may have been forgotten, as somebody whom it may name
/// was erased, or another one have begun.
fn keep_up(app: &App, preview: &Preview) -> Result<bool, Problem> {
    let mut session = app.service.session(Manner::Together)?;
    let known = session.document(PREVIEW, ONLY)?;
    let known = known.and_then(|document| serde_json::from_str::<Preview>(&document.text).ok());
    if known.is_none_or(|known| (&known.of, known.begun_at) != (&preview.of, preview.begun_at)) {
        return Ok(false);
    }
    put(&mut session, preview, app.service.now())?;
    session.commit()?;
    Ok(true)
}

fn put(session: &mut Session<'_>, preview: &Preview, now: Instant) -> Result<(), Problem> {
    let text = serde_json::to_string(preview).expect("texts and numbers");
    Ok(session.put_document(PREVIEW, &Document { id: ONLY.into(), at: now, until: None, text })?)
}

/// What is valid and probably not meant, beside all that is known.
fn beside_facts(app: &App, model: Model, text: &str) -> Option<Vec<Noted>> {
    let now = app.service.now();
    let version = Version::tried(model, text, now);
    let facts = app.service.all_facts(&version).ok()?;
    let evaluation = Evaluation::new(&version.model, &facts, version.model.zone.day_of(now));
    let found = lint::lint(&version.model, Some(&evaluation), &|| {}).ok()?;
    let found = lint::written(&version.model, text).into_iter().chain(found).collect();
    let noted =
        |finding: Finding| Noted { message: finding.message, evidence: finding.evidence, proposal: finding.proposal };
    Some(lint::allowed(text, found, true).into_iter().map(|(finding, _)| noted(finding)).collect())
}

fn run(app: &Arc<App>, model: Model, text: &str, mut preview: Preview) -> Result<(), Problem> {
    let mut sum = Sum::default();
    let (mut told, mut worked) = (Since::now(), Since::now());
    let (mut is_unwanted, mut beyond) = (false, None);
    let (mut contacts, mut activities) = (0, 0);
    let tried = app.service.try_out(model.clone(), text, MOST, &mut |tried| {
        match tried {
            Tried::Begun { all, contacts, accounts, opportunities } => {
                (preview.all, preview.every) = (all, (contacts, accounts, opportunities));
            }
            Tried::Counted(many) => preview.done += many,
            Tried::Beyond(why) => beyond = Some(why),
            Tried::Some(many, both) => {
                preview.done += many;
                let [old, new] = &*both;
                contacts += new.scores.contacts.len();
                activities += new
                    .scores
                    .contacts
                    .iter()
                    .filter_map(|card| new.facts.contacts.get(&card.id))
                    .fold(0, |sum, person| sum + person.activities.len());
                let sides = [old, new].map(|side| Side {
                    model: &side.version.model,
                    facts: &side.facts,
                    as_of: side.as_of,
                    scores: &side.scores,
                });
                sum.add(&compare::compare(&sides[0], &sides[1], usize::MAX), &sides);
            }
        }
        is_unwanted = app.is_stopping.load(Ordering::Acquire) || !app.preview.is(&preview.of);
        if told.elapsed() > TOLD {
            told = Since::now();
            preview.told_at = app.service.now().0;
            // It is only how far it is: where the database does not take it, it goes on.
            is_unwanted |= matches!(keep_up(app, &preview), Ok(false));
        }
        // Others have their turn.
        std::thread::sleep(worked.elapsed() / 4);
        worked = Since::now();
        !is_unwanted && beyond.is_none()
    });
    if is_unwanted {
        return Ok(());
    }
    match (tried, beyond) {
        (Ok(()), None) => {
            let is_small = contacts <= CONTACTS_MAX && activities <= ACTIVITIES_MAX && preview.every == (1, 1, 1);
            let noted = if is_small { beside_facts(app, model, text) } else { None };
            preview.found = Some(Found { noted, ..sum.found() });
        }
        (Ok(()), Some(why)) => preview.problem = Some(why),
        (Err(error), _) => preview.problem = Some(error.to_string()),
    }
    preview.told_at = app.service.now().0;
    keep_up(app, &preview).map(|_| ())
}
