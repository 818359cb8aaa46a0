//! What cannot be taken is refused with a reason, in one form, whatever it was.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::harness::{Place, until};
use super::http::{self, Client, Reply};

pub(super) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// An answer that says in the documented form what is wrong.
#[track_caller]
pub(super) fn is_problem(reply: &Reply, status: u16, code: &str, said: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let problem = reply.json();
    assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)));
    assert_eq!(problem["type"], format!("/docs#{code}"));
    assert!(!problem["title"].as_str().unwrap().is_empty());
    assert_eq!(problem["detail"], problem["message"]);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(said), "{detail}");
}

#[test]
fn keys_open_what_they_are_for_and_nothing_else() {
    let place = Place::file();
    let service = place.serve();
    let admin = place.key("admin", "admin");
    let [ingest, read] = ["ingest", "read"].map(|scope| place.key("one", scope));
    let ask = |key: &str, method: &str, path: &str| service.client(key).ask(method, path, &[], "");
    let mut torn = read.clone();
    torn.replace_range(torn.len() - 1.., if torn.ends_with('0') { "1" } else { "0" });
    for key in ["", "x", "fv_0123456789abcdef_00", "fv__", &torn] {
        let reply = ask(key, "GET", "/v1/contacts");
        is_problem(&reply, 401, "unauthorized", "");
        assert!(reply.header("www-authenticate").unwrap().contains("Bearer"));
    }
    is_problem(&ask(&ingest, "GET", "/v1/contacts"), 403, "forbidden", "`read`; this one has: ingest");
    is_problem(&ask(&read, "POST", "/v1/activities"), 403, "forbidden", "`ingest`; this one has: read");
    is_problem(&ask(&read, "GET", "/v1/keys"), 403, "forbidden", "`admin`");
    // Who administers may do everything.
    assert_eq!(ask(&admin, "GET", "/v1/contacts").status, 200);
    let made = service.client(&admin).ask("POST", "/v1/keys", &[], r#"{"name": "new", "scopes": ["read"]}"#).must(201);
    let new = made["key"].as_str().unwrap().to_owned();
    assert_eq!(ask(&new, "GET", "/v1/contacts").status, 200);
    let id = made["id"].as_str().unwrap();
    assert_eq!(ask(&admin, "DELETE", &format!("/v1/keys/{id}")).status, 204);
    is_problem(&ask(&new, "GET", "/v1/contacts"), 401, "unauthorized", "revoked");
    is_problem(&ask(&admin, "DELETE", "/v1/keys/none"), 404, "not_found", "no key `none`");
    let listed = ask(&admin, "GET", "/v1/keys").text();
    assert!(listed.contains(id) && !listed.contains(new.rsplit('_').next().unwrap()), "{listed}");
    // As tracking SDKs present it: as the name of a user, with nothing else.
    let mut bare = service.client("");
    let basic =
        |key: &str| format!("Basic {}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("{key}:")));
    for (header, value) in [("authorization", basic(&read)), ("x-write-key", read.clone())] {
        assert_eq!(bare.ask("GET", "/v1/contacts", &[(header, &value)], "").status, 200);
    }
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"] {
        assert_eq!(bare.ask("GET", path, &[], "").status, 200, "{path}");
    }
    service.stop();
}

#[test]
fn paths_methods_and_bodies_that_are_none() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("all", "admin"));
    let client = &mut client;
    is_problem(&client.ask("GET", "/v2/contacts", &[], ""), 404, "not_found", "/docs");
    is_problem(&client.ask("GET", "/v1/contacts/nobody", &[], ""), 404, "not_found", "`nobody`");
    for (method, path, allow) in [
        ("DELETE", "/v1/contacts", ["POST", "GET"]),
        ("PUT", "/v1/activities", ["POST", "POST"]),
        ("POST", "/v1/contacts/ada", ["GET", "DELETE"]),
    ] {
        let reply = client.ask(method, path, &[], "");
        is_problem(&reply, 405, "method_not_allowed", "");
        let allowed = reply.header("allow").unwrap();
        assert!(allow.iter().all(|method| allowed.contains(method)), "{path}: {allowed}");
        assert!(!allowed.contains(method), "{path}: {allowed}");
    }
    let mut post = |body: &[u8]| client.ask("POST", "/v1/activities", &[], body);
    is_problem(&post(b"{\n \"contact\": x}"), 400, "malformed", "line 2, column 13");
    is_problem(&post(b"{\"contact\": \"ada\""), 400, "malformed", "the JSON ends too early");
    is_problem(&post(b""), 400, "malformed", "the body is empty");
    is_problem(&post(b"\"ada\""), 400, "malformed", "the body is a text");
    let mut torn = packed(json!({"contact": "ada", "type": "visit"}).to_string().as_bytes());
    torn.truncate(torn.len() - 9);
    is_problem(&post(&torn), 400, "malformed", "gzip");
    is_problem(&post(&packed(&vec![b' '; 65 << 20])), 413, "too_large", "64 MiB once it is unpacked");
    let many = format!("[{}1]", "1,".repeat(10_000));
    is_problem(&post(many.as_bytes()), 413, "too_large", "10001 items");
    is_too_large(client);
    client.ask("GET", "/v1/contacts/ada", &[], "").must(404);
    is_problem(
        &client.ask("GET", "/v1/contacts?limt=5", &[], ""),
        422,
        "invalid",
        "`limt`; there are: where, account, sort",
    );
    for query in ["limit=0", "limit=1001", "limit=x", "sort=points", "cursor=x", "sort=score.none"] {
        is_problem(&client.ask("GET", &format!("/v1/contacts?{query}"), &[], ""), 422, "invalid", "");
    }
    service.stop();
}

/// A body that is too large is refused before it was sent, and after it was.
fn is_too_large(client: &Client) {
    let mut line = client.line();
    let head = client.head("POST", "/v1/activities", &[], Some(17 << 20));
    line.get_mut().write_all(head.as_bytes()).unwrap();
    is_problem(&http::read(&mut line).unwrap(), 413, "too_large", "16 MiB");
    let mut line = client.line();
    let head = client.head("POST", "/v1/activities", &[("transfer-encoding", "chunked")], None);
    line.get_mut().write_all(head.as_bytes()).unwrap();
    let chunk = [format!("{:x}\r\n", 1 << 20).as_bytes(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    // One more than are taken; nothing is sent after the refusal, so that it is not lost on the way.
    for _ in 0..17 {
        line.get_mut().write_all(&chunk).unwrap();
    }
    is_problem(&http::read(&mut line).unwrap(), 413, "too_large", "16 MiB");
}

#[test]
fn a_large_body_is_refused_to_clients_that_send_it_whole() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("all", "admin"));
    for _ in 0..5 {
        is_problem(&client.ask("POST", "/v1/activities", &[], vec![b' '; 20 << 20]), 413, "too_large", "16 MiB");
    }
    service.stop();
}

#[test]
fn conditions_that_are_none_say_where() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("all", "read"));
    for (condition, said) in [
        ("score.engagement >>> 5", "at character 1: the operator `>>>`"),
        ("contact.plan = 'gold' AND score.engagment > 5", "at character 27:"),
        ("contact.plan =", "at character 15:"),
        ("activity.source = 'x'", "at character 1:"),
        (&["regexp_like(contact.plan, 'a')"; 21].join(" OR "), "at most 20 regular expressions"),
    ] {
        let escaped: String = condition.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let reply = client.ask("GET", &format!("/v1/contacts?where={escaped}"), &[], "");
        is_problem(&reply, 422, "invalid", said);
    }
    service.stop();
}

/// Whoever need not say who they are cannot take room that others need, nor make anything large of what is small.
#[test]
fn little_is_taken_from_strangers() {
    let place = Place::file();
    let service = place.serve();
    let key = place.key("all", "ingest");
    let stranger = service.client("");
    // Each says that it will send much, and sends nothing.
    let lines: Vec<_> = ["GET /healthz", "POST /v1/session", "POST /login"]
        .iter()
        .cycle()
        .take(24)
        .map(|asked| {
            let (method, path) = asked.split_once(' ').unwrap();
            let mut line = stranger.line();
            let head = stranger.head(method, path, &[("content-type", "application/json")], Some(16 << 20));
            line.get_mut().write_all(head.as_bytes()).unwrap();
            line
        })
        .collect();
    let told = json!({"contact": "ada", "type": "visit"});
    assert_eq!(service.client(&key).post("/v1/activities", &told)["accepted"], 1);
    for mut line in lines {
        assert_eq!(http::read(&mut line).unwrap().status, 413);
    }
    let mut stranger = stranger;
    let list = format!(r#"{{"email": [{}0]}}"#, "0,".repeat(32 << 10));
    let typed = [("content-type", "application/json")];
    is_problem(&stranger.ask("POST", "/v1/session", &typed, &list), 413, "too_large", "64 KiB here");
    is_problem(&stranger.ask("POST", "/v1/session", &typed, packed(list.as_bytes())), 400, "malformed", "JSON object");
    // Who may say something may not say one thing that is endless either.
    let mut admin = service.client(&place.key("admin", "admin"));
    is_problem(&admin.ask("POST", "/v1/keys", &typed, packed(list.as_bytes())), 413, "too_large", "64 KiB here");
    service.stop();
}

#[test]
fn beyond_the_rate_one_has_to_wait() {
    let place = Place::file();
    let service = place.serve_with(&["--rate", "5"]);
    let [one, other] = ["one", "other"].map(|name| place.key(name, "read"));
    let mut client = service.client(&one);
    // At the speed of this loop sixty requests take far less than the eleven seconds that five a second would take.
    let replies: Vec<Reply> = (0..60).map(|_| client.ask("GET", "/v1/model", &[], "")).collect();
    let refused: Vec<&Reply> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(replies[..5].iter().all(|reply| reply.status == 200));
    assert!(refused.len() > 10, "{}", refused.len());
    for reply in refused {
        is_problem(reply, 429, "too_many_requests", "5 times a second");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    // Others do not suffer, and after a while one may go on.
    assert_eq!(service.client(&other).ask("GET", "/v1/model", &[], "").status, 200);
    until("it may ask again", || client.ask("GET", "/v1/model", &[], "").status == 200);
    service.stop();
}
