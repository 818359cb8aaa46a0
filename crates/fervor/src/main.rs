//! The binary: parse, dispatch, and turn what went wrong into an exit code.

mod api;
mod chosen;
mod cli;
mod compare;
mod distribution;
mod draft;
mod export;
mod import;
mod pages;
mod people;
mod preview;
mod retention;
mod sample;
mod scenario;
mod serve;
mod t;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use cli::screen::Screen;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    let now = jiff::Timestamp::now();
    let (mut out, mut err) = (io::stdout().lock(), io::stderr());
    let styled = err.is_terminal();
    let (out, err) = (Screen::new("standard output", &mut out), Screen::new("standard error", &mut err));
    let mut ui = cli::Ui { out, err, styled, now };
    let done = cli::run(&arguments, &mut ui).and_then(|code| Ok(ui.out.flush().map(|()| code)?));
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => cli::failure::report(&error, &mut ui),
    }
}
