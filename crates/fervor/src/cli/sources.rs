//! `fervor sources`: mappings of other exports onto facts.

mod guess;
mod preview;

use std::path::{Path, PathBuf};

use batch::mapping::Mapping;
use batch::source::Source;
use clap::{Args, Subcommand};

use super::{Ui, check};

/// Read any export: propose a mapping onto facts, or look at what a mapping yields.
#[derive(Debug, Args)]
pub(crate) struct SourcesCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Guess(guess::Guess),
    Preview(preview::Preview),
}

impl SourcesCommand {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        match &self.command {
            Command::Guess(guess) => guess.run(ui),
            Command::Preview(preview) => preview.run(ui),
        }
    }
}

/// Reads a mapping and finds its files; what is wrong with it has been shown when this fails.
pub(super) fn read(path: &Path, ui: &mut Ui<'_>) -> anyhow::Result<Vec<Source>> {
    let mapping = mapping(path, ui)?;
    Ok(mapping.sources(folder(path))?)
}

fn mapping(path: &Path, ui: &mut Ui<'_>) -> anyhow::Result<Mapping> {
    let text = check::text(path, "mapping", "fervor sources preview sources.toml")?;
    let name = path.display().to_string();
    Mapping::parse(&text).map_err(|diagnostics| check::refused(&name, &text, &diagnostics, ui))
}

/// The files of a mapping; none where it cannot be read, or not twice, as a pipe.
pub(super) fn files(path: &Path) -> Vec<PathBuf> {
    let text = if path.is_file() { check::text(path, "mapping", "").unwrap_or_default() } else { String::new() };
    Mapping::parse(&text).map(|mapping| mapping.local_files(folder(path))).unwrap_or_default()
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
