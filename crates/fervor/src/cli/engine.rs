//! Who evaluates: the kernel, or the reference evaluator that it is tested against.

use std::io::sink;
use std::num::NonZero;
use std::path::Path;

use batch::kernel::{self, Intake, Undecided};
use rules::day::Day;
use rules::model::Model;
use rules::score::{Evaluation, Scores};

use super::Ui;
use super::facts::{FactsOptions, scoring_bar};
use super::overview;
use super::screen::Screen;

/// Who evaluates. Both give the same scores, to the last digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// By column, on all cores.
    Kernel,
    /// Slow and obvious.
    Reference,
}

/// Everyone's scores, and how many activities there are.
pub(crate) struct Scored {
    pub(crate) scores: Scores,
    pub(crate) activities: overview::Number,
}

impl Engine {
    /// Reads facts and scores everyone.
    pub(crate) fn score(
        self,
        facts: &FactsOptions,
        model_path: &Path,
        model: &Model,
        as_of: Day,
        ui: &mut Ui<'_>,
    ) -> anyhow::Result<Scored> {
        if self == Self::Reference {
            return by_reference(facts, model_path, model, as_of, ui);
        }
        match by_kernel(facts, model_path, model, as_of, false, ui)? {
            Ok(scored) => return Ok(scored),
            // Rows are read again with all their columns; what cannot be used has been told.
            Err(Undecided::Order) => {
                let again = quietly(ui, |ui| by_kernel(facts, model_path, model, as_of, true, ui))?;
                if let Ok(scored) = again {
                    return Ok(scored);
                }
            }
            Err(Undecided::Overflow) => {}
        }
        // A number leaves the range: the reference evaluator says which.
        quietly(ui, |ui| by_reference(facts, model_path, model, as_of, ui))
    }
}

fn by_kernel(
    facts: &FactsOptions,
    model_path: &Path,
    model: &Model,
    as_of: Day,
    whole: bool,
    ui: &mut Ui<'_>,
) -> anyhow::Result<Result<Scored, Undecided>> {
    let mut intake = Intake::new(model, as_of, whole);
    facts.load_into(&mut intake, model_path, model, ui)?;
    let (others, activities) = intake.finish();
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let bar = scoring_bar(activities.contacts());
    let scored = kernel::score(model, &others, &activities, as_of, threads, &|| bar.inc(1));
    bar.finish_and_clear();
    Ok(scored.map(|scored| {
        let activities = overview::Number { known: scored.activities, later: activities.after(as_of) };
        Scored { scores: scored.scores, activities }
    }))
}

fn by_reference(
    facts: &FactsOptions,
    model_path: &Path,
    model: &Model,
    as_of: Day,
    ui: &mut Ui<'_>,
) -> anyhow::Result<Scored> {
    let facts = facts.load(model_path, model, ui)?;
    let scores = evaluate(&Evaluation::new(model, &facts, as_of))?;
    Ok(Scored { scores, activities: overview::activities_on(&facts, as_of) })
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
