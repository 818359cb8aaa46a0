//! Two processes on one database, of which one is killed.

use std::time::Duration;

use serde_json::json;

use super::harness::{MODEL, Place, points, until};
use super::load::{Load, Plan, answered, check};

#[test]
fn two_work_on_one_database_and_one_is_killed() {
    let Some(place) = Place::server() else { return };
    let one = place.serve();
    let other = place.serve();
    let key = place.key("load", "admin");
    let mut client = other.client(&key);
    let visit = |at: usize| json!({"contact": format!("c{at}"), "type": "visit", "account": format!("a{}", at % 7)});
    for step in 0..4 {
        client.post("/v1/activities", &(step * 1000..step * 1000 + 1000).map(visit).collect());
    }
    // One of them does what follows, for both.
    let looked_at = |service: &super::harness::Service| {
        let told = service.client(&key).ask("GET", "/metrics", &[], "").text();
        let line = told.lines().find_map(|line| line.strip_prefix("fervor_looked_at_total "));
        (line.unwrap().parse::<u64>().unwrap(), told.contains("\nfervor_to_follow 0\n"))
    };
    until("it was followed", || looked_at(&one).1);
    assert!(looked_at(&one).0 > 0 && looked_at(&other).0 == 0, "{:?} {:?}", looked_at(&one), looked_at(&other));
    let first_address = one.address.clone();
    let addresses = [first_address.as_str(), other.address.as_str()];
    let plan = Plan { name: "before", addresses: &addresses, key: &key, clients: 4, contacts: 300, seed: 5 };
    let load = Load::start(&plan);
    std::thread::sleep(Duration::from_secs(1));
    one.is_calm();
    // The one begins to publish, and is killed while everybody is being scored.
    let doubled = MODEL.replace("points = 5", "points = 10");
    let mut first = one.client(&key);
    first.ask("PUT", "/v1/model/draft", &[], &doubled).must(200);
    let version = first.ask("POST", "/v1/model/publish", &[], "").must(202)["version"].clone();
    until("some are scored", || {
        let publishing = client.get("/v1/model")["publishing"].clone();
        publishing.is_null() || publishing["done"].as_u64().unwrap() > 0
    });
    let is_under_way = !client.get("/v1/model")["publishing"].is_null();
    one.kill();
    assert!(is_under_way, "it was published before it could be killed");
    until("the other has published it", || client.get(&format!("/v1/model/versions/{version}"))["state"] == "in_force");
    assert_eq!(points(&mut client, "/v1/contacts/c3999", "engagement"), 10);
    let told = load.stop();
    assert!(answered(&told, Some(200)) > 20 && answered(&told, None) > 0);
    check(&mut client, &told);
    // A third takes the place of the first, and both go on.
    let third = place.serve_with(&[]);
    let addresses = [third.address.as_str(), other.address.as_str()];
    let load = Load::start(&Plan { name: "after", addresses: &addresses, seed: 6, ..plan });
    std::thread::sleep(Duration::from_secs(1));
    let told = load.stop();
    assert_eq!(answered(&told, None), 0);
    check(&mut third.client(&key), &told);
    place.verify();
    // Both know where everybody stands among the others.
    until("both say the same", || {
        let upper = |client: &mut super::http::Client| client.get("/v1/contacts/after-c1")["scores"]["group"].clone();
        let (mut one, mut two) = (upper(&mut client), upper(&mut third.client(&key)));
        for told in [&mut one, &mut two] {
            told.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_at"));
        }
        assert!(one["percentile"].is_number() && one["band"].is_string(), "{one}");
        one == two
    });
    third.stop();
    other.stop();
}
