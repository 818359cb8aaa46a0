//! Rows that were not taken, as CSV: kept for a while, so that somebody can put them right and send them again.

use live::error::Result;
use live::service::Service;
use rules::day::Instant;
use store::Manner;
use store::keep::Document;

use super::Place;
use super::job::Job;

/// The kind of documents that hold them.
const REJECTS: &str = "import-rejects";
/// So many rows, and bytes, are kept of one import; the others are counted.
const ROWS_MAX: u64 = 100_000;
const BYTES_MAX: usize = 32 << 20;
/// Bytes of one document.
const PAGE_BYTES: usize = 256 << 10;
/// Bytes of one row that are kept.
const ROW_BYTES: usize = 8 << 10;
/// So long they are kept, in microseconds: 30 days.
const KEPT: i64 = 30 * 86_400_000_000;

/// Gathers rows.
#[derive(Debug, Default)]
pub(crate) struct Rejects {
    page: Vec<u8>,
    /// Rows of the page, which are not stored yet.
    rows: u64,
    bytes: usize,
}

/// One row of CSV.
fn line(cells: [&str; 4]) -> Vec<u8> {
    let mut line = csv::Writer::from_writer(Vec::new());
    // Memory takes whatever comes.
    let _written = line.write_record(cells);
    line.into_inner().unwrap_or_default()
}

impl Rejects {
    /// Keeps a row, unless there are too many.
    pub(crate) fn add(&mut self, job: &Job, place: &Place, reason: &str, row: &str) {
        if job.rejects_kept + self.rows >= ROWS_MAX || self.bytes >= BYTES_MAX {
            return;
        }
        let row = &row[..row.floor_char_boundary(ROW_BYTES)];
        // No database keeps this character.
        let (reason, row) = (reason.replace('\0', "\u{fffd}"), row.replace('\0', "\u{fffd}"));
        let line = line([&place.file, &place.line.to_string(), &reason, &row]);
        self.bytes += line.len();
        self.page.extend(line);
        self.rows += 1;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.page.len() >= PAGE_BYTES
    }

    /// Stores what has been gathered.
    ///
    /// # Errors
    ///
    /// If the database does not take it; it is stored with the next.
    pub(crate) fn store(&mut self, service: &Service, job: &mut Job) -> Result<()> {
        if self.page.is_empty() {
            return Ok(());
        }
        let now = service.now();
        let id = page(&job.id, job.rejects_pages);
        let text = String::from_utf8_lossy(&self.page).into_owned();
        let mut session = service.session(Manner::Together)?;
        session.put_document(REJECTS, &Document { id, at: now, until: Instant::new(now.0 + KEPT), text })?;
        session.commit()?;
        self.page.clear();
        job.rejects_kept += std::mem::take(&mut self.rows);
        job.rejects_pages += 1;
        Ok(())
    }
}

fn page(job: &str, number: u64) -> String {
    format!("{job}/{number:06}")
}

/// All rows that are kept of an import, as a file; the last line says how many are not kept.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn file(service: &Service, job: &Job) -> Result<String> {
    let mut text = String::from("file,line,reason,row\n");
    let mut session = service.session(Manner::Reading)?;
    let now = service.now();
    for number in 0..job.rejects_pages {
        let document = session.document(REJECTS, &page(&job.id, number))?;
        let document = document.filter(|document| document.until.is_none_or(|until| until > now));
        text.extend(document.map(|document| document.text));
    }
    let more = job.refused.values().sum::<u64>().saturating_sub(job.rejects_kept);
    if more > 0 && job.state.is_over() {
        let said = format!("... and {more} more, which are not kept");
        text += &String::from_utf8_lossy(&line(["", "", &said, ""]));
    }
    Ok(text)
}

/// The first rows that were not taken: file, line, reason, row.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn first(service: &Service, job: &Job, most: usize) -> Result<Vec<[String; 4]>> {
    let document = service.session(Manner::Reading)?.document(REJECTS, &page(&job.id, 0))?;
    let document = document.filter(|document| document.until.is_none_or(|until| until > service.now()));
    let text = document.map(|document| document.text).unwrap_or_default();
    let rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).into_records().flatten();
    let cells = |row: csv::StringRecord| [0, 1, 2, 3].map(|place| row.get(place).unwrap_or_default().to_owned());
    Ok(rows.take(most).map(cells).collect())
}

/// Removes what is kept no longer.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn forget(service: &Service) -> Result<()> {
    let mut session = service.session(Manner::Together)?;
    session.remove_outdated(REJECTS, service.now())?;
    Ok(session.commit()?)
}

/// Removes what names a person: the text of its rows, wherever one of its ids stands in them.
///
/// # Errors
///
/// If the database does not do it.
pub(crate) fn erase(service: &Service, ids: &[&str]) -> Result<()> {
    service.rewrite(REJECTS, 20, |document| {
        ids.iter().any(|id| document.text.contains(id)).then(|| without(&document.text, ids))
    })
}

/// Rows without the text of those that name somebody.
fn without(text: &str, ids: &[&str]) -> String {
    let mut kept = Vec::new();
    for row in csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).records().flatten() {
        let cell = |place: usize| row.get(place).unwrap_or_default();
        let is_named = (2..4).any(|place| ids.iter().any(|id| names(cell(place), id)));
        let (reason, said) =
            if is_named { ("what was wrong is not kept: the contact was erased", "") } else { (cell(2), cell(3)) };
        kept.extend(line([cell(0), cell(1), reason, said]));
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// Whether an id stands in a text as a word of its own.
pub(super) fn names(text: &str, id: &str) -> bool {
    !id.is_empty()
        && text.match_indices(id).any(|(place, _)| {
            let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
            !is_letter(text[..place].chars().next_back()) && !is_letter(text[place + id.len()..].chars().next())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_erased_is_not_named_any_more() {
        let text = "a.csv,2,late,\"ada,visit\"\na.csv,3,late,\"adam,visit\"\na.csv,4,`x` is \"ada\",\n";
        let gone = "what was wrong is not kept: the contact was erased";
        let expected = format!("a.csv,2,{gone},\na.csv,3,late,\"adam,visit\"\na.csv,4,{gone},\n");
        assert_eq!(without(text, &["ada"]), expected);
        assert_eq!(without(text, &["eva", ""]), text.replace("`x` is \"ada\"", "\"`x` is \"\"ada\"\"\""));
    }
}
