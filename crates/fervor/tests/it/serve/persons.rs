//! People who are merged, parted, shown everything about and forgotten; activities that are taken back or corrected.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::browser::Browser;
use super::harness::{Place, points, until, within};
use super::http::Client;

fn visits(client: &mut Client, contact: &str, times: usize) {
    let visit = |at: usize| json!({"contact": contact, "type": "visit", "id": format!("{contact}-{at}")});
    client.post("/v1/activities", &(0..times).map(visit).collect());
}

#[test]
fn two_are_one_then_two_again_and_one_is_forgotten() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("all", "admin"));
    let client = &mut client;
    visits(client, "ada", 1);
    visits(client, "bob", 2);
    client.post("/v1/contacts", &json!({"id": "bob", "attributes": {"plan": "gold", "email": "bob@example.org"}}));
    let engagement =
        |client: &mut Client, contact: &str| points(client, &format!("/v1/contacts/{contact}"), "engagement");
    let both = client.post("/v1/contacts/ada/merge", &json!({"contact": "bob"}));
    assert_eq!((&both["id"], &both["merged"]), (&json!("ada"), &json!(["bob"])));
    // One visit and two.
    assert_eq!((engagement(client, "ada"), engagement(client, "bob")), (json!(15), json!(15)));
    assert_eq!(client.get("/v1/contacts/bob")["id"], "ada");
    assert_eq!(
        client.ask("POST", "/v1/contacts/ada/merge", &[], r#"{"contact": "bob"}"#).must(409)["code"],
        "conflict"
    );
    client.ask("POST", "/v1/contacts/ada/merge", &[], r#"{"contact": "nobody"}"#).must(404);
    client.ask("POST", "/v1/contacts/ada/merge", &[], "{}").must(422);
    // What is said of the other id counts for the one.
    client.post("/v1/activities", &json!({"contact": "bob", "type": "visit", "id": "late"}));
    assert_eq!(engagement(client, "ada"), 20);
    let held = client.get("/v1/contacts/ada/export");
    assert_eq!(held["activities"].as_array().unwrap().len(), 4);
    assert_eq!(held["subjects"].as_array().unwrap().len(), 2);
    assert_eq!(held["contact"]["attributes"]["plan"], "gold");
    assert!(!held["changes"].as_array().unwrap().is_empty());
    client.post("/v1/contacts/bob/unmerge", &json!({}));
    assert_eq!((engagement(client, "ada"), engagement(client, "bob")), (json!(5), json!(15)));
    client.ask("POST", "/v1/contacts/bob/unmerge", &[], "").must(409);
    place.verify();
    client.ask("DELETE", "/v1/contacts/bob", &[], "").must(204);
    for path in ["", "/activities", "/history", "/ledger", "/export"] {
        client.ask("GET", &format!("/v1/contacts/bob{path}"), &[], "").must(404);
    }
    client.ask("DELETE", "/v1/contacts/bob", &[], "").must(404);
    let answer = client.post("/v1/activities", &json!({"contact": "bob", "type": "visit"}));
    assert_eq!(answer["refused"][0]["code"], "erased");
    let answer = client.post("/v1/contacts", &json!({"id": "bob", "attributes": {"plan": "gold"}}));
    assert_eq!(answer["refused"][0]["code"], "erased");
    // Who did what is written down, and not whom somebody forgot.
    let audit = client.get("/v1/audit")["items"].clone();
    let actions: Vec<&str> = audit.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["erase", "unmerge", "merge", "create_key"]);
    assert_eq!(audit[0]["about"], json!({}));
    assert_eq!(audit[2]["about"], json!({"contact": "ada", "other": "(erased)"}));
    place.verify();
    service.stop();
}

/// Wherever somebody may be named: a list, Home, a preview, records of who did what, an import that was only tried,
/// what was chosen, and what the database has removed.
#[test]
fn nothing_that_is_kept_says_who_was_erased() {
    const WHO: &str = "unmistakable";
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("all", "admin"));
    let client = &mut client;
    visits(client, WHO, 12);
    visits(client, "bo", 1);
    client.post("/v1/contacts", &json!({"id": WHO, "attributes": {"plan": WHO}}));
    visits(client, "other", 1);
    client.post(&format!("/v1/contacts/{WHO}/merge"), &json!({"contact": "other"}));
    client.post("/v1/contacts/other/unmerge", &json!({}));
    let rows = format!("contact,type,occurred_at\n{WHO},visit,2026-03-14\n{WHO},visit,soon\n");
    for path in ["/v1/imports?kind=activities&dry_run=true", "/v1/imports?kind=activities"] {
        let begun = client.ask("POST", path, &[("content-type", "text/csv")], &rows).must(202);
        let path = format!("/v1/imports/{}", begun["id"].as_str().unwrap());
        until("it is read", || client.get(&path)["state"] == "done");
    }
    let mut ada = Browser::admin(&service);
    let draft = client.ask("GET", "/v1/model/draft", &[], "").text().replace("points = 5", "points = 50");
    client.ask("PUT", "/v1/model/draft", &[("content-type", "application/toml")], draft).must(200);
    until("the preview names them", || ada.get("/rules/preview").text().contains(WHO));
    until("Home names them", || ada.get("/").text().contains(WHO));
    let chosen = ada.submit("/chosen/contacts", &[("list", "sort=id"), ("id", WHO), ("id", "bo"), ("act", "set")]);
    assert_eq!(chosen.status, 303);
    client.ask("DELETE", &format!("/v1/contacts/{WHO}"), &[], "").must(204);
    assert!(!ada.get("/").text().contains(WHO));
    until("there is another preview", || ada.get("/rules/preview").text().contains("data-done"));
    assert!(!ada.get("/rules/preview").text().contains(WHO));
    place.verify();
    service.stop();
    // As bytes: with what was removed and still stands where nothing was written since.
    let log = std::fs::read(format!("{}-wal", place.address)).unwrap_or_default();
    let bytes = [std::fs::read(&place.address).unwrap(), log].concat();
    let places: Vec<usize> =
        bytes.windows(WHO.len()).enumerate().filter(|(_, some)| *some == WHO.as_bytes()).map(|(at, _)| at).collect();
    let around =
        |at: &usize| String::from_utf8_lossy(&bytes[at.saturating_sub(60)..bytes.len().min(at + 60)]).into_owned();
    assert!(places.is_empty(), "{:?}", places.iter().map(around).collect::<Vec<_>>());
}

#[test]
fn an_order_that_moves_takes_its_points_along() {
    moves(&Place::file());
}

#[test]
fn an_order_that_moves_takes_its_points_along_on_a_server() {
    let Some(server) = Place::server() else { return };
    moves(&server);
}

fn moves(place: &Place) {
    let service = place.serve();
    let mut client = service.client(&place.key("shop", "ingest,read"));
    client.post("/v1/contacts", &json!({"id": "ada", "account": "acme"}));
    let order = |id: &str| json!({"contact": "ada", "type": "order", "id": id, "source": "shop"});
    client.post("/v1/activities", &json!([order("1"), order("2"), {"contact": "ada", "type": "gift", "value": 30}]));
    // Two orders of 10, and what ada has.
    company(&mut client, "acme", json!(50), json!("Busy"));
    let with = |mut order: Json, name: &str, value: Json| {
        order.as_object_mut().unwrap().shift_remove("type");
        order[name] = value;
        order
    };
    let amended = with(order("1"), "account", json!("beta"));
    assert_eq!(client.post("/v1/activities/amend", &amended)["accepted"], 1);
    company(&mut client, "acme", json!(40), json!("Busy"));
    company(&mut client, "beta", json!(10), json!("Quiet"));
    let mut gone = order("2");
    gone.as_object_mut().unwrap().shift_remove("type");
    assert_eq!(client.post("/v1/activities/retract", &gone)["accepted"], 1);
    company(&mut client, "acme", json!(30), json!("Quiet"));
    // It is not taken again, and what is not known cannot be taken back.
    assert_eq!(client.post("/v1/activities", &order("2"))["duplicates"], 1);
    let mut unknown = gone.clone();
    unknown["id"] = json!("3");
    assert_eq!(client.post("/v1/activities/retract", &unknown)["refused"][0]["code"], "unknown");
    company(&mut client, "acme", json!(30), json!("Quiet"));
    let back = with(order("1"), "account", Json::Null);
    assert_eq!(client.post("/v1/activities/amend", &back)["accepted"], 1);
    company(&mut client, "acme", json!(40), json!("Busy"));
    let ledger = client.get("/v1/accounts/acme/ledger");
    assert!(ledger.to_string().contains("\"order\""), "{ledger}");
    place.verify();
    service.stop();
}

/// An account follows its people within five seconds.
#[track_caller]
fn company(client: &mut Client, account: &str, points: Json, band: Json) {
    let what = format!("{account} has {points}");
    within(Duration::from_secs(5), &what, &mut || {
        let reply = client.ask("GET", &format!("/v1/accounts/{account}"), &[], "");
        let score = if reply.status == 200 { reply.json()["scores"]["company"].clone() } else { Json::Null };
        score["points"] == points && score["band"] == band
    });
}
