//! A day has begun: those whose scores, bands or silence time alone changes are looked at, and nobody else.

use store::keep::Document;
use store::subject::{Key, Kind};
use store::{Manner, Store};

use rules::day::{Day, Instant};

use crate::desk::Desk;
use crate::error::Result;
use crate::models::Library;
use crate::settle::{Case, Cause};

/// So many contacts are looked at in one transaction.
const STEP: usize = 500;
/// The document that says which day was looked at last.
const META: &str = "meta";
const LOOKED: &str = "midnight";

/// Looks at some of those who are due, and says how many; none if the day is done.
///
/// Each is looked at as of every day on which something was due since, so that the log is the same as if nobody
/// had slept. It may be interrupted anywhere: who is done is not due any more.
pub(crate) fn step(store: &Store, library: &Library, now: Instant) -> Result<usize> {
    let mut desk = Desk::open(store, library, Manner::Together, now)?;
    let today = desk.day();
    let last = looked(&mut desk)?;
    // By less than a day the clocks of two processes may differ, and it mends itself.
    if last.and_then(|last| last.plus_days(-1)).is_some_and(|before| today < before) {
        drop(desk);
        return back(store, library, now);
    }
    let contacts = desk.session.due(Kind::Contact, today, STEP)?;
    let mut others: Vec<Key> = desk.session.due(Kind::Account, today, STEP)?;
    others.extend(desk.session.due(Kind::Opportunity, today, STEP)?);
    let found = contacts.len() + others.len();
    if found == 0 {
        if last != Some(today) {
            note(&mut desk, today)?;
            desk.session.commit()?;
        }
        return Ok(0);
    }
    // All at once, in the order in which everybody locks.
    let mut due: Vec<Key> = contacts.iter().chain(&others).copied().collect();
    due.sort_unstable();
    desk.session.lock(&due)?;
    let dossiers = desk.dossiers(&contacts.into_iter().collect())?;
    let is_due = |case: &Case| case.dossier.subject.next_day.is_some_and(|day| day <= today);
    let cases = dossiers.into_values().map(|dossier| Case::new(dossier, Cause::Midnight));
    let mut cases: Vec<Case> = cases.filter(is_due).collect();
    desk.settle_or_blank(&mut cases)?;
    // Accounts and opportunities follow within seconds, as always.
    let mut due = desk.session.lock(&others)?;
    desk.session.mark(&others)?;
    for subject in &mut due {
        subject.next_day = None;
    }
    desk.session.update(&due.iter().collect::<Vec<_>>())?;
    desk.session.commit()?;
    Ok(found)
}

/// The clock was days ahead, and is right again: whoever was looked at meanwhile stands as of days that are still to
/// come, and would be due only then.
fn back(store: &Store, library: &Library, now: Instant) -> Result<usize> {
    let mut desk = Desk::open(store, library, Manner::Alone, now)?;
    let today = desk.day();
    desk.session.all_due(today)?;
    note(&mut desk, today)?;
    desk.session.commit()?;
    Ok(1)
}

fn looked(desk: &mut Desk<'_>) -> Result<Option<Day>> {
    let document = desk.session.document(META, LOOKED)?;
    Ok(document.and_then(|document| Day::parse(&document.text)))
}

fn note(desk: &mut Desk<'_>, day: Day) -> Result<()> {
    let document = Document { id: LOOKED.into(), at: desk.now, until: None, text: day.to_string() };
    Ok(desk.session.put_document(META, &document)?)
}
