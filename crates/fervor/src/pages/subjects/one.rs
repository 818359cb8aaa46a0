//! One contact or account: how it stands, why, how it came to that, what will be, what it did, what is known of it.

use askama::Template;
use live::about::{About, Known};
use rules::day::Day;
use rules::forecast::horizon;
use rules::model::{Model, ScoreAt};
use store::activity::Stored;
use store::change::Change;
use store::subject::Kind;

use super::ahead::Ahead;
use super::past::{self, Lines, Past};
use super::people::People;
use super::why::Why;
use super::{Words, address, columns};
use crate::api::access::Scope;
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::lists::escaped;
use crate::api::problem::{self, Problem};
use crate::api::{cursor, persons, subject};
use crate::pages::chart::Spark;
use crate::pages::form::Form;
use crate::pages::frame::{Frame, page, see, sentence};
use crate::pages::show::{Band, Number, worded};
use crate::pages::when::When;
use crate::t;

/// Parameters of the page.
pub(super) const PARAMS: &[&str] = &["score", "as_of", "on", "ahead", "cursor", "done"];
/// So many people an account may have for what is ahead of it to be worked out unasked.
const PEOPLE_MAX: usize = 100;
/// And so many activities all of them, or a contact.
const DID_MAX: usize = 200;
/// Activities of a page.
const ACTIVITIES: usize = 20;

#[derive(Debug, Template)]
#[template(path = "subjects/one.html")]
struct One<'a> {
    frame: Frame<'a>,
    words: &'a Words,
    about: &'a About,
    path: String,
    name: String,
    error: Option<String>,
    done: &'a str,
    figures: Vec<Figure>,
    /// The score that is taken apart.
    score: Option<Chosen>,
    as_of: Option<Day>,
    on: Option<Day>,
    today: Option<Day>,
    activities: Vec<Did>,
    earlier: Option<String>,
    attributes: Vec<(String, String)>,
    accounts: Vec<Belonged>,
    /// The first contacts of an account.
    people: Option<People>,
    may_merge: bool,
    may_erase: bool,
}

/// How it stands in a score.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) points: Option<Number>,
    pub(super) band: Option<Band>,
    pub(super) percentile: Option<Number>,
    pub(super) fresh: When,
    spark: Option<Spark>,
    address: String,
    is_chosen: bool,
}

/// A score taken apart.
#[derive(Debug)]
struct Chosen {
    id: String,
    label: String,
    why: Result<Option<Why>, String>,
    ahead: Option<Ahead>,
    /// Whether it takes long to say what is ahead.
    is_long: bool,
    past: Past,
}

/// Something that it did, or that happened to it.
#[derive(Debug)]
struct Did {
    at: When,
    kind: String,
    value: Option<String>,
    account: Option<String>,
    source: Option<String>,
    properties: String,
    is_retracted: bool,
}

/// To what it belonged from a day on.
#[derive(Debug)]
struct Belonged {
    since: Option<Day>,
    accounts: Vec<(String, String)>,
}

impl One<'_> {
    fn link(&self, path: &str, id: &str) -> String {
        address(path, id)
    }

    fn escaped(&self, text: &str) -> String {
        escaped(text)
    }

    /// Whether any of the activities that are shown is worth something.
    fn has_values(&self) -> bool {
        self.activities.iter().any(|did| did.value.is_some())
    }

    /// Whether of any of them it is known who told it.
    fn has_sources(&self) -> bool {
        self.activities.iter().any(|did| did.source.is_some())
    }
}

pub(super) fn show(call: &Call) -> Result<Answer, Problem> {
    shown(call, None)
}

fn shown(call: &Call, wrong: Option<&Problem>) -> Result<Answer, Problem> {
    let words = Words::of(call);
    let service = &call.app.service;
    let about = service.about(words.kind, call.id())?;
    let path = address(words.path, &about.id);
    let version = service.models()?.current;
    let model = version.as_deref().map(|version| &version.model);
    let (as_of, on) = (day(call, "as_of")?, day(call, "on")?);
    let at = model.map(|model| chosen(call, words, model)).transpose()?.flatten();
    let known = at.map(|_| service.facts_of(words.kind, &about.id)).transpose()?;
    let changes = service.history(words.kind, &about.id, None, past::READ)?;
    let lines = known.as_ref().map(|known| Lines::of(&changes, words.kind, known)).unwrap_or_default();
    let mut figures = figures(&about, model, &path, at);
    for figure in &mut figures {
        let at = model.and_then(|model| model.find_score(&figure.id));
        figure.spark = known.as_ref().zip(at).and_then(|(known, at)| lines.spark(known, at));
    }
    let score = match at.zip(known.as_ref()) {
        Some((at, known)) => Some(taken_apart(call, words, known, at, (as_of, on), (&changes, &lines))?),
        None => None,
    };
    let (activities, earlier) = activities(call, words, &about)?;
    let one = One {
        frame: Frame::of(call),
        words,
        name: columns::called(&about).unwrap_or_else(|| about.id.to_string()),
        error: wrong.map(|problem| sentence(&problem.detail)),
        done: call.param("done"),
        figures,
        score,
        as_of,
        on,
        today: known.as_ref().map(|known| known.today),
        activities,
        earlier,
        attributes: attributes(&about),
        accounts: known.as_ref().map_or_else(Vec::new, |known| accounts(known, words.kind)),
        people: if words.kind == Kind::Account { Some(People::of(call, version.as_deref(), &about)?) } else { None },
        may_merge: words.kind == Kind::Contact && call.who.may(Scope::Write).is_ok(),
        may_erase: words.kind == Kind::Contact && call.who.may(Scope::Admin).is_ok(),
        about: &about,
        path,
    };
    Ok(page(wrong.map_or(200, |problem| problem.kind.status()), &one))
}

/// A day that is asked for; an empty field is none.
fn day(call: &Call, name: &str) -> Result<Option<Day>, Problem> {
    let text = call.param(name);
    let wrong = || unprocessable(t::one_no_date(text).plain());
    if text.is_empty() { Ok(None) } else { Day::parse(text).map(Some).ok_or_else(wrong) }
}

/// The score that is asked for, and else the first.
fn chosen(call: &Call, words: &Words, model: &Model) -> Result<Option<ScoreAt>, Problem> {
    match call.param("score") {
        "" => Ok(model.scores_of(words.of).next().map(|(at, _)| at)),
        id => {
            let found = model.scores_of(words.of).find(|(_, score)| score.id == id).map(|(at, _)| at);
            let missing = || Problem::not_found(t::one_no_such_score(id, words.word()).plain());
            found.map(Some).ok_or_else(missing)
        }
    }
}

fn taken_apart(
    call: &Call,
    words: &Words,
    known: &Known,
    at: ScoreAt,
    (as_of, on): (Option<Day>, Option<Day>),
    (changes, lines): (&[Change], &Lines),
) -> Result<Chosen, Problem> {
    let service = &call.app.service;
    let date = as_of.unwrap_or(known.today);
    // What is ahead of a day that is gone is no news, and where much is known it takes long: then it is asked for.
    let is_news = date >= known.today;
    let people = &known.facts.contacts;
    let is_much = || people.values().map(|person| person.activities.len()).sum::<usize>() > DID_MAX;
    let is_unasked = on.is_none() && call.param("ahead").is_empty();
    let is_long = is_news && is_unasked && (people.len() > PEOPLE_MAX || is_much());
    let is_foretold = is_news && !is_long;
    let until = is_foretold.then(|| horizon(date));
    let told = subject::explained(service, words.kind, known, (date, until), Some(at), |explanation| {
        (Why::of(explanation, at), is_foretold.then(|| Ahead::of(explanation, at, on)).flatten())
    });
    let (why, ahead) = match told {
        Ok((why, ahead)) => (Ok(why), ahead),
        // It may not have existed on that day.
        Err(problem) if problem.kind == problem::Kind::NotFound => (Err(sentence(&problem.detail)), None),
        Err(problem) => return Err(problem),
    };
    let score = known.version.model.score(at);
    Ok(Chosen {
        id: score.id.clone(),
        label: score.label().to_owned(),
        why,
        ahead,
        is_long,
        past: Past::of(changes, lines, known, at),
    })
}

/// How it stands in each score.
pub(super) fn figures(about: &About, model: Option<&Model>, path: &str, chosen: Option<ScoreAt>) -> Vec<Figure> {
    let figure = |scored: &live::about::Scored| {
        let at = model?.find_score(&scored.score)?;
        let score = model?.score(at);
        Some(Figure {
            id: score.id.clone(),
            label: score.label().to_owned(),
            points: scored.points.map(Number),
            band: scored.band.as_deref().map(|name| Band::new(score, name)),
            percentile: scored.percentile.map(Number),
            fresh: When::ago(scored.fresh_at),
            spark: None,
            address: format!("{path}?score={}", escaped(&score.id)),
            is_chosen: chosen == Some(at),
        })
    };
    about.scores.iter().filter_map(figure).collect()
}

/// What is known of it, but for what it is called.
pub(super) fn attributes(about: &About) -> Vec<(String, String)> {
    about.attributes.iter().map(|(name, value)| (worded(name), value.text().into_owned())).collect()
}

fn activities(call: &Call, words: &Words, about: &About) -> Result<(Vec<Did>, Option<String>), Problem> {
    if words.kind != Kind::Contact {
        return Ok((Vec::new(), None));
    }
    let before = Some(call.param("cursor")).filter(|text| !text.is_empty()).map(cursor::moment).transpose()?;
    let mut found = call.app.service.activities(&about.id, before, ACTIVITIES + 1)?;
    let is_more = found.len() > ACTIVITIES;
    found.truncate(ACTIVITIES);
    let last = found.last().filter(|_| is_more).map(|one| cursor::of_moment(one.occurred_at, one.seq));
    Ok((found.iter().map(did).collect(), last))
}

fn did(stored: &Stored) -> Did {
    let properties: Vec<String> =
        stored.properties.iter().map(|(name, value)| format!("{name}: {}", value.text())).collect();
    Did {
        at: When::at(stored.occurred_at),
        kind: stored.kind.to_string(),
        value: stored.value.as_ref().map(|value| value.text().into_owned()),
        account: stored.account.as_ref().map(ToString::to_string),
        source: stored.source.as_ref().map(ToString::to_string),
        properties: batch::wording::shortened(&properties.join(", ")),
        is_retracted: stored.retracted.is_some(),
    }
}

/// To what a contact belonged, the latest first.
fn accounts(known: &Known, kind: Kind) -> Vec<Belonged> {
    let contact = known.facts.contacts.get(&rules::id::ContactId::from(&*known.id)).filter(|_| kind == Kind::Contact);
    let mut periods: Vec<Belonged> = Vec::new();
    for row in contact.into_iter().flat_map(|person| person.history.rows()) {
        let named = |account: &str| (address("/accounts", account), account.to_owned());
        let accounts: Vec<_> = row.accounts.iter().map(|membership| named(membership.account.as_str())).collect();
        let is_new = periods.last().map_or(!accounts.is_empty(), |last| last.accounts != accounts);
        if is_new {
            periods.push(Belonged { since: row.valid_from, accounts });
        }
    }
    periods.reverse();
    periods
}

/// Another contact turns out to be this one too.
pub(super) fn merge(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let other = form.field("other").trim();
    acted(call, persons::merge_with(call, other), "merged")
}

/// This contact turns out to be one of its own.
pub(super) fn unmerge(call: &Call) -> Result<Answer, Problem> {
    acted(call, persons::part(call), "parted")
}

fn acted(call: &Call, done: Result<(), Problem>, word: &str) -> Result<Answer, Problem> {
    use problem::Kind::{Conflict, NotFound, Unprocessable};
    match done {
        Ok(()) => Ok(see(&format!("{}?done={word}", address(Words::of(call).path, call.id())))),
        Err(problem) if matches!(problem.kind, Conflict | NotFound | Unprocessable) => shown(call, Some(&problem)),
        Err(problem) => Err(problem),
    }
}
