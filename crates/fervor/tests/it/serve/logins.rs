//! Logging in and out: what shows who somebody is, for how long, and that nobody else can pretend.

use serde_json::{Value as Json, json};

use super::browser::{ADA, Browser};
use super::harness::Place;

#[test]
fn the_right_password_opens_and_a_wrong_one_says_nothing() {
    let place = Place::file();
    let service = place.serve();
    Browser::admin(&service);
    let mut browser = Browser::new(&service);
    let mut details = Vec::new();
    for wrong in [(ADA.0, "notes on the engin"), ("eve@example.org", ADA.1), (ADA.0, "\u{1f600}"), ("ada", "x")] {
        let reply = browser.log_in(wrong);
        assert_eq!(reply.header("set-cookie"), None);
        // A browser must not ask for a password by itself.
        assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"fervor\""));
        details.push(reply.must(401)["detail"].clone());
    }
    assert!(details.iter().all(|detail| *detail == details[0]), "{details:?}");
    for none in [json!({"email": ADA.0}), json!({"email": ADA.0, "password": 1}), json!({"a": 1})] {
        browser.ask("POST", "/v1/session", &none).must(422);
    }
    let reply = browser.log_in((" ADA@Example.org", ADA.1));
    let cookie = reply.header("set-cookie").unwrap().to_owned();
    assert_eq!(cookie, format!("fervor_session={}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax", browser.token));
    assert_eq!(browser.token.len(), 64);
    let entered = reply.must(200);
    assert_eq!((&entered["user"]["email"], &entered["user"]["has_password"]), (&json!(ADA.0), &json!(true)));
    assert_eq!(browser.get("/v1/session").must(200), entered);
    browser.get("/v1/contacts").must(200);
    // By HTTPS, as a proxy says, the cookie is for HTTPS alone.
    let login = json!({"email": ADA.0, "password": ADA.1}).to_string();
    let headers = [("x-forwarded-proto", "https"), ("content-type", "application/json")];
    let mut other = Browser::new(&service);
    let reply = other.send("POST", "/v1/session", &headers, &login);
    assert!(reply.header("set-cookie").unwrap().ends_with("; SameSite=Lax; Secure"));
    // Who logs out is out; others are not.
    let before = browser.token.clone();
    let reply = browser.ask("DELETE", "/v1/session", &Json::Null);
    assert_eq!(reply.status, 204);
    assert!(reply.header("set-cookie").unwrap().contains("Max-Age=0"));
    browser.token = before;
    browser.get("/v1/session").must(401);
    browser.get("/v1/contacts").must(401);
    other.get("/v1/session").must(200);
    for none in ["x", "0".repeat(64).as_str()] {
        browser.token = none.to_owned();
        browser.get("/v1/session").must(401);
    }
    service.stop();
    // A session outlives the process.
    let service = place.serve();
    let mut later = Browser::new(&service);
    later.token = other.token;
    later.get("/v1/session").must(200);
    service.stop();
}

#[test]
fn after_ten_wrong_passwords_one_has_to_wait() {
    let place = Place::file();
    let service = place.serve_with(&["--behind-proxy"]);
    Browser::admin(&service);
    let mut browser = Browser::new(&service);
    let mut from = |address: &str, email: &str, password: &str| {
        let headers = [("x-forwarded-for", address), ("content-type", "application/json")];
        browser.send("POST", "/v1/session", &headers, &json!({"email": email, "password": password}).to_string())
    };
    // What somebody writes into the header is passed on before what the proxy saw.
    for at in 0..10 {
        let forged = format!("198.51.100.{at}, 192.0.2.1");
        assert_eq!(from(&forged, " ADA@example.org", "wrong").status, 401);
    }
    let reply = from("192.0.2.1", ADA.0, ADA.1);
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((890..=900).contains(&wait), "{wait}");
    assert!(reply.must(429)["detail"].as_str().unwrap().contains("15 minutes"));
    // From elsewhere, and for others, it goes on.
    assert_eq!(from("192.0.2.1", "eve@example.org", "wrong").status, 401);
    let reply = from("192.0.2.2", ADA.0, ADA.1);
    assert!(reply.header("set-cookie").unwrap().ends_with("; Secure"));
    assert_eq!(reply.status, 200);
    service.stop();
}

#[test]
fn what_is_right_is_no_guess_and_a_header_that_anybody_writes_hides_nobody() {
    let place = Place::file();
    let service = place.serve_with(&[]);
    Browser::admin(&service);
    let mut browser = Browser::new(&service);
    for _ in 0..12 {
        assert_eq!(browser.log_in(ADA).status, 200);
    }
    let mut guess = |at: usize| {
        let address = format!("192.0.2.{at}");
        let headers = [("x-forwarded-for", address.as_str()), ("content-type", "application/json")];
        let body = json!({"email": ADA.0, "password": "wrong"}).to_string();
        browser.token.clear();
        browser.send("POST", "/v1/session", &headers, &body).status
    };
    let answered: Vec<u16> = (0..12).map(&mut guess).collect();
    assert_eq!(answered, [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 429, 429]);
    service.stop();
}

#[test]
fn a_new_password_ends_all_other_sessions() {
    let place = Place::file();
    let service = place.serve();
    let mut browser = Browser::admin(&service);
    let mut other = Browser::new(&service);
    assert_eq!(other.log_in(ADA).status, 200);
    let mut change = |old: &str, new: &str| {
        browser.ask("PUT", "/v1/session/password", &json!({"old_password": old, "new_password": new}))
    };
    let new = "notes on the second engine";
    for (old, new, said) in [
        ("wrong", new, "`old_password`"),
        (ADA.1, "short", "at least 12"),
        (ADA.1, "ADA@example.org", "e-mail address"),
        (ADA.1, "passwordpassword", "tried first"),
        (ADA.1, &"x y".repeat(100), "at most 256"),
    ] {
        let told = change(old, new).must(422);
        assert!(told["detail"].as_str().unwrap().contains(said), "{told}");
    }
    other.get("/v1/session").must(200);
    change(ADA.1, new).must(200);
    other.get("/v1/session").must(401);
    browser.get("/v1/session").must(200);
    assert_eq!(other.log_in(ADA).status, 401);
    assert_eq!(other.log_in((ADA.0, new)).status, 200);
    service.stop();
}

#[test]
fn what_a_page_from_elsewhere_sends_is_refused() {
    let place = Place::file();
    let service = place.serve();
    let mut browser = Browser::admin(&service);
    let here = format!("http://{}", service.address);
    let body = r#"{"contact": "ada", "type": "visit"}"#;
    let json = ("content-type", "application/json");
    for (headers, status) in [
        (&[json][..], 403),
        (&[json, ("origin", "http://evil.example")], 403),
        (&[json, ("origin", "null")], 403),
        (&[json, ("sec-fetch-site", "cross-site")], 403),
        (&[json, ("sec-fetch-site", "same-site")], 403),
        (&[json, ("sec-fetch-site", "cross-site"), ("origin", &here)], 403),
        // A form needs no leave to send these.
        (&[("content-type", "text/plain"), ("origin", &here)], 400),
        (&[("content-type", "application/x-www-form-urlencoded"), ("origin", &here)], 400),
        (&[("origin", &here)], 400),
        (&[json, ("origin", &here)], 200),
        (&[json, ("sec-fetch-site", "same-origin")], 200),
        (&[json, ("sec-fetch-site", "none")], 200),
    ] {
        assert_eq!(browser.send("POST", "/v1/activities", headers, body).status, status, "{headers:?}");
    }
    // What changes nothing may be asked from anywhere; no page from elsewhere can read the answer.
    assert_eq!(browser.send("GET", "/v1/contacts", &[("sec-fetch-site", "cross-site")], "").status, 200);
    // Nobody is logged in as somebody else by a page from elsewhere.
    let login = json!({"email": ADA.0, "password": ADA.1}).to_string();
    let mut new = Browser::new(&service);
    for (headers, status) in [
        (&[json, ("origin", "http://evil.example")][..], 403),
        (&[json, ("sec-fetch-site", "cross-site")], 403),
        (&[("content-type", "text/plain")], 400),
        (&[json], 200),
    ] {
        new.token.clear();
        assert_eq!(new.send("POST", "/v1/session", headers, &login).status, status, "{headers:?}");
    }
    // A key is not sent by browsers by themselves: nothing of this holds, whatever cookie is beside it.
    let key = place.key("tool", "ingest");
    let mut tool = service.client(&key);
    let cookie = format!("fervor_session={}", browser.token);
    for headers in
        [&[][..], &[("origin", "http://evil.example"), ("content-type", "text/plain")], &[("cookie", &cookie)]]
    {
        assert_eq!(tool.ask("POST", "/v1/activities", headers, body).status, 200, "{headers:?}");
    }
    // And it allows what its scopes allow, not what the role beside it does.
    assert_eq!(tool.ask("GET", "/v1/contacts", &[("cookie", &cookie)], "").status, 403);
    assert_eq!(tool.ask("GET", "/v1/session", &[("cookie", &cookie)], "").status, 403);
    service.stop();
}
