//! Tracking SDKs as they are, with a good connection and a bad one. `cargo xtask test` installs them.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

use super::super::root;
use super::harness::{Place, pages};
use super::http::Client;

/// Each with whether it can be told to compress.
const SDKS: [(&str, bool); 5] = [
    ("segment-node", false),
    ("rudder-node", true),
    ("segment-python", true),
    ("analytics-python", true),
    ("rudder-python", true),
];

fn drivers() -> PathBuf {
    root().join("crates/fervor/tests/sdk")
}

/// Whether they are installed, which they must be where nothing may be skipped.
fn are_there() -> bool {
    let needed = ["sdk/node_modules", "sdk-python/bin/python", "sdk-python-old/bin/python"];
    let missing = needed.into_iter().find(|path| !root().join("target").join(path).exists());
    let strict = ["CI", "FERVOR_STRICT"].iter().any(|name| std::env::var_os(name).is_some());
    assert!(missing.is_none() || !strict, "target/{} is missing: run cargo xtask test", missing.unwrap_or_default());
    missing.is_none()
}

fn command(sdk: &str) -> Command {
    let target = root().join("target");
    let (program, script) = match sdk {
        "segment-node" | "rudder-node" => ("node".into(), "send.mjs"),
        "analytics-python" => (target.join("sdk-python-old/bin/python"), "send.py"),
        _ => (target.join("sdk-python/bin/python"), "send.py"),
    };
    let mut command = Command::new(program);
    // Node takes the SDKs from where it is run.
    command.arg(drivers().join(script)).arg(sdk).current_dir(target.join("sdk")).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// All of them send their story at once.
fn send(address: &str, key: &str, duplicates: bool, packed: bool) {
    let running = SDKS.map(|(sdk, packs)| {
        let mut command = command(sdk);
        command.args([&format!("http://{address}"), key]);
        command.args(duplicates.then_some("--duplicates")).args((packed && packs).then_some("--gzip"));
        (sdk, command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    });
    for (sdk, child) in running {
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{sdk}: {}{}", text(&output.stdout), text(&output.stderr));
    }
}

/// Everything that an SDK sent is there once, and belongs to whom it should.
fn is_there(client: &mut Client, sdk: &str, duplicates: bool) {
    let contact = client.get(&format!("/v1/contacts/{sdk}-1"));
    assert_eq!(contact["attributes"], json!({"email": format!("{sdk}@example.org"), "plan": "gold"}));
    assert_eq!(contact["accounts"], json!([format!("{sdk}-acme")]));
    let (activities, _) = pages(client, &format!("/v1/contacts/{sdk}-1/activities"));
    let mut kinds: Vec<&str> = activities.iter().map(|one| one["type"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    // The page and the link were the visitor's, who is this contact.
    let badge = duplicates.then_some("Badge Earned").into_iter();
    let others = ["Event Attended", "Link Clicked", "Order Completed", "page_viewed", "page_viewed", "screen_viewed"];
    assert_eq!(kinds, badge.chain(others).collect::<Vec<_>>(), "{sdk}");
    let one = |kind: &str| activities.iter().find(|one| one["type"] == kind).unwrap();
    let attended = one("Event Attended");
    assert_eq!((&attended["value"], &attended["properties"]["name"]), (&json!(20), &json!("AGM")), "{sdk}");
    assert_eq!(attended["occurred_at"], "2026-05-01T10:00:00Z", "{sdk}");
    assert_eq!(one("Order Completed")["value"].to_string(), "49.9", "{sdk}");
    assert_eq!(one("Link Clicked")["properties"]["campaign"], "join-01", "{sdk}");
    assert_eq!(one("page_viewed")["properties"]["url"], "https://association.example/pricing", "{sdk}");
    assert!(activities.iter().all(|one| one["source"] == "website" && one["id"].is_string()), "{sdk}");
    assert_eq!(client.get(&format!("/v1/accounts/{sdk}-acme"))["attributes"], json!({"name": "ACME"}));
    // Both visitors are the contact, who belongs to the account from the day on which that was said.
    let held = client.get(&format!("/v1/contacts/{sdk}-1/export"));
    let subjects = held["subjects"].as_array().unwrap();
    let mut ids: Vec<&str> = subjects.iter().map(|one| one["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let expected = ["1", "anon-1", "old-1"].map(|end| format!("{sdk}-{end}"));
    assert_eq!(ids, expected, "{sdk}");
    let today = one("Link Clicked")["received_at"].as_str().unwrap()[..10].to_owned();
    let record = subjects.iter().find(|one| one["kind"] == "contact").unwrap()["record"].to_string();
    let days = [today.clone(), next_day(&today)];
    assert!(days.iter().any(|day| record.contains(day.as_str())), "{sdk}: {record}");
}

/// In Oslo the day may have begun already.
fn next_day(day: &str) -> String {
    day.parse::<jiff::civil::Date>().unwrap().tomorrow().unwrap().to_string()
}

fn through(duplicates: bool, packed: bool) {
    if !are_there() {
        return;
    }
    let place = Place::file();
    let service = place.serve();
    let write_key = place.key("website", "ingest");
    send(&service.address, &write_key, duplicates, packed);
    let mut client = service.client(&place.key("reader", "admin"));
    SDKS.iter().for_each(|(sdk, _)| is_there(&mut client, sdk, duplicates));
    place.verify();
    service.stop();
}

#[test]
fn their_stories_are_understood() {
    through(false, false);
}

#[test]
fn their_stories_are_understood_packed_and_with_duplicates() {
    through(true, true);
}

/// A bad connection, gone when the test ends.
struct Flaky {
    child: Child,
    address: String,
    lines: Option<BufReader<std::process::ChildStdout>>,
}

impl Flaky {
    fn start(to: &str, options: &[&str]) -> Self {
        let mut command = Command::new(root().join("target/sdk-python/bin/python"));
        command.arg("-u").arg(drivers().join("flaky.py")).args(["--to", to]).args(options);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut address = String::new();
        lines.read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned(), lines: Some(lines) }
    }

    /// What became of each request.
    fn told(&mut self) -> Vec<Json> {
        self.child.kill().unwrap();
        let lines = self.lines.take().unwrap().lines().map_while(Result::ok);
        lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
    }
}

impl Drop for Flaky {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn through_a_bad_connection(packed: bool, options: &[&str]) {
    if !are_there() {
        return;
    }
    let place = Place::file();
    let service = place.serve();
    let write_key = place.key("website", "ingest");
    let mut flaky = Flaky::start(&service.address, options);
    send(&flaky.address, &write_key, true, packed);
    let told = flaky.told();
    let count = |done: &str| told.iter().filter(|line| line["done"] == done).count();
    // Of each of the five some failed, and what was dropped had been stored.
    assert!(count("failed") >= 5 && count("dropped") >= 5 && count("passed") >= 5, "{told:?}");
    assert!(told.iter().all(|line| line["status"].is_null() || line["status"] == 200), "{told:?}");
    let mut client = service.client(&place.key("reader", "admin"));
    SDKS.iter().for_each(|(sdk, _)| is_there(&mut client, sdk, true));
    place.verify();
    service.stop();
}

#[test]
fn their_stories_are_understood_through_a_bad_connection() {
    through_a_bad_connection(false, &["--fail", "1", "--drop", "1", "--retry-after", "1"]);
}

#[test]
fn their_stories_are_understood_through_a_bad_connection_packed() {
    through_a_bad_connection(true, &["--fail", "1", "--drop", "1", "--status", "429"]);
}
