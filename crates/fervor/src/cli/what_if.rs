//! `fervor what-if`: what a change of the model would do to everyone.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rules::day::Day;
use rules::facts::Facts;
use rules::model::Model;
use rules::score::{Evaluation, Scores};
use serde_json::{Value, json};

use super::engine::{self, quietly};
use super::facts::FactsOptions;
use super::failure::Failure;
use super::{Ui, check, overview};
use crate::compare::{self, Side};
use crate::export;

/// Say what a change of the model would do to everyone, before it counts.
///
/// Scores everyone by both models over the same facts. For each score: how many would change points
/// and band, from which band to which, how the distribution shifts, which rule moves how many, and
/// who moves most. Nothing is written unless --out asks for it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fervor what-if model.toml draft.toml --contacts contacts.csv --activities activities.csv
  fervor what-if model.toml draft.toml --activities activities.csv --top 0 --out everyone.csv
  fervor what-if model.toml draft.toml --activities activities.csv --as-of 2026-03-14 --json")]
pub(crate) struct WhatIf {
    /// The model as it is, a TOML file.
    old: PathBuf,

    /// The model as it would be, a TOML file.
    new: PathBuf,

    #[command(flatten)]
    facts: FactsOptions,

    /// How many of the largest changes are named, for each score.
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Output")]
    top: usize,

    /// Write everyone to this CSV file, with the old and the new points and bands.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,

    /// Write one JSON object.
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// A model with everyone's results, and what was scored in a line.
struct Scored {
    scores: Scores,
    as_of: Day,
    headline: String,
}

impl Scored {
    fn side<'a>(&'a self, model: &'a Model, facts: &'a Facts) -> Side<'a> {
        Side { model, facts, as_of: self.as_of, scores: &self.scores }
    }
}

impl WhatIf {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        // Both are read before either is refused: all that is wrong is told in one run.
        let (old, new) = (check::read(&self.old, ui), check::read(&self.new, ui));
        let (old, new) = (old?, new?);
        self.refuse_overwriting()?;
        let facts = self.facts.load(&self.old, &old, ui)?;
        // Days depend on the time zone, and facts keep days: another zone makes other facts of the
        // same files. What cannot be used of them has been told once.
        let elsewhere =
            if old.zone == new.zone { None } else { Some(quietly(ui, |ui| self.facts.load(&self.new, &new, ui))?) };
        let facts_of_new = elsewhere.as_ref().unwrap_or(&facts);
        let was = self.score(&self.old, &old, &facts, ui)?;
        let is = self.score(&self.new, &new, facts_of_new, ui)?;

        let (before, after) = (was.side(&old, &facts), is.side(&new, facts_of_new));
        let comparison = compare::compare(&before, &after, self.top);
        if let Some(path) = &self.out {
            compare::write(&comparison, path)?;
            writeln!(ui.err, "wrote {}", path.display())?;
        }
        if self.json {
            let sides = [origin(&self.old, &old, was.as_of), origin(&self.new, &new, is.as_of)];
            writeln!(ui.out.raw(), "{:#}", compare::json(&comparison, sides))?;
            return Ok(0);
        }
        writeln!(ui.out, "old: {}, {}", self.old.display(), was.headline)?;
        writeln!(ui.out, "new: {}, {}", self.new.display(), is.headline)?;
        compare::text(&comparison, &mut ui.out)?;
        Ok(0)
    }

    /// Neither model may be a file of facts or rejects, and the result may be none of them all.
    fn refuse_overwriting(&self) -> anyhow::Result<()> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let taken: Vec<_> = self.out.iter().chain([&self.new]).map(|path| real(path)).collect();
        if let Some(twice) = self.facts.paths().iter().find(|path| taken.contains(&real(path))) {
            let help = "each file has one meaning, and is read once".to_owned();
            return Err(Failure::refused(format!("{} is named twice", twice.display()), help).into());
        }
        let help = "name another file, for example `--out everyone.csv`";
        self.out.as_ref().map_or(Ok(()), |out| export::refuse_input(out, &[self.old.clone(), self.new.clone()], help))
    }

    fn score(&self, path: &Path, model: &Model, facts: &Facts, ui: &Ui<'_>) -> anyhow::Result<Scored> {
        let evaluation = Evaluation::new(model, facts, self.facts.as_of(&model.zone, ui));
        let scores = engine::evaluate(&evaluation).with_context(|| path.display().to_string())?;
        let as_of = evaluation.as_of();
        let activities = overview::activities_on(facts, as_of);
        Ok(Scored { headline: overview::headline(model, as_of, activities, &scores), as_of, scores })
    }
}

fn origin(path: &Path, model: &Model, as_of: Day) -> Value {
    json!({
        "model": path.display().to_string(),
        "name": model.name,
        "timezone": model.zone.name(),
        "as_of": as_of.to_string(),
    })
}
