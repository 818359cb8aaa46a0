//! JSON: one object a line, or a document whose list holds the rows. Values keep their type, nested
//! objects are flattened with dots, lists are their JSON text.

use std::collections::HashSet;
use std::io::{self, BufRead as _, Read as _};
use std::sync::Arc;

use rules::decimal::Decimal;
use rules::value::{Attributes, Value};

use super::content::Content;
use super::form::Form;
use super::list::rows_of;
use super::open::OnRow;
use super::{Reason, Row};

/// A line may be this long; a longer one is passed over without holding it in memory.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// A document is held in memory as a whole; a larger one is better written as lines.
const DOCUMENT_BYTES_MAX: u64 = 1 << 30;

/// A name, with the names around it, may be this long: nesting multiplies them.
const NAME_BYTES_MAX: usize = 1_000;

pub(super) struct Reader {
    file: Content,
    /// Where the list of rows stands.
    rows: Option<String>,
    canonical: bool,
    names: HashSet<Arc<str>>,
}

impl Reader {
    pub(super) fn new(file: Content, form: &Form) -> Self {
        Self { file, rows: form.rows.clone(), canonical: form.canonical, names: HashSet::new() }
    }

    pub(super) fn for_each_row(&mut self, on_row: OnRow<'_>) -> io::Result<()> {
        let mut bytes = Vec::new();
        for line in 1.. {
            bytes.clear();
            let read = (&mut self.file).take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)? as u64;
            if read == 0 {
                break;
            }
            let complete = bytes.last() == Some(&b'\n') || read < LINE_BYTES_MAX;
            let blank = bytes.iter().all(u8::is_ascii_whitespace);
            if !blank && !self.canonical && line == 1 && is_begun(&bytes) {
                return self.document(bytes, on_row);
            }
            if !complete {
                self.file.skip_until(b'\n')?;
                bytes.truncate(200);
            }
            if blank {
                continue;
            }
            let raw = || String::from_utf8_lossy(&bytes).trim_end().to_owned();
            let rows = if complete { self.rows(&bytes) } else { Err(Reason::LongLine { bytes_max: LINE_BYTES_MAX }) };
            let rows = rows.unwrap_or_else(|reason| vec![Err(reason)]);
            if !rows.into_iter().all(|cells| on_row(Row { line, cells, raw: &raw })) {
                break;
            }
        }
        Ok(())
    }

    /// A document of several lines: its rows are counted in place of lines.
    fn document(&mut self, start: Vec<u8>, on_row: OnRow<'_>) -> io::Result<()> {
        let mut bytes = start;
        (&mut self.file).take(DOCUMENT_BYTES_MAX).read_to_end(&mut bytes)?;
        if bytes.len() as u64 >= DOCUMENT_BYTES_MAX {
            return Err(io::Error::other("this JSON document has more than 1 GiB; write one object a line"));
        }
        let parsed: serde_json::Value = serde_json::from_slice(&bytes)?;
        drop(bytes);
        for (number, row) in (1..).zip(rows_of(parsed, self.rows.as_deref())) {
            let raw = row.as_ref().map(ToString::to_string).unwrap_or_default();
            let cells = row.and_then(|row| self.cells(row));
            if !on_row(Row { line: number, cells, raw: &|| raw.clone() }) {
                break;
            }
        }
        Ok(())
    }

    /// The rows of one line: itself, or those of its list.
    fn rows(&mut self, line: &[u8]) -> Result<Vec<Result<Attributes, Reason>>, Reason> {
        let parsed = serde_json::from_slice(line).map_err(|error| not_json(&error))?;
        let rows = if self.canonical { vec![Ok(parsed)] } else { rows_of(parsed, self.rows.as_deref()) };
        Ok(rows.into_iter().map(|row| row.and_then(|row| self.cells(row))).collect())
    }

    fn cells(&mut self, row: serde_json::Value) -> Result<Attributes, Reason> {
        let serde_json::Value::Object(object) = row else { return Err(Reason::NotAnObject) };
        let mut cells = Attributes::new();
        self.flatten(None, object, &mut cells)?;
        Ok(cells)
    }

    /// `serde_json` refuses what is nested deeper than 128 levels, which bounds the recursion.
    fn flatten(
        &mut self,
        prefix: Option<&str>,
        object: serde_json::Map<String, serde_json::Value>,
        cells: &mut Attributes,
    ) -> Result<(), Reason> {
        for (name, value) in object {
            let name = prefix.map_or(name.clone(), |prefix| format!("{prefix}.{name}"));
            if name.len() > NAME_BYTES_MAX {
                return Err(Reason::LongName { bytes_max: NAME_BYTES_MAX });
            }
            if let serde_json::Value::Object(inner) = value {
                self.flatten(Some(&name), inner, cells)?;
            } else if let Some(value) = value_of(value) {
                let name = self.interned(name);
                cells.insert(name, value);
            }
        }
        Ok(())
    }

    fn interned(&mut self, name: String) -> Arc<str> {
        match self.names.get(name.as_str()) {
            Some(known) => known.clone(),
            None => {
                let name: Arc<str> = name.into();
                self.names.insert(name.clone());
                name
            }
        }
    }
}

/// Whether a line is the beginning of a document rather than a whole value.
fn is_begun(line: &[u8]) -> bool {
    let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(line);
    line.trim_ascii_start().starts_with(b"[") || parsed.is_err_and(|error| error.is_eof())
}

/// A JSON value as facts carry it; null and empty text are missing.
pub fn value_of(value: serde_json::Value) -> Option<Value> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::Bool(truth) => Some(Value::Bool(truth)),
        // A number beyond the range stays as it is written: it may be an id.
        serde_json::Value::Number(number) => {
            let text = number.to_string();
            let read = Decimal::parse(&text).map(Value::Number);
            Some(read.unwrap_or_else(|_| Value::from(text.as_str())))
        }
        serde_json::Value::String(text) => Value::text_of(&text),
        other @ (serde_json::Value::Array(_) | serde_json::Value::Object(_)) => Value::text_of(&other.to_string()),
    }
}

/// The parser's words, without its line: the line is known, and this is only one.
fn not_json(error: &serde_json::Error) -> Reason {
    if error.is_eof() {
        return Reason::NotJson("the object is not closed on this line".into());
    }
    let text = error.to_string();
    let words = text.split(" at line ").next().unwrap_or(&text);
    Reason::NotJson(format!("{words}, at column {}", error.column()))
}
