//! `fervor score`: everyone's scores, as files or as a table.

use std::io::Write as _;
use std::path::PathBuf;

use super::engine::{EngineOptions, Run, Scored};
use super::facts::FactsOptions;
use super::{Ui, check, overview};
use crate::export::{self, Format};

/// Score everyone as of a date.
///
/// Without --out a summary for people: the distribution over bands, the top and the bottom of the
/// list. With --out one file each for contacts, accounts and opportunities, sorted by id and equal
/// to the byte from run to run.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fervor score model.toml --contacts contacts.csv --activities activities.csv
  fervor score model.toml --activities 2025.csv --activities 2026.csv --as-of 2026-03-14
  fervor score model.toml --activities events.ndjson --out scores --format ndjson --details
  fervor score model.toml --activities 'events/*.parquet' --out scores --format parquet
  fervor score model.toml --contacts members.csv --activities s3://bucket/events/")]
pub(crate) struct Score {
    /// The model, a TOML file.
    model: PathBuf,

    #[command(flatten)]
    facts: FactsOptions,

    /// Write contacts, accounts and opportunities to files in this folder.
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,

    /// How the files are written.
    #[arg(long, value_enum, default_value_t = Format::Csv, requires = "out", help_heading = "Output")]
    format: Format,

    /// Add the result of every category and rule, with four decimals.
    #[arg(long, requires = "out", help_heading = "Output")]
    details: bool,

    #[command(flatten)]
    engine: EngineOptions,
}

impl Score {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let model = check::read(&self.model, ui)?;
        let as_of = self.facts.as_of(&model.zone, ui);
        let run = Run { facts: &self.facts, model_path: &self.model, model: &model, as_of, details: self.details };
        let Scored { tables, activities } = run.by(&self.engine, ui)?;
        match &self.out {
            Some(folder) => {
                let mut inputs = self.facts.paths();
                inputs.push(self.model.clone());
                let (written, stale) = export::write(folder, self.format, self.details, &model, &tables, &inputs)?;
                for path in written {
                    writeln!(ui.err, "wrote {}", path.display())?;
                }
                for path in stale {
                    let path = path.display();
                    writeln!(ui.err, "note: {path} is from another run; this model has no such scores")?;
                }
            }
            None => overview::print(&model, as_of, activities, &tables.into_scores(), &mut ui.out)?,
        }
        Ok(0)
    }
}
