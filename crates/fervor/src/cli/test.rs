//! `fervor test`: scenario files, so that users can pin what their own model means.

use std::io::Write as _;
use std::path::PathBuf;

use super::Ui;
use super::failure::FAILED;
use crate::scenario;
use batch::wording::counted;

/// Run scenario files: dated scripts of facts and expectations.
///
/// A scenario pins what a model means, so that a change of rules cannot change it unseen.
/// docs/scenarios.md describes the format.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A scenario file:
  model model.toml
  scenario an event counts, and fades by half in 180 days
  2026-01-05 activity ada event_attended
  as of 2026-07-04
  expect ada engagement 10 Low")]
pub(crate) struct Test {
    /// Scenario files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// So much that is not met is shown of each file; the rest is counted.
const SHOWN: usize = 25;

impl Test {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let (mut scenarios, mut expectations, mut unmet) = (0, 0, 0);
        for path in &self.files {
            let outcome = scenario::run_file(path)?;
            scenarios += outcome.scenarios.max(1);
            expectations += outcome.expectations;
            unmet += outcome.unmet.len();
            for one in outcome.unmet.iter().take(SHOWN) {
                write!(ui.out, "{}:{}: ", path.display(), one.line)?;
                if !one.scenario.is_empty() {
                    write!(ui.out, "{}: ", one.scenario)?;
                }
                writeln!(ui.out, "{}", one.message)?;
            }
            if outcome.unmet.len() > SHOWN {
                writeln!(ui.out, "{}: ... and {} more", path.display(), outcome.unmet.len() - SHOWN)?;
            }
        }
        let sum = format!("{}, {}", counted(scenarios, "scenario"), counted(expectations, "expectation"));
        if unmet == 0 {
            writeln!(ui.out, "{sum}: all met")?;
            return Ok(0);
        }
        writeln!(ui.out, "{sum}: {unmet} not met")?;
        Ok(FAILED)
    }
}
