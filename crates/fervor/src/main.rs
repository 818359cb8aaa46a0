//! The binary: parse, dispatch, and turn what went wrong into an exit code.

mod cli;
mod explain;
mod export;
mod scenario;
mod wording;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    let now = jiff::Timestamp::now();
    let (mut out, mut err) = (io::stdout().lock(), io::stderr());
    let mut ui = cli::Ui { styled: err.is_terminal(), out: &mut out, err: &mut err, now };
    let done = cli::run(&arguments, &mut ui).and_then(|code| Ok(ui.out.flush().map(|()| code)?));
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error)
            if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) =>
        {
            // Whoever read our output has read enough, as `head` does.
            ExitCode::SUCCESS
        }
        Err(error) => cli::failure::report(&error, &mut ui),
    }
}
