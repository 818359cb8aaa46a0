//! The database goes away and comes back, and the service with it, by itself.

use std::time::Duration;

use super::harness::{Place, until, within};
use super::http::Client;
use super::load::{Load, Plan, answered, check};

#[test]
fn a_server_that_is_stopped_and_started_again() {
    let Some(mut place) = Place::server() else { return };
    let service = place.serve();
    let key = place.key("load", "ingest,read");
    let addresses = [service.address.as_str()];
    let plan = Plan { name: "o", addresses: &addresses, key: &key, clients: 4, contacts: 300, seed: 3 };
    let mut client = service.client(&key);
    for round in 0..3 {
        let name = format!("o{round}");
        let load = Load::start(&Plan { name: &name, seed: round, ..plan.clone() });
        // Work is under way.
        let before = accepted(&mut client);
        until("something is stored", || accepted(&mut client) > before + 20);
        place.server.as_mut().unwrap().stop();
        let patience = Duration::from_secs(15);
        within(patience, "it says that it cannot be asked", &mut || {
            let reply = client.ask("GET", "/readyz", &[], "");
            if reply.status == 503 {
                assert_eq!(reply.header("content-type"), Some("application/problem+json"));
                assert!(reply.header("retry-after").is_some());
                let problem = reply.json();
                assert_eq!(problem["code"], "unavailable");
            }
            reply.status == 503
        });
        assert_eq!(client.ask("GET", "/healthz", &[], "").status, 200);
        // Longer than keys are believed in without a look at the database.
        std::thread::sleep(Duration::from_millis(if round == 0 { 6000 } else { 500 }));
        place.server.as_mut().unwrap().resume();
        within(patience, "it can be asked again", &mut || client.ask("GET", "/readyz", &[], "").status == 200);
        let taken = client.ask(
            "POST",
            "/v1/activities",
            &[],
            format!("{{\"contact\": \"after-{name}\", \"type\": \"visit\"}}"),
        );
        assert_eq!(taken.status, 200, "{}", taken.text());
        std::thread::sleep(Duration::from_millis(300));
        let told = load.stop();
        assert!(answered(&told, Some(200)) > 10 && answered(&told, Some(503)) > 0, "round {round}");
        assert_eq!(answered(&told, None), 0);
        let longest = told.iter().map(|told| told.longest).max().unwrap_or_default();
        assert!(longest < Duration::from_secs(20), "{longest:?}");
        check(&mut client, &told);
    }
    assert!(!service.log().contains("panicked"), "{}", service.log());
    place.verify();
    service.terminate();
}

/// How many activities were accepted since the service began.
fn accepted(client: &mut Client) -> u64 {
    let metrics = client.ask("GET", "/metrics", &[], "").text();
    let line = metrics.lines().find_map(|line| line.strip_prefix("fervor_accepted_total "));
    line.unwrap().parse().unwrap()
}
