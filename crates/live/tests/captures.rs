//! What real SDKs sent, as it was recorded (captures/README.md), and what it says; worked out by reading it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use live::fact::{Fact, Refusal, Report, Who};
use live::wire::segment::{Arrival, Call, Type};
use live::wire::{Item, cloud_events, native, segment};
use rules::day::{Instant, Zone};
use rules::testing::Dice;
use rules::value::{Attributes, Value};
use serde_json::Value as Json;

const FILES: [&str; 7] =
    ["cloudevents", "jitsu", "rudder-node", "rudder-python", "segment-node", "segment-python", "segment-python-1"];

/// A recorded request.
struct Request {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// What it says to one who received it then.
    fn read(&self, received: Instant) -> Result<Vec<Item>, Refusal> {
        let (zone, source) = (Zone::get("Europe/Oslo").unwrap(), Arc::from("web"));
        let arrival = Arrival { source: &source, zone: &zone, received };
        let call = match self.path.rsplit('/').next().unwrap() {
            "cloudevents" => {
                let headers: Vec<_> = self.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
                let content_type = headers.iter().find(|(name, _)| *name == "content-type").unwrap().1;
                return cloud_events::read(content_type, &headers, &self.body, received);
            }
            "batch" => Call::Batch,
            name => Call::One(Type::named(name).unwrap()),
        };
        segment::read(call, &self.body, arrival)
    }
}

fn requests(file: &str) -> Vec<Request> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures").join(file).with_extension("jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let request = |line: &str| {
        let request: Json = serde_json::from_str(line).unwrap();
        let headers = request["headers"].as_object().unwrap().iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        Request {
            path: request["path"].as_str().unwrap().to_owned(),
            headers: headers.collect(),
            body: request["body"].to_string().into_bytes(),
        }
    };
    text.lines().map(request).collect()
}

fn at(text: &str) -> Instant {
    Zone::utc().instant(text).unwrap()
}

/// All facts of a file, received at the end of the day on which it was recorded.
fn facts(file: &str) -> Vec<Fact> {
    let received = at("2026-11-21T19:30:00Z");
    let items = requests(file).into_iter().flat_map(|request| request.read(received).unwrap());
    items.flat_map(Result::unwrap).collect()
}

/// A fact in short: enough to see by eye what it says.
fn short(fact: &Fact) -> String {
    let known = |attributes: &BTreeMap<Arc<str>, Option<Value>>| {
        let shown = attributes.iter().map(|(name, value)| match value {
            Some(value) => format!(" {name}={}", value.text()),
            None => format!(" no {name}"),
        });
        shown.collect::<String>()
    };
    let properties = |properties: &Attributes| {
        let own = properties.iter().filter(|(name, _)| !name.starts_with("context."));
        own.map(|(name, value)| format!(" {name}={}", value.text())).collect::<String>()
    };
    match fact {
        Fact::Activity(report) => {
            let who = match &report.who {
                Who::Contact(contact) => contact.to_string(),
                Who::Visitor(visitor) => format!("visitor {visitor}"),
            };
            let value = report.value.as_ref().map(|value| format!(" ({})", value.text())).unwrap_or_default();
            format!("{who}: {}{value}{}", report.kind, properties(&report.properties))
        }
        Fact::Contact(upsert) => {
            let accounts = upsert.accounts.iter().flatten().map(|membership| format!(" in {}", membership.account));
            let from = upsert.from.map(|day| format!(" from {day}")).unwrap_or_default();
            format!("contact {}{}{}{from}", upsert.id, known(&upsert.attributes), accounts.collect::<String>())
        }
        Fact::Account(upsert) => format!("account {}{}", upsert.id, known(&upsert.attributes)),
        Fact::Join { visitor, contact } => format!("visitor {visitor} is {contact}"),
        other => panic!("{other:?}"),
    }
}

fn reports(facts: &[Fact]) -> Vec<&Report> {
    let reports = facts.iter().filter_map(|fact| match fact {
        Fact::Activity(report) => Some(report),
        _ => None,
    });
    reports.collect()
}

/// Every recorded program made the same calls; these are the ones in which what they sent differs.
fn story(identified: &str, page: &str) -> Vec<String> {
    [
        identified,
        "m-1001: Event Attended (20) name=AGM value=20",
        page,
        "visitor anon-9: screen_viewed name=Home",
        "contact m-1001 in org-7 from 2026-11-21",
        "account org-7 name=ACME",
        "visitor anon-9 is m-1001",
        "visitor anon-9: Download",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[test]
fn the_segment_family_tells_one_story() {
    let with_plan = "contact m-1001 email=ada@example.org plan=gold";
    let in_docs = "m-1001: page_viewed category=Docs name=Pricing url=https://x.test/p";
    let cases = [
        ("segment-node", with_plan, in_docs),
        ("segment-python", with_plan, in_docs),
        ("segment-python-1", with_plan, in_docs),
        ("rudder-python", with_plan, in_docs),
        // It was called without a plan, and without a category.
        (
            "rudder-node",
            "contact m-1001 email=ada@example.org",
            "m-1001: page_viewed name=Pricing url=https://x.test/p",
        ),
    ];
    for (file, identified, page) in cases {
        let facts = facts(file);
        assert_eq!(facts.iter().map(short).collect::<Vec<_>>(), story(identified, page), "{file}");
        let reports = reports(&facts);
        // The program gave the first event its time, and the last one its id.
        assert_eq!(reports[0].occurred_at, Some(at("2024-05-01T10:00:00Z")), "{file}");
        assert_eq!(reports[0].original, None, "{file}");
        assert_eq!(reports[3].id.as_deref(), Some("my-own-id-1"), "{file}");
        assert!(reports.iter().all(|report| report.source.as_deref() == Some("web") && report.id.is_some()));
    }
}

#[test]
fn ids_times_and_libraries_are_those_that_were_sent() {
    let cases = [
        (
            "segment-node",
            "node-next-1795287081813-f4b3fe8e-5c7a-400b-9143-549ccef43701",
            "2026-11-21T18:51:21.813Z",
            "@segment/analytics-node",
        ),
        ("segment-python", "96402e96-d123-43c5-8900-bcc5db25f450", "2026-11-21T19:02:04.475Z", "analytics-python"),
        ("segment-python-1", "f4de0ac4-22a4-4715-9be8-afe1a78e69e3", "2026-11-21T18:51:25.711858Z", "analytics-python"),
        ("rudder-python", "c1fc9fcc-bd48-4d67-b6d5-8d13cfc2a073", "2026-11-21T18:51:27.403026Z", "analytics-python"),
    ];
    for (file, id, time, library) in cases {
        let facts = facts(file);
        let page = reports(&facts)[1];
        assert_eq!((page.id.as_deref(), page.occurred_at), (Some(id), Some(at(time))), "{file}");
        let context: Vec<_> = page.properties.iter().filter(|(name, _)| name.starts_with("context.")).collect();
        assert_eq!(context, [(&Arc::from("context.library.name"), &Value::from(library))], "{file}");
    }
}

#[test]
fn the_clock_of_rudder_node_is_compared_with_ours() {
    let facts = facts("rudder-node");
    let page = reports(&facts)[1];
    // Made at .589 and sent at .638: 49 milliseconds before it was received.
    assert_eq!(page.occurred_at, Some(at("2026-11-21T19:29:59.951Z")));
    let kept = r#"{"originalTimestamp":"2026-11-21T18:54:00.589Z","sentAt":"2026-11-21T18:54:00.638Z"}"#;
    assert_eq!(page.original.as_deref(), Some(kept));
}

#[test]
fn jitsu_sends_single_messages() {
    let expected = [
        "visitor 860a0ca9-79bd-47b7-8dfe-55092fd023c1 is m-1001",
        "contact m-1001 email=ada@example.org",
        "m-1001: Event Attended (20) value=20",
        "m-1001: page_viewed name=Pricing",
        "contact m-1001 in org-7 from 2026-11-21",
        "account org-7 name=ACME",
    ];
    assert_eq!(facts("jitsu").iter().map(short).collect::<Vec<_>>(), expected);
}

#[test]
fn cloud_events_say_the_same_in_every_mode() {
    let facts = facts("cloudevents");
    let reports = reports(&facts);
    assert_eq!((facts.len(), reports.len()), (3, 3));
    for report in reports {
        assert_eq!(short(&Fact::Activity(report.clone())), "m-1001: org.example.member.attended (20) name=AGM");
        assert_eq!(report.id.as_deref(), Some("f0f24734-a8f4-48ec-9adb-2d7cbb43bce2"));
        assert_eq!(report.source.as_deref(), Some("/events/agm"));
        assert_eq!(report.occurred_at, Some(at("2026-11-21T19:08:01.156Z")));
    }
}

/// Bytes near a valid body: cut, doubled, exchanged.
fn garbled(dice: &mut Dice, body: &[u8]) -> Vec<u8> {
    const SCRAPS: [&[u8]; 16] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"",
        b",",
        b":",
        b"\\u0000",
        b"\\ud800",
        b"\n",
        b"null",
        b"NaN",
        b"1e999999",
        b"\xff",
        b"\"\"",
        b"-0001-01-01T00:00:00Z",
    ];
    let mut bytes = body.to_vec();
    for _ in 0..1 + dice.below(4) {
        let start = dice.below(bytes.len() + 1);
        let end = (start + dice.below(12)).min(bytes.len());
        let piece = match dice.below(4) {
            0 => Vec::new(),
            1 => dice.pick(&SCRAPS).to_vec(),
            2 => bytes[dice.below(bytes.len() + 1)..].iter().take(40).copied().collect(),
            _ => vec![dice.bits().to_le_bytes()[0]],
        };
        bytes.splice(start..end, piece);
    }
    bytes
}

/// A valid body in which something else stands in one place.
fn twisted(dice: &mut Dice, body: &[u8]) -> Vec<u8> {
    const ODD: [&str; 14] = [
        "null",
        "true",
        "0",
        "-1.00005",
        "1e300",
        "\"\"",
        "\" \"",
        "[]",
        "{}",
        "[[null]]",
        r#""a\u0000b""#,
        r#""2026-03-14""#,
        r#""-009999-01-01T00:00:00Z""#,
        r#"{"":{"a.b":{"id":7}}}"#,
    ];
    let mut whole: Json = serde_json::from_slice(body).unwrap();
    let mut at = &mut whole;
    while !dice.one_in(8) {
        let inner = match at {
            Json::Array(list) if !list.is_empty() => dice.below(list.len()),
            Json::Object(object) if !object.is_empty() => dice.below(object.len()),
            _ => break,
        };
        at = match at {
            Json::Array(list) => &mut list[inner],
            Json::Object(object) => object.values_mut().nth(inner).unwrap(),
            _ => unreachable!("only lists and objects go on"),
        };
    }
    *at = serde_json::from_str(dice.pick(&ODD)).unwrap();
    whole.to_string().into_bytes()
}

/// Reads a body in every way there is; whatever is taken can be stored.
fn read_anyhow(request: &Request, received: Instant) {
    use native::Kind::{Accounts, Activities, Amendments, Contacts, Opportunities, Retractions};
    let kinds = [Activities, Contacts, Accounts, Opportunities, Retractions, Amendments];
    let read = kinds.into_iter().map(|kind| native::read(kind, &request.body, received));
    for items in read.chain([request.read(received)]) {
        match items {
            Ok(items) => assert!(items.iter().flatten().flatten().all(is_storable)),
            Err(refusal) => assert!(refusal.message.len() < 500, "{}", refusal.message),
        }
    }
}

/// Whether no text in it has a NUL.
fn is_storable(fact: &Fact) -> bool {
    !format!("{fact:?}").contains("\\0")
}

#[test]
fn no_bytes_at_all_are_a_panic() {
    let requests: Vec<_> = FILES.iter().flat_map(|file| requests(file)).collect();
    let whole: Vec<_> = FILES.iter().flat_map(|file| facts(file)).collect();
    assert_eq!((requests.len(), whole.len()), (13, 5 * 8 + 6 + 3));
    let received = at("2026-11-21T19:30:00Z");
    for seed in 0..3_000 {
        let dice = &mut Dice::new(seed);
        let request = &requests[dice.below(requests.len())];
        let body = match dice.below(8) {
            0 => (0..dice.below(200)).map(|_| dice.bits().to_le_bytes()[0]).collect(),
            1..5 => twisted(dice, &request.body),
            _ => garbled(dice, &request.body),
        };
        let headers = request.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(&garbled(dice, value.as_bytes())).into_owned();
            (name.clone(), value)
        });
        let headers = headers.collect();
        read_anyhow(&Request { path: request.path.clone(), headers, body }, received);
    }
}
