//! JSON: one object a line, a list of objects, or a document whose list holds the rows. Values keep their type, nested
//! objects are flattened with dots, lists are their JSON text.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;
use std::io::{self, BufRead as _, Read};
use std::sync::Arc;

use rules::decimal::Decimal;
use rules::value::{Attributes, Value};

use super::content::Content;
use super::form::Form;
use super::list::rows_of;
use super::open::OnRow;
use super::{Reason, Row};

/// A line, or an element of a list, may be this long; a longer line is passed over without holding it in memory.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// A document is held in memory as a whole, in several times its size; a larger one is better written as lines.
const DOCUMENT_BYTES_MAX: u64 = 256 << 20;

/// A name, with the names around it, may be this long: nesting multiplies them.
const NAME_BYTES_MAX: usize = 1_000;

pub(super) struct Reader {
    file: Content,
    /// Where the list of rows stands.
    rows: Option<String>,
    canonical: bool,
    names: Names,
}

/// The names of cells, each held once.
#[derive(Default)]
struct Names(HashSet<Arc<str>>);

impl Reader {
    pub(super) fn new(file: Content, form: &Form) -> Self {
        Self { file, rows: form.rows.clone(), canonical: form.canonical, names: Names::default() }
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
                return match self.is_list_of_rows(&bytes) {
                    true => self.elements(&bytes, on_row),
                    false => self.document(bytes, on_row),
                };
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

    /// Whether a document is a list whose elements are rows, or hold rows, each for itself.
    fn is_list_of_rows(&self, start: &[u8]) -> bool {
        // A path may also begin with the place of an element.
        let is_of_each = self.rows.as_ref().is_none_or(|path| !path.starts_with(|first: char| first.is_ascii_digit()));
        start.trim_ascii_start().starts_with(b"[") && is_of_each
    }

    /// The rows of a list, of which one element at a time is held in memory; they are counted in place of lines.
    fn elements(&mut self, start: &[u8], on_row: OnRow<'_>) -> io::Result<()> {
        let left = Cell::new(LINE_BYTES_MAX);
        let read = Bounded { read: start.chain(&mut self.file), left: &left };
        let (mut number, mut is_wanted) = (0, true);
        let (names, path) = (&mut self.names, self.rows.as_deref());
        let each = Each(|element| {
            left.set(LINE_BYTES_MAX);
            for row in rows_of(element, path) {
                number += 1;
                is_wanted = is_wanted && names.row(number, row, on_row);
            }
            is_wanted
        });
        let mut parser = serde_json::Deserializer::from_reader(read);
        let read = serde::de::Deserializer::deserialize_seq(&mut parser, each).and_then(|()| parser.end());
        // What follows when no more is wanted was not looked at.
        if is_wanted { Ok(read?) } else { Ok(()) }
    }

    /// A document of several lines: its rows are counted in place of lines.
    fn document(&mut self, start: Vec<u8>, on_row: OnRow<'_>) -> io::Result<()> {
        let mut bytes = start;
        (&mut self.file).take(DOCUMENT_BYTES_MAX).read_to_end(&mut bytes)?;
        if bytes.len() as u64 >= DOCUMENT_BYTES_MAX {
            let told = "this JSON document has more than 256 MiB; write one object a line, or one list of objects";
            return Err(io::Error::other(told));
        }
        let parsed: serde_json::Value = serde_json::from_slice(&bytes)?;
        drop(bytes);
        for (number, row) in (1..).zip(rows_of(parsed, self.rows.as_deref())) {
            if !self.names.row(number, row, on_row) {
                break;
            }
        }
        Ok(())
    }

    /// The rows of one line: itself, or those of its list.
    fn rows(&mut self, line: &[u8]) -> Result<Vec<Result<Attributes, Reason>>, Reason> {
        let parsed = serde_json::from_slice(line).map_err(|error| not_json(&error))?;
        let rows = if self.canonical { vec![Ok(parsed)] } else { rows_of(parsed, self.rows.as_deref()) };
        Ok(rows.into_iter().map(|row| row.and_then(|row| self.names.cells(row))).collect())
    }
}

impl Names {
    /// Says a row, and whether more are wanted.
    fn row(&mut self, line: u64, row: Result<serde_json::Value, Reason>, on_row: OnRow<'_>) -> bool {
        let raw = row.as_ref().map(ToString::to_string).unwrap_or_default();
        let cells = row.and_then(|row| self.cells(row));
        on_row(Row { line, cells, raw: &|| raw.clone() })
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
        match self.0.get(name.as_str()) {
            Some(known) => known.clone(),
            None => {
                let name: Arc<str> = name.into();
                self.0.insert(name.clone());
                name
            }
        }
    }
}

/// Reads only so much, until more is allowed.
struct Bounded<'a, R> {
    read: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(into)?;
        let left = self.left.get().checked_sub(read as u64);
        let told = "an element of this JSON list has more than 16 MiB; write smaller ones";
        self.left.set(left.ok_or_else(|| io::Error::other(told))?);
        Ok(read)
    }
}

/// What is done with each element of a list, and whether more are wanted.
struct Each<F>(F);

impl<'de, F: FnMut(serde_json::Value) -> bool> serde::de::Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            if !(self.0)(element) {
                break;
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &Value) -> String {
        match value {
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.to_string(),
            Value::Bool(truth) => truth.to_string(),
        }
    }

    /// The rows of a text by their number, until so many are read, and what went wrong in the end.
    fn read(text: &str, rows: Option<&str>, most: usize) -> (Vec<String>, Option<String>) {
        let form = Form { rows: rows.map(str::to_owned), ..Form::default() };
        let mut reader = Reader::new(Box::new(io::Cursor::new(text.to_owned())), &form);
        let mut told = Vec::new();
        let read = reader.for_each_row(&mut |row| {
            let said = match &row.cells {
                Ok(cells) => {
                    cells.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect::<Vec<_>>().join(",")
                }
                Err(reason) => reason.to_string(),
            };
            told.push(format!("{} {said}", row.line));
            told.len() < most
        });
        (told, read.err().map(|error| error.to_string()))
    }

    #[test]
    fn a_list_is_read_one_element_at_a_time() {
        let list = "[{\"a\":1},\n {\"b\":{\"c\":2}},\n 3]\n";
        let said = ["1 a=1", "2 b.c=2"].map(str::to_owned);
        for text in [list.to_owned(), list.replace('\n', ""), format!("\n{list}").trim_start().to_owned()] {
            let (told, error) = read(&text, None, 9);
            assert_eq!((told.len(), &told[..2], error), (3, &said[..], None), "{text}");
            assert!(told[2].starts_with("3 "), "{told:?}");
        }
        assert_eq!(read("[]", None, 9), (vec![], None));
        // Each element may hold a list of its own.
        let (told, error) = read("[{\"n\":1,\"l\":[{\"a\":1},{\"a\":2}]},\n{\"l\":[{\"a\":3}]}]", Some("l"), 9);
        assert_eq!((told, error), (["1 a=1,n=1", "2 a=2,n=1", "3 a=3"].map(str::to_owned).to_vec(), None));
        // Of a document beyond the list the elements are not rows.
        let (told, _) = read("[[{\"a\":1}],\n[{\"a\":2}]]", Some("0"), 9);
        assert_eq!(told, ["1 a=1"]);
    }

    #[test]
    fn who_wants_no_more_is_not_told_what_follows() {
        assert_eq!(read("[{\"a\":1},\n{\"a\":2},\n{\"a\"", None, 2).1, None);
        assert_eq!(read("[{\"l\":[{\"a\":1},{\"a\":2}]}]", Some("l"), 1).0, ["1 a=1"]);
    }

    #[test]
    fn a_broken_list_is_said_where_it_breaks() {
        for (text, error) in [
            ("[{\"a\":1},\n{\"a\":2},\n{\"a\"", "EOF while parsing an object at line 3 column 4"),
            ("[{\"a\":1},\n{\"a\":2}]\n[", "trailing characters at line 3 column 1"),
        ] {
            assert_eq!(read(text, None, 9), (vec!["1 a=1".to_owned(), "2 a=2".to_owned()], Some(error.to_owned())));
        }
    }

    #[test]
    fn a_list_may_be_long_and_its_elements_may_not() {
        let element = format!("{{\"a\":\"{}\"}},\n", "x".repeat(1 << 20));
        let long = format!("[{}{{\"b\":1}}]", element.repeat(20));
        let (told, error) = read(&long, None, usize::MAX);
        assert_eq!((told.len(), told[20].as_str(), error), (21, "21 b=1", None));
        let (told, error) = read(&format!("[{{\"b\":1}},\n{{\"a\":\"{}\"}}]", "x".repeat(17 << 20)), None, 9);
        assert_eq!(told, ["1 b=1"]);
        assert!(error.is_some_and(|error| error.contains("more than 16 MiB")));
    }
}
