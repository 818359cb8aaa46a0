//! What a request that imports files has sent: files in a folder of their own, and what is said of them.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use batch::mapping::Mapping;
use batch::source::{self, Kind, Source};
use rules::model::Diagnostic;
use rules::suggest::nearest;
use sha2::{Digest as _, Sha256};

use super::super::call::unprocessable;
use super::super::problem::{Kind as Wrong, Problem};
use crate::import::direct::hexadecimal;
use crate::import::run::of_file;

/// Files of one import.
const FILES_MAX: usize = 100;
/// Bytes of a name of a file or of an import.
const NAME_MAX: usize = 200;
/// So much of a file is gathered before it is written.
const WRITE_BYTES: usize = 1 << 20;

/// Everything that has been sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) files: Vec<Arrived>,
    pub(crate) mapping: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) dry_run: bool,
}

/// A file that has come whole.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) path: PathBuf,
    /// What its rows are about; nothing where the mapping says it.
    pub(crate) kind: Option<Kind>,
    pub(crate) bytes: u64,
    pub(crate) digest: String,
}

impl Arrived {
    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// A file that is coming.
#[derive(Debug)]
pub(super) struct Arriving {
    path: PathBuf,
    kind: Option<Kind>,
    file: File,
    hash: Sha256,
    gathered: Vec<u8>,
    bytes: u64,
}

impl Arriving {
    pub(super) fn begin(folder: &Path, name: &str, kind: Option<Kind>) -> Result<Self, Problem> {
        let path = folder.join(name);
        let file = File::create_new(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => unprocessable(format!(
                "two files are called `{name}`; give them different names, so that rows can be told apart"
            )),
            _ => no_room(&error),
        })?;
        Ok(Self { path, kind, file, hash: Sha256::new(), gathered: Vec::new(), bytes: 0 })
    }

    pub(super) fn add(&mut self, piece: &[u8]) -> Result<(), Problem> {
        self.gathered.extend_from_slice(piece);
        if self.gathered.len() < WRITE_BYTES { Ok(()) } else { tokio::task::block_in_place(|| self.write()) }
    }

    fn write(&mut self) -> Result<(), Problem> {
        self.hash.update(&self.gathered);
        self.bytes += self.gathered.len() as u64;
        self.file.write_all(&self.gathered).map_err(|error| no_room(&error))?;
        self.gathered.clear();
        Ok(())
    }

    pub(super) fn end(mut self) -> Result<Arrived, Problem> {
        tokio::task::block_in_place(|| self.write())?;
        let digest = hexadecimal(&self.hash.finalize());
        Ok(Arrived { path: self.path, kind: self.kind, bytes: self.bytes, digest })
    }
}

/// A file that cannot be written.
pub(crate) fn no_room(error: &io::Error) -> Problem {
    tracing::error!(%error, "a file that was sent cannot be kept");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            let detail = "there is no room for these files on the disk of the service; nothing of them was stored, and \
                          whoever runs it has to make room";
            Problem::new(Wrong::NoRoom, detail)
        }
        _ => Problem::new(Wrong::Internal, "these files cannot be kept; the log says why"),
    }
}

/// A kind of facts by its word.
pub(super) fn kind(word: &str) -> Result<Kind, Problem> {
    Kind::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
        let words = Kind::ALL.map(Kind::word);
        let near = nearest(word, words).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        unprocessable(format!("`{word}` is no kind of facts; there are: {}{near}", words.join(", ")))
    })
}

/// The name of a file as it may be called here: what comes after the folders, without what means something to a
/// file system.
pub(super) fn file_name(sent: Option<&str>, otherwise: &str) -> String {
    let last = sent.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    let is_plain = |letter: char| letter.is_alphanumeric() || " -_.,()+@=".contains(letter);
    let name: String = last.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let name = name.trim().trim_start_matches('.');
    let name = &name[..name.floor_char_boundary(NAME_MAX)];
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

/// A name for an import.
pub(super) fn title(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.len() > NAME_MAX || text.contains(char::is_control) {
        return Err(unprocessable(format!("`name` has 1 to {NAME_MAX} bytes, on one line")));
    }
    Ok(text.to_owned())
}

pub(super) fn yes_or_no(name: &str, text: &str) -> Result<bool, Problem> {
    match text.trim() {
        "true" | "1" => Ok(true),
        "false" | "0" | "" => Ok(false),
        _ => Err(unprocessable(format!("`{name}` is true or false"))),
    }
}

/// What the files are, each with what its rows say; a file that cannot be used at all is refused here, before anything
/// is read.
pub(super) fn sources(sent: &Sent) -> Result<Vec<Source>, Problem> {
    if sent.files.is_empty() {
        let detail = "no file was sent; send one as `activities`, `contacts`, `accounts` or `opportunities`, or as \
                      `file` with a mapping as `sources`";
        return Err(unprocessable(detail));
    }
    if sent.files.len() > FILES_MAX {
        return Err(unprocessable(format!("an import has at most {FILES_MAX} files; send the others in another one")));
    }
    for (place, file) in sent.files.iter().enumerate() {
        if let Some(same) = sent.files[..place].iter().find(|other| other.digest == file.digest) {
            let (one, other) = (same.name(), file.name());
            let detail = format!("`{one}` and `{other}` are the same to the last byte; send it once");
            return Err(unprocessable(detail));
        }
    }
    let mut sources: Vec<Source> =
        sent.files.iter().filter_map(|file| Some(Source::file(file.kind?, &file.path))).collect();
    let others: Vec<PathBuf> =
        sent.files.iter().filter(|file| file.kind.is_none()).map(|file| file.path.clone()).collect();
    match (&sent.mapping, others.is_empty()) {
        (None, true) => {}
        (None, false) => {
            let detail = "`file` needs a mapping, as `sources`; POST /v1/imports/guess proposes one. Files with \
                          canonical columns are sent as `activities`, `contacts`, `accounts` or `opportunities`";
            return Err(unprocessable(detail));
        }
        (Some(_), true) => {
            return Err(unprocessable("`sources` is a mapping of files that are sent as `file`; there is none"));
        }
        (Some(text), false) => sources.extend(mapped(text, &others)?),
    }
    source::check(&sources).map_err(|error| unprocessable(of_file(&error)))?;
    Ok(sources)
}

fn mapped(text: &str, files: &[PathBuf]) -> Result<Vec<Source>, Problem> {
    let mapping = Mapping::parse(text).map_err(|found| unprocessable(mistakes(text, &found)))?;
    let (sources, lonely, left) = mapping.sources_among(files);
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let sent = || files.iter().map(|file| format!("`{}`", name(file))).collect::<Vec<_>>().join(", ");
    if let Some(export) = lonely.first() {
        let expects = export.files.join("`, `");
        let detail = format!("source `{}` of the mapping expects `{expects}`; sent were {}", export.id, sent());
        return Err(unprocessable(detail));
    }
    if let Some(file) = left.first() {
        let detail = format!("no source of the mapping names `{}`; name it there, or leave it out", name(file));
        return Err(unprocessable(detail));
    }
    Ok(sources)
}

/// What is wrong with a mapping, the first few things.
pub(super) fn mistakes(text: &str, found: &[Diagnostic]) -> String {
    const SHOWN: usize = 5;
    let mistake = |one: &Diagnostic| {
        let (line, column) = one.line_and_column(text);
        let help = one.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("line {line}, column {column}: {}{help}", one.message)
    };
    let shown: Vec<String> = found.iter().take(SHOWN).map(mistake).collect();
    let more = found.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("the mapping cannot be used: {}{more}", shown.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_lead_nowhere() {
        for (sent, expected) in [
            (Some("orders.csv"), "orders.csv"),
            (Some("C:\\exports\\Mitglieder März (1).csv"), "Mitglieder März (1).csv"),
            (Some("../../etc/passwd"), "passwd"),
            (Some(".hidden"), "hidden"),
            (Some(".."), "none"),
            (Some("a\0b*c\n?.csv"), "a_b_c__.csv"),
            (Some(""), "none"),
            (None, "none"),
        ] {
            assert_eq!(file_name(sent, "none"), expected, "{sent:?}");
        }
        assert_eq!(file_name(Some(&"ø".repeat(200)), "none").len(), NAME_MAX);
    }
}
