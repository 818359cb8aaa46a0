//! Who asks: a program with a key, somebody who has logged in, or nobody in particular; and that a browser does not
//! ask because a page from elsewhere told it to.

use axum::http::{HeaderMap, Method, header};

use super::App;
use super::access::{Key, Scope, allow, presented};
use super::call::Endpoint;
use super::problem::{Kind, Problem};
use crate::people::session::{self, Person};

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    Nobody,
    Key(Key),
    Person(Person),
}

impl Who {
    /// As records have it.
    pub(crate) fn by(&self) -> String {
        match self {
            Self::Nobody => "nobody".to_owned(),
            Self::Key(key) => format!("key {}", key.name),
            Self::Person(person) => format!("user {}", person.user.name),
        }
    }

    /// The id of the key or of the user.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Nobody => None,
            Self::Key(key) => Some(&key.id),
            Self::Person(person) => Some(&person.user.id),
        }
    }

    /// What the key or the user is called.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Nobody => "",
            Self::Key(key) => &key.name,
            Self::Person(person) => &person.user.name,
        }
    }

    pub(crate) fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Nobody | Self::Key(_) => None,
        }
    }

    /// Whether it may do what needs a scope.
    pub(crate) fn may(&self, needed: Scope) -> Result<(), Problem> {
        let (scopes, told) = match self {
            Self::Nobody => return Err(unknown()),
            Self::Key(key) => {
                let has: Vec<&str> = key.scopes.iter().map(|scope| scope.word()).collect();
                let (word, has) = (needed.word(), has.join(", "));
                (key.scopes.as_slice(), format!("this needs a key with the scope `{word}`; this one has: {has}"))
            }
            Self::Person(person) => {
                let (word, role) = (needed.role().word(), person.user.role.word());
                (person.user.role.scopes(), format!("this needs the role `{word}`; you have the role `{role}`"))
            }
        };
        if allow(scopes, needed) { Ok(()) } else { Err(Problem::new(Kind::Forbidden, told)) }
    }
}

fn unknown() -> Problem {
    Problem::new(
        Kind::Unauthorized,
        "send a key as `Authorization: Bearer KEY`; `fervor key create` makes one; or log in, which gives a cookie",
    )
}

/// Who asks, if they may ask for this.
pub(crate) fn of(app: &App, endpoint: &Endpoint, method: &Method, headers: &HeaderMap) -> Result<Who, Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // A key goes before a cookie, which browsers send by themselves.
    let key = if endpoint.is_page { None } else { presented(text("authorization"), text("x-write-key")) };
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let token = cookies.into_iter().find_map(session::presented).filter(|_| key.is_none());
    let is_open = endpoint.scope.is_none() && !endpoint.is_personal;
    if !method.is_safe() && (token.is_some() || is_open) {
        from_here(headers, token.is_some())?;
        if !endpoint.is_page {
            no_form(headers)?;
        }
    }
    let who = match (key, token) {
        _ if is_open && !endpoint.is_page => return Ok(Who::Nobody),
        (Some(key), _) => Who::Key(app.access.key(&app.service, &key)?),
        (None, Some(token)) => by_token(app, token)?.map_or(Who::Nobody, Who::Person),
        (None, None) => Who::Nobody,
    };
    if is_open {
        return Ok(who);
    }
    if let Some(id) = who.id() {
        app.access.count(id, app.service.now())?;
    }
    match (endpoint.scope, &who) {
        (Some(scope), _) => who.may(scope)?,
        (None, Who::Key(_)) => {
            let detail = "this is for people who have logged in, and a key stands for none of them";
            return Err(Problem::new(Kind::Forbidden, detail));
        }
        (None, Who::Nobody) => return Err(Problem::new(Kind::Unauthorized, "nobody is logged in here")),
        (None, Who::Person(_)) => {}
    }
    Ok(who)
}

fn by_token(app: &App, token: &str) -> Result<Option<Person>, Problem> {
    let (id, now) = (session::id(token), app.service.now());
    // Where waiting hinders nobody.
    let find = || Ok::<_, Problem>(tokio::task::block_in_place(|| session::find(&app.service, &id))?);
    let known = app.sessions.get_or(&id, now, find)?;
    Ok(known.filter(|person: &Person| now < person.until))
}

/// Refuses what a page from elsewhere made a browser send. Where a cookie says who asks, that has to be certain;
/// programs that send none of these headers have no cookies of others.
fn from_here(headers: &HeaderMap, has_cookie: bool) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_from_here = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some_and(|host| text("host").is_some_and(|ours| ours.eq_ignore_ascii_case(host)))
        }
        (None, None) => !has_cookie,
    };
    let detail = "this was sent by a page from elsewhere, or does not say that it was not: with a cookie, the header \
                  `Origin` has to name this host; if a proxy stands before the service, it has to pass `Host` on";
    if is_from_here { Ok(()) } else { Err(Problem::new(Kind::Forbidden, detail)) }
}

/// Refuses bodies of the types that a form of HTML can send without asking.
fn no_form(headers: &HeaderMap) -> Result<(), Problem> {
    let is_empty = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
    if is_empty && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(());
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "" | "text/plain" | "application/x-www-form-urlencoded" => {
            Err(Problem::malformed("say what the body is: `Content-Type: application/json`"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_comes_from_elsewhere_is_refused() {
        // Whether it is taken with a cookie, and without one.
        for (pairs, with, without) in [
            (&[("sec-fetch-site", "same-origin")][..], true, true),
            (&[("sec-fetch-site", "none")], true, true),
            (&[("sec-fetch-site", "same-site")], false, false),
            (&[("sec-fetch-site", "cross-site")], false, false),
            // What the browser itself says goes before.
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://h:1"), ("host", "h:1")], false, false),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null"), ("host", "h:1")], true, true),
            (&[("origin", "http://h:1"), ("host", "h:1")], true, true),
            (&[("origin", "https://H"), ("host", "h")], true, true),
            (&[("origin", "http://h:1"), ("host", "h:2")], false, false),
            (&[("origin", "http://evil"), ("host", "h")], false, false),
            (&[("origin", "null"), ("host", "h")], false, false),
            (&[("origin", "h"), ("host", "h")], false, false),
            (&[("origin", "http://h")], false, false),
            (&[("host", "h")], false, true),
        ] {
            let headers = headers(pairs);
            assert_eq!(
                (from_here(&headers, true).is_ok(), from_here(&headers, false).is_ok()),
                (with, without),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn bodies_of_forms_are_refused() {
        for (kind, is_taken) in [
            (None, false),
            (Some("text/plain;charset=UTF-8"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("application/json; charset=utf-8"), true),
            (Some("application/toml"), true),
        ] {
            let mut headers = headers(&[("content-length", "2")]);
            kind.map(|kind| headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind)));
            assert_eq!(no_form(&headers).is_ok(), is_taken, "{kind:?}");
        }
        assert!(no_form(&headers(&[])).is_ok() && no_form(&headers(&[("content-length", "0")])).is_ok());
        assert!(no_form(&headers(&[("transfer-encoding", "chunked")])).is_err());
    }

    #[test]
    fn scopes_and_roles_are_one_meaning() {
        for (_, scope) in Scope::ALL {
            let role = scope.role();
            assert!(allow(role.scopes(), scope));
            let less = crate::people::user::Role::ALL.iter().filter(|(_, other)| *other < role);
            assert!(less.into_iter().all(|(_, less)| !allow(less.scopes(), scope)));
        }
    }
}
