//! The ways in: the first admin, an invitation, a login. What was written into a form is kept where something is wrong
//! with it, but never a password.

use askama::Template;
use store::Manner;

use super::form::Form;
use super::frame::{Frame, page, see, sentence};
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem};
use crate::api::session::{self as entering, Entered};
use crate::people::user::{self, User};
use crate::people::{link, session};
use crate::t;

#[derive(Debug, Template)]
#[template(path = "enter/login.html")]
struct Login<'a> {
    frame: Frame<'a>,
    /// Whether there is anybody who could.
    is_anybody: bool,
    email: &'a str,
    error: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "enter/setup.html")]
struct Setup<'a> {
    frame: Frame<'a>,
    token: &'a str,
    email: &'a str,
    name: &'a str,
    error: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "enter/invite.html")]
struct Invite<'a> {
    frame: Frame<'a>,
    token: &'a str,
    user: &'a User,
    error: Option<String>,
}

/// What people can mend in the form; everything else is a page of its own.
fn mendable(problem: Problem) -> Result<Problem, Problem> {
    match problem.kind {
        Kind::Unauthorized | Kind::Unprocessable | Kind::TooMany => Ok(problem),
        _ => Err(problem),
    }
}

fn token(call: &Call) -> &str {
    call.path.get("token").map_or("", String::as_str)
}

fn inside(call: &Call, entered: &Entered) -> Answer {
    entered.with_cookie(call, see("/"))
}

/// The form again, with what is wrong.
fn again(problem: &Problem, form: &impl Template) -> Answer {
    let mut answer = page(problem.kind.status(), form);
    answer.headers.extend(problem.retry_after.map(|seconds| ("retry-after", seconds.to_string())));
    answer
}

pub(super) fn login(call: &Call) -> Result<Answer, Problem> {
    if call.who.person().is_some() {
        return Ok(see("/"));
    }
    let is_anybody = user::is_anybody(&mut call.app.service.session(Manner::Reading)?)?;
    Ok(page(200, &Login { frame: Frame::of(call), is_anybody, email: "", error: None }))
}

pub(super) fn log_in(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let email = form.field("email");
    match entering::enter(call, email, form.field("password")) {
        Ok(entered) => Ok(inside(call, &entered)),
        Err(problem) => {
            let problem = mendable(problem)?;
            let error = Some(sentence(&problem.detail));
            Ok(again(&problem, &Login { frame: Frame::of(call), is_anybody: true, email, error }))
        }
    }
}

pub(super) fn log_out(call: &Call) -> Result<Answer, Problem> {
    entering::leave(call)?;
    Ok(see("/login").with("set-cookie", session::no_cookie(call.is_secure)))
}

pub(super) fn setup(call: &Call) -> Result<Answer, Problem> {
    link::sets_up(&mut call.app.service.session(Manner::Reading)?, token(call))?;
    Ok(page(200, &Setup { frame: Frame::of(call), token: token(call), email: "", name: "", error: None }))
}

pub(super) fn set_up(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let (email, name) = (form.field("email"), form.field("name"));
    match entering::become_admin(call, token(call), email, name, form.field("password")) {
        Ok(entered) => Ok(inside(call, &entered)),
        Err(problem) => {
            let problem = mendable(problem)?;
            let error = Some(sentence(&problem.detail));
            Ok(again(&problem, &Setup { frame: Frame::of(call), token: token(call), email, name, error }))
        }
    }
}

pub(super) fn invitation(call: &Call) -> Result<Answer, Problem> {
    let user = invited(call)?;
    Ok(page(200, &Invite { frame: Frame::of(call), token: token(call), user: &user, error: None }))
}

fn invited(call: &Call) -> Result<User, Problem> {
    Ok(link::invited(&mut call.app.service.session(Manner::Reading)?, token(call), call.received)?)
}

pub(super) fn accept(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    match entering::choose(call, token(call), form.field("password")) {
        Ok(entered) => Ok(inside(call, &entered)),
        Err(problem) => {
            let problem = mendable(problem)?;
            let user = invited(call)?;
            let error = Some(sentence(&problem.detail));
            Ok(again(&problem, &Invite { frame: Frame::of(call), token: token(call), user: &user, error }))
        }
    }
}
