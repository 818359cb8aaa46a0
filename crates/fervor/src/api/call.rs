//! One request, as the handlers see it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use live::fact::{Fact, Refusal};
use live::list::Query;
use rules::day::{Day, Instant};
use serde_json::Value as Json;

use super::App;
use super::access::Scope;
use super::answer::Answer;
use super::body;
use super::inflow::Inflow;
use super::problem::{Kind, Problem};
use super::who::Who;

/// Bytes of a body that is one JSON object.
const OBJECT_MAX: usize = 64 * 1024;

/// A request of somebody who may ask for it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    /// What is asked for.
    pub(crate) endpoint: &'static Endpoint,
    /// Who asks.
    pub(crate) who: Who,
    /// From where on the network.
    pub(crate) address: IpAddr,
    /// Whether it came by HTTPS, as a proxy says.
    pub(crate) is_secure: bool,
    /// The parts of the path that have names.
    pub(crate) path: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
    /// The parameters of the query as they stand there, where one may come several times.
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Vec<u8>,
    /// When it came.
    pub(crate) received: Instant,
    /// The path as it was asked for.
    pub(crate) asked: String,
}

/// What a request says: each item by itself.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) items: Vec<Result<Vec<Fact>, Refusal>>,
    pub(crate) style: Style,
}

/// How it is answered what became of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// With counts and reasons.
    Native,
    /// As tracking SDKs expect it: anything but success they would send again.
    Tracking,
}

/// What answers a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// It reads or administers, and may wait for the database.
    Do(fn(&Call) -> Result<Answer, Problem>),
    /// It looks at passwords, which takes memory and a processor each: a few at a time.
    Hash(fn(&Call) -> Result<Answer, Problem>),
    /// It says facts, which are stored before it is answered.
    Say(fn(&Call) -> Result<Said, Problem>),
    /// It takes a body that is too large to be held whole.
    Upload(fn(Call, Inflow) -> Uploading),
    /// It goes on for as long as somebody listens.
    Stream(fn(Arc<App>, Call) -> Result<axum::response::Response, Problem>),
}

/// A body that is being taken.
pub(crate) type Uploading = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;

/// Something that can be asked of the service: the router and the description are made from these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// The scope that a key needs, and what somebody's role has to allow; `None` is for everybody.
    pub(crate) scope: Option<Scope>,
    /// Whether it is for people who have logged in, whatever they may.
    pub(crate) is_personal: bool,
    /// Whether it is a page for people: what is wrong is told as one too.
    pub(crate) is_page: bool,
    pub(crate) act: Act,
    /// Under which heading it is described.
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) about: &'static str,
    /// Parameters of the query by name.
    pub(crate) params: &'static [&'static str],
    /// The schema of the body.
    pub(crate) body: Option<&'static str>,
    /// The status and the schema of the answer.
    pub(crate) answer: (u16, Option<&'static str>),
    /// What may be wrong with a request beside what may be wrong with any.
    pub(crate) refuses: &'static [Kind],
}

impl Endpoint {
    /// Bytes of a body that it takes: little from whoever need not say who they are, and where none is expected.
    pub(crate) fn body_max(&self) -> usize {
        let is_open = self.scope.is_none() && !self.is_personal;
        if is_open || self.method == "GET" { OBJECT_MAX } else { body::WIRE_MAX }
    }
}

impl Call {
    pub(crate) fn id(&self) -> &str {
        self.path.get("id").map_or("", String::as_str)
    }

    /// A parameter of the query, nothing if it is not there.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// Who asks, for the records.
    pub(crate) fn by(&self) -> String {
        self.who.by()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<serde_json::Map<String, Json>, Problem> {
        // Read, it takes fifty times as much at the worst.
        if self.body.len() > OBJECT_MAX {
            return Err(body::too_large(OBJECT_MAX));
        }
        let read = serde_json::from_slice(&self.body);
        read.map_err(|error| Problem::malformed(format!("the body has to be a JSON object: {error}")))
    }

    /// The body as a JSON object that has no other members than these.
    pub(crate) fn members(&self, known: &[&str]) -> Result<serde_json::Map<String, Json>, Problem> {
        let object = self.object()?;
        match object.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(unprocessable(format!("there is no member `{name}`; there are: {}", known.join(", ")))),
            None => Ok(object),
        }
    }

    /// A text that the body has to have.
    pub(crate) fn text(&self, name: &str) -> Result<String, Problem> {
        text(&self.object()?, name)
    }

    /// How many are wanted.
    pub(crate) fn limit(&self, usual: usize, most: usize) -> Result<usize, Problem> {
        let Some(text) = self.query.get("limit") else { return Ok(usual) };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| unprocessable(format!("`limit` has to be a number from 1 to {most}")))
    }

    /// The day as of which something is asked.
    pub(crate) fn as_of(&self) -> Result<Option<Day>, Problem> {
        let Some(text) = self.query.get("as_of") else { return Ok(None) };
        Day::parse(text).map(Some).ok_or_else(|| unprocessable("`as_of` has to be a date such as 2026-03-14"))
    }

    pub(crate) fn listing(&self) -> Result<Query, Problem> {
        let sort = match self.query.get("sort").map(String::as_str) {
            None | Some("id") => None,
            Some(sort) => {
                let (descending, rest) = sort.strip_prefix('-').map_or((false, sort), |rest| (true, rest));
                let id = rest
                    .strip_prefix("score.")
                    .ok_or_else(|| unprocessable("`sort` is `id`, `score.ID` or `-score.ID`, the most points first"))?;
                Some((id.to_owned(), descending))
            }
        };
        let after = self.query.get("cursor").map(|text| super::cursor::place(text)).transpose()?;
        let some = |name: &str| self.query.get(name).cloned().filter(|text| !text.trim().is_empty());
        let (condition, account) = (some("where"), some("account"));
        Ok(Query { condition, account, sort, after, limit: self.limit(50, 1000)?, ..Query::default() })
    }
}

/// A text that an object has to have.
pub(crate) fn text(object: &serde_json::Map<String, Json>, name: &str) -> Result<String, Problem> {
    match object.get(name) {
        Some(Json::String(text)) if !text.is_empty() && text.len() <= 1024 && !text.contains('\0') => Ok(text.clone()),
        _ => Err(unprocessable(format!("`{name}` has to be a text of 1 to 1024 bytes"))),
    }
}

pub(crate) fn unprocessable(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::Unprocessable, detail)
}
