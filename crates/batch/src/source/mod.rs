//! From files to facts.
//!
//! The flow is `open (all files, before any work: unpack, decode) -> rows (csv, json, parquet) -> mapping, where
//! there is one (columns to canonical columns) -> place (canonical columns to facts)`.
//! A bad row is handed to the caller with file, line and reason, and reading goes on; only a file
//! that cannot be used at all is an error.

mod absent;
pub(crate) mod arrow;
mod by_column;
mod chunks;
pub(crate) mod content;
pub(crate) mod csv;
mod feed;
pub(crate) mod find;
mod form;
mod frame;
mod gate;
mod guard;
mod json;
mod list;
mod magic;
pub(crate) mod open;
pub(crate) mod parquet;
mod place;
mod remote;
mod renamed;
mod rewrite;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use rules::activity::Activity;
use rules::day::Zone;
use rules::facts::{Builder, Facts};
use rules::history::{self, Added};
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::value::Attributes;

use crate::kernel::Declared;
use crate::mapping::{Export, Table, Unread};
use find::{Beside, Found};
use remote::Object;

use absent::Absent;
pub use feed::{FeedError, feed};
pub use form::{Delimiter, Encoding, Form};
pub use frame::Frame;
pub use json::value_of;
pub use open::Error;
use open::Opened;
pub use place::{Reason, place};

/// What the rows of a file are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Contacts, Self::Accounts, Self::Activities, Self::Opportunities];

    /// The word for people and for options.
    pub fn word(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Accounts => "accounts",
            Self::Activities => "activities",
            Self::Opportunities => "opportunities",
        }
    }

    /// One of them.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Contacts => "contact",
            Self::Accounts => "account",
            Self::Activities => "activity",
            Self::Opportunities => "opportunity",
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
    /// Where the file is, or what content that is built in is called.
    pub path: PathBuf,
    /// The content, where it is built in.
    pub content: Option<&'static [u8]>,
    /// What its folders say of every row, under the names of columns.
    beside: Beside,
    /// Where the file lies, if not on this machine.
    remote: Option<Object>,
    /// What its rows say.
    gives: Gives,
}

#[derive(Clone, Debug)]
enum Gives {
    /// Facts of one kind, under canonical columns.
    Canonical(Kind),
    /// What a mapping makes of them.
    Mapped(Arc<Export>),
}

static CANONICAL: LazyLock<Form> = LazyLock::new(Form::canonical);

impl Source {
    /// A file with canonical columns.
    pub fn file(kind: Kind, path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            content: None,
            remote: None,
            beside: Beside::new(),
            gives: Gives::Canonical(kind),
        }
    }

    /// Content that is built in, under the name of a file.
    pub fn built_in(kind: Kind, name: &str, content: &'static [u8]) -> Self {
        Self {
            path: name.into(),
            content: Some(content),
            remote: None,
            beside: Beside::new(),
            gives: Gives::Canonical(kind),
        }
    }

    /// The files of a place, with canonical columns: a file, all files of a folder, those that a
    /// pattern fits, or what lies in an object store.
    pub fn found(kind: Kind, place: &Path) -> Result<Vec<Self>, Error> {
        let Some(text) = place.to_str() else { return Ok(vec![Self::file(kind, place)]) };
        Ok(find::find(Path::new(""), text)?.into_iter().map(|found| Self::of(found, Gives::Canonical(kind))).collect())
    }

    /// A file of an export that a mapping describes.
    pub fn mapped(path: PathBuf, export: Arc<Export>) -> Self {
        Self { path, content: None, remote: None, beside: Beside::new(), gives: Gives::Mapped(export) }
    }

    /// Files of an export that a mapping describes, found from its folder.
    pub(crate) fn found_mapped(folder: &Path, place: &str, export: &Arc<Export>) -> Result<Vec<Self>, Error> {
        let found = find::find(folder, place).map_err(|error| match error.problem.as_str() {
            find::FITS_NONE | find::HAS_NONE => {
                let help = format!("source `{}` expects files there; paths are relative to the mapping", export.id);
                Error { help: Some(help), ..error }
            }
            _ => error,
        });
        let found = found?.into_iter();
        Ok(found.map(|found| Self::of(found, Gives::Mapped(export.clone()))).collect())
    }

    fn of(found: Found, gives: Gives) -> Self {
        let Found { path, remote, beside } = found;
        Self { path, content: None, beside, remote, gives }
    }

    /// The export of a mapping that it belongs to, if a mapping describes it.
    pub fn export(&self) -> Option<&Export> {
        match &self.gives {
            Gives::Canonical(_) => None,
            Gives::Mapped(export) => Some(export),
        }
    }

    /// Whether its rows may say something of this kind.
    pub fn gives(&self, kind: Kind) -> bool {
        match &self.gives {
            Gives::Canonical(own) => *own == kind,
            Gives::Mapped(export) => export.tables.iter().any(|table| table.kind == kind),
        }
    }

    fn form(&self) -> &Form {
        match &self.gives {
            Gives::Canonical(_) => &CANONICAL,
            Gives::Mapped(export) => &export.form,
        }
    }

    /// What the rows are about, if a mapping does not say something else.
    fn kind(&self) -> Option<Kind> {
        match &self.gives {
            Gives::Canonical(kind) => Some(*kind),
            Gives::Mapped(_) => None,
        }
    }

    /// The columns that the file must have itself; of the others, one file of an export must have them.
    fn required(&self) -> Vec<String> {
        match &self.gives {
            Gives::Canonical(_) => self.columns(),
            Gives::Mapped(export) => export.required_columns(),
        }
    }

    /// Whether its folders say what a column would.
    fn has_beside(&self, column: &str) -> bool {
        self.beside.contains_key(column)
    }

    /// The columns that are read; `None` is all of them.
    fn projection(&self) -> Option<Vec<String>> {
        match &self.gives {
            Gives::Canonical(_) => None,
            Gives::Mapped(export) => export.reads_named_only().then(|| export.columns()),
        }
    }

    /// The columns that its rows are expected to have.
    fn columns(&self) -> Vec<String> {
        match &self.gives {
            Gives::Canonical(kind) => kind.required().iter().map(|&column| column.to_owned()).collect(),
            Gives::Mapped(export) => export.columns(),
        }
    }

    /// Who needs them, for messages.
    fn needed_by(&self) -> String {
        match &self.gives {
            Gives::Canonical(kind) => format!("{} need", kind.word()),
            Gives::Mapped(export) => format!("source `{}` of the mapping names", export.id),
        }
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

    /// A value could not be read as its mapping says, and stays as it is written.
    fn unread(&mut self, file: &Path, line: u64, unread: Unread);

    /// Something of a whole source that nobody expects, in a sentence.
    fn note(&mut self, note: String);

    /// Who is shown every fact, under canonical columns; usually nobody.
    fn onlooker(&mut self) -> Option<&mut Onlooker<'_>> {
        None
    }
}

/// Somebody who is shown facts.
pub type Onlooker<'a> = dyn FnMut(&Source, Kind, Attributes) + 'a;

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
    pub(crate) line: u64,
    pub(crate) cells: Result<Attributes, Reason>,
    /// Writes the row as it stands in the file; only a rejected one is asked.
    raw: &'a dyn Fn() -> String,
}

/// Who takes facts.
pub trait Sink {
    /// What a row says of a contact.
    fn contact(&mut self, id: ContactId, row: history::Row) -> Added;

    /// What a row says of an account.
    fn account(&mut self, id: AccountId, row: history::Row) -> Added;

    /// What a row says of an opportunity.
    fn opportunity(&mut self, id: OpportunityId, row: history::Row) -> Added;

    /// An activity.
    fn activity(&mut self, activity: Activity);

    /// Told of each row before what it says, whether it can be used or not. An error ends the reading.
    fn row(&mut self, _source: &Source, _line: u64, _raw: &dyn Fn() -> String) -> Result<(), Stop> {
        Ok(())
    }
}

impl Sink for Builder {
    fn contact(&mut self, id: ContactId, row: history::Row) -> Added {
        Self::contact(self, id, row)
    }

    fn account(&mut self, id: AccountId, row: history::Row) -> Added {
        Self::account(self, id, row)
    }

    fn opportunity(&mut self, id: OpportunityId, row: history::Row) -> Added {
        Self::opportunity(self, id, row)
    }

    fn activity(&mut self, activity: Activity) {
        Self::activity(self, activity);
    }
}

/// Reads all files into facts.
pub fn load(sources: &[Source], zone: &Zone, watcher: &mut dyn Watcher) -> Result<(Facts, Counts), Error> {
    let mut builder = Builder::default();
    let counts = load_into(&mut builder, sources, zone, watcher)?;
    Ok((builder.finish(), counts))
}

/// Opens all files, and says of the first that cannot be used what is wrong with it. No row is read.
pub fn check(sources: &[Source]) -> Result<(), Error> {
    open_all(sources).map(|_| ())
}

/// Opens all files first, so that one that cannot be used costs no work; then reads them all.
pub fn load_into(
    sink: &mut dyn Sink,
    sources: &[Source],
    zone: &Zone,
    watcher: &mut dyn Watcher,
) -> Result<Counts, Error> {
    let opened = open_all(sources)?;
    let mut reading = Reading { zone, sink, counts: Counts::default(), watcher };
    let mut absent = Absent::default();
    for (source, file) in sources.iter().zip(opened) {
        let file = file.map_or_else(|| open::open(source), Ok)?;
        reading.read(source, file, &mut absent)?;
    }
    absent.notes(sources).into_iter().for_each(|note| reading.watcher.note(note));
    Ok(reading.counts)
}

/// So many files stay open; an operating system allows a process some hundreds. The others, and those
/// that hold what was fetched of them, are checked like them, and opened again when their turn comes.
const OPEN_MAX: usize = 200;

fn open_all(sources: &[Source]) -> Result<Vec<Option<Opened>>, Error> {
    let mut opened = Vec::with_capacity(sources.len());
    let mut missing = Missing::default();
    for (place, source) in sources.iter().enumerate() {
        let file = open::open(source)?;
        missing.look(source, file.columns());
        // What is no file, such as a pipe, can be opened once only.
        let stays = source.remote.is_none() && (place < OPEN_MAX || !source.path.is_file());
        opened.push(Some(file).filter(|_| stays));
    }
    missing.refuse()?;
    Ok(opened)
}

/// The columns of each export that none of its files had so far. One that some files lack is missing
/// in their rows; one that all of them lack is a slip.
#[derive(Default)]
struct Missing<'a>(Vec<Slip<'a>>);

struct Slip<'a> {
    export: &'a Arc<Export>,
    /// The first file, and the columns that it has.
    first: &'a Source,
    found: Vec<Arc<str>>,
    missing: Vec<String>,
}

impl<'a> Missing<'a> {
    fn look(&mut self, source: &'a Source, columns: Option<&[Arc<str>]>) {
        let Gives::Mapped(export) = &source.gives else { return };
        let known = self.0.iter_mut().find(|slip| Arc::ptr_eq(slip.export, export));
        let wanted = known.as_ref().map_or_else(|| export.columns(), |slip| slip.missing.clone());
        let missing = columns.map_or(Vec::new(), |columns| open::lacking(source, columns, &wanted));
        match known {
            Some(slip) => slip.missing = missing,
            None => {
                let found = columns.unwrap_or_default().to_vec();
                self.0.push(Slip { export, first: source, found, missing });
            }
        }
    }

    fn refuse(self) -> Result<(), Error> {
        let slip = self.0.into_iter().find(|slip| !slip.missing.is_empty());
        slip.map_or(Ok(()), |slip| Err(open::lacks(slip.first, &slip.found, &slip.missing)))
    }
}

struct Reading<'a> {
    zone: &'a Zone,
    sink: &'a mut dyn Sink,
    counts: Counts,
    watcher: &'a mut dyn Watcher,
}

impl Reading<'_> {
    /// Takes all rows of a file.
    fn read(&mut self, source: &Source, mut file: Opened, absent: &mut Absent) -> Result<(), Error> {
        if let Some(columns) = source.projection() {
            file.project(&columns);
        }
        let mut taken = Ok(());
        let (progress, has_header) = (file.progress.clone(), file.has_header());
        file.for_each_row(&mut |row| {
            self.watcher.read(progress.take());
            if let (Some(export), Ok(cells), false) = (source.export(), &row.cells, has_header) {
                absent.see(export, cells, source);
            }
            taken = self.take(source, row);
            taken.is_ok()
        })
        .map_err(|error| Error::broken(&source.path, &error))?;
        taken.map_err(|stop| Error::stopped(&source.path, stop))
    }

    /// Takes what a row gives: facts of one kind, or of every table of its mapping. A row that one
    /// table cannot use is told, and the other tables still have it.
    fn take(&mut self, source: &Source, row: Row<'_>) -> Result<(), Stop> {
        self.sink.row(source, row.line, row.raw)?;
        let cells = match row.cells {
            Ok(mut cells) => {
                for (column, value) in
                    source.beside.iter().filter_map(|(column, value)| Some((column, value.as_ref()?)))
                {
                    cells.entry(column.clone()).or_insert_with(|| value.clone());
                }
                cells
            }
            Err(reason) => return self.reject(source, row.line, reason, row.raw),
        };
        let mut reasons = Vec::new();
        match &source.gives {
            Gives::Canonical(kind) => reasons.extend(self.place(source, *kind, cells).err()),
            Gives::Mapped(export) => {
                for table in &export.tables {
                    reasons.extend(self.mapped(source, row.line, export, table, &cells).err());
                }
            }
        }
        if reasons.is_empty() {
            self.counts.used += 1;
        }
        reasons.into_iter().try_for_each(|reason| self.reject(source, row.line, reason, row.raw))
    }

    fn mapped(
        &mut self,
        source: &Source,
        line: u64,
        export: &Export,
        table: &Table,
        row: &Attributes,
    ) -> Result<(), Reason> {
        let mut note = |unread| self.watcher.unread(&source.path, line, unread);
        match export.apply(table, row, &mut note)? {
            Some(cells) => self.place(source, table.kind, cells).map_err(|reason| table.in_its_words(reason)),
            None => Ok(()),
        }
    }

    fn place(&mut self, source: &Source, kind: Kind, cells: Attributes) -> Result<(), Reason> {
        let shown = self.watcher.onlooker().map(|_| cells.clone());
        place(kind, cells, self.zone, self.sink)?;
        if let (Some(cells), Some(onlooker)) = (shown, self.watcher.onlooker()) {
            onlooker(source, kind, cells);
        }
        Ok(())
    }

    fn reject(&mut self, source: &Source, line: u64, reason: Reason, raw: &dyn Fn() -> String) -> Result<(), Stop> {
        self.counts.rejected += 1;
        self.watcher.rejected(Reject { file: source.path.clone(), line, reason, row: raw() })
    }
}

/// The files of this machine among those of a place, whether they can be used or not.
pub fn local_files(place: &Path) -> Vec<PathBuf> {
    place.to_str().map_or_else(|| vec![place.to_owned()], |text| find::local(Path::new(""), text))
}

/// What mappings declare of all activities together; files without a mapping declare nothing.
pub fn declared(sources: &[Source]) -> Declared {
    let of = |source: &Source| match &source.gives {
        Gives::Canonical(Kind::Activities) => Some(Declared::default()),
        Gives::Canonical(_) => None,
        Gives::Mapped(export) => {
            export.tables.iter().any(|table| table.kind == Kind::Activities).then_some(export.declared)
        }
    };
    sources.iter().filter_map(of).reduce(Declared::and).unwrap_or_default()
}

/// How large all files are together, for a progress bar; what cannot be asked counts as nothing.
pub fn total_bytes(sources: &[Source]) -> u64 {
    let size = |source: &Source| match (source.content, &source.remote) {
        (Some(content), _) => content.len() as u64,
        (None, Some(object)) => object.length(),
        (None, None) => source.path.metadata().map_or(0, |metadata| metadata.len()),
    };
    sources.iter().map(size).sum()
}
