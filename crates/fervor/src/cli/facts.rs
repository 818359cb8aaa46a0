//! The options that name facts, shared by every command that reads them.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use batch::mapping::Unread;
use batch::source::{self, Counts, Kind, Reject, Sink, Source, Stop, Watcher};
use indicatif::{ProgressBar, ProgressStyle};
use rules::day::{Day, Instant, Zone};
use rules::facts::{Builder, Facts};
use rules::model::Model;

use super::Ui;
use super::failure::Failure;
use super::sources;
use crate::export::Beside;
use batch::wording::{counted, shortened, thousands};

const FACTS: &str = "Facts (CSV, JSON lines or Parquet: files, folders, 'patterns*' or s3://bucket/...)";

/// The files with facts, and the date.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct FactsOptions {
    /// Contacts: id, account, account_since, created_at, valid_from, and any attributes.
    #[arg(long, value_name = "PLACE", help_heading = FACTS)]
    contacts: Vec<PathBuf>,

    /// Activities: id, contact, type, occurred_at, value, account, source, and any properties.
    #[arg(long, value_name = "PLACE", help_heading = FACTS)]
    activities: Vec<PathBuf>,

    /// Accounts: id, valid_from, and any attributes.
    #[arg(long, value_name = "PLACE", help_heading = FACTS)]
    accounts: Vec<PathBuf>,

    /// Opportunities: id, contact, account, amount, valid_from, and any attributes.
    #[arg(long, value_name = "PLACE", help_heading = FACTS)]
    opportunities: Vec<PathBuf>,

    /// A mapping of other exports onto facts: any columns, delimiters, encodings and dates.
    #[arg(long, value_name = "FILE", help_heading = FACTS)]
    sources: Vec<PathBuf>,

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
        let mut builder = Builder::default();
        self.read(model_path, model, ui, |sources, zone, watcher| {
            source::load_into(&mut builder, sources, zone, watcher)
        })?;
        Ok(builder.finish())
    }

    /// The same, by whoever reads files.
    pub(crate) fn read<E: Into<anyhow::Error>>(
        &self,
        model_path: &Path,
        model: &Model,
        ui: &mut Ui<'_>,
        by: impl FnOnce(&[Source], &Zone, &mut dyn Watcher) -> Result<Counts, E>,
    ) -> anyhow::Result<()> {
        self.read_beside(Some(model_path), &model.zone, ui, by)
    }

    /// The same where no file is a model.
    pub(crate) fn read_in<E: Into<anyhow::Error>>(
        &self,
        zone: &Zone,
        ui: &mut Ui<'_>,
        by: impl FnOnce(&[Source], &Zone, &mut dyn Watcher) -> Result<Counts, E>,
    ) -> anyhow::Result<()> {
        self.read_beside(None, zone, ui, by)
    }

    fn read_beside<E: Into<anyhow::Error>>(
        &self,
        model_path: Option<&Path>,
        zone: &Zone,
        ui: &mut Ui<'_>,
        by: impl FnOnce(&[Source], &Zone, &mut dyn Watcher) -> Result<Counts, E>,
    ) -> anyhow::Result<()> {
        if self.is_empty() {
            let help = "give --contacts, --activities, --accounts or --opportunities; or --sources with a mapping, \
                        which `fervor sources guess FILE` proposes"
                .to_owned();
            return Err(Failure::refused("there are no facts to score", help).into());
        }
        let sources = self.open_sources(ui)?;
        let beside = model_path.into_iter().chain(self.sources.iter().map(PathBuf::as_path));
        refuse_twice(beside.chain(self.rejects.as_deref()), &sources)?;
        let by = |watcher: &mut dyn Watcher| by(&sources, zone, watcher).map_err(Into::into);
        watched(&sources, self.rejects.as_deref(), self.strict, ui, by)
    }

    /// Whether no file with facts is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.named().next().is_none()
    }

    /// Every file that is read, or written beside the results.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let mapped = self.sources.iter().flat_map(|path| sources::files(path));
        let named =
            self.kinds().into_iter().flat_map(|(_, places)| places).flat_map(|place| source::local_files(place));
        let beside = self.sources.iter().chain(&self.rejects).cloned();
        beside.chain(named).chain(mapped).collect()
    }

    fn named(&self) -> impl Iterator<Item = &Path> {
        let read = [&self.contacts, &self.accounts, &self.activities, &self.opportunities, &self.sources];
        read.into_iter().flatten().map(PathBuf::as_path)
    }

    fn kinds(&self) -> [(Kind, &Vec<PathBuf>); 4] {
        [
            (Kind::Contacts, &self.contacts),
            (Kind::Accounts, &self.accounts),
            (Kind::Activities, &self.activities),
            (Kind::Opportunities, &self.opportunities),
        ]
    }

    /// The files with canonical columns, and those of the mappings.
    fn open_sources(&self, ui: &mut Ui<'_>) -> anyhow::Result<Vec<Source>> {
        let all = self.kinds().into_iter().flat_map(|(kind, places)| places.iter().map(move |place| (kind, place)));
        let found = all.map(|(kind, place)| Source::found(kind, place)).collect::<Result<Vec<_>, _>>()?;
        let mut sources = found.concat();
        for path in &self.sources {
            sources.extend(sources::read(path, ui)?);
        }
        Ok(sources)
    }
}

/// Each file has one meaning; only a mapping may read one in several ways.
fn refuse_twice<'a>(beside: impl Iterator<Item = &'a Path>, sources: &'a [Source]) -> anyhow::Result<()> {
    // What cannot be found is told when it is opened.
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (mapped, named): (Vec<_>, Vec<_>) = sources.iter().partition(|source| source.export().is_some());
    let mapped: BTreeSet<_> = mapped.into_iter().map(|source| real(&source.path)).collect();
    let mut seen = BTreeSet::new();
    for path in beside.chain(named.into_iter().map(|source| source.path.as_path())) {
        if mapped.contains(&real(path)) || !seen.insert(real(path)) {
            let help = "each file has one meaning, and is read once".to_owned();
            return Err(Failure::refused(format!("{} is named twice", path.display()), help).into());
        }
    }
    Ok(())
}

/// Reads files that are known to be good, with a progress bar.
pub(crate) fn load(sink: &mut dyn Sink, sources: &[Source], zone: &Zone, ui: &mut Ui<'_>) -> anyhow::Result<()> {
    watched(sources, None, true, ui, |watcher| Ok(source::load_into(sink, sources, zone, watcher)?))
}

/// Whoever reads is watched by a progress bar, which stays hidden where nobody looks; rows that cannot be
/// used are shown and counted.
fn watched(
    sources: &[Source],
    rejects: Option<&Path>,
    strict: bool,
    ui: &mut Ui<'_>,
    by: impl FnOnce(&mut dyn Watcher) -> anyhow::Result<Counts>,
) -> anyhow::Result<()> {
    let rejects_to = rejects.map(RejectFile::create).transpose()?;
    let bar = bytes_bar(source::total_bytes(sources));
    let mut intake =
        Intake { bar, rejects: rejects_to, shown: Vec::new(), strict, unread: Vec::new(), notes: Vec::new() };
    let read = by(&mut intake);
    intake.bar.finish_and_clear();
    let counts = read?;
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
    intake.unread.iter().try_for_each(|unread| writeln!(ui.err, "note: {unread}"))?;
    intake.notes.iter().try_for_each(|note| writeln!(ui.err, "note: {note}"))?;
    if counts.used > 0 {
        return Ok(());
    }
    // Results of nothing would only overwrite good ones.
    Err(match counts.rejected {
        0 => {
            let help = "below its header a file needs a row for each contact or activity; is this the right export?";
            Failure::failed("there are no rows to score", help.to_owned())
        }
        _ => {
            let help =
                "the reasons are above; `fervor sources guess FILE` describes a file that is written differently";
            Failure::failed("no row could be used", help.to_owned())
        }
    }
    .into())
}

/// A bar for so many bytes.
pub(crate) fn bytes_bar(total: u64) -> ProgressBar {
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
    unread: Vec<UnreadColumn>,
    notes: Vec<String>,
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

    fn unread(&mut self, file: &Path, line: u64, unread: Unread) {
        UnreadColumn::note(&mut self.unread, file, line, unread);
    }

    fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

/// The values of a column that could not be read as its mapping says.
pub(crate) struct UnreadColumn {
    first: Unread,
    file: PathBuf,
    line: u64,
    count: usize,
}

impl UnreadColumn {
    /// Counts a value among those of its column.
    pub(crate) fn note(all: &mut Vec<Self>, file: &Path, line: u64, unread: Unread) {
        match all.iter_mut().find(|known| known.first.column == unread.column && known.file == file) {
            Some(known) => known.count += 1,
            None => all.push(Self { first: unread, file: file.to_owned(), line, count: 1 }),
        }
    }
}

impl std::fmt::Display for UnreadColumn {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Unread { column, text, expected } = &self.first;
        let (file, line, text) = (self.file.display(), self.line, shortened(text));
        write!(out, "{file}:{line}: `{column}` is \"{text}\", not {expected}; it stays as it is written")?;
        match self.count {
            1 => Ok(()),
            count => write!(out, ", and so do {} more of this column", thousands(count - 1)),
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
