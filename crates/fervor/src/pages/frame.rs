//! What all pages have: the head, where one can go, how they are sent.

use askama::Template;

use super::assets;
use crate::api::answer::Answer;
use crate::api::call::{Call, Endpoint};
use crate::api::problem::{Kind, Problem};
use crate::people::user::User;
use crate::t::{self, Say, Text};

/// Nothing from elsewhere, scripts from our files alone, forms to us alone, and nobody may show a page of ours within
/// theirs.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Where one can go, in this order: its name, path, and an icon as a path within 20 by 20. A place is shown as soon as its
/// page is there, to those who may see it.
const PLACES: &[(Say, &str, &str)] = &[
    (t::place_home, "/", "M3 9.5 10 3.5l7 6V17h-4.5v-4.5h-5V17H3z"),
    (t::place_contacts, "/contacts", "M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c.6-3.2 3-5 6-5s5.4 1.8 6 5"),
    (t::place_accounts, "/accounts", "M4 17V4h8v13M12 8h4v9M2.5 17h15M6.5 7h3M6.5 10h3M6.5 13h3"),
    (t::place_opportunities, "/opportunities", "M3 14l4.5-4.5 3 3L17 6M12.5 6H17v4.5"),
    (t::place_rules, "/rules", "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4"),
    (t::place_bands, "/bands", "M3 17v-4h4.5V9H12V5h5v12z"),
    (t::place_imports, "/imports", "M10 3v9M6.5 8.5 10 12l3.5-3.5M3.5 13v4h13v-4"),
    (
        t::place_sources,
        "/sources",
        "M4 5.3C4 4 6.5 3 10 3s6 1 6 2.3-2.5 2.3-6 2.3-6-1-6-2.3v9.4C4 16 6.5 17 10 17s6-1 6-2.3V5.3M4 10c0 \
         1.3 2.5 2.3 6 2.3s6-1 6-2.3",
    ),
    (
        t::place_settings,
        "/settings",
        "M10 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 \
         1.4M13.9 13.9l1.4 1.4M4.7 15.3l1.4-1.4M13.9 6.1l1.4-1.4",
    ),
];

/// Where one can go.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: Text,
    pub(super) path: &'static str,
    pub(super) icon: &'static str,
    /// Whether one is there, or at a page below it.
    pub(super) is_current: bool,
}

fn places(call: &Call) -> Vec<Place> {
    let is_open = |path: &str| {
        let page = super::all().find(|page| page.path == path && page.method == "GET");
        page.is_some_and(|page| page.scope.is_none_or(|scope| call.who.may(scope).is_ok()))
    };
    let is_current = |path: &str| {
        let rest = call.asked.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || (path != "/" && rest.starts_with('/')))
    };
    let place = |&(name, path, icon): &(Say, &'static str, &'static str)| {
        is_open(path).then(|| Place { name: name(), path, icon, is_current: is_current(path) })
    };
    PLACES.iter().filter_map(place).collect()
}

/// What every template is given.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// The folder of what pages bring along.
    pub(super) assets: &'static str,
    /// Who is logged in.
    pub(super) user: Option<&'a User>,
    /// Where they can go.
    pub(super) places: Vec<Place>,
}

impl<'a> Frame<'a> {
    pub(super) fn of(call: &'a Call) -> Self {
        let user = call.who.person().map(|person| &person.user);
        Self { user, places: user.map(|_| places(call)).unwrap_or_default(), ..Self::empty() }
    }

    fn empty() -> Self {
        Self { assets: assets::folder(), user: None, places: Vec::new() }
    }
}

/// A page as it is sent.
pub(super) fn page(status: u16, template: &impl Template) -> Answer {
    let text = template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a page");
        String::new()
    });
    let mut answer = Answer::text("text/html; charset=utf-8", text);
    answer.status = status;
    // Addresses of links that are good once go nowhere else. `no-referrer` would make forms come from `null`.
    answer.with("content-security-policy", POLICY).with("referrer-policy", "same-origin")
}

/// Leads on to another page, which is then asked for with GET.
pub(crate) fn see(path: &str) -> Answer {
    Answer { status: 303, ..Answer::done() }.with("location", path)
}

/// Where people find this service, as their browser says.
pub(super) fn origin(call: &Call) -> String {
    let scheme = if call.is_secure { "https" } else { "http" };
    format!("{scheme}://{}", call.header("host").unwrap_or("localhost"))
}

/// A message as a sentence.
pub(super) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

/// What is wrong, for people.
#[derive(Debug, Template)]
#[template(path = "trouble.html")]
struct Trouble<'a> {
    frame: Frame<'a>,
    heading: Text,
    detail: String,
}

/// A page that says what is wrong, to whoever asked, if that is known.
pub(crate) fn trouble(call: Option<&Call>, problem: &Problem) -> Answer {
    let heading = match problem.kind {
        Kind::NotFound => t::trouble_not_found(),
        Kind::Forbidden => t::trouble_forbidden(),
        Kind::TooMany | Kind::Unavailable => t::trouble_later(),
        Kind::Internal => t::trouble_internal(),
        _ => t::trouble_other(),
    };
    let frame = call.map_or_else(Frame::empty, Frame::of);
    let mut answer = page(problem.kind.status(), &Trouble { frame, heading, detail: sentence(&problem.detail) });
    answer.headers.extend(problem.retry_after.map(|seconds| ("retry-after", seconds.to_string())));
    answer
}

/// What is wrong with a page, within the frame of whoever asked.
pub(crate) fn framed(endpoint: &Endpoint, call: &Call, answered: Result<Answer, Problem>) -> Result<Answer, Problem> {
    match answered {
        Err(problem) if endpoint.is_page => Ok(trouble(Some(call), &problem)),
        answered => answered,
    }
}
