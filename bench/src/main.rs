//! Batch scoring measured: makes the facts, the tables that peers may use, and the two floors
//! below which nobody comes. What runs and compares the engines is `run.py` beside this crate.

mod activities;
mod chance;
mod factors;
mod facts;
mod floor;
mod held;
mod people;
mod series;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use clap::Parser;

/// The model that everyone computes.
pub(crate) const MODEL: &str = include_str!("../model.toml");

#[derive(Debug, Parser)]
#[command(about = "Batch scoring measured against the best peers", disable_help_subcommand = true)]
enum Cli {
    /// The table: Fervor, its peers and the floors over the same facts.
    Batch(Rest),
    /// How Fervor grows with activities, rules, contacts and threads.
    Growth(Rest),
    /// All engines over few facts, compared to the last digit.
    Check(Rest),
    /// A cluster of Spark on this machine beside Fervor alone.
    Spark(Rest),
    /// Make the facts, the models and the table of factors.
    Facts {
        /// Where to.
        #[arg(long)]
        dir: PathBuf,
        #[command(flatten)]
        size: facts::Size,
    },
    /// Read columns of a Parquet file and drop them.
    Decode(floor::Floor),
    /// Add up the same columns in memory.
    Scan(floor::Floor),
    /// Score columns that lie in memory.
    Held(held::Held),
}

/// What the runner reads.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _written = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    match cli {
        Cli::Batch(rest) => runner("run.py", &["batch"], &rest.rest),
        Cli::Growth(rest) => runner("run.py", &["growth"], &rest.rest),
        Cli::Check(rest) => runner("run.py", &["check"], &rest.rest),
        Cli::Spark(rest) => runner("spark.py", &[], &rest.rest),
        Cli::Facts { dir, size } => facts::make(&dir, &size),
        Cli::Decode(floor) => tell(&floor.decode()?),
        Cli::Scan(floor) => tell(&floor.scan()?),
        Cli::Held(held) => tell(&held.run()?),
    }
}

fn tell(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Hands over to a runner, which calls this program back for facts and floors.
fn runner(name: &str, mode: &[&str], rest: &[String]) -> anyhow::Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let own = std::env::current_exe()?;
    let mut python = Command::new("python3");
    python.arg(script).args(mode).arg("--bench").arg(own).args(rest);
    let status = python.status().context("python3 runs the benchmark, and cannot be started")?;
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(())
}
