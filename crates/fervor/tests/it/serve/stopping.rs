//! A service that is asked to end answers what it has begun; and one that is too old for a database leaves it alone.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::fervor;
use super::harness::{Place, Service, points, until};
use super::http;

#[test]
fn what_has_begun_is_answered_before_it_ends() {
    let place = Place::file();
    let mut service = place.serve();
    let key = place.key("all", "ingest,read");
    let mut client = service.client(&key);
    client.get("/v1/contacts");
    // Half of a body has come when it is asked to end.
    let body =
        json!([{"contact": "ada", "type": "visit"}, {"contact": "ada", "type": "gift", "value": 20}]).to_string();
    let mut line = client.line();
    let head = client.head("POST", "/v1/activities", &[], Some(body.len()));
    let (one, other) = body.as_bytes().split_at(body.len() / 2);
    line.get_mut().write_all(&[head.as_bytes(), one].concat()).unwrap();
    // An answer on another line is behind it: the first has certainly arrived.
    client.get("/v1/contacts");
    let begun = Instant::now();
    service.terminate();
    until("it takes no more", || http::connect(&service.address).is_err());
    line.get_mut().write_all(other).unwrap();
    let reply = http::read(&mut line).unwrap();
    assert_eq!(reply.must(200), json!({"accepted": 2, "duplicates": 0, "refused": []}));
    assert_eq!(service.ended().code(), Some(0), "{}", service.log());
    // Lines on which nothing is said do not keep it.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    service.is_calm();
    let service = place.serve();
    assert_eq!(points(&mut service.client(&key), "/v1/contacts/ada", "engagement"), 25);
    place.verify();
    service.stop();
}

#[test]
fn a_database_of_a_later_version_is_left_alone() {
    let place = Place::file();
    place.serve().stop();
    let database = rusqlite::Connection::open(&place.address).unwrap();
    database.execute("INSERT INTO schema_version VALUES (99)", []).unwrap();
    drop(database);
    let before = std::fs::read(&place.address).unwrap();
    let (status, log) = Service::begin(&place.address, &[]).err().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("schema 99") && log.contains("later version"), "{log}");
    for command in [&["verify"][..], &["key", "create", "--name", "x", "--scope", "read"]] {
        let ran = fervor(command.iter().chain(&["--db", &place.address]));
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("later version"), "{}", ran.err);
    }
    assert!(std::fs::read(&place.address).unwrap() == before);
}

#[test]
fn what_cannot_be_opened_says_so() {
    let place = Place::file();
    for (database, said) in [
        ("mysql://host/name", "names no database"),
        ("postgres://nobody@127.0.0.1:1/none", "cannot be reached"),
        ("/nowhere/at/all.db", "cannot be opened"),
    ] {
        let (status, log) = Service::begin(database, &[]).err().unwrap();
        assert_eq!(status.code(), Some(1), "{log}");
        assert!(log.contains(said), "{log}");
    }
    let text = place.folder.with("fervor.db", "This is a text, and not a database at all, whatever its name may say.");
    let (status, log) = Service::begin(&text, &[]).err().unwrap();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("error: "), "{log}");
}
