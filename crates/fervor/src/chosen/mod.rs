//! Contacts, accounts or opportunities that somebody has chosen in a list, to do one thing with all of them.
//!
//! ```text
//! gathering   where all are chosen that a filter finds: they are looked up, behind the scenes
//! chosen      it is known who; nothing is done until somebody confirms what
//! running     it is done, some at a time, and kept how far it is
//! done        how it went; what was set can be set back
//! ```
//!
//! Who was chosen and what was known of them before is kept for a week, in parts; whoever is erased goes from there.

pub(crate) mod work;

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use live::error::Result;
use live::list::Query;
use live::service::Service;
use rules::day::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::keep::Document;
use store::subject::Kind;
use store::{Manner, Session};

/// The kinds of documents.
const CHOICE: &str = "chosen";
const PART: &str = "chosen-part";
/// So many may be chosen at once.
pub(crate) const MOST: usize = 10_000;
/// So many are in a part, which is done at once.
pub(crate) const TOGETHER: usize = 200;
/// So long everything is kept, in microseconds: a week.
const KEPT: i64 = 7 * 86_400_000_000;
/// So many of them are looked at for something to do.
const LATEST: usize = 200;
/// So many may be under way.
const OPEN_MAX: usize = 10;
/// So long after its last sign another process may go on with it, in microseconds.
const STALE: i64 = 20_000_000;

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    #[default]
    Gathering,
    Chosen,
    Running,
    Done,
    /// What was set is set back.
    Undoing,
    Undone,
    Failed,
}

impl State {
    /// Whether there is something to do behind the scenes.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Gathering | Self::Running | Self::Undoing)
    }
}

/// What is done with all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Act {
    #[default]
    Set,
    Remove,
    Erase,
}

/// What is asked of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) condition: Option<String>,
    pub(crate) also: Option<String>,
    pub(crate) search: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) sort: Option<(String, bool)>,
}

impl Asked {
    pub(crate) fn of(query: &Query) -> Self {
        let Query { condition, also, search, account, sort, .. } = query.clone();
        Self { condition, also, search, account, sort }
    }

    fn query(&self) -> Query {
        let Self { condition, also, search, account, sort } = self.clone();
        Query { condition, also, search, account, sort, limit: work::PAGE, after: None }
    }
}

/// The attribute that is set or removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct What {
    pub(crate) name: String,
    /// Nothing where it is removed.
    pub(crate) value: Option<String>,
    /// The first day on which it is so.
    pub(crate) from: String,
}

/// Some who were chosen, and what is done with them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Choice {
    #[serde(skip)]
    pub(crate) id: String,
    /// As [`Kind::word`] has it.
    pub(crate) kind: String,
    pub(crate) by: String,
    pub(crate) by_id: Option<String>,
    pub(crate) act: Act,
    pub(crate) state: State,
    /// All that this finds, where they were not chosen one by one.
    pub(crate) asked: Option<Asked>,
    /// The list that they were chosen in, as the query of its address.
    pub(crate) list: String,
    pub(crate) count: usize,
    /// Whether there were more than may be chosen.
    pub(crate) is_cut: bool,
    pub(crate) what: What,
    /// Parts that are done, of what is under way.
    pub(crate) parts_done: usize,
    pub(crate) changed: u64,
    /// Of whom it was so already.
    pub(crate) same: u64,
    /// What could not be done, and the first reason.
    pub(crate) refused: u64,
    pub(crate) reason: Option<String>,
    /// Those who were not there any more.
    pub(crate) gone: u64,
    pub(crate) restored: u64,
    /// Of whom something else was said after it was set.
    pub(crate) left: u64,
    pub(crate) created_at: i64,
    pub(crate) ended_at: Option<i64>,
    /// Which process works at it, and when it last did.
    pub(crate) worker: String,
    pub(crate) seen_at: i64,
}

/// One of a part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct One {
    pub(crate) id: String,
    /// Whether it is changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_changed: bool,
    /// What it was before.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub(crate) before: Json,
}

/// Some of those who were chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Whether it is known what was before.
    pub(crate) is_known: bool,
    pub(crate) all: Vec<One>,
}

impl Choice {
    pub(crate) fn of(&self) -> Kind {
        let all = [Kind::Contact, Kind::Account, Kind::Opportunity];
        all.into_iter().find(|kind| kind.word() == self.kind).unwrap_or(Kind::Contact)
    }

    pub(crate) fn parts(&self) -> usize {
        self.count.div_ceil(TOGETHER)
    }

    pub(crate) fn may_undo(&self) -> bool {
        self.state == State::Done && self.act != Act::Erase && self.changed > 0
    }

    fn read(document: &Document) -> Option<Self> {
        Some(Self { id: document.id.clone(), ..serde_json::from_str(&document.text).ok()? })
    }

    pub(crate) fn keep(&self, session: &mut Session<'_>, now: Instant) -> Result<()> {
        let text = serde_json::to_string(self).expect("texts and numbers");
        let until = Instant::new(self.created_at.saturating_add(KEPT));
        Ok(session.put_document(CHOICE, &Document { id: self.id.clone(), at: now, until, text })?)
    }

    /// Some of those who were chosen; nothing where they are not there any more.
    pub(crate) fn part(&self, session: &mut Session<'_>, number: usize) -> Result<Part> {
        let document = session.document(PART, &self.part_id(number))?;
        Ok(document.and_then(|document| serde_json::from_str(&document.text).ok()).unwrap_or_default())
    }

    fn part_id(&self, number: usize) -> String {
        format!("{}-{number:04}", self.id)
    }

    fn keep_part(&self, session: &mut Session<'_>, number: usize, part: &Part, now: Instant) -> Result<()> {
        let text = serde_json::to_string(part).expect("texts and values");
        let until = Instant::new(self.created_at.saturating_add(KEPT));
        Ok(session.put_document(PART, &Document { id: self.part_id(number), at: now, until, text })?)
    }

    /// Keeps who they are.
    fn keep_ids(&mut self, session: &mut Session<'_>, ids: &[String], now: Instant) -> Result<()> {
        self.count = ids.len();
        for (number, ids) in ids.chunks(TOGETHER).enumerate() {
            let all = ids.iter().map(|id| One { id: id.clone(), ..One::default() }).collect();
            self.keep_part(session, number, &Part { is_known: false, all }, now)?;
        }
        Ok(())
    }
}

/// Whom somebody chooses.
#[derive(Debug)]
pub(crate) enum Whom {
    These(Vec<String>),
    AllOf(Asked),
}

/// Keeps whom somebody has chosen; `None` if too much is under way.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn choose(service: &Service, choice: Choice, whom: Whom) -> Result<Option<Choice>> {
    let now = service.now();
    let mut session = service.session(Manner::Alone)?;
    if open(&mut session)?.len() >= OPEN_MAX {
        return Ok(None);
    }
    let mut choice = Choice { created_at: now.0, seen_at: 0, ..choice };
    choice.id = format!("{:016x}", choice.created_at.unsigned_abs());
    while session.document(CHOICE, &choice.id)?.is_some() {
        choice.created_at += 1;
        choice.id = format!("{:016x}", choice.created_at.unsigned_abs());
    }
    match whom {
        Whom::AllOf(asked) => (choice.asked, choice.state) = (Some(asked), State::Gathering),
        Whom::These(ids) => {
            choice.state = State::Chosen;
            choice.keep_ids(&mut session, &ids, now)?;
        }
    }
    choice.keep(&mut session, now)?;
    session.commit()?;
    Ok(Some(choice))
}

/// Those under way, the latest first.
fn open(session: &mut Session<'_>) -> Result<Vec<Choice>> {
    let latest = session.documents(CHOICE, None, LATEST)?;
    Ok(latest.iter().filter_map(Choice::read).filter(|choice| choice.state.is_open()).collect())
}

/// One by its id.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn find(session: &mut Session<'_>, id: &str, now: Instant) -> Result<Option<Choice>> {
    let document = session.document(CHOICE, id)?;
    let document = document.filter(|document| document.until.is_none_or(|until| now < until));
    Ok(document.as_ref().and_then(Choice::read))
}

/// Removes whoever is erased from all that is kept, but for one choice, which sees to that itself.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn erase(service: &Service, ids: &[&str], but: Option<&str>) -> Result<()> {
    service.rewrite(PART, 20, |document| {
        if but.is_some_and(|id| document.id.starts_with(id)) {
            return None;
        }
        let mut part: Part = serde_json::from_str(&document.text).ok()?;
        let count = part.all.len();
        part.all.retain(|one| !ids.contains(&one.id.as_str()));
        (part.all.len() < count).then(|| serde_json::to_string(&part).expect("texts and values"))
    })
}

/// Wakes the one who works.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    is_rung: Mutex<bool>,
    rings: Condvar,
}

impl Bell {
    pub(crate) fn ring(&self) {
        *self.is_rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.rings.notify_one();
    }

    pub(crate) fn wait(&self, patience: Duration) {
        let is_rung = self.is_rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut is_rung, _) = self
            .rings
            .wait_timeout_while(is_rung, patience, |is_rung| !*is_rung)
            .unwrap_or_else(PoisonError::into_inner);
        *is_rung = false;
    }
}
