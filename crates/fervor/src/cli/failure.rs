//! What went wrong, as people and scripts read it: a message, what to do next, an exit code.

use std::io::Write as _;
use std::process::ExitCode;

use super::Ui;

/// Exit code when something could not be done: a file, a row, an expectation.
pub(crate) const FAILED: u8 = 1;
/// Exit code when what was asked for makes no sense: options, or a model with mistakes.
pub(crate) const REFUSED: u8 = 2;

/// A failure with a way out.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) code: u8,
}

impl Failure {
    pub(crate) fn failed(message: impl Into<String>, help: impl Into<Option<String>>) -> Self {
        Self { message: message.into(), help: help.into(), code: FAILED }
    }

    pub(crate) fn refused(message: impl Into<String>, help: impl Into<Option<String>>) -> Self {
        Self { message: message.into(), help: help.into(), code: REFUSED }
    }
}

/// Tells what went wrong.
pub(crate) fn report(error: &anyhow::Error, ui: &mut Ui<'_>) -> ExitCode {
    let (help, code) = match (error.downcast_ref::<Failure>(), error.downcast_ref::<batch::source::Error>()) {
        (Some(failure), _) => (failure.help.clone(), failure.code),
        (None, Some(file)) => (file.help.clone(), FAILED),
        (None, None) => (None, FAILED),
    };
    // An empty message has been said already, for example as diagnostics.
    let mut text = error.to_string();
    if !text.is_empty() {
        text = format!("error: {error:#}\n");
    }
    if let Some(help) = help {
        text.push_str(&format!("help: {help}\n"));
    }
    // Where errors cannot be written either, the exit code still says it.
    let _said = ui.err.write_all(text.as_bytes());
    ExitCode::from(code)
}
