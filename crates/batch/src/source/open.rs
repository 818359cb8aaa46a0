//! Opens a file, finds out how it is written, and checks that it can be used at all.

use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rules::suggest::nearest;

use super::content::{self, Content, Progress};
use super::{Form, Row, Source, Stop, csv, json, parquet};

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
    pub(crate) fn new(path: &Path, problem: impl Into<String>, help: Option<String>) -> Self {
        Self { path: path.to_owned(), problem: problem.into(), help }
    }

    pub(crate) fn broken(path: &Path, error: &io::Error) -> Self {
        let damaged = matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        );
        let help = damaged.then(|| "the file seems to be damaged or cut off: export or copy it again".to_owned());
        Self::new(path, format!("reading stopped: {error}"), help)
    }

    pub(super) fn stopped(path: &Path, Stop(problem): Stop) -> Self {
        Self::new(path, problem, None)
    }

    pub(super) fn unopened(path: &Path, error: &io::Error) -> Self {
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
        Self::new(path, problem, help)
    }
}

/// A file that is open at its first row.
pub(crate) struct Opened {
    rows: Rows,
    /// How many bytes have been read since this was asked last.
    pub(crate) progress: Progress,
}

enum Rows {
    Csv(Box<csv::Reader>),
    Json(json::Reader),
    Parquet(Box<parquet::Reader>),
}

/// Called with each row; answers whether to go on.
pub(crate) type OnRow<'a> = &'a mut dyn FnMut(Row<'_>) -> bool;

impl Opened {
    /// Whether its columns have been looked at, before any row is read.
    pub(crate) fn has_header(&self) -> bool {
        matches!(self.rows, Rows::Csv(_))
    }

    pub(crate) fn for_each_row(&mut self, on_row: OnRow<'_>) -> io::Result<()> {
        match &mut self.rows {
            Rows::Csv(reader) => reader.for_each_row(on_row),
            Rows::Json(reader) => reader.for_each_row(on_row),
            Rows::Parquet(reader) => reader.for_each_row(&self.progress, on_row),
        }
    }

    /// The reader of a Parquet file.
    pub(crate) fn parquet(&self) -> Option<&parquet::Reader> {
        match &self.rows {
            Rows::Parquet(reader) => Some(reader),
            _ => None,
        }
    }

    /// Reads no other columns than these where that saves work.
    pub(crate) fn project(&mut self, columns: &[String]) {
        if let Rows::Parquet(reader) = &mut self.rows {
            reader.project(columns);
        }
    }

    /// The columns that it has; `None` where each row says it anew.
    pub(crate) fn columns(&self) -> Option<&[Arc<str>]> {
        match &self.rows {
            Rows::Csv(reader) => Some(reader.columns()),
            Rows::Json(_) => None,
            Rows::Parquet(reader) => Some(reader.columns()),
        }
    }
}

pub(crate) fn open(source: &Source) -> Result<Opened, Error> {
    let path = source.path.as_path();
    let progress = Progress::default();
    if let Some(reader) = parquet::open(source)? {
        check_columns(source, reader.columns())?;
        return Ok(Opened { rows: Rows::Parquet(Box::new(reader)), progress });
    }
    let (mut file, encoding) = content::text(source, source.form(), &progress)?;
    let form = &Form { encoding: Some(encoding), ..source.form().clone() };
    let start = file.fill_buf().map_err(|error| Error::broken(path, &error))?;
    refuse_unreadable(path, start)?;
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    let named_json = path.iter().next_back().is_some_and(|name| is_json(&name.to_string_lossy()));
    let rows = match first {
        Some(b'[') if named_json && form.canonical => {
            let help = "write one JSON object a line, or describe the file in a mapping: fervor sources guess FILE";
            return Err(Error::new(path, "is one JSON array, not JSON lines", Some(help.into())));
        }
        // A day on which nothing happened is a file of no lines.
        None if named_json => Rows::Json(json::Reader::new(file, form)),
        None => {
            let help = "a CSV file begins with a header; is this the right export?";
            let help = source.kind().map_or(help.to_owned(), |kind| {
                format!("a CSV file begins with a header: {}", kind.canonical().join(","))
            });
            return Err(Error::new(path, "is empty", Some(help)));
        }
        Some(b'{') => Rows::Json(json::Reader::new(file, form)),
        _ if named_json || (!form.canonical && is_list(start)) => Rows::Json(json::Reader::new(file, form)),
        _ => Rows::Csv(Box::new(open_csv(source, form, file)?)),
    };
    Ok(Opened { rows, progress })
}

/// `events.ndjson`, `events.json.gz`
pub(crate) fn is_json(name: &str) -> bool {
    let name = name.to_lowercase();
    let name = [".gz", ".zst"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name);
    [".ndjson", ".jsonl", ".json"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a text is a list of objects, whatever its file is called.
pub(crate) fn is_list(start: &[u8]) -> bool {
    let mut signs = start.iter().filter(|byte| !byte.is_ascii_whitespace());
    signs.next() == Some(&b'[') && matches!(signs.next(), Some(b'{' | b']'))
}

/// Binary files are told apart by their first bytes.
pub(crate) fn refuse_unreadable(path: &Path, start: &[u8]) -> Result<(), Error> {
    let known: [(&[u8], &str, &str); 2] = [
        (b"PK\x03\x04", "is a ZIP archive or an Excel workbook", "save it as CSV in UTF-8"),
        (b"PAR1", "is a Parquet file that is packed once more", "unpack it: Parquet is packed inside"),
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

fn open_csv(source: &Source, form: &Form, file: Content) -> Result<csv::Reader, Error> {
    let path = source.path.as_path();
    let wanted = source.columns();
    let reader = csv::Reader::new(file, form, &wanted).map_err(|problem| {
        let help = "a mapping can name another encoding and other quotes: fervor sources guess FILE";
        Error::new(path, problem, Some(help.into()))
    })?;
    check_columns(source, reader.columns())?;
    Ok(reader)
}

/// Each column is there once, and those that are needed are there.
fn check_columns(source: &Source, columns: &[Arc<str>]) -> Result<(), Error> {
    let path = source.path.as_path();
    let mut seen = std::collections::HashSet::new();
    for column in columns.iter().filter(|column| !column.is_empty()) {
        if !seen.insert(column) {
            let help = Some("rename one of them".into());
            return Err(Error::new(path, format!("has two columns named `{column}`"), help));
        }
    }
    let missing = lacking(source, columns, &source.required());
    if missing.is_empty() { Ok(()) } else { Err(lacks(source, columns, &missing)) }
}

/// Those of the wanted columns that a file has not.
pub(super) fn lacking(source: &Source, columns: &[Arc<str>], wanted: &[String]) -> Vec<String> {
    let has = |wanted: &str| columns.iter().any(|column| **column == *wanted) || source.has_beside(wanted);
    wanted.iter().filter(|wanted| !has(wanted)).cloned().collect()
}

/// A file that lacks columns.
pub(super) fn lacks(source: &Source, columns: &[Arc<str>], missing: &[String]) -> Error {
    let names: Vec<&str> = columns.iter().map(|column| &**column).collect();
    let problem = format!("has no column `{}`, which {}", missing.join("`, `"), source.needed_by());
    let other_delimiter = [",", ";", "\t", "|"].into_iter().find(|mark| names.len() == 1 && names[0].contains(mark));
    let canonical = source.form().canonical;
    let help = match (other_delimiter, nearest(&missing[0], names.iter().copied())) {
        (Some(mark), _) if canonical => {
            format!(
                "columns are separated by commas, this file seems to use {mark:?}; describe it in a mapping: fervor sources guess FILE"
            )
        }
        (Some(mark), _) => format!("this file seems to separate columns by {mark:?}: is `delimiter` right?"),
        (_, Some(near)) if canonical => {
            format!("rename the column `{near}`, or describe the file in a mapping: fervor sources guess FILE")
        }
        (_, Some(near)) => format!("did you mean `{near}`?"),
        (_, None) if names.is_empty() => "there is no line where the header is expected: is `skip` right?".to_owned(),
        (_, None) => format!("found {}", names.join(", ")),
    };
    Error::new(&source.path, problem, Some(help))
}
