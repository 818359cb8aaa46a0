//! A proposal for a mapping, from what files look like.
//!
//! The flow is `files -> layout (delimiter, header) -> columns (all values) -> roles -> print`. What
//! cannot be known is asked for in the proposal, and never chosen: a mapping with an open question is
//! refused when it is read.

mod column;
mod layout;
mod print;
mod role;

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use column::{Column, Verdict};

use crate::mapping::{Export, Mark, Order};
use crate::source::content::{self, Progress};
use crate::source::open::{self, open};
use crate::source::parquet;
use crate::source::{Encoding, Error, Form, Kind, Source};

/// A mapping that is proposed.
#[derive(Debug)]
pub struct Proposal {
    /// Its text, to be saved as it is, and edited.
    pub text: String,
    /// What somebody has to answer before it can be used.
    pub questions: Vec<String>,
    /// What was chosen without certainty.
    pub doubts: Vec<String>,
}

/// Proposes a mapping for some files; files that are written alike and have the same columns become
/// one export. `kind` says what the rows are about, where that is known; `shown` gives the path as
/// the mapping is to name it; `read` is told how many bytes have been read.
pub fn guess(
    paths: &[PathBuf],
    kind: Option<Kind>,
    shown: impl Fn(&Path) -> String,
    read: &mut dyn FnMut(u64),
) -> Result<Proposal, Error> {
    let mut exports: Vec<Guessed> = Vec::new();
    for path in paths {
        let outline = outline(path)?;
        match exports.iter_mut().find(|known| known.is_alike(&outline)) {
            Some(known) => known.paths.push(path.clone()),
            None => exports.push(outline),
        }
    }
    for export in &mut exports {
        export.look(read)?;
    }
    Ok(print::proposal(&exports, kind, &shown))
}

/// An export as it seems to be.
#[derive(Debug)]
struct Guessed {
    paths: Vec<PathBuf>,
    form: Form,
    encoding: Encoding,
    header: Vec<String>,
    columns: Vec<Column>,
    doubts: Vec<String>,
    rows: usize,
    /// Rows that are not as the others are, and why the first is not.
    odd_rows: usize,
    odd_row: Option<String>,
}

impl Guessed {
    fn new(path: &Path, encoding: Encoding) -> Self {
        Self {
            paths: vec![path.to_owned()],
            form: Form::default(),
            encoding,
            header: Vec::new(),
            columns: Vec::new(),
            doubts: Vec::new(),
            rows: 0,
            odd_rows: 0,
            odd_row: None,
        }
    }

    fn is_alike(&self, other: &Self) -> bool {
        self.header == other.header
            && self.form.delimiter == other.form.delimiter
            && self.form.skip == other.form.skip
            && self.encoding == other.encoding
            && !self.header.is_empty()
    }

    /// Looks at every value.
    fn look(&mut self, read: &mut dyn FnMut(u64)) -> Result<(), Error> {
        let form = Form { encoding: Some(self.encoding), ..self.form.clone() };
        let export =
            Export { id: String::new(), files: Vec::new(), form, zone: None, empty: Vec::new(), tables: Vec::new() };
        let export = Arc::new(export);
        for path in &self.paths {
            let mut file = open(&Source::mapped(path.clone(), export.clone()))?;
            let progress = file.progress.clone();
            let (columns, rows, odd_rows, odd_row) =
                (&mut self.columns, &mut self.rows, &mut self.odd_rows, &mut self.odd_row);
            file.for_each_row(&mut |row| {
                read(progress.take());
                match row.cells {
                    Ok(cells) => {
                        *rows += 1;
                        for (name, value) in &cells {
                            let known = columns.iter().position(|column| *column.name == **name);
                            let place = known.unwrap_or_else(|| {
                                columns.push(Column::new(name));
                                columns.len() - 1
                            });
                            columns[place].see(&value.text());
                        }
                    }
                    Err(reason) => {
                        *odd_rows += 1;
                        odd_row.get_or_insert_with(|| format!("line {}: {reason}", row.line));
                    }
                }
                true
            })
            .map_err(|error| Error::broken(path, &error))?;
        }
        Ok(())
    }

    /// What the dates of a column are, or `Not`.
    fn dates(&self, column: &Column, is_time: bool) -> Verdict<Order> {
        column.dates(is_time || role::names_time(&column.name))
    }

    fn numbers(&self, column: &Column) -> Verdict<Mark> {
        if column.is_numeric() { column.numbers() } else { Verdict::Not }
    }
}

/// How a file is written, from its beginning.
fn outline(path: &Path) -> Result<Guessed, Error> {
    let source = Source::file(Kind::Activities, path);
    let broken = |error| Error::broken(path, &error);
    if parquet::open(&source)?.is_some() {
        return Ok(Guessed::new(path, Encoding::UTF_8));
    }
    let (mut text, encoding) = content::text(&source, &Form::default(), &Progress::default())?;
    let start = text.fill_buf().map_err(broken)?;
    open::refuse_unreadable(path, start)?;
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    let mut guessed = Guessed::new(path, encoding);
    if encoding == Encoding::LATIN_1 {
        guessed
            .doubts
            .push("it is not UTF-8; Latin-1 is the usual other encoding, look at letters with accents".into());
    }
    let named_json = path.file_name().is_some_and(|name| open::is_json(&name.to_string_lossy()));
    match first {
        None => {
            let help = "an export has a header and rows; was it written to the end?".to_owned();
            return Err(Error::new(path, "is empty", Some(help)));
        }
        Some(b'{' | b'[') if named_json || first == Some(b'{') => {
            guessed.form.rows = list_of_rows(text);
            return Ok(guessed);
        }
        Some(_) => {}
    }
    let Some(layout) = layout::layout(&mut text).map_err(broken)? else {
        let help = "expected a table: a header, then a row a line".to_owned();
        return Err(Error::new(path, "has no rows", Some(help)));
    };
    guessed.form = layout.form;
    guessed.columns = names(&layout.header).iter().map(|name| Column::new(name)).collect();
    guessed.header = layout.header;
    guessed.doubts.extend(layout.doubts);
    Ok(guessed)
}

/// The names of columns as the reader numbers them; columns without a name are passed over.
fn names(header: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in header.iter().filter(|name| !name.is_empty()) {
        let mut free = name.clone();
        for count in 2.. {
            if !names.contains(&free) {
                break;
            }
            free = format!("{name} ({count})");
        }
        names.push(free);
    }
    names
}

/// Where the only list of objects stands in a document; `None` where each object is a row.
fn list_of_rows(mut text: content::Content) -> Option<String> {
    const DOCUMENT_BYTES_MAX: usize = 64 << 20;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(&mut text, DOCUMENT_BYTES_MAX as u64), &mut bytes).ok()?;
    let first = serde_json::Deserializer::from_slice(&bytes).into_iter::<serde_json::Value>().next()?.ok()?;
    let mut lists = Vec::new();
    find_lists(&first, "", &mut lists);
    match &lists[..] {
        [one] => Some(one.clone()),
        _ => None,
    }
}

fn find_lists(value: &serde_json::Value, path: &str, lists: &mut Vec<String>) {
    let Some(object) = value.as_object() else { return };
    for (name, value) in object {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            serde_json::Value::Array(elements) if elements.iter().any(serde_json::Value::is_object) => lists.push(path),
            serde_json::Value::Object(_) => find_lists(value, &path, lists),
            _ => {}
        }
    }
}
