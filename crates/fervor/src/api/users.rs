//! Users: listed, invited, changed.

use live::error::Error;
use rules::day::Instant;
use serde_json::{Value as Json, json};
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
    let (now, random) = (call.received, call.app.random);
    let (user, token) = people::change(&call.app.service, |session| {
        let mut user = user::add(session, &new, now, &random())?;
        let token = link::invite(&mut user, now, &random());
        user::put(session, &user, now)?;
        let about = json!({"user": user.id, "name": user.name, "role": role.word()});
        call.note(session, "create_user", &about)?;
        Ok((user, token))
    })?;
    Ok(Answer::json(201, &invited(&user, &token)))
}

pub(crate) fn invite(call: &Call) -> Result<Answer, Problem> {
    let now = call.received;
    let (user, token) = people::change(&call.app.service, |session| {
        let mut user = user::known(session, call.id())?;
        if user.disabled_at.is_some() {
            let text = "this user is disabled; a link would lead nowhere";
            return Err(Error::Conflict(text.to_owned()));
        }
        let token = link::invite(&mut user, now, &(call.app.random)());
        user::put(session, &user, now)?;
        call.note(session, "invite_user", &json!({"user": user.id, "name": user.name}))?;
        Ok((user, token))
    })?;
    Ok(Answer::ok(&invited(&user, &token)))
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
    let user = people::change(&call.app.service, |session| {
        let mut user = user::known(session, call.id())?;
        if let Some(name) = name {
            user.name = name;
        }
        user.role = role.unwrap_or(user.role);
        match disabled {
            Some(true) if user.disabled_at.is_none() => user.disable(call.received),
            Some(false) => user.disabled_at = None,
            _ => {}
        }
        user::put_unless_last(session, &user, call.received)?;
        let mut about = object.clone();
        about.insert("user".to_owned(), user.id.clone().into());
        call.note(session, "change_user", &about.into())?;
        Ok(user)
    })?;
    call.app.sessions.forget_all();
    Ok(Answer::ok(&shown(&user)))
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
