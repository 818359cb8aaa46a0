//! The draft of the model: one for all who work on it, with the steps by which it came to be.
//!
//! What is shown is the draft or, where there is none, the version in force; whoever changes what is shown says what
//! they have seen, so that two who change the same at once are told and nobody's work is lost.

use std::sync::Arc;

use live::models::Version;
use rules::day::Instant;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::keep::Document;
use store::{Manner, Session};

use crate::api::App;
use crate::api::call::{Call, unprocessable};
use crate::api::problem::{Kind, Problem};

/// The kind of the documents that hold the draft and its steps.
const DRAFT: &str = "draft";
/// The document that is the draft.
const ONLY: &str = "model";
/// The document that says which steps there are.
const TRAIL: &str = "trail";
/// The kind of the documents that are steps.
const STEP: &str = "draft_step";
/// So many steps can be undone.
const UNDONE_MAX: usize = 50;
/// Bytes of a model: far beyond what people write.
pub(crate) const MODEL_MAX: usize = 1024 * 1024;

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Did {
    /// In a word: `edit`, `add`, `copy`, `move`, `remove`, `off`, `on`, `text`, `model`, `discard`, `bands`.
    pub(crate) act: String,
    /// To what: the title of a rule, and the like.
    pub(crate) about: String,
}

impl Did {
    pub(crate) fn new(act: &str, about: &str) -> Self {
        Self { act: act.to_owned(), about: about.to_owned() }
    }
}

/// A text that the draft once was, and how it came to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Step {
    text: String,
    by: String,
    did: Did,
}

/// Which steps there are, by their numbers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Trail {
    last: i64,
    /// Where the draft is; 0 before the first step.
    at: i64,
    /// Those before it, the latest last.
    undo: Vec<i64>,
    /// Those that were undone, the latest last.
    redo: Vec<i64>,
}

/// Who changed the draft last.
#[derive(Clone, Debug)]
pub(crate) struct Last {
    pub(crate) by: String,
    pub(crate) at: Instant,
    pub(crate) did: Did,
}

/// The draft as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) text: String,
    /// The version in force.
    pub(crate) published: Option<Arc<Version>>,
    /// Who changed it last, if anybody did.
    pub(crate) last: Option<Last>,
    /// What undoing would undo.
    pub(crate) undo: Option<Did>,
    /// What redoing would do again.
    pub(crate) redo: Option<Did>,
}

/// What stands for a text, for those who say what they have seen.
pub(crate) fn token(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn broken(what: &str) -> Problem {
    Problem::new(Kind::Internal, format!("the draft is kept in a way that cannot be read: {what}"))
}

fn trail(session: &mut Session<'_>) -> Result<(Trail, Option<Instant>), Problem> {
    let Some(document) = session.document(DRAFT, TRAIL)? else { return Ok((Trail::default(), None)) };
    let trail = serde_json::from_str(&document.text).map_err(|error| broken(&error.to_string()))?;
    Ok((trail, Some(document.at)))
}

fn step(session: &mut Session<'_>, number: i64) -> Result<Option<Step>, Problem> {
    let document = session.document(STEP, &name(number))?;
    let read = document.map(|document| serde_json::from_str(&document.text)).transpose();
    read.map_err(|error| broken(&error.to_string()))
}

fn name(number: i64) -> String {
    format!("{number:010}")
}

impl Draft {
    /// The draft; nothing where there is no model at all.
    pub(crate) fn load(app: &App) -> Result<Option<Self>, Problem> {
        let published = app.service.models()?.current;
        Self::read(&mut app.service.session(Manner::Reading)?, published)
    }

    fn read(session: &mut Session<'_>, published: Option<Arc<Version>>) -> Result<Option<Self>, Problem> {
        let document = session.document(DRAFT, ONLY)?;
        let written = document.map(|document| document.text);
        let Some(text) = written.or_else(|| published.as_ref().map(|version| version.text.clone())) else {
            return Ok(None);
        };
        let (trail, at) = trail(session)?;
        let here = step(session, trail.at)?.filter(|step| step.text == text);
        let redo = trail.redo.last().map(|number| step(session, *number)).transpose()?.flatten();
        let undo = here.as_ref().filter(|_| !trail.undo.is_empty()).map(|step| step.did.clone());
        let redo = redo.filter(|_| here.is_some()).map(|step| step.did);
        let last = here.zip(at).map(|(step, at)| Last { by: step.by, at, did: step.did });
        let last = last.filter(|last| !last.did.act.is_empty());
        Ok(Some(Self { text, published, last, undo, redo }))
    }

    pub(crate) fn token(&self) -> String {
        token(&self.text)
    }

    /// Whether it is anything else than what is in force.
    pub(crate) fn is_changed(&self) -> bool {
        self.published.as_ref().is_none_or(|version| version.text != self.text)
    }

    /// What is in force, as text.
    pub(crate) fn base(&self) -> &str {
        self.published.as_ref().map_or("", |version| &version.text)
    }
}

/// Keeps a text as the draft, valid or not. Somebody who says what they have seen is told if it is so no more.
///
/// # Errors
///
/// A conflict if somebody else has changed it since it was seen.
pub(crate) fn save(call: &Call, seen: Option<&str>, text: &str, did: Did) -> Result<(), Problem> {
    if text.len() > MODEL_MAX {
        return Err(unprocessable("a model has at most 1 MiB"));
    }
    let published = call.app.service.models()?.current;
    let mut session = call.app.service.session(Manner::Alone)?;
    let now = Draft::read(&mut session, published.clone())?;
    let before = now.as_ref().map_or("", |draft| &draft.text);
    is_as_seen(seen, before)?;
    let (mut trail, _) = trail(&mut session)?;
    if now.is_some() && step(&mut session, trail.at)?.is_none_or(|step| step.text != before) {
        // It came from elsewhere, and can be undone to.
        let step = Step { text: before.to_owned(), by: String::new(), did: Did::new("", "") };
        advance(call, &mut session, &mut trail, &step)?;
    }
    if before != text {
        advance(call, &mut session, &mut trail, &Step { text: text.to_owned(), by: call.by(), did: did.clone() })?;
    }
    keep(call, &mut session, &trail, text, published.as_deref())?;
    call.note(&mut session, "save_draft", &json!({"bytes": text.len(), "act": did.act, "about": did.about}))?;
    Ok(session.commit()?)
}

fn is_as_seen(seen: Option<&str>, text: &str) -> Result<(), Problem> {
    if seen.is_none_or(|seen| seen == token(text)) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Conflict,
        "somebody else has changed the draft since you opened it; look at it as it is now",
    ))
}

fn advance(call: &Call, session: &mut Session<'_>, trail: &mut Trail, step: &Step) -> Result<(), Problem> {
    for number in std::mem::take(&mut trail.redo) {
        session.remove_document(STEP, &name(number))?;
    }
    if trail.at > 0 {
        trail.undo.push(trail.at);
    }
    while trail.undo.len() > UNDONE_MAX {
        session.remove_document(STEP, &name(trail.undo.remove(0)))?;
    }
    trail.last += 1;
    trail.at = trail.last;
    let text = serde_json::to_string(step).expect("texts");
    Ok(session.put_document(STEP, &Document { id: name(trail.at), at: call.received, until: None, text })?)
}

fn keep(
    call: &Call,
    session: &mut Session<'_>,
    trail: &Trail,
    text: &str,
    published: Option<&Version>,
) -> Result<(), Problem> {
    let document = |id: &str, text: String| Document { id: id.into(), at: call.received, until: None, text };
    session.put_document(DRAFT, &document(TRAIL, serde_json::to_string(trail).expect("numbers")))?;
    // What is in force is no draft, and a later version will not make it one.
    match published.is_some_and(|version| version.text == text) {
        true => drop(session.remove_document(DRAFT, ONLY)?),
        false => session.put_document(DRAFT, &document(ONLY, text.to_owned()))?,
    }
    Ok(())
}

/// Takes the last step back, or does again what was taken back.
///
/// # Errors
///
/// If there is nothing to do, or somebody else has changed the draft since it was seen.
pub(crate) fn turn(call: &Call, seen: Option<&str>, is_back: bool) -> Result<(), Problem> {
    let published = call.app.service.models()?.current;
    let mut session = call.app.service.session(Manner::Alone)?;
    let now = Draft::read(&mut session, published.clone())?;
    is_as_seen(seen, now.as_ref().map_or("", |draft| &draft.text))?;
    let (mut trail, _) = trail(&mut session)?;
    let (from, to) = if is_back { (&mut trail.undo, &mut trail.redo) } else { (&mut trail.redo, &mut trail.undo) };
    let nothing =
        || Problem::new(Kind::Conflict, if is_back { "there is nothing to undo" } else { "there is nothing to redo" });
    let number = from.pop().ok_or_else(nothing)?;
    to.push(trail.at);
    trail.at = number;
    let step = step(&mut session, number)?.ok_or_else(nothing)?;
    keep(call, &mut session, &trail, &step.text, published.as_deref())?;
    call.note(&mut session, if is_back { "undo_draft" } else { "redo_draft" }, &json!({"bytes": step.text.len()}))?;
    Ok(session.commit()?)
}

/// Whatever was in the draft is what is in force.
///
/// # Errors
///
/// If nothing is in force, or somebody else has changed the draft since it was seen.
pub(crate) fn discard(call: &Call, seen: Option<&str>) -> Result<(), Problem> {
    let published = call.app.service.models()?.current;
    let published = published.ok_or_else(|| Problem::new(Kind::Conflict, "no model is in force yet"))?;
    save(call, seen, &published.text, Did::new("discard", ""))
}

/// A draft that is what is in force is none, also when another version is.
pub(crate) fn settle(app: &App) -> Result<(), Problem> {
    let published = app.service.models()?.current;
    let mut session = app.service.session(Manner::Alone)?;
    let written = session.document(DRAFT, ONLY)?;
    if written.zip(published).is_some_and(|(draft, version)| draft.text == version.text) {
        session.remove_document(DRAFT, ONLY)?;
        session.commit()?;
    }
    Ok(())
}

/// The text of the draft, if anybody ever saved one; it may be what is in force.
pub(crate) fn written(app: &App) -> Result<Option<String>, Problem> {
    let mut session = app.service.session(Manner::Reading)?;
    let (draft, trail) = (session.document(DRAFT, ONLY)?, session.document(DRAFT, TRAIL)?);
    drop(session);
    match (draft, trail) {
        (Some(draft), _) => Ok(Some(draft.text)),
        (None, Some(_)) => Ok(app.service.models()?.current.map(|version| version.text.clone())),
        (None, None) => Ok(None),
    }
}
