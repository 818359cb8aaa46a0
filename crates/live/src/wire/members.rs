//! The members of an item, taken one by one.

use std::sync::Arc;

use rules::history::Membership;
use rules::suggest::nearest;
use rules::value::Value;
use serde_json::Value as Json;

use super::flat::value_of;
use super::text::{Object, kind_of, shown};
use crate::fact::{Reason, Refusal};

/// What is left of an item.
pub(super) struct Members(Object);

impl Members {
    /// The members of an item that may have any.
    pub(super) fn any(object: Object) -> Self {
        Self(object)
    }

    /// The members of an item that has only known ones; `otherwise` says where anything else goes.
    pub(super) fn known(object: Object, known: &[&str], otherwise: &str) -> Result<Self, Refusal> {
        let Some(unknown) = object.keys().find(|name| !known.contains(&name.as_str())) else {
            return Ok(Self(object));
        };
        let hint = match nearest(unknown, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}{otherwise}", known.join(", ")),
        };
        Err(Refusal::new(Reason::Malformed, format!("unknown member {}: {hint}", shown(unknown))))
    }

    /// A member, with null where it is null.
    pub(super) fn said(&mut self, name: &str) -> Option<Json> {
        self.0.shift_remove(name)
    }

    /// A member that is not null.
    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        self.said(name).filter(|value| !value.is_null())
    }

    /// A member that is not null, if it is of the right sort; otherwise it is left where it is.
    pub(super) fn take_if(&mut self, name: &str, is_right: impl Fn(&Json) -> bool) -> Option<Json> {
        self.0.get(name).is_some_and(is_right).then(|| self.take(name))?
    }

    /// An id or a name: a text or a number; null and empty text are missing.
    pub(super) fn id(&mut self, name: &str) -> Result<Option<Arc<str>>, Refusal> {
        self.take(name).map_or(Ok(None), |value| id_of(name, value))
    }

    /// An id that is needed; `what` says what it is for.
    pub(super) fn needed(&mut self, name: &str, what: &str) -> Result<Arc<str>, Refusal> {
        self.id(name)?.ok_or_else(|| Refusal::new(Reason::Missing, format!("`{name}` is missing: {what}")))
    }

    /// An object, empty where it is missing.
    pub(super) fn object(&mut self, name: &str) -> Result<Object, Refusal> {
        match self.take(name) {
            None => Ok(Object::new()),
            Some(Json::Object(object)) => Ok(object),
            Some(other) => Err(wrong(name, &other, "an object")),
        }
    }

    /// What is left.
    pub(super) fn rest(self) -> Object {
        self.0
    }
}

/// A text, or a number as its shortest decimal.
pub(super) fn id_of(name: &str, value: Json) -> Result<Option<Arc<str>>, Refusal> {
    if !matches!(value, Json::Null | Json::String(_) | Json::Number(_)) {
        return Err(wrong(name, &value, "a text or a number"));
    }
    Ok(value_of(value).map(|value| match value {
        Value::Text(text) => text,
        other => other.text().into(),
    }))
}

/// A text, a number or a truth value; null and empty text are missing.
pub(super) fn scalar(name: &str, value: Json) -> Result<Option<Value>, Refusal> {
    if matches!(value, Json::Array(_) | Json::Object(_)) {
        return Err(wrong(name, &value, "a number, a text or a truth value"));
    }
    Ok(value_of(value))
}

/// One account, since always.
pub(super) fn only(account: &str) -> Membership {
    Membership { account: account.into(), since: None }
}

/// That a member is of another sort.
pub(super) fn wrong(name: &str, value: &Json, expected: &str) -> Refusal {
    Refusal::new(Reason::Malformed, format!("`{name}` is {}; expected {expected}", kind_of(value)))
}
