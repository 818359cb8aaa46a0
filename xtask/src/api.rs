//! Those who judge the description of the service, below `target`.

use crate::python;
use crate::run::{run, works};

/// A linter of descriptions, from npm.
const SPECTRAL: &str = "@stoplight/spectral-cli@6.16.3";
/// A tester of services by their description, from PyPI.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// What is missing of those who judge, by what their tests are called. Where nothing may be skipped, nothing is.
pub(crate) fn missing() -> anyhow::Result<Vec<&'static str>> {
    let mut missing = Vec::new();
    if !spectral()? {
        missing.push("the lint of the description of the service, whose linter could not be installed from npm");
    }
    if !python::environment("schemathesis", SCHEMATHESIS)? {
        missing.push("the service against its description, whose tester could not be installed from PyPI");
    }
    Ok(missing)
}

fn spectral() -> anyhow::Result<bool> {
    // Nothing is asked of npm if it is there.
    if works(&format!("npm ls --prefix target/api {SPECTRAL}")) {
        return Ok(true);
    }
    std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/api"))?;
    let install = format!("npm install --prefix target/api --no-fund --no-audit --ignore-scripts --silent {SPECTRAL}");
    match run(&install, &[]) {
        Err(error) if python::strict() => Err(error),
        done => Ok(done.is_ok()),
    }
}
