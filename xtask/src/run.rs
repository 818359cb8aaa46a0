//! Runs other programs, and says so.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Tells the developer something, on standard error, beside what the programs print.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stderr();
    // Where this cannot be written, nobody reads it.
    let _written = writeln!(out, "{text}");
}

/// Runs a program in the root of the project and fails if it does.
pub(crate) fn run(line: &str, environment: &[(&str, &str)]) -> anyhow::Result<()> {
    finish(line, command(line, environment)?)
}

/// The same with further arguments, which may hold blanks.
pub(crate) fn run_with(line: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = command(line, &[])?;
    command.args(arguments);
    finish(line, command)
}

fn finish(line: &str, mut command: Command) -> anyhow::Result<()> {
    say(&format!("$ {line}"));
    let status = command.status().with_context(|| format!("{line}: cannot be started"))?;
    if !status.success() {
        bail!("{line}: {status}");
    }
    Ok(())
}

/// Whether a program is there and ends well.
pub(crate) fn works(line: &str) -> bool {
    let quiet = command(line, &[]).map(|mut command| command.stdout(Stdio::null()).stderr(Stdio::null()).status());
    matches!(quiet, Ok(Ok(status)) if status.success())
}

fn command(line: &str, environment: &[(&str, &str)]) -> anyhow::Result<Command> {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().context("an empty command")?);
    command.args(words).envs(environment.iter().copied());
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    Ok(command)
}
