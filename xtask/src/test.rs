//! All tests, and all that is checked without running.

use crate::run::{run, say, works};

/// Runs every test: by nextest where it is installed, else by cargo itself.
pub(crate) fn test() -> anyhow::Result<()> {
    let object_stores = object_store_server()?;
    if works("cargo nextest --version") {
        run("cargo nextest run --workspace --all-features --no-fail-fast", &[])?;
    } else {
        say("note: cargo-nextest is not installed (cargo install cargo-nextest --locked); using cargo test");
        run("cargo test --workspace --all-features --no-fail-fast --quiet", &[])?;
    }
    match object_stores {
        true => say("skipped: nothing"),
        false => {
            say("skipped: object stores (crates/fervor/tests/it/s3.rs), whose server could not be installed from PyPI")
        }
    }
    Ok(())
}

/// Whether there is a server for the tests of object stores; it is installed once, below `target`.
/// Where nothing may be skipped, on a build server or with `FERVOR_STRICT`, it must be there.
fn object_store_server() -> anyhow::Result<bool> {
    const SERVER: &str = "target/s3/bin/moto_server --help";
    if works(SERVER) {
        return Ok(true);
    }
    let install = || {
        run("python3 -m venv target/s3", &[])?;
        run("target/s3/bin/pip install --quiet --disable-pip-version-check moto[server]==5.2.5", &[])
    };
    let strict = ["CI", "FERVOR_STRICT"].iter().any(|name| std::env::var_os(name).is_some());
    match install() {
        Err(error) if strict => Err(error),
        _ => Ok(works(SERVER)),
    }
}

/// Formatting, lints and documentation.
pub(crate) fn check() -> anyhow::Result<()> {
    run("cargo fmt --all --check", &[])?;
    run("cargo clippy --workspace --all-targets --all-features --quiet -- -D warnings", &[])?;
    let deny = [("RUSTDOCFLAGS", "-D warnings")];
    run("cargo doc --workspace --all-features --no-deps --document-private-items --quiet", &deny)
}
