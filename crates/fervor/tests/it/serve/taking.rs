//! What is said is taken: in every form, once, and to be seen in the very next answer.

use serde_json::{Value as Json, json};

use super::harness::{Place, points, until};
use super::http::Client;

/// How many activities there are of a contact.
fn count(client: &mut Client, contact: &str) -> usize {
    client.get(&format!("/v1/contacts/{contact}/activities?limit=1000"))["items"].as_array().unwrap().len()
}

/// What is answered where nothing is refused.
fn taken(accepted: u64, duplicates: u64) -> Json {
    json!({"accepted": accepted, "duplicates": duplicates, "refused": []})
}

#[test]
fn one_a_list_or_lines_and_the_score_is_fresh_at_once() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("crm", "ingest,read"));
    let visit = |id: &str| json!({"contact": "ada", "type": "visit", "id": id});
    assert_eq!(client.post("/v1/activities", &visit("1")), taken(1, 0));
    assert_eq!(points(&mut client, "/v1/contacts/ada", "engagement"), 5);
    // The second of a list is known, the third new, the fourth says nobody's name.
    let list = json!([visit("1"), visit("2"), {"type": "visit"}, visit("2")]);
    let answer = client.post("/v1/activities", &list);
    assert_eq!((&answer["accepted"], &answer["duplicates"]), (&json!(1), &json!(2)));
    let refused = answer["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 1, "{answer}");
    assert_eq!((&refused[0]["index"], &refused[0]["code"]), (&json!(2), &json!("missing")));
    assert!(refused[0]["message"].as_str().unwrap().contains("`contact` is missing"), "{answer}");
    assert_eq!(points(&mut client, "/v1/contacts/ada", "engagement"), 10);
    // One a line; the same id of another system is another activity.
    let gift = json!({"contact": "ada", "type": "gift", "id": "1", "source": "shop", "value": 12});
    let lines = format!("{}\n\n{}\n{{\"contact\": \n", visit("3"), gift);
    let answer = client.ask("POST", "/v1/activities", &[("content-type", "application/x-ndjson")], lines).must(200);
    assert_eq!((&answer["accepted"], &answer["refused"][0]["index"]), (&json!(2), &json!(2)), "{answer}");
    assert!(answer["refused"][0]["message"].as_str().unwrap().contains("line 4, column"), "{answer}");
    // Three visits of 5 and a gift of 12.
    let ada = client.get("/v1/contacts/ada");
    assert_eq!(ada["scores"]["engagement"]["points"], 27);
    assert_eq!(ada["scores"]["engagement"]["band"], "Warm");
    assert_eq!(count(&mut client, "ada"), 4);
    assert_eq!(client.post("/v1/activities", &json!([])), taken(0, 0));
    place.verify();
    service.stop();
}

#[test]
fn packed_bodies_are_taken_and_every_item_is_judged_by_itself() {
    let place = Place::file();
    let service = place.serve();
    let key = place.key("crm", "ingest,read,admin");
    let mut client = service.client(&key);
    let body = json!({"contact": "ada", "type": "visit"}).to_string();
    let packed = super::refusing::packed(body.as_bytes());
    // Whether the header says it or not.
    for headers in [&[("content-encoding", "gzip")][..], &[]] {
        assert_eq!(client.ask("POST", "/v1/activities", headers, &packed).must(200), taken(1, 0));
    }
    assert_eq!(points(&mut client, "/v1/contacts/ada", "engagement"), 10);
    client.ask("DELETE", "/v1/contacts/ada", &[], "").must(204);
    let tomorrow = jiff::Timestamp::from_second(now() + 3 * 86_400).unwrap().to_string();
    let long = "x".repeat(257);
    let visit = |contact: &str, at: &str| json!({"contact": contact, "type": "visit", "occurred_at": at});
    for (item, code) in [
        (visit("bob", &tomorrow), "in_the_future"),
        (visit("bob", "1899-12-31T23:59:59Z"), "too_old"),
        (visit("bob", "2026-03-14T09:30:00"), "invalid_time"),
        (visit("bob", "2026-03-14"), "invalid_time"),
        (visit("ada", "2026-03-14T09:30:00Z"), "erased"),
        (json!({"contact": "bob", "type": "visit", "colour": "red"}), "malformed"),
        (json!(5), "malformed"),
        (json!({"contact": "bob"}), "missing"),
        (json!({"contact": long, "type": "visit"}), "too_long"),
        (json!({"contact": "bob\0", "type": "visit"}), "malformed"),
    ] {
        let good = json!({"contact": "cleo", "type": "visit"});
        let answer = client.post("/v1/activities", &json!([item, good]));
        assert_eq!(answer["accepted"], 1, "{item}: {answer}");
        assert_eq!(
            (&answer["refused"][0]["index"], &answer["refused"][0]["code"]),
            (&json!(0), &json!(code)),
            "{answer}"
        );
    }
    client.ask("GET", "/v1/contacts/bob", &[], "").must(404);
    assert_eq!(count(&mut client, "cleo"), 10);
    place.verify();
    service.stop();
}

#[expect(clippy::disallowed_methods, reason = "the service reads the clock too")]
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[test]
fn cloud_events_in_three_modes() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("events", "ingest,read"));
    let binary = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-source", "/shop"),
        ("ce-type", "gift"),
        ("ce-subject", "Ren%C3%A9e"),
        ("ce-time", "2026-05-01T10:00:00+02:00"),
    ];
    assert_eq!(client.ask("POST", "/v1/events", &binary, r#"{"value": 20, "item": "book"}"#).must(200), taken(1, 0));
    let event = |id: &str| json!({"specversion": "1.0", "id": id, "source": "/shop", "type": "visit", "data": {"contact": "Renée"}});
    let structured = [("content-type", "application/cloudevents+json; charset=utf-8")];
    // The first is the same as above: one id of one source.
    for (id, expected) in [("1", taken(0, 1)), ("2", taken(1, 0))] {
        assert_eq!(client.ask("POST", "/v1/events", &structured, event(id).to_string()).must(200), expected);
    }
    let batch = [("content-type", "application/cloudevents-batch+json")];
    let list = json!([event("2"), event("3"), {"specversion": "0.3", "id": "4"}]).to_string();
    let answer = client.ask("POST", "/v1/events", &batch, list).must(200);
    assert_eq!((&answer["accepted"], &answer["duplicates"]), (&json!(1), &json!(1)), "{answer}");
    assert_eq!((&answer["refused"][0]["index"], &answer["refused"][0]["code"]), (&json!(2), &json!("unsupported")));
    // A gift of 20 and two visits.
    assert_eq!(points(&mut client, "/v1/contacts/Ren%C3%A9e", "engagement"), 30);
    let activities = client.get("/v1/contacts/Ren%C3%A9e/activities");
    let gift = activities["items"].as_array().unwrap().iter().find(|one| one["type"] == "gift").unwrap().clone();
    assert_eq!(gift["occurred_at"], "2026-05-01T08:00:00Z");
    assert_eq!((&gift["source"], &gift["properties"]["item"]), (&json!("/shop"), &json!("book")));
    client.ask("POST", "/v1/events", &[("content-type", "application/json")], "{}").must(400);
    place.verify();
    service.stop();
}

#[test]
fn a_name_for_a_request_makes_it_count_once() {
    let file = Place::file();
    once(&file);
}

#[test]
fn a_name_for_a_request_makes_it_count_once_on_a_server() {
    let Some(server) = Place::server() else { return };
    once(&server);
}

/// Without an id an activity counts as often as it is sent, unless the request has a name.
fn once(place: &Place) {
    let service = place.serve();
    let mut client = service.client(&place.key("crm", "ingest,read"));
    let mut other = service.client(&place.key("shop", "ingest"));
    let body = json!([{"contact": "ada", "type": "visit"}, {"contact": "", "type": "visit"}]).to_string();
    let named = |client: &mut Client, name: &str, body: &str| {
        client.ask("POST", "/v1/activities", &[("idempotency-key", name)], body)
    };
    let first = named(&mut client, "a", &body).must(200);
    assert_eq!((&first["accepted"], &first["refused"][0]["index"]), (&json!(1), &json!(1)));
    assert_eq!(named(&mut client, "a", &body).must(200), first);
    assert_eq!(count(&mut client, "ada"), 1);
    let conflict = named(&mut client, "a", &body.replace("ada", "bob")).must(409);
    assert_eq!(conflict["code"], "conflict");
    client.ask("GET", "/v1/contacts/bob", &[], "").must(404);
    // Names of one key are not those of another.
    assert_eq!(named(&mut other, "a", &body).must(200)["accepted"], 1);
    assert_eq!(count(&mut client, "ada"), 2);
    named(&mut client, &"x".repeat(256), &body).must(422);
    // Many times at the same moment it is still once.
    for round in 0..10 {
        let (contact, name) = (format!("c{round}"), format!("n{round}"));
        let body = json!({"contact": contact, "type": "visit"}).to_string();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (mut client, name, body) = (client.clone(), name.clone(), body.clone());
                std::thread::spawn(move || {
                    until("it is answered", || {
                        let reply = client.ask("POST", "/v1/activities", &[("idempotency-key", &name)], &body);
                        assert!([200, 503].contains(&reply.status), "{}", reply.text());
                        reply.status == 200 && reply.json() == taken(1, 0)
                    });
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(count(&mut client, &contact), 1, "round {round}");
    }
    place.verify();
    service.stop();
}
