//! Pages for people: HTML that is made here, works without scripts (they make it
//! quick), and needs nothing from elsewhere.
//!
//! ```text
//! enter      the ways in: the first admin, an invitation, a login
//! home       what one sees then
//! form       what a form of HTML sends
//! frame      what all pages have: the head, where one can go, how they are sent
//! assets     the style sheet, modules of scripts, the icon
//! ```
//!
//! The templates lie in `crates/fervor/templates`, and are checked when they are compiled; every value is escaped.

mod assets;
mod enter;
mod form;
mod frame;
mod home;

use crate::api::call::{Act, Endpoint};
use crate::api::usual::BLANK;

pub(crate) use frame::{framed, see, trouble};

const PAGE: Endpoint = Endpoint { scope: None, is_page: true, ..BLANK };
const FORM: Endpoint = Endpoint { method: "POST", ..PAGE };

/// All pages. They are for people, and not part of the description of the interface.
pub(crate) const PAGES: &[Endpoint] = &[
    Endpoint { path: "/", act: Act::Do(home::home), ..PAGE },
    Endpoint { path: "/login", act: Act::Do(enter::login), ..PAGE },
    Endpoint { path: "/login", act: Act::Hash(enter::log_in), ..FORM },
    Endpoint { path: "/logout", act: Act::Do(enter::log_out), ..FORM },
    Endpoint { path: "/setup/{token}", act: Act::Do(enter::setup), ..PAGE },
    Endpoint { path: "/setup/{token}", act: Act::Hash(enter::set_up), ..FORM },
    Endpoint { path: "/invite/{token}", act: Act::Do(enter::invitation), ..PAGE },
    Endpoint { path: "/invite/{token}", act: Act::Hash(enter::accept), ..FORM },
    Endpoint { path: "/assets/{version}/{name}", act: Act::Do(assets::asset), ..PAGE },
];
