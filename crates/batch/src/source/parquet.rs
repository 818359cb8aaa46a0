//! Parquet: checked by its footer before any work, then read batch by batch, and of each batch only
//! the columns that somebody needs.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Encoding, LogicalType, Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use super::arrow::{Columns, is_readable};
use super::chunks::Chunks;
use super::content::Progress;
use super::csv::tell_apart;
use super::guard::guarded;
use super::open::OnRow;
use super::{Error, Row, Source};

/// What every such file begins and ends with.
pub(crate) const MAGIC: &[u8] = b"PAR1";

/// What a file with an encrypted footer begins and ends with.
const ENCRYPTED: &[u8] = b"PARE";

/// So many rows are decoded at a time.
const BATCH_ROWS: usize = 1024;

type Builder = ParquetRecordBatchReaderBuilder<Chunks>;

/// A file whose footer has been read.
#[derive(Clone)]
pub(crate) struct Reader {
    chunks: Chunks,
    metadata: ArrowReaderMetadata,
    columns: Columns,
    /// Columns of the table that hold the bytes of UUIDs.
    uuids: Vec<usize>,
    /// How many bytes have been read since somebody asked.
    read: Arc<AtomicU64>,
}

/// Opens a file if it is Parquet by its first bytes.
pub(crate) fn open(source: &Source) -> Result<Option<Reader>, Error> {
    let path = source.path.as_path();
    if source.content.is_none() && source.remote.is_none() && !path.is_file() {
        // A pipe can be read once only, and from the front.
        return Ok(None);
    }
    let read = Arc::new(AtomicU64::new(0));
    let chunks = Chunks::open(source, &read)?;
    let start = chunks.start(MAGIC.len()).map_err(|error| Error::broken(path, &error))?;
    let named = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"));
    if start == ENCRYPTED {
        let help = "write it without encryption, or export it as CSV or JSON lines".to_owned();
        return Err(Error::new(path, "is an encrypted Parquet file", Some(help)));
    }
    if start != MAGIC && named {
        let problem = if start.is_empty() { "is empty" } else { "is not Parquet, as its name says" };
        return Err(Error::new(path, problem, Some("was it written or copied to the end?".into())));
    }
    if start != MAGIC {
        return Ok(None);
    }
    let metadata = guarded(|| footer(&chunks)).unwrap_or_else(|| Err(panicked()));
    let metadata = metadata.map_err(|error| Error::broken(path, &damaged(error)))?;
    read.store(0, Ordering::Relaxed);
    if let Some(field) = metadata.schema().fields().iter().find(|field| !is_readable(field.data_type())) {
        let problem =
            format!("has a column `{}` of a type that facts cannot hold: {}", field.name(), field.data_type());
        return Err(Error::new(path, problem, Some("export it without that column".into())));
    }
    let mut columns = Columns::of(metadata.schema().fields());
    if !source.form().canonical {
        tell_apart(columns.names_mut());
    }
    let uuids =
        roots(metadata.metadata(), |kind| matches!(kind.get_basic_info().logical_type_ref(), Some(LogicalType::Uuid)));
    Ok(Some(Reader { chunks, metadata, columns, uuids, read }))
}

/// Types are those that Parquet itself has: what a writer says beside them of its own memory changes
/// no value.
fn footer(chunks: &Chunks) -> Result<ArrowReaderMetadata, ParquetError> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(chunks, options.clone())?;
    let old_times = roots(metadata.metadata(), |kind| kind.get_physical_type() == Type::INT96);
    if old_times.is_empty() {
        return Ok(metadata);
    }
    // The old twelve bytes of a time are read in UTC, as those who still write them mean it; and in
    // microseconds, which reach further than nanoseconds.
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let of = |(place, field): (usize, &Arc<Field>)| match old_times.contains(&place) {
        true => Arc::new(field.as_ref().clone().with_data_type(utc.clone())),
        false => field.clone(),
    };
    let fields: Vec<_> = metadata.schema().fields().iter().enumerate().map(of).collect();
    ArrowReaderMetadata::try_new(metadata.metadata().clone(), options.with_schema(Arc::new(Schema::new(fields))))
}

/// The plain columns of the table that are of some kind, by their place.
fn roots(metadata: &ParquetMetaData, is: impl Fn(&parquet::schema::types::Type) -> bool) -> Vec<usize> {
    let fields = metadata.file_metadata().schema_descr().root_schema().get_fields();
    let plain = |kind: &parquet::schema::types::Type| {
        kind.is_primitive() && kind.get_basic_info().repetition() != parquet::basic::Repetition::REPEATED
    };
    (0..fields.len()).filter(|&place| plain(&fields[place]) && is(&fields[place])).collect()
}

impl Reader {
    /// The names of its columns, those inside structs with dots.
    pub(crate) fn columns(&self) -> &[Arc<str>] {
        self.columns.names()
    }

    /// Reads no other columns than these, or those of them that it has.
    pub(crate) fn project(&mut self, wanted: &[String]) {
        self.columns.retain(|name| wanted.iter().any(|wanted| **wanted == *name));
    }

    /// Its rows, some at a time, with the columns that are wanted.
    pub(crate) fn batches(&self) -> Result<Batches, ParquetError> {
        self.build(BATCH_ROWS, |builder| builder)
    }

    fn build(&self, rows: usize, chosen: impl FnOnce(Builder) -> Builder) -> Result<Batches, ParquetError> {
        let roots = self.columns.roots();
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots.iter().copied());
        let build = || {
            let builder = Builder::new_with_metadata(self.chunks.clone(), self.metadata.clone());
            chosen(builder.with_projection(mask).with_batch_size(rows)).build()
        };
        let batches = guarded(build).unwrap_or_else(|| Err(panicked()))?;
        let uuids = (0..roots.len()).filter(|&place| self.uuids.contains(&roots[place])).collect();
        Ok(Batches { batches: Some(batches), uuids })
    }

    /// Its groups of rows, by how many rows each has.
    pub(crate) fn groups(&self) -> Vec<u64> {
        let groups = self.metadata.metadata().row_groups();
        groups.iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).collect()
    }

    /// The type of a column that lies in the table itself, under the name that it has among [`columns`](Self::columns).
    pub(crate) fn kind(&self, column: &str) -> Option<&DataType> {
        let root = self.root(column)?;
        // Their batches have texts.
        Some(if self.uuids.contains(&root) { &DataType::Utf8 } else { self.metadata.schema().field(root).data_type() })
    }

    fn root(&self, column: &str) -> Option<usize> {
        let mut named = self.columns.plain().filter(|(name, _)| ***name == *column).map(|(_, root)| root);
        // Of two columns of one name each row may mean either.
        named.next().filter(|_| named.next().is_none())
    }

    /// What the file says of the values of a column in a group. Names are those among its columns: the file
    /// itself may have two of one name.
    fn statistics(&self, column: &str, group: usize) -> Option<&Statistics> {
        let root = self.root(column)?;
        let metadata = self.metadata.metadata();
        let schema = metadata.file_metadata().schema_descr();
        let leaf = (0..schema.num_columns()).find(|&leaf| schema.get_column_root_idx(leaf) == root)?;
        let is_plain = schema.column(leaf).path().parts().len() == 1;
        is_plain.then(|| metadata.row_group(group).column(leaf).statistics()).flatten()
    }

    /// Whether the file says that a column of a group has a value in each row: texts of nothing, or that begin with
    /// a blank, may be none, and numbers that are none are.
    pub(crate) fn has_values(&self, column: &str, group: usize) -> bool {
        self.statistics(column, group).is_some_and(|statistics| {
            let first = |bytes: Option<&[u8]>| bytes.and_then(<[u8]>::first).copied();
            let are_values = match statistics {
                // Beyond ASCII there are blanks too.
                Statistics::ByteArray(_) => {
                    let ends = first(statistics.min_bytes_opt()).zip(first(statistics.max_bytes_opt()));
                    ends.is_some_and(|(least, most)| least > b' ' && most < 0x80)
                }
                Statistics::Float(_) | Statistics::Double(_) => false,
                _ => true,
            };
            are_values && statistics.null_count_opt() == Some(0)
        })
    }

    /// Whether some row may have a value in a column: not if the file says that all are null or empty texts.
    pub(crate) fn may_have(&self, column: &str) -> bool {
        let has_none = |(group, &rows): (usize, &u64)| {
            self.statistics(column, group).is_some_and(|statistics| {
                let is_empty =
                    matches!(statistics, Statistics::ByteArray(_)) && statistics.max_bytes_opt() == Some(&[]);
                is_empty || statistics.null_count_opt() == Some(rows)
            })
        };
        !self.groups().iter().enumerate().all(has_none)
    }

    /// The last of the times in a group, in microseconds, if the file says it, none is missing, and all are in the
    /// calendar.
    pub(crate) fn last_time(&self, column: &str, group: usize) -> Option<i64> {
        let statistics = self.statistics(column, group)?;
        let (Statistics::Int64(times), Some(0)) = (statistics, statistics.null_count_opt()) else { return None };
        let kind = self.kind(column)?;
        let micros = |time: i64| match kind {
            DataType::Timestamp(TimeUnit::Millisecond, _) => time.checked_mul(1_000),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Some(time),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Some(time.div_euclid(1_000)),
            _ => None,
        };
        // A day more than the beginning of the calendar in UTC, which zones may be away from.
        const FIRST_MICROS: i64 = -62_135_510_400_000_000;
        micros(*times.min_opt()?).filter(|first| *first >= FIRST_MICROS)?;
        micros(*times.max_opt()?)
    }

    /// Whether all pages of a column of the table refer to a dictionary.
    fn has_dictionary(&self, name: &str) -> bool {
        let metadata = self.metadata.metadata();
        let leaves = metadata.file_metadata().schema_descr().columns();
        let Some(leaf) = leaves.iter().position(|leaf| leaf.path().parts() == [name]) else { return false };
        metadata.row_groups().iter().all(|group| {
            let pages = group.column(leaf).page_encoding_stats_mask();
            let only = |encoding| pages.is_some_and(|pages| pages.is_only(encoding));
            only(Encoding::RLE_DICTIONARY) || only(Encoding::PLAIN_DICTIONARY)
        })
    }

    /// Reads texts of the columns that repeat themselves as dictionaries, and other texts where they lie.
    pub(crate) fn prefer_codes(&mut self, repeats: impl Fn(&str) -> bool) -> Result<(), ParquetError> {
        let preferred = |field: &Arc<Field>| match field.data_type() {
            DataType::Utf8 if repeats(field.name().trim()) || self.has_dictionary(field.name()) => {
                let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                Arc::new(field.as_ref().clone().with_data_type(kind))
            }
            DataType::Utf8 => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View)),
            _ => field.clone(),
        };
        let fields: Vec<_> = self.metadata.schema().fields().iter().map(preferred).collect();
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let options = options.with_schema(Arc::new(Schema::new(fields)));
        self.metadata = ArrowReaderMetadata::try_new(self.metadata.metadata().clone(), options)?;
        Ok(())
    }

    /// The columns that are wanted, as they are found in the batches.
    pub(crate) fn packed(&self) -> Columns {
        self.columns.packed()
    }

    /// The rows of one group.
    pub(crate) fn group(&self, group: usize, batch_rows: usize) -> Result<Batches, ParquetError> {
        self.build(batch_rows, |builder| builder.with_row_groups(vec![group]))
    }

    pub(super) fn for_each_row(&mut self, progress: &Progress, on_row: OnRow<'_>) -> io::Result<()> {
        let columns = self.columns.packed();
        let mut number = 0;
        for batch in self.batches().map_err(damaged)? {
            let batch = batch.map_err(damaged)?;
            progress.set(progress.get() + self.read.swap(0, Ordering::Relaxed));
            let rows = columns.in_batch(&batch);
            for row in 0..batch.num_rows() {
                number += 1;
                if !on_row(Row { line: number, cells: rows.cells(row), raw: &|| rows.raw(row) }) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The rows of a file, some at a time.
pub(crate) struct Batches {
    /// Nothing once it has failed.
    batches: Option<ParquetRecordBatchReader>,
    uuids: Vec<usize>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batches = self.batches.as_mut()?;
        let next = guarded(|| batches.next());
        let batch = match next {
            None => Err(panicked()),
            Some(batch) => batch?.and_then(|batch| with_uuids(batch, &self.uuids)).map_err(ParquetError::from),
        };
        if batch.is_err() {
            self.batches = None;
        }
        Some(batch)
    }
}

/// With the usual text of UUIDs in place of their bytes.
fn with_uuids(batch: RecordBatch, uuids: &[usize]) -> Result<RecordBatch, ArrowError> {
    if uuids.is_empty() {
        return Ok(batch);
    }
    let (schema, mut columns, _) = batch.into_parts();
    let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
    for &place in uuids {
        let bytes = columns[place].as_fixed_size_binary();
        let texts: StringArray =
            (0..bytes.len()).map(|row| bytes.is_valid(row).then(|| uuid(bytes.value(row)))).collect();
        let field = fields[place].as_ref().clone().with_data_type(DataType::Utf8);
        (fields[place], columns[place]) = (Arc::new(field), Arc::new(texts) as ArrayRef);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        let dash = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
        text.push_str(&format!("{dash}{byte:02x}"));
    }
    text
}

fn panicked() -> ParquetError {
    ParquetError::General("its bytes contradict each other".into())
}

/// What cannot be read of a file that begins as Parquet.
pub(crate) fn damaged(error: ParquetError) -> io::Error {
    let (kind, text) = match error {
        ParquetError::General(text) | ParquetError::EOF(text) | ParquetError::ArrowError(text) => {
            (io::ErrorKind::InvalidData, text)
        }
        ParquetError::NYI(text) => (io::ErrorKind::Unsupported, text),
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => return *error,
            Err(error) => (io::ErrorKind::InvalidData, error.to_string()),
        },
        other => (io::ErrorKind::InvalidData, other.to_string()),
    };
    io::Error::new(kind, format!("Parquet: {}", text.trim()))
}
