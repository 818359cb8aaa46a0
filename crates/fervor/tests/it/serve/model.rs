//! A model is drafted, published, replaced and published again, while others read.

use serde_json::{Value as Json, json};

use super::harness::{MODEL, Place, points, until};
use super::http::Client;

/// The same model with visits that count double, under another name.
fn doubled() -> String {
    MODEL.replace("points = 5", "points = 10").replace("\"served\"", "\"doubled\"")
}

fn until_in_force(client: &mut Client, version: &Json) {
    until("the version is in force", || {
        let found = client.get(&format!("/v1/model/versions/{version}"));
        found["state"] == "in_force"
    });
}

#[test]
fn a_draft_becomes_the_model_and_an_earlier_one_again() {
    drafted(&Place::file());
}

#[test]
fn a_draft_becomes_the_model_and_an_earlier_one_again_on_a_server() {
    let Some(server) = Place::server() else { return };
    drafted(&server);
}

fn drafted(place: &Place) {
    let service = place.serve_with(&[]);
    let mut client = service.client(&place.key("editor", "admin"));
    let client = &mut client;
    // Facts are taken before there is any model.
    let visit = |at: usize| json!({"contact": format!("c{}", at % 20), "type": "visit", "id": at.to_string()});
    client.post("/v1/activities", &(0..60).map(visit).collect());
    assert_eq!(client.get("/v1/model"), json!({"current": null, "publishing": null}));
    assert_eq!(client.get("/v1/contacts/c1")["scores"], json!({}));
    client.ask("GET", "/v1/model/draft", &[], "").must(404);
    client.ask("POST", "/v1/model/publish", &[], "").must(422);
    // What is wrong with a draft is told, and it is kept all the same; but it cannot be published.
    let broken = MODEL
        .replace("category = \"involvement\"\nactivity = \"visit\"", "category = \"involvment\"\nactivity = \"visit\"");
    let line = broken.lines().position(|line| line.contains("involvment\"")).unwrap() + 1;
    let checked = client.ask("PUT", "/v1/model/draft", &[], &broken).must(200);
    assert_eq!((&checked["valid"], &checked["problems"][0]["line"]), (&json!(false), &json!(line)), "{checked}");
    assert_eq!(client.ask("GET", "/v1/model/draft", &[], "").text(), broken);
    client.ask("POST", "/v1/model/publish", &[], "").must(422);
    let first = publish(client, MODEL);
    until_in_force(client, &first);
    // Three visits of 5.
    assert_eq!(points(client, "/v1/contacts/c1", "engagement"), 15);
    let second = publish(client, &doubled());
    until_in_force(client, &second);
    assert_eq!(points(client, "/v1/contacts/c1", "engagement"), 30);
    assert_eq!(client.get("/v1/model")["current"]["name"], "doubled");
    place.verify();
    let reply = client.ask("POST", "/v1/model/publish", &[], json!({"version": first}).to_string());
    let location = reply.header("location").unwrap().to_owned();
    let again = reply.must(202)["version"].clone();
    assert_eq!(location, format!("/v1/model/versions/{again}"));
    until_in_force(client, &again);
    assert_eq!(points(client, "/v1/contacts/c1", "engagement"), 15);
    client.ask("POST", "/v1/model/publish", &[], r#"{"version": 99}"#).must(404);
    let versions = client.get("/v1/model/versions");
    let names: Vec<&str> =
        versions["items"].as_array().unwrap().iter().map(|version| version["name"].as_str().unwrap()).collect();
    assert_eq!(names.first(), Some(if again == first { &"doubled" } else { &"served" }));
    assert!(names.len() >= 2);
    assert_eq!(versions["items"][0]["published_by"], "key editor");
    place.verify();
    service.stop();
}

fn publish(client: &mut Client, text: &str) -> Json {
    assert_eq!(client.ask("PUT", "/v1/model/draft", &[], text).must(200), json!({"valid": true, "problems": []}));
    let begun = client.ask("POST", "/v1/model/publish", &[], "").must(202);
    begun["version"].clone()
}

#[test]
fn readers_see_one_model_or_the_other_while_one_is_being_published() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("editor", "admin"));
    let visit = |at: usize| json!({"contact": format!("c{at}"), "type": "visit"});
    client.post("/v1/activities", &(0..3000).map(visit).collect());
    let second = publish(&mut client, &doubled());
    // Another one has to wait.
    assert_eq!(client.ask("POST", "/v1/model/publish", &[], "").must(409)["code"], "conflict");
    let (mut before, mut last) = (0, 0);
    until("everybody is scored by it", || {
        let model = client.get("/v1/model");
        let seen = points(&mut client, "/v1/contacts/c2999", "engagement");
        let now = client.get("/v1/model");
        let number = |model: &Json| model["current"]["version"].as_i64().unwrap();
        if number(&model) == number(&now) {
            // Nobody sees points of the one under the number of the other.
            assert_eq!(seen, if number(&now) == second.as_i64().unwrap() { 10 } else { 5 });
        }
        if let Some(done) = model["publishing"]["done"].as_i64() {
            assert!(last <= done && model["publishing"]["all"].as_i64().unwrap() >= 3000, "{model}");
            (before, last) = (before + 1, done);
        }
        now["publishing"].is_null()
    });
    assert!(before > 0, "nobody saw how far it was");
    assert_eq!(points(&mut client, "/v1/contacts/c0", "engagement"), 10);
    place.verify();
    service.stop();
}
