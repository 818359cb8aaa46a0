//! Who evaluates: the kernel, or the reference evaluator that it is tested against.

use std::io::sink;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use batch::kernel::{self, Declared, Keep, Kernel, Problem, Settings, Tables};
use batch::memory;
use batch::source::{self, FeedError};
use rules::day::Day;
use rules::model::Model;
use rules::score::{Evaluation, Scores};

use super::Ui;
use super::facts::{FactsOptions, scoring_bar};
use super::failure::Failure;
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
    pub(crate) tables: Tables,
    pub(crate) activities: Existing,
}

/// How the kernel works; none of it changes a score.
#[derive(Debug, clap::Args)]
pub(crate) struct EngineOptions {
    /// Who evaluates; both give the same scores, to the last digit.
    #[arg(long, value_enum, default_value_t = Engine::Kernel, help_heading = ENGINE)]
    engine: Engine,

    /// How many threads work at a time [default: as many as there are processors].
    #[arg(long, value_name = "N", help_heading = ENGINE)]
    threads: Option<NonZero<u16>>,

    /// How much memory activities may take before they go to temporary files, such as 500M or 8G
    /// [default: half of the machine's].
    #[arg(long, value_name = "SIZE", value_parser = memory::read_size, help_heading = ENGINE)]
    memory: Option<u64>,

    /// Where temporary files are [default: the folder of the system for them].
    #[arg(long, value_name = "DIR", help_heading = ENGINE)]
    temp: Option<PathBuf>,

    /// What is known of the facts beforehand, so that less has to be done; a mapping can say it too.
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',', help_heading = ENGINE)]
    declare: Vec<Declaration>,
}

const ENGINE: &str = "Engine (none of it changes a score)";

/// What can be known of facts beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Declaration {
    /// No two activities have the same contact, source and id.
    UniqueIds,
    /// Activities come in the order of their times.
    TimeOrder,
    /// Every contact has a row of its own.
    AllContacts,
}

/// What is to be scored, and when.
pub(crate) struct Run<'r> {
    pub(crate) facts: &'r FactsOptions,
    pub(crate) model_path: &'r Path,
    pub(crate) model: &'r Model,
    pub(crate) as_of: Day,
    pub(crate) details: bool,
}

/// The kernel found no scores, while facts were read or afterwards.
enum Unfound {
    Reading(Problem),
    Scoring(Problem),
}

impl Run<'_> {
    /// Reads facts and scores everyone.
    pub(crate) fn by(&self, options: &EngineOptions, ui: &mut Ui<'_>) -> anyhow::Result<Scored> {
        // The kernel may have to read again, which a pipe does not allow.
        let once = |path: &PathBuf| path.exists() && !path.is_file() && !path.is_dir();
        if options.engine == Engine::Reference || self.facts.paths().iter().any(once) {
            return self.by_reference(ui);
        }
        let mut keep = Keep::Needed;
        let mut tried = self.by_kernel(options, keep, ui)?;
        while let (Err(Unfound::Reading(Problem::Order) | Unfound::Scoring(Problem::Order)), Some(more)) =
            (&tried, keep.more())
        {
            keep = more;
            tried = match tried {
                // What cannot be used has not been told yet.
                Err(Unfound::Reading(_)) => self.by_kernel(options, keep, ui)?,
                _ => quietly(ui, |ui| self.by_kernel(options, keep, ui))?,
            };
        }
        match tried {
            Ok(scored) => Ok(scored),
            Err(Unfound::Scoring(Problem::Overflow(_) | Problem::Meanings | Problem::Order)) => {
                // If a number leaves the range, the reference evaluator says which.
                quietly(ui, |ui| self.by_reference(ui))
            }
            Err(Unfound::Reading(Problem::Overflow(_) | Problem::Meanings | Problem::Order)) => self.by_reference(ui),
            Err(Unfound::Reading(problem) | Unfound::Scoring(problem)) => Err(refusal(&problem).into()),
        }
    }

    fn by_kernel(
        &self,
        options: &EngineOptions,
        keep: Keep,
        ui: &mut Ui<'_>,
    ) -> anyhow::Result<Result<Scored, Unfound>> {
        let mut kernel = None;
        let read = self.facts.read(self.model_path, self.model, ui, |sources, zone, watcher| {
            let settings = options.settings(self.as_of, keep, self.details, source::declared(sources));
            let threads = settings.threads;
            let kernel = kernel.insert(Kernel::new(self.model, settings));
            let counts = source::feed(kernel, sources, zone, threads, watcher)?;
            if kernel.is_contradicted() { Err(FeedError::Kernel(Problem::Order)) } else { Ok(counts) }
        });
        if let Err(error) = read {
            return match error.downcast::<FeedError>()? {
                FeedError::Kernel(problem) => Ok(Err(Unfound::Reading(problem))),
                FeedError::Source(error) => Err(error.into()),
            };
        }
        let kernel = kernel.context("facts were read into a kernel")?;
        let bar = scoring_bar(kernel.contacts());
        let scored = kernel.score(&|contacts| bar.inc(contacts));
        bar.finish_and_clear();
        let existing = |scored: &kernel::Scored| {
            let count = |count| usize::try_from(count).unwrap_or(usize::MAX);
            Existing { on_date: count(scored.on_date), later: count(scored.later) }
        };
        Ok(scored
            .map(|scored| Scored { activities: existing(&scored), tables: scored.tables })
            .map_err(Unfound::Scoring))
    }

    fn by_reference(&self, ui: &mut Ui<'_>) -> anyhow::Result<Scored> {
        let facts = self.facts.load(self.model_path, self.model, ui)?;
        let scores = evaluate(&Evaluation::new(self.model, &facts, self.as_of))?;
        Ok(Scored { tables: Tables::of(self.model, scores), activities: Existing::of(&facts, self.as_of) })
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

impl EngineOptions {
    fn settings(&self, as_of: Day, keep: Keep, details: bool, mapped: Declared) -> Settings {
        let says = |what| self.declare.contains(&what);
        let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
        Settings {
            threads: self.threads.map_or_else(processors, |threads| usize::from(threads.get())),
            memory: self.memory.unwrap_or_else(|| memory::of_machine() / 2),
            temp: self.temp.clone().unwrap_or_else(std::env::temp_dir),
            declared: mapped.or(Declared {
                unique_ids: says(Declaration::UniqueIds),
                time_order: says(Declaration::TimeOrder),
                all_contacts: says(Declaration::AllContacts),
            }),
            keep,
            details,
            ..Settings::new(as_of)
        }
    }
}

fn refusal(problem: &Problem) -> Failure {
    let help = match problem {
        Problem::Spill(_) => "is there space left? `--temp` names another folder, `--memory` allows more memory",
        _ => "leave that declaration out: the scores are the same, and it only takes longer",
    };
    Failure::failed(problem.to_string(), help.to_owned())
}
