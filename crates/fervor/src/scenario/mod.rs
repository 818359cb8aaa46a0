//! Scenario files: a dated script of facts and expectations that pins what a model means.
//!
//! The flow is `lines -> parse -> statements -> run`, one statement after the other.

mod expect;
mod parse;
mod run;

use std::path::Path;

use crate::cli::check;

pub(crate) use run::Outcome;

/// Runs one file; the outcome lists every expectation that was not met.
pub(crate) fn run_file(path: &Path) -> anyhow::Result<Outcome> {
    let text = check::text(path, "scenario file", "fervor test scenarios.txt")?;
    Ok(run::run(text.strip_prefix('\u{feff}').unwrap_or(&text), path))
}
