//! A version of the model comes into force: everybody is scored by it beside the one before, then all switch at once.
//!
//! While it is being prepared, whoever is prepared and touched is scored by both; who is still to be prepared, by the one
//! in force alone. The work is in steps, each a transaction, so that a process that dies leaves it to the next one to go
//! on.

use std::sync::Arc;

use rules::model::Model;
use serde::{Deserialize, Serialize};
use store::keep::Document;
use store::subject::{Key, Kind, Subject};
use store::switch::Switched;
use store::{Manner, Store};

use rules::day::Instant;

use crate::desk::{Desk, facts_of};
use crate::dossier::Dossier;
use crate::error::{Error, Result};
use crate::evaluate;
use crate::models::{self, Library, Models, Version};
use crate::ranks::{Ranks, place_of};
use crate::settle::{Cause, Look, Writes, remembered};
use crate::warm::{Cache, Extended};

/// So many contacts are scored in one transaction.
const STEP: usize = 1000;
/// So many accounts or opportunities.
const SMALL_STEP: usize = 100;
/// So many results of versions that are in force no more are removed at a time.
const SWEPT: usize = 5000;

/// The kind of the document that says how far the work is.
const META: &str = "meta";
const PROGRESS: &str = "publishing";
/// The stage in which contacts are scored one after the other.
const CONTACTS: &str = "contacts";

/// How far a publication is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The version that is being prepared.
    pub version: i64,
    /// What is being done: `contacts`, `accounts`, `opportunities`, `switch`.
    pub stage: String,
    /// The last subject that is done.
    pub after: Key,
    /// How many subjects are done.
    pub done: u64,
    /// How many there are, as counted at the beginning.
    pub all: u64,
}

impl Progress {
    /// Whether nothing of its stage is done yet.
    pub(crate) fn is_stage_new(&self) -> bool {
        self.after == 0
    }

    /// Whether contacts are being scored one after the other.
    pub(crate) fn is_of_contacts(&self) -> bool {
        self.stage == CONTACTS
    }
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is nothing to publish.
    Idle,
    /// There is more to do.
    Going(Progress),
    /// The version is in force.
    Done(i64),
    /// It cannot be: a score would leave the range. The version is given up.
    Failed(String),
}

/// Begins to publish a model, and says which version it is.
///
/// # Errors
///
/// If the model is not valid, or another is being published.
pub(crate) fn begin(store: &Store, library: &Library, text: &str, by: &str, now: Instant) -> Result<i64> {
    let model = Model::parse(text).map_err(|problems| {
        let first = problems.first().map_or_else(String::new, |problem| {
            let (line, column) = problem.line_and_column(text);
            format!("line {line}, column {column}: {}", problem.message)
        });
        Error::Invalid(format!("the model is not valid: {first}"))
    })?;
    let mut desk = Desk::open(store, library, Manner::Alone, now)?;
    free(&mut desk)?;
    let number = models::add_version(&mut desk.session, text, by, now)?;
    // The library knows it once it is there for good.
    start(desk, Arc::new(Version::new(number, model, text.to_owned(), now, by.to_owned())))
}

/// Begins to publish a version that was published before.
///
/// # Errors
///
/// If there is none, or another is being published.
pub(crate) fn again(store: &Store, library: &Library, number: i64, now: Instant) -> Result<i64> {
    let mut desk = Desk::open(store, library, Manner::Alone, now)?;
    free(&mut desk)?;
    let version = library.version(&mut desk.session, number)?;
    if desk.models.current.as_ref().is_some_and(|current| current.number == number) {
        return Err(Error::Conflict(format!("version {number} is in force already")));
    }
    start(desk, version)
}

fn free(desk: &mut Desk<'_>) -> Result<()> {
    match &desk.models.candidate {
        None => Ok(()),
        Some(other) => {
            let number = other.number;
            Err(Error::Conflict(format!("version {number} is being published; wait until it is in force")))
        }
    }
}

fn start(mut desk: Desk<'_>, candidate: Arc<Version>) -> Result<i64> {
    let number = candidate.number;
    // What is left of an earlier time in force is of that time.
    while desk.session.remove_other_versions(desk.models.current.as_ref().map_or(0, |one| one.number), 0, SWEPT)? {}
    let models = Models { candidate: Some(candidate), ..desk.models.clone() };
    models::put(&mut desk, &models)?;
    let mut all = 0;
    for kind in [Kind::Contact, Kind::Account, Kind::Opportunity] {
        all += desk.session.count(kind)?.unsigned_abs();
    }
    let progress = Progress { version: number, stage: CONTACTS.into(), after: 0, done: 0, all };
    keep(&mut desk, &progress)?;
    desk.session.commit()?;
    Ok(number)
}

fn keep(desk: &mut Desk<'_>, progress: &Progress) -> Result<()> {
    let text = serde_json::to_string(progress).expect("numbers and a word");
    let document = Document { id: PROGRESS.into(), at: desk.now, until: None, text };
    Ok(desk.session.put_document(META, &document)?)
}

/// How far the publication is, if there is one.
pub(crate) fn progress(desk: &mut Desk<'_>) -> Result<Option<Progress>> {
    let Some(candidate) = desk.models.candidate.as_ref().map(|candidate| candidate.number) else { return Ok(None) };
    let document = desk.session.document(META, PROGRESS)?;
    let progress: Option<Progress> = document.and_then(|document| serde_json::from_str(&document.text).ok());
    Ok(progress.filter(|progress| progress.version == candidate))
}

/// The last contact that is scored by the version that is being prepared. As long as they are scored one after the
/// other, whoever writes those beyond need not do it.
pub(crate) fn prepared(desk: &mut Desk<'_>) -> Result<Key> {
    let progress = progress(desk)?;
    Ok(progress.filter(|progress| progress.stage == CONTACTS).map_or(Key::MAX, |progress| progress.after))
}

/// Does the next step, with everybody as counted once the stage had begun, and whether all are in the bands that go by
/// percentiles since.
///
/// # Errors
///
/// If the database does not take it; the step is to be done again.
pub(crate) fn step(
    store: &Store,
    library: &Library,
    cache: &Cache,
    (ranks, is_placed): (&Ranks, bool),
    now: Instant,
) -> Result<Step> {
    let mut desk = Desk::open(store, library, Manner::Together, now)?;
    let Some(mut progress) = progress(&mut desk)? else { return Ok(Step::Idle) };
    let Some(candidate) = desk.models.candidate.clone() else { return Ok(Step::Idle) };
    let (mut known, turn) = (Vec::new(), desk.models.turn);
    let failed = match progress.stage.as_str() {
        CONTACTS => desk.prepare_contacts(&candidate, &mut progress, cache, &mut known)?,
        "accounts" => desk.prepare_others(Kind::Account, &mut progress, ranks)?,
        "bands" => {
            // Who counts places them; until then, this is to come back.
            progress.stage = if is_placed { "opportunities" } else { "bands" }.into();
            None
        }
        "opportunities" => desk.prepare_others(Kind::Opportunity, &mut progress, ranks)?,
        _ => {
            drop(desk);
            return switch(store, library, now);
        }
    };
    if let Some(problem) = failed {
        drop(desk);
        give_up(store, library, candidate.number, now)?;
        return Ok(Step::Failed(problem));
    }
    keep(&mut desk, &progress)?;
    desk.session.commit()?;
    known.into_iter().for_each(|one| cache.extend(one, turn));
    Ok(Step::Going(progress))
}

fn give_up(store: &Store, library: &Library, candidate: i64, now: Instant) -> Result<()> {
    let mut desk = Desk::open(store, library, Manner::Alone, now)?;
    if desk.models.candidate.as_ref().is_none_or(|version| version.number != candidate) {
        // Another process did, and somebody may be publishing again.
        return Ok(());
    }
    let models = Models { candidate: None, ..desk.models.clone() };
    models::put(&mut desk, &models)?;
    Ok(desk.session.commit()?)
}

/// All scores switch at once.
fn switch(store: &Store, library: &Library, now: Instant) -> Result<Step> {
    let mut desk = Desk::open(store, library, Manner::Alone, now)?;
    let Some(after) = desk.models.candidate.clone() else { return Ok(Step::Idle) };
    // Another process may have switched meanwhile, and somebody published again: nobody is prepared for that one.
    if progress(&mut desk)?.is_none_or(|progress| progress.stage != "switch") {
        return Ok(Step::Idle);
    }
    let before = desk.models.current.clone();
    let day = desk.today(&after);
    let mut ids: Vec<&str> = after.model.scores.iter().map(|score| score.id.as_str()).collect();
    let old = before.iter().flat_map(|before| &before.model.scores).map(|score| score.id.as_str());
    ids.extend(old.filter(|id| after.model.find_score(id).is_none()));
    for id in ids {
        let place = |version: &Version| Some((version.number, place_of(version.model.find_score(id)?)?));
        let score = Switched { id, before: before.as_deref().and_then(place), after: place(&after) };
        desk.session.log_switch(score, after.number, day, now)?;
    }
    if before.is_none_or(|before| before.model.zone.name() != after.model.zone.name()) {
        // Another day begins at another moment: everybody is looked at on the day that it is there.
        desk.session.all_due(day)?;
    }
    let number = after.number;
    let models = Models { current: Some(after), candidate: None, ..desk.models.clone() };
    models::put(&mut desk, &models)?;
    desk.session.commit()?;
    Ok(Step::Done(number))
}

/// Removes results of versions that are in force no more, and says whether there may be more of them.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn sweep(store: &Store, library: &Library, now: Instant) -> Result<bool> {
    let mut desk = Desk::open(store, library, Manner::Together, now)?;
    let number = |version: &Option<Arc<Version>>| version.as_ref().map_or(0, |version| version.number);
    let (current, candidate) = (number(&desk.models.current), number(&desk.models.candidate));
    let more = desk.session.remove_other_versions(current, candidate, SWEPT)?;
    desk.session.commit()?;
    Ok(more)
}

impl Desk<'_> {
    /// Scores the next contacts by the version that is being prepared alone.
    /// Of those who are remembered it is `known` then how they stand under that one too.
    fn prepare_contacts(
        &mut self,
        candidate: &Arc<Version>,
        progress: &mut Progress,
        cache: &Cache,
        known: &mut Vec<Extended>,
    ) -> Result<Option<String>> {
        let keys = self.session.walk(Kind::Contact, progress.after, STEP)?;
        let Some(last) = keys.last() else {
            (progress.stage, progress.after) = ("accounts".into(), 0);
            return Ok(None);
        };
        (progress.after, progress.done) = (*last, progress.done + keys.len() as u64);
        let dossiers = self.dossiers(&keys.into_iter().collect())?;
        let persons: Vec<Dossier> = dossiers.into_values().filter(|dossier| dossier.subject.merged.is_none()).collect();
        let around = self.around(persons.iter())?;
        // Somebody who was merged or looked at for the date, for instance.
        let keys: Vec<Key> = persons.iter().map(|person| person.subject.key).collect();
        let mut scored = self.table(candidate, &keys)?;
        let mut writes = Writes::default();
        let mut updated = Vec::new();
        let day = self.today(candidate);
        for person in persons {
            let facts = facts_of(candidate, &person, &around);
            let key = person.subject.key;
            let evaluated = match evaluate::contact(candidate, &facts, (key, &person.id()), day) {
                Ok(evaluated) => evaluated,
                Err(overflow) => return Ok(Some(overflow.to_string())),
            };
            let now = Look { day, cause: Cause::Model, is_current: false };
            let mut standings = scored.remove(&key).unwrap_or_default();
            self.compare(candidate, (key, Kind::Contact), now, &mut standings, evaluated.standings, &mut writes);
            let next = [person.subject.next_day, evaluated.next.map(|next| next.max(self.tomorrow()))];
            let next = next.into_iter().flatten().min();
            let is_updated = next != person.subject.next_day;
            let before = person.subject.revision;
            if cache.holds(key, before)
                && let Some(under) = remembered(candidate, &person, &facts, standings, day)
            {
                let after = before + i64::from(is_updated);
                known.push(Extended { key, revision: (before, after), next_day: next, under });
            }
            if is_updated {
                updated.push(Subject { next_day: next, ..person.subject });
            }
        }
        writes.marks.clear();
        self.write(writes)?;
        self.session.update(&updated.iter().collect::<Vec<_>>())?;
        Ok(None)
    }

    /// Accounts, then opportunities: they are looked at as if something had become known of them.
    fn prepare_others(&mut self, kind: Kind, progress: &mut Progress, ranks: &Ranks) -> Result<Option<String>> {
        let keys = self.session.walk(kind, progress.after, SMALL_STEP)?;
        let Some(last) = keys.last() else {
            let next = if kind == Kind::Account { "bands" } else { "switch" };
            (progress.stage, progress.after) = (next.into(), 0);
            return Ok(None);
        };
        (progress.after, progress.done) = (*last, progress.done + keys.len() as u64);
        self.refresh_some(&keys, ranks)?;
        Ok(None)
    }
}
