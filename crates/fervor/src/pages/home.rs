//! The first page: who is logged in, and where to go.

use askama::Template;

use super::frame::{Frame, page, see};
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::people::user::{Role, User};

#[derive(Debug, Template)]
#[template(path = "home.html")]
struct Home<'a> {
    frame: Frame<'a>,
    user: &'a User,
    may: &'static str,
}

pub(super) fn home(call: &Call) -> Result<Answer, Problem> {
    let Some(person) = call.who.person() else { return Ok(see("/login")) };
    let may = match person.user.role {
        Role::Viewer => "You may read contacts, accounts, opportunities and their scores.",
        Role::Editor => "You may read scores, say facts, merge contacts and import files.",
        Role::Admin => "You may do everything: publish models, make keys, and say who else may.",
    };
    Ok(page(200, &Home { frame: Frame::of(call), user: &person.user, may }))
}
