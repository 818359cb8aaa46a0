//! Files that are imported over the API: what becomes of every row, whatever happens meanwhile.

mod ending;
mod reading;
mod refused;
mod undone;
mod wizard;

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::harness::{Place, Service, pages, within};
use super::http::{Client, Reply};
use crate::parquet::{parquet as columns, texts};

/// A part of a form: its name, what the file is called if it is one, and what it holds.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

const BOUNDARY: &str = "between-parts";

fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn send(client: &mut Client, parts: &[Part<'_>]) -> Reply {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    client.ask("POST", "/v1/imports", &[("content-type", &kind)], form(parts))
}

/// Sends a form, and gives the id of its import.
#[track_caller]
fn begun(client: &mut Client, parts: &[Part<'_>]) -> String {
    let reply = send(client, parts);
    let location = reply.header("location").map(ToOwned::to_owned);
    let job = reply.must(202);
    let id = job["id"].as_str().unwrap().to_owned();
    assert_eq!(location, Some(format!("/v1/imports/{id}")));
    id
}

/// An import once it is over.
fn over(client: &mut Client, id: &str) -> Json {
    let mut job = Json::Null;
    within(Duration::from_secs(120), "the import is over", &mut || {
        job = client.get(&format!("/v1/imports/{id}"));
        !["waiting", "running"].contains(&job["state"].as_str().unwrap())
    });
    job
}

/// Sends a form, and waits until all of it is read.
#[track_caller]
fn imported(client: &mut Client, parts: &[Part<'_>]) -> Json {
    let id = begun(client, parts);
    over(client, &id)
}

/// State, accepted, duplicates, refused.
fn sums(job: &Json) -> (&str, u64, Option<u64>, u64) {
    let number = |name: &str| job[name].as_u64();
    (job["state"].as_str().unwrap(), number("accepted").unwrap(), number("duplicates"), number("refused").unwrap())
}

fn activities(client: &mut Client, contact: &str) -> usize {
    pages(client, &format!("/v1/contacts/{contact}/activities?limit=1000")).0.len()
}

/// So many visits, a few of each of a thousand contacts, without ids.
fn visits(count: usize) -> String {
    let row = |at: usize| format!("c{},visit,2026-03-14T09:30:00Z\n", at % 1000);
    "contact,type,occurred_at\n".to_owned() + &(0..count).map(row).collect::<String>()
}

fn place() -> (Place, Service, Client) {
    let place = Place::file();
    let service = place.serve();
    let client = service.client(&place.key("editor", "ingest,read,write"));
    (place, service, client)
}

fn parquet() -> Vec<u8> {
    columns([
        ("contact", texts(&["p", "p"])),
        ("type", texts(&["visit", "gift"])),
        ("occurred_at", texts(&["2026-03-14", "2026-03-15"])),
        ("value", texts(&["", "20"])),
    ])
}
