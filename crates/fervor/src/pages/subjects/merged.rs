//! Two contacts who were chosen turn out to be one: both side by side, and which of them stays.

use askama::Template;
use live::about::About;
use store::subject::Kind;

use super::one::{self, Figure};
use super::{address, columns};
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::lists::escaped;
use crate::api::persons;
use crate::api::problem::{self, Problem};
use crate::pages::form::Form;
use crate::pages::frame::{Frame, page, see, sentence};
use crate::t;

pub(super) const PARAMS: &[&str] = &["one", "other"];

#[derive(Debug, Template)]
#[template(path = "subjects/merge.html")]
struct Merge<'a> {
    frame: Frame<'a>,
    error: Option<String>,
    both: Vec<Side>,
    /// What is known of either: the name of the attribute, and what it is of each.
    known: Vec<(String, Vec<Option<String>>)>,
}

#[derive(Debug)]
struct Side {
    id: String,
    name: String,
    address: String,
    scores: Vec<Figure>,
    accounts: String,
}

pub(super) fn show(call: &Call) -> Result<Answer, Problem> {
    shown(call, (call.param("one"), call.param("other")), None)
}

fn shown(call: &Call, (one, other): (&str, &str), wrong: Option<&Problem>) -> Result<Answer, Problem> {
    let service = &call.app.service;
    let both = [service.about(Kind::Contact, one)?, service.about(Kind::Contact, other)?];
    if both[0].key == both[1].key {
        return Ok(see(&address("/contacts", &both[0].id)));
    }
    let version = service.models()?.current;
    let model = version.as_deref().map(|version| &version.model);
    let mut names: Vec<String> = both.iter().flat_map(one::attributes).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    let own: Vec<Vec<(String, String)>> = both.iter().map(one::attributes).collect();
    let value = |own: &Vec<(String, String)>, name: &str| {
        own.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let known = names.into_iter().map(|name| (name.clone(), own.iter().map(|own| value(own, &name)).collect()));
    let side = |about: &About| Side {
        id: about.id.to_string(),
        name: columns::called(about).unwrap_or_else(|| about.id.to_string()),
        address: address("/contacts", &about.id),
        accounts: about.accounts.join(", "),
        scores: one::figures(about, model, "", None),
    };
    let merge = Merge {
        frame: Frame::of(call),
        error: wrong.map(|problem| sentence(&problem.detail)),
        known: known.collect(),
        both: both.iter().map(side).collect(),
    };
    Ok(page(wrong.map_or(200, |problem| problem.kind.status()), &merge))
}

pub(super) fn merge(call: &Call) -> Result<Answer, Problem> {
    use problem::Kind::{Conflict, NotFound, Unprocessable};
    let form = Form::read(call)?;
    let (one, other) = (form.field("one"), form.field("other"));
    let done = match form.field("survivor") {
        stays if stays == one => persons::join(call, one, other).map(|()| one),
        stays if stays == other => persons::join(call, other, one).map(|()| other),
        _ => Err(unprocessable(t::merge_no_choice())),
    };
    match done {
        Ok(stays) => Ok(see(&format!("/contacts/{}?done=merged", escaped(stays)))),
        Err(problem) if matches!(problem.kind, Conflict | NotFound | Unprocessable) => {
            shown(call, (one, other), Some(&problem))
        }
        Err(problem) => Err(problem),
    }
}
