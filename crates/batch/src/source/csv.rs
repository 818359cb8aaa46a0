//! Rows of CSV: commas, a header, quotes as in RFC 4180. A cell is text, and empty is missing.
//!
//! Lines are put together into rows here, and `csv-core` splits a row into cells. So every row
//! knows its line, and a quote that is left open costs one line, not the rest of the file.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, Read as _};
use std::sync::Arc;

use rules::value::{Attributes, Value};

use super::open::{Content, OnRow};
use super::{Reason, Row};

/// A cell in quotes may run over so many lines; one that runs further has lost its closing quote.
const LINES_MAX: usize = 200;

/// A row may be this long; what is longer is hardly a table.
const ROW_BYTES_MAX: usize = 16 << 20;

pub(super) struct Reader {
    file: Content,
    parser: csv_core::Reader,
    columns: Vec<Arc<str>>,
    /// Lines that were read ahead, in order.
    ahead: VecDeque<Vec<u8>>,
    /// The number of the next line.
    line: u64,
}

/// So much is kept of a line that is too long, to recognise it by.
const CUT_BYTES: usize = 200;

/// Some lines that belong together, as far as their quotes tell.
struct Lines {
    lines: Vec<Vec<u8>>,
    quotes: Quotes,
    /// The only line was too long, and is not whole.
    cut: bool,
}

impl Reader {
    /// Reads the header; the error says what is wrong with it.
    pub(super) fn new(file: Content) -> Result<Self, String> {
        let parser = csv_core::Reader::new();
        let mut reader = Self { file, parser, columns: Vec::new(), ahead: VecDeque::new(), line: 1 };
        let header = reader.next_row().map_err(|error| format!("has a header that cannot be read: {error}"))?;
        let Some(header) = header else { return Ok(reader) };
        if header.quotes.open || header.quotes.stray || header.cut {
            return Err("has a header with a quote that is left open".to_owned());
        }
        let cells = reader.split(&header.lines.concat()).ok_or("has line ends of old Macintosh files")?;
        for cell in cells {
            let name = String::from_utf8(cell).map_err(|_| "has a header that is not UTF-8".to_owned())?;
            reader.columns.push(name.trim().into());
        }
        Ok(reader)
    }

    pub(super) fn columns(&self) -> &[Arc<str>] {
        &self.columns
    }

    pub(super) fn for_each_row(&mut self, on_row: OnRow<'_>) -> io::Result<()> {
        loop {
            let Some(mut row) = self.next_row()? else { return Ok(()) };
            let first = self.line - row.lines.len() as u64;
            let Quotes { open, stray, .. } = row.quotes;
            let mut cells = match row.cut {
                true => Err(Reason::LongLine { bytes_max: ROW_BYTES_MAX as u64 }),
                false => self.cells(&row.lines.concat()),
            };
            let broken = open || stray || matches!(cells, Err(Reason::FieldCount { .. }));
            if broken && row.lines.len() > 1 {
                // A stray quote joined lines that do not belong together: only the first is lost.
                cells = Err(Reason::OpenQuote);
                self.line = first + 1;
                row.lines.drain(1..).rev().for_each(|line| self.ahead.push_front(line));
            } else if open {
                cells = Err(Reason::OpenQuote);
            }
            let bytes = row.lines.iter().map(|line| line.len() as u64).sum();
            let raw = || String::from_utf8_lossy(&row.lines.concat()).trim_end().to_owned();
            if !on_row(Row { line: first, cells, raw: &raw }, bytes) {
                return Ok(());
            }
        }
    }

    /// The lines of the next row; blank lines before it are passed over.
    fn next_row(&mut self) -> io::Result<Option<Lines>> {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let (mut quotes, mut bytes) = (Quotes::default(), 0);
        while let Some(line) = self.next_line()? {
            if lines.is_empty() && line.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                continue;
            }
            let whole = line.len() < ROW_BYTES_MAX || line.ends_with(b"\n");
            if !whole {
                self.file.skip_until(b'\n')?;
            }
            if !whole && lines.is_empty() {
                let line = line[..CUT_BYTES].to_vec();
                return Ok(Some(Lines { lines: vec![line], quotes: Quotes::default(), cut: true }));
            }
            quotes.pass(&line);
            bytes += line.len();
            lines.push(line);
            if !quotes.open || lines.len() == LINES_MAX || bytes > ROW_BYTES_MAX {
                break;
            }
        }
        Ok(if lines.is_empty() { None } else { Some(Lines { lines, quotes, cut: false }) })
    }

    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let line = match self.ahead.pop_front() {
            Some(line) => line,
            None => {
                let mut line = Vec::new();
                if (&mut self.file).take(ROW_BYTES_MAX as u64).read_until(b'\n', &mut line)? == 0 {
                    return Ok(None);
                }
                line
            }
        };
        self.line += 1;
        Ok(Some(line))
    }

    fn cells(&mut self, row: &[u8]) -> Result<Attributes, Reason> {
        let fields = self.split(row).ok_or(Reason::LoneReturn)?;
        if fields.len() != self.columns.len() {
            return Err(Reason::FieldCount { expected: self.columns.len(), found: fields.len() });
        }
        let mut cells = Attributes::new();
        for (column, field) in self.columns.iter().zip(&fields) {
            let text = std::str::from_utf8(field).map_err(|_| Reason::NotUtf8 { column: column.to_string() })?;
            if let (Some(value), false) = (Value::text_of(text), column.is_empty()) {
                cells.insert(column.clone(), value);
            }
        }
        Ok(cells)
    }

    /// The cells of one row; `None` if a carriage return by itself ends it before the line ends.
    fn split(&mut self, row: &[u8]) -> Option<Vec<Vec<u8>>> {
        self.parser.reset();
        // A cell is never longer than what it is written as.
        let (mut text, mut ends) = (vec![0; row.len() + 1], vec![0; row.len() + 2]);
        let (_, read, mut written, mut ended) = self.parser.read_record(row, &mut text, &mut ends);
        if read == row.len() {
            // The last line of a file may lack its end: an empty input says that nothing follows.
            let (_, _, more, more_ends) = self.parser.read_record(&[], &mut text[written..], &mut ends[ended..]);
            (written, ended) = (written + more, ended + more_ends);
        }
        let rest = &row[read..];
        if rest.iter().any(|byte| !matches!(byte, b'\r' | b'\n')) {
            return None;
        }
        text.truncate(written);
        let mut start = 0;
        let mut cells = Vec::with_capacity(ended);
        for &end in &ends[..ended] {
            cells.push(text[start..end].to_vec());
            start = end;
        }
        Some(cells)
    }
}

/// Follows quotes through the lines of a row: one opens at the start of a cell only, and a doubled
/// one inside stands for itself.
#[derive(Default)]
struct Quotes {
    open: bool,
    /// Within a cell that began without a quote, or behind a closing one.
    inside: bool,
    /// A closing quote was not at the end of its cell.
    stray: bool,
}

impl Quotes {
    fn pass(&mut self, line: &[u8]) {
        let mut bytes = line.iter().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' if self.open => {
                    // The second of two would be the doubled one.
                    if bytes.next_if(|next| **next == b'"').is_none() {
                        (self.open, self.inside) = (false, true);
                        self.stray |= !matches!(bytes.peek(), None | Some(b',' | b'\n' | b'\r'));
                    }
                }
                _ if self.open => {}
                b'"' if !self.inside => self.open = true,
                b',' | b'\n' | b'\r' => self.inside = false,
                _ => self.inside = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and cells, or the reason, of each row.
    fn rows(text: &'static str) -> Vec<(u64, Result<Vec<String>, Reason>)> {
        let mut reader = Reader::new(Box::new(text.as_bytes())).unwrap();
        let mut found = Vec::new();
        reader
            .for_each_row(&mut |row, _| {
                let cells = row.cells.map(|cells| cells.values().map(|value| value.text().into_owned()).collect());
                found.push((row.line, cells));
                true
            })
            .unwrap();
        found
    }

    fn cells(texts: &[&str]) -> Result<Vec<String>, Reason> {
        Ok(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn rows_know_their_lines_whatever_ends_them() {
        let expected = [(2, cells(&["1", "2"])), (5, cells(&["x\r\ny", "3"])), (7, cells(&["4", "5"]))];
        assert_eq!(rows("a,b\r\n1,2\r\n\r\n\r\n\"x\r\ny\",3\r\n4,5"), expected);
    }

    #[test]
    fn quotes_are_as_in_rfc_4180() {
        let expected = [(2, cells(&["say \"hi\", you", "5\" pipe"])), (3, cells(&["ab", "c"])), (4, cells(&[]))];
        assert_eq!(rows("a,b\n\"say \"\"hi\"\", you\",5\" pipe\n\"a\"b,c\n,\n"), expected);
    }

    #[test]
    fn an_open_quote_costs_one_line() {
        let lost = (2, Err(Reason::OpenQuote));
        assert_eq!(rows("a,b\n1,\"open\n2,3\n4,5\n"), [lost.clone(), (3, cells(&["2", "3"])), (4, cells(&["4", "5"]))]);
        assert_eq!(
            rows("a,b\n1,\"open\n2,\"x\"\n4,5\n"),
            [lost.clone(), (3, cells(&["2", "x"])), (4, cells(&["4", "5"]))]
        );
        assert_eq!(rows("a,b\n1,\"open"), [lost]);
    }

    #[test]
    fn a_line_that_is_too_long_is_one_reject_and_never_a_row() {
        let long = format!("id,t\nada,{}evil,z\nbob,y\n", "x".repeat(ROW_BYTES_MAX - 4));
        let found = rows(long.leak());
        assert!(matches!(found[0], (2, Err(Reason::LongLine { .. }))), "{:?}", found[0]);
        assert_eq!(found[1..], [(3, cells(&["bob", "y"]))]);
    }

    #[test]
    fn a_header_with_an_open_quote_and_lone_returns_are_refused() {
        assert!(Reader::new(Box::new("id,\"title\na,1\nb,2\n".as_bytes())).is_err());
        let lone = (2, Err(Reason::LoneReturn));
        assert_eq!(rows("id,t\na,1\rb,2\rc,3\nd,4\n"), [lone, (3, cells(&["d", "4"]))]);
        assert_eq!(rows("id,t\na,\"1\r2\"\n"), [(2, cells(&["a", "1\r2"]))]);
    }
}
