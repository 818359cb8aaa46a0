//! Results as Parquet: typed columns, the same bytes from run to run.

use std::sync::Arc;

use anyhow::Context as _;
use arrow_array::builder::{ArrayBuilder, Decimal128Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::beside::Beside;
use super::table::{Cell, Holds};

/// Points have so many digits before the decimals at most.
const WHOLE_DIGITS: u8 = 15;

/// So many rows are gathered before they are encoded.
const BATCH_ROWS: usize = 8 << 10;

/// So many rows make a group, which a reader may pass over.
const GROUP_ROWS: usize = 128 << 10;

/// Columns that grow row by row.
pub(super) struct Columns<'a> {
    out: ArrowWriter<&'a mut Beside>,
    schema: Arc<Schema>,
    columns: Vec<Column>,
}

enum Column {
    Texts(StringBuilder),
    Numbers(Decimal128Builder, u8),
}

impl Column {
    fn new(holds: Holds) -> Self {
        match holds {
            Holds::Text => Self::Texts(StringBuilder::new()),
            Holds::Number(decimals) => {
                Self::Numbers(Decimal128Builder::new().with_data_type(kind(Holds::Number(decimals))), decimals)
            }
        }
    }

    fn push(&mut self, cell: &Cell) -> anyhow::Result<()> {
        match (self, cell) {
            (Self::Texts(texts), Cell::Empty) => texts.append_null(),
            (Self::Texts(texts), Cell::Text(text) | Cell::Number(text)) => texts.append_value(text),
            (Self::Numbers(numbers, _), Cell::Empty) => numbers.append_null(),
            (Self::Numbers(numbers, decimals), Cell::Text(text) | Cell::Number(text)) => {
                numbers.append_value(units(text, *decimals).with_context(|| format!("{text} is no such number"))?);
            }
        }
        Ok(())
    }

    fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Numbers(numbers, _) => numbers.len(),
        }
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Self::Texts(texts) => Arc::new(texts.finish()),
            Self::Numbers(numbers, _) => Arc::new(numbers.finish()),
        }
    }
}

/// The number in units of its last decimal; `None` if it is not written with exactly those.
fn units(text: &str, decimals: u8) -> Option<i128> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() != usize::from(decimals) {
        return None;
    }
    format!("{whole}{rest}").parse().ok()
}

fn kind(holds: Holds) -> DataType {
    match holds {
        Holds::Text => DataType::Utf8,
        // No number has more decimals than a probability, which has six.
        Holds::Number(decimals) => DataType::Decimal128(WHOLE_DIGITS + decimals, decimals.cast_signed()),
    }
}

impl<'a> Columns<'a> {
    /// Begins a file; the first column is never empty.
    pub(super) fn new(names: &[String], holds: &[Holds], out: &'a mut Beside) -> anyhow::Result<Self> {
        let field = |(place, (name, holds)): (usize, (&String, &Holds))| Field::new(name, kind(*holds), place > 0);
        let fields: Vec<_> = names.iter().zip(holds).enumerate().map(field).collect();
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        // Parquet's own types say everything; what Arrow would add beside them is left out.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let out = ArrowWriter::try_new_with_options(out, schema.clone(), options)?;
        Ok(Self { out, schema, columns: holds.iter().map(|holds| Column::new(*holds)).collect() })
    }

    pub(super) fn write(&mut self, cells: &[Cell]) -> anyhow::Result<()> {
        self.columns.iter_mut().zip(cells).try_for_each(|(column, cell)| column.push(cell))?;
        if self.columns.first().is_some_and(|ids| ids.len() == BATCH_ROWS) { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let columns = self.columns.iter_mut().map(Column::take).collect();
        Ok(self.out.write(&RecordBatch::try_new(self.schema.clone(), columns)?)?)
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.flush()?;
        self.out.close()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::units;

    #[test]
    fn numbers_are_counted_in_their_last_decimal() {
        let cases =
            [("40.5", 1, Some(405)), ("-0.05", 2, Some(-5)), ("41", 0, Some(41)), ("1.5", 2, None), ("x", 0, None)];
        for (text, decimals, expected) in cases {
            assert_eq!(units(text, decimals), expected, "{text}");
        }
    }
}
