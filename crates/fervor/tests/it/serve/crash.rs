//! The process is killed at any moment, and what was answered for is there.

use std::time::{Duration, Instant};

use rules::testing::Dice;

use super::harness::Place;
use super::load::{Load, Plan, Told, answered, check};

/// So often the process is killed.
const ROUNDS: usize = 20;

#[test]
fn a_killed_process_loses_nothing() {
    killed(&Place::file());
}

#[test]
fn a_killed_process_loses_nothing_on_a_server() {
    let Some(server) = Place::server() else { return };
    killed(&server);
}

fn killed(place: &Place) {
    let key = place.key("load", "ingest,read");
    let mut dice = Dice::new(7);
    let mut last: Vec<Told> = Vec::new();
    let (mut answered_for, mut broken) = (0, 0);
    for round in 0..ROUNDS {
        let begun = Instant::now();
        let service = place.serve();
        assert!(begun.elapsed() < Duration::from_secs(10), "it began after {:?}", begun.elapsed());
        check(&mut service.client(&key), &last);
        let (name, addresses) = (format!("r{round}"), [service.address.as_str()]);
        let plan = Plan { name: &name, addresses: &addresses, key: &key, clients: 4, contacts: 25, seed: round as u64 };
        let load = Load::start(&plan);
        std::thread::sleep(Duration::from_millis(50 + dice.below(450) as u64));
        service.is_calm();
        service.kill();
        last = load.stop();
        answered_for += answered(&last, Some(200));
        broken += answered(&last, None);
    }
    let service = place.serve();
    check(&mut service.client(&key), &last);
    place.verify();
    service.stop();
    // It has been hit while it worked.
    assert!(answered_for > 10 * ROUNDS && broken >= ROUNDS, "{answered_for} and {broken}");
}
