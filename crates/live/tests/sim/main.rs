//! One seed makes an organisation and what happens to it. A naive bookkeeping beside the service says what every
//! answer should be; after every answer the contacts stand as the reference evaluator says, and once it is quiet
//! everybody does.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod compare;
mod play;
mod shadow;
mod together;
mod words;

use play::{Play, play};
use together::meet;

/// In memory where there is such a place: that the disk keeps what it is given is not what is tried here.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn on_sqlite(what: Play) {
    let folder = folder();
    play(folder.path().join("sim.db").to_str().unwrap(), what);
}

/// A number given from outside, or another one.
fn given(name: &str, otherwise: u64) -> u64 {
    std::env::var_os(name).map_or(otherwise, |text| text.to_str().unwrap().parse().unwrap())
}

#[test]
fn everybody_stands_as_the_shadow_says_on_sqlite() {
    for seed in (1..24).step_by(2) {
        on_sqlite(Play { seed, steps: 100, fails: false });
    }
}

#[test]
fn nothing_is_lost_or_done_twice_wherever_the_database_fails() {
    for seed in (0..24).step_by(2) {
        on_sqlite(Play { seed, steps: 100, fails: true });
    }
}

/// Replays a seed: in those that are even the database fails now and then.
#[test]
fn one_seed() {
    let seed = given("FERVOR_SEED", 0);
    on_sqlite(Play {
        seed,
        steps: usize::try_from(given("FERVOR_STEPS", 100)).unwrap(),
        fails: seed.is_multiple_of(2),
    });
}

/// As many seeds as wanted, and all that fail: `FERVOR_SEED=2000 FERVOR_SEEDS=500`.
#[test]
#[ignore = "for as long as one likes"]
fn many_seeds() {
    let (first, count) = (given("FERVOR_SEED", 2000), given("FERVOR_SEEDS", 100));
    let steps = usize::try_from(given("FERVOR_STEPS", 100)).unwrap();
    let fails = |seed: &u64| {
        let what = Play { seed: *seed, steps, fails: seed.is_multiple_of(2) };
        std::panic::catch_unwind(|| on_sqlite(what)).is_err()
    };
    let failed: Vec<u64> = (first..first + count).filter(fails).collect();
    assert_eq!(failed, Vec::<u64>::new());
}

#[test]
fn everybody_stands_as_the_shadow_says_on_postgresql() {
    let Some(server) = store::testing::Server::start() else { return };
    for seed in 100..104 {
        play(&server.database(&format!("sim{seed}")), Play { seed, steps: 100, fails: seed.is_multiple_of(2) });
    }
}

#[test]
fn nobody_is_in_the_way_of_another_on_sqlite() {
    for seed in 0..2 {
        let folder = folder();
        // Two processes on one file, each with its one writer.
        meet(folder.path().join("sim.db").to_str().unwrap(), seed, (2, 1), 40);
    }
}

#[test]
fn nobody_is_in_the_way_of_another_on_postgresql() {
    let Some(server) = store::testing::Server::start() else { return };
    for (seed, how_many) in [(10, (1, 3)), (11, (2, 2))] {
        meet(&server.database(&format!("meet{seed}")), seed, how_many, 40);
    }
}
