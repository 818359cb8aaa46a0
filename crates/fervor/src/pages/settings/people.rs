//! People: who may come in, and what each may do.

use askama::Template;
use store::Manner;

use super::super::form::Form;
use super::super::frame::{Frame, origin, page, see};
use super::super::when::When;
use super::{Settings, mendable, status};
use crate::api::answer::Answer;
use crate::api::call::{Call, unprocessable};
use crate::api::problem::Problem;
use crate::api::users::{self, Changes};
use crate::people::user::{self, NewUser, Role, User};
use crate::t;

#[derive(Debug, Template)]
#[template(path = "settings/people.html")]
struct People<'a> {
    frame: Frame<'a>,
    settings: Settings,
    roles: &'static [(&'static str, Role)],
    people: Vec<Shown>,
    invited: Option<Invited>,
    /// What was written into the form, where something is wrong with it.
    draft: Draft,
}

#[derive(Debug)]
struct Shown {
    user: User,
    invited_until: Option<When>,
    disabled_at: Option<When>,
    is_oneself: bool,
}

/// A link that is shown this once.
#[derive(Debug)]
struct Invited {
    name: String,
    link: String,
    until: Option<When>,
    is_known: bool,
}

#[derive(Debug)]
struct Draft {
    email: String,
    name: String,
    role: Role,
}

impl Default for Draft {
    fn default() -> Self {
        Self { email: String::new(), name: String::new(), role: Role::Viewer }
    }
}

pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    shown(call, None, None, Draft::default())
}

fn shown(call: &Call, problem: Option<&Problem>, invited: Option<Invited>, draft: Draft) -> Result<Answer, Problem> {
    let own = call.who.id().unwrap_or_default();
    let all = user::all(&mut call.app.service.session(Manner::Reading)?)?;
    let one = |user: User| Shown {
        invited_until: user.invitation.as_ref().and_then(|invitation| When::of(invitation.until)),
        disabled_at: user.disabled_at.and_then(When::of),
        is_oneself: user.id == own,
        user,
    };
    let people = People {
        frame: Frame::of(call),
        settings: Settings::with(call, problem),
        roles: &Role::ALL,
        people: all.into_iter().map(one).collect(),
        invited,
        draft,
    };
    Ok(page(status(problem), &people))
}

fn role(form: &Form) -> Result<Role, Problem> {
    Role::named(form.field("role")).ok_or_else(|| unprocessable(t::people_no_role()))
}

fn link(call: &Call, (user, token): (User, String)) -> Invited {
    Invited {
        link: format!("{}/invite/{token}", origin(call)),
        until: user.invitation.as_ref().and_then(|invitation| When::of(invitation.until)),
        is_known: user.password.is_some(),
        name: user.name,
    }
}

/// Invites somebody new, and shows the link.
pub(in crate::pages) fn invite(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let added = role(&form)
        .and_then(|role| Ok(NewUser::new(form.field("email"), form.field("name"), role)?))
        .and_then(|new| users::add(call, &new));
    match added {
        Ok(added) => shown(call, None, Some(link(call, added)), Draft::default()),
        Err(problem) => {
            let problem = mendable(problem)?;
            let (email, name) = (form.field("email").to_owned(), form.field("name").to_owned());
            let draft = Draft { email, name, role: role(&form).unwrap_or(Role::Viewer) };
            shown(call, Some(&problem), None, draft)
        }
    }
}

/// Another link for somebody: the last one was lost, or the password.
pub(in crate::pages) fn invite_again(call: &Call) -> Result<Answer, Problem> {
    match users::invite_again(call) {
        Ok(again) => shown(call, None, Some(link(call, again)), Draft::default()),
        Err(problem) => shown(call, Some(&mendable(problem)?), None, Draft::default()),
    }
}

/// Another role, or somebody may come in no more, or again.
pub(in crate::pages) fn change(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let (changes, done) = match form.field("disabled") {
        "yes" => (Changes { disabled: Some(true), ..Changes::default() }, "disabled"),
        "no" => (Changes { disabled: Some(false), ..Changes::default() }, "enabled"),
        _ => (Changes { role: Some(role(&form)?), ..Changes::default() }, "role"),
    };
    match users::put(call, &changes) {
        Ok(_) => Ok(see(&format!("/settings/people?done={done}"))),
        Err(problem) => shown(call, Some(&mendable(problem)?), None, Draft::default()),
    }
}
