//! From tables to scores: the one place that knows who evaluates.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use batch::explain::{Explanation, gather};
use batch::kernel::{Feeder, Keep, Kernel, Layout, Problem, Tables};
use batch::source::{Frame, Kind, Sink};
use pyo3::PyErr;
use rules::day::{Day, Zone};
use rules::facts::Builder;
use rules::model::{Model, ScoreAt, Subject};
use rules::score::{Evaluation, Scores};

use crate::capsule::Reader;
use crate::settings::Work;

/// So many rows are taken at a time: their columns fit into a processor's cache.
const BATCH_ROWS: usize = 4096;

/// So many rows are worth a piece of work of their own.
const PIECE_ROWS: usize = 64 << 10;

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
    /// The kernel cannot go on, and nobody else could.
    Kernel(Problem),
    /// What Python says of an object.
    Python(PyErr),
}

impl From<rules::score::Error> for Error {
    fn from(error: rules::score::Error) -> Self {
        Self::Range(error)
    }
}

/// Everyone's scores.
pub(crate) enum Scored {
    /// By column.
    Kernel(Box<Tables>),
    /// By row, where only the reference evaluator can say.
    Reference(Scores),
}

/// Tables that have been read. A stream can be read once only, and the kernel may have to ask again:
/// the batches are kept, which are shared with whoever gave them.
pub(crate) struct Read(Vec<Given>);

struct Given {
    kind: Kind,
    frame: Frame,
    layout: Layout,
    name: String,
    batches: Vec<RecordBatch>,
}

/// Rows of a table that follow one another, to be taken by one thread.
struct Piece {
    table: usize,
    /// The place of the first among the rows of the table.
    first: usize,
    rows: RecordBatch,
}

impl Read {
    /// Reads all tables, one after the other; each is checked before its rows are read.
    pub(crate) fn all(tables: Vec<Table>) -> Result<Self, Error> {
        tables.into_iter().map(Self::one).collect::<Result<_, _>>().map(Self)
    }

    fn one(Table { kind, name, open }: Table) -> Result<Given, Error> {
        let rows = open().map_err(Error::Python)?;
        let schema = rows.schema();
        let frame = Frame::new(kind, &name, &schema).map_err(|error| Error::Table(error.to_string(), error.help))?;
        let batches = rows.collect::<Result<Vec<_>, _>>();
        let batches = batches.map_err(|error| Error::Table(format!("{name}: reading stopped: {error}"), None))?;
        Ok(Given { kind, frame, layout: Layout::of(kind, schema.fields()), name, batches })
    }

    /// Everyone's scores, and the rows that could not be used.
    pub(crate) fn score(
        &self,
        model: &Model,
        as_of: Day,
        work: &Work,
        details: bool,
    ) -> Result<(Scored, Vec<Reject>), Error> {
        let mut keep = Keep::Needed;
        loop {
            match (self.by_kernel(model, as_of, work, keep, details), keep.more()) {
                (Ok((tables, rejects)), _) => return Ok((Scored::Kernel(Box::new(tables)), rejects)),
                (Err(Problem::Order), Some(more)) => keep = more,
                // If a number leaves the range, the reference evaluator says which.
                (Err(Problem::Order | Problem::Overflow(_) | Problem::Meanings), _) => {
                    let mut builder = Builder::default();
                    let rejects = self.load(&model.zone, &mut builder);
                    let scores = Evaluation::new(model, &builder.finish(), as_of).scores(&|| ())?;
                    return Ok((Scored::Reference(scores), rejects));
                }
                (Err(problem), _) => return Err(Error::Kernel(problem)),
            }
        }
    }

    fn by_kernel(
        &self,
        model: &Model,
        as_of: Day,
        work: &Work,
        keep: Keep,
        details: bool,
    ) -> Result<(Tables, Vec<Reject>), Problem> {
        let kernel = Kernel::new(model, work.settings(as_of, keep, details));
        let rejects = self.feed(&kernel, work.threads())?;
        if kernel.is_contradicted() {
            return Err(Problem::Order);
        }
        Ok((kernel.score(&|_| ())?.tables, rejects))
    }

    /// All rows into a kernel: activities on several threads, and before them the others on one, as which of
    /// two that contradict one another cannot be used is told by their order.
    fn feed(&self, kernel: &Kernel<'_>, threads: usize) -> Result<Vec<Reject>, Problem> {
        let pieces = self.pieces();
        let is_activity = |(_, piece): &(usize, Piece)| self.0[piece.table].kind == Kind::Activities;
        let (many, few): (Vec<_>, Vec<_>) = pieces.into_iter().enumerate().partition(is_activity);
        let threads = threads.clamp(1, many.len().max(1));
        let (few, many) = (Run::new(self, &few), Run::new(self, &many));
        few.take(kernel.feeder())?;
        std::thread::scope(|scope| {
            let others = (1..threads).map(|_| scope.spawn(|| many.take(kernel.feeder()))).collect::<Vec<_>>();
            let own = many.take(kernel.feeder());
            let others = others.into_iter().map(|other| other.join().expect("a thread ends with its work"));
            others.chain([own]).collect::<Result<(), Problem>>()
        })?;
        let mut rejects = few.rejects();
        rejects.extend(many.rejects());
        rejects.sort_by_key(|(table, row, _)| (*table, *row));
        let named = |(table, row, reason): (usize, _, _)| Reject { table: self.0[table].name.clone(), row, reason };
        Ok(rejects.into_iter().map(named).collect())
    }

    fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (table, given) in self.0.iter().enumerate() {
            let mut first = 0;
            for batch in &given.batches {
                for start in (0..batch.num_rows()).step_by(PIECE_ROWS) {
                    let rows = batch.slice(start, PIECE_ROWS.min(batch.num_rows() - start));
                    pieces.push(Piece { table, first: first + start, rows });
                }
                first += batch.num_rows();
            }
        }
        pieces
    }

    fn load(&self, zone: &Zone, sink: &mut dyn Sink) -> Vec<Reject> {
        let mut rejects = Vec::new();
        for Given { frame, name, batches, .. } in &self.0 {
            let mut first = 0;
            for batch in batches {
                frame.load(batch, zone, sink, &mut |row, reason| {
                    rejects.push(Reject { table: name.clone(), row: first + row, reason: reason.to_string() });
                });
                first += batch.num_rows();
            }
        }
        rejects
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

/// Pieces that threads take one after the other.
struct Run<'r> {
    read: &'r Read,
    /// Each with its place among those of all tables.
    pieces: &'r [(usize, Piece)],
    next: AtomicUsize,
    stopped: AtomicBool,
    rejects: Mutex<Vec<(usize, usize, String)>>,
}

impl<'r> Run<'r> {
    fn new(read: &'r Read, pieces: &'r [(usize, Piece)]) -> Self {
        Self { read, pieces, next: AtomicUsize::new(0), stopped: AtomicBool::new(false), rejects: Mutex::default() }
    }

    /// Takes pieces until there are none left.
    fn take(&self, mut feeder: Feeder<'_, '_>) -> Result<(), Problem> {
        while !self.stopped.load(Ordering::Relaxed) {
            let Some((number, piece)) = self.pieces.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            feeder.begin(*number as u64);
            self.piece(&mut feeder, piece).inspect_err(|_| self.stopped.store(true, Ordering::Relaxed))?;
        }
        feeder.finish()
    }

    fn piece(&self, feeder: &mut Feeder<'_, '_>, piece: &Piece) -> Result<(), Problem> {
        for start in (0..piece.rows.num_rows()).step_by(BATCH_ROWS) {
            let rows = piece.rows.slice(start, BATCH_ROWS.min(piece.rows.num_rows() - start));
            let refused = feeder.batch(&self.read.0[piece.table].layout, &rows)?;
            if !refused.is_empty() {
                let first = piece.first + start;
                let told = refused.into_iter().map(|one| (piece.table, first + one.row, one.reason.to_string()));
                self.rejects.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
            }
        }
        Ok(())
    }

    fn rejects(self) -> Vec<(usize, usize, String)> {
        self.rejects.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
