//! The folder of facts: what is in it, and that it is made once only.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use anyhow::{Context as _, ensure};
use arrow_array::RecordBatch;
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::activities::{self, Activities};
use crate::{MODEL, factors, people, series};

/// Rows of a row group, as DuckDB writes them.
const GROUP_ROWS: usize = 122_880;

/// How much there is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// Activities.
    #[arg(long, default_value_t = 50_000_000)]
    pub(crate) rows: u64,
    /// Contacts; there is an account for every twenty.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) contacts: u64,
    /// What the facts are drawn from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Makes everything that is not there yet.
pub(crate) fn make(folder: &Path, size: &Size) -> anyhow::Result<()> {
    let Size { rows, contacts, seed } = *size;
    ensure!((1..=1_000_000_000).contains(&rows), "--rows is from 1 to 1,000,000,000");
    ensure!((1..=people::CONTACTS_MAX).contains(&contacts), "--contacts is from 1 to {}", people::CONTACTS_MAX);
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    std::fs::write(folder.join("model.toml"), MODEL)?;
    for rules in series::SIZES {
        std::fs::write(folder.join(format!("model-{rules}.toml")), series::model(rules))?;
    }
    factors::write(folder)?;
    // Written last, so that an interrupted run is begun anew.
    let (stamp, made) = (folder.join("made.txt"), format!("{size:?}\n"));
    if std::fs::read_to_string(&stamp).is_ok_and(|known| known == made) {
        return Ok(());
    }
    write(&folder.join("accounts.parquet"), people::account_batches(seed, contacts))?;
    write(&folder.join("contacts.parquet"), people::contact_batches(seed, contacts))?;
    let activities = Activities::new(seed, rows, contacts);
    write_of(&folder.join("activities.parquet"), &activities::schema(), activities)?;
    Ok(std::fs::write(stamp, made)?)
}

pub(crate) fn write(path: &Path, batches: impl Iterator<Item = RecordBatch> + Send) -> anyhow::Result<()> {
    let mut batches = batches.peekable();
    let schema = batches.peek().context("nothing to write")?.schema();
    write_of(path, &schema, batches)
}

/// One thread makes batches while another one encodes them.
fn write_of(
    path: &Path,
    schema: &Arc<Schema>,
    batches: impl Iterator<Item = RecordBatch> + Send,
) -> anyhow::Result<()> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        // All are different: a writer would find out by itself, a megabyte later.
        .set_column_dictionary_enabled("id".into(), false)
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path)?, schema.clone(), Some(properties))?;
    std::thread::scope(|scope| {
        let (send, made) = sync_channel(4);
        // Who no longer listens has failed, and says why below.
        scope.spawn(move || batches.into_iter().all(|batch| send.send(batch).is_ok()));
        made.into_iter().try_for_each(|batch| writer.write(&batch))
    })?;
    writer.close()?;
    Ok(())
}
