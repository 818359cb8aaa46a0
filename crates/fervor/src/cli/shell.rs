//! `fervor completions` and `fervor man`: the command line for shells and for the manual.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Arguments, Ui};

/// Print a script with which a shell completes commands and options.
///
/// The script goes where the shell looks for it, and is in force in the next shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where to put it:
  bash        fervor completions bash > ~/.local/share/bash-completion/completions/fervor
  zsh         fervor completions zsh > ~/.zfunc/_fervor
              with `fpath+=~/.zfunc; autoload -Uz compinit; compinit` in ~/.zshrc
  fish        fervor completions fish > ~/.config/fish/completions/fervor.fish
  powershell  fervor completions powershell >> $PROFILE
  elvish      fervor completions elvish >> ~/.config/elvish/rc.elv
A folder that is missing is made with `mkdir -p` first.")]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        // The generator cannot tell of a reader who has gone; a list of bytes never goes.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "fervor", &mut script);
        ui.out.raw().write_all(&script)?;
        Ok(0)
    }
}

/// Print the manual page, or write one for each command.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fervor man > fervor.1
  fervor man --out ~/.local/share/man/man1")]
pub(super) struct ManPages {
    /// Write fervor.1, fervor-score.1 and so on to this folder; it is made if it is missing.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl ManPages {
    pub(super) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        // Without `help`, which has nothing to say that the pages do not.
        let mut command = Arguments::command().disable_help_subcommand(true);
        command.build();
        let Some(folder) = &self.out else {
            ui.out.raw().write_all(&page("fervor", &command)?)?;
            return Ok(0);
        };
        fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        let written = write(folder, "fervor", &command)?;
        writeln!(ui.err, "wrote {} to {}", batch::wording::counted(written, "page"), folder.display())?;
        Ok(0)
    }
}

/// Writes the page of a command and those of its subcommands; the answer is how many.
fn write(folder: &Path, name: &str, command: &clap::Command) -> anyhow::Result<usize> {
    let path = folder.join(format!("{name}.1"));
    fs::write(&path, page(name, command)?).with_context(|| format!("{} cannot be written", path.display()))?;
    command.get_subcommands().try_fold(1, |written, subcommand| {
        Ok(written + write(folder, &format!("{name}-{}", subcommand.get_name()), subcommand)?)
    })
}

fn page(name: &str, command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let version = concat!("fervor ", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone()).title(name.to_uppercase()).source(version).render(&mut page)?;
    Ok(page)
}
