//! What is done with several who were chosen in a list: who they are, what would happen, that it happens, how it went.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant as Clock};

use askama::Template;
use live::about::About;
use rules::day::{Day, Instant};
use serde_json::json;
use store::Manner;

use super::filter::Filter;
use super::{ACCOUNTS, CONTACTS, OPPORTUNITIES, Words, address, columns};
use crate::api::access::Scope;
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::lists::escaped;
use crate::api::problem::{Kind, Problem};
use crate::chosen::{self, Act, Asked, Choice, MOST, State, TOGETHER, What, Whom};
use crate::pages::form::Form;
use crate::pages::frame::{Frame, page, see, sentence};
use crate::pages::show::{Date, worded};
use crate::t::{self, Text};

/// Parameters of the page: what is to be set.
pub(super) const PARAMS: &[&str] = &["name", "value", "from"];
/// Bytes of what a list is filtered by.
const LIST_MAX: usize = 8 * 1024;
/// So many are named.
const NAMED: usize = 12;
/// So many are looked at for what was known of them before.
const LOOKED_MAX: usize = 2_000;
/// So many values of before are told apart.
const VALUES: usize = 8;
/// So long one waits for what is done at once.
const PATIENCE: Duration = Duration::from_millis(1500);

#[derive(Debug, Template)]
#[template(path = "subjects/chosen.html")]
struct Chosen<'a> {
    frame: Frame<'a>,
    words: &'static Words,
    path: String,
    /// The list that they were chosen in.
    list: String,
    error: Option<String>,
    /// How many, with what they are.
    whom: Text,
    named: Vec<(String, String)>,
    more: usize,
    /// Attributes that some of them have.
    known: BTreeSet<String>,
    what: What,
    label: String,
    preview: Option<Preview>,
    percent: usize,
    /// Whether it is to be so from a day on that is gone.
    is_past: bool,
    /// What has to be written to erase them.
    sure: Text,
    choice: Choice,
}

/// What was known of them before.
#[derive(Debug)]
struct Preview {
    values: Vec<(String, String)>,
    others: usize,
    looked: usize,
    is_part: bool,
}

impl Chosen<'_> {
    fn many(&self, count: u64) -> Text {
        t::list_count(count, self.words.kind)
    }

    /// From which day on it is to be so; it is looked at before it is shown.
    fn from(&self) -> Date {
        Date::of(&self.what.from)
    }
}

fn words(choice: &Choice) -> &'static Words {
    let all = [&CONTACTS, &ACCOUNTS, &OPPORTUNITIES];
    all.into_iter().find(|words| words.kind == choice.of()).unwrap_or(&CONTACTS)
}

/// Some are chosen; what is to happen to them is asked next.
pub(super) fn choose(call: &Call) -> Result<Answer, Problem> {
    let words = Words::of(call);
    // Ids may be long.
    let form = Form::document(call)?;
    let ids: BTreeSet<&str> = form.all("id").filter(|id| !id.is_empty()).collect();
    let is_all = form.field("all") == "yes";
    let act = match form.field("act") {
        "merge" => return to_merge(words, &form, is_all),
        "remove" => Act::Remove,
        "erase" => Act::Erase,
        _ => Act::Set,
    };
    if act == Act::Erase {
        call.who.may(Scope::Admin)?;
        if words.kind != CONTACTS.kind {
            return Err(unprocessable(t::chosen_contacts_alone()));
        }
    }
    let list = form.field("list").to_owned();
    if list.len() > LIST_MAX || ids.len() > MOST {
        return Err(unprocessable(t::chosen_too_many()));
    }
    let whom = if is_all {
        let version = call.app.service.models()?.current;
        Whom::AllOf(Asked::of(&Filter::of(&Form::query(&list)).begun().query(words, version.as_deref())?))
    } else if ids.is_empty() {
        return Err(unprocessable(t::chosen_none(words.kind)));
    } else {
        // In the order of the list.
        let mut left = ids;
        Whom::These(form.all("id").filter(|id| left.remove(id)).map(ToOwned::to_owned).collect())
    };
    let (kind, by, by_id) = (words.kind.word().to_owned(), call.by(), call.who.id().map(ToOwned::to_owned));
    let choice = Choice { kind, by, by_id, act, list, ..Choice::default() };
    let full = || Problem::later(Kind::TooMany, t::chosen_busy(), 5);
    let choice = chosen::choose(&call.app.service, choice, whom)?.ok_or_else(full)?;
    Ok(see(&format!("/chosen/{}", awaited(call, &choice.id)?)))
}

fn to_merge(words: &Words, form: &Form, is_all: bool) -> Result<Answer, Problem> {
    let ids: Vec<&str> = form.all("id").collect();
    match ids.as_slice() {
        [one, other] if !is_all && words.kind == CONTACTS.kind => {
            Ok(see(&format!("/chosen/merge?one={}&other={}", escaped(one), escaped(other))))
        }
        _ => Err(unprocessable(t::chosen_two())),
    }
}

/// Lets what is quick be done, so that nobody has to look twice.
fn awaited<'i>(call: &Call, id: &'i str) -> Result<&'i str, Problem> {
    call.app.chosen.ring();
    let begun = Clock::now();
    while begun.elapsed() < PATIENCE && found(call, id)?.state.is_open() {
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(id)
}

fn found(call: &Call, id: &str) -> Result<Choice, Problem> {
    let mut session = call.app.service.session(Manner::Reading)?;
    let choice = chosen::find(&mut session, id, call.received)?;
    choice.ok_or_else(|| Problem::not_found(t::chosen_forgotten()))
}

pub(super) fn show(call: &Call) -> Result<Answer, Problem> {
    let choice = found(call, call.id())?;
    let today = call.app.service.today()?.to_string();
    let asked = |name: &str| call.param(name).trim().to_owned();
    let from = Some(asked("from")).filter(|from| !from.is_empty()).unwrap_or(today);
    let is_asked = call.query.contains_key("name");
    let value = Some(asked("value")).filter(|_| choice.act == Act::Set);
    let what = What { name: asked("name"), value, from };
    let is_planned = choice.state == State::Chosen && choice.act != Act::Erase && is_asked;
    let wrong = if is_planned { wrong(&choice, &what, call.received) } else { None };
    shown(call, choice, (what, is_planned && wrong.is_none()), wrong)
}

/// What is wrong with what is to be set.
fn wrong(choice: &Choice, what: &What, now: Instant) -> Option<Problem> {
    if what.name.is_empty() {
        return Some(unprocessable(t::chosen_no_attribute()));
    }
    if what.value.as_deref() == Some("") {
        return Some(unprocessable(t::chosen_no_value()));
    }
    if Day::parse(&what.from).is_none() {
        return Some(unprocessable(t::chosen_no_date(&what.from)));
    }
    chosen::work::refusal(choice.of(), what, now).map(unprocessable)
}

fn shown(
    call: &Call,
    choice: Choice,
    (what, is_planned): (What, bool),
    wrong: Option<Problem>,
) -> Result<Answer, Problem> {
    if choice.act == Act::Erase {
        call.who.may(Scope::Admin)?;
    }
    let words = words(&choice);
    let (named, more, known) = people(call, words, &choice)?;
    let preview = if is_planned { Some(preview(call, &choice, &what)?) } else { None };
    let what = if choice.what.name.is_empty() { what } else { choice.what.clone() };
    let chosen = Chosen {
        frame: Frame::of(call),
        words,
        path: format!("/chosen/{}", choice.id),
        list: if choice.list.is_empty() { words.path.to_owned() } else { format!("{}?{}", words.path, choice.list) },
        error: wrong.as_ref().map(|problem| sentence(&problem.detail)),
        whom: t::list_count(choice.count, words.kind),
        named,
        more,
        known,
        label: worded(&what.name),
        preview,
        is_past: Day::parse(&what.from) < Some(call.app.service.today()?),
        percent: (choice.parts_done * 100).checked_div(choice.parts()).unwrap_or(0),
        what,
        sure: t::chosen_sure(choice.count.to_string()),
        choice,
    };
    Ok(page(wrong.map_or(200, |problem| problem.kind.status()), &chosen))
}

type Named = (Vec<(String, String)>, usize, BTreeSet<String>);

/// The first of those who were chosen, how many others there are, and what is known of some.
fn people(call: &Call, words: &Words, choice: &Choice) -> Result<Named, Problem> {
    if choice.state == State::Gathering {
        return Ok((Vec::new(), 0, BTreeSet::new()));
    }
    let part = choice.part(&mut call.app.service.session(Manner::Reading)?, 0)?;
    let ids: Vec<&str> = part.all.iter().map(|one| one.id.as_str()).collect();
    let abouts = call.app.service.several(words.kind, &ids)?;
    let one = |about: &About| {
        let name = columns::called(about).unwrap_or_else(|| about.id.to_string());
        (address(words.path, &about.id), name)
    };
    let named: Vec<(String, String)> = abouts.iter().take(NAMED).map(one).collect();
    let known = abouts.iter().flat_map(|about| about.attributes.keys().map(ToString::to_string)).collect();
    let more = choice.count.saturating_sub(named.len());
    Ok((named, more, known))
}

fn preview(call: &Call, choice: &Choice, what: &What) -> Result<Preview, Problem> {
    let day = Day::parse(&what.from).unwrap_or_else(Day::last);
    let mut counts: BTreeMap<Option<String>, usize> = BTreeMap::new();
    let mut looked = 0;
    for number in 0..choice.parts().min(LOOKED_MAX.div_ceil(TOGETHER)) {
        let part = choice.part(&mut call.app.service.session(Manner::Reading)?, number)?;
        let ids: Vec<&str> = part.all.iter().map(|one| one.id.as_str()).collect();
        for value in call.app.service.values_on(choice.of(), &ids, &what.name, day)?.into_values() {
            *counts.entry(value.map(|value| value.text().into_owned())).or_default() += 1;
            looked += 1;
        }
    }
    let mut values: Vec<(Option<String>, usize)> = counts.into_iter().collect();
    values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others = values.iter().skip(VALUES).map(|(_, count)| count).sum();
    let one = |(value, count): (Option<String>, usize)| {
        (
            value.map_or_else(|| t::chosen_not_known().plain(), |value| batch::wording::shortened(&value)),
            batch::wording::thousands(count),
        )
    };
    let values = values.into_iter().take(VALUES).map(one).collect();
    Ok(Preview { values, others, looked, is_part: choice.count > LOOKED_MAX })
}

/// It is confirmed, and done.
pub(super) fn confirm(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let choice = found(call, call.id())?;
    let text = |name: &str| form.field(name).trim().to_owned();
    let value = Some(text("value")).filter(|_| choice.act == Act::Set);
    let what = match choice.act {
        Act::Erase => What::default(),
        Act::Set | Act::Remove => What { name: text("name"), value, from: text("from") },
    };
    let problem = if choice.act == Act::Erase {
        call.who.may(Scope::Admin)?;
        let sure = t::chosen_sure(choice.count.to_string());
        let is_sure = text("sure").to_lowercase() == sure.plain().to_lowercase();
        (!is_sure).then(|| unprocessable(t::chosen_not_sure(sure)))
    } else {
        wrong(&choice, &what, call.received)
    };
    if problem.is_some() {
        return shown(call, choice, (what, false), problem);
    }
    begin(call, |choice| {
        let can = choice.state == State::Chosen;
        choice.state = State::Running;
        choice.what = what.clone();
        can
    })
}

/// What was set is set back.
pub(super) fn undo(call: &Call) -> Result<Answer, Problem> {
    begin(call, |choice| {
        let can = choice.may_undo();
        (choice.state, choice.parts_done) = (State::Undoing, 0);
        can
    })
}

/// Something begins, unless somebody else began it, and is noted.
fn begin(call: &Call, change: impl Fn(&mut Choice) -> bool) -> Result<Answer, Problem> {
    let mut session = call.app.service.session(Manner::Alone)?;
    let gone = || Problem::not_found(t::chosen_forgotten());
    let mut choice = chosen::find(&mut session, call.id(), call.received)?.ok_or_else(gone)?;
    if change(&mut choice) {
        let about = json!({"of": words(&choice).file(), "count": choice.count});
        let with = json!({
            "of": words(&choice).file(), "count": choice.count, "attribute": choice.what.name, "from": choice.what.from,
        });
        let (action, about) = match (choice.act, choice.state) {
            (Act::Erase, _) => ("erase_chosen", about),
            (_, State::Undoing) => ("undo_chosen", with),
            (Act::Set, _) => ("set_chosen", with),
            (Act::Remove, _) => ("remove_chosen", with),
        };
        choice.keep(&mut session, call.received)?;
        call.note(&mut session, action, &about)?;
        session.commit()?;
    } else {
        drop(session);
    }
    Ok(see(&format!("/chosen/{}", awaited(call, call.id())?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_in_words() {
        assert_eq!(t::list_count(1_usize, CONTACTS.kind).plain(), "1 contact");
        assert_eq!(t::list_count(12_000_usize, OPPORTUNITIES.kind).plain(), "12,000 opportunities");
    }
}
