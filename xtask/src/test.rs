//! All tests, and all that is checked without running.

use crate::api;
use crate::browser;
use crate::python::{self, Left};
use crate::run::{run, say, works};
use crate::sdk;

/// Runs every test: by nextest where it is installed, else by cargo itself.
pub(crate) fn test() -> anyhow::Result<()> {
    // The server that stands in for an object store.
    let object_stores = python::environment("s3", "moto[server]==5.2.5")?;
    let postgres = has_postgres()?;
    let sdks = sdk::install()?;
    let browser = browser::install()?;
    let judges = api::missing()?;
    if works("cargo nextest --version") {
        run("cargo nextest run --workspace --all-features --no-fail-fast", &[])?;
    } else {
        say("note: cargo-nextest is not installed (cargo install cargo-nextest --locked); using cargo test");
        run("cargo test --workspace --all-features --no-fail-fast --quiet", &[])?;
    }
    let left = python::test()?;
    if object_stores && postgres && sdks && browser && judges.is_empty() && matches!(left, Left::Nothing) {
        say("skipped: nothing");
    }
    if !object_stores {
        say("skipped: object stores (crates/fervor/tests/it/s3.rs), whose server could not be installed from PyPI");
    }
    if !postgres {
        say("skipped: everything over PostgreSQL (crates/store, crates/live), which is not installed");
    }
    if !sdks {
        say(
            "skipped: tracking SDKs (crates/fervor/tests/it/serve/sdk.rs), which could not be installed from npm and PyPI",
        );
    }
    if !browser {
        say(
            "skipped: pages in a real browser (crates/fervor/tests/it/serve/chromium.rs), which could not be installed",
        );
    }
    for missing in judges {
        say(&format!("skipped: {missing} (crates/fervor/tests/it/openapi.rs)"));
    }
    match left {
        Left::Nothing => {}
        Left::Spark => say("skipped: the cluster of Spark (crates/python/tests/test_spark.py), as there is no Java 17"),
        Left::All => say("skipped: the wheel (crates/python/tests), whose libraries could not be installed from PyPI"),
    }
    Ok(())
}

/// Whether there is a PostgreSQL for tests to start; Debian's is installed where that is allowed. Where nothing may be
/// skipped, there must be one.
fn has_postgres() -> anyhow::Result<bool> {
    const INSTALL: &str = "apt-get install --quiet --yes --no-install-recommends postgresql";
    if !installed() && works("apt-get --version") {
        // Only root may; whether it was is seen below.
        let _seen = run(INSTALL, &[]);
    }
    match installed() {
        false if python::strict() => anyhow::bail!("tests need PostgreSQL: {INSTALL}"),
        there => Ok(there),
    }
}

/// Whether the programs of PostgreSQL are on the path, or where Debian puts them.
fn installed() -> bool {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    debian.map(|entry| entry.path().join("bin/initdb")).any(|initdb| initdb.exists()) || works("initdb --version")
}

/// Formatting, lints and documentation.
pub(crate) fn check() -> anyhow::Result<()> {
    run("cargo fmt --all --check", &[])?;
    run("cargo clippy --workspace --all-targets --all-features --quiet -- -D warnings", &[])?;
    let deny = [("RUSTDOCFLAGS", "-D warnings")];
    run("cargo doc --workspace --all-features --no-deps --document-private-items --quiet", &deny)
}
