//! An import is undone: what it brought is not there any more, as far as nobody else has said the same.
//!
//! Contacts are gone through in the order of their keys, some at a time, each time in one transaction. Whoever asks again
//! after an interruption begins at the beginning, and finds the first ones done.

use std::collections::BTreeSet;

use rules::day::Instant;
use store::subject::{Key, Kind, Subject};
use store::{Manner, Store};

use crate::desk::Desk;
use crate::error::Result;
use crate::models::Library;
use crate::settle::{Case, Cause};

/// So many contacts are looked at together.
const TOGETHER: usize = 200;

/// What was undone of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// The last contact that was looked at; nothing once all were.
    pub after: Option<Key>,
    /// Activities that are not there any more.
    pub removed: u64,
    /// Activities that stay, because another import has said the same.
    pub kept: u64,
}

/// Undoes an import for some of those after a contact.
///
/// # Errors
///
/// If the database does not take it; then nothing of it is done.
pub(crate) fn some(
    store: &Store,
    library: &Library,
    (origin, undone): (i64, &BTreeSet<i64>),
    after: Key,
    now: Instant,
) -> Result<Undone> {
    let mut reading = store.begin(Manner::Reading)?;
    let keys = reading.walk(Kind::Contact, after, TOGETHER)?;
    // Behind the last contact there may be visitors.
    let last = keys.last().copied();
    let found = reading.imported(origin, after, last.unwrap_or(Key::MAX))?;
    drop(reading);
    let mut done = Undone { after: last, ..Undone::default() };
    if found.is_empty() {
        return Ok(done);
    }
    let mut desk = Desk::open(store, library, Manner::Alone, now)?;
    let persons: BTreeSet<Key> = desk.session.subjects_of(&found)?.iter().map(Subject::person).collect();
    let dossiers = desk.dossiers(&persons)?;
    let mut cases: Vec<Case> = dossiers.into_values().map(|dossier| Case::new(dossier, Cause::Activity)).collect();
    desk.look_at_due(&mut cases)?;
    let mut gone = Vec::new();
    for case in &mut cases {
        case.cause = Cause::Activity;
        let mut kept = Vec::new();
        // What somebody has said never to have happened was looked at by people, and stays what it is.
        let is_of = |activity: &store::activity::Stored| activity.origin == origin && activity.retracted.is_none();
        case.dossier.remove(|activity| {
            if !is_of(activity) {
                return false;
            }
            if activity.stays_without(origin, undone) {
                kept.push(activity.clone());
                return false;
            }
            gone.push((activity.subject, activity.seq));
            true
        });
        for activity in &kept {
            desk.session.amend_activity(activity)?;
        }
        done.kept += kept.len() as u64;
    }
    done.removed = gone.len() as u64;
    desk.session.remove_activities(&gone)?;
    desk.settle_or_blank(&mut cases)?;
    desk.session.commit()?;
    Ok(done)
}
