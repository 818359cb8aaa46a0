//! Rows of CSV: a header, quotes as in RFC 4180, commas or another delimiter. A cell is text, and
//! empty is missing.
//!
//! Lines are put together into rows here, and `csv-core` splits a row into cells. So every row
//! knows its line, and a quote that is left open costs one line, not the rest of the file.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, Read as _};
use std::sync::Arc;

use rules::value::{Attributes, Value};

use super::content::Content;
use super::form::{Delimiter, Encoding, Form};
use super::open::OnRow;
use super::{Reason, Row};

/// A cell in quotes may run over so many lines; one that runs further has lost its closing quote.
const LINES_MAX: usize = 200;

/// A row may be this long; what is longer is hardly a table.
const ROW_BYTES_MAX: usize = 16 << 20;

pub(super) struct Reader {
    file: Content,
    delimiter: Delimiter,
    quote: Option<u8>,
    parser: csv_core::Reader,
    columns: Vec<Arc<str>>,
    /// The columns as the header writes them.
    header: Vec<Arc<str>>,
    encoding: Encoding,
    canonical: bool,
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
    /// Reads the header; the error says what is wrong with it. Where the delimiter is not known, it
    /// is the one that gives all wanted columns.
    pub(super) fn new(file: Content, form: &Form, wanted: &[String]) -> Result<Self, String> {
        let parser = csv_core::Reader::new();
        let mut reader = Self {
            file,
            delimiter: Delimiter::COMMA,
            quote: form.quote,
            parser,
            columns: Vec::new(),
            header: Vec::new(),
            encoding: form.encoding.unwrap_or(Encoding::UTF_8),
            canonical: form.canonical,
            ahead: VecDeque::new(),
            line: 1,
        };
        let unreadable = |error: io::Error| format!("has a header that cannot be read: {error}");
        for _ in 0..form.skip {
            reader.next_line().map_err(unreadable)?;
        }
        let usual = Delimiter::USUAL.map(Some);
        let candidates: &[_] = if form.delimiter.is_some() { &[form.delimiter] } else { &usual };
        let (mut best, mut best_columns) = (None, 0);
        for delimiter in candidates.iter().copied().flatten() {
            let columns = reader.first_row(delimiter)?;
            let given = form.columns.as_ref();
            let fits = given.map_or(has_all(&columns, wanted), |given| given.len() == columns.len());
            if fits || columns.len() > best_columns || best.is_none() {
                (best, best_columns) = (Some(delimiter), columns.len());
            }
            if fits {
                break;
            }
        }
        reader.set_delimiter(best.unwrap_or(Delimiter::COMMA));
        match &form.columns {
            Some(columns) => reader.columns = columns.iter().map(|column| column.as_str().into()).collect(),
            None => {
                reader.columns = reader.first_row(reader.delimiter)?;
                reader.next_row().map_err(unreadable)?;
            }
        }
        reader.header = reader.columns.clone();
        if !form.canonical {
            tell_apart(&mut reader.columns);
        }
        Ok(reader)
    }

    fn set_delimiter(&mut self, delimiter: Delimiter) {
        self.delimiter = delimiter;
        let mut builder = csv_core::ReaderBuilder::new();
        builder.delimiter(delimiter.0).quoting(self.quote.is_some()).quote(self.quote.unwrap_or(b'"'));
        self.parser = builder.build();
    }

    /// The names in the next row, which stays the next one.
    fn first_row(&mut self, delimiter: Delimiter) -> Result<Vec<Arc<str>>, String> {
        self.set_delimiter(delimiter);
        let before = self.line;
        let row = self.next_row().map_err(|error| format!("has a header that cannot be read: {error}"))?;
        let Some(row) = row else { return Ok(Vec::new()) };
        let cells = self.split(&row.lines.concat());
        // Blank lines above it are not put back.
        self.line = before.max(self.line - row.lines.len() as u64);
        let (open, cut) = (row.quotes.open || row.quotes.stray, row.cut);
        row.lines.into_iter().rev().for_each(|line| self.ahead.push_front(line));
        if open || cut {
            return Err("has a header with a quote that is left open".to_owned());
        }
        let mut columns = Vec::new();
        for cell in cells.ok_or("has line ends of old Macintosh files")? {
            let not_text = |_| format!("has a header that is not {}", self.encoding.standard_name());
            let name = String::from_utf8(cell).map_err(not_text)?;
            columns.push(tidy(&name).into());
        }
        Ok(columns)
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
            let raw = || String::from_utf8_lossy(&row.lines.concat()).trim_end().to_owned();
            if !on_row(Row { line: first, cells, raw: &raw }) {
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
            if let Some(quote) = self.quote {
                quotes.pass(&line, quote, self.delimiter.0);
            }
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
        let mut fields = self.split(row).ok_or(Reason::LoneReturn)?;
        // A delimiter at the end of each row closes the last cell and opens none.
        if !self.canonical && fields.len() == self.columns.len() + 1 && fields.last().is_some_and(Vec::is_empty) {
            fields.pop();
        }
        if fields.len() != self.columns.len() {
            return Err(Reason::FieldCount { expected: self.columns.len(), found: fields.len() });
        }
        if self.header.iter().zip(&fields).all(|(name, field)| name.as_bytes() == field.trim_ascii()) {
            return Err(Reason::Header);
        }
        let mut cells = Attributes::new();
        for (column, field) in self.columns.iter().zip(&fields) {
            let encoding = self.encoding.standard_name();
            let not_text = |_| Reason::NotText { column: column.to_string(), encoding };
            let text = std::str::from_utf8(field).map_err(not_text)?;
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

/// A row of a sample: the line on which it begins, and its cells.
pub(crate) struct SampleRow {
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
    /// Quotes do not close where cells end.
    pub(crate) broken: bool,
}

/// The rows of a text under one way of writing, whatever they hold.
pub(crate) fn sample(text: &[u8], delimiter: Delimiter, quote: Option<u8>) -> Vec<SampleRow> {
    let form = Form { delimiter: Some(delimiter), quote, columns: Some(Vec::new()), ..Form::default() };
    let file = Box::new(io::Cursor::new(text.to_vec()));
    let Ok(mut reader) = Reader::new(file, &form, &[]) else { return Vec::new() };
    let mut rows = Vec::new();
    while let Ok(Some(row)) = reader.next_row() {
        let line = reader.line - row.lines.len() as u64;
        let broken = row.quotes.open || row.quotes.stray || row.cut;
        let cells = reader.split(&row.lines.concat()).unwrap_or_default();
        let cells = cells.into_iter().map(|cell| String::from_utf8_lossy(&cell).trim().to_owned()).collect();
        rows.push(SampleRow { line, cells, broken });
    }
    rows
}

fn has_all(columns: &[Arc<str>], wanted: &[String]) -> bool {
    wanted.iter().all(|wanted| columns.iter().any(|column| **column == **wanted))
}

/// A name without blanks around it, nor letters that nobody sees.
pub(crate) fn tidy(name: &str) -> &str {
    name.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}'..='\u{200f}'))
}

/// Columns of one name are counted: `Email`, `Email (2)`.
pub(super) fn tell_apart(columns: &mut [Arc<str>]) {
    for place in 1..columns.len() {
        let (before, rest) = columns.split_at_mut(place);
        let column = &mut rest[0];
        if column.is_empty() || !before.contains(column) {
            continue;
        }
        let numbered = (2..).map(|count| Arc::from(format!("{column} ({count})")));
        if let Some(free) = numbered.into_iter().find(|name| !before.contains(name)) {
            *column = free;
        }
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
    fn pass(&mut self, line: &[u8], quote: u8, delimiter: u8) {
        let ends_cell = |byte: u8| byte == delimiter || matches!(byte, b'\n' | b'\r');
        let mut bytes = line.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if self.open {
                // The second of two would be the doubled one.
                if byte == quote && bytes.next_if_eq(&quote).is_none() {
                    (self.open, self.inside) = (false, true);
                    self.stray |= bytes.peek().is_some_and(|next| !ends_cell(*next));
                }
            } else if byte == quote && !self.inside {
                self.open = true;
            } else {
                self.inside = !ends_cell(byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and cells, or the reason, of each row.
    fn rows(text: &'static str) -> Vec<(u64, Result<Vec<String>, Reason>)> {
        let mut reader = Reader::new(Box::new(text.as_bytes()), &Form::canonical(), &[]).unwrap();
        let mut found = Vec::new();
        reader
            .for_each_row(&mut |row| {
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
        assert!(Reader::new(Box::new("id,\"title\na,1\nb,2\n".as_bytes()), &Form::canonical(), &[]).is_err());
        let lone = (2, Err(Reason::LoneReturn));
        assert_eq!(rows("id,t\na,1\rb,2\rc,3\nd,4\n"), [lone, (3, cells(&["d", "4"]))]);
        assert_eq!(rows("id,t\na,\"1\r2\"\n"), [(2, cells(&["a", "1\r2"]))]);
    }
}
