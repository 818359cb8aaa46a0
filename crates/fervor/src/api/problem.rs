//! What is wrong with a request, as RFC 9457 has it, and as tracking SDKs expect it beside that.

use live::error::Error;
use serde_json::json;

use super::answer::Answer;

/// A request that is not answered as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    /// What is wrong here, and what to do.
    pub(crate) detail: String,
    /// Seconds after which the same may work.
    pub(crate) retry_after: Option<u64>,
    /// Further headers.
    pub(crate) allow: Option<&'static str>,
}

/// What may be wrong. The word is the code in answers and in metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Malformed,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    TooLarge,
    Unprocessable,
    TooMany,
    Internal,
    Unavailable,
    NoRoom,
}

impl Kind {
    /// Each with its status, its code and its title.
    pub(crate) const ALL: [(Self, u16, &'static str, &'static str); 12] = [
        (Self::Malformed, 400, "malformed", "The request cannot be read"),
        (Self::Unauthorized, 401, "unauthorized", "A valid key, or a login, is needed"),
        (Self::Forbidden, 403, "forbidden", "This is not allowed"),
        (Self::NotFound, 404, "not_found", "There is no such thing"),
        (Self::MethodNotAllowed, 405, "method_not_allowed", "This cannot be done here"),
        (Self::Conflict, 409, "conflict", "It contradicts what is so already"),
        (Self::TooLarge, 413, "too_large", "The request is too large"),
        (Self::Unprocessable, 422, "invalid", "The request asks for what cannot be"),
        (Self::TooMany, 429, "too_many_requests", "Too much at once"),
        (Self::Internal, 500, "internal", "Something went wrong here"),
        (Self::Unavailable, 503, "unavailable", "The database cannot be reached"),
        (Self::NoRoom, 507, "no_room", "There is no room to keep it"),
    ];

    pub(crate) fn status(self) -> u16 {
        Self::ALL[self as usize].1
    }

    pub(crate) fn code(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    fn title(self) -> &'static str {
        Self::ALL[self as usize].3
    }
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), retry_after: None, allow: None }
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, detail)
    }

    pub(crate) fn later(kind: Kind, detail: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(kind, detail) }
    }

    /// As an answer. `code` and `message` are for SDKs that look for them.
    pub(crate) fn answer(&self) -> Answer {
        let body = json!({
            "type": format!("/docs#{}", self.kind.code()),
            "title": self.kind.title(),
            "status": self.kind.status(),
            "detail": self.detail,
            "code": self.kind.code(),
            "message": self.detail,
        });
        let mut answer = Answer::json(self.kind.status(), &body);
        answer.content_type = "application/problem+json";
        answer.headers.extend(self.retry_after.map(|seconds| ("retry-after", seconds.to_string())));
        answer.headers.extend(self.allow.map(|methods| ("allow", methods.to_owned())));
        if self.kind == Kind::Unauthorized {
            // Not `Basic`, which is taken too: a browser would ask for a name and a password by itself.
            answer.headers.push(("www-authenticate", "Bearer realm=\"fervor\"".to_owned()));
        }
        answer
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::NotFound(_) => Self::new(Kind::NotFound, text),
            Error::Conflict(_) => Self::new(Kind::Conflict, text),
            Error::Invalid(_) => Self::new(Kind::Unprocessable, text),
            Error::Busy => Self::later(Kind::TooMany, text, 1),
            Error::Stopping => Self::later(Kind::Unavailable, text, 5),
            Error::Store(error) => error.into(),
            Error::NeedsAlone => Self::new(Kind::Internal, text),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        use store::Error as Store;
        // What the database says is for the log: it may name what the asker must not know.
        tracing::error!(%error, "the database");
        match error {
            Store::Unavailable(_) => Self::later(
                Kind::Unavailable,
                "the database cannot be reached; nothing of this request was stored, try again in a moment",
                5,
            ),
            Store::InDoubt(_) => Self::later(
                Kind::Unavailable,
                "the database went away while this was being stored, so that it may be stored or not; sent again \
                 with the same ids it counts once",
                5,
            ),
            Store::Contended(_) => Self::later(
                Kind::Unavailable,
                "others write the same at this moment; nothing of this request was stored, try again in a moment",
                1,
            ),
            Store::Full(_) => Self::later(
                Kind::Unavailable,
                "the database takes no more; nothing of this request was stored, and whoever runs this service has \
                 to make room",
                60,
            ),
            Store::Newer { .. } | Store::Refused(_) | Store::Backup(_) | Store::Address(_) | Store::Broken(_) => {
                Self::new(Kind::Internal, "something went wrong with the database; the log says what")
            }
        }
    }
}
