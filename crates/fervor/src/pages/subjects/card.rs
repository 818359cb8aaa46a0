//! A score card: one contact or account on one page of paper.

use askama::Template;
use live::about::About;
use rules::day::Day;
use rules::forecast::horizon;
use rules::model::{Form, Model};

use super::ahead::Ahead;
use super::one::{self, Figure};
use super::why::Why;
use super::{Words, address, columns};
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::api::subject;
use crate::pages::frame::{Frame, page};
use crate::pages::show::Number;
use crate::t;

/// Reasons for a score that are told.
const REASONS: usize = 5;
/// What is known that is told.
const KNOWN: usize = 8;

#[derive(Debug, Template)]
#[template(path = "subjects/card.html")]
struct Card<'a> {
    frame: Frame<'a>,
    words: &'a Words,
    about: &'a About,
    path: String,
    name: String,
    model: String,
    version: i64,
    day: Day,
    scores: Vec<Scored>,
    attributes: Vec<(String, String)>,
}

/// A score on the card.
#[derive(Debug)]
struct Scored {
    figure: Figure,
    why: Why,
    ahead: Option<Ahead>,
    reasons: Vec<(String, Number)>,
}

pub(super) fn show(call: &Call) -> Result<Answer, Problem> {
    let words = Words::of(call);
    let service = &call.app.service;
    let about = service.about(words.kind, call.id())?;
    let known = service.facts_of(words.kind, &about.id)?;
    let model = &known.version.model;
    let path = address(words.path, &about.id);
    let mut scores = Vec::new();
    for figure in one::figures(&about, Some(model), &path, None) {
        let Some(at) = model.find_score(&figure.id) else { continue };
        let told = subject::explained(
            service,
            words.kind,
            &known,
            (known.today, Some(horizon(known.today))),
            Some(at),
            |explanation| (Why::of(explanation, at), Ahead::of(explanation, at, None)),
        );
        if let (Some(why), ahead) = told? {
            let reasons = reasons(&why);
            scores.push(Scored { figure, why, ahead, reasons });
        }
    }
    // A matrix says in short what the others say; it comes first.
    scores.sort_by_key(|scored| !is_matrix(model, &scored.figure.id));
    let card = Card {
        frame: Frame::of(call),
        words,
        name: columns::called(&about).unwrap_or_else(|| about.id.to_string()),
        model: model.name.clone(),
        version: known.version.number,
        day: known.today,
        scores,
        attributes: one::attributes(&about).into_iter().take(KNOWN).collect(),
        about: &about,
        path,
    };
    Ok(page(200, &card))
}

fn is_matrix(model: &Model, id: &str) -> bool {
    model.find_score(id).is_some_and(|at| matches!(model.score(at).form, Form::Matrix(..)))
}

/// The rules that give or take most.
fn reasons(why: &Why) -> Vec<(String, Number)> {
    let all = why.groups.iter().flat_map(|group| &group.rules);
    let mut reasons: Vec<(String, Number)> = all.map(|rule| (rule.label.clone(), rule.result)).collect();
    reasons.retain(|(_, points)| points.0 != rules::decimal::Decimal::ZERO);
    reasons.sort_by_key(|(_, points)| std::cmp::Reverse(points.0.magnitude()));
    reasons.truncate(REASONS);
    reasons
}
