//! Sessions: who has logged in, and until when. The token lies in a cookie; what is stored is its hash.

use live::error::Result;
use live::service::Service;
use rules::day::Instant;
use serde::{Deserialize, Serialize};
use store::keep::Document;
use store::{Manner, Session};

use super::user::{self, User};
use super::{change, digest, letters};

/// The kind of documents that hold sessions.
const SESSION: &str = "session";
/// The name of the cookie.
pub(crate) const COOKIE: &str = "fervor_session";
const HOUR: i64 = 3_600_000_000;
/// Sessions that are looked through for those of one person.
const LISTED_MAX: usize = 10_000;
/// So long a session lasts at most, in microseconds: thirty days.
const LASTS: i64 = 30 * 24 * HOUR;
/// So long it lasts while nobody uses it: seven days.
const IDLE: i64 = 7 * 24 * HOUR;

/// Somebody who has logged in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) user: User,
    /// Which session it is.
    pub(crate) session: String,
    /// When it is over, if nobody uses it before.
    pub(crate) until: Instant,
}

/// A session as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    user: String,
    generation: u64,
    created_at: i64,
}

/// When a session is over that was used at a moment.
fn until(created_at: i64, used_at: i64) -> i64 {
    (created_at + LASTS).min(used_at + IDLE)
}

/// Which session a token is of.
pub(crate) fn id(token: &str) -> String {
    digest(token)
}

/// Begins a session, and gives the token of it: this once.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn begin(
    session: &mut Session<'_>,
    user: &User,
    now: Instant,
    random: &[u8; 32],
) -> Result<(String, Person)> {
    let token = letters(random);
    let kept = Kept { user: user.id.clone(), generation: user.generation, created_at: now.0 };
    let person =
        Person { user: user.clone(), session: id(&token), until: Instant::new(until(now.0, now.0)).unwrap_or(now) };
    put(session, &person, &kept, now)?;
    Ok((token, person))
}

fn put(session: &mut Session<'_>, person: &Person, kept: &Kept, now: Instant) -> Result<()> {
    let text = serde_json::to_string(kept).expect("texts and numbers");
    let document = Document { id: person.session.clone(), at: now, until: Some(person.until), text };
    session.put_document(SESSION, &document)?;
    Ok(())
}

/// Who has logged in, and how the session is kept.
fn read(session: &mut Session<'_>, id: &str, now: Instant) -> Result<Option<(Person, Kept)>> {
    let Some(document) = session.document(SESSION, id)? else { return Ok(None) };
    let (Some(until), Ok(kept)) = (document.until, serde_json::from_str::<Kept>(&document.text)) else {
        return Ok(None);
    };
    let user = user::find(session, &kept.user)?;
    let user = user.filter(|user| user.is_active() && user.generation == kept.generation && now < until);
    Ok(user.map(|user| (Person { user, session: id.to_owned(), until }, kept)))
}

/// Whose session it is, if it is one that is not over. That it is used is noted once an hour.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn find(service: &Service, id: &str) -> Result<Option<Person>> {
    let now = service.now();
    let Some((person, kept)) = read(&mut service.session(Manner::Reading)?, id, now)? else { return Ok(None) };
    if until(kept.created_at, now.0) - person.until.0 < HOUR {
        return Ok(Some(person));
    }
    change(service, |session| {
        // It may have ended meanwhile, and must not begin anew.
        let Some((mut person, kept)) = read(session, id, now)? else { return Ok(None) };
        person.until = Instant::new(until(kept.created_at, now.0)).unwrap_or(now);
        put(session, &person, &kept, now)?;
        session.remove_outdated(SESSION, now)?;
        Ok(Some(person))
    })
}

/// A session that is not over.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) id: String,
    pub(crate) created_at: i64,
    /// When it was last seen to be used, to the hour.
    pub(crate) used_at: Instant,
    pub(crate) until: Instant,
}

/// Where somebody is logged in, the last first.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn of(session: &mut Session<'_>, user: &User, now: Instant) -> Result<Vec<Open>> {
    let mut open: Vec<Open> = Vec::new();
    for document in session.documents(SESSION, None, LISTED_MAX)? {
        let (Some(until), Ok(kept)) = (document.until, serde_json::from_str::<Kept>(&document.text)) else { continue };
        if kept.user == user.id && kept.generation == user.generation && now < until {
            open.push(Open { id: document.id, created_at: kept.created_at, used_at: document.at, until });
        }
    }
    open.sort_by_key(|one| std::cmp::Reverse(one.created_at));
    Ok(open)
}

/// Ends a session, and forgets those that are over.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn end(service: &Service, id: &str) -> Result<()> {
    change(service, |session| {
        session.remove_document(SESSION, id)?;
        Ok(session.remove_outdated(SESSION, service.now())?)
    })
}

/// The token that a cookie holds, among others that a browser sends.
pub(crate) fn presented(cookies: &str) -> Option<&str> {
    cookies.split(';').find_map(|cookie| {
        let (name, token) = cookie.trim().split_once('=')?;
        (name == COOKIE && !token.is_empty()).then_some(token)
    })
}

/// What a browser is told to keep; of HTTPS alone if it came by that.
pub(crate) fn cookie(token: &str, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", LASTS / 1_000_000)
}

/// What a browser is told to forget.
pub(crate) fn no_cookie(is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::super::user::{NewUser, Role};
    use super::*;

    #[test]
    fn a_session_lasts_a_week_unused_and_a_month_in_all() {
        let day = 24 * HOUR;
        for (used, expected) in [(0, 7 * day), (3 * day, 10 * day), (23 * day, 30 * day), (29 * day, 30 * day)] {
            assert_eq!(until(0, used), expected);
            // It does not depend on when it began.
            assert_eq!(until(day, day + used), day + expected);
        }
    }

    #[test]
    fn sessions_end_by_themselves_and_by_what_happens_to_their_user() {
        let folder = tempfile::tempdir().unwrap();
        let store = store::Store::open(folder.path().join("people.db").to_str().unwrap()).unwrap();
        let day = Arc::new(AtomicI64::new(0));
        let clock = day.clone();
        let now = move || Instant::new(clock.load(Ordering::Relaxed) * 24 * HOUR).unwrap();
        let service = Service::open(store, now, &[0; 32]).unwrap();
        let on = |at: i64| day.store(at, Ordering::Relaxed);
        let is_open = |token: &str| find(&service, &id(token)).unwrap().is_some();
        let set = |change: &dyn Fn(&mut User)| {
            let mut session = service.session(Manner::Alone).unwrap();
            let mut user = user::by_email(&mut session, "ada@example.org").unwrap().unwrap();
            change(&mut user);
            user::put(&mut session, &user, service.now()).unwrap();
            session.commit().unwrap();
        };
        let log_in = |random: u8| {
            let mut session = service.session(Manner::Together).unwrap();
            let user = user::by_email(&mut session, "ada@example.org").unwrap().unwrap();
            let (token, person) = begin(&mut session, &user, service.now(), &[random; 32]).unwrap();
            session.commit().unwrap();
            assert_eq!(person.until.0, (day.load(Ordering::Relaxed) + 7) * 24 * HOUR);
            token
        };
        let new = NewUser::new("ada@example.org", "Ada", Role::Admin).unwrap();
        change(&service, |session| user::add(session, &new, service.now(), &[9; 32])).unwrap();
        set(&|user| user.password = Some("hash".into()));
        let (used, unused) = (log_in(1), log_in(2));
        let logins = || {
            let mut session = service.session(Manner::Reading).unwrap();
            let user = user::by_email(&mut session, "ada@example.org").unwrap().unwrap();
            of(&mut session, &user, service.now()).unwrap().len()
        };
        assert_eq!(logins(), 2);
        for at in [6, 12, 18, 24, 29] {
            on(at);
            assert!(is_open(&used), "day {at}");
        }
        assert!(!is_open(&unused));
        assert_eq!(logins(), 1);
        on(30);
        assert!(!is_open(&used), "a month is all");
        // A session that was ended does not begin anew because somebody used it at that moment.
        let ended = log_in(3);
        on(33);
        end(&service, &id(&ended)).unwrap();
        assert!(!is_open(&ended));
        // What is over is not kept.
        let kept = |token: &str| service.session(Manner::Reading).unwrap().document(SESSION, &id(token)).unwrap();
        assert!(kept(&used).is_none() && kept(&unused).is_none());
        let before = log_in(4);
        set(&|user| user.end_sessions());
        assert!(!is_open(&before) && is_open(&log_in(5)));
        let before = log_in(6);
        set(&|user| user.disable(service.now()));
        assert!(!is_open(&before));
        set(&|user| user.disabled_at = None);
        assert!(!is_open(&before) && is_open(&log_in(7)) && !is_open("none"));
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        for (cookies, expected) in [
            ("fervor_session=ab", Some("ab")),
            ("theme=dark; fervor_session=ab; x=y", Some("ab")),
            ("a_fervor_session=ab", None),
            ("fervor_session=", None),
            ("fervor_session", None),
            ("", None),
        ] {
            assert_eq!(presented(cookies), expected, "{cookies}");
        }
    }

    #[test]
    fn a_cookie_is_for_this_host_and_no_script() {
        let expected = "fervor_session=ab; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax";
        assert_eq!(cookie("ab", false), expected);
        assert_eq!(cookie("ab", true), format!("{expected}; Secure"));
        assert!(no_cookie(true).contains("Max-Age=0") && no_cookie(true).ends_with("; Secure"));
    }
}
