//! Results as Parquet: typed columns, the same bytes from run to run.

use arrow_array::RecordBatch;
use batch::sheet::{BATCH_ROWS, Cell, Columns, Sheet};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::beside::Beside;

/// So many rows make a group, which a reader may pass over.
const GROUP_ROWS: usize = 128 << 10;

/// A file of columns.
pub(super) struct Parquet<'a> {
    out: ArrowWriter<&'a mut Beside>,
    columns: Columns,
}

impl<'a> Parquet<'a> {
    /// Begins a file.
    pub(super) fn new(sheet: &Sheet<'_>, out: &'a mut Beside) -> anyhow::Result<Self> {
        let columns = Columns::of(sheet);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        // Parquet's own types say everything; what Arrow would add beside them is left out.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let out = ArrowWriter::try_new_with_options(out, columns.schema().clone(), options)?;
        Ok(Self { out, columns })
    }

    pub(super) fn write(&mut self, cells: &[Cell]) -> anyhow::Result<()> {
        self.columns.push(cells)?;
        if self.columns.rows() == BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    /// Writes rows that are columns already.
    pub(super) fn write_batch(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        Ok(self.out.write(batch)?)
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.out.write(&self.columns.take()?)?)
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        self.out.close()?;
        Ok(())
    }
}
