//! The kernel alone, over columns that lie in memory already.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use batch::kernel::{Declared, Kernel, Layout, Settings};
use batch::source::Kind;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use rules::day::Day;
use rules::model::Model;

use crate::MODEL;
use crate::floor::{BATCH, COLUMNS};

#[derive(Debug, clap::Args)]
pub(crate) struct Held {
    /// The activities.
    activities: PathBuf,
    #[arg(long)]
    contacts: PathBuf,
    #[arg(long)]
    accounts: PathBuf,
    /// How many work at once.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// The groups of rows of a file, each in batches that share dictionaries.
type Groups = Vec<Vec<RecordBatch>>;

impl Held {
    /// Reads everything, then scores it several times; only that is timed, the middle of the times counts.
    pub(crate) fn run(&self) -> anyhow::Result<String> {
        let model = Model::parse(MODEL).ok().context("the model of the benchmark has mistakes")?;
        let accounts = read(&self.accounts, &[])?;
        let contacts = read(&self.contacts, &[])?;
        let activities = read(&self.activities, &COLUMNS)?;
        let mut seconds: Vec<f64> = Vec::new();
        let mut scored = 0;
        for _ in 0..3 {
            let begin = Instant::now();
            scored = self.score(&model, [&accounts, &contacts, &activities])?;
            seconds.push(begin.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        Ok(format!("{:.6} seconds, {scored} contacts", seconds[seconds.len() / 2]))
    }

    fn score(&self, model: &Model, [accounts, contacts, activities]: [&Groups; 3]) -> anyhow::Result<usize> {
        let as_of = Day::parse("2026-03-01").context("a date")?;
        let declared = Declared { unique_ids: true, time_order: true, all_contacts: true };
        let settings = Settings { threads: self.threads, details: false, declared, ..Settings::new(as_of) };
        let kernel = Kernel::new(model, settings);
        self.feed(&kernel, Kind::Accounts, accounts)?;
        self.feed(&kernel, Kind::Contacts, contacts)?;
        self.feed(&kernel, Kind::Activities, activities)?;
        Ok(kernel.score(&|_| {})?.tables.contacts.len())
    }

    fn feed(&self, kernel: &Kernel<'_>, kind: Kind, groups: &Groups) -> anyhow::Result<()> {
        let Some(first) = groups.iter().flatten().next() else { return Ok(()) };
        let layout = Layout::of(kind, first.schema_ref().fields());
        let next = AtomicUsize::new(0);
        let work = || -> anyhow::Result<()> {
            let mut feeder = kernel.feeder();
            loop {
                let group = next.fetch_add(1, Ordering::Relaxed);
                let Some(batches) = groups.get(group) else { return Ok(feeder.finish()?) };
                feeder.begin(group as u64);
                for batch in batches {
                    let refused = feeder.batch(&layout, batch)?;
                    anyhow::ensure!(refused.is_empty(), "the facts of the benchmark are all usable");
                }
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.threads.max(1)).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| worker.join().ok().context("a thread failed")?)
        })
    }
}

/// All columns, or some, with texts that repeat themselves as dictionaries.
fn read(path: &Path, columns: &[&str]) -> anyhow::Result<Groups> {
    let metadata = ArrowReaderMetadata::load(&File::open(path)?, ArrowReaderOptions::default())?;
    let coded =
        |field: &Arc<Field>| match columns.contains(&field.name().as_str()) && *field.data_type() == DataType::Utf8 {
            true => {
                let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                Arc::new(field.as_ref().clone().with_data_type(kind))
            }
            false => field.clone(),
        };
    let fields: Vec<_> = metadata.schema().fields().iter().map(coded).collect();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
    let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options)?;
    let mask = match columns {
        [] => ProjectionMask::all(),
        some => ProjectionMask::columns(metadata.parquet_schema(), some.iter().copied()),
    };
    let groups = (0..metadata.metadata().num_row_groups()).map(|group| {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(path)?, metadata.clone());
        let reader = reader.with_projection(mask.clone()).with_row_groups(vec![group]).with_batch_size(BATCH);
        Ok(reader.build()?.collect::<Result<_, _>>()?)
    });
    groups.collect()
}
