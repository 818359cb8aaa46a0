//! `fervor sources preview`: the first facts that a mapping yields, and what it leaves behind.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use batch::mapping::Unread;
use batch::source::{self, Kind, Onlooker, Reject, Source, Stop, Watcher};
use rules::day::Zone;
use rules::value::Attributes;

use super::super::Ui;
use super::super::facts::{UnreadColumn, bytes_bar};
use super::super::failure::{FAILED, Failure};
use super::super::overview::{plain_table, print_table};
use batch::wording::{counted, plural, shortened, thousands};

/// Show the first facts that a mapping yields.
///
/// All rows are read, so that the counts are those of a whole run: how many facts of each kind, which
/// rows cannot be used and why, which values cannot be read. Nothing is written. The exit code is 1
/// if no row can be used.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  fervor sources guess members.csv orders.csv > sources.toml
  fervor sources preview sources.toml")]
pub(crate) struct Preview {
    /// The mapping, a TOML file.
    mapping: PathBuf,

    /// How many facts of each kind are shown.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rows: usize,

    /// Where times without an offset are at home, if the mapping does not say.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = read_zone)]
    timezone: Zone,
}

fn read_zone(name: &str) -> Result<Zone, String> {
    Zone::get(name).ok_or_else(|| "expected a name such as Europe/Oslo".into())
}

/// So many columns are shown; a wide table has more than a screen.
const COLUMNS_SHOWN: usize = 8;

/// So many reasons are shown, each with its first row.
const REASONS_SHOWN: usize = 8;

impl Preview {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let mapping = super::mapping(&self.mapping, ui)?;
        let sources = mapping.sources(super::folder(&self.mapping))?;
        let mut seen = Seen::default();
        let bar = bytes_bar(source::total_bytes(&sources));
        let Seen { facts, rejects, unread, notes } = &mut seen;
        let onlooker = |source: &Source, kind, cells| {
            let export = source.export().map(|export| export.id.clone()).unwrap_or_default();
            facts.entry((export, kind)).or_default().take(cells, self.rows);
        };
        let read = source::load(&sources, &self.timezone, &mut Watched { rejects, unread, notes, onlooker, bar: &bar });
        bar.finish_and_clear();
        let (_, counts) = read?;
        let files = sources.iter().map(|source: &Source| &source.path).collect::<std::collections::BTreeSet<_>>();
        let used = usize::try_from(counts.used).unwrap_or(usize::MAX);
        writeln!(
            ui.out,
            "{}: {}, {} used",
            self.mapping.display(),
            counted(files.len(), "file"),
            counted(used, "row")
        )?;
        for ((export, kind), facts) in &seen.facts {
            writeln!(ui.out, "\n{export}: {}", counted(facts.count, kind.noun()))?;
            facts.print(*kind, ui)?;
        }
        seen.print_rejects(ui)?;
        for unread in &seen.unread {
            writeln!(ui.out, "note: {unread}")?;
        }
        for note in &seen.notes {
            writeln!(ui.out, "note: {note}")?;
        }
        if counts.used > 0 {
            return Ok(0);
        }
        if counts.rejected == 0 {
            let help = "is this the right export, and does it have rows below its header?".to_owned();
            return Err(Failure::failed("the files have no rows", help).into());
        }
        Ok(FAILED)
    }
}

/// What has been seen of all files.
#[derive(Default)]
struct Seen {
    facts: BTreeMap<(String, Kind), Facts>,
    /// How many rows were rejected for each reason, and the first of them.
    rejects: Vec<(usize, Reject)>,
    unread: Vec<UnreadColumn>,
    notes: Vec<String>,
}

/// Facts of one kind.
#[derive(Default)]
struct Facts {
    count: usize,
    first: Vec<Attributes>,
    /// How many facts have each column.
    columns: BTreeMap<String, usize>,
}

impl Facts {
    fn take(&mut self, cells: Attributes, rows: usize) {
        self.count += 1;
        for column in cells.keys() {
            match self.columns.get_mut(&**column) {
                Some(count) => *count += 1,
                None => drop(self.columns.insert(column.to_string(), 1)),
            }
        }
        if self.first.len() < rows {
            self.first.push(cells);
        }
    }

    fn print(&self, kind: Kind, ui: &mut Ui<'_>) -> anyhow::Result<()> {
        let known = kind.canonical().iter().copied().filter(|column| self.columns.contains_key(*column));
        let other = self.columns.keys().map(String::as_str).filter(|column| !kind.canonical().contains(column));
        let all: Vec<&str> = known.chain(other).collect();
        let (shown, more) = all.split_at(all.len().min(COLUMNS_SHOWN));
        let mut table = plain_table();
        table.set_header(shown.iter().map(|column| format!(" {column}")));
        for cells in &self.first {
            let cell = |column: &&str| cells.get(*column).map(|value| shortened(&value.text())).unwrap_or_default();
            table.add_row(shown.iter().map(|column| format!(" {}", cell(column))));
        }
        print_table(&table, &mut ui.out)?;
        if !more.is_empty() {
            writeln!(ui.out, " and {}: {}", counted(more.len(), "column"), shortened(&more.join(", ")))?;
        }
        let partly: Vec<_> = all.iter().filter(|column| self.columns[**column] < self.count).collect();
        for column in partly.iter().take(COLUMNS_SHOWN) {
            let missing = self.count - self.columns[**column];
            writeln!(ui.out, " `{column}` is missing in {} of them", thousands(missing))?;
        }
        Ok(())
    }
}

impl Seen {
    fn print_rejects(&self, ui: &mut Ui<'_>) -> anyhow::Result<()> {
        if self.rejects.is_empty() {
            return Ok(());
        }
        let total: usize = self.rejects.iter().map(|(count, _)| count).sum();
        writeln!(ui.out, "\n{} cannot be used:", counted(total, "row"))?;
        let mut reasons: Vec<_> = self.rejects.iter().collect();
        reasons.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        for (count, first) in reasons.iter().take(REASONS_SHOWN) {
            writeln!(ui.out, " {first}")?;
            if *count > 1 {
                writeln!(ui.out, "   and {} more alike", thousands(count - 1))?;
            }
        }
        if reasons.len() > REASONS_SHOWN {
            let more = reasons.len() - REASONS_SHOWN;
            writeln!(
                ui.out,
                " and rows for {more} other {}",
                if more == 1 { "reason".into() } else { plural("reason") }
            )?;
        }
        Ok(())
    }
}

struct Watched<'a, Shown> {
    rejects: &'a mut Vec<(usize, Reject)>,
    unread: &'a mut Vec<UnreadColumn>,
    notes: &'a mut Vec<String>,
    onlooker: Shown,
    bar: &'a indicatif::ProgressBar,
}

impl<Shown: FnMut(&Source, Kind, Attributes)> Watcher for Watched<'_, Shown> {
    fn read(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn rejected(&mut self, reject: Reject) -> Result<(), Stop> {
        match self.rejects.iter_mut().find(|(_, known)| known.reason.is_like(&reject.reason)) {
            Some((count, _)) => *count += 1,
            None => self.rejects.push((1, reject)),
        }
        Ok(())
    }

    fn unread(&mut self, file: &Path, line: u64, unread: Unread) {
        UnreadColumn::note(self.unread, file, line, unread);
    }

    fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    fn onlooker(&mut self) -> Option<&mut Onlooker<'_>> {
        Some(&mut self.onlooker)
    }
}
