//! All tests, and all that is checked without running.

use crate::python::{self, Left};
use crate::run::{run, say, works};
use crate::sdk;

/// Runs every test: by nextest where it is installed, else by cargo itself.
pub(crate) fn test() -> anyhow::Result<()> {
    // The server that stands in for an object store.
    let object_stores = python::environment("s3", "moto[server]==5.2.5")?;
    let sdks = sdk::install()?;
    if works("cargo nextest --version") {
        run("cargo nextest run --workspace --all-features --no-fail-fast", &[])?;
    } else {
        say("note: cargo-nextest is not installed (cargo install cargo-nextest --locked); using cargo test");
        run("cargo test --workspace --all-features --no-fail-fast --quiet", &[])?;
    }
    let left = python::test()?;
    if object_stores && sdks && matches!(left, Left::Nothing) {
        say("skipped: nothing");
    }
    if !object_stores {
        say("skipped: object stores (crates/fervor/tests/it/s3.rs), whose server could not be installed from PyPI");
    }
    if !sdks {
        say(
            "skipped: tracking SDKs (crates/fervor/tests/it/serve/sdk.rs), which could not be installed from npm and PyPI",
        );
    }
    match left {
        Left::Nothing => {}
        Left::Spark => say("skipped: the cluster of Spark (crates/python/tests/test_spark.py), as there is no Java 17"),
        Left::All => say("skipped: the wheel (crates/python/tests), whose libraries could not be installed from PyPI"),
    }
    Ok(())
}

/// Formatting, lints and documentation.
pub(crate) fn check() -> anyhow::Result<()> {
    run("cargo fmt --all --check", &[])?;
    run("cargo clippy --workspace --all-targets --all-features --quiet -- -D warnings", &[])?;
    let deny = [("RUSTDOCFLAGS", "-D warnings")];
    run("cargo doc --workspace --all-features --no-deps --document-private-items --quiet", &deny)
}
