//! `fervor model fmt`: model files in the house style.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rules::model::broken_toml;

use super::failure::FAILED;
use super::{Ui, check};
use crate::export::Beside;
use batch::wording::counted;
use edit::style::formatted;

/// Put model files into the house style.
///
/// Single blanks around `=` and inside brackets, the `=` of a table below each other, one blank line
/// between tables, two blanks before a comment at the end of a line. Comments, the order of keys and
/// the meaning stay as they are. Any TOML file will do; one that is broken is refused, and then
/// nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fervor model fmt model.toml
  fervor model fmt --check models/*.toml
  fervor model fmt - < model.toml > formatted.toml")]
pub(super) struct Fmt {
    /// TOML files, or `-` for standard input, which goes to standard output.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Write nothing; name the files that would change, and end with exit code 1 if there are any.
    #[arg(long)]
    check: bool,
}

const EXAMPLE: &str = "fervor model fmt model.toml";

/// A file before and after.
struct Formatted {
    /// `None` is standard input.
    path: Option<PathBuf>,
    name: String,
    before: String,
    after: String,
}

impl Fmt {
    pub(super) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        // All are read before one is written: half a folder in another style helps nobody.
        let mut files = Vec::new();
        let mut refused = None;
        for path in &self.files {
            match read(path, ui) {
                Ok(file) => files.push(file),
                Err(error) => refused = Some(refused.unwrap_or(error)),
            }
        }
        if let Some(error) = refused {
            return Err(error);
        }
        let mut changed = 0;
        for file in &files {
            let differs = file.before != file.after;
            changed += usize::from(differs);
            match &file.path {
                _ if self.check && differs => writeln!(ui.out, "{}: would change", file.name)?,
                None if !self.check => write!(ui.out.raw(), "{}", file.after)?,
                Some(path) if differs => {
                    replace(path, &file.after)?;
                    writeln!(ui.err, "formatted {}", file.name)?;
                }
                _ => {}
            }
        }
        if self.check && changed == 0 {
            writeln!(ui.out, "{}: in the house style", counted(files.len(), "file"))?;
        }
        Ok(if self.check && changed > 0 { FAILED } else { 0 })
    }
}

/// Reads and formats a file; what is wrong with it has been shown when this fails.
fn read(path: &Path, ui: &mut Ui<'_>) -> anyhow::Result<Formatted> {
    let standard_input = path == Path::new("-");
    let name = if standard_input { "standard input".to_owned() } else { path.display().to_string() };
    let before = if standard_input {
        check::text_of(&name, "model", std::io::stdin().lock())?
    } else {
        check::text(path, "model", EXAMPLE)?
    };
    let broken = broken_toml(&before);
    if !broken.is_empty() {
        return Err(check::refused(&name, &before, &broken, ui));
    }
    let after = formatted(&before);
    Ok(Formatted { path: (!standard_input).then(|| path.to_owned()), name, before, after })
}

/// Writes a file anew; it is never seen half written. A link keeps leading to it.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let unwritten = || format!("{} cannot be written", path.display());
    let path = fs::canonicalize(path).with_context(unwritten)?;
    let mut file = Beside::of(&path)?;
    file.write_all(text.as_bytes()).with_context(unwritten)?;
    file.become_whole(&path)
}
