//! Keys: with which systems say and ask.

use askama::Template;

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::super::when::When;
use super::{Settings, mendable, status};
use crate::api::access::{self, Scope};
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::keys;
use crate::api::problem::Problem;
use crate::t;

/// Bytes of a name.
const NAME_MAX: usize = 200;

#[derive(Debug, Template)]
#[template(path = "settings/keys.html")]
struct Keys<'a> {
    frame: Frame<'a>,
    settings: Settings,
    keys: Vec<Shown>,
    made: Option<Made>,
    name: String,
    chosen: Vec<Scope>,
}

#[derive(Debug)]
struct Shown {
    id: String,
    name: String,
    scopes: Vec<&'static str>,
    made: Option<When>,
    used: Option<When>,
    revoked: Option<When>,
}

/// A key that is shown this once.
#[derive(Debug)]
struct Made {
    name: String,
    secret: String,
    can_ingest: bool,
}

pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    shown(call, None, None, "", vec![Scope::Ingest])
}

fn shown(
    call: &Call,
    problem: Option<&Problem>,
    made: Option<Made>,
    name: &str,
    chosen: Vec<Scope>,
) -> Result<Answer, Problem> {
    let mut known = access::list(&call.app.service)?;
    // What can be used stands first, and of each what is newest.
    known.sort_by_key(|key| (key.revoked_at.is_some(), std::cmp::Reverse(key.created_at)));
    let one = |key: access::Key| Shown {
        scopes: key.scopes.iter().map(|scope| scope.word()).collect(),
        made: When::of(key.created_at),
        used: call.app.access.last_used(&key.id).map(When::ago),
        revoked: key.revoked_at.and_then(When::of),
        id: key.id,
        name: key.name,
    };
    let keys = Keys {
        frame: Frame::of(call),
        settings: Settings::with(call, problem),
        keys: known.into_iter().map(one).collect(),
        made,
        name: name.to_owned(),
        chosen,
    };
    Ok(page(status(problem), &keys))
}

/// Makes a key, and shows it.
pub(in crate::pages) fn make(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let name = form.field("name").trim();
    let chosen: Vec<Scope> = form.all("scope").filter_map(Scope::named).collect();
    let wrong = match (name.is_empty() || name.len() > NAME_MAX, chosen.is_empty()) {
        (true, _) => Some(t::keys_no_name()),
        (_, true) => Some(t::keys_no_scope()),
        _ => None,
    };
    if let Some(wrong) = wrong {
        return shown(call, Some(&unprocessable(wrong)), None, name, chosen);
    }
    let (key, secret) = keys::make(call, name, &chosen)?;
    let made = Made { name: key.name, secret, can_ingest: access::allow(&chosen, Scope::Ingest) };
    shown(call, None, Some(made), "", vec![Scope::Ingest])
}

pub(in crate::pages) fn revoke(call: &Call) -> Result<Answer, Problem> {
    match keys::revoke(call) {
        Ok(_) => Ok(see("/settings/keys?done=revoked")),
        Err(problem) => shown(call, Some(&mendable(problem)?), None, "", vec![Scope::Ingest]),
    }
}
