//! Several who are chosen in a list: an attribute set, removed and set back, a file, two merged, some erased.

use serde_json::{Value as Json, json};

use super::browser::Browser;
use super::harness::{Place, Service, until};
use super::http::Client;
use super::pages::is_page;

/// Three contacts: Ada and Bo pay nothing, of Eva it is not known.
fn three(place: &Place, service: &Service) -> Client {
    let mut client = service.client(&place.key("all", "admin"));
    let contact = |id: &str, plan: Json| json!({"id": id, "attributes": {"name": id.to_uppercase(), "plan": plan}});
    let all = [contact("ada", json!("free")), contact("bo", json!("free")), contact("eva", Json::Null)];
    client.post("/v1/contacts", &json!(all));
    client
}

/// Where a reply leads.
#[track_caller]
fn led(reply: &super::http::Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply.header("location").unwrap().to_owned()
}

fn plan(client: &mut Client, id: &str) -> Json {
    client.get(&format!("/v1/contacts/{id}"))["attributes"]["plan"].clone()
}

fn set_and_set_back(place: &Place) {
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = three(place, &service);
    let page = is_page(&ada.get("/contacts"), 200, "name=\"id\" value=\"bo\" aria-label=\"Choose BO\"");
    assert!(page.contains("action=\"/chosen/contacts\"") && page.contains("Erase …"), "{page}");
    let chosen = [("list", "sort=id"), ("id", "bo"), ("id", "eva"), ("id", "none"), ("act", "set")];
    let path = led(&ada.submit("/chosen/contacts", &chosen));
    let page = is_page(&ada.get(&path), 200, "Set an attribute of 3 contacts");
    assert!(page.contains("<option value=\"plan\">") && page.contains("href=\"/contacts/eva\">EVA</a>"), "{page}");
    for (asked, said) in [
        ("name=&value=gold", "Say which attribute"),
        ("name=plan&value=", "Say what it is to be"),
        ("name=plan&value=gold&from=soon", "`soon` is not a date"),
        (&format!("name={}&value=gold", "x".repeat(2000)), "role=\"alert\""),
    ] {
        is_page(&ada.get(&format!("{path}?{asked}")), 422, said);
    }
    let page =
        is_page(&ada.get(&format!("{path}?name=plan&value=%3Cgold%3E&from=2026-03-14")), 200, "What will happen");
    // Of those two who are there.
    assert!(
        page.contains("<strong>&#60;gold&#62;</strong>") && page.contains(">free</th><td class=\"number\">1<"),
        "{page}"
    );
    assert!(page.contains(">Not known</th><td class=\"number\">1<"), "{page}");
    assert_eq!(plan(&mut client, "bo"), "free", "looking changes nothing");
    let what = [("name", "plan"), ("value", "<gold>"), ("from", "2026-03-14")];
    assert_eq!(led(&ada.submit(&path, &what)), path);
    until("it is set", || ada.get(&path).text().contains("for 2 contacts"));
    is_page(&ada.get(&path), 200, "1 contact could not be found any more");
    assert_eq!(
        [plan(&mut client, "ada"), plan(&mut client, "bo"), plan(&mut client, "eva")],
        ["free", "<gold>", "<gold>"]
    );
    // Before that day it is as it was, and whoever confirms twice does it once.
    assert_eq!(led(&ada.submit(&path, &[("name", "plan"), ("value", "iron"), ("from", "2026-03-14")])), path);
    assert_eq!(plan(&mut client, "bo"), "<gold>");
    // Of Eva something else is said meanwhile.
    client.post("/v1/contacts", &json!({"id": "eva", "attributes": {"plan": "iron"}, "valid_from": "2026-03-14"}));
    assert_eq!(led(&ada.submit(&format!("{path}/undo"), &[])), path);
    until("it is set back", || ada.get(&path).text().contains("Set back for 1 contact"));
    is_page(&ada.get(&path), 200, "Of 1 contact something else was said since");
    assert_eq!([plan(&mut client, "bo"), plan(&mut client, "eva")], ["free", "iron"]);
    let log = is_page(&ada.get("/settings/audit"), 200, "Set an attribute of several back");
    assert!(log.matches("\"row\">Set an attribute of several").count() == 2 && !log.contains("gold"), "{log}");
    place.verify();
    service.stop();
}

#[test]
fn an_attribute_of_several_is_set_and_set_back() {
    set_and_set_back(&Place::file());
    if let Some(place) = Place::server() {
        set_and_set_back(&place);
    }
}

#[test]
fn all_that_a_filter_finds_are_chosen() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = service.client(&place.key("all", "admin"));
    let contact = |n: usize| json!({"id": format!("c{n:03}"), "attributes": {"half": n % 2, "plan": "free"}});
    client.post("/v1/contacts", &(0..500).map(contact).collect::<Vec<_>>().into());
    let list = "where=contact.half%20%3D%201";
    let fields = [("list", list), ("id", "c001"), ("all", "yes"), ("act", "remove")];
    let path = led(&ada.submit("/chosen/contacts", &fields));
    until("they are found", || ada.get(&path).text().contains("Remove an attribute of 250 contacts"));
    let page = is_page(&ada.get(&format!("{path}?name=plan")), 200, "is not known any more");
    assert!(page.contains(">free</th><td class=\"number\">250<") && page.contains("and 238 more"), "{page}");
    led(&ada.submit(&path, &[("name", "plan"), ("from", "2026-03-14")]));
    until("they are changed", || ada.get(&path).text().contains("for 250 contacts"));
    assert_eq!([plan(&mut client, "c499"), plan(&mut client, "c498")], [Json::Null, json!("free")]);
    led(&ada.submit(&format!("{path}/undo"), &[]));
    until("they are as before", || ada.get(&path).text().contains("Set back for 250 contacts"));
    assert_eq!(plan(&mut client, "c499"), "free");
    let file = ada.submit("/chosen/contacts.csv", &[("list", "col=attribute.half"), ("id", "c007"), ("id", "c004")]);
    assert_eq!(file.text(), "id,attribute.half\nc007,1\nc004,0\n");
    let file = ada.submit("/chosen/contacts.csv", &[("list", list), ("all", "yes")]);
    assert_eq!(file.text().lines().count(), 251);
    is_page(&ada.submit("/chosen/contacts", &[("act", "set")]), 422, "Choose at least one contact");
    assert_eq!(ada.submit("/chosen/contacts.csv", &[("list", "")]).status, 422);
    service.stop();
}

#[test]
fn no_more_are_chosen_than_may_be() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = service.client(&place.key("all", "admin"));
    for hundreds in 0..11 {
        let contact = |n: usize| json!({"id": format!("c{:05}", hundreds * 1000 + n)});
        client.post("/v1/contacts", &(0..1000).map(contact).collect::<Vec<_>>().into());
    }
    let path = led(&ada.submit("/chosen/contacts", &[("list", "sort=id"), ("all", "yes"), ("act", "set")]));
    until("they are found", || ada.get(&path).text().contains("Set an attribute of 10,000 contacts"));
    is_page(&ada.get(&path), 200, "These are the first 10,000 in the order of the");
    is_page(&ada.get(&format!("{path}?name=plan&value=gold&from=2020-01-01")), 200, "of the first 2,000");
    is_page(&ada.get(&format!("{path}?name=plan&value=gold&from=2020-01-01")), 200, "that is not set back");
    let long = "x".repeat(9000);
    is_page(&ada.submit("/chosen/contacts", &[("list", &long), ("all", "yes")]), 422, "leave some of the filters out");
    service.stop();
}

#[test]
fn two_who_were_chosen_are_merged() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = three(&place, &service);
    let three = [("id", "ada"), ("id", "bo"), ("id", "eva"), ("act", "merge")];
    is_page(&ada.submit("/chosen/contacts", &three), 422, "exactly two");
    let path = led(&ada.submit("/chosen/contacts", &[("id", "bo"), ("id", "eva"), ("act", "merge")]));
    let page = is_page(&ada.get(&path), 200, "Are these two the same person?");
    assert!(page.contains("name=\"survivor\" value=\"eva\"") && page.contains("<td>free</td>"), "{page}");
    let both = [("one", "bo"), ("other", "eva")];
    is_page(&ada.submit("/chosen/merge", &both), 422, "Say which of the two stays");
    let done = ada.submit("/chosen/merge", &[both[0], both[1], ("survivor", "eva")]);
    assert_eq!(led(&done), "/contacts/eva?done=merged");
    assert_eq!(client.get("/v1/contacts/bo")["id"], "eva");
    assert_eq!(led(&ada.get(&path)), "/contacts/eva");
    service.stop();
}

#[test]
fn several_are_erased_once_that_is_sure() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = three(&place, &service);
    // Somebody else has them chosen meanwhile, for something else.
    let other = led(&ada.submit("/chosen/contacts", &[("id", "bo"), ("id", "ada"), ("act", "set")]));
    let path = led(&ada.submit("/chosen/contacts", &[("id", "bo"), ("id", "eva"), ("act", "erase")]));
    is_page(&ada.get(&path), 200, "It cannot be undone");
    is_page(&ada.submit(&path, &[("sure", "erase 3")]), 422, "nobody was erased");
    led(&ada.submit(&path, &[("sure", "erase 2")]));
    until("they are erased", || ada.get(&path).text().contains("2 contacts erased:"));
    client.ask("GET", "/v1/contacts/bo", &[], "").must(404);
    assert_eq!(client.get("/v1/contacts/ada")["id"], "ada");
    let answer = client.post("/v1/contacts", &json!({"id": "eva", "attributes": {"plan": "gold"}}));
    assert_eq!(answer["refused"][0]["code"], "erased");
    for path in [&path, &other] {
        let page = ada.get(path).text();
        assert!(!page.contains("BO") && !page.contains("EVA"), "{page}");
    }
    is_page(&ada.get("/settings/audit"), 200, "Erased several contacts");
    // A number that is written down has no commas, however many there are.
    let many: Vec<Json> = (0..1_001).map(|at| json!({"id": format!("m{at}")})).collect();
    client.post("/v1/contacts", &json!(many));
    let path = led(&ada.submit("/chosen/contacts", &[("list", "q=m"), ("all", "yes"), ("act", "erase")]));
    until("all are found", || ada.get(&path).text().contains("<code>erase 1001</code>"));
    is_page(&ada.submit(&path, &[("sure", "erase 1,001")]), 422, "nobody was erased");
    let nothing = ada.submit(&format!("{path}/undo"), &[]);
    assert_eq!(led(&nothing), path);
    place.verify();
    service.stop();
}

#[test]
fn who_may_not_change_does_not() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "viewer", "a needle in the sand");
    let mut eva = Browser::invited(&service, &mut ada, "eva@example.org", "editor", "a needle in the sand");
    three(&place, &service);
    let page = is_page(&bo.get("/contacts"), 200, ">Export</button>");
    assert!(!page.contains("Set attribute") && !page.contains("Erase …"), "{page}");
    assert!(!eva.get("/contacts").text().contains("Erase …"));
    assert_eq!(bo.submit("/chosen/contacts.csv", &[("list", ""), ("id", "ada")]).status, 200);
    is_page(&bo.submit("/chosen/contacts", &[("id", "ada"), ("act", "set")]), 403, "needs the role `editor`");
    is_page(&eva.submit("/chosen/contacts", &[("id", "ada"), ("act", "erase")]), 403, "needs the role `admin`");
    let path = led(&ada.submit("/chosen/contacts", &[("id", "ada"), ("act", "erase")]));
    is_page(&eva.get(&path), 403, "needs the role `admin`");
    is_page(&eva.submit(&path, &[("sure", "erase 1")]), 403, "needs the role `admin`");
    is_page(&eva.get("/chosen/none"), 404, "not kept any more");
    service.stop();
}
