//! What runs for as long as one likes: the coverage-guided fuzzers, and the kernel against the reference.

use anyhow::Context as _;

use crate::run::{run, say, works};

/// Runs each target for so many seconds. They need cargo-fuzz, which is installed if missing.
pub(crate) fn fuzz(seconds: u32) -> anyhow::Result<()> {
    if !works("cargo fuzz --version") {
        say("note: cargo-fuzz is missing; installing it");
        run("cargo install cargo-fuzz --locked", &[])?;
    }
    for target in ["model", "condition"] {
        // The sanitizers are unstable options, which the stable compiler takes only when told so.
        let line = format!("cargo fuzz run {target} -- -max_total_time={seconds} -max_len=4096 -timeout=10");
        run(&line, &[("RUSTC_BOOTSTRAP", "1")])?;
    }
    Ok(())
}

/// Compares the kernel with the reference evaluator on random cases, from a seed on, for so many seconds.
pub(crate) fn soak(seed: &str, seconds: &str) -> anyhow::Result<()> {
    for (what, number) in [("seed", seed), ("number of seconds", seconds)] {
        number.parse::<u64>().with_context(|| format!("`{number}` is not a {what}"))?;
    }
    run(&format!("cargo run --release --package batch --example soak -- {seed} {seconds}"), &[])
}
