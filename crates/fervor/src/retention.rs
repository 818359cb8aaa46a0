//! Contacts of whom nothing was heard for long are erased by a rule, if somebody has turned it on: once a day, a few at
//! a time, by the process that does what follows of itself; for good, as if an admin had erased each of them.

use std::time::{Duration, Instant as Clock};

use live::about::About;
use live::error::Result;
use live::list::Query;
use live::service::Service;
use rules::day::{Instant, Period};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::keep::Document;
use store::list::Place;
use store::subject::Kind;
use store::{Manner, Session};

use crate::api::App;
use crate::api::audit::{By, note};
use crate::api::persons;

const META: &str = "meta";
const RULE: &str = "retention";
/// So many are looked at together.
const TOGETHER: usize = 200;
/// So many months it may be at least and at most.
pub(crate) const MONTHS: std::ops::RangeInclusive<u32> = 1..=600;
/// So long after an error it is tried again.
const PUT_OFF: Duration = Duration::from_secs(60);
/// It rests so many times as long as it took, at most so long.
const REST: u32 = 2;
const REST_MAX: Duration = Duration::from_secs(2);

/// Who is erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) is_on: bool,
    /// Nothing was heard of them for so long.
    pub(crate) months: u32,
    /// A condition as in lists; nothing is everybody.
    pub(crate) condition: String,
    /// Who turned it on, and the day on which: it begins on the next one.
    pub(crate) by: String,
    pub(crate) since: String,
    pub(crate) last: Option<Last>,
}

/// How it went last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Last {
    day: String,
    pub(crate) at: i64,
    pub(crate) erased: u64,
}

/// The rule as it was kept last.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn read(session: &mut Session<'_>) -> Result<Rule> {
    let document = session.document(META, RULE)?;
    Ok(document.and_then(|document| serde_json::from_str(&document.text).ok()).unwrap_or_default())
}

/// Keeps a rule.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn keep(session: &mut Session<'_>, rule: &Rule, now: Instant) -> Result<()> {
    let text = serde_json::to_string(rule).expect("texts and numbers");
    Ok(session.put_document(META, &Document { id: RULE.into(), at: now, until: None, text })?)
}

/// Some of those whom the rule is about.
#[derive(Debug)]
pub(crate) struct Found {
    /// With when something was last heard of them.
    pub(crate) who: Vec<(About, Instant)>,
    /// How many were looked at.
    pub(crate) looked: usize,
    /// Where to go on.
    pub(crate) end: Option<Place>,
}

/// Looks at some contacts after a place.
///
/// # Errors
///
/// If the condition is not one.
pub(crate) fn some(service: &Service, rule: &Rule, after: Option<Place>) -> Result<Found> {
    let condition = Some(rule.condition.clone()).filter(|text| !text.trim().is_empty());
    let query = Query { condition, after, limit: TOGETHER, ..Query::default() };
    let page = service.list(Kind::Contact, &query)?;
    let ids: Vec<&str> = page.found.iter().map(|about| &*about.id).collect();
    let heard = service.heard(&ids)?;
    let months = Period::parse(&format!("{} months", rule.months));
    let day = months.and_then(|months| service.today().ok()?.plus(months, -1));
    let Some(day) = day else { return Ok(Found { who: Vec::new(), looked: 0, end: None }) };
    let models = service.models()?;
    let zone = models.current.map_or_else(rules::day::Zone::utc, |version| version.model.zone.clone());
    let (looked, end) = (page.found.len(), page.end);
    let one = |about: About| {
        let last = heard.get(&about.id).copied().flatten()?;
        (zone.day_of(last) < day).then_some((about, last))
    };
    Ok(Found { who: page.found.into_iter().filter_map(one).collect(), looked, end })
}

/// How far it is today. It is remembered by the process alone: another one begins anew, and finds who is left.
#[derive(Debug, Default)]
pub(crate) struct Run {
    after: Option<Place>,
    is_going: bool,
    erased: u64,
    rested_until: Option<Clock>,
}

impl Run {
    /// Does a little, and says whether there is more to do.
    ///
    /// # Errors
    ///
    /// If the database does not do it; it is to be tried again.
    pub(crate) fn step(&mut self, app: &App) -> Result<bool> {
        if !app.service.has_turn() || self.rested_until.is_some_and(|until| Clock::now() < until) {
            return Ok(false);
        }
        let rule = read(&mut app.service.session(Manner::Reading)?)?;
        let today = app.service.today()?.to_string();
        let is_done = rule.last.as_ref().is_some_and(|last| last.day == today);
        if !rule.is_on || is_done || rule.since == today {
            *self = Self::default();
            return Ok(false);
        }
        let begun = Clock::now();
        // Unless all goes well.
        self.rested_until = Some(begun + PUT_OFF);
        let found = some(&app.service, &rule, self.after.take().filter(|_| self.is_going))?;
        let ids: Vec<&str> = found.who.iter().map(|(about, _)| &*about.id).collect();
        if !ids.is_empty() {
            let (erased, _) = persons::forget_all(app, &ids, None)?;
            self.erased += erased;
            self.note(app, erased)?;
        }
        (self.is_going, self.after) = (found.end.is_some(), found.end);
        if !self.is_going {
            let last = Last { day: today, at: app.service.now().0, erased: std::mem::take(&mut self.erased) };
            let mut session = app.service.session(Manner::Alone)?;
            let now = Rule { last: Some(last), ..read(&mut session)? };
            keep(&mut session, &now, app.service.now())?;
            session.commit()?;
        }
        self.rested_until = Some(Clock::now() + (begun.elapsed() * REST).min(REST_MAX));
        Ok(self.is_going)
    }

    /// How many were erased is noted, and not who.
    fn note(&self, app: &App, erased: u64) -> Result<()> {
        let mut session = app.service.session(Manner::Together)?;
        let by = By { name: "the rule for retention", id: None };
        note(&mut session, app.service.now(), &(app.random)(), &by, "erase_by_rule", &json!({"count": erased}))?;
        Ok(session.commit()?)
    }
}
