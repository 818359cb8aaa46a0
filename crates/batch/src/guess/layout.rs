//! How a table is written: the delimiter, the quotes, and where the header stands, by the one way of
//! reading that gives the most even table.

use std::io::{self, Read as _};

use super::column::looks_like_data;
use super::header;
use crate::source::content::Content;
use crate::source::csv::{SampleRow, sample, tidy};
use crate::source::{Delimiter, Form};

/// So much of a file shows how it is written.
const SAMPLE_BYTES: u64 = 1 << 20;

/// What separates columns now and then.
const RARE: [char; 3] = ['^', '~', ':'];

/// So many rows are looked at for each way of reading.
const ROWS_MAX: usize = 500;

/// How a table is written, and what is not certain of it.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) form: Form,
    pub(super) header: Vec<String>,
    pub(super) doubts: Vec<String>,
}

/// Looks at the beginning of a text; `None` if it is no table.
pub(super) fn layout(text: &mut Content) -> io::Result<Option<Layout>> {
    let mut start = Vec::new();
    text.take(SAMPLE_BYTES).read_to_end(&mut start)?;
    if start.len() as u64 == SAMPLE_BYTES {
        // The last line is cut off.
        let end = start.iter().rposition(|byte| *byte == b'\n').map_or(start.len(), |end| end + 1);
        start.truncate(end);
    }
    let mut ways: Vec<Way> = Vec::new();
    for quote in [Some(b'"'), Some(b'\''), None] {
        for delimiter in Delimiter::USUAL {
            ways.extend(Way::of(&start, delimiter, quote));
        }
    }
    // Of equally even tables the first: commas and double quotes before others.
    let best = ways.iter().enumerate().max_by_key(|(place, way)| (way.worth(), usize::MAX - place));
    let Some((_, best)) = best else { return one_column(&start) };
    let rival = ways.iter().find(|way| way.delimiter != best.delimiter && way.worth() >= best.worth());
    let mut doubts = Vec::new();
    if let Some(rival) = rival {
        doubts.push(format!("\"{}\" would separate columns as well", rival.delimiter.name()));
    }
    if best.quote.is_some() && start.windows(2).any(|pair| pair == b"\\\"") {
        doubts.push(
            "quotes seem to be written as \\\" inside cells, which CSV does not know: export it with doubled quotes"
                .to_owned(),
        );
    }
    Ok(Some(header::layout(best, doubts)))
}

/// One way of reading a sample.
pub(super) struct Way {
    pub(super) delimiter: Delimiter,
    pub(super) quote: Option<u8>,
    pub(super) rows: Vec<SampleRow>,
    /// How many cells most rows have.
    pub(super) width: usize,
    /// How many rows have them.
    even: usize,
    /// How many cells are plain data, without another delimiter or a quote in them.
    clean: usize,
}

impl Way {
    /// `None` if it gives no table of at least two columns.
    fn of(start: &[u8], delimiter: Delimiter, quote: Option<u8>) -> Option<Self> {
        let mut rows = sample(start, delimiter, quote);
        rows.truncate(ROWS_MAX);
        let fitting = |width: usize| rows.iter().filter(|row| row.cells.len() == width && !row.broken).count();
        let mut widths: Vec<usize> = rows.iter().map(|row| row.cells.len()).filter(|width| *width > 1).collect();
        widths.sort_unstable();
        widths.dedup();
        let width = widths.into_iter().max_by_key(|width| (fitting(*width), *width))?;
        let even = fitting(width);
        let cells = rows.iter().filter(|row| row.cells.len() == width).flat_map(|row| &row.cells);
        let clean = cells.filter(|cell| is_clean(cell)).count();
        Some(Self { delimiter, quote, rows, width, even, clean })
    }

    /// More even rows first, then cells that are clean, per thousand.
    fn worth(&self) -> (usize, usize, usize) {
        let total: usize = self.rows.len().max(1);
        let cells = (self.even * self.width).max(1);
        // One row more or less, such as a line of totals, decides nothing.
        let evenness = self.even * 20 / total;
        (evenness, self.clean * 100 / cells, self.even)
    }
}

/// A cell as most cells are: without what separates cells, or surrounds them, elsewhere.
fn is_clean(cell: &str) -> bool {
    let wrapped = cell.len() > 1 && cell.starts_with(['"', '\'']) && cell.ends_with(['"', '\'']);
    !wrapped && !cell.contains([';', '\t', '|']) && (!cell.contains(',') || cell.contains(' ') || looks_like_data(cell))
}

/// A table of one column has no delimiter; unless it has one that is hardly ever used, or its lines stand
/// in quotes as a whole.
fn one_column(start: &[u8]) -> io::Result<Option<Layout>> {
    let rows = sample(start, Delimiter::COMMA, Some(b'"'));
    let Some(first) = rows.first() else { return Ok(None) };
    let header: Vec<String> = first.cells.iter().map(|name| tidy(name).to_owned()).collect();
    let name = header.first().map(String::as_str).unwrap_or_default();
    let inside = Delimiter::USUAL.into_iter().find(|delimiter| name.contains(char::from(delimiter.0)));
    let rare = RARE.into_iter().find(|mark| {
        let count = |row: &SampleRow| row.cells.iter().map(|cell| cell.matches(*mark).count()).sum::<usize>();
        count(first) > 0 && rows.iter().all(|row| count(row) == count(first))
    });
    let doubt = match (inside, rare) {
        (Some(_), _) => {
            "each line stands in quotes as a whole: take away the outer ones, or export it again".to_owned()
        }
        (None, Some(mark)) => format!("there is one column only: perhaps delimiter = \"{mark}\"?"),
        (None, None) => "there is one column only: is this the right export?".to_owned(),
    };
    let form = Form { delimiter: Some(Delimiter::COMMA), skip: first.line - 1, ..Form::default() };
    Ok(Some(Layout { form, header, doubts: vec![doubt] }))
}
