//! From files to facts.
//!
//! The flow is `open (all files, before any work) -> rows (csv, json) -> place (columns to facts)`.
//! A bad row is handed to the caller with file, line and reason, and reading goes on; only a file
//! that cannot be used at all is an error.

mod csv;
mod json;
mod open;
mod place;

use std::fmt;
use std::path::{Path, PathBuf};

use rules::day::Zone;
use rules::facts::{Builder, Facts};
use rules::value::Attributes;

pub use json::value_of;
pub use open::Error;
pub use place::{Reason, place};

/// What the rows of a file are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Persons, members, prospects.
    Contacts,
    /// Organisations.
    Accounts,
    /// What contacts did, or what happened to them.
    Activities,
    /// Possible sales or renewals.
    Opportunities,
}

impl Kind {
    /// The word for people and for options.
    pub fn word(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Accounts => "accounts",
            Self::Activities => "activities",
            Self::Opportunities => "opportunities",
        }
    }

    /// The columns that a file must have.
    pub fn required(self) -> &'static [&'static str] {
        match self {
            Self::Contacts | Self::Accounts | Self::Opportunities => &["id"],
            Self::Activities => &["contact", "type", "occurred_at"],
        }
    }

    /// The columns that have a meaning of their own; all others are attributes or properties.
    pub fn canonical(self) -> &'static [&'static str] {
        match self {
            Self::Contacts => &["id", "account", "account_since", "created_at", "valid_from"],
            Self::Accounts => &["id", "valid_from"],
            Self::Activities => &["id", "contact", "type", "occurred_at", "value", "account", "source"],
            Self::Opportunities => &["id", "contact", "account", "amount", "valid_from"],
        }
    }
}

/// A file and what its rows are about.
#[derive(Clone, Debug)]
pub struct Source {
    /// What the rows are about.
    pub kind: Kind,
    /// Where the file is, or what content that is built in is called.
    pub path: PathBuf,
    /// The content, where it is built in.
    pub content: Option<&'static [u8]>,
}

impl Source {
    /// A file.
    pub fn file(kind: Kind, path: &Path) -> Self {
        Self { kind, path: path.to_owned(), content: None }
    }

    /// Content that is built in, under the name of a file.
    pub fn built_in(kind: Kind, name: &str, content: &'static [u8]) -> Self {
        Self { kind, path: name.into(), content: Some(content) }
    }
}

/// A row that could not be used.
#[derive(Clone, Debug)]
pub struct Reject {
    /// The file.
    pub file: PathBuf,
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: Reason,
    /// The row as it stands in the file.
    pub row: String,
}

impl fmt::Display for Reject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.file.display(), self.line, self.reason)
    }
}

/// Who is told while files are read.
pub trait Watcher {
    /// So many more bytes have been read.
    fn read(&mut self, bytes: u64);

    /// A row could not be used. An error ends the reading.
    fn rejected(&mut self, reject: Reject) -> Result<(), Stop>;
}

/// The watcher wants no more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Stop(pub String);

/// How many rows were used, or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows used.
    pub used: u64,
    /// Rows rejected.
    pub rejected: u64,
}

/// What one line of a file says, or why it cannot be read.
pub(crate) struct Row<'a> {
    line: u64,
    cells: Result<Attributes, Reason>,
    /// Writes the row as it stands in the file; only a rejected one is asked.
    raw: &'a dyn Fn() -> String,
}

/// Opens all files first, so that one that cannot be used costs no work; then reads them all.
pub fn load(sources: &[Source], zone: &Zone, watcher: &mut dyn Watcher) -> Result<(Facts, Counts), Error> {
    let opened: Vec<_> = sources.iter().map(open::open).collect::<Result<_, _>>()?;
    let mut builder = Builder::default();
    let mut counts = Counts::default();
    for (source, mut file) in sources.iter().zip(opened) {
        let mut taken = Ok(());
        file.for_each_row(&mut |row, bytes| {
            watcher.read(bytes);
            let placed = row.cells.and_then(|cells| place(source.kind, cells, zone, &mut builder));
            let Err(reason) = placed else {
                counts.used += 1;
                return true;
            };
            counts.rejected += 1;
            taken = watcher.rejected(Reject { file: source.path.clone(), line: row.line, reason, row: (row.raw)() });
            taken.is_ok()
        })
        .map_err(|error| Error::broken(&source.path, &error))?;
        taken.map_err(|stop| Error::stopped(&source.path, stop))?;
    }
    Ok((builder.finish(), counts))
}

/// How large all files are together, for a progress bar; what cannot be asked counts as nothing.
pub fn total_bytes(sources: &[Source]) -> u64 {
    let size = |source: &Source| match source.content {
        Some(content) => content.len() as u64,
        None => source.path.metadata().map_or(0, |metadata| metadata.len()),
    };
    sources.iter().map(size).sum()
}
