//! Lists come in pages in which everything is seen once, in the order that was asked for.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::harness::{Place, pages, until};

fn texts<'a>(items: &'a [Json], name: &str) -> Vec<&'a str> {
    items.iter().map(|item| item[name].as_str().unwrap()).collect()
}

#[test]
fn pages_show_everything_once() {
    lists(&Place::file());
}

#[test]
fn pages_show_everything_once_on_a_server() {
    let Some(server) = Place::server() else { return };
    lists(&server);
}

fn lists(place: &Place) {
    let service = place.serve();
    let mut client = service.client(&place.key("all", "ingest,read,admin"));
    // Forty contacts, four for each number of points: many are equal. Ten more have no points, ten no score.
    let gifts = (0..40).map(|at| json!({"contact": format!("c{at:02}"), "type": "gift", "value": at % 10 * 7 + 1}));
    client.post("/v1/activities", &gifts.collect());
    let known = (40..50).map(|at| json!({"id": format!("c{at:02}"), "attributes": {"plan": "gold"}}));
    client.post("/v1/contacts", &known.collect());
    for (limit, count) in [(7, 8), (10, 5), (50, 1), (1, 50)] {
        let (all, seen) = pages(&mut client, &format!("/v1/contacts?limit={limit}"));
        assert_eq!(texts(&all, "id"), (0..50).map(|at| format!("c{at:02}")).collect::<Vec<_>>());
        assert_eq!(seen, count, "{limit}");
    }
    let units = |item: &Json| item["scores"]["engagement"]["points"].as_i64();
    for (sort, limit) in [("score.engagement", 7), ("-score.engagement", 7), ("-score.engagement", 50)] {
        let (all, _) = pages(&mut client, &format!("/v1/contacts?sort={sort}&limit={limit}"));
        let ids: BTreeSet<&str> = texts(&all, "id").into_iter().collect();
        assert_eq!((ids.len(), all.len()), (50, 50), "{sort}");
        let mut found: Vec<i64> = all.iter().map(|item| units(item).unwrap()).collect();
        if sort.starts_with('-') {
            found.reverse();
        }
        assert!(found.is_sorted(), "{sort}: {found:?}");
    }
    // Values 50, 57 and 64 of four contacts each are Hot; those with the plan have nothing.
    let (hot, _) =
        pages(&mut client, "/v1/contacts?where=band.engagement+%3D+%27Hot%27&limit=5&sort=-score.engagement");
    assert_eq!(
        hot.iter().map(|item| units(item).unwrap()).collect::<Vec<_>>(),
        [64, 64, 64, 64, 57, 57, 57, 57, 50, 50, 50, 50]
    );
    let (gold, _) = pages(&mut client, "/v1/contacts?where=contact.plan+%3D+%27gold%27&limit=3");
    assert_eq!(texts(&gold, "id"), (40..50).map(|at| format!("c{at:02}")).collect::<Vec<_>>());
    // By an attribute that was chosen it is the same.
    let chosen = client
        .ask("PUT", "/v1/indexed", &[("content-type", "application/json")], r#"{"names": ["contact.plan"]}"#)
        .must(200);
    assert_eq!(chosen["items"][0]["name"], "contact.plan");
    until("the attribute is ready", || client.get("/v1/indexed")["items"][0]["is_ready"] == true);
    let (again, seen) = pages(&mut client, "/v1/contacts?where=contact.plan+%3D+%27gold%27&limit=3");
    assert_eq!((texts(&again, "id"), seen), (texts(&gold, "id"), 4));
    client.post("/v1/contacts", &json!({"id": "c41", "attributes": {"plan": "basic"}}));
    let (left, _) = pages(&mut client, "/v1/contacts?where=contact.plan+IN+(%27gold%27)&sort=-score.engagement");
    assert_eq!(left.len(), 9);
    // Half of fifty are above the middle, once everybody was counted.
    let upper = "/v1/contacts?where=band.group+%3D+%27Upper%27&limit=9";
    until("half are in the upper group", || pages(&mut client, upper).0.len() == 24);
    one_contact(&mut client);
    place.verify();
    service.stop();
}

/// The activities and the history of one contact, many of them at one moment.
fn one_contact(client: &mut super::http::Client) {
    for at in 0..23 {
        let (id, day) = (format!("v{at}"), at / 5 + 1);
        let visit =
            json!({"contact": "ada", "type": "visit", "id": id, "occurred_at": format!("2026-05-0{day}T10:00:00Z")});
        assert_eq!(client.post("/v1/activities", &visit)["accepted"], 1);
    }
    for limit in [1, 5, 23, 100] {
        let (all, _) = pages(client, &format!("/v1/contacts/ada/activities?limit={limit}"));
        let ids: BTreeSet<&str> = texts(&all, "id").into_iter().collect();
        assert_eq!((ids.len(), all.len()), (23, 23), "{limit}");
        assert!(texts(&all, "occurred_at").is_sorted_by(|one, next| one >= next));
        let (all, _) = pages(client, &format!("/v1/contacts/ada/history?limit={limit}"));
        let points: Vec<i64> = all
            .iter()
            .filter(|change| change["score"] == "engagement")
            .map(|change| change["points"].as_i64().unwrap())
            .collect();
        // 115, 110, ... 5: the latest first, each once.
        assert_eq!(points, (1..=23).rev().map(|visits| visits * 5).collect::<Vec<_>>(), "{limit}");
    }
}
