//! Compares the kernel with the reference evaluator for as long as wanted: `cargo xtask soak`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "it ends by panicking, and tells how far it is")]

#[path = "../tests/parity/law.rs"]
mod law;

use std::time::{Duration, Instant};

/// So often it tells how far it is.
const TOLD_EVERY: u64 = 10_000;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
    let (first, seconds) = (arguments.next().unwrap(), arguments.next().unwrap());
    let start = Instant::now();
    for seed in first.. {
        if let Err(panic) = std::panic::catch_unwind(|| law::holds(seed)) {
            println!("replay: cargo xtask soak --seed {seed}");
            std::panic::resume_unwind(panic);
        }
        let cases = seed - first + 1;
        let enough = start.elapsed() >= Duration::from_secs(seconds);
        if enough || cases.is_multiple_of(TOLD_EVERY) {
            println!("{cases} cases, all equal; the last seed was {seed}");
        }
        if enough {
            break;
        }
    }
}
