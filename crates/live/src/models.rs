//! Versions of the model: which is in force, and which is about to be.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rules::condition::Space;
use rules::day::Instant;
use rules::lint::names_used;
use rules::model::{BandsBy, Form, Model, ScoreAt, Subject};
use serde::{Deserialize, Serialize};
use store::Session;
use store::keep::Document;

use crate::desk::Desk;
use crate::error::{Error, Result};

/// The kind of documents that hold versions of the model.
const VERSION: &str = "model";
/// The kind of the document that says which is in force.
const META: &str = "meta";
/// So many versions are kept parsed.
const PARSED_MAX: usize = 8;

/// A version of the model, once published.
#[derive(Debug)]
pub struct Version {
    /// Its number, from 1.
    pub number: i64,
    /// The model.
    pub model: Model,
    /// As it was written.
    pub text: String,
    /// When it was published first.
    pub published_at: Instant,
    /// Who published it.
    pub published_by: String,
    /// Whether anything in it looks at the attributes of accounts.
    pub(crate) reads_accounts: bool,
    /// Whether it has scores of accounts, and of opportunities.
    pub(crate) of_accounts: bool,
    pub(crate) of_opportunities: bool,
    /// The scores whose bands go by percentiles, directly or as a matrix.
    pub(crate) by_rank: Vec<ScoreAt>,
}

/// What is in force.
#[derive(Clone, Debug, Default)]
pub struct Models {
    /// The version that readers see; none before the first is published.
    pub current: Option<Arc<Version>>,
    /// The version that is being prepared; whoever is scored is scored by it too.
    pub candidate: Option<Arc<Version>>,
    /// How often it has changed what is looked at beside contacts: what was remembered of them before is not enough
    /// since, or was not kept up.
    pub(crate) turn: i64,
}

impl Models {
    /// Both, the current one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Version>> {
        self.current.iter().chain(&self.candidate)
    }

    /// Whether scores of accounts, and of opportunities, follow those of contacts.
    pub(crate) fn followers(&self) -> (bool, bool) {
        (self.all().any(|version| version.of_accounts), self.all().any(|version| version.of_opportunities))
    }

    /// What is looked at beside contacts: the attributes of accounts, and their scores.
    pub(crate) fn reach(&self) -> (bool, bool) {
        (self.read_accounts(), self.followers().0)
    }

    pub(crate) fn read_accounts(&self) -> bool {
        self.all().any(|version| version.reads_accounts)
    }
}

/// The numbers of what is in force, as they are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Numbers {
    pub(crate) current: i64,
    pub(crate) candidate: i64,
    pub(crate) last: i64,
    #[serde(default)]
    pub(crate) turn: i64,
}

#[derive(Serialize, Deserialize)]
struct Written {
    text: String,
    by: String,
}

/// Versions that were parsed once.
#[derive(Debug, Default)]
pub(crate) struct Library(Mutex<BTreeMap<i64, Arc<Version>>>);

impl Library {
    /// What is in force in this transaction.
    pub(crate) fn in_force(&self, session: &mut Session<'_>) -> Result<Models> {
        let numbers = numbers(session)?;
        let mut version = |number: i64| match number {
            0 => Ok(None),
            number => self.version(session, number).map(Some),
        };
        let (current, candidate) = (version(numbers.current)?, version(numbers.candidate)?);
        Ok(Models { current, candidate, turn: numbers.turn })
    }

    /// A version by its number.
    pub(crate) fn version(&self, session: &mut Session<'_>, number: i64) -> Result<Arc<Version>> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return Ok(known.clone());
        }
        let document = session.document(VERSION, &name(number))?;
        let document = document.ok_or_else(|| Error::NotFound(format!("there is no version {number} of the model")))?;
        let version = Arc::new(read(number, &document)?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= PARSED_MAX {
            known.pop_first();
        }
        known.insert(number, version.clone());
        Ok(version)
    }
}

fn name(number: i64) -> String {
    format!("{number:010}")
}

fn read(number: i64, document: &Document) -> Result<Version> {
    let broken = |what: String| Error::Store(store::Error::Broken(format!("version {number} of the model: {what}")));
    let written: Written = serde_json::from_str(&document.text).map_err(|error| broken(error.to_string()))?;
    let model = Model::parse(&written.text)
        .map_err(|problems| broken(problems.first().map_or_else(String::new, |problem| problem.message.clone())))?;
    Ok(Version::new(number, model, written.text, document.at, written.by))
}

impl Version {
    /// A model that is tried out, and was not published.
    pub fn tried(model: Model, text: &str, now: Instant) -> Self {
        Self::new(0, model, text.to_owned(), now, String::new())
    }

    pub(crate) fn new(number: i64, model: Model, text: String, published_at: Instant, published_by: String) -> Self {
        let has = |of| model.scores_of(of).next().is_some();
        let by_percentile = |at: ScoreAt| model.score(at).bands_by == BandsBy::Percentile;
        let hangs = |(at, score): (usize, &rules::model::Score)| match score.form {
            Form::Matrix(letters, digits) => (by_percentile(letters) || by_percentile(digits)).then_some(ScoreAt(at)),
            _ => by_percentile(ScoreAt(at)).then_some(ScoreAt(at)),
        };
        let reads_accounts = names_used(&model).into_iter().any(|name| name.space == Space::Account);
        Self {
            number,
            reads_accounts,
            of_accounts: has(Subject::Account),
            of_opportunities: has(Subject::Opportunity),
            by_rank: model.scores.iter().enumerate().filter_map(hangs).collect(),
            model,
            text,
            published_at,
            published_by,
        }
    }
}

pub(crate) fn numbers(session: &mut Session<'_>) -> Result<Numbers> {
    let Some(document) = session.document(META, "model")? else { return Ok(Numbers::default()) };
    let numbers = serde_json::from_str(&document.text);
    numbers.map_err(|error| Error::Store(store::Error::Broken(format!("which model is in force: {error}"))))
}

/// Says what is in force from now on.
pub(crate) fn put(desk: &mut Desk<'_>, models: &Models) -> Result<()> {
    let before = numbers(&mut desk.session)?;
    let number = |version: &Option<Arc<Version>>| version.as_ref().map_or(0, |version| version.number);
    let turn = before.turn + i64::from(models.reach() != desk.models.reach());
    let numbers = Numbers { current: number(&models.current), candidate: number(&models.candidate), turn, ..before };
    put_numbers(&mut desk.session, numbers, desk.now)
}

fn put_numbers(session: &mut Session<'_>, numbers: Numbers, now: Instant) -> Result<()> {
    let text = serde_json::to_string(&numbers).expect("numbers");
    Ok(session.put_document(META, &Document { id: "model".into(), at: now, until: None, text })?)
}

/// Keeps a text as the next version.
pub(crate) fn add_version(session: &mut Session<'_>, text: &str, by: &str, now: Instant) -> Result<i64> {
    let mut numbers = numbers(session)?;
    numbers.last += 1;
    put_numbers(session, numbers, now)?;
    let written = Written { text: text.to_owned(), by: by.to_owned() };
    let text = serde_json::to_string(&written).expect("two texts");
    session.put_document(VERSION, &Document { id: name(numbers.last), at: now, until: None, text })?;
    Ok(numbers.last)
}

/// The numbers of all versions, the latest first.
pub(crate) fn versions(session: &mut Session<'_>, before: Option<i64>, limit: usize) -> Result<Vec<i64>> {
    let before = before.map(name);
    let documents = session.documents(VERSION, before.as_deref(), limit)?;
    Ok(documents.iter().filter_map(|document| document.id.parse().ok()).collect())
}
