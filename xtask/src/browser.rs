//! A real browser for the tests of pages, and what drives it.

use std::fs;
use std::path::Path;

use crate::python::strict;
use crate::run::{run, works};
use crate::sdk::has_npm;

/// Where the packages are named that drive it.
const NAMED: &str = "crates/fervor/tests/browser/package.json";

/// Whether Chromium and the packages are there; what is missing is installed. Where nothing may be skipped, they must
/// be.
pub(crate) fn install() -> anyhow::Result<bool> {
    match chromium().and_then(|()| packages()) {
        Err(error) if strict() => Err(error),
        done => Ok(done.is_ok()),
    }
}

/// Debian's Chromium is installed where that is allowed.
fn chromium() -> anyhow::Result<()> {
    const INSTALL: &str = "apt-get install --quiet --yes --no-install-recommends chromium";
    let is_there = || ["chromium", "chromium-browser", "google-chrome"].iter().any(|name| in_bin(name));
    if !is_there() && works("apt-get --version") {
        // Only root may; whether it was is seen below.
        let _seen = run(INSTALL, &[]);
    }
    anyhow::ensure!(is_there(), "the tests of pages need Chromium: {INSTALL}");
    Ok(())
}

fn in_bin(name: &str) -> bool {
    Path::new("/usr/bin").join(name).exists()
}

fn packages() -> anyhow::Result<()> {
    has_npm()?;
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let folder = format!("{root}/target/browser");
    fs::create_dir_all(&folder)?;
    fs::copy(format!("{root}/{NAMED}"), format!("{folder}/package.json"))?;
    // Nothing is asked of the registry if all of them are there.
    if works("npm ls --prefix target/browser") {
        return Ok(());
    }
    let install = "npm install --prefix target/browser --no-package-lock --ignore-scripts --no-audit --no-fund \
                   --loglevel error";
    run(install, &[])
}
