//! All tests, and all that is checked without running.

use crate::run::{run, say, works};

/// Runs every test: by nextest where it is installed, else by cargo itself.
pub(crate) fn test() -> anyhow::Result<()> {
    if works("cargo nextest --version") {
        run("cargo nextest run --workspace --all-features --no-fail-fast", &[])?;
    } else {
        say("note: cargo-nextest is not installed (cargo install cargo-nextest --locked); using cargo test");
        run("cargo test --workspace --all-features --no-fail-fast --quiet", &[])?;
    }
    say("skipped: nothing");
    Ok(())
}

/// Formatting, lints and documentation.
pub(crate) fn check() -> anyhow::Result<()> {
    run("cargo fmt --all --check", &[])?;
    run("cargo clippy --workspace --all-targets --all-features --quiet -- -D warnings", &[])?;
    let deny = [("RUSTDOCFLAGS", "-D warnings")];
    run("cargo doc --workspace --all-features --no-deps --document-private-items --quiet", &deny)
}
