//! Imports that do not come to their end, and what they leave.

use std::time::Instant;

use super::super::harness::{MODEL, points, until};
use super::super::refusing::{is_problem, packed};
use super::*;

const MANY: usize = 300_000;

/// Visits with ids, by which they are known in whatever file.
fn named(count: usize) -> String {
    let row = |at: usize| format!("c{},visit,2026-03-14T09:30:00Z,v{at}\n", at % 1000);
    "contact,type,occurred_at,id\n".to_owned() + &(0..count).map(row).collect::<String>()
}

#[test]
fn an_import_can_be_ended_and_nobody_else_waits_for_it() {
    let (place, service, mut client) = place();
    // So many that a quick machine does not come to their end either.
    let text = named(MANY);
    let id = begun(&mut client, &[("activities", Some("visits.csv"), text.as_bytes())]);
    let second = begun(&mut client, &[("activities", Some("more.csv"), visits(20_001).as_bytes())]);
    let path = format!("/v1/imports/{id}");
    until("some of it is stored", || client.get(&path)["accepted"].as_u64().unwrap() > 0);
    assert_eq!(client.get(&format!("/v1/imports/{second}"))["state"], "waiting");
    // Others say and ask things meanwhile.
    let mut longest = Duration::ZERO;
    for number in 0..50 {
        let begun = Instant::now();
        let told = client.post("/v1/activities", &json!({"contact": "single", "type": "visit", "id": number}));
        assert_eq!(told["accepted"], 1);
        longest = longest.max(begun.elapsed());
    }
    assert_eq!(client.get(&path)["state"], "running", "it is too small to say anything");
    assert!(longest < Duration::from_secs(2), "somebody waited for {longest:?}");
    assert_eq!(points(&mut client, "/v1/contacts/single", "engagement"), 50 * 5);
    for id in [&second, &id] {
        let path = format!("/v1/imports/{id}/cancel");
        client.ask("POST", &path, &[], "").must(202);
        assert_eq!(over(&mut client, id)["state"], "cancelled");
        is_problem(&client.ask("POST", &path, &[], ""), 409, "conflict", "over already: cancelled");
    }
    let job = client.get(&path);
    let stored = job["accepted"].as_u64().unwrap();
    assert!(0 < stored && stored < MANY as u64, "{job}");
    assert!(job["message"].as_str().unwrap().contains("facts had been stored by then, and stay"), "{job}");
    assert_eq!(client.get(&format!("/v1/imports/{second}"))["message"], "nothing was stored");
    // Sent again, the rest is taken; here a little of it.
    let more = stored + 1000;
    let text = named(more.try_into().unwrap());
    let job = imported(&mut client, &[("activities", Some("visits.csv"), text.as_bytes())]);
    assert_eq!(sums(&job), ("done", 1000, Some(stored), 0));
    assert_eq!(points(&mut client, "/v1/contacts/c999", "engagement"), more / 1000 * 5);
    place.verify();
    service.stop();
}

#[test]
fn a_service_that_is_stopped_says_how_far_it_came() {
    let (place, mut service, mut client) = place();
    let key = place.key("other", "read,write");
    let text = visits(20_000);
    let id = begun(&mut client, &[("activities", Some("visits.csv"), text.as_bytes())]);
    let waiting = begun(&mut client, &[("activities", Some("more.csv"), visits(10).as_bytes())]);
    until("some of it is stored", || client.get(&format!("/v1/imports/{id}"))["accepted"].as_u64().unwrap() > 0);
    service.terminate();
    assert_eq!(service.ended().code(), Some(0), "{}", service.log());
    service.is_calm();
    let service = place.serve();
    let mut client = service.client(&key);
    for id in [&id, &waiting] {
        let job = client.get(&format!("/v1/imports/{id}"));
        assert_eq!(job["state"], "failed");
        assert!(job["message"].as_str().unwrap().contains("send the file again, nothing is counted twice"), "{job}");
    }
    let stored = client.get(&format!("/v1/imports/{id}"))["accepted"].as_u64().unwrap();
    let job = imported(&mut client, &[("activities", Some("visits.csv"), text.as_bytes())]);
    assert_eq!(sums(&job), ("done", 20_000 - stored, Some(stored), 0));
    place.verify();
    service.stop();
}

#[test]
fn a_service_that_dies_leaves_an_import_that_has_failed() {
    let place = Place::file();
    let temporary = place.folder.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let model = place.folder.with("model.toml", MODEL);
    let options = ["--model", &model, "--rate", "1000000", "--import-dir", &temporary];
    let service = place.serve_with(&options);
    let key = place.key("editor", "read,write");
    let mut client = service.client(&key);
    let text = visits(20_000);
    let id = begun(&mut client, &[("activities", Some("visits.csv"), text.as_bytes())]);
    let path = format!("/v1/imports/{id}");
    until("some of it is stored", || client.get(&path)["accepted"].as_u64().unwrap() > 0);
    service.kill();
    let folders = || std::fs::read_dir(&temporary).unwrap().count();
    assert_eq!(folders(), 1);
    let service = place.serve_with(&options);
    let mut client = service.client(&key);
    within(Duration::from_secs(40), "it has failed", &mut || client.get(&path)["state"] == "failed");
    let job = client.get(&path);
    assert!(job["message"].as_str().unwrap().contains("send the file again, nothing is counted twice"), "{job}");
    assert!(job["ended_at"].is_string());
    let job = imported(&mut client, &[("activities", Some("visits.csv"), text.as_bytes())]);
    let (state, accepted, duplicates, refused) = sums(&job);
    assert_eq!((state, accepted + duplicates.unwrap(), refused), ("done", 20_000, 0));
    assert!(duplicates.unwrap() > 0);
    assert_eq!(points(&mut client, "/v1/contacts/c0", "engagement"), 20 * 5);
    place.verify();
    service.stop();
}

#[test]
fn a_file_that_is_damaged_inside_tells_how_far_it_was_read() {
    let (place, service, mut client) = place();
    let whole = packed(visits(20_000).as_bytes());
    let torn = &whole[..whole.len() * 3 / 4];
    let job = imported(&mut client, &[("activities", Some("visits.csv.gz"), torn)]);
    assert_eq!(job["state"], "failed");
    let message = job["message"].as_str().unwrap();
    assert!(
        message.starts_with("visits.csv.gz: reading stopped") && message.contains("damaged or cut off"),
        "{message}"
    );
    assert!(message.contains("what was accepted is stored"), "{message}");
    assert!(!message.contains("/tmp") && job["accepted"].as_u64().unwrap() > 0, "{job}");
    place.verify();
    service.stop();
}

/// What one process runs, another one shows and ends.
#[test]
fn two_processes_know_of_the_same_imports() {
    let Some(place) = Place::server() else { return };
    let [one, other] = [place.serve(), place.serve()];
    let key = place.key("editor", "ingest,read,write");
    let [mut here, mut there] = [&one, &other].map(|service| service.client(&key));
    // So many that it can be ended before its end.
    let text = visits(80_000);
    let id = begun(&mut here, &[("activities", Some("visits.csv"), text.as_bytes())]);
    let path = format!("/v1/imports/{id}");
    until("the other sees it", || there.get(&path)["accepted"].as_u64().unwrap() > 0);
    there.ask("POST", &format!("{path}/cancel"), &[], "").must(202);
    assert_eq!(over(&mut there, &id)["state"], "cancelled");
    let id = begun(&mut here, &[("activities", Some("visits.csv"), text.as_bytes())]);
    until("it runs", || there.get(&format!("/v1/imports/{id}"))["duplicates"].as_u64().unwrap() > 0);
    one.kill();
    within(Duration::from_secs(40), "it has failed", &mut || {
        there.get(&format!("/v1/imports/{id}"))["state"] == "failed"
    });
    let job = imported(&mut there, &[("activities", Some("visits.csv"), text.as_bytes())]);
    let (state, accepted, duplicates, _) = sums(&job);
    assert_eq!((state, accepted + duplicates.unwrap()), ("done", 80_000));
    assert_eq!(points(&mut there, "/v1/contacts/c0", "engagement"), 80 * 5);
    place.verify();
    other.stop();
}
