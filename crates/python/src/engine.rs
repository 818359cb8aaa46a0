//! From tables to scores: the one place that knows who evaluates.

use std::num::NonZero;

use arrow_array::RecordBatch;
use batch::explain::{Explanation, gather};
use batch::kernel::{self, Intake, Undecided};
use batch::source::{Frame, Kind, Sink};
use pyo3::PyErr;
use rules::day::{Day, Zone};
use rules::facts::Builder;
use rules::model::{Model, ScoreAt, Subject};
use rules::score::{Evaluation, Scores};

use crate::capsule::Reader;

/// Opens a table. Not before its turn: of one connection to a database only one result may be open.
pub(crate) type Open = Box<dyn FnOnce() -> Result<Reader, PyErr> + Send>;

/// Rows about one kind of facts.
pub(crate) struct Table {
    pub(crate) kind: Kind,
    /// What messages call it: `activities`, or `activities[1]` where there are several.
    pub(crate) name: String,
    pub(crate) open: Open,
}

/// A row that could not be used.
pub(crate) struct Reject {
    pub(crate) table: String,
    /// Its place in the table, from 0.
    pub(crate) row: usize,
    pub(crate) reason: String,
}

/// Why there are no scores.
pub(crate) enum Error {
    /// A table that cannot be used, and what to do about it.
    Table(String, Option<String>),
    /// A number that leaves the range.
    Range(rules::score::Error),
    /// What Python says of an object.
    Python(PyErr),
}

impl From<rules::score::Error> for Error {
    fn from(error: rules::score::Error) -> Self {
        Self::Range(error)
    }
}

/// Tables that have been read. A stream can be read once only, and the kernel may have to ask again:
/// the batches are kept, which are shared with whoever gave them.
pub(crate) struct Read(Vec<(Frame, String, Vec<RecordBatch>)>);

impl Read {
    /// Reads all tables, one after the other; each is checked before its rows are read.
    pub(crate) fn all(tables: Vec<Table>) -> Result<Self, Error> {
        tables.into_iter().map(Self::one).collect::<Result<_, _>>().map(Self)
    }

    fn one(Table { kind, name, open }: Table) -> Result<(Frame, String, Vec<RecordBatch>), Error> {
        let rows = open().map_err(Error::Python)?;
        let frame =
            Frame::new(kind, &name, &rows.schema()).map_err(|error| Error::Table(error.to_string(), error.help))?;
        let batches = rows.collect::<Result<Vec<_>, _>>();
        let batches = batches.map_err(|error| Error::Table(format!("{name}: reading stopped: {error}"), None))?;
        Ok((frame, name, batches))
    }

    fn load(&self, zone: &Zone, sink: &mut dyn Sink) -> Vec<Reject> {
        let mut rejects = Vec::new();
        for (frame, table, batches) in &self.0 {
            let mut first = 0;
            for batch in batches {
                frame.load(batch, zone, sink, &mut |row, reason| {
                    rejects.push(Reject { table: table.clone(), row: first + row, reason: reason.to_string() });
                });
                first += batch.num_rows();
            }
        }
        rejects
    }

    /// Everyone's scores, and the rows that could not be used.
    pub(crate) fn score(&self, model: &Model, as_of: Day) -> Result<(Scores, Vec<Reject>), Error> {
        let (mut tried, rejects) = self.by_kernel(model, as_of, false);
        if matches!(tried, Err(Undecided::Order)) {
            tried = self.by_kernel(model, as_of, true).0;
        }
        // What is left is a number that leaves the range: the reference evaluator says which.
        let scores = tried.or_else(|_| {
            let mut builder = Builder::default();
            self.load(&model.zone, &mut builder);
            Evaluation::new(model, &builder.finish(), as_of).scores(&|| ())
        })?;
        Ok((scores, rejects))
    }

    fn by_kernel(&self, model: &Model, as_of: Day, whole: bool) -> (Result<Scores, Undecided>, Vec<Reject>) {
        let mut intake = Intake::new(model, as_of, whole);
        let rejects = self.load(&model.zone, &mut intake);
        let (others, activities) = intake.finish();
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let scored = kernel::score(model, &others, &activities, as_of, threads, &|| ());
        (scored.map(|scored| scored.scores), rejects)
    }

    /// Takes the scores of one contact apart and has the result told: by the reference evaluator over
    /// everyone, who are behind a percentile, and behind the examples that advice is made of.
    pub(crate) fn explain<T>(
        &self,
        model: &Model,
        as_of: Day,
        contact: &str,
        only: Option<ScoreAt>,
        tell: impl FnOnce(Result<Explanation<'_>, &Scores>) -> T,
    ) -> Result<(T, Vec<Reject>), Error> {
        let mut builder = Builder::default();
        let rejects = self.load(&model.zone, &mut builder);
        let facts = builder.finish();
        let evaluation = Evaluation::new(model, &facts, as_of);
        let scores = evaluation.scores(&|| ())?;
        let explanation = gather(&evaluation, &scores, Subject::Contact, contact, only)?;
        Ok((tell(explanation.ok_or(&scores)), rejects))
    }
}
