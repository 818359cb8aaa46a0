//! How a file is written, from its beginning: a table or JSON, its encoding, its header.

use std::io::BufRead as _;
use std::path::Path;

use super::column::Column;
use super::{Guessed, document, layout};
use crate::source::content::{self, Progress};
use crate::source::{Encoding, Error, Form, Kind, Source, open, parquet};

/// Looks at the beginning of a file; the encoding is found out where it is not given.
pub(super) fn outline(path: &Path, encoding: Option<Encoding>) -> Result<Guessed, Error> {
    if path.to_str().is_none() {
        let help = "rename it: a mapping is text in UTF-8".to_owned();
        return Err(Error::new(path, "has a name that is not UTF-8", Some(help)));
    }
    let source = Source::file(Kind::Activities, path);
    let broken = |error| Error::broken(path, &error);
    if parquet::open(&source)?.is_some() {
        return Ok(Guessed::new(path, Encoding::UTF_8));
    }
    let form = Form { encoding, ..Form::default() };
    let (mut text, encoding) = content::text(&source, &form, &Progress::default())?;
    let start = text.fill_buf().map_err(broken)?;
    open::refuse_unreadable(path, start)?;
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    let is_list = open::is_list(start);
    let mut guessed = Guessed::new(path, encoding);
    if encoding == Encoding::LATIN_1 && form.encoding.is_none() {
        guessed
            .doubts
            .push("it is not UTF-8; Latin-1 is the usual other encoding, look at letters with accents".into());
    }
    let named_json = path.file_name().is_some_and(|name| open::is_json(&name.to_string_lossy()));
    match first {
        None => {
            let help = "an export has a header and rows; was it written to the end?".to_owned();
            return Err(Error::new(path, "is empty", Some(help)));
        }
        Some(b'{' | b'[') if named_json || is_list || first == Some(b'{') => {
            document::rows(text, &mut guessed);
            return Ok(guessed);
        }
        Some(_) => {}
    }
    let Some(layout) = layout::layout(&mut text).map_err(broken)? else {
        let help =
            "expected a table: a header, then a row a line; if its encoding is another, name it: --encoding shift_jis";
        return Err(Error::new(path, "has no rows", Some(help.to_owned())));
    };
    guessed.form = layout.form;
    guessed.columns = names(&layout.header).iter().map(|name| Column::new(name)).collect();
    guessed.header = layout.header;
    guessed.doubts.extend(layout.doubts);
    Ok(guessed)
}

/// The names of columns as the reader numbers them; columns without a name are passed over.
fn names(header: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in header.iter().filter(|name| !name.is_empty()) {
        let mut free = name.clone();
        for count in 2.. {
            if !names.contains(&free) {
                break;
            }
            free = format!("{name} ({count})");
        }
        names.push(free);
    }
    names
}
