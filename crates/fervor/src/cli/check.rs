//! `fervor check`: is a model valid, and if not, everything that is wrong with it.

use std::io::Read as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use rules::model::{Diagnostic, Model};

use super::Ui;
use super::failure::Failure;
use crate::wording::{counted, plain};

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

/// So many mistakes are drawn; whoever has more begins with these.
const SHOWN: usize = 50;

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
    parse(&path.display().to_string(), &text_of(path)?, ui)
}

/// The text of a model.
pub(crate) fn text_of(path: &Path) -> anyhow::Result<String> {
    let failed =
        |problem: String, help: &str| Failure::refused(format!("{}: {problem}", path.display()), Some(help.to_owned()));
    let metadata = path.metadata().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            failed("there is no such file".into(), "name the model first: fervor check model.toml")
        }
        _ => failed(error.to_string(), "the model must be a file that can be read"),
    })?;
    if metadata.is_dir() {
        return Err(failed("is a folder".into(), "name the model file in it").into());
    }
    let unreadable = |error: std::io::Error| failed(error.to_string(), "the model must be a file that can be read");
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // What a device claims to be its size is not to be trusted.
    file.take(MODEL_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MODEL_BYTES_MAX {
        let help = format!("a model has at most {MODEL_BYTES_MAX} bytes; is this the file that you mean?");
        return Err(failed("is too large for a model".into(), &help).into());
    }
    Ok(String::from_utf8(bytes).map_err(|_| failed("is not text in UTF-8".into(), "a model is a TOML file"))?)
}

/// Parses a model; what is wrong with it has been shown when this fails.
pub(crate) fn parse(name: &str, text: &str, ui: &mut Ui<'_>) -> anyhow::Result<Model> {
    Model::parse(text).map_err(|diagnostics| {
        let mut shown = String::new();
        for diagnostic in diagnostics.iter().take(SHOWN) {
            shown.push_str(&render(name, text, diagnostic, ui.styled));
            shown.push_str("\n\n");
        }
        let count = diagnostics.len();
        if count > SHOWN {
            shown.push_str(&format!("... and {} more\n\n", count - SHOWN));
        }
        shown.push_str(&format!("{name}: {}\n", counted(count, "error")));
        match ui.err.raw().write_all(shown.as_bytes()) {
            Ok(()) => Failure::refused("", None).into(),
            Err(error) => anyhow::Error::from(error),
        }
    })
}

/// One diagnostic, drawn beside the line that it is about.
pub(crate) fn render(name: &str, text: &str, diagnostic: &Diagnostic, styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let span = &diagnostic.span;
    let annotation = AnnotationKind::Primary.span(span.clone()).label(plain(&diagnostic.label));
    let snippet = Snippet::source(text).path(name).annotation(annotation);
    let mut group = Level::ERROR.primary_title(plain(&diagnostic.message)).element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(plain(help)));
    }
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}
