//! Lists of contacts, accounts and opportunities.

use serde_json::{Value as Json, json};
use store::subject::Kind;

use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use super::{cursor, shape};

pub(crate) fn contacts(call: &Call) -> Result<Answer, Problem> {
    list(call, Kind::Contact)
}

pub(crate) fn accounts(call: &Call) -> Result<Answer, Problem> {
    list(call, Kind::Account)
}

pub(crate) fn opportunities(call: &Call) -> Result<Answer, Problem> {
    list(call, Kind::Opportunity)
}

fn list(call: &Call, kind: Kind) -> Result<Answer, Problem> {
    let page = call.app.service.list(kind, &call.listing()?)?;
    let items: Vec<Json> = page.found.iter().map(shape::about).collect();
    Ok(paged(call, items, page.end.as_ref().map(cursor::of_place)))
}

/// A page and where the next one begins, in the body and as a link.
pub(crate) fn paged(call: &Call, items: Vec<Json>, next: Option<String>) -> Answer {
    let answer = Answer::ok(&json!({"items": items, "next_cursor": next}));
    let Some(next) = next else { return answer };
    let mut query: Vec<String> = Vec::new();
    for (name, value) in call.query.iter().filter(|(name, _)| *name != "cursor") {
        query.push(format!("{name}={}", escaped(value)));
    }
    query.push(format!("cursor={next}"));
    let link = format!("<{}?{}>; rel=\"next\"", call.asked, query.join("&"));
    answer.with("link", link)
}

/// A text as it may stand in an address.
pub(crate) fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
