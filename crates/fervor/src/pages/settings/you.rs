//! Oneself: the password, and where one is logged in.

use askama::Template;
use store::Manner;

use super::super::form::Form;
use super::super::frame::{Frame, page, see};
use super::super::when::When;
use super::{Settings, mendable, status};
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem};
use crate::api::session as entering;
use crate::people::session;
use crate::people::user::{Role, User};
use crate::t;

#[derive(Debug, Template)]
#[template(path = "settings/you.html")]
struct You<'a> {
    frame: Frame<'a>,
    settings: Settings,
    user: &'a User,
    is_admin: bool,
    sessions: Vec<Login>,
}

/// Somewhere one is logged in.
#[derive(Debug)]
struct Login {
    id: String,
    began: Option<When>,
    used: When,
    until: When,
    is_this: bool,
}

pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    shown(call, None)
}

fn shown(call: &Call, problem: Option<&Problem>) -> Result<Answer, Problem> {
    let person = call.who.person().ok_or_else(|| Problem::new(Kind::Unauthorized, t::you_nobody()))?;
    let mut open = call.app.service.session(Manner::Reading)?;
    let logins = session::of(&mut open, &person.user, call.received)?.into_iter().map(|open| Login {
        is_this: open.id == person.session,
        began: When::of(open.created_at),
        used: When::ago(open.used_at),
        until: When::at(open.until),
        id: open.id,
    });
    let you = You {
        frame: Frame::of(call),
        settings: Settings::with(call, problem),
        user: &person.user,
        is_admin: person.user.role == Role::Admin,
        sessions: logins.collect(),
    };
    Ok(page(status(problem), &you))
}

/// Another password: who chose it stays logged in here, and nowhere else.
pub(in crate::pages) fn set_password(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let (old, new) = (form.field("old_password"), form.field("new_password"));
    match entering::set_password(call, old, new) {
        Ok(entered) => Ok(entered.with_cookie(call, see("/settings?done=password"))),
        Err(problem) if problem.kind == Kind::Unauthorized => {
            let told = Problem::new(Kind::Unprocessable, t::you_password_wrong());
            shown(call, Some(&told))
        }
        Err(problem) => shown(call, Some(&mendable(problem)?)),
    }
}

/// Ends one of one's own logins.
pub(in crate::pages) fn end(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let person = call.who.person().ok_or_else(|| Problem::new(Kind::Unauthorized, t::you_nobody()))?;
    let open = session::of(&mut call.app.service.session(Manner::Reading)?, &person.user, call.received)?;
    if let Some(one) = open.iter().find(|one| one.id == form.field("login")) {
        session::end(&call.app.service, &one.id)?;
        call.app.sessions.forget(&one.id);
    }
    Ok(see("/settings?done=ended"))
}
