//! What was confirmed is done, some at a time. Whatever stops in between goes on from
//! there: to set the same once more changes nothing, and what was before is kept before it is changed.

use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use live::error::{Error, Result};
use live::fact::{Fact, Refusal, Taken};
use live::list::Query;
use live::take::Request;
use live::wire::Item;
use live::wire::native;
use rules::day::{Day, Instant};
use rules::value::Value;
use serde_json::{Value as Json, json};
use store::Manner;
use store::subject::Kind;

use super::{Act, CHOICE, Choice, MOST, One, PART, Part, STALE, State, What, find, open};
use crate::api::App;
use crate::api::persons;

/// So many are looked up at a time.
pub(super) const PAGE: usize = 1000;
/// So long one waits while others keep the writer busy.
const PAUSE: Duration = Duration::from_millis(500);

/// Removes what is kept no longer.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn sweep(app: &App) -> Result<()> {
    let now = app.service.now();
    let mut session = app.service.session(Manner::Together)?;
    session.remove_outdated(PART, now)?;
    session.remove_outdated(CHOICE, now)?;
    Ok(session.commit()?)
}

/// Does the next part of what was asked for first, and says whether there was any.
///
/// # Errors
///
/// If the database cannot be reached; it is to be done again.
pub(crate) fn step(app: &App, worker: &str) -> Result<bool> {
    let now = app.service.now();
    let is_free = |choice: &Choice| choice.worker == worker || now.0 - choice.seen_at > STALE;
    let Some(choice) = open(&mut app.service.session(Manner::Reading)?)?.into_iter().rfind(is_free) else {
        return Ok(false);
    };
    let mut session = app.service.session(Manner::Alone)?;
    let Some(mut choice) = find(&mut session, &choice.id, now)?.filter(|one| one.state.is_open() && is_free(one))
    else {
        return Ok(false);
    };
    (choice.worker, choice.seen_at) = (worker.to_owned(), now.0);
    choice.keep(&mut session, now)?;
    session.commit()?;
    let done = match choice.state {
        State::Gathering => gather(app, &mut choice),
        State::Undoing => next(app, &mut choice, restored),
        _ if choice.act == Act::Erase => next(app, &mut choice, erased),
        _ => next(app, &mut choice, changed),
    };
    match done {
        Err(Error::Store(error)) if error.is_transient() => return Err(Error::Store(error)),
        Err(Error::Stopping) => return Ok(false),
        Err(Error::Busy) => {
            std::thread::sleep(PAUSE);
            return Ok(true);
        }
        Err(error) => {
            tracing::warn!(%error, "what was chosen in a list is not done to the end");
            (choice.state, choice.reason) = (State::Failed, Some(error.to_string()));
        }
        Ok(()) => {}
    }
    keep(app, &mut choice)?;
    app.wake();
    Ok(true)
}

fn keep(app: &App, choice: &mut Choice) -> Result<()> {
    let now = app.service.now();
    choice.seen_at = now.0;
    if !choice.state.is_open() && choice.state != State::Chosen {
        choice.ended_at = Some(now.0);
    }
    let mut session = app.service.session(Manner::Together)?;
    choice.keep(&mut session, now)?;
    Ok(session.commit()?)
}

/// Looks up all that a list finds, as far as so many may be chosen.
fn gather(app: &App, choice: &mut Choice) -> Result<()> {
    let asked = choice.asked.clone().unwrap_or_default();
    let (mut query, mut ids) = (asked.query(), Vec::new());
    loop {
        let page = app.service.list(choice.of(), &query)?;
        ids.extend(page.found.iter().map(|about| about.id.to_string()));
        let is_over = page.end.is_none() || ids.len() > MOST;
        query = Query { after: page.end, ..query };
        if is_over {
            break;
        }
        if app.is_stopping.load(Ordering::Acquire) {
            return Err(Error::Stopping);
        }
        // So that nobody else begins it as well.
        keep(app, choice)?;
    }
    choice.is_cut = ids.len() > MOST;
    ids.truncate(MOST);
    let now = app.service.now();
    let mut session = app.service.session(Manner::Together)?;
    choice.keep_ids(&mut session, &ids, now)?;
    session.commit()?;
    choice.state = State::Chosen;
    Ok(())
}

/// Does the next part.
fn next(app: &App, choice: &mut Choice, act: fn(&App, &mut Choice, usize) -> Result<()>) -> Result<()> {
    if choice.parts_done < choice.parts() {
        act(app, choice, choice.parts_done)?;
        choice.parts_done += 1;
    }
    if choice.parts_done >= choice.parts() {
        choice.state = if choice.state == State::Undoing { State::Undone } else { State::Done };
    }
    Ok(())
}

fn from(choice: &Choice) -> Result<Day> {
    let wrong = || Error::Invalid(format!("`{}` is not a date", choice.what.from));
    Day::parse(&choice.what.from).ok_or_else(wrong)
}

/// Sets or removes an attribute of some, once it is kept what it was before.
fn changed(app: &App, choice: &mut Choice, number: usize) -> Result<()> {
    let day = from(choice)?;
    let mut part = choice.part(&mut app.service.session(Manner::Reading)?, number)?;
    let asked = part.all.len() as u64;
    if !part.is_known {
        let before = values(app, choice, &part, day)?;
        part = judged(choice, &part, &before);
        let mut session = app.service.session(Manner::Together)?;
        choice.keep_part(&mut session, number, &part, app.service.now())?;
        session.commit()?;
    }
    let all: Vec<&One> = part.all.iter().filter(|one| one.is_changed).collect();
    let value = choice.what.value.as_deref().map_or(Json::Null, Json::from);
    let said: Vec<(&str, &Json)> = all.iter().map(|one| (one.id.as_str(), &value)).collect();
    let (accepted, refused) = say(app, choice, &said)?;
    choice.changed += accepted;
    choice.refused += refused.len() as u64;
    choice.reason = choice.reason.take().or_else(|| refused.into_iter().next());
    let same = part.all.iter().filter(|one| !one.is_changed).count() as u64;
    choice.same += same;
    choice.gone += asked.saturating_sub(part.all.len() as u64);
    Ok(())
}

type Values = std::collections::BTreeMap<std::sync::Arc<str>, Option<Value>>;

fn values(app: &App, choice: &Choice, part: &Part, day: Day) -> Result<Values> {
    let ids: Vec<&str> = part.all.iter().map(|one| one.id.as_str()).collect();
    app.service.values_on(choice.of(), &ids, &choice.what.name, day)
}

/// Those of a part who are there, each with what was before, and whether that is to change.
fn judged(choice: &Choice, part: &Part, before: &Values) -> Part {
    let one = |one: &One| {
        let before = before.get(one.id.as_str())?;
        let text = before.as_ref().map(|value| value.text().into_owned());
        Some(One {
            id: one.id.clone(),
            is_changed: text != choice.what.value,
            before: before.as_ref().map_or(Json::Null, store::record::json),
        })
    };
    Part { is_known: true, all: part.all.iter().filter_map(one).collect() }
}

/// Says of some what an attribute of theirs is from a day on, as the interface for programs does; how many were
/// accepted, and why others were not.
fn say(app: &App, choice: &Choice, said: &[(&str, &Json)]) -> Result<(u64, Vec<String>)> {
    if said.is_empty() {
        return Ok((0, Vec::new()));
    }
    let items = read(choice.of(), &choice.what, said, app.service.now());
    let items = items.map_err(|refusal| Error::Invalid(refusal.message))?;
    let (mut facts, mut refused): (Vec<Fact>, Vec<String>) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Ok(more) => facts.extend(more),
            Err(refusal) => refused.push(refusal.message),
        }
    }
    let (sender, receiver) = mpsc::channel();
    let request = Request { facts, origin: 0, once: None };
    app.service.submit(request, Box::new(move |taken| _ = sender.send(taken)))?;
    let mut accepted = 0;
    for taken in receiver.recv().map_err(|_| Error::Stopping)?? {
        match taken {
            Taken::Refused(refusal) => refused.push(refusal.message),
            Taken::Accepted | Taken::Duplicate => accepted += 1,
        }
    }
    Ok((accepted, refused))
}

/// What is said of some, as it is read.
fn read(kind: Kind, what: &What, said: &[(&str, &Json)], now: Instant) -> std::result::Result<Vec<Item>, Refusal> {
    let one = |(id, value): &(&str, &Json)| {
        let attributes = json!({what.name.as_str(): value});
        json!({"id": id, "attributes": attributes, "valid_from": what.from})
    };
    let body = Json::from(said.iter().map(one).collect::<Vec<_>>()).to_string();
    let kind = match kind {
        Kind::Account => native::Kind::Accounts,
        Kind::Opportunity => native::Kind::Opportunities,
        Kind::Contact | Kind::Visitor => native::Kind::Contacts,
    };
    native::read(kind, body.as_bytes(), now)
}

/// Why it would be taken of nobody, if so.
pub(crate) fn refusal(kind: Kind, what: &What, now: Instant) -> Option<String> {
    let value = what.value.as_deref().map_or(Json::Null, Json::from);
    let wrong = match read(kind, what, &[("somebody", &value)], now) {
        Ok(items) => items.into_iter().find_map(std::result::Result::err)?,
        Err(refusal) => refusal,
    };
    Some(wrong.message)
}

/// Sets back what was set, wherever nobody has said anything else since.
fn restored(app: &App, choice: &mut Choice, number: usize) -> Result<()> {
    let day = from(choice)?;
    let part = choice.part(&mut app.service.session(Manner::Reading)?, number)?;
    let now = values(app, choice, &part, day)?;
    let is_ours = |one: &&One| {
        let value = now.get(one.id.as_str());
        value.is_some_and(|value| value.as_ref().map(|value| value.text().into_owned()) == choice.what.value)
    };
    let touched = part.all.iter().filter(|one| one.is_changed);
    let (ours, others): (Vec<&One>, Vec<&One>) = touched.partition(is_ours);
    let said: Vec<(&str, &Json)> = ours.iter().map(|one| (one.id.as_str(), &one.before)).collect();
    let (accepted, refused) = say(app, choice, &said)?;
    choice.restored += accepted;
    choice.left += (others.len() + refused.len()) as u64;
    Ok(())
}

/// Forgets some for good, and who they were with them.
fn erased(app: &App, choice: &mut Choice, number: usize) -> Result<()> {
    let part = choice.part(&mut app.service.session(Manner::Reading)?, number)?;
    let ids: Vec<&str> = part.all.iter().map(|one| one.id.as_str()).collect();
    let (erased, gone) = persons::forget_all(app, &ids, Some(&choice.id))?;
    // Only now, so that all are erased whatever stops in between.
    let mut session = app.service.session(Manner::Together)?;
    choice.keep_part(&mut session, number, &Part::default(), app.service.now())?;
    session.commit()?;
    choice.changed += erased;
    choice.gone += gone;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_so_already_is_left_alone() {
        let what = What { name: "plan".into(), value: Some("gold".into()), from: "2026-03-14".into() };
        let choice = Choice { what, ..Choice::default() };
        let one = |id: &str| One { id: id.into(), ..One::default() };
        let part = Part { is_known: false, all: vec![one("ada"), one("bo"), one("eva"), one("ola")] };
        let before: Values =
            [("ada".into(), Some("gold".into())), ("bo".into(), Some("iron".into())), ("eva".into(), None)].into();
        let judged = judged(&choice, &part, &before);
        let told: Vec<(String, bool, Json)> =
            judged.all.into_iter().map(|one| (one.id, one.is_changed, one.before)).collect();
        assert_eq!(
            told,
            [
                ("ada".into(), false, json!("gold")),
                ("bo".into(), true, json!("iron")),
                ("eva".into(), true, Json::Null)
            ]
        );
    }
}
