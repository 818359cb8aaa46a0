//! The command line: a file per command.

mod backup;
pub(crate) mod check;
pub(crate) mod demo;
mod engine;
mod explain;
pub(crate) mod facts;
pub(crate) mod failure;
mod fmt;
mod forecast;
mod lint;
mod live;
mod model;
pub(crate) mod overview;
mod schema;
mod score;
pub(crate) mod screen;
mod serve;
mod shell;
mod sources;
mod template;
mod test;
mod user;
mod what_if;

use clap::{Parser, Subcommand};
use screen::Screen;

/// Scores how engaged every member is and how ready every lead is, in points that can be explained.
///
/// A model (a TOML file) says what gives points. Files of contacts and activities say what happened.
/// Fervor turns both into scores as of a date, and takes any score apart, line by line.
#[derive(Debug, Parser)]
#[command(
    name = "fervor",
    version,
    max_term_width = 100,
    after_help = "\
Start with `fervor demo`. Then write a model, check it, and score your own export:

  fervor check model.toml
  fervor score model.toml --contacts contacts.csv --activities activities.csv
  fervor explain model.toml --contacts contacts.csv --activities activities.csv --contact ada"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Lint(lint::Lint),
    Score(score::Score),
    Explain(explain::Explain),
    Forecast(forecast::Forecast),
    WhatIf(what_if::WhatIf),
    Test(test::Test),
    Demo(demo::Demo),
    Serve(serve::Serve),
    Key(live::KeyCommand),
    User(user::UserCommand),
    Import(live::ImportCommand),
    Verify(live::Verify),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Model(model::ModelCommand),
    Sources(sources::SourcesCommand),
    Completions(shell::Completions),
    Man(shell::ManPages),
}

/// Where a command writes, and what time it is.
pub(crate) struct Ui<'a> {
    /// Results.
    pub(crate) out: Screen<'a>,
    /// Warnings and errors.
    pub(crate) err: Screen<'a>,
    /// Whether warnings and errors may be coloured.
    pub(crate) styled: bool,
    /// Now.
    pub(crate) now: jiff::Timestamp,
}

/// Runs a command; the answer is the exit code.
pub(crate) fn run(arguments: &Arguments, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
    match &arguments.command {
        Command::Check(check) => check.run(ui),
        Command::Lint(lint) => lint.run(ui),
        Command::Score(score) => score.run(ui),
        Command::Explain(explain) => explain.run(ui),
        Command::Forecast(forecast) => forecast.run(ui),
        Command::WhatIf(what_if) => what_if.run(ui),
        Command::Test(test) => test.run(ui),
        Command::Demo(demo) => demo.run(ui),
        Command::Serve(serve) => serve.run(ui),
        Command::Key(key) => key.run(ui),
        Command::User(user) => user.run(ui),
        Command::Import(import) => import.run(ui),
        Command::Verify(verify) => verify.run(ui),
        Command::Backup(backup) => backup.run(ui),
        Command::Restore(restore) => restore.run(ui),
        Command::Model(model) => model.run(ui),
        Command::Sources(sources) => sources.run(ui),
        Command::Completions(completions) => completions.run(ui),
        Command::Man(man) => man.run(ui),
    }
}
