//! API keys: made, listed, revoked.

use serde_json::{Value as Json, json};
use store::Session;

use super::access::{self, Key, Scope};
use super::answer::Answer;
use super::call::{Call, unprocessable};
use super::problem::Problem;
use super::shape;

pub(crate) fn create(call: &Call) -> Result<Answer, Problem> {
    let name = call.text("name")?;
    let object = call.object()?;
    let words: Option<Vec<&str>> =
        object.get("scopes").and_then(Json::as_array).map(|list| list.iter().filter_map(Json::as_str).collect());
    let scopes: Option<Vec<Scope>> = words.into_iter().flatten().map(Scope::named).collect();
    let known = || unprocessable("`scopes` is a list of one or more of: ingest, read, write, admin");
    let scopes = scopes.filter(|scopes| !scopes.is_empty()).ok_or_else(known)?;
    let (key, secret) = make(call, &name, &scopes)?;
    let mut shown = shown(&key);
    shown["key"] = secret.into();
    Ok(Answer::json(201, &shown))
}

/// Makes a key, and gives it whole: this once.
pub(crate) fn make(call: &Call, name: &str, scopes: &[Scope]) -> Result<(Key, String), Problem> {
    let made = access::create(&call.app.service, (name, scopes), &(call.app.random)(), |session, key| {
        call.note(session, "create_key", &json!({"key": key.id, "name": name}))
    })?;
    Ok(made)
}

pub(crate) fn list(call: &Call) -> Result<Answer, Problem> {
    let keys = access::list(&call.app.service)?;
    Ok(Answer::ok(&json!({"items": keys.iter().map(shown).collect::<Vec<_>>()})))
}

pub(crate) fn revoke(call: &Call) -> Result<Answer, Problem> {
    let note = |session: &mut Session<'_>| call.note(session, "revoke_key", &json!({"key": call.id()}));
    match call.app.access.revoke(&call.app.service, call.id(), note)? {
        true => Ok(Answer::done()),
        false => Err(Problem::not_found(format!("there is no key `{}`", call.id()))),
    }
}

/// A key without its secret, which nobody knows any more.
fn shown(key: &Key) -> Json {
    let moment = |micros| rules::day::Instant::new(micros).map_or(Json::Null, shape::moment);
    json!({
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>(),
        "created_at": moment(key.created_at),
        "revoked_at": key.revoked_at.map(moment),
    })
}
