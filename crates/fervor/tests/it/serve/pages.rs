//! The pages, as somebody without scripts sees them.

use super::browser::{ADA, Browser};
use super::harness::Place;

/// A page is whole, brings no scripts but modules of our own, and asks for nothing from elsewhere.
#[track_caller]
pub(super) fn is_page(reply: &super::http::Reply, status: u16, said: &str) -> String {
    let text = reply.text();
    assert_eq!(reply.status, status, "{text}");
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(reply.header("referrer-policy"), Some("same-origin"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(text.starts_with("<!doctype html>") && text.trim_end().ends_with("</html>"), "{text}");
    assert!(policy.contains("script-src 'self'") && policy.contains("connect-src 'self'"), "{policy}");
    for script in text.split("<script").skip(1) {
        let is_module = script.starts_with(" type=\"module\" src=\"/assets/") && script.contains(".js\"></script>");
        assert!(is_module, "{script}");
    }
    assert!(!text.contains(" style=\""), "{text}");
    for place in ["src", "href", "action"] {
        assert!(!text.contains(&format!("{place}=\"http")) && !text.contains(&format!("{place}=\"//")), "{text}");
    }
    let handlers = [" onclick=", " onload=", " onerror=", " onsubmit=", "javascript:"];
    assert!(handlers.iter().all(|handler| !text.contains(handler)), "{text}");
    assert!(text.contains(said), "{said}: {text}");
    // Every field has a label.
    for field in text.split("<input id=\"").skip(1) {
        let id = field.split('"').next().unwrap();
        assert!(text.contains(&format!("<label for=\"{id}\">")), "{id}: {text}");
    }
    text
}

#[test]
fn one_can_set_up_invite_and_log_in_by_forms_alone() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::new(&service);
    let reply = ada.get("/");
    assert_eq!((reply.status, reply.header("location")), (303, Some("/login")));
    is_page(&ada.get("/login"), 200, "Nobody has been set up yet");
    let path = format!("/setup/{}", service.setup());
    let form = is_page(&ada.get(&path), 200, "autocomplete=\"new-password\"");
    assert!(form.contains(&format!("action=\"{path}\"")), "{form}");
    is_page(&ada.get("/setup/0"), 404, "not the one");
    // What was written stays, but for the password; and it is text, whatever it is.
    let name = "<Ada> & \"co\"";
    let fields = [("name", name), ("email", ADA.0), ("password", "secret12345")];
    let form = is_page(&ada.submit(&path, &fields), 422, "A password has at least 12 characters");
    assert!(form.contains("role=\"alert\"") && form.contains(&format!("value=\"{}\"", ADA.0)), "{form}");
    assert!(!form.contains("secret12345") && !form.contains("<Ada>") && form.contains("&#60;Ada&#62;"), "{form}");
    let reply = ada.submit(&path, &[("name", name), ("email", ADA.0), ("password", ADA.1)]);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/")), "{}", reply.text());
    assert!(reply.header("set-cookie").unwrap().contains("HttpOnly"));
    let home = is_page(&ada.get("/"), 200, "<h1>Home</h1>");
    assert!(
        home.contains("<small>admin</small>") && home.contains("action=\"/logout\"") && !home.contains("<Ada>"),
        "{home}"
    );
    is_page(
        &ada.submit(&path, &[("name", "E"), ("email", "e@x.org"), ("password", "abcdefghijklmnop")]),
        409,
        "set up already",
    );
    // Every link leads somewhere.
    for link in home.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        if link.starts_with('/') {
            assert_eq!(ada.get(link).status, 200, "{link}");
        }
    }
    let folder = home.split("href=\"/assets/").nth(1).unwrap().split('/').next().unwrap();
    for (name, kind) in [
        ("app.css", "text/css; charset=utf-8"),
        ("local.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        assert!(home.contains(&format!("\"/assets/{folder}/{name}\"")), "{name}: {home}");
        let reply = ada.get(&format!("/assets/{folder}/{name}"));
        assert!(reply.header("cache-control").unwrap().contains("immutable"), "{name}");
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)), "{name}");
    }
    is_page(&ada.get("/assets/0/app.css"), 404, "no such file");
    is_page(&ada.get(&format!("/assets/{folder}/other.css")), 404, "no such file");
    // Every page says where one is, and where one can go.
    assert!(home.contains("<a href=\"/\" aria-current=\"page\">"), "{home}");
    is_page(&ada.get("/nowhere"), 404, "No page has this address");
    // Out, and in again.
    let reply = ada.submit("/logout", &[]);
    assert_eq!((reply.status, reply.header("location"), ada.token.as_str()), (303, Some("/login"), ""));
    let form = is_page(&ada.get("/login"), 200, "autocomplete=\"current-password\"");
    assert!(!form.contains("Nobody has been set up"), "{form}");
    let form = is_page(&ada.submit("/login", &[("email", ADA.0), ("password", "wrong password")]), 401, "is wrong.");
    assert!(form.contains(ADA.0) && !form.contains("wrong password"), "{form}");
    assert_eq!(ada.submit("/login", &[("email", ADA.0), ("password", ADA.1)]).header("location"), Some("/"));
    assert_eq!(ada.get("/login").header("location"), Some("/"));
    service.stop();
}

#[test]
fn an_invitation_leads_to_a_form() {
    let place = Place::file();
    let service = place.serve();
    let mut admin = Browser::admin(&service);
    let body = serde_json::json!({"email": "bo@example.org", "name": "Bo", "role": "viewer"});
    let made = admin.ask("POST", "/v1/users", &body).must(201);
    let path = made["invitation"].as_str().unwrap();
    let mut bo = Browser::new(&service);
    is_page(&bo.get(path), 200, "Welcome, Bo.");
    is_page(&bo.submit(path, &[("password", "123456789012")]), 422, "tried first");
    assert_eq!(bo.submit(path, &[("password", "a needle in the sand")]).header("location"), Some("/"));
    is_page(&bo.get("/"), 200, "<small>viewer</small>");
    is_page(&bo.get(path), 404, "used already");
    is_page(&bo.submit(path, &[("password", "a needle in the hay")]), 404, "used already");
    service.stop();
}

#[test]
fn a_form_from_elsewhere_is_refused() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let elsewhere = ("origin", "http://evil.example");
    is_page(&ada.send("POST", "/logout", &[form, elsewhere], ""), 403, "from elsewhere");
    is_page(&ada.get("/"), 200, "Ada");
    let mut nobody = Browser::new(&service);
    let fields = "email=ada%40example.org&password=notes+on+the+engine";
    for headers in [&[form, elsewhere][..], &[form, ("sec-fetch-site", "cross-site")]] {
        is_page(&nobody.send("POST", "/login", headers, fields), 403, "from elsewhere");
    }
    is_page(&nobody.send("POST", "/login", &[("content-type", "text/plain")], fields), 400, "form of the page");
    assert_eq!(nobody.send("POST", "/login", &[form], fields).status, 303);
    service.stop();
}

#[test]
fn the_first_steps_lead_from_nothing_to_a_sample() {
    let place = Place::file();
    let service = place.serve_with(&["--rate", "1000000"]);
    let mut ada = Browser::admin(&service);
    let home = is_page(&ada.get("/"), 200, "How would you like to begin?");
    assert!(home.contains("/imports/new") && home.contains("/settings/people") && !home.contains("Done:"), "{home}");
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "viewer", "a needle in the sand");
    assert!(!is_page(&bo.get("/"), 200, "viewer").contains("First steps"));
    let told = ada.submit("/first/sample", &[]);
    assert_eq!(told.status, 303, "{}", told.text());
    let path = told.header("location").unwrap().to_owned();
    let mut page = String::new();
    super::harness::until("it is loaded", || {
        page = ada.get(&path).text();
        !page.contains("data-live")
    });
    assert!(page.contains("Taken</dt><dd class=\"figure\">21,174<"), "{page}");
    // A second one would mingle with it.
    is_page(&ada.submit("/first/sample", &[]), 409, "would mingle");
    let home = is_page(&ada.get("/"), 200, "First steps");
    assert!(!home.contains("How would you like") && home.matches("Done:").count() == 3, "{home}");
    // Once all is done nobody is reminded any more.
    place.key("website", "ingest");
    assert!(!is_page(&ada.get("/"), 200, "Ada").contains("First steps"));
    service.stop();
}

#[test]
fn the_first_steps_can_be_hidden() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    is_page(&ada.get("/"), 200, "First steps");
    assert_eq!(ada.submit("/first/hide", &[]).header("location"), Some("/"));
    assert!(!is_page(&ada.get("/"), 200, "Ada").contains("First steps"));
    service.stop();
}
