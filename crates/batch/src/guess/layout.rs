//! How a table is written: the delimiter, the quotes, and where the header stands, by the one way of
//! reading that gives the most even table.

use std::io::{self, Read as _};

use super::column::looks_like_data;
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
    Ok(Some(best.layout(doubts)))
}

/// One way of reading a sample.
struct Way {
    delimiter: Delimiter,
    quote: Option<u8>,
    rows: Vec<SampleRow>,
    /// How many cells most rows have.
    width: usize,
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

    fn layout(&self, mut doubts: Vec<String>) -> Layout {
        let fitting = |row: &&SampleRow| row.cells.len() == self.width && !row.broken;
        let full = |row: &&SampleRow| filled(row) > row.cells.len() / 2;
        let mut form = Form { delimiter: Some(self.delimiter), quote: self.quote, ..Form::default() };
        let Some(first) = self.rows.iter().filter(fitting).find(full) else {
            return Layout { form, header: Vec::new(), doubts };
        };
        // A row above that lacks a name is the header all the same, if it has no data.
        let is_header =
            |row: &&SampleRow| !row.broken && filled(row) > 1 && !row.cells.iter().any(|cell| looks_like_data(cell));
        let above = self.rows.iter().take_while(|row| row.line < first.line);
        let short = above.clone().last().filter(|row| row.cells.len() + 1 == self.width).filter(is_header);
        if let Some(short) = short {
            return self.longer_than(short, form, doubts);
        }
        form.skip = first.line - 1;
        self.told_above(above.collect(), &mut doubts);
        if !is_header(&first) {
            let names: Vec<String> = (1..=self.width).map(|number| format!("column_{number}")).collect();
            doubts.push("the first row looks like data, not like a header: name the columns in `columns`".into());
            form.columns = Some(names.clone());
            return Layout { form, header: names, doubts };
        }
        self.told_unnamed(first, &mut doubts);
        Layout { form, header: first.cells.iter().map(|name| tidy(name).to_owned()).collect(), doubts }
    }

    /// Rows with one cell more than the header: an empty one at their end is harmless.
    fn longer_than(&self, header: &SampleRow, mut form: Form, mut doubts: Vec<String>) -> Layout {
        let mut names: Vec<String> = header.cells.iter().map(|name| tidy(name).to_owned()).collect();
        let mut rows = self.rows.iter().filter(|row| row.cells.len() == self.width);
        if rows.all(|row| row.cells.last().is_none_or(String::is_empty)) {
            form.skip = header.line - 1;
            return Layout { form, header: names, doubts };
        }
        doubts.push(format!(
            "the header has {} names, rows have {} cells: which of them has none?",
            names.len(),
            self.width
        ));
        names.push(format!("column_{}", self.width));
        form.skip = header.line;
        form.columns = Some(names.clone());
        Layout { form, header: names, doubts }
    }

    /// Lines above the header that look like a table themselves.
    fn told_above(&self, above: Vec<&SampleRow>, doubts: &mut Vec<String>) {
        if let Some(row) = above.iter().rfind(|row| filled(row) > 1) {
            let cells: Vec<_> =
                row.cells.iter().filter(|cell| !cell.is_empty()).take(3).map(|cell| format!("\"{cell}\"")).collect();
            let line = row.line;
            doubts.push(format!("line {line} is passed over and has several cells ({}): is it part of the header, or a table of its own?", cells.join(", ")));
        }
    }

    /// Columns that hold something and have no name, so that no mapping can ask for them.
    fn told_unnamed(&self, header: &SampleRow, doubts: &mut Vec<String>) {
        for place in (0..self.width).filter(|&place| tidy(&header.cells[place]).is_empty()) {
            let below = self.rows.iter().filter(|row| row.line > header.line);
            let cell = below.filter_map(|row| row.cells.get(place)).find(|cell| !cell.is_empty());
            if let Some(cell) = cell {
                let number = place + 1;
                doubts.push(format!(
                    "column {number} (\"{cell}\") has no name and is left out: write one into the header to use it"
                ));
            }
        }
    }
}

fn filled(row: &SampleRow) -> usize {
    row.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
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
