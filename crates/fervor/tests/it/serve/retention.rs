//! A rule by which contacts are erased of whom nothing was heard for long.

use serde_json::json;
use store::{Manner, Store};

use super::browser::Browser;
use super::harness::{Place, Service, until};
use super::http::Client;
use super::pages::is_page;

/// Contacts of whom something was last heard long ago (`old`, `member`, and `said` by an attribute alone), not so long
/// ago (`new`, and `back`, who was told of again), or for the first time now (`mute`).
fn people(client: &mut Client) {
    let visit = |id: &str, at: &str| json!({"contact": id, "type": "visit", "occurred_at": at});
    client.post(
        "/v1/contacts",
        &json!([
            {"id": "old", "attributes": {"member": false}},
            {"id": "member", "attributes": {"member": true}},
            {"id": "mute", "attributes": {"member": false}},
            {"id": "said", "attributes": {"member": false}, "valid_from": "2020-05-01"},
            {"id": "back", "attributes": {"member": false}},
        ]),
    );
    let long_ago = "2020-02-01T10:00:00Z";
    let all = [visit("old", long_ago), visit("member", long_ago), visit("back", long_ago)];
    client.post("/v1/activities", &all.to_vec().into());
    // What has no time happened now; what has no day is so from today on.
    client.post("/v1/activities", &json!({"contact": "new", "type": "visit"}));
    client.post("/v1/contacts", &json!({"id": "back", "attributes": {"member": null}}));
}

/// What is to begin tomorrow begins today.
fn a_day_later(place: &Place) {
    let store = Store::open(&place.address).unwrap();
    let mut session = store.begin(Manner::Together).unwrap();
    let mut document = session.document("meta", "retention").unwrap().unwrap();
    let mut rule: serde_json::Value = serde_json::from_str(&document.text).unwrap();
    rule["since"] = "2020-01-01".into();
    document.text = rule.to_string();
    session.put_document("meta", &document).unwrap();
    session.commit().unwrap();
}

fn is_there(client: &mut Client, id: &str) -> bool {
    client.ask("GET", &format!("/v1/contacts/{id}"), &[], "").status == 200
}

fn forgotten(place: &Place) {
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let key = place.key("all", "admin");
    let mut client = service.client(&key);
    people(&mut client);
    is_page(&ada.get("/settings/retention"), 200, "Off: everybody stays");
    let page = is_page(&ada.get("/settings/retention?months=24"), 200, "It would erase 3 contacts today");
    for id in ["old", "member", "said"] {
        assert!(page.contains(&format!("href=\"/contacts/{id}\"")), "{id}: {page}");
    }
    let condition = "contact.member = FALSE";
    let page = is_page(
        &ada.get("/settings/retention?months=24&condition=contact.member%20%3D%20FALSE"),
        200,
        "It would erase 2 contacts today",
    );
    assert!(!page.contains("/contacts/member") && page.contains("2020"), "{page}");
    for (asked, said) in [
        ("months=0", "say for how many months, from 1 to 600"),
        ("months=many", "for how many months"),
        ("months=24&condition=contact.member+%3D", "The condition cannot be read"),
    ] {
        is_page(&ada.get(&format!("/settings/retention?{asked}")), 422, &said.replacen("say", "Say", 1));
    }
    let rule = [("months", "24"), ("condition", condition)];
    let page = is_page(&ada.submit("/settings/retention", &rule), 422, "Write `24 months` to be sure");
    assert!(page.contains("Off: everybody stays"), "{page}");
    let told = ada.submit("/settings/retention", &[rule[0], rule[1], ("sure", "24 months")]);
    assert_eq!(told.header("location"), Some("/settings/retention?done=on"), "{}", told.text());
    is_page(&ada.get("/settings/retention?done=on"), 200, "It begins tomorrow");
    service.stop();

    a_day_later(place);
    let service = place.serve_with(&[]);
    let mut ada = logged_in(&service);
    let mut client = service.client(&key);
    until("it has gone through everybody", || {
        ada.get("/settings/retention").text().contains("and erased 2 on that day")
    });
    let left = ["old", "said", "member", "mute", "new", "back"].map(|id| is_there(&mut client, id));
    assert_eq!(left, [false, false, true, true, true, true]);
    let answer = client.post("/v1/contacts", &json!({"id": "old", "attributes": {"member": true}}));
    assert_eq!(answer["refused"][0]["code"], "erased");
    let log = is_page(&ada.get("/settings/audit?action=erase_by_rule"), 200, "the rule for retention");
    assert!(log.contains("count</span> 2"), "{log}");
    assert_eq!(ada.submit("/settings/retention/off", &[]).status, 303);
    is_page(&ada.get("/settings/retention?done=off"), 200, "Off: everybody stays");
    place.verify();
    service.stop();
}

fn logged_in(service: &Service) -> Browser {
    let mut ada = Browser::new(service);
    ada.log_in(super::browser::ADA).must(200);
    ada
}

#[test]
fn who_was_not_heard_of_for_long_is_erased() {
    forgotten(&Place::file());
    if let Some(place) = Place::server() {
        forgotten(&place);
    }
}
