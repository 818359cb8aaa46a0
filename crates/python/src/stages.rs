//! The stages of `batch::kernel` for `fervor/spark.py`, which moves rows between them: tables in, tables out.
//! Rows of one kind each stand in a struct of their own, because what is shuffled together is one table.

use std::path::PathBuf;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};
use batch::kernel::{self, Feeder, Keep, Kernel, Layout, Problem, Settings, Subjects};
use batch::sheet::{Columns, Sheet};
use batch::source::{Frame, Kind};
use batch::wording::shortened;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use rules::condition::Space;
use rules::lint::names_used;
use rules::model::Subject;

use crate::arguments::{self, Given};
use crate::capsule;
use crate::engine::Error;
use crate::error;
use crate::model::Model;
use crate::settings::Work;

/// Rows on their way to the next stage.
#[pyclass(frozen, name = "_Rows", module = "fervor._fervor")]
pub(crate) struct Rows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

#[pymethods]
impl Rows {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _not_granted = requested_schema;
        capsule::stream(py, &self.schema, &self.batches)
    }
}

impl From<Subjects> for Rows {
    fn from(Subjects { schema, tables }: Subjects) -> Self {
        Self { schema, batches: tables }
    }
}

/// What accounts need of contacts, table by table.
#[pyclass(name = "_Said", module = "fervor._fervor")]
pub(crate) struct Said(kernel::Said);

#[pymethods]
impl Said {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Rows>> {
        let table = py.detach(|| self.0.next()).transpose().map_err(|problem| error::of_kernel(py, &problem))?;
        Ok(table.map(|table| Rows { schema: table.schema(), batches: vec![table] }))
    }
}

/// What a task is told of the whole job.
#[pyclass(frozen, name = "_Job", module = "fervor._fervor")]
pub(crate) struct Job {
    model: Py<Model>,
    work: Work,
    as_of: rules::day::Day,
    keep: Keep,
    details: bool,
    skips: bool,
}

#[pymethods]
impl Job {
    #[new]
    #[pyo3(signature = (model, as_of, keep, details, memory, temp, declare, on_reject))]
    #[expect(clippy::too_many_arguments, reason = "they are named in Python")]
    fn new(
        model: Py<Model>,
        as_of: &Bound<'_, PyAny>,
        keep: u8,
        details: bool,
        memory: Given<'_, '_>,
        temp: Option<PathBuf>,
        declare: Given<'_, '_>,
        on_reject: &str,
    ) -> PyResult<Self> {
        let keep = match keep {
            0 => Keep::Needed,
            1 => Keep::Identity,
            _ => Keep::All,
        };
        let work = Work::new(None, memory, temp, declare)?;
        let as_of = arguments::day(Some(as_of), &model.get().0.zone)?;
        Ok(Self { model, work, as_of, keep, details, skips: arguments::skips(on_reject)? })
    }

    /// Checks that rows with the schema of a table can be rows of a kind, and tells which columns are looked at;
    /// `None` is all.
    fn columns(&self, py: Python<'_>, kind: &str, schema: &Bound<'_, PyAny>) -> PyResult<Option<Vec<String>>> {
        let kind = kind_of(kind)?;
        let reader = capsule::reader(schema)?;
        Frame::new(kind, kind.word(), &reader.schema())
            .map_err(|error| error::of_engine(py, Error::Table(error.to_string(), error.help)))?;
        let model = &self.model.get().0;
        if kind == Kind::Accounts {
            let own = names_used(model).into_iter().filter(|name| name.space == Space::Account);
            let own = own.map(|name| name.id.to_string());
            return Ok(Some(["id", "valid_from"].map(String::from).into_iter().chain(own).collect()));
        }
        let columns = Kernel::new(model, self.settings()).columns(kind);
        Ok(columns.map(|columns| columns.iter().map(|column| column.to_string()).collect()))
    }

    /// Whether rules of contacts may look at accounts.
    fn reads_accounts(&self) -> bool {
        names_used(&self.model.get().0).iter().any(|name| name.space == Space::Account)
    }

    /// Whether the model has scores of accounts.
    fn has_accounts(&self) -> bool {
        self.model.get().0.scores_of(Subject::Account).next().is_some()
    }

    /// The contacts of one part, from rows with a struct `activity` and a struct `contact` of which one is null: their
    /// table, what their accounts need of them, how many rows could not be used, and how many bytes went to temporary
    /// files.
    #[pyo3(signature = (rows, accounts=None))]
    fn part(
        &self,
        py: Python<'_>,
        rows: &Bound<'_, PyAny>,
        accounts: Given<'_, '_>,
    ) -> PyResult<(Rows, Said, u64, u64)> {
        let rows = capsule::reader(rows)?;
        let accounts = accounts.map(capsule::reader).transpose()?;
        let model = &self.model.get().0;
        let run = || {
            let kernel = Kernel::new(model, self.settings());
            let mut feeding = Feeding::new(kernel.feeder(), self.skips);
            for batch in accounts.into_iter().flatten() {
                feeding.take(Kind::Accounts, &batch?)?;
            }
            // Every task is told of these; they are counted where accounts are scored.
            feeding.refused = 0;
            for batch in rows {
                let batch = batch?;
                feeding.structs(Kind::Activities, &batch, "activity")?;
                feeding.structs(Kind::Contacts, &batch, "contact")?;
            }
            let refused = feeding.finish()?;
            if kernel.is_contradicted() {
                return Err(Stopped::Kernel(Problem::Order));
            }
            let part = kernel.part(&|_| ())?;
            Ok((part.contacts.into(), Said(part.accounts), refused, part.spilled))
        };
        py.detach(run).map_err(|stopped: Stopped| stopped.into_error(py))
    }

    /// Accounts, from rows with a struct `row`, of which those that are not null come first, and beside it `account`
    /// and `said`: their table, how many rows could not be used, and how many bytes went to temporary files.
    fn accounts(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<(Rows, u64, u64)> {
        let rows = capsule::reader(rows)?;
        let model = &self.model.get().0;
        let run = || {
            let kernel = Kernel::new(model, self.settings());
            let mut feeding = Feeding::new(kernel.feeder(), self.skips);
            let (mut rows, mut said) = (rows, None);
            for batch in &mut rows {
                let batch = batch?;
                feeding.structs(Kind::Accounts, &batch, "row")?;
                let after = batch.column_by_name("account").map_or(0, ArrayRef::null_count);
                if after < batch.num_rows() {
                    said = Some(batch.slice(after, batch.num_rows() - after));
                    break;
                }
            }
            let refused = feeding.finish()?;
            let mut broken = None;
            let rest = rows.map_while(|batch| batch.map_err(|error| broken = Some(error)).ok());
            let found = kernel::accounts(kernel, said.into_iter().chain(rest));
            match broken {
                Some(error) => Err(Stopped::Reading(error)),
                None => found.map(|(accounts, spilled)| (accounts.into(), refused, spilled)).map_err(Stopped::from),
            }
        };
        py.detach(run).map_err(|stopped: Stopped| stopped.into_error(py))
    }

    /// The table of contacts or accounts as it is shown, from a table of a stage before with percentiles.
    fn finish(&self, py: Python<'_>, of: &str, rows: &Bound<'_, PyAny>) -> PyResult<Rows> {
        let (of, rows) = (subject(of)?, capsule::reader(rows)?);
        let model = &self.model.get().0;
        let run = || {
            let finish = |batch: Result<RecordBatch, ArrowError>| kernel::finish(model, of, self.details, &batch?);
            Ok(Rows { schema: self.shown(of), batches: rows.map(finish).collect::<Result<_, _>>()? })
        };
        py.detach(run).map_err(|error: ArrowError| PyRuntimeError::new_err(error.to_string()))
    }

    /// That table without rows.
    fn empty(&self, of: &str) -> PyResult<Rows> {
        Ok(Rows { schema: self.shown(subject(of)?), batches: Vec::new() })
    }
}

impl Job {
    fn settings(&self) -> Settings {
        Settings { threads: 1, ..self.work.settings(self.as_of, self.keep, self.details) }
    }

    fn shown(&self, of: Subject) -> SchemaRef {
        Columns::of(&Sheet::new(of, &self.model.get().0, self.details)).schema().clone()
    }
}

fn kind_of(word: &str) -> PyResult<Kind> {
    let found = Kind::ALL.into_iter().find(|kind| kind.word() == word);
    found.ok_or_else(|| PyValueError::new_err(format!("no kind of facts: {word}")))
}

fn subject(word: &str) -> PyResult<Subject> {
    let found = [Subject::Contact, Subject::Account].into_iter().find(|subject| subject.word() == word);
    found.ok_or_else(|| PyValueError::new_err(format!("no table of a stage: {word}")))
}

/// Why a stage does not get to its end.
enum Stopped {
    Kernel(Problem),
    Reading(ArrowError),
    /// A row that cannot be used, where none may be left out.
    Refused {
        kind: Kind,
        reason: String,
        raw: String,
    },
}

impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        Self::Kernel(problem)
    }
}

impl From<ArrowError> for Stopped {
    fn from(error: ArrowError) -> Self {
        Self::Reading(error)
    }
}

impl Stopped {
    fn into_error(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Kernel(Problem::Order) => error::raise(py, "KeepMore", (Problem::Order.to_string(),)),
            Self::Kernel(problem @ Problem::Overflow(Some(_))) => {
                error::raise(py, "OutOfRange", (problem.to_string(),))
            }
            Self::Kernel(problem) => error::of_kernel(py, &problem),
            Self::Reading(error) => PyRuntimeError::new_err(format!("reading stopped: {error}")),
            Self::Refused { kind, reason, raw } => {
                let problem = format!("a row of {} could not be used: {reason}\n  {raw}", kind.word());
                error::failed(py, &problem, "on_reject=\"skip\" leaves such rows out and counts them")
            }
        }
    }
}

/// Rows on their way into a kernel.
struct Feeding<'k, 'm> {
    feeder: Feeder<'k, 'm>,
    skips: bool,
    refused: u64,
    /// Rows since somebody looked, and how often somebody has.
    unseen: usize,
    looked: u64,
}

/// After so many rows it is looked how much memory ids take.
const LOOK_EVERY: usize = 1 << 20;

impl<'k, 'm> Feeding<'k, 'm> {
    fn new(feeder: Feeder<'k, 'm>, skips: bool) -> Self {
        let mut feeding = Self { feeder, skips, refused: 0, unseen: 0, looked: 0 };
        feeding.begin();
        feeding
    }

    fn begin(&mut self) {
        self.feeder.begin(self.looked);
        self.looked += 1;
    }

    fn take(&mut self, kind: Kind, rows: &RecordBatch) -> Result<(), Stopped> {
        self.unseen += rows.num_rows();
        if self.unseen >= LOOK_EVERY {
            self.unseen = 0;
            self.begin();
        }
        let refused = self.feeder.batch(&Layout::of(kind, rows.schema().fields()), rows)?;
        self.refused += refused.len() as u64;
        match refused.into_iter().next() {
            Some(one) if !self.skips => {
                Err(Stopped::Refused { kind, reason: one.reason.to_string(), raw: shortened(&one.raw) })
            }
            _ => Ok(()),
        }
    }

    /// The rows that stand in a struct, if there is such a column.
    fn structs(&mut self, kind: Kind, batch: &RecordBatch, column: &str) -> Result<(), Stopped> {
        let Some(column) = batch.column_by_name(column) else { return Ok(()) };
        let Some(structs) = column.as_struct_opt() else { return Ok(()) };
        for (start, end) in valid(column) {
            self.take(kind, &RecordBatch::from(structs.slice(start, end - start)))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<u64, Problem> {
        self.feeder.finish()?;
        Ok(self.refused)
    }
}

/// Where rows that are not null follow one another. A shuffle brings them file by file, so that such runs are long.
fn valid(column: &ArrayRef) -> Vec<(usize, usize)> {
    match column.nulls() {
        None if column.is_empty() => Vec::new(),
        None => vec![(0, column.len())],
        Some(nulls) => nulls.valid_slices().collect(),
    }
}
