//! A proposal for a mapping, from what files look like.
//!
//! The flow is `files -> outline (layout, document) -> columns (all values) -> kind, roles -> across (ids
//! that files share) -> print`. What
//! cannot be known is asked for in the proposal, and never chosen: a mapping with an open question is
//! refused when it is read.

mod across;
mod column;
mod document;
mod field;
mod header;
mod kind;
mod layout;
mod names;
mod outline;
mod print;
mod rivals;
mod role;
mod times;
mod toml;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use column::Column;
use rivals::Verdict;
use role::Role;

use rules::value::Attributes;

use crate::kernel::Declared;
use crate::mapping::{Export, Mark, Order};
use crate::source::open::open;
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
    /// The first rows of each export, as they stand there, by column.
    pub rows: Vec<Vec<Attributes>>,
}

/// So many rows are shown beside a proposal.
const ROWS_SHOWN: usize = 5;

/// Proposes a mapping for some files; files that are written alike and have the same columns become
/// one export. `kind` says what the rows are about, and `encoding` how characters are, where that is
/// known; `shown` gives the path as
/// the mapping is to name it; `read` is told how many bytes have been read.
pub fn guess(
    paths: &[PathBuf],
    kind: Option<Kind>,
    encoding: Option<Encoding>,
    shown: impl Fn(&Path) -> String,
    read: &mut dyn FnMut(u64),
) -> Result<Proposal, Error> {
    let mut exports: Vec<Guessed> = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        if !seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
            continue;
        }
        let outline = outline::outline(path, encoding)?;
        match exports.iter_mut().find(|known| known.is_alike(&outline)) {
            Some(known) => known.paths.push(path.clone()),
            None => exports.push(outline),
        }
    }
    for export in &mut exports {
        export.look(read)?;
    }
    let mut plans: Vec<Plan> = exports.iter().map(|export| export.plan(kind)).collect();
    across::join(&exports, &mut plans);
    Ok(print::proposal(&exports, &plans, &shown))
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
    /// Where the rows stand, if several lists may have them.
    questions: Vec<String>,
    rows: usize,
    first: Vec<Attributes>,
    /// Rows that are not as the others are, and why the first is not.
    odd_rows: usize,
    odd_row: Option<String>,
}

/// What the rows of an export give.
#[derive(Debug)]
struct Plan {
    kind: Kind,
    /// Whether the kind is certain.
    is_sure: bool,
    roles: Vec<Role>,
    doubts: Vec<String>,
}

impl Guessed {
    fn plan(&self, kind: Option<Kind>) -> Plan {
        let (kind, is_sure) = kind.map_or_else(|| kind::kind(&self.columns, &self.stem()), |kind| (kind, true));
        Plan { kind, is_sure, roles: role::roles(kind, &self.columns), doubts: Vec::new() }
    }

    /// `orders-2024` of `exports/orders-2024.csv.gz`.
    fn stem(&self) -> String {
        let name = self.paths.first().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
        name.split('.').next().unwrap_or_default().to_owned()
    }

    fn new(path: &Path, encoding: Encoding) -> Self {
        Self {
            paths: vec![path.to_owned()],
            form: Form::default(),
            encoding,
            header: Vec::new(),
            columns: Vec::new(),
            doubts: Vec::new(),
            questions: Vec::new(),
            rows: 0,
            first: Vec::new(),
            odd_rows: 0,
            odd_row: None,
        }
    }

    fn is_alike(&self, other: &Self) -> bool {
        self.header == other.header
            && self.form.delimiter == other.form.delimiter
            && self.form.quote == other.form.quote
            && self.form.skip == other.form.skip
            && self.encoding == other.encoding
            && !self.header.is_empty()
    }

    /// Looks at every value.
    fn look(&mut self, read: &mut dyn FnMut(u64)) -> Result<(), Error> {
        let form = Form { encoding: Some(self.encoding), ..self.form.clone() };
        let export = Export {
            id: String::new(),
            files: Vec::new(),
            form,
            zone: None,
            empty: Vec::new(),
            declared: Declared::default(),
            tables: Vec::new(),
        };
        let export = Arc::new(export);
        for path in &self.paths {
            let mut file = open(&Source::mapped(path.clone(), export.clone()))?;
            let progress = file.progress.clone();
            let (columns, rows, first) = (&mut self.columns, &mut self.rows, &mut self.first);
            let (odd_rows, odd_row) = (&mut self.odd_rows, &mut self.odd_row);
            file.for_each_row(&mut |row| {
                read(progress.take());
                match row.cells {
                    Ok(cells) => {
                        *rows += 1;
                        if first.len() < ROWS_SHOWN {
                            first.push(cells.clone());
                        }
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
        column.dates(is_time || names::names_time(&column.name))
    }

    fn numbers(&self, column: &Column) -> Verdict<Mark> {
        if column.is_numeric() && !names::names_code(&column.name) { column.numbers() } else { Verdict::Not }
    }
}
