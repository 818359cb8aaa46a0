//! Writes the files of results.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::Context as _;
use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use batch::kernel::{Table, Tables};
use batch::sheet::{BATCH_ROWS, Cell, Sheet};
use rules::model::{Model, Subject};

use super::beside::Beside;
use super::parquet::Parquet;
use crate::cli::failure::Failure;

/// How files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// A header, then a row each; commas, quotes where needed.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Columns with types: texts, and decimals with as many digits as in CSV.
    Parquet,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }
}

const HELP: &str = "name another folder, for example `--out scores`";

/// Writes what the model has scores of; contacts always. The answer lists what was written, and what
/// lies beside it from an earlier run.
pub(crate) fn write(
    folder: &Path,
    format: Format,
    details: bool,
    model: &Model,
    tables: &Tables,
    inputs: &[PathBuf],
) -> anyhow::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    let has = |of| model.scores_of(of).next().is_some();
    let file = |name: &str| folder.join(format!("{name}.{}", format.extension()));
    let names = [("contacts", true), ("accounts", has(Subject::Account)), ("opportunities", has(Subject::Opportunity))];
    for (name, _) in names.iter().filter(|(_, wanted)| *wanted) {
        refuse_input(&file(name), inputs, HELP)?;
    }
    let stale = names.iter().filter(|(_, wanted)| !wanted).map(|(name, _)| file(name)).filter(|path| path.exists());
    let stale: Vec<_> = stale.filter(|path| refuse_input(path, inputs, HELP).is_ok()).collect();
    let mut written = Vec::new();
    let mut put = |of, name: &str, rows: &dyn Fn(&mut Rows<'_>) -> anyhow::Result<()>| {
        let path = file(name);
        whole(&path, format, &Sheet::new(of, model, details), rows)?;
        written.push(path);
        anyhow::Ok(())
    };
    let table = |of, table: &Table, rows: &mut Rows<'_>| match rows {
        Rows::Parquet(columns) => columns_of(table, model, of, details, |batch| columns.write_batch(&batch?)),
        _ => {
            let sheet = Sheet::new(of, model, details);
            (0..table.len()).try_for_each(|row| rows.write(&sheet.cells(&table.card(row, str::to_owned))))
        }
    };
    put(Subject::Contact, "contacts", &|rows| table(Subject::Contact, &tables.contacts, rows))?;
    if has(Subject::Account) {
        put(Subject::Account, "accounts", &|rows| table(Subject::Account, &tables.accounts, rows))?;
    }
    if has(Subject::Opportunity) {
        let sheet = Sheet::new(Subject::Opportunity, model, details);
        let all = |rows: &mut Rows<'_>| tables.opportunities.iter().try_for_each(|card| rows.write(&sheet.cells(card)));
        put(Subject::Opportunity, "opportunities", &all)?;
    }
    Ok((written, stale))
}

/// All rows by column, some at a time: while they are written, the next ones are made.
fn columns_of(
    table: &Table,
    model: &Model,
    of: Subject,
    details: bool,
    mut write: impl FnMut(Result<RecordBatch, ArrowError>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(1);
        scope.spawn(move || {
            let rows = (0..table.len()).step_by(BATCH_ROWS).map(|start| start..table.len().min(start + BATCH_ROWS));
            // Nobody listens any more once something could not be written.
            _ = rows.map(|rows| sender.send(table.batch(model, of, details, rows))).find(Result::is_err);
        });
        receiver.into_iter().try_for_each(&mut write)
    })
}

/// A result never overwrites what it was made from.
pub(crate) fn refuse_input(path: &Path, inputs: &[PathBuf], help: &str) -> anyhow::Result<()> {
    let Ok(path) = path.canonicalize() else { return Ok(()) };
    if inputs.iter().any(|input| input.canonicalize().is_ok_and(|input| input == path)) {
        let message = format!("{} is read by this command and would be overwritten", path.display());
        return Err(Failure::refused(message, help.to_owned()).into());
    }
    Ok(())
}

/// Writes one file; it appears when it is whole.
fn whole(
    path: &Path,
    format: Format,
    table: &Sheet<'_>,
    rows: &dyn Fn(&mut Rows<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut file = Beside::of(path)?;
    let columns = table.columns();
    let mut out = Rows::new(format, &columns, table, &mut file)?;
    rows(&mut out).and_then(|()| out.finish()).with_context(|| format!("{} cannot be written", path.display()))?;
    file.become_whole(path)
}

enum Rows<'a> {
    Csv(Box<csv::Writer<&'a mut Beside>>),
    Ndjson { columns: &'a [String], out: &'a mut Beside },
    Parquet(Box<Parquet<'a>>),
}

impl<'a> Rows<'a> {
    fn new(format: Format, columns: &'a [String], table: &Sheet<'_>, out: &'a mut Beside) -> anyhow::Result<Self> {
        match format {
            Format::Parquet => Ok(Self::Parquet(Box::new(Parquet::new(table, out)?))),
            Format::Ndjson => Ok(Self::Ndjson { columns, out }),
            Format::Csv => {
                let mut rows = csv::Writer::from_writer(out);
                rows.write_record(columns)?;
                Ok(Self::Csv(Box::new(rows)))
            }
        }
    }

    fn write(&mut self, cells: &[Cell]) -> anyhow::Result<()> {
        match self {
            Self::Csv(rows) => {
                let texts = cells.iter().map(|cell| match cell {
                    Cell::Empty => "",
                    Cell::Text(text) | Cell::Number(text) => text,
                });
                rows.write_record(texts)?;
            }
            Self::Ndjson { columns, out } => {
                let mut object = serde_json::Map::new();
                for (column, cell) in columns.iter().zip(cells) {
                    object.insert(column.clone(), json(cell)?);
                }
                writeln!(out, "{}", serde_json::Value::Object(object))?;
            }
            Self::Parquet(columns) => columns.write(cells)?,
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Csv(mut rows) => Ok(rows.flush()?),
            Self::Ndjson { .. } => Ok(()),
            Self::Parquet(columns) => columns.finish(),
        }
    }
}

/// A number keeps the digits that it is written with in CSV.
fn json(cell: &Cell) -> anyhow::Result<serde_json::Value> {
    Ok(match cell {
        Cell::Empty => serde_json::Value::Null,
        Cell::Text(text) => serde_json::Value::String(text.clone()),
        Cell::Number(digits) => serde_json::Value::Number(digits.parse()?),
    })
}
