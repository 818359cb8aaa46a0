//! What many endpoints have in common.

use super::access::Scope::{Ingest, Read};
use super::call::{Act, Endpoint};
use super::problem::Kind::{Conflict, Forbidden, NotFound, Unauthorized};
use super::{health, subject};

pub(crate) const BLANK: Endpoint = Endpoint {
    method: "GET",
    path: "/",
    scope: Some(Read),
    is_personal: false,
    is_page: false,
    act: Act::Do(health::alive),
    tag: "",
    summary: "",
    about: "",
    params: &[],
    body: None,
    answer: (200, None),
    refuses: &[],
};

pub(crate) const SAY: Endpoint = Endpoint {
    method: "POST",
    scope: Some(Ingest),
    answer: (200, Some("Taken")),
    // A name of a request that stands for another one.
    refuses: &[Conflict],
    ..BLANK
};

/// For those who are not known yet.
pub(crate) const ENTER: Endpoint = Endpoint { scope: None, tag: "People", answer: (200, Some("LoggedIn")), ..BLANK };

pub(crate) const PERSONAL: Endpoint = Endpoint {
    scope: None,
    is_personal: true,
    tag: "People",
    answer: (200, Some("LoggedIn")),
    refuses: &[Unauthorized, Forbidden],
    ..BLANK
};

pub(crate) const LIST: &[&str] = &["where", "sort", "limit", "cursor"];
/// The same of contacts, who may be asked for by their account.
pub(crate) const PEOPLE: &[&str] = &["where", "account", "sort", "limit", "cursor"];
pub(crate) const PAGE: &[&str] = &["limit", "cursor"];

pub(crate) const fn ledger(path: &'static str, tag: &'static str, about: &'static str) -> Endpoint {
    Endpoint {
        path,
        act: Act::Do(subject::ledger),
        tag,
        summary: "Why the scores are what they are",
        about,
        params: &["score", "as_of"],
        answer: (200, Some("Ledger")),
        refuses: &[NotFound, Conflict],
        ..BLANK
    }
}

pub(crate) const fn forecast(path: &'static str, tag: &'static str, about: &'static str) -> Endpoint {
    Endpoint {
        path,
        act: Act::Do(subject::forecast),
        tag,
        summary: "The changes of band to come, if nothing happens",
        about,
        params: &["within"],
        answer: (200, Some("Forecast")),
        refuses: &[NotFound, Conflict],
        ..BLANK
    }
}

pub(crate) const fn history(path: &'static str, tag: &'static str, about: &'static str) -> Endpoint {
    Endpoint {
        path,
        act: Act::Do(subject::history),
        tag,
        summary: "How the scores came to be what they are",
        about,
        params: PAGE,
        answer: (200, Some("ChangePage")),
        refuses: &[NotFound],
        ..BLANK
    }
}
