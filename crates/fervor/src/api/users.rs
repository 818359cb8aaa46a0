//! Users: listed, invited, changed.

use live::error::Error;
use rules::day::Instant;
use serde_json::{Map, Value as Json, json};
use store::Manner;

use super::answer::Answer;
use super::call::{Call, text, unprocessable};
use super::problem::Problem;
use super::shape;
use crate::people::user::{self, NewUser, Role, User};
use crate::people::{self, link};

pub(crate) fn list(call: &Call) -> Result<Answer, Problem> {
    let users = user::all(&mut call.app.service.session(Manner::Reading)?)?;
    Ok(Answer::ok(&json!({"items": users.iter().map(shown).collect::<Vec<_>>()})))
}

pub(crate) fn create(call: &Call) -> Result<Answer, Problem> {
    let object = call.members(&["email", "name", "role"])?;
    let role = role(object.get("role"))?.ok_or_else(no_role)?;
    let new = NewUser::new(&text(&object, "email")?, &text(&object, "name")?, role)?;
    let (user, token) = add(call, &new)?;
    Ok(Answer::json(201, &invited(&user, &token)))
}

/// Adds somebody, and makes a link by which they choose a password.
pub(crate) fn add(call: &Call, new: &NewUser) -> Result<(User, String), Problem> {
    let (now, random) = (call.received, call.app.random);
    Ok(people::change(&call.app.service, |session| {
        let mut user = user::add(session, new, now, &random())?;
        let token = link::invite(&mut user, now, &random());
        user::put(session, &user, now)?;
        let about = json!({"user": user.id, "name": user.name, "role": user.role.word()});
        call.note(session, "create_user", &about)?;
        Ok((user, token))
    })?)
}

pub(crate) fn invite(call: &Call) -> Result<Answer, Problem> {
    let (user, token) = invite_again(call)?;
    Ok(Answer::ok(&invited(&user, &token)))
}

/// Makes another link for somebody who is known.
pub(crate) fn invite_again(call: &Call) -> Result<(User, String), Problem> {
    let now = call.received;
    Ok(people::change(&call.app.service, |session| {
        let mut user = user::known(session, call.id())?;
        if user.disabled_at.is_some() {
            let text = "this user is disabled; a link would lead nowhere";
            return Err(Error::Conflict(text.to_owned()));
        }
        let token = link::invite(&mut user, now, &(call.app.random)());
        user::put(session, &user, now)?;
        call.note(session, "invite_user", &json!({"user": user.id, "name": user.name}))?;
        Ok((user, token))
    })?)
}

/// Changes what is named, and nothing else.
pub(crate) fn change(call: &Call) -> Result<Answer, Problem> {
    let object = call.members(&["name", "role", "disabled"])?;
    if object.is_empty() {
        return Err(unprocessable("there is nothing to change; name one or more of: name, role, disabled"));
    }
    let name =
        object.contains_key("name").then(|| Ok::<_, Problem>(user::name(&text(&object, "name")?)?)).transpose()?;
    let role = role(object.get("role"))?;
    let disabled = match object.get("disabled") {
        None => None,
        Some(Json::Bool(disabled)) => Some(*disabled),
        Some(_) => return Err(unprocessable("`disabled` is true or false")),
    };
    Ok(Answer::ok(&shown(&put(call, &Changes { name, role, disabled })?)))
}

/// What is to change of somebody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) name: Option<String>,
    pub(crate) role: Option<Role>,
    pub(crate) disabled: Option<bool>,
}

impl Changes {
    /// As records have it.
    fn about(&self, user: &User) -> Json {
        let mut about = Map::new();
        about.extend(self.name.as_ref().map(|name| ("name".to_owned(), name.as_str().into())));
        about.extend(self.role.map(|role| ("role".to_owned(), role.word().into())));
        about.extend(self.disabled.map(|disabled| ("disabled".to_owned(), disabled.into())));
        about.insert("user".to_owned(), user.id.clone().into());
        about.into()
    }
}

/// Changes somebody, unless nobody would be left who may do everything.
pub(crate) fn put(call: &Call, changes: &Changes) -> Result<User, Problem> {
    let user = people::change(&call.app.service, |session| {
        let mut user = user::known(session, call.id())?;
        user.name = changes.name.clone().unwrap_or(user.name);
        user.role = changes.role.unwrap_or(user.role);
        match changes.disabled {
            Some(true) if user.disabled_at.is_none() => user.disable(call.received),
            Some(false) => user.disabled_at = None,
            _ => {}
        }
        user::put_unless_last(session, &user, call.received)?;
        call.note(session, "change_user", &changes.about(&user))?;
        Ok(user)
    })?;
    call.app.sessions.forget_all();
    Ok(user)
}

fn no_role() -> Problem {
    unprocessable("`role` is one of: viewer, editor, admin")
}

fn role(value: Option<&Json>) -> Result<Option<Role>, Problem> {
    let Some(value) = value else { return Ok(None) };
    value.as_str().and_then(Role::named).map(Some).ok_or_else(no_role)
}

/// Somebody without what is secret.
pub(crate) fn shown(user: &User) -> Json {
    let moment = |micros| Instant::new(micros).map_or(Json::Null, shape::moment);
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role.word(),
        "has_password": user.password.is_some(),
        "invited_until": user.invitation.as_ref().map(|invitation| moment(invitation.until)),
        "created_at": moment(user.created_at),
        "disabled_at": user.disabled_at.map(moment),
    })
}

/// Somebody with a link, which is shown this once. Where people find this service is not known here.
fn invited(user: &User, token: &str) -> Json {
    let mut shown = shown(user);
    shown["invitation"] = format!("/invite/{token}").into();
    shown
}
