//! An import is undone: what it brought goes, unless somebody else has said the same.

use serde_json::{Value as Json, json};

use super::super::browser::Browser;
use super::super::harness::{Place, points, until};
use super::super::http::Client;
use super::super::pages::is_page;

const TWO: &str = "id,contact,type,occurred_at\n1,ada,visit,2026-03-14T10:00:00Z\n2,bo,visit,2026-03-15T10:00:00Z\n";

fn import(client: &mut Client, csv: &str) -> Json {
    let made = client.ask("POST", "/v1/imports?kind=activities", &[("content-type", "text/csv")], csv).must(202);
    let path = format!("/v1/imports/{}", made["id"].as_str().unwrap());
    let mut job = Json::Null;
    until("it is imported", || {
        job = client.get(&path);
        job["state"] == "done"
    });
    job
}

/// Undoes an import, and says how many activities went and stayed.
#[track_caller]
fn undo(client: &mut Client, job: &Json) -> (Json, Json) {
    let path = format!("/v1/imports/{}", job["id"].as_str().unwrap());
    let asked = client.ask("POST", &format!("{path}/undo"), &[], "").must(202);
    assert_eq!(asked["undo"]["state"], "waiting");
    let mut job = Json::Null;
    until("it is undone", || {
        job = client.get(&path);
        job["undo"]["state"] == "done"
    });
    (job["undo"]["removed"].clone(), job["undo"]["kept"].clone())
}

fn of_ada_and_bo(client: &mut Client) -> (Json, Json) {
    (points(client, "/v1/contacts/ada", "engagement"), points(client, "/v1/contacts/bo", "engagement"))
}

#[test]
fn what_nobody_else_has_said_goes() {
    for place in [Some(Place::file()), Place::server()].into_iter().flatten() {
        let service = place.serve();
        let mut client = service.client(&place.key("all", "admin"));
        // Both exist by themselves, and not by what they do alone.
        client.post("/v1/contacts", &json!([{"id": "ada"}, {"id": "bo"}]));
        let first = import(&mut client, TWO);
        assert_eq!(of_ada_and_bo(&mut client), (json!(5), json!(5)));
        // Another import has what `ada` did and more, and the API what `bo` did.
        let second =
            "id,contact,type,occurred_at\n1,ada,visit,2026-03-14T10:00:00Z\n3,ada,visit,2026-03-16T10:00:00Z\n";
        let second = import(&mut client, second);
        assert_eq!((&second["accepted"], &second["duplicates"]), (&json!(1), &json!(1)));
        let again = json!({"id": "2", "contact": "bo", "type": "visit", "occurred_at": "2026-03-15T10:00:00Z"});
        assert_eq!(client.post("/v1/activities", &again)["duplicates"], 1);
        // What the API has said is no import's any more, and stays without being counted.
        assert_eq!(undo(&mut client, &first), (json!(0), json!(1)));
        assert_eq!(of_ada_and_bo(&mut client), (json!(10), json!(5)));
        // Nobody else has said it any more than those who were undone.
        assert_eq!(undo(&mut client, &second), (json!(2), json!(0)));
        assert_eq!(of_ada_and_bo(&mut client), (json!(0), json!(5)));
        place.verify();
        // The file can be imported again, and what was said over the API is known.
        let third = import(&mut client, TWO);
        assert_eq!((&third["accepted"], &third["duplicates"]), (&json!(1), &json!(1)));
        assert_eq!(undo(&mut client, &third), (json!(1), json!(0)));
        assert_eq!(of_ada_and_bo(&mut client), (json!(0), json!(5)));
        place.verify();
        service.stop();
    }
}

#[test]
fn what_people_have_decided_stays() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("all", "admin"));
    let job = import(&mut client, TWO);
    client.post("/v1/activities/retract", &json!({"contact": "ada", "id": "1"}));
    assert_eq!(undo(&mut client, &job), (json!(1), json!(0)));
    // Whoever existed by what it did alone is not there any more.
    assert_eq!(client.get("/v1/contacts/bo")["scores"], json!({}));
    assert_eq!(client.get("/v1/contacts?limit=10")["items"], json!([]));
    // What never happened is not imported again.
    assert_eq!(import(&mut client, TWO)["duplicates"], 1);
    service.stop();
}

#[test]
fn it_is_undone_once_and_by_whom_it_may_be() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = service.client(&place.key("all", "admin"));
    let job = import(&mut client, TWO);
    let path = format!("/imports/{}", job["id"].as_str().unwrap());
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "viewer", "a needle in the sand");
    assert!(!is_page(&bo.get(&path), 200, "Done").contains("/undo"));
    assert_eq!(bo.submit(&format!("{path}/undo"), &[]).status, 403);
    is_page(&ada.get(&path), 200, "Undo this import");
    let told = ada.submit(&format!("{path}/undo"), &[]);
    assert_eq!(told.header("location"), Some(&*path));
    let mut page = String::new();
    until("it is undone", || {
        page = ada.get(&path).text();
        page.contains("Undone: 2 activities are not there any more")
    });
    assert!(!page.contains("Undo this import"), "{page}");
    is_page(&ada.submit(&format!("{path}/undo"), &[]), 409, "undone already");
    is_page(&ada.get("/imports"), 200, "Undone");
    is_page(&ada.get("/settings/audit"), 200, "Undid an import");
    let tried =
        client.ask("POST", "/v1/imports?kind=contacts&dry_run=true", &[("content-type", "text/csv")], "id\n1\n");
    let tried = format!("/v1/imports/{}", tried.must(202)["id"].as_str().unwrap());
    assert_eq!(client.ask("POST", &format!("{tried}/undo"), &[], "").status, 409);
    assert_eq!(client.ask("POST", "/v1/imports/0/undo", &[], "").status, 404);
    service.stop();
}
