//! The draft as the text that it is, with what is wrong at its lines.

use askama::Template;
use edit::Problem as Mistake;

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::super::when::When;
use super::bench::Bench;
use crate::api::access::Scope;
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::problem::{Kind, Problem};
use crate::draft::{self, Did, token};
use crate::t;

#[derive(Template)]
#[template(path = "rule/text.html")]
struct Text<'a> {
    frame: Frame<'a>,
    /// Nothing where there is no model at all.
    bench: Option<&'a Bench>,
    tab: &'static str,
    text: &'a str,
    seen: String,
    mistakes: Vec<Shown>,
    /// That somebody has changed it meanwhile.
    overtaken: Option<t::Text>,
    is_saved: bool,
    may_edit: bool,
}

/// Something wrong, with its line.
struct Shown {
    mistake: Mistake,
    line: String,
}

fn shown(text: &str) -> Vec<Shown> {
    let problems = edit::checked(text).err().unwrap_or_default();
    let line = |problem: Mistake| {
        let line = text.lines().nth(problem.line.saturating_sub(1)).unwrap_or_default().trim().to_owned();
        Shown { line, mistake: problem }
    };
    problems.into_iter().map(line).collect()
}

/// GET /rules/text
pub(in crate::pages) fn form(call: &Call) -> Result<Answer, Problem> {
    let bench = Bench::load(call)?;
    let text = bench.as_ref().map_or("", |bench| &bench.draft.text);
    Ok(page(
        200,
        &Text {
            frame: Frame::of(call),
            bench: bench.as_ref(),
            tab: "text",
            text,
            seen: token(text),
            mistakes: if text.is_empty() { Vec::new() } else { shown(text) },
            overtaken: None,
            is_saved: call.query.contains_key("saved"),
            may_edit: call.who.may(Scope::Write).is_ok(),
        },
    ))
}

/// POST /rules/text: kept as it is, valid or not.
pub(in crate::pages) fn save(call: &Call) -> Result<Answer, Problem> {
    let form = Form::document(call)?;
    let seen = form.field("seen").to_owned();
    // Browsers send other ends of lines than people write.
    let mut text = form.field("text").replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Err(unprocessable(t::text_empty()));
    }
    if form.field("act") == "format" && rules::model::broken_toml(&text).is_empty() {
        text = edit::style::formatted(&text);
    }
    match draft::save(call, Some(&seen), &text, Did::new("text", "")) {
        Ok(()) => Ok(see("/rules/text?saved")),
        Err(problem) if problem.kind == Kind::Conflict => {
            let bench = Bench::load(call)?;
            let last = bench.as_ref().and_then(|bench| bench.draft.last.as_ref());
            let by = last.map(|last| t::text_overtaken_by(last.by.trim_start_matches("user ")));
            let seen = bench.as_ref().map_or_else(String::new, |bench| bench.draft.token());
            let (mistakes, bench) = (shown(&text), bench.as_ref());
            let page_of = Text {
                frame: Frame::of(call),
                bench,
                tab: "text",
                text: &text,
                seen,
                mistakes,
                overtaken: Some(by.unwrap_or_else(t::text_overtaken)),
                is_saved: false,
                may_edit: true,
            };
            Ok(page(409, &page_of))
        }
        Err(problem) => Err(problem),
    }
}
