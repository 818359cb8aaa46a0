//! Files that hold something else than rows of text, told apart by how they begin.

use std::path::Path;

use super::Error;

const EXPORT: &str = "export it as CSV or JSON lines";
const SAVE: &str = "open it in a spreadsheet and save it as CSV in UTF-8";
const UNPACK: &str = "unpack it first, or pack it by gzip or zstd";

/// How they begin, what they are, and what to do.
const KNOWN: [(&[u8], &str, &str); 10] = [
    (b"%PDF", "is a PDF document", EXPORT),
    (b"\x89PNG", "is a picture", EXPORT),
    (b"\xff\xd8\xff", "is a picture", EXPORT),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook", SAVE),
    (b"{\\rtf", "is a document of a word processor", EXPORT),
    (b"BZh", "is packed by bzip2, which is not read", UNPACK),
    (b"\xfd7zXZ", "is packed by xz, which is not read", UNPACK),
    (b"7z\xbc\xaf", "is packed by 7-Zip, which is not read", UNPACK),
    (b"SQLite format 3", "is a database of SQLite", EXPORT),
    (b"Obj\x01", "is an Avro file, which is not read", EXPORT),
];

/// Markup that some systems call an Excel file.
const MARKUP: [&[u8]; 4] = [b"<!doctype", b"<html", b"<?xml", b"<table"];

/// Refuses what cannot be rows of text.
pub(super) fn refuse(path: &Path, start: &[u8]) -> Result<(), Error> {
    if let Some((_, problem, help)) = KNOWN.iter().find(|(magic, ..)| start.starts_with(magic)) {
        return Err(Error::new(path, *problem, Some((*help).into())));
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let begins = |markup: &&[u8]| text.get(..markup.len()).is_some_and(|own| own.eq_ignore_ascii_case(markup));
    if MARKUP.iter().any(begins) {
        return Err(Error::new(path, "is HTML or XML, not a table of text", Some(SAVE.into())));
    }
    Ok(())
}
