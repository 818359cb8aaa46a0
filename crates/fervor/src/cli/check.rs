//! `fervor check`: is a model valid, and if not, everything that is wrong with it.

use std::io::Read as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use batch::drawing;
use batch::wording::counted;
use rules::model::{Diagnostic, Model};

use super::Ui;
use super::failure::Failure;

/// Say whether a model is valid, or all that is wrong with it.
///
/// Every mistake is shown with its place, what was expected there, and the nearest known name.
/// The exit code is 0 for a valid model and 2 otherwise.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The model, a TOML file.
    model: PathBuf,
}

/// A model that is larger was hardly written by hand, and is not worth the memory.
const MODEL_BYTES_MAX: u64 = 4 << 20;

impl Check {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let model = read(&self.model, ui)?;
        writeln!(ui.out, "{}: valid; {}", self.model.display(), contents(&model))?;
        Ok(0)
    }
}

/// What a model has, in words.
pub(crate) fn contents(model: &Model) -> String {
    format!(
        "{}, {}, {}, {}",
        counted(model.scores.len(), "score"),
        counted(model.categories.len(), "category"),
        counted(model.rules.len(), "rule"),
        counted(model.exclusions.len(), "exclusion"),
    )
}

/// Reads a model; what is wrong with it has been shown when this fails.
pub(crate) fn read(path: &Path, ui: &mut Ui<'_>) -> anyhow::Result<Model> {
    let text = text(path, "model", "fervor check model.toml")?;
    parse(&path.display().to_string(), &text, ui)
}

/// The text of a file that somebody wrote: a model, a mapping, scenarios.
pub(crate) fn text(path: &Path, what: &str, example: &str) -> anyhow::Result<String> {
    let failed =
        |problem: String, help: &str| Failure::refused(format!("{}: {problem}", path.display()), Some(help.to_owned()));
    let metadata = path.metadata().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            failed("there is no such file".into(), &format!("name the {what}, for example: {example}"))
        }
        _ => failed(error.to_string(), &format!("the {what} must be a file that can be read")),
    })?;
    if metadata.is_dir() {
        return Err(failed("is a folder".into(), &format!("name the {what} file in it")).into());
    }
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| unreadable(&name, what, &error))?;
    text_of(&name, what, file)
}

/// The text that comes out of a file or of standard input.
pub(crate) fn text_of(name: &str, what: &str, from: impl std::io::Read) -> anyhow::Result<String> {
    let refused = |problem: String, help: String| Failure::refused(format!("{name}: {problem}"), help);
    let mut bytes = Vec::new();
    // What a device claims to be its size is not to be trusted.
    from.take(MODEL_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, what, &error))?;
    if bytes.len() as u64 > MODEL_BYTES_MAX {
        let help = format!("a {what} has at most {MODEL_BYTES_MAX} bytes; is this the file that you mean?");
        return Err(refused(format!("is too large for a {what}"), help).into());
    }
    let not_text = |_| refused("is not text in UTF-8".into(), format!("a {what} is written as text"));
    Ok(String::from_utf8(bytes).map_err(not_text)?)
}

fn unreadable(name: &str, what: &str, error: &std::io::Error) -> Failure {
    Failure::refused(format!("{name}: {error}"), format!("the {what} must be a file that can be read"))
}

/// Parses a model; what is wrong with it has been shown when this fails.
pub(crate) fn parse(name: &str, text: &str, ui: &mut Ui<'_>) -> anyhow::Result<Model> {
    Model::parse(text).map_err(|diagnostics| refused(name, text, &diagnostics, ui))
}

/// Shows all that is wrong with a text, and fails.
pub(crate) fn refused(name: &str, text: &str, diagnostics: &[Diagnostic], ui: &mut Ui<'_>) -> anyhow::Error {
    match ui.err.raw().write_all(drawing::all(name, text, diagnostics, ui.styled).as_bytes()) {
        Ok(()) => Failure::refused("", None).into(),
        Err(error) => anyhow::Error::from(error),
    }
}
