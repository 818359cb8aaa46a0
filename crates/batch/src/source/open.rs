//! Opens a file, finds out how it is written, and checks that it can be used at all.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use rules::suggest::nearest;

use super::{Row, Source, Stop, csv, json};

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct Error {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Error {
    fn new(path: &Path, problem: impl Into<String>, help: Option<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into(), help }
    }

    pub(super) fn broken(path: &Path, error: &io::Error) -> Self {
        Self::new(path, format!("reading stopped: {error}"), None)
    }

    pub(super) fn stopped(path: &Path, Stop(problem): Stop) -> Self {
        Self::new(path, problem, None)
    }
}

/// A file that is open at its first row.
pub(super) enum Opened {
    Csv(Box<csv::Reader>),
    Json(json::Reader),
}

/// Called with each row and how many bytes it took; answers whether to go on.
pub(super) type OnRow<'a> = &'a mut dyn FnMut(Row<'_>, u64) -> bool;

impl Opened {
    pub(super) fn for_each_row(&mut self, on_row: OnRow<'_>) -> io::Result<()> {
        match self {
            Self::Csv(reader) => reader.for_each_row(on_row),
            Self::Json(reader) => reader.for_each_row(on_row),
        }
    }
}

pub(super) fn open(source: &Source) -> Result<Opened, Error> {
    let path = source.path.as_path();
    let mut file = content(source)?;
    let start = file.fill_buf().map_err(|error| Error::broken(path, &error))?;
    refuse_unreadable(path, start)?;
    let mark = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let first = start[mark..].iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    file.consume(mark);
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match (extension, first) {
        ("ndjson" | "jsonl" | "json", Some(b'[')) => {
            let help = Some("write one JSON object a line, without brackets and commas around them".into());
            Err(Error::new(path, "is one JSON array, not JSON lines", help))
        }
        ("ndjson" | "jsonl" | "json", _) | (_, Some(b'{')) => Ok(Opened::Json(json::Reader::new(file))),
        (_, None) => {
            let help = Some(format!("a CSV file begins with a header: {}", source.kind.canonical().join(",")));
            Err(Error::new(path, "is empty", help))
        }
        _ => open_csv(source, file).map(|reader| Opened::Csv(Box::new(reader))),
    }
}

/// Anything that is read from the front.
pub(super) type Content = Box<dyn BufRead>;

fn content(source: &Source) -> Result<Content, Error> {
    let path = source.path.as_path();
    if let Some(content) = source.content {
        return Ok(Box::new(content));
    }
    let file = File::open(path).map_err(|error| unopened(path, &error))?;
    if path.is_dir() {
        return Err(Error::new(path, "is a folder, not a file", Some("name the files in it".into())));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

fn unopened(path: &Path, error: &io::Error) -> Error {
    let help = match error.kind() {
        io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let files: Vec<_> = entries.map(|entry| entry.path()).collect();
            // Endings are alike anyway: only the stems tell names apart.
            let stem = |path: &Path| path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            let stems: Vec<_> = files.iter().map(|file| stem(file)).collect();
            let near = nearest(&stem(path), stems.iter().map(String::as_str));
            match near.and_then(|near| files.iter().find(|file| stem(file) == near)) {
                Some(near) => Some(format!("did you mean {}?", near.display())),
                None => Some(format!("looked in {}", folder.display())),
            }
        }
        _ => None,
    };
    let problem = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
        _ => format!("cannot be opened: {error}"),
    };
    Error::new(path, problem, help)
}

/// Compressed, binary or differently encoded files are told apart by their first bytes.
fn refuse_unreadable(path: &Path, start: &[u8]) -> Result<(), Error> {
    let known: [(&[u8], &str, &str); 6] = [
        (b"\x1f\x8b", "is compressed by gzip", "unpack it first: gunzip FILE"),
        (b"\x28\xb5\x2f\xfd", "is compressed by zstd", "unpack it first: unzstd FILE"),
        (b"PK\x03\x04", "is a ZIP archive or an Excel workbook", "save it as CSV in UTF-8"),
        (b"PAR1", "is a Parquet file, which this version does not read", "export it as CSV or JSON lines"),
        (b"\xff\xfe", "is encoded in UTF-16", "save it as UTF-8"),
        (b"\xfe\xff", "is encoded in UTF-16", "save it as UTF-8"),
    ];
    for (magic, problem, help) in known {
        if start.starts_with(magic) {
            return Err(Error::new(path, problem, Some(help.into())));
        }
    }
    if start.contains(&b'\r') && !start.contains(&b'\n') {
        let help = Some("save it with the line ends of Windows or Unix".into());
        return Err(Error::new(path, "has the line ends of old Macintosh files", help));
    }
    if start.contains(&0) {
        let help = Some("expected CSV with a header, or one JSON object a line, in UTF-8".into());
        return Err(Error::new(path, "is a binary file", help));
    }
    Ok(())
}

fn open_csv(source: &Source, file: Content) -> Result<csv::Reader, Error> {
    let path = source.path.as_path();
    let reader =
        csv::Reader::new(file).map_err(|problem| Error::new(path, problem, Some("save it as UTF-8".into())))?;
    let columns = reader.columns();
    let mut seen = std::collections::HashSet::new();
    for column in columns {
        if !column.is_empty() && !seen.insert(column) {
            return Err(Error::new(
                path,
                format!("has two columns named `{column}`"),
                Some("rename one of them".into()),
            ));
        }
    }
    let names: Vec<&str> = columns.iter().map(|column| &**column).collect();
    let missing: Vec<&str> =
        source.kind.required().iter().copied().filter(|required| !names.contains(required)).collect();
    if missing.is_empty() {
        return Ok(reader);
    }
    let problem = format!("has no column `{}`, which {} need", missing.join("`, `"), source.kind.word());
    let other_delimiter = [";", "\t", "|"].into_iter().find(|mark| names.len() == 1 && names[0].contains(mark));
    let help = match (other_delimiter, nearest(missing[0], names.iter().copied())) {
        (Some(mark), _) => {
            format!(
                "columns are separated by commas, this file seems to use {mark:?}; save it as \"CSV UTF-8 (comma delimited)\""
            )
        }
        (None, Some(near)) => format!("rename the column `{near}`?"),
        (None, None) => format!("found {}", names.join(", ")),
    };
    Err(Error::new(path, problem, Some(help)))
}
