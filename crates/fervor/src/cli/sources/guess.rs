//! `fervor sources guess`: a mapping, proposed from what files look like.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use batch::guess::{Proposal, guess};
use batch::source::{Encoding, Kind};

use super::super::Ui;
use super::super::facts::bytes_bar;
use super::super::failure::Failure;
use crate::export::Beside;
use batch::wording::counted;
use edit::style;

/// Propose a mapping for some files, from their headers and all their values.
///
/// Files that are written alike and have the same columns become one source. What cannot be known,
/// such as whether 03/04/2024 is in March or in April, is asked and never chosen: it is set to "?",
/// and the mapping is refused until somebody has answered.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fervor sources guess members.csv orders-*.csv --out sources.toml
  fervor sources guess export.txt --as activities > sources.toml")]
pub(crate) struct Guess {
    /// The files: CSV with any delimiter and encoding, JSON, also packed by gzip or zstd; Parquet.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// What the rows are about, if the guess is wrong.
    #[arg(long = "as", value_name = "KIND", value_parser = read_kind)]
    kind: Option<Kind>,

    /// How the characters are encoded, if the guess is wrong: shift_jis, windows-1251, ...
    #[arg(long, value_name = "NAME", value_parser = read_encoding)]
    encoding: Option<Encoding>,

    /// Write the mapping to this file, which must not exist yet.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn read_kind(word: &str) -> Result<Kind, String> {
    let expected = || "expected contacts, accounts, activities or opportunities".to_owned();
    Kind::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(expected)
}

fn read_encoding(name: &str) -> Result<Encoding, String> {
    Encoding::named(name).ok_or_else(|| "expected a name such as utf-8, latin-1, windows-1251 or shift_jis".to_owned())
}

impl Guess {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        if let Some(out) = self.out.as_ref().filter(|out| out.exists()) {
            let help = "name another file, or take that one away".to_owned();
            return Err(Failure::failed(format!("{} exists already", out.display()), help).into());
        }
        let folder = self.out.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let help = "make it first, or name another place".to_owned();
            return Err(Failure::failed(format!("there is no folder {}", folder.display()), help).into());
        }
        let total = self.files.iter().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
        let bar = bytes_bar(total);
        let proposal =
            guess(&self.files, self.kind, self.encoding, |path| self.seen_from_mapping(path), &mut |bytes| {
                bar.inc(bytes)
            });
        bar.finish_and_clear();
        let Proposal { text, questions, doubts, rows: _ } = proposal?;
        let text = style::formatted(&text);
        match &self.out {
            None => ui.out.write_all(text.as_bytes())?,
            Some(path) => {
                let mut file = Beside::of(path)?;
                file.write_all(text.as_bytes())?;
                file.become_whole(path)?;
                writeln!(ui.err, "wrote {}", path.display())?;
            }
        }
        for question in &questions {
            writeln!(ui.err, "question: {question}")?;
        }
        for doubt in &doubts {
            writeln!(ui.err, "look at: {doubt}")?;
        }
        let mapping = self.out.as_deref().unwrap_or(Path::new("sources.toml")).display();
        match questions.len() {
            0 => writeln!(ui.err, "next: fervor sources preview {mapping}")?,
            count => writeln!(
                ui.err,
                "next: answer {} (\"?\") in {mapping}, then fervor sources preview {mapping}",
                counted(count, "question")
            )?,
        }
        Ok(0)
    }

    /// A path as the mapping names it: from the folder of the mapping.
    fn seen_from_mapping(&self, path: &Path) -> String {
        let folder = self.out.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let inside = path.strip_prefix(folder);
        let seen = inside.map_or_else(|_| path.canonicalize().unwrap_or_else(|_| path.to_owned()), Path::to_owned);
        seen.display().to_string()
    }
}
