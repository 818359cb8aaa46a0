//! Logging in and out, and what those may who are not known yet: become the first admin, accept an invitation.

use live::error::Error;
use serde_json::{Value as Json, json};
use store::{Manner, Session};

use super::answer::Answer;
use super::call::{Call, text};
use super::problem::{Kind, Problem};
use super::users::shown;
use super::{access, shape};
use crate::people::session::{self, Person};
use crate::people::user::{self, NewUser, Role, User};
use crate::people::{change, link, password};

/// Somebody who has logged in just now, and the cookie that says so.
pub(crate) struct Entered {
    person: Person,
    token: String,
}

impl Entered {
    /// An answer that sets the cookie.
    pub(crate) fn with_cookie(&self, call: &Call, answer: Answer) -> Answer {
        answer.with("set-cookie", session::cookie(&self.token, call.is_secure))
    }

    fn answer(&self, call: &Call) -> Answer {
        self.with_cookie(call, Answer::ok(&logged_in(&self.person)))
    }
}

fn logged_in(person: &Person) -> Json {
    let scopes: Vec<&str> = match person.user.role {
        // Who administers may do what all the others may.
        Role::Admin => access::Scope::ALL.iter().map(|(word, _)| *word).collect(),
        role => role.scopes().iter().map(|scope| scope.word()).collect(),
    };
    json!({"user": shown(&person.user), "scopes": scopes, "expires_at": shape::moment(person.until)})
}

/// Begins a session in the transaction in which somebody became known.
fn begin(call: &Call, session: &mut Session<'_>, user: &User) -> live::error::Result<Entered> {
    let (token, person) = session::begin(session, user, call.received, &(call.app.random)())?;
    Ok(Entered { person, token })
}

/// Somebody shows who they are by a password. Whether there is nobody of this address, or the password is wrong, takes
/// as long and is answered the same.
pub(crate) fn enter(call: &Call, email: &str, password: &str) -> Result<Entered, Problem> {
    let (app, email) = (&call.app, user::same(email));
    let known = user::by_email(&mut app.service.session(Manner::Reading)?, &email)?;
    let user = guessed(call, &email, password, known)?;
    let mut session = app.service.session(Manner::Together)?;
    let entered = begin(call, &mut session, &user)?;
    session.commit()?;
    tracing::info!(user = user.id, "logged in");
    Ok(entered)
}

/// Somebody whose password it is, if there were not too many wrong ones.
fn guessed(call: &Call, email: &str, password: &str, known: Option<User>) -> Result<User, Problem> {
    let app = &call.app;
    app.tries.begin(email, call.address, call.received).map_err(|seconds| {
        tracing::warn!(address = %call.address, "too many wrong passwords");
        let minutes = seconds.div_ceil(60);
        let detail = format!("there were too many wrong passwords; try again in {minutes} minutes");
        Problem::later(Kind::TooMany, detail, seconds)
    })?;
    let is_right = password::matches(known.as_ref().and_then(|user| user.password.as_deref()), password);
    let user = known.filter(|user| is_right && user.is_active());
    let user = user.ok_or_else(|| Problem::new(Kind::Unauthorized, "the e-mail address or the password is wrong"))?;
    app.tries.right(email, call.address);
    Ok(user)
}

pub(crate) fn log_in(call: &Call) -> Result<Answer, Problem> {
    let object = call.members(&["email", "password"])?;
    Ok(enter(call, &text(&object, "email")?, &text(&object, "password")?)?.answer(call))
}

/// The first admin, by the link that the service printed.
pub(crate) fn become_admin(
    call: &Call,
    token: &str,
    email: &str,
    name: &str,
    password: &str,
) -> Result<Entered, Problem> {
    let (app, random) = (&call.app, call.app.random);
    // What costs much is done for those alone who have the link, and while nobody waits for it.
    link::sets_up(&mut app.service.session(Manner::Reading)?, token)?;
    let new = NewUser::new(email, name, Role::Admin)?;
    password::checked(password, new.email())?;
    let hash = password::hash(password, &random());
    Ok(change(&app.service, |session| {
        let admin = link::set_up(session, token, &new, hash, call.received, &random())?;
        note_as(call, session, &admin, "set_up")?;
        begin(call, session, &admin)
    })?)
}

pub(crate) fn set_up(call: &Call) -> Result<Answer, Problem> {
    let object = call.members(&["token", "email", "name", "password"])?;
    let [token, email, name, password] = ["token", "email", "name", "password"].map(|name| text(&object, name));
    Ok(become_admin(call, &token?, &email?, &name?, &password?)?.answer(call))
}

/// Somebody chooses a password by an invitation.
pub(crate) fn choose(call: &Call, token: &str, password: &str) -> Result<Entered, Problem> {
    let app = &call.app;
    let user = link::invited(&mut app.service.session(Manner::Reading)?, token, call.received)?;
    password::checked(password, &user.email)?;
    let hash = password::hash(password, &(app.random)());
    let entered = change(&app.service, |session| {
        let user = link::accept(session, token, hash, call.received)?;
        note_as(call, session, &user, "accept_invitation")?;
        begin(call, session, &user)
    })?;
    app.sessions.forget_all();
    Ok(entered)
}

pub(crate) fn accept(call: &Call) -> Result<Answer, Problem> {
    let object = call.members(&["token", "password"])?;
    Ok(choose(call, &text(&object, "token")?, &text(&object, "password")?)?.answer(call))
}

/// Notes what somebody did who became known by it.
fn note_as(call: &Call, session: &mut Session<'_>, user: &User, action: &str) -> live::error::Result<()> {
    let name = format!("user {}", user.name);
    let by = super::audit::By { name: &name, id: Some(&user.id) };
    let about = json!({"user": user.id});
    super::audit::note(session, call.received, &(call.app.random)(), &by, action, &about)
}

fn person(call: &Call) -> Result<&Person, Problem> {
    call.who.person().ok_or_else(|| Problem::new(Kind::Unauthorized, "nobody is logged in here"))
}

pub(crate) fn current(call: &Call) -> Result<Answer, Problem> {
    Ok(Answer::ok(&logged_in(person(call)?)))
}

/// Ends the session.
pub(crate) fn leave(call: &Call) -> Result<(), Problem> {
    if let Some(person) = call.who.person() {
        session::end(&call.app.service, &person.session)?;
        call.app.sessions.forget(&person.session);
    }
    Ok(())
}

pub(crate) fn log_out(call: &Call) -> Result<Answer, Problem> {
    leave(call)?;
    Ok(Answer::done().with("set-cookie", session::no_cookie(call.is_secure)))
}

pub(crate) fn change_password(call: &Call) -> Result<Answer, Problem> {
    let object = call.members(&["old_password", "new_password"])?;
    let (old, new) = (text(&object, "old_password")?, text(&object, "new_password")?);
    let wrong = |problem: Problem| match problem.kind {
        Kind::Unauthorized => Problem::new(Kind::Unprocessable, "`old_password` is not your password"),
        _ => problem,
    };
    Ok(set_password(call, &old, &new).map_err(wrong)?.answer(call))
}

/// Somebody chooses another password, and is logged out everywhere else.
pub(crate) fn set_password(call: &Call, old: &str, new: &str) -> Result<Entered, Problem> {
    let (app, id) = (&call.app, &person(call)?.user.id);
    let known = user::known(&mut app.service.session(Manner::Reading)?, id)?;
    let email = known.email.clone();
    let before = guessed(call, &email, old, Some(known))?;
    password::checked(new, &email)?;
    let hash = password::hash(new, &(app.random)());
    let entered = change(&app.service, |session| {
        let mut user = user::known(session, id)?;
        if user.password != before.password || !user.is_active() {
            return Err(Error::Conflict("your password was changed elsewhere at this moment".to_owned()));
        }
        user.password = Some(hash);
        user.invitation = None;
        user.end_sessions();
        user::put(session, &user, call.received)?;
        call.note(session, "change_password", &json!({"user": user.id}))?;
        begin(call, session, &user)
    })?;
    app.sessions.forget_all();
    Ok(entered)
}
