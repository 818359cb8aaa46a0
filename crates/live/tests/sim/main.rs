//! One seed makes an organisation and what happens to it. A naive bookkeeping beside the service says what every
//! answer should be; after every answer the contacts stand as the reference evaluator says, and once it is quiet
//! everybody does.

mod compare;
mod play;
mod shadow;
mod words;

use play::{Play, play};

fn on_sqlite(what: Play) {
    let folder = tempfile::tempdir().unwrap();
    play(folder.path().join("sim.db").to_str().unwrap(), what);
}

/// A number given from outside, or another one.
fn given(name: &str, otherwise: u64) -> u64 {
    std::env::var_os(name).map_or(otherwise, |text| text.to_str().unwrap().parse().unwrap())
}

#[test]
fn everybody_stands_as_the_shadow_says_on_sqlite() {
    for seed in 0..20 {
        on_sqlite(Play { seed, steps: 100, fails: false });
    }
}

#[test]
fn nothing_is_lost_or_done_twice_wherever_the_database_fails() {
    for seed in 1000..1020 {
        on_sqlite(Play { seed, steps: 100, fails: true });
    }
}

/// Replays a seed that failed: those from 1000 on are the ones with failures.
#[test]
fn one_seed() {
    let seed = given("FERVOR_SEED", 0);
    on_sqlite(Play { seed, steps: usize::try_from(given("FERVOR_STEPS", 100)).unwrap(), fails: seed >= 1000 });
}

#[test]
fn everybody_stands_as_the_shadow_says_on_postgresql() {
    let Some(server) = store::testing::Server::start() else { return };
    for seed in [100, 101, 102, 1100, 1101, 1102] {
        play(&server.database(&format!("sim{seed}")), Play { seed, steps: 100, fails: seed >= 1000 });
    }
}
