//! Pages for people: HTML that is made here, works without scripts (they make it
//! quick), and needs nothing from elsewhere.
//!
//! ```text
//! enter      the ways in: the first admin, an invitation, a login
//! home       what one sees then
//! imports    files, from the first look at one until it is imported
//! rule       the rules as sentences, and the draft until it is published
//! settings   oneself, people, keys, the audit log, data
//! sources    what arrives, from whom, and what is refused
//! when       moments
//! subjects   contacts, accounts and opportunities
//! chart      charts
//! show       small things that many pages show
//! first      what is to be done until the service works for its people
//! form       what a form of HTML sends
//! frame      what all pages have: the head, where one can go, how they are sent
//! assets     the style sheet, modules of scripts, the icon
//! ```
//!
//! The templates lie in `crates/fervor/templates`, and are checked when they are compiled; every value is escaped.

mod assets;
mod chart;
mod enter;
mod first;
mod form;
mod frame;
mod home;
mod imports;
mod rule;
mod settings;
mod show;
mod sources;
mod subjects;
mod when;

use crate::api::access::Scope::{Admin, Read, Write};
use crate::api::call::{Act, Endpoint};
use crate::api::usual::BLANK;

pub(crate) use frame::{framed, see, trouble};
pub(crate) use show::{Band, Date, Number};
pub(crate) use when::When;

const PAGE: Endpoint = Endpoint { scope: None, is_page: true, ..BLANK };
/// For people who may read.
const INSIDE: Endpoint = Endpoint { is_page: true, ..BLANK };
const FORM: Endpoint = Endpoint { method: "POST", ..PAGE };
const READ: Endpoint = Endpoint { scope: Some(Read), ..PAGE };
const EDIT: Endpoint = Endpoint { scope: Some(Write), ..PAGE };
const SEND: Endpoint = Endpoint { scope: Some(Write), ..FORM };
const DONE: &[&str] = &["done"];

/// All pages. They are for people, and not part of the description of the interface.
pub(crate) fn all() -> impl Iterator<Item = &'static Endpoint> {
    PAGES.iter().chain(subjects::PAGES)
}

const PAGES: &[Endpoint] = &[
    Endpoint { path: "/", act: Act::Do(home::home), ..PAGE },
    Endpoint { path: "/home/{group}", params: &["score"], act: Act::Do(home::moves), ..READ },
    Endpoint { path: "/first/sample", scope: Some(Admin), act: Act::Do(first::sample), ..FORM },
    Endpoint { path: "/first/hide", scope: Some(Write), act: Act::Do(first::hide), ..FORM },
    Endpoint { path: "/login", act: Act::Do(enter::login), ..PAGE },
    Endpoint { path: "/login", act: Act::Hash(enter::log_in), ..FORM },
    Endpoint { path: "/logout", act: Act::Do(enter::log_out), ..FORM },
    Endpoint { path: "/setup/{token}", act: Act::Do(enter::setup), ..PAGE },
    Endpoint { path: "/setup/{token}", act: Act::Hash(enter::set_up), ..FORM },
    Endpoint { path: "/invite/{token}", act: Act::Do(enter::invitation), ..PAGE },
    Endpoint { path: "/invite/{token}", act: Act::Hash(enter::accept), ..FORM },
    Endpoint { path: "/imports", scope: Some(Read), params: &["cursor"], act: Act::Do(imports::list), ..PAGE },
    Endpoint { path: "/imports/new", scope: Some(Write), act: Act::Do(imports::new::show), ..PAGE },
    Endpoint { path: "/imports/new", scope: Some(Write), act: Act::Upload(imports::new::upload), ..FORM },
    Endpoint {
        path: "/imports/new/{id}",
        scope: Some(Write),
        params: &["kind"],
        act: Act::Do(imports::new::columns),
        ..PAGE
    },
    Endpoint { path: "/imports/new/{id}", scope: Some(Write), act: Act::Do(imports::new::choose), ..FORM },
    Endpoint { path: "/imports/{id}", scope: Some(Read), act: Act::Do(imports::one), ..PAGE },
    Endpoint { path: "/imports/{id}/undo", scope: Some(Write), act: Act::Do(imports::take_back), ..FORM },
    Endpoint { path: "/imports/{id}/cancel", scope: Some(Write), act: Act::Do(imports::cancel), ..FORM },
    Endpoint { path: "/rules", act: Act::Do(rule::list::list), ..READ },
    Endpoint { path: "/rules/rule/{id}", act: Act::Do(rule::one::form), ..EDIT },
    Endpoint { path: "/rules/rule/{id}", act: Act::Do(rule::one::save), ..SEND },
    Endpoint { path: "/rules/rule/{id}/act", act: Act::Do(rule::list::act), ..SEND },
    Endpoint { path: "/rules/new", params: &["home", "kind"], act: Act::Do(rule::one::fresh), ..EDIT },
    Endpoint { path: "/rules/new", act: Act::Do(rule::one::add), ..SEND },
    Endpoint { path: "/rules/sentence", act: Act::Do(rule::one::said), ..SEND },
    Endpoint { path: "/rules/category", params: &["score"], act: Act::Do(rule::category::fresh), ..EDIT },
    Endpoint { path: "/rules/category", act: Act::Do(rule::category::save), ..SEND },
    Endpoint { path: "/rules/category/{id}", act: Act::Do(rule::category::form), ..EDIT },
    Endpoint { path: "/rules/category/{id}", act: Act::Do(rule::category::save), ..SEND },
    Endpoint { path: "/rules/exclusion", act: Act::Do(rule::exclusion::fresh), ..EDIT },
    Endpoint { path: "/rules/exclusion", act: Act::Do(rule::exclusion::save), ..SEND },
    Endpoint { path: "/rules/exclusion/{id}", act: Act::Do(rule::exclusion::form), ..EDIT },
    Endpoint { path: "/rules/exclusion/{id}", act: Act::Do(rule::exclusion::save), ..SEND },
    Endpoint { path: "/rules/exclusion/{id}/act", act: Act::Do(rule::list::act_on_exclusion), ..SEND },
    Endpoint { path: "/rules/sentence/exclusion", act: Act::Do(rule::exclusion::said), ..SEND },
    Endpoint { path: "/rules/score", params: &["of", "form"], act: Act::Do(rule::score::fresh), ..EDIT },
    Endpoint { path: "/rules/score", act: Act::Do(rule::score::save), ..SEND },
    Endpoint { path: "/rules/score/{id}", act: Act::Do(rule::score::form), ..EDIT },
    Endpoint { path: "/rules/score/{id}", act: Act::Do(rule::score::save), ..SEND },
    Endpoint { path: "/rules/score/{id}/act", act: Act::Do(rule::list::act_on_score), ..SEND },
    Endpoint { path: "/rules/sentence/score", act: Act::Do(rule::score::said), ..SEND },
    Endpoint { path: "/rules/model", act: Act::Do(rule::whole::form), ..EDIT },
    Endpoint { path: "/rules/model", act: Act::Do(rule::whole::save), ..SEND },
    Endpoint { path: "/rules/changes", act: Act::Do(rule::changes::changes), ..READ },
    Endpoint { path: "/rules/text", params: &["saved"], act: Act::Do(rule::text::form), ..READ },
    Endpoint { path: "/rules/text", act: Act::Do(rule::text::save), ..SEND },
    Endpoint { path: "/rules/undo", act: Act::Do(rule::list::undo), ..SEND },
    Endpoint { path: "/rules/redo", act: Act::Do(rule::list::redo), ..SEND },
    Endpoint { path: "/rules/discard", act: Act::Do(rule::list::discard), ..SEND },
    Endpoint { path: "/rules/preview", act: Act::Do(rule::preview::show), ..READ },
    Endpoint { path: "/rules/preview", act: Act::Do(rule::preview::again), ..SEND },
    Endpoint { path: "/bands", params: rule::bands::PARAMS, act: Act::Do(rule::bands::show), ..READ },
    Endpoint { path: "/bands", act: Act::Do(rule::bands::save), ..SEND },
    Endpoint { path: "/rules/versions", params: &["before"], act: Act::Do(rule::versions::versions), ..READ },
    Endpoint { path: "/rules/versions/{id}", act: Act::Do(rule::versions::version), ..READ },
    Endpoint { path: "/rules/publishing", act: Act::Do(rule::versions::publishing), ..READ },
    Endpoint { path: "/rules/publish", scope: Some(Admin), act: Act::Do(rule::versions::publish), ..FORM },
    Endpoint { path: "/sources", scope: Some(Read), act: Act::Do(sources::show), ..PAGE },
    Endpoint { path: "/settings", scope: Some(Read), params: DONE, act: Act::Do(settings::you::show), ..PAGE },
    Endpoint { path: "/settings/password", scope: Some(Read), act: Act::Hash(settings::you::set_password), ..FORM },
    Endpoint { path: "/settings/logins/end", scope: Some(Read), act: Act::Do(settings::you::end), ..FORM },
    Endpoint {
        path: "/settings/people",
        scope: Some(Admin),
        params: DONE,
        act: Act::Do(settings::people::show),
        ..PAGE
    },
    Endpoint { path: "/settings/people", scope: Some(Admin), act: Act::Do(settings::people::invite), ..FORM },
    Endpoint { path: "/settings/people/{id}", scope: Some(Admin), act: Act::Do(settings::people::change), ..FORM },
    Endpoint {
        path: "/settings/people/{id}/invite",
        scope: Some(Admin),
        act: Act::Do(settings::people::invite_again),
        ..FORM
    },
    Endpoint { path: "/settings/keys", scope: Some(Admin), params: DONE, act: Act::Do(settings::keys::show), ..PAGE },
    Endpoint { path: "/settings/keys", scope: Some(Admin), act: Act::Do(settings::keys::make), ..FORM },
    Endpoint { path: "/settings/keys/{id}/revoke", scope: Some(Admin), act: Act::Do(settings::keys::revoke), ..FORM },
    Endpoint {
        path: "/settings/audit",
        scope: Some(Admin),
        params: &["action", "by", "cursor"],
        act: Act::Do(settings::audit::show),
        ..PAGE
    },
    Endpoint {
        path: "/settings/data",
        scope: Some(Admin),
        params: &["contact", "done"],
        act: Act::Do(settings::data::show),
        ..PAGE
    },
    Endpoint { path: "/settings/data/erase", scope: Some(Admin), act: Act::Do(settings::data::erase), ..FORM },
    Endpoint { path: "/settings/data/backup", scope: Some(Admin), act: Act::Stream(settings::data::backup), ..FORM },
    Endpoint { path: "/settings/quick", scope: Some(Admin), params: DONE, act: Act::Do(settings::quick::show), ..PAGE },
    Endpoint { path: "/settings/quick", scope: Some(Admin), act: Act::Do(settings::quick::choose), ..FORM },
    Endpoint {
        path: "/settings/retention",
        scope: Some(Admin),
        params: settings::retention::PARAMS,
        act: Act::Do(settings::retention::show),
        ..PAGE
    },
    Endpoint { path: "/settings/retention", scope: Some(Admin), act: Act::Do(settings::retention::turn_on), ..FORM },
    Endpoint {
        path: "/settings/retention/off",
        scope: Some(Admin),
        act: Act::Do(settings::retention::turn_off),
        ..FORM
    },
    Endpoint { path: "/settings/about", scope: Some(Read), act: Act::Do(settings::about::show), ..PAGE },
    Endpoint { path: "/assets/{version}/{name}", act: Act::Do(assets::asset), ..PAGE },
];
