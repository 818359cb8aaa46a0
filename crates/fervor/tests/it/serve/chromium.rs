//! Pages in a real browser, with scripts and without: Chromium, which has no network but this machine.
//! `cargo xtask test` installs it, and what drives it.

use std::process::{Command, Stdio};

use serde_json::json;

use super::super::{fervor, root};
use super::browser::{ADA, Browser};
use super::harness::{LEADS, MODEL, Place, Service, until};

/// Whether it is installed, which it must be where nothing may be skipped.
fn is_there() -> bool {
    let chromium = ["chromium", "chromium-browser", "google-chrome"].map(|name| format!("/usr/bin/{name}"));
    let is_browser = chromium.iter().any(|path| std::path::Path::new(path).exists());
    let is_there = is_browser && root().join("target/browser/node_modules").exists();
    let strict = ["CI", "FERVOR_STRICT"].iter().any(|name| std::env::var_os(name).is_some());
    assert!(is_there || !strict, "Chromium or target/browser is missing: run cargo xtask test");
    is_there
}

/// Runs a script, which ends by itself in time, and gives what it printed.
#[track_caller]
fn drive(script: &str, arguments: &[&str]) -> String {
    let mut command = Command::new("node");
    command.arg(root().join("crates/fervor/tests/browser").join(script)).args(arguments).stdin(Stdio::null());
    // Node takes the packages from where it is run.
    let output = command.current_dir(root().join("target/browser")).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{script}:\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// A service that knows the shipped example, and somebody who may do everything.
fn example(place: &Place) -> Service {
    let examples = root().join("examples/open-source");
    let file = |name: &str| examples.join(name).display().to_string();
    let service = place.serve_with(&["--model", &file("model.toml"), "--rate", "1000000"]);
    let files = ["--contacts", &file("contacts.csv"), "--activities", &file("activities.csv")];
    let told = fervor([&["import", "--db", &place.address], &files[..]].concat());
    assert_eq!(told.code, 0, "{}", told.err);
    Browser::admin(&service);
    service
}

/// Files that were imported, of which some rows were not taken.
fn imported(service: &Service, place: &Place) {
    let mut client = service.client(&place.key("crm", "read,write"));
    for (path, body) in [("kind=contacts", "id,city\nada,Oslo\n,Bergen\n"), ("kind=contacts&dry_run=true", "id\nbo\n")]
    {
        let made = client.ask("POST", &format!("/v1/imports?{path}"), &[("content-type", "text/csv")], body).must(202);
        let path = format!("/v1/imports/{}", made["id"].as_str().unwrap());
        until("it is imported", || client.get(&path)["state"] == "done");
    }
}

#[test]
fn what_is_wrong_with_a_page_is_noticed() {
    if is_there() {
        drive("watched.mjs", &[]);
    }
}

#[test]
fn every_page_is_accessible_and_asks_for_nothing_from_elsewhere() {
    if !is_there() {
        return;
    }
    let place = Place::file();
    let service = example(&place);
    let (email, password) = ADA;
    imported(&service, &place);
    let checked = drive("every_page.mjs", &[&format!("http://{}", service.address), email, password]);
    assert!(checked.contains("\"/\""), "{checked}");
    service.stop();
}

/// Fifteen contacts with 0, 5 and so on until 70 points, and a deal of 1000 with 80.
fn fifteen(place: &Place) -> Service {
    let model = place.folder.with("both.toml", format!("{MODEL}{LEADS}"));
    let service = place.serve_with(&["--model", &model, "--rate", "1000000"]);
    let mut client = service.client(&place.key("all", "admin"));
    let names = ["Bo Lind", "Cleo Nyberg", "Dag Holm", "Cy Adams", "Eli Storm", "Finn Moe", "Gro Vik", "Hal Berg"];
    let name = |at: usize| match at {
        12 => "Ada Lovelace".to_owned(),
        _ => names.get(at).map_or_else(|| format!("Member {at}"), |name| (*name).to_owned()),
    };
    let contact = |at| json!({"id": format!("m{at:02}"), "attributes": {"name": name(at), "decides": at == 0}});
    client.post("/v1/contacts", &(0..15).map(contact).collect::<Vec<_>>().into());
    let visit = |at: usize, one: usize| json!({"contact": format!("m{at:02}"), "type": "visit", "id": format!("{at}-{one}"), "occurred_at": "2026-01-01T10:00:00Z"});
    let visits: Vec<_> = (0..15).flat_map(|at| (0..at).map(move |one| visit(at, one))).collect();
    client.post("/v1/activities", &visits.into());
    let attributes = json!({"name": "Ten seats", "amount": 1000, "budget_confirmed": true});
    client.post("/v1/opportunities", &json!({"id": "one", "contact": "m00", "attributes": attributes}));
    until("all is scored", || {
        client.get("/v1/contacts/m14")["scores"]["engagement"]["points"] == 70
            && client.get("/v1/opportunities/one")["scores"]["lead"]["points"] == 80
    });
    Browser::admin(&service);
    service
}

#[test]
fn what_scripts_add_is_quick_and_says_what_the_service_says() {
    if !is_there() {
        return;
    }
    let place = Place::file();
    let service = fifteen(&place);
    let (email, password) = ADA;
    drive("quick.mjs", &[&format!("http://{}", service.address), email, password]);
    service.stop();
    place.verify();
}

#[test]
fn everything_can_be_done_without_scripts() {
    if !is_there() {
        return;
    }
    let place = Place::file();
    let service = fifteen(&place);
    let (email, password) = ADA;
    drive("plain.mjs", &[&format!("http://{}", service.address), email, password]);
    service.stop();
    place.verify();
}

#[test]
fn a_file_is_imported_by_hand() {
    if !is_there() {
        return;
    }
    let place = Place::file();
    let service = place.serve();
    Browser::admin(&service);
    let (email, password) = ADA;
    let file = root().join("examples/open-source/contacts.csv").display().to_string();
    drive("wizard.mjs", &[&format!("http://{}", service.address), email, password, &file]);
    service.stop();
}

#[test]
fn somebody_begins_imports_undoes_and_connects_a_website() {
    if !is_there() {
        return;
    }
    let place = Place::file();
    let service = place.serve_with(&["--rate", "1000000"]);
    let file = root().join("examples/open-source/activities.csv").display().to_string();
    let sdk = root().join("target/sdk");
    let sender = format!("{}:{}", root().join("crates/fervor/tests/sdk/send.mjs").display(), sdk.display());
    let mut arguments = vec![format!("http://{}", service.address), service.setup(), file];
    // Without the SDKs everything else is walked through all the same.
    arguments.extend(sdk.join("node_modules").exists().then_some(sender));
    drive("journey.mjs", &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    service.stop();
}

#[test]
fn somebody_looks_at_the_sample_changes_a_rule_and_publishes_it() {
    if !is_there() {
        return;
    }
    let place = Place::file();
    let service = place.serve_with(&["--rate", "1000000"]);
    drive("change.mjs", &[&format!("http://{}", service.address), &service.setup()]);
    let mut ada = Browser::new(&service);
    let (email, password) = ADA;
    assert_eq!(ada.log_in((email, password)).status, 200);
    let version = ada.get("/v1/model/versions/2").text();
    assert!(version.contains("\"in_force\"") && version.contains("points    = 9"), "{version}");
    service.stop();
    place.verify();
}
