//! `fervor model`: what belongs to the model language itself.

use clap::Subcommand;
use std::io::Write as _;

use super::{Ui, schema};

/// Tools for the model language.
#[derive(Debug, clap::Args)]
pub(crate) struct ModelCommand {
    #[command(subcommand)]
    command: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Print the JSON Schema of the model language, for completion and checks in an editor.
    ///
    /// Editors with TOML support (Even Better TOML, taplo) read it from the first line of a model:
    /// `#:schema ./fervor.schema.json`
    Schema,
}

impl ModelCommand {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        match self.command {
            Which::Schema => writeln!(ui.out.raw(), "{:#}", schema::schema())?,
        }
        Ok(0)
    }
}
