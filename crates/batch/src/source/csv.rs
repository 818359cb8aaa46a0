//! Rows of CSV: commas, a header, quotes as in RFC 4180. A cell is text, and empty is missing.

use std::io;
use std::sync::Arc;

use rules::value::{Attributes, Value};

use super::open::{Content, OnRow};
use super::{Reason, Row};

/// A row that runs over so many lines has lost a quote.
const LINES_MAX: u64 = 1_000;

pub(super) struct Reader {
    rows: csv::Reader<Content>,
    columns: Vec<Arc<str>>,
}

impl Reader {
    /// Reads the header; the error says what is wrong with it.
    pub(super) fn new(file: Content) -> Result<Self, String> {
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let header = rows.headers().map_err(|error| match error.kind() {
            csv::ErrorKind::Utf8 { .. } => "has a header that is not UTF-8".to_owned(),
            _ => format!("has a header that cannot be read: {error}"),
        })?;
        let columns = header.iter().map(|name| Arc::from(name.trim())).collect();
        Ok(Self { rows, columns })
    }

    pub(super) fn columns(&self) -> &[Arc<str>] {
        &self.columns
    }

    pub(super) fn for_each_row(&mut self, on_row: OnRow<'_>) -> io::Result<()> {
        let mut record = csv::ByteRecord::new();
        let mut before = 0;
        while self.rows.read_byte_record(&mut record).map_err(io::Error::from)? {
            let line = record.position().map_or(0, csv::Position::line);
            let lines = self.rows.position().line().saturating_sub(line);
            let at = self.rows.position().byte();
            let cells = self.cells(&record, lines);
            if !on_row(Row { line, cells, raw: &|| written(&record) }, at - before) {
                break;
            }
            before = at;
        }
        Ok(())
    }

    fn cells(&self, record: &csv::ByteRecord, lines: u64) -> Result<Attributes, Reason> {
        if lines > LINES_MAX {
            return Err(Reason::OpenQuote { lines });
        }
        if record.len() != self.columns.len() {
            return Err(Reason::FieldCount { expected: self.columns.len(), found: record.len() });
        }
        let mut cells = Attributes::new();
        for (column, cell) in self.columns.iter().zip(record) {
            let text = std::str::from_utf8(cell).map_err(|_| Reason::NotUtf8 { column: column.to_string() })?;
            if let (Some(value), false) = (Value::text_of(text), column.is_empty()) {
                cells.insert(column.clone(), value);
            }
        }
        Ok(cells)
    }
}

/// The row as CSV once more, so that it can be mended and read again.
pub(super) fn written(record: &csv::ByteRecord) -> String {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let bytes = writer.write_byte_record(record).ok().and_then(|()| writer.into_inner().ok());
    String::from_utf8_lossy(&bytes.unwrap_or_default()).trim_end().to_owned()
}
