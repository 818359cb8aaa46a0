//! The options that name facts, shared by every command that reads them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use batch::source::{self, Kind, Reject, Source, Stop, Watcher};
use indicatif::{ProgressBar, ProgressStyle};
use rules::day::{Day, Instant, Zone};
use rules::facts::Facts;
use rules::model::Model;

use super::Ui;
use super::failure::Failure;
use crate::export::Beside;
use crate::wording::{counted, thousands};

/// The files with facts, and the date.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct FactsOptions {
    /// Contacts: id, account, account_since, created_at, valid_from, and any attributes.
    #[arg(long, value_name = "FILE", help_heading = "Facts (CSV, or JSON lines: .ndjson, .jsonl)")]
    contacts: Vec<PathBuf>,

    /// Activities: id, contact, type, occurred_at, value, account, source, and any properties.
    #[arg(long, value_name = "FILE", help_heading = "Facts (CSV, or JSON lines: .ndjson, .jsonl)")]
    activities: Vec<PathBuf>,

    /// Accounts: id, valid_from, and any attributes.
    #[arg(long, value_name = "FILE", help_heading = "Facts (CSV, or JSON lines: .ndjson, .jsonl)")]
    accounts: Vec<PathBuf>,

    /// Opportunities: id, contact, account, amount, valid_from, and any attributes.
    #[arg(long, value_name = "FILE", help_heading = "Facts (CSV, or JSON lines: .ndjson, .jsonl)")]
    opportunities: Vec<PathBuf>,

    /// The date to score as of [default: today in the time zone of the model].
    #[arg(long, value_name = "DATE", value_parser = read_day)]
    as_of: Option<Day>,

    /// Write the rows that cannot be used to this CSV file, with file, line and reason.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    /// Stop at the first row that cannot be used.
    #[arg(long)]
    strict: bool,
}

fn read_day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "expected a date such as 2026-03-14".into())
}

/// So many bad rows are shown; the rest is counted.
const REJECTS_SHOWN: usize = 5;

impl FactsOptions {
    /// The date: as given, or today where the model is at home.
    pub(crate) fn as_of(&self, zone: &Zone, ui: &Ui<'_>) -> Day {
        self.as_of.unwrap_or_else(|| zone.day_of(Instant(ui.now.as_microsecond())))
    }

    /// Reads all files, shows what could not be used, and counts it.
    pub(crate) fn load(&self, model_path: &Path, model: &Model, ui: &mut Ui<'_>) -> anyhow::Result<Facts> {
        let sources = self.sources();
        if sources.is_empty() {
            let help = "give at least one of --contacts, --activities, --accounts and --opportunities".to_owned();
            return Err(Failure::refused("there are no facts to score", help).into());
        }
        self.refuse_twice(model_path)?;
        load(&sources, &model.zone, self.rejects.as_deref(), self.strict, ui)
    }

    /// Whether no file with facts is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.sources().is_empty()
    }

    /// Every file that is read, or written beside the results.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        let read = [&self.contacts, &self.accounts, &self.activities, &self.opportunities].into_iter().flatten();
        read.chain(&self.rejects).map(PathBuf::as_path)
    }

    fn refuse_twice(&self, model_path: &Path) -> anyhow::Result<()> {
        let mut seen: Vec<PathBuf> = Vec::new();
        for path in std::iter::once(model_path).chain(self.paths()) {
            // What cannot be found is told when it is opened.
            let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
            if seen.contains(&real) {
                let help = "each file has one meaning, and is read once".to_owned();
                return Err(Failure::refused(format!("{} is named twice", path.display()), help).into());
            }
            seen.push(real);
        }
        Ok(())
    }

    fn sources(&self) -> Vec<Source> {
        let kinds = [
            (Kind::Contacts, &self.contacts),
            (Kind::Accounts, &self.accounts),
            (Kind::Activities, &self.activities),
            (Kind::Opportunities, &self.opportunities),
        ];
        let all = kinds.into_iter().flat_map(|(kind, paths)| paths.iter().map(move |path| (kind, path)));
        all.map(|(kind, path)| Source::file(kind, path)).collect()
    }
}

/// Reads files with a progress bar, which stays hidden where nobody looks.
pub(crate) fn load(
    sources: &[Source],
    zone: &Zone,
    rejects: Option<&Path>,
    strict: bool,
    ui: &mut Ui<'_>,
) -> anyhow::Result<Facts> {
    let rejects_to = rejects.map(RejectFile::create).transpose()?;
    let mut intake =
        Intake { bar: bytes_bar(source::total_bytes(sources)), rejects: rejects_to, shown: Vec::new(), strict };
    let read = source::load(sources, zone, &mut intake);
    intake.bar.finish_and_clear();
    let (facts, counts) = read?;
    if let Some(file) = intake.rejects {
        file.finish()?;
    }
    if counts.rejected > 0 {
        let rejected = usize::try_from(counts.rejected).unwrap_or(usize::MAX);
        writeln!(ui.err, "warning: {} could not be used, {} were", counted(rejected, "row"), counts.used)?;
        for line in &intake.shown {
            writeln!(ui.err, "  {line}")?;
        }
        if rejected > intake.shown.len() {
            writeln!(ui.err, "  ... and {} more", thousands(rejected - intake.shown.len()))?;
        }
        match rejects {
            Some(path) => writeln!(ui.err, "help: all of them are in {}", path.display())?,
            None => writeln!(ui.err, "help: `--rejects FILE` writes them to a file, `--strict` stops at the first")?,
        }
    }
    Ok(facts)
}

/// A bar for so many bytes.
fn bytes_bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("reading {bar:30} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A bar for so many subjects.
pub(crate) fn scoring_bar(total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("scoring {bar:30} {human_pos}/{human_len} {per_sec}, {eta} left");
    ProgressBar::new(total as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Watches the reading: progress, and rows that cannot be used.
struct Intake {
    bar: ProgressBar,
    rejects: Option<RejectFile>,
    shown: Vec<String>,
    strict: bool,
}

impl Watcher for Intake {
    fn read(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn rejected(&mut self, reject: Reject) -> Result<(), Stop> {
        if self.strict {
            let line = reject.line;
            return Err(Stop(format!(
                "line {line}: {}; --strict stops at the first row that cannot be used",
                reject.reason
            )));
        }
        if self.shown.len() < REJECTS_SHOWN {
            self.shown.push(reject.to_string());
        }
        match &mut self.rejects {
            Some(file) => file.write(&reject).map_err(|error| Stop(format!("writing rejects failed: {error}"))),
            None => Ok(()),
        }
    }
}

/// The rows that could not be used, as CSV.
struct RejectFile {
    path: PathBuf,
    rows: csv::Writer<Beside>,
}

impl RejectFile {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let mut rows = csv::Writer::from_writer(Beside::of(path)?);
        rows.write_record(["file", "line", "reason", "row"])?;
        Ok(Self { path: path.to_owned(), rows })
    }

    fn write(&mut self, reject: &Reject) -> csv::Result<()> {
        let (line, reason) = (reject.line.to_string(), reject.reason.to_string());
        self.rows.write_record([&reject.file.display().to_string(), &line, &reason, &reject.row])
    }

    fn finish(self) -> anyhow::Result<()> {
        let unwritten = || format!("{} cannot be written", self.path.display());
        let file = self.rows.into_inner().map_err(|error| anyhow::anyhow!("{error}")).with_context(unwritten)?;
        file.become_whole(&self.path)
    }
}
