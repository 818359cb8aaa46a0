//! Settings: oneself, people, keys, what was changed, data, and what this service is.

pub(super) mod about;
pub(super) mod audit;
pub(super) mod data;
pub(super) mod keys;
pub(super) mod people;
pub(super) mod quick;
pub(super) mod retention;
pub(super) mod you;

use crate::api::access::Scope;
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem};
use crate::t::{self, Say, Text};

/// The pages among which one chooses: name, path, and what one has to be allowed.
const TABS: &[(Say, &str, Scope)] = &[
    (t::settings_you, "/settings", Scope::Read),
    (t::settings_people, "/settings/people", Scope::Admin),
    (t::settings_keys, "/settings/keys", Scope::Admin),
    (t::settings_audit, "/settings/audit", Scope::Admin),
    (t::settings_data, "/settings/data", Scope::Admin),
    (t::settings_retention, "/settings/retention", Scope::Admin),
    (t::settings_quick, "/settings/quick", Scope::Admin),
    (t::settings_about, "/settings/about", Scope::Read),
];

/// What every page of settings is given.
#[derive(Debug)]
pub(super) struct Settings {
    tabs: Vec<Tab>,
    /// What was done just now.
    done: String,
    /// What is wrong with what was sent.
    error: Option<String>,
}

#[derive(Debug)]
struct Tab {
    name: Text,
    path: &'static str,
    is_current: bool,
}

impl Settings {
    fn of(call: &Call) -> Self {
        let is_current = |path: &str| {
            let rest = call.asked.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || (path != "/settings" && rest.starts_with('/')))
        };
        let tab = |&(name, path, scope): &(Say, &'static str, Scope)| {
            call.who.may(scope).is_ok().then(|| Tab { name: name(), path, is_current: is_current(path) })
        };
        let done = call.query.get("done").cloned().unwrap_or_default();
        Self { tabs: TABS.iter().filter_map(tab).collect(), done, error: None }
    }

    fn with(call: &Call, problem: Option<&Problem>) -> Self {
        Self { error: problem.map(|problem| super::frame::sentence(&problem.detail)), ..Self::of(call) }
    }
}

/// What people can mend where they are; everything else is a page of its own.
fn mendable(problem: Problem) -> Result<Problem, Problem> {
    match problem.kind {
        Kind::Unprocessable | Kind::Conflict | Kind::Unauthorized | Kind::TooMany | Kind::NotFound => Ok(problem),
        _ => Err(problem),
    }
}

/// The status of a page that may say what is wrong.
fn status(problem: Option<&Problem>) -> u16 {
    problem.map_or(200, |problem| problem.kind.status())
}
