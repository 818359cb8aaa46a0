//! A day has begun: those whose scores, bands or silence time alone changes are looked at, and nobody else.

use store::subject::{Key, Kind};
use store::{Manner, Store};

use rules::day::Instant;

use crate::desk::Desk;
use crate::error::Result;
use crate::models::Library;
use crate::settle::{Case, Cause};

/// So many contacts are looked at in one transaction.
const STEP: usize = 500;

/// Looks at some of those who are due, and says how many; none if the day is done.
///
/// Each is looked at as of every day on which something was due since, so that the log is the same as if nobody
/// had slept. It may be interrupted anywhere: who is done is not due any more.
pub(crate) fn step(store: &Store, library: &Library, now: Instant) -> Result<usize> {
    let mut desk = Desk::open(store, library, Manner::Together, now)?;
    let today = desk.day();
    let contacts = desk.session.due(Kind::Contact, today, STEP)?;
    let mut others: Vec<Key> = desk.session.due(Kind::Account, today, STEP)?;
    others.extend(desk.session.due(Kind::Opportunity, today, STEP)?);
    let found = contacts.len() + others.len();
    if found == 0 {
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
