//! Quick lists: by which attributes contacts, accounts and opportunities are found at once.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use batch::wording::shortened;
use live::index::CHOSEN_MAX;
use live::list::Query;
use store::subject::Kind as Subject;

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::super::show::worded;
use super::{Settings, mendable, status};
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::indexed;
use crate::api::problem::Problem;
use crate::t;

/// So many of each kind are looked at for the attributes that there are.
const LOOKED_AT: usize = 300;
/// So many attributes of a kind are offered.
const OFFERED: usize = 40;
/// So many values are shown as examples.
const EXAMPLES: usize = 3;
/// What attributes are of.
const KINDS: [Subject; 3] = [Subject::Contact, Subject::Account, Subject::Opportunity];

#[derive(Debug, Template)]
#[template(path = "settings/quick.html")]
struct Quick<'a> {
    frame: Frame<'a>,
    settings: Settings,
    groups: Vec<Group>,
    /// The kind that is being gone through.
    going: Option<&'static str>,
    others: String,
}

/// Attributes of a kind.
#[derive(Debug)]
struct Group {
    word: &'static str,
    /// How many were looked at.
    looked: usize,
    attributes: Vec<Attribute>,
}

#[derive(Debug)]
struct Attribute {
    /// As conditions have it.
    name: String,
    label: String,
    is_chosen: bool,
    is_ready: bool,
    /// How many of those looked at have it, and how many values they have between them.
    count: usize,
    values: usize,
    examples: String,
}

impl Quick<'_> {
    fn most(&self) -> usize {
        CHOSEN_MAX
    }
}

pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    shown(call, None, None, "")
}

fn shown(
    call: &Call,
    problem: Option<&Problem>,
    asked: Option<&BTreeSet<String>>,
    others: &str,
) -> Result<Answer, Problem> {
    let service = &call.app.service;
    let ready: BTreeMap<String, bool> = service.indexed()?.into_iter().map(|one| (one.name, one.is_ready)).collect();
    let chosen = asked.cloned().unwrap_or_else(|| ready.keys().cloned().collect());
    let groups = KINDS.iter().map(|kind| group(call, *kind, &chosen, &ready));
    let quick = Quick {
        frame: Frame::of(call),
        settings: Settings::with(call, problem),
        groups: groups.collect::<Result<_, _>>()?,
        going: service.indexing()?.map(Subject::word),
        others: others.to_owned(),
    };
    Ok(page(status(problem), &quick))
}

fn group(
    call: &Call,
    kind: Subject,
    chosen: &BTreeSet<String>,
    ready: &BTreeMap<String, bool>,
) -> Result<Group, Problem> {
    let found = call.app.service.list(kind, &Query { limit: LOOKED_AT, ..Query::default() })?.found;
    let mut seen: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    for (name, value) in found.iter().flat_map(|about| &about.attributes) {
        let (count, values) = seen.entry(name.to_string()).or_default();
        *count += 1;
        values.insert(value.text().into_owned());
    }
    let word = kind.word();
    let own = chosen.iter().chain(ready.keys()).filter_map(|name| name.strip_prefix(word)?.strip_prefix('.'));
    let own: BTreeSet<String> = own.map(ToOwned::to_owned).collect();
    let mut names: Vec<String> = seen.keys().filter(|name| !own.contains(*name)).take(OFFERED).cloned().collect();
    names.extend(own);
    names.sort();
    let attribute = |id: String| {
        let name = format!("{word}.{id}");
        let (count, values) = seen.get(&id).cloned().unwrap_or_default();
        let examples: Vec<String> = values.iter().take(EXAMPLES).map(|value| shortened(value)).collect();
        Attribute {
            label: worded(&id),
            is_chosen: chosen.contains(&name),
            is_ready: ready.get(&name).copied().unwrap_or(false),
            name,
            count,
            values: values.len(),
            examples: examples.join(", "),
        }
    };
    let attributes = names.into_iter().map(attribute).collect();
    Ok(Group { word, looked: found.len(), attributes })
}

/// Chooses attributes, in place of those before.
pub(in crate::pages) fn choose(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let others = form.field("others");
    let more = others.split([',', ' ', '\n', '\r']).filter(|name| !name.is_empty());
    let names: BTreeSet<String> = form.all("name").chain(more).map(ToOwned::to_owned).collect();
    match indexed::choose_these(call, &names.iter().cloned().collect::<Vec<_>>()) {
        Ok(()) => Ok(see("/settings/quick?done=chosen")),
        Err(problem) => {
            let ticked = form.all("name").map(ToOwned::to_owned).collect();
            shown(call, Some(&mendable(problem)?), Some(&ticked), others)
        }
    }
}
