//! Tracking SDKs as they are published, installed below `target` for the tests of the live service.

use std::fs;

use crate::python::{environment, strict};
use crate::run::{run, works};

/// Where their packages are named.
const NAMED: &str = "crates/fervor/tests/sdk";

/// Whether the SDKs of Node and of Python are there; what is missing is installed. Where nothing may be skipped, they
/// must be.
pub(crate) fn install() -> anyhow::Result<bool> {
    // Two of them want different releases of one library.
    let python = environment("sdk-python", &format!("-r {NAMED}/requirements.txt"))?;
    let old = environment("sdk-python-old", &format!("-r {NAMED}/requirements-old.txt"))?;
    match node() {
        Err(error) if strict() => Err(error),
        done => Ok(done.is_ok() && python && old),
    }
}

/// Debian's Node is installed where that is allowed.
pub(crate) fn has_npm() -> anyhow::Result<()> {
    const INSTALL: &str = "apt-get install --quiet --yes --no-install-recommends nodejs npm";
    if !works("npm --version") && works("apt-get --version") {
        // Only root may; whether it was is seen below.
        let _seen = run(INSTALL, &[]);
    }
    anyhow::ensure!(works("npm --version"), "packages of Node need npm: {INSTALL}");
    Ok(())
}

fn node() -> anyhow::Result<()> {
    has_npm()?;
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let folder = format!("{root}/target/sdk");
    fs::create_dir_all(&folder)?;
    fs::copy(format!("{root}/{NAMED}/package.json"), format!("{folder}/package.json"))?;
    // Nothing is asked of the registry if all of them are there.
    if works("npm ls --prefix target/sdk") {
        return Ok(());
    }
    run("npm install --prefix target/sdk --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel error", &[])
}
