//! From a request on the wire to its handler, and from the answer back.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::answer::Answer;
use super::call::{Act, Call, Endpoint, Said};
use super::inflow::Inflow;
use super::problem::{Kind, Problem};
use super::{App, body, describe, ingest, table, who};
use crate::{pages, t};

/// Bytes of bodies that are held at a time. Beyond that requests are put off, so that memory stays bounded.
const HELD_MAX: usize = 128 * 1024 * 1024;
/// Requests that are answered from the database at a time; others wait.
const READING_MAX: usize = 32;
/// Passwords that are looked at at a time: each takes 19 MiB and a processor.
const HASHING_MAX: usize = 2;
/// Streams of events at a time.
const STREAMS_MAX: usize = 256;
/// So long a body may take to come.
const BODY_PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of a body that nobody wants which are read all the same, and for how long.
const PASSED_OVER_MAX: usize = 64 * 1024 * 1024;
const PASSED_OVER_PATIENCE: Duration = Duration::from_secs(10);
/// So long a request waits for a place.
const PLACE_PATIENCE: Duration = Duration::from_secs(10);
/// What a unit of room for bodies stands for.
const UNIT: usize = 1024;

/// How much may be going on at a time.
pub(crate) struct Room {
    bodies: Semaphore,
    reading: Semaphore,
    hashing: Semaphore,
    streams: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            bodies: Semaphore::new(HELD_MAX / UNIT),
            reading: Semaphore::new(READING_MAX),
            hashing: Semaphore::new(HASHING_MAX),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        }
    }
}

/// The parts of a path that have names, if they can be read.
type Params = Result<RawPathParams, RawPathParamsRejection>;

/// Everything that can be asked.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut paths: BTreeMap<&'static str, Vec<&'static Endpoint>> = BTreeMap::new();
    for endpoint in table::ENDPOINTS.iter().chain(pages::all()) {
        paths.entry(endpoint.path).or_default().push(endpoint);
    }
    let mut router = Router::new();
    for (path, endpoints) in paths {
        let mut methods = MethodRouter::new();
        for endpoint in endpoints.iter().copied() {
            let handler = move |State(app): State<Arc<App>>, params: Params, request: Request| async move {
                let Ok(params) = params else {
                    return response(told(endpoint, &Problem::malformed("the path is not UTF-8")));
                };
                let path = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                handled(app, endpoint, path, request).await
            };
            methods = methods.merge(on(filter(endpoint.method), handler));
        }
        let allow = allowed(&endpoints);
        methods = methods.fallback(move || async move {
            let detail = format!("this path answers {allow}");
            let problem = Problem { allow: Some(allow), ..Problem::new(Kind::MethodNotAllowed, detail) };
            response(problem.answer())
        });
        router = router.route(path, methods);
    }
    let unknown = |headers: HeaderMap| async move {
        let wants_page = headers.get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok());
        let wants_page = wants_page.is_some_and(|kinds| kinds.contains("text/html"));
        let detail = "no page has this address; perhaps it was mistyped, or what stood here is gone";
        response(match wants_page {
            true => pages::trouble(None, &Problem::not_found(detail)),
            false => Problem::not_found("there is nothing at this path; /docs lists what there is").answer(),
        })
    };
    router.fallback(unknown).with_state(app)
}

fn filter(method: &str) -> MethodFilter {
    match method {
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

/// The methods of a path, for the header `Allow`; there are few combinations, and they live as long as the program.
fn allowed(endpoints: &[&Endpoint]) -> &'static str {
    let mut methods: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.method).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.join(", ").leak()
}

async fn handled(
    app: Arc<App>,
    endpoint: &'static Endpoint,
    path: BTreeMap<String, String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = Some(body);
    // Programs are answered in English.
    let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).filter(|_| endpoint.is_page);
    let accepted = accepted.and_then(|header| header.to_str().ok());
    let language = t::preferred(accepted);
    let answered = t::reading(language, answered(&app, endpoint, path, parts, &mut body)).await;
    if let Some(body) = body {
        tokio::spawn(passed_over(body));
    }
    let answered = answered.unwrap_or_else(|problem| t::within(language, || response(told(endpoint, &problem))));
    app.counts.request(endpoint.path, answered.status().as_u16());
    answered
}

/// What is wrong, to people or to programs.
fn told(endpoint: &Endpoint, problem: &Problem) -> Answer {
    match endpoint.is_page {
        // Whoever is not known yet is asked who they are.
        true if endpoint.scope.is_some() && problem.kind == Kind::Unauthorized => pages::see("/login"),
        true => pages::trouble(None, problem),
        false => problem.answer(),
    }
}

async fn answered(
    app: &Arc<App>,
    endpoint: &'static Endpoint,
    path: BTreeMap<String, String>,
    parts: Parts,
    body: &mut Option<Body>,
) -> Result<Response, Problem> {
    let pairs = query(parts.uri.query().unwrap_or_default(), endpoint)?;
    let query = pairs.iter().cloned().collect();
    let asked = parts.uri.path().to_owned();
    let who = who::of(app, endpoint, &parts.method, &parts.headers)?;
    if path.values().any(|value| value.contains('\0')) {
        return Err(Problem::not_found("an id has no zero byte"));
    }
    let is_secure = app.is_proxied || parts.headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    let address = address(app, &parts);
    let (headers, received, nothing) = (parts.headers, app.service.now(), Vec::new());
    let call = Call {
        app: app.clone(),
        endpoint,
        who,
        address,
        is_secure,
        path,
        query,
        pairs,
        headers,
        body: nothing,
        received,
        asked,
    };
    if let Act::Upload(act) = endpoint.act {
        let inflow = Inflow::new(body.take().unwrap_or_default());
        let answer = act(call, inflow.clone()).await;
        *body = inflow.rest();
        return answer.map(response);
    }
    let most = endpoint.body_max();
    let size = size(&call.headers, most)?;
    let room = app.room.bodies.try_acquire_many(units(size)).map_err(|_| {
        app.counts.busy.fetch_add(1, Ordering::Relaxed);
        Problem::later(Kind::TooMany, "too much is being sent at once; try again in a moment", 1)
    })?;
    let whole = tokio::time::timeout(BODY_PATIENCE, whole(body, most)).await.map_err(|_| slow())??;
    // What is little need not be packed.
    let (body, _unpacked_room) = if most < body::WIRE_MAX { (whole, None) } else { unpacked(app, whole).await? };
    let call = Call { body, received: app.service.now(), ..call };
    let answer = match endpoint.act {
        Act::Do(act) => blocking(&app.room.reading, move || pages::framed(endpoint, &call, act(&call))).await?,
        Act::Hash(act) => blocking(&app.room.hashing, move || act(&call)).await?,
        Act::Say(act) => say(app, &call, act).await?,
        Act::Upload(_) => return Err(Problem::new(Kind::Internal, "a body that is held whole is no upload")),
        Act::Stream(act) => {
            let place = app.room.streams.clone().try_acquire_owned();
            let place = place.map_err(|_| Problem::later(Kind::TooMany, "too many streams are open", 5))?;
            let (parts, body) = act(app.clone(), call)?.into_parts();
            // The place is free again when the stream ends.
            let body = body.into_data_stream().map(move |part| {
                let _held = &place;
                part
            });
            return Ok(Response::from_parts(parts, Body::from_stream(body)));
        }
    };
    drop(room);
    Ok(response(answer))
}

/// Who sent a request, on the network. What a proxy says of it is believed if there is one: the last is what the
/// nearest one saw.
fn address(app: &App, parts: &Parts) -> IpAddr {
    let line = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let passed_on = parts.headers.get_all("x-forwarded-for").iter().next_back().and_then(|list| list.to_str().ok());
    let last = passed_on.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    last.filter(|_| app.is_proxied).or(line).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Runs what may wait for the database where waiting hinders nobody.
async fn blocking(
    room: &Semaphore,
    act: impl FnOnce() -> Result<Answer, Problem> + Send + 'static,
) -> Result<Answer, Problem> {
    let busy = || Problem::later(Kind::TooMany, "too much is being asked at once; try again in a moment", 1);
    let place = tokio::time::timeout(PLACE_PATIENCE, room.acquire()).await;
    let _place = place.map_err(|_| busy())?.map_err(|_| busy())?;
    let language = t::current();
    tokio::task::spawn_blocking(move || t::within(language, act)).await.map_err(|error| {
        tracing::error!(%error, "a request was not answered");
        Problem::new(Kind::Internal, "something went wrong here; the log says what")
    })?
}

/// Says facts, and answers when they are stored.
async fn say(app: &App, call: &Call, act: fn(&Call) -> Result<Said, Problem>) -> Result<Answer, Problem> {
    // Reading a large body takes a while, in which this thread would serve nobody else.
    let is_large = call.body.len() > 64 * UNIT;
    let read = || act(call);
    let said = if is_large { tokio::task::block_in_place(read)? } else { read()? };
    let request = ingest::request(call, &said)?;
    if request.facts.is_empty() {
        return Ok(ingest::answer(call, &said, Vec::new()));
    }
    let (sender, receiver) = oneshot::channel();
    let answer = Box::new(move |taken| {
        // Whoever asked may have gone away; what was said is stored all the same.
        let _gone = sender.send(taken);
    });
    app.service.submit(request, answer).inspect_err(|_| _ = app.counts.busy.fetch_add(1, Ordering::Relaxed))?;
    let taken = receiver.await.map_err(|_| Problem::new(Kind::Internal, "a writer has gone; the log says why"))??;
    Ok(ingest::answer(call, &said, taken))
}

/// A body unpacked, in a room that is as large as it may become until it is known how large it is.
async fn unpacked(app: &App, body: Vec<u8>) -> Result<(Vec<u8>, Option<SemaphorePermit<'_>>), Problem> {
    if !body::is_packed(&body) {
        return Ok((body, None));
    }
    let room = tokio::time::timeout(PLACE_PATIENCE, app.room.bodies.acquire_many(units(body::UNPACKED_MAX))).await;
    let busy = || Problem::later(Kind::TooMany, "too much is being sent at once; try again in a moment", 1);
    let mut room = room.map_err(|_| busy())?.map_err(|_| busy())?;
    let body = tokio::task::block_in_place(|| body::unpacked(body))?;
    let kept = room.split(usize::try_from(units(body.len())).unwrap_or(usize::MAX));
    Ok((body, kept))
}

/// How large a body says that it is; one that does not say is taken to be as large as may be.
fn size(headers: &HeaderMap, most: usize) -> Result<usize, Problem> {
    let Some(length) = headers.get(header::CONTENT_LENGTH) else {
        let has_body = headers.contains_key(header::TRANSFER_ENCODING);
        return Ok(if has_body { most } else { 0 });
    };
    let length = length.to_str().ok().and_then(|length| length.parse().ok());
    let length = length.ok_or_else(|| Problem::malformed("`Content-Length` is no number"))?;
    if length > most { Err(body::too_large(most)) } else { Ok(length) }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

async fn whole(body: &mut Option<Body>, most: usize) -> Result<Vec<u8>, Problem> {
    let mut whole = Vec::new();
    let mut parts = body.take().unwrap_or_default().into_data_stream();
    while let Some(part) = parts.next().await {
        let part: Bytes = part.map_err(|error| Problem::malformed(format!("the body did not come whole: {error}")))?;
        if whole.len() + part.len() > most {
            *body = Some(Body::from_stream(parts));
            return Err(body::too_large(most));
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole)
}

/// Reads what is left of a body that nobody wants. Most clients look for an answer only when they have sent
/// everything, and would see a broken line in place of the reason.
async fn passed_over(body: Body) {
    let mut parts = body.into_data_stream();
    let mut left = PASSED_OVER_MAX;
    let reading = async {
        while let Some(Ok(part)) = parts.next().await {
            left = left.saturating_sub(part.len());
            if left == 0 {
                return;
            }
        }
    };
    // Who sends more, or slower, sees the line break.
    let _late = tokio::time::timeout(PASSED_OVER_PATIENCE, reading).await;
}

fn slow() -> Problem {
    Problem::malformed("the body did not come within a minute")
}

/// The parameters of the query; one that has no meaning here is refused rather than passed over.
fn query(text: &str, endpoint: &Endpoint) -> Result<Vec<(String, String)>, Problem> {
    let mut query = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let read = |text: &str| unescaped(text).ok_or_else(|| Problem::malformed("the query is not UTF-8"));
        let (name, value) = (read(name)?, read(value)?);
        if !endpoint.params.contains(&name.as_str()) {
            // Senders of events put what they like into their addresses.
            if matches!(endpoint.act, Act::Say(_)) {
                continue;
            }
            let known = match endpoint.params {
                [] => "there are none here".to_owned(),
                params => format!("there are: {}", params.join(", ")),
            };
            let detail = format!("there is no parameter `{name}`; {known}");
            return Err(Problem::new(Kind::Unprocessable, detail));
        }
        if value.contains('\0') {
            return Err(Problem::malformed("a parameter has no zero byte"));
        }
        query.push((name, value));
    }
    Ok(query)
}

/// A text from an address.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

fn response(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if !answer.content_type.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

impl super::Counts {
    fn request(&self, path: &'static str, status: u16) {
        let requests = self.requests.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(count) = requests.get(&(path, status)) {
            count.fetch_add(1, Ordering::Relaxed);
            return;
        }
        drop(requests);
        let mut requests = self.requests.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        requests.entry((path, status)).or_insert_with(|| AtomicU64::new(0)).fetch_add(1, Ordering::Relaxed);
    }
}

/// What describes the service, for those who look around.
pub(crate) fn openapi(_: &Call) -> Result<Answer, Problem> {
    Ok(Answer::text("application/json", describe::document()))
}

pub(crate) fn docs(_: &Call) -> Result<Answer, Problem> {
    let style = "default-src 'none'; style-src 'self'";
    Ok(Answer::text("text/html; charset=utf-8", describe::page()).with("content-security-policy", style))
}

pub(crate) fn style(_: &Call) -> Result<Answer, Problem> {
    Ok(Answer::text("text/css; charset=utf-8", include_str!("docs.css")))
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for (text, expected) in
            [("a%20b+c", Some("a b c")), ("%C3%B8", Some("ø")), ("%", None), ("%zz", None), ("%ff", None)]
        {
            assert_eq!(unescaped(text).as_deref(), expected, "{text}");
        }
    }
}
