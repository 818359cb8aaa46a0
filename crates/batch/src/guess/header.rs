//! Where the header of a table stands, and what around it does not look right.

use super::column::looks_like_data;
use super::layout::{Layout, Way};
use crate::source::Form;
use crate::source::csv::{SampleRow, tidy};

/// So many cells of a line are enough to recognise it.
const CELLS_SHOWN: usize = 3;

/// The first row that is full is the header, unless it has data.
pub(super) fn layout(way: &Way, doubts: Vec<String>) -> Layout {
    let mut form = Form { delimiter: Some(way.delimiter), quote: way.quote, ..Form::default() };
    let fitting = way.rows.iter().filter(|row| row.cells.len() == way.width && !row.broken);
    let Some(first) = fitting.clone().find(|row| filled(row) > row.cells.len() / 2) else {
        return Layout { form, header: Vec::new(), doubts };
    };
    let above: Vec<&SampleRow> = way.rows.iter().take_while(|row| row.line < first.line).collect();
    if is_header(first) {
        form.skip = first.line - 1;
        let mut layout = Layout { form, header: names(first), doubts };
        layout.doubts.extend(told_above(&above).into_iter().chain(told_quotes(way, first)));
        layout.doubts.extend(told_unnamed(way, first).chain(told_again(way, first)));
        return layout;
    }
    // Rows between them may only be sparse.
    let mut uneven_above = above.iter().rev().skip_while(|row| row.cells.len() == way.width);
    match uneven_above.next().filter(|row| is_header(row)) {
        Some(header) => uneven(way, header, form, doubts),
        None => headless(way, first, form, doubts),
    }
}

fn filled(row: &SampleRow) -> usize {
    row.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
}

fn is_header(row: &SampleRow) -> bool {
    !row.broken && filled(row) > 1 && !row.cells.iter().any(|cell| looks_like_data(cell))
}

fn names(row: &SampleRow) -> Vec<String> {
    row.cells.iter().map(|name| tidy(name).to_owned()).collect()
}

fn headless(way: &Way, first: &SampleRow, mut form: Form, mut doubts: Vec<String>) -> Layout {
    let names: Vec<String> = (1..=way.width).map(|number| format!("column_{number}")).collect();
    doubts.push("the first row looks like data, not like a header: name the columns in `columns`".into());
    form.skip = first.line - 1;
    form.columns = Some(names.clone());
    Layout { form, header: names, doubts }
}

/// A header with another number of cells than the rows below. An empty cell at the end of either is
/// harmless.
fn uneven(way: &Way, header: &SampleRow, mut form: Form, mut doubts: Vec<String>) -> Layout {
    let mut names = names(header);
    let (named, width) = (names.len(), way.width);
    let mut rows = way.rows.iter().filter(|row| row.line > header.line && row.cells.len() == width);
    form.skip = header.line - 1;
    if named + 1 == width && rows.all(|row| row.cells.last().is_none_or(String::is_empty)) {
        return Layout { form, header: names, doubts };
    }
    let rest_is_empty = names.iter().skip(width).all(String::is_empty);
    if named > width && rest_is_empty {
        names.truncate(width);
    } else {
        doubts.push(format!("the header has {named} names, most rows have {width} cells: which of them are missing?"));
        if named > width {
            return Layout { form, header: names, doubts };
        }
        names.extend((named + 1..=width).map(|number| format!("column_{number}")));
    }
    form.skip = header.line;
    form.columns = Some(names.clone());
    Layout { form, header: names, doubts }
}

/// Lines above the header that look like a table themselves.
fn told_above(above: &[&SampleRow]) -> Option<String> {
    let row = above.iter().rfind(|row| filled(row) > 1)?;
    Some(format!(
        "line {} is passed over and has several cells ({}): is it part of the header, or a table of its own?",
        row.line,
        shown(row)
    ))
}

/// Lines that stand in quotes as a whole, so that quotes end up in names.
fn told_quotes(way: &Way, header: &SampleRow) -> Option<String> {
    let (first, last) = (header.cells.first()?, header.cells.last()?);
    let is_whole = way.quote != Some(b'"') && first.starts_with('"') && !first.ends_with('"') && last.ends_with('"');
    is_whole.then(|| "each line stands in quotes as a whole: take away the outer ones, or export it again".to_owned())
}

/// Columns that hold something and have no name, so that no mapping can ask for them.
fn told_unnamed<'w>(way: &'w Way, header: &'w SampleRow) -> impl Iterator<Item = String> + 'w {
    let unnamed = (0..way.width).filter(|&place| tidy(&header.cells[place]).is_empty());
    unnamed.filter_map(|place| {
        let mut below = way.rows.iter().filter(|row| row.line > header.line).filter_map(|row| row.cells.get(place));
        let cell = below.find(|cell| !cell.is_empty())?;
        let number = place + 1;
        Some(format!("column {number} (\"{cell}\") has no name and is left out: write one into the header to use it"))
    })
}

/// A second table below a blank line, with a header of its own that passes for a row.
fn told_again(way: &Way, header: &SampleRow) -> Option<String> {
    let lines = |row: &SampleRow| 1 + row.cells.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
    let pairs = way.rows.windows(2).filter(|pair| pair[0].line >= header.line);
    let mut gaps = pairs.filter(|pair| pair[1].line > pair[0].line + lines(&pair[0]));
    let is_again = |row: &SampleRow| row.cells.len() == way.width && filled(row) == way.width && is_header(row);
    let again = gaps.find(|pair| !is_header(&pair[0]) && is_again(&pair[1])).map(|pair| &pair[1])?;
    Some(format!("line {} ({}) looks like the header of another table in this file", again.line, shown(again)))
}

fn shown(row: &SampleRow) -> String {
    let cells = row.cells.iter().filter(|cell| !cell.is_empty()).take(CELLS_SHOWN);
    cells.map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(", ")
}
