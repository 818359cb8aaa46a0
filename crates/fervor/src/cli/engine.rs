//! Who evaluates: the kernel, or the reference evaluator that it is tested against.

use std::io::sink;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use batch::kernel::{self, Intake, Undecided};
use rules::day::Day;
use rules::model::Model;
use rules::score::{Evaluation, Scores};

use super::Ui;
use super::facts::{FactsOptions, scoring_bar};
use super::overview::Existing;
use super::screen::Screen;

/// Who evaluates. Both give the same scores, to the last digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// By column, on all cores.
    Kernel,
    /// Slow and obvious.
    Reference,
}

/// Everyone's scores, and how many activities exist.
pub(crate) struct Scored {
    pub(crate) scores: Scores,
    pub(crate) activities: Existing,
}

/// What is to be scored, and when.
pub(crate) struct Run<'r> {
    pub(crate) facts: &'r FactsOptions,
    pub(crate) model_path: &'r Path,
    pub(crate) model: &'r Model,
    pub(crate) as_of: Day,
}

impl Run<'_> {
    /// Reads facts and scores everyone.
    pub(crate) fn by(&self, engine: Engine, ui: &mut Ui<'_>) -> anyhow::Result<Scored> {
        // The kernel may have to read again, which a pipe does not allow.
        let once = |path: &PathBuf| path.exists() && !path.is_file() && !path.is_dir();
        if engine == Engine::Reference || self.facts.paths().iter().any(once) {
            return self.by_reference(ui);
        }
        let mut tried = self.by_kernel(false, ui)?;
        if matches!(tried, Err(Undecided::Order)) {
            // Rows are read again with all their columns; what cannot be used has been told.
            tried = quietly(ui, |ui| self.by_kernel(true, ui))?;
        }
        // What is left is a number that leaves the range: the reference evaluator says which.
        tried.or_else(|_| quietly(ui, |ui| self.by_reference(ui)))
    }

    fn by_kernel(&self, whole: bool, ui: &mut Ui<'_>) -> anyhow::Result<Result<Scored, Undecided>> {
        let mut intake = Intake::new(self.model, self.as_of, whole);
        self.facts.load_into(&mut intake, self.model_path, self.model, ui)?;
        let (others, activities) = intake.finish();
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let bar = scoring_bar(activities.contacts(others.contacts.keys()));
        let scored = kernel::score(self.model, &others, &activities, self.as_of, threads, &|| bar.inc(1));
        bar.finish_and_clear();
        let existing = |scored: &kernel::Scored| Existing { on_date: scored.on_date, later: scored.later };
        Ok(scored.map(|scored| Scored { activities: existing(&scored), scores: scored.scores }))
    }

    fn by_reference(&self, ui: &mut Ui<'_>) -> anyhow::Result<Scored> {
        let facts = self.facts.load(self.model_path, self.model, ui)?;
        let scores = evaluate(&Evaluation::new(self.model, &facts, self.as_of))?;
        Ok(Scored { scores, activities: Existing::of(&facts, self.as_of) })
    }
}

/// Scores everyone by the reference evaluator, with a progress bar.
pub(crate) fn evaluate(evaluation: &Evaluation<'_>) -> anyhow::Result<Scores> {
    let bar = scoring_bar(evaluation.subjects());
    let scores = evaluation.scores(&|| bar.inc(1));
    bar.finish_and_clear();
    Ok(scores?)
}

/// Runs what has been run before, without telling everything twice.
pub(crate) fn quietly<T>(ui: &Ui<'_>, run: impl FnOnce(&mut Ui<'_>) -> T) -> T {
    let (mut out, mut err) = (sink(), sink());
    let (out, err) = (Screen::new("nowhere", &mut out), Screen::new("nowhere", &mut err));
    run(&mut Ui { out, err, styled: false, now: ui.now })
}
