//! Roles and scopes are held against everything that can be asked.

use serde_json::{Value as Json, json};

use super::super::root;
use super::browser::Browser;
use super::harness::Place;

/// The role that something needs at least, as its description says; none if it is for anybody.
fn needed(operation: &Json) -> Option<&'static str> {
    let about = operation["description"].as_str().unwrap();
    ["viewer", "editor", "admin"].into_iter().find(|role| about.contains(&format!("the role `{role}`")))
}

#[test]
fn everybody_may_what_the_role_allows_and_nothing_else() {
    let place = Place::file();
    let service = place.serve();
    let mut admin = Browser::admin(&service);
    let [mut viewer, mut editor] = ["viewer", "editor"].map(|role| {
        Browser::invited(&service, &mut admin, &format!("{role}@example.org"), role, "a needle in the sand")
    });
    let text = std::fs::read_to_string(root().join("docs/openapi.json")).unwrap();
    let description: Json = serde_json::from_str(&text).unwrap();
    let mut asked = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(needed) = needed(operation) else { continue };
            if path == "/v1/changes" {
                continue;
            }
            // What is asked is nonsense, and refused as such to those who may ask.
            let path = path.replace("{id}", "nobody");
            let method = method.to_uppercase();
            let body = if method == "GET" { Json::Null } else { json!({"nonsense": true}) };
            for (role, browser) in [("viewer", &mut viewer), ("editor", &mut editor), ("admin", &mut admin)] {
                let may = role == "admin" || role == needed || (needed == "viewer");
                let reply = browser.ask(&method, &path, &body);
                assert_eq!(reply.status != 403, may, "{method} {path} as {role}: {} {}", reply.status, reply.text());
                assert!(reply.status != 401, "{method} {path} as {role}");
            }
            asked += 1;
        }
    }
    assert!(asked > 35, "only {asked} asked");
    // In words: what a role is.
    let visit = json!({"contact": "ada", "type": "visit"});
    let told = viewer.ask("POST", "/v1/activities", &visit).must(403);
    assert_eq!(told["detail"], "this needs the role `editor`; you have the role `viewer`");
    assert_eq!(editor.ask("POST", "/v1/activities", &visit).must(200)["accepted"], 1);
    assert_eq!(viewer.get("/v1/contacts/ada").must(200)["scores"]["engagement"]["points"], 5);
    let told = editor.ask("POST", "/v1/model/publish", &Json::Null).must(403);
    assert_eq!(told["detail"], "this needs the role `admin`; you have the role `editor`");
    // A role that is taken away is gone at once.
    let id = super::browser::user_id(&mut admin, "editor");
    admin.ask("PATCH", &format!("/v1/users/{id}"), &json!({"role": "viewer"})).must(200);
    editor.ask("POST", "/v1/activities", &visit).must(403);
    service.stop();
}
