//! From tables to scores: the one place that knows who evaluates.

use std::num::NonZero;

use arrow_array::RecordBatch;
use batch::explain::{Explanation, gather};
use batch::kernel::{self, Intake, Undecided};
use batch::source::{Frame, Kind, Sink};
use rules::activity::Activity;
use rules::day::{Day, Zone};
use rules::facts::{Builder, Facts};
use rules::history::{Added, Row};
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::model::{Model, ScoreAt, Subject};
use rules::score::{Evaluation, Scores};

use crate::capsule::Reader;

/// Rows about one kind of facts.
pub(crate) struct Table {
    pub(crate) kind: Kind,
    /// What messages call it: `activities`, or `activities[1]` where there are several.
    pub(crate) name: String,
    pub(crate) rows: Reader,
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
    /// Reads all tables, after each has been checked.
    pub(crate) fn all(tables: Vec<Table>) -> Result<Self, Error> {
        let checked = tables.into_iter().map(|table| {
            let frame = Frame::new(table.kind, &table.name, &table.rows.schema());
            Ok((frame.map_err(|error| Error::Table(error.to_string(), error.help))?, table))
        });
        let checked = checked.collect::<Result<Vec<_>, Error>>()?;
        let read = checked.into_iter().map(|(frame, Table { name, rows, .. })| {
            let batches = rows.collect::<Result<Vec<_>, _>>();
            let stopped = |error| Error::Table(format!("{name}: reading stopped: {error}"), None);
            Ok((frame, name.clone(), batches.map_err(stopped)?))
        });
        Ok(Self(read.collect::<Result<_, Error>>()?))
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

    /// What is known of one contact, with all accounts and opportunities.
    fn facts_of(&self, zone: &Zone, contact: &ContactId) -> Facts {
        let mut only = Only { contact, facts: Builder::default() };
        self.load(zone, &mut only);
        only.facts.finish()
    }
}

/// Scores everyone for the percentile of one contact, and takes the scores of that one apart. `None`
/// if it does not exist on the date; then the ids that do are asked for the nearest.
pub(crate) fn explain<T>(
    read: &Read,
    model: &Model,
    as_of: Day,
    contact: &str,
    only: Option<ScoreAt>,
    tell: impl FnOnce(Result<Explanation<'_>, &Scores>, Vec<Reject>) -> T,
) -> Result<T, Error> {
    let (scores, rejects) = read.score(model, as_of)?;
    let facts = read.facts_of(&model.zone, &contact.into());
    let evaluation = Evaluation::new(model, &facts, as_of);
    let explanation = gather(&evaluation, &scores, Subject::Contact, contact, only)?;
    Ok(tell(explanation.ok_or(&scores), rejects))
}

/// Keeps of contacts and activities those of one contact.
struct Only<'c> {
    contact: &'c ContactId,
    facts: Builder,
}

impl Sink for Only<'_> {
    fn contact(&mut self, id: ContactId, row: Row) -> Added {
        if id == *self.contact { self.facts.contact(id, row) } else { Added::New }
    }

    fn account(&mut self, id: AccountId, row: Row) -> Added {
        self.facts.account(id, row)
    }

    fn opportunity(&mut self, id: OpportunityId, row: Row) -> Added {
        self.facts.opportunity(id, row)
    }

    fn activity(&mut self, activity: Activity) {
        if activity.contact == *self.contact {
            self.facts.activity(activity);
        }
    }
}
