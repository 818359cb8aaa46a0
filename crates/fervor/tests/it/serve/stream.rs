//! Changes of band come as they happen, and a line that breaks loses none of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::harness::Place;
use super::http::{self, Client};

/// An open stream of events.
struct Stream {
    line: BufReader<TcpStream>,
    text: String,
}

/// An event: its name, its id, its data.
#[derive(Debug)]
struct Event {
    name: String,
    id: String,
    data: Json,
}

impl Stream {
    fn open(client: &Client, last: Option<&str>) -> Self {
        let mut line = client.line();
        let headers: Vec<(&str, &str)> = last.map(|id| ("last-event-id", id)).into_iter().collect();
        line.get_mut().write_all(client.head("GET", "/v1/changes", &headers, None).as_bytes()).unwrap();
        let reply = http::read_head(&mut line).unwrap();
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("text/event-stream"));
        Self { line, text: String::new() }
    }

    /// The next event; none when the stream has ended.
    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((text, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(ToOwned::to_owned)
                };
                let event = field("event").zip(field("id")).zip(field("data"));
                self.text = rest.to_owned();
                // A comment keeps the line open, and is no event.
                let Some(((name, id), data)) = event else { continue };
                return Some(Event { name, id, data: serde_json::from_str(&data).unwrap() });
            }
            self.text.push_str(&String::from_utf8(http::read_chunk(&mut self.line).unwrap()?).unwrap());
        }
    }
}

#[test]
fn changes_arrive_and_none_is_missed_or_repeated() {
    follow(&Place::file());
}

#[test]
fn changes_arrive_and_none_is_missed_or_repeated_on_a_server() {
    let Some(server) = Place::server() else { return };
    follow(&server);
}

#[test]
fn a_stream_ends_with_the_key_that_opened_it() {
    let place = Place::file();
    let service = place.serve();
    let mut admin = service.client(&place.key("admin", "admin"));
    let typed = [("content-type", "application/json")];
    let made = admin.ask("POST", "/v1/keys", &typed, r#"{"name": "ear", "scopes": ["read"]}"#).must(201);
    let mut stream = Stream::open(&service.client(made["key"].as_str().unwrap()), None);
    assert_eq!(stream.next().unwrap().name, "begin");
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    admin.ask("DELETE", &path, &[], "").must(204);
    let begun = Instant::now();
    assert!(stream.next().is_none());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    service.stop();
}

/// So many contacts come from nothing to Warm to Hot, told by several threads at once.
const CONTACTS: usize = 30;

fn follow(place: &Place) {
    let service = place.serve();
    let client = service.client(&place.key("all", "ingest,read"));
    let mut stream = Stream::open(&client, None);
    let begin = stream.next().unwrap();
    assert_eq!((begin.name.as_str(), &begin.data), ("begin", &json!({"cursor": begin.id})));
    let tellers: Vec<_> = (0..3)
        .map(|teller| {
            let mut client = client.clone();
            std::thread::spawn(move || {
                for contact in (teller..CONTACTS).step_by(3) {
                    for value in [20, 5, 30] {
                        let gift = json!({"contact": format!("c{contact}"), "type": "gift", "value": value});
                        client.post("/v1/activities", &gift);
                    }
                }
            })
        })
        .collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut bands: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut count, begun) = (0, Instant::now());
    while bands.values().map(Vec::len).sum::<usize>() < CONTACTS * 2 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{bands:?}");
        let event = stream.next().unwrap();
        assert_eq!(event.name, "band");
        assert!(seen.insert(event.id.clone()), "{event:?} came twice");
        if event.data["score"] == "engagement" {
            let contact = event.data["contact"].as_str().unwrap().to_owned();
            let known = bands.entry(contact).or_default();
            let before = event.data["band_before"].as_str().unwrap_or("none");
            assert_eq!(before, known.last().map_or("none", String::as_str), "{event:?}");
            known.push(event.data["band"].as_str().unwrap().to_owned());
        }
        count += 1;
        // Now and then the line breaks, and one goes on after what was seen last.
        if count % 7 == 0 {
            stream = Stream::open(&client, Some(&event.id));
        }
    }
    tellers.into_iter().for_each(|teller| teller.join().unwrap());
    assert_eq!(bands.len(), CONTACTS);
    assert!(bands.values().all(|bands| bands == &["Warm", "Hot"]), "{bands:?}");
    // From the beginning all of it comes again, in the same order.
    let first = seen.len();
    place.verify();
    let mut again = Stream::open(&client, Some(&begin.id));
    let repeated: Vec<String> = (0..first).map(|_| again.next().unwrap().id).collect();
    assert_eq!(repeated.iter().collect::<BTreeSet<_>>().len(), first);
    let bad = client.clone().ask("GET", "/v1/changes", &[("last-event-id", "x")], "");
    assert_eq!(bad.status, 422);
    // A stream ends when the service does.
    service.terminate();
    while again.next().is_some() {}
    service.stop();
}
