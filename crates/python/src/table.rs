//! Results as Python sees them: tables for any other library.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use batch::kernel;
use batch::sheet::{BATCH_ROWS, Columns, Sheet};
use batch::wording::counted;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use rules::model::{Model, Subject};
use rules::score::Scores;

use crate::engine::{Reject, Scored};
use crate::{capsule, error};

/// A table of results, for any library that speaks Arrow's PyCapsule interface:
/// `pyarrow.table(table)`, `polars.DataFrame(table)`, `duckdb.sql("FROM table")`.
#[pyclass(frozen, module = "fervor")]
pub(crate) struct Table {
    of: Subject,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    /// The tables of contacts, accounts and opportunities.
    pub(crate) fn all(model: &Model, scored: Scored, details: bool) -> PyResult<[Self; 3]> {
        let of = [Subject::Contact, Subject::Account, Subject::Opportunity];
        let [contacts, accounts, opportunities] = of.map(|of| Sheet::new(of, model, details));
        let by_row = |of, sheet: &Sheet<'_>, scores: &Scores| Self::new(of, sheet, sheet.batches(scores));
        match scored {
            Scored::Reference(scores) => Ok([
                by_row(of[0], &contacts, &scores)?,
                by_row(of[1], &accounts, &scores)?,
                by_row(of[2], &opportunities, &scores)?,
            ]),
            Scored::Kernel(tables) => {
                let by_column = |of, sheet: &Sheet<'_>, table: &kernel::Table| {
                    let batch = |start| table.batch(model, of, details, start..(start + BATCH_ROWS).min(table.len()));
                    Self::new(of, sheet, (0..table.len()).step_by(BATCH_ROWS).map(batch).collect())
                };
                let scores = Scores { opportunities: tables.opportunities, ..Scores::default() };
                Ok([
                    by_column(of[0], &contacts, &tables.contacts)?,
                    by_column(of[1], &accounts, &tables.accounts)?,
                    by_row(of[2], &opportunities, &scores)?,
                ])
            }
        }
    }

    fn new(of: Subject, sheet: &Sheet<'_>, batches: Result<Vec<RecordBatch>, ArrowError>) -> PyResult<Self> {
        let batches = batches.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Self { of, schema: Columns::of(sheet).schema().clone(), batches })
    }
}

#[pymethods]
impl Table {
    /// How many rows there are.
    #[getter]
    fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The names of the columns, the id first.
    #[getter]
    fn column_names(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    fn __len__(&self) -> usize {
        self.num_rows()
    }

    fn __repr__(&self) -> String {
        let columns = self.column_names().join(", ");
        format!("<fervor.Table of {}: {columns}>", counted(self.num_rows(), self.of.word()))
    }

    /// The rows as a stream of Arrow; a wish for another schema is not granted, as the interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _not_granted = requested_schema;
        capsule::stream(py, &self.schema, &self.batches)
    }

    /// The names and types of the columns.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, &self.schema)
    }

    /// The table as a `pyarrow.Table`, without a copy. Needs pyarrow.
    fn to_pyarrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    /// The table as a `polars.DataFrame`. Needs polars.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.call_method1("DataFrame", (slf,))
    }

    /// The table as a `pandas.DataFrame`; numbers are `decimal.Decimal`, exactly. Needs pandas and pyarrow.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::to_pyarrow(slf)?.call_method0("to_pandas")
    }
}

/// Everyone's scores as of a date.
///
/// The three tables have the columns and types of the Parquet files that `fervor score` writes,
/// and are sorted by id. `accounts` and `opportunities` are empty where the model has no score of them.
#[pyclass(frozen, name = "Result", module = "fervor")]
pub(crate) struct Everyone {
    pub(crate) as_of: String,
    pub(crate) tables: [Py<Table>; 3],
    pub(crate) rejects: Vec<Reject>,
}

#[pymethods]
impl Everyone {
    /// The date.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("datetime")?.getattr("date")?.call_method1("fromisoformat", (&self.as_of,))
    }

    /// The scores of contacts.
    #[getter]
    fn contacts(&self, py: Python<'_>) -> Py<Table> {
        self.tables[0].clone_ref(py)
    }

    /// The scores of accounts.
    #[getter]
    fn accounts(&self, py: Python<'_>) -> Py<Table> {
        self.tables[1].clone_ref(py)
    }

    /// The scores of opportunities.
    #[getter]
    fn opportunities(&self, py: Python<'_>) -> Py<Table> {
        self.tables[2].clone_ref(py)
    }

    /// The rows that could not be used: table, row (from 0) and reason of each.
    #[getter]
    fn rejects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("fervor._errors")?.call_method1("rejects_of", (error::plain(&self.rejects),))
    }

    fn __repr__(&self) -> String {
        let count = |place: usize| self.tables[place].get().num_rows();
        let parts = [counted(count(0), "contact"), counted(count(1), "account"), counted(count(2), "opportunity")];
        let rejects = match self.rejects.len() {
            0 => String::new(),
            rejected => format!(", {} rejected", counted(rejected, "row")),
        };
        format!("<fervor.Result as of {}: {}{rejects}>", self.as_of, parts.join(", "))
    }
}
