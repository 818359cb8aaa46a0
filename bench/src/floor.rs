//! Two floors below which no engine comes: reading the columns, and passing over them in memory.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Decimal128Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

/// What a model of the benchmark asks of activities.
pub(crate) const COLUMNS: [&str; 7] = ["contact", "type", "occurred_at", "source", "value", "campaign", "format"];

/// The rows of a batch while reading.
pub(crate) const BATCH: usize = 8 << 10;

#[derive(Debug, clap::Args)]
pub(crate) struct Floor {
    /// The activities.
    file: PathBuf,
    /// How many work at once.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Read the id too, as whoever has to find duplicates.
    #[arg(long)]
    ids: bool,
}

impl Floor {
    /// All row groups, one after the other by whoever is free, given to `take` batch by batch.
    fn read<T: Default + Send>(&self, take: impl Fn(&mut T, &RecordBatch) + Sync) -> anyhow::Result<Vec<T>> {
        let metadata = ArrowReaderMetadata::load(&File::open(&self.file)?, ArrowReaderOptions::default())?;
        let columns = COLUMNS.into_iter().chain(self.ids.then_some("id"));
        let mask = ProjectionMask::columns(metadata.metadata().file_metadata().schema_descr(), columns);
        let (next, groups) = (AtomicUsize::new(0), metadata.metadata().num_row_groups());
        let work = || -> anyhow::Result<T> {
            let mut taken = T::default();
            loop {
                let group = next.fetch_add(1, Ordering::Relaxed);
                if group >= groups {
                    return Ok(taken);
                }
                let file = File::open(&self.file)?;
                let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone());
                let reader = reader.with_projection(mask.clone()).with_row_groups(vec![group]).with_batch_size(BATCH);
                for batch in reader.build()? {
                    take(&mut taken, &batch?);
                }
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.threads.max(1)).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().ok().context("a thread failed")?).collect()
        })
    }

    /// Reads and drops.
    pub(crate) fn decode(&self) -> anyhow::Result<String> {
        let rows: Vec<usize> = self.read(|rows: &mut usize, batch| *rows += batch.num_rows())?;
        Ok(format!("{} rows", rows.iter().sum::<usize>()))
    }

    /// Keeps the columns as small numbers, then adds them all up; only that is timed.
    pub(crate) fn scan(&self) -> anyhow::Result<String> {
        let parts: Vec<Kept> = self.read(Kept::take)?;
        let mut seconds: Vec<f64> = Vec::new();
        let mut sum = 0;
        for _ in 0..5 {
            let begin = Instant::now();
            sum = std::thread::scope(|scope| {
                let workers: Vec<_> = parts.iter().map(|part| scope.spawn(|| part.sum())).collect();
                workers.into_iter().map(|worker| worker.join().unwrap_or(0)).fold(0, u64::wrapping_add)
            });
            seconds.push(begin.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        Ok(format!("{:.6} seconds, sum {sum}", seconds[seconds.len() / 2]))
    }
}

/// Columns in memory, as narrow as a kernel would keep them.
#[derive(Default)]
struct Kept {
    codes: HashMap<String, u32>,
    contact: Vec<u32>,
    moment: Vec<i64>,
    value: Vec<i64>,
    short: [Vec<u16>; 4],
}

impl Kept {
    fn take(&mut self, batch: &RecordBatch) {
        let column = |name: &str| batch.column_by_name(name);
        let mut code = |texts: &ArrayRef, row: usize| match texts.is_null(row) {
            true => 0,
            false => {
                let text = text(texts, row);
                let next = u32::try_from(self.codes.len()).unwrap_or(u32::MAX) + 1;
                self.codes.get(text).copied().unwrap_or_else(|| *self.codes.entry(text.to_owned()).or_insert(next))
            }
        };
        for name in COLUMNS {
            let Some(array) = column(name) else { continue };
            let rows = 0..array.len();
            match name {
                "contact" => self.contact.extend(rows.map(|row| code(array, row))),
                "occurred_at" => self.moment.extend(array.as_primitive::<TimestampMicrosecondType>().values()),
                "value" => {
                    let cents = array.as_primitive::<Decimal128Type>().iter();
                    self.value.extend(cents.map(|cents| cents.and_then(|cents| cents.try_into().ok()).unwrap_or(0)));
                }
                other => {
                    let place = ["type", "source", "campaign", "format"].iter().position(|known| *known == other);
                    let kept = &mut self.short[place.unwrap_or(0)];
                    kept.extend(rows.map(|row| u16::try_from(code(array, row) & 0xffff).unwrap_or(0)));
                }
            }
        }
    }

    fn sum(&self) -> u64 {
        let contacts = self.contact.iter().map(|&code| u64::from(code)).fold(0, u64::wrapping_add);
        let wide = |numbers: &[i64]| numbers.iter().map(|number| number.cast_unsigned()).fold(0, u64::wrapping_add);
        let short = self.short.iter().flatten().map(|&code| u64::from(code)).fold(0, u64::wrapping_add);
        contacts.wrapping_add(wide(&self.moment)).wrapping_add(wide(&self.value)).wrapping_add(short)
    }
}

fn text(texts: &ArrayRef, row: usize) -> &str {
    match texts.data_type() {
        DataType::Utf8 => texts.as_string::<i32>().value(row),
        _ => "",
    }
}
