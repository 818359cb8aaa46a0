//! What both databases have to be able to do, which is little: run a statement, once or for many rows.
//!
//! Every verb is written once over this. Where the two dialects differ, the statement stands twice, side by side.
//! All columns are 64-bit integers or texts.

use crate::error::Result;

/// A statement in both dialects. Parameters are `?1`, `?2`, ...
///
/// Where it is run for many rows, SQLite runs it for each, and PostgreSQL once, with arrays as parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql<'a> {
    pub(crate) sqlite: &'a str,
    pub(crate) postgres: &'a str,
}

/// A statement that reads the same in both.
pub(crate) const fn both(text: &str) -> Sql<'_> {
    Sql { sqlite: text, postgres: text }
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Param<'a> {
    Int(i64),
    MaybeInt(Option<i64>),
    Text(&'a str),
    MaybeText(Option<&'a str>),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Option<i64>> for Param<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::MaybeInt(value)
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<Option<&'a str>> for Param<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::MaybeText(value)
    }
}

/// One parameter for many rows.
#[derive(Clone, Debug)]
pub(crate) enum Column<'a> {
    Ints(Vec<i64>),
    MaybeInts(Vec<Option<i64>>),
    Texts(Vec<&'a str>),
    MaybeTexts(Vec<Option<&'a str>>),
}

impl Column<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Ints(values) => values.len(),
            Self::MaybeInts(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::MaybeTexts(values) => values.len(),
        }
    }

    pub(crate) fn param(&self, row: usize) -> Param<'_> {
        match self {
            Self::Ints(values) => Param::Int(values[row]),
            Self::MaybeInts(values) => Param::MaybeInt(values[row]),
            Self::Texts(values) => Param::Text(values[row]),
            Self::MaybeTexts(values) => Param::MaybeText(values[row]),
        }
    }
}

/// One row of an answer.
#[derive(Debug)]
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    pub(crate) fn int(&self, place: usize) -> Result<i64> {
        Ok(match self {
            Self::Sqlite(row) => row.get(place)?,
            Self::Postgres(row) => row.try_get(place)?,
        })
    }

    pub(crate) fn maybe_int(&self, place: usize) -> Result<Option<i64>> {
        Ok(match self {
            Self::Sqlite(row) => row.get(place)?,
            Self::Postgres(row) => row.try_get(place)?,
        })
    }

    pub(crate) fn maybe_text(&self, place: usize) -> Result<Option<&str>> {
        Ok(match self {
            Self::Sqlite(row) => row.get_ref(place)?.as_str_or_null().map_err(rusqlite::Error::from)?,
            Self::Postgres(row) => row.try_get(place)?,
        })
    }

    pub(crate) fn text(&self, place: usize) -> Result<&str> {
        Ok(self.maybe_text(place)?.unwrap_or_default())
    }
}

/// Takes the rows of an answer.
pub(crate) type Take<'t> = &'t mut dyn FnMut(&Row<'_>) -> Result<()>;

/// One transaction. Dropped without [`commit`](Self::commit) it is undone.
pub(crate) trait Transaction {
    /// Runs a statement once.
    fn one(&mut self, sql: Sql<'_>, params: &[Param<'_>], take: Take<'_>) -> Result<()>;

    /// Runs a statement for each row of the parameters.
    fn many(&mut self, sql: Sql<'_>, params: &[Column<'_>], take: Take<'_>) -> Result<()>;

    /// Runs several statements as they stand.
    fn script(&mut self, text: Sql<'_>) -> Result<()>;

    /// Makes it last.
    fn commit(self: Box<Self>) -> Result<()>;

    /// Whether it is PostgreSQL's.
    fn is_postgres(&self) -> bool;
}

/// What is said of a commit after something failed.
pub(crate) const FAILED: &str = "something failed in this transaction, and it was to be committed nevertheless";

/// How a transaction gets along with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Reads one moment, whatever is written meanwhile.
    Reading,
    /// Writes beside others that write other subjects.
    Together,
    /// Writes while nobody else does: what many contacts hang on.
    Alone,
}

/// A database: something that begins transactions.
pub(crate) trait Database: Send + Sync + std::fmt::Debug {
    fn begin(&self, manner: Manner) -> Result<Box<dyn Transaction + '_>>;

    /// Whether it is this process that has the turn.
    fn turn(&self) -> Result<bool> {
        Ok(true)
    }

    /// Does what a database leaves to its users to do now and then.
    fn tidy(&self) -> Result<()> {
        Ok(())
    }

    /// Leaves nothing of what was removed where it stood before, and says whether that is done.
    fn scrub(&self) -> Result<bool> {
        Ok(true)
    }
}
