//! From what somebody wrote to files: a file, a folder, a pattern, or a place in an object store.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rules::value::Value;

use super::Error;
use super::remote::{self, Object};

/// What folders named `name=value` say of every row below them; `None` is known to be missing.
pub(crate) type Beside = BTreeMap<Arc<str>, Option<Value>>;

/// A file that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Where it lies, if not on this machine.
    pub(crate) remote: Option<Object>,
    pub(crate) beside: Beside,
}

impl Found {
    /// A file that is named itself: what its folders are called is nobody's business.
    fn itself(path: PathBuf) -> Self {
        Self { path, remote: None, beside: Beside::new() }
    }
}

/// The files of a place, in order. `folder` is where relative paths begin. A folder or a pattern
/// without a file is an error: somebody expects facts there.
pub(crate) fn find(folder: &Path, place: &str) -> Result<Vec<Found>, Error> {
    if remote::is_remote(Path::new(place)) {
        let objects = remote::find(place)?;
        let found = objects.into_iter().map(|(path, remote)| {
            let beside = if path == Path::new(place) { Beside::new() } else { beside(&path) };
            Found { path, remote: Some(remote), beside }
        });
        return Ok(found.collect());
    }
    let path = folder.join(place);
    let mut files = Vec::new();
    if path.is_dir() {
        walk(&path, &mut BTreeSet::new(), &mut files)?;
        if files.is_empty() {
            let help = "a folder is read with all files in it, except those that begin with _ or a dot";
            return Err(Error::new(&path, HAS_NONE, Some(help.into())));
        }
    } else if !has_pattern(place) || path.exists() {
        return Ok(vec![Found::itself(path)]);
    } else {
        files = fitting(folder, place)?;
    }
    files.sort();
    files.dedup();
    let found = files.into_iter().map(|path| {
        let beside = beside(path.strip_prefix(folder).unwrap_or(&path));
        Found { beside, ..Found::itself(path) }
    });
    Ok(found.collect())
}

/// The files of this machine among those of a place, whether it can be used or not.
pub(crate) fn local(folder: &Path, place: &str) -> Vec<PathBuf> {
    if remote::is_remote(Path::new(place)) {
        return Vec::new();
    }
    find(folder, place).unwrap_or_default().into_iter().map(|found| found.path).collect()
}

pub(super) fn has_pattern(place: &str) -> bool {
    place.contains(['*', '?', '['])
}

/// The files that a pattern fits; where it fits only folders, the files in them.
fn fitting(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    // The folder is a folder, whatever letters its name has.
    let whole = Path::new(&glob::Pattern::escape(&folder.display().to_string())).join(pattern);
    let failed = |problem: String, help: &str| Error::new(&folder.join(pattern), problem, Some(help.to_owned()));
    let found = glob::glob(&whole.display().to_string())
        .map_err(|error| failed(format!("is not a pattern: {error}"), PATTERNS))?;
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for path in found {
        let path = path.map_err(|error| failed(format!("cannot be looked through: {error}"), "can it be read?"))?;
        if is_left_out(path.strip_prefix(folder).unwrap_or(&path), Path::new(pattern)) {
            continue;
        }
        if path.is_dir() { folders.push(path) } else { files.push(path) }
    }
    if files.is_empty() {
        let mut seen = BTreeSet::new();
        folders.iter().try_for_each(|folder| walk(folder, &mut seen, &mut files))?;
    }
    if files.is_empty() {
        return Err(failed(FITS_NONE.into(), PATTERNS));
    }
    Ok(files)
}

/// What is wrong with a pattern without a file, and with a folder.
pub(super) const FITS_NONE: &str = "fits no file";
pub(super) const HAS_NONE: &str = "is a folder without files";

pub(super) const PATTERNS: &str = "* is any name, ** any folders, ? one letter";

/// All files in a folder and in those below it.
fn walk(folder: &Path, seen: &mut BTreeSet<PathBuf>, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |error: io::Error| {
        let help = "can it be read by this user?".to_owned();
        Error::new(folder, format!("cannot be looked through: {error}"), Some(help))
    };
    // A link may lead back to a folder above.
    if !seen.insert(folder.canonicalize().map_err(failed)?) {
        return Ok(());
    }
    for entry in folder.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        if begins_hidden(&entry.file_name().to_string_lossy()) {
            continue;
        }
        if path.is_dir() { walk(&path, seen, files)? } else { files.push(path) }
    }
    Ok(())
}

/// Files that other tools leave beside data: `_SUCCESS`, `.part-0.crc`.
fn begins_hidden(name: &str) -> bool {
    name.starts_with(['_', '.']) && name != "." && name != ".."
}

/// Whether a name on the way is hidden, and the pattern does not write it out.
pub(super) fn is_left_out(path: &Path, pattern: &Path) -> bool {
    let names = path.iter().filter(|name| begins_hidden(&name.to_string_lossy()));
    names.into_iter().any(|name| !pattern.iter().any(|written| written == name))
}

/// What the folders on the way to a file say.
pub(super) fn beside(path: &Path) -> Beside {
    let folders = path.parent().into_iter().flat_map(Path::iter);
    let named = folders.filter_map(|folder| {
        let folder = folder.to_string_lossy();
        let (name, value) = folder.split_once('=')?;
        let value = Some(decoded(value)).filter(|value| value != "__HIVE_DEFAULT_PARTITION__");
        Some((Arc::from(decoded(name)), value.and_then(|value| Value::text_of(&value))))
    });
    named.filter(|(name, _): &(Arc<str>, _)| !name.is_empty()).collect()
}

/// Text in which `%3D` stands for an equals sign; what is not so stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path, place: &str) -> Vec<String> {
        let found = find(folder, place).unwrap_or_else(|error| panic!("{error}"));
        let name = |found: &Found| found.path.strip_prefix(folder).unwrap().display().to_string();
        found.iter().map(name).collect()
    }

    #[test]
    fn folders_and_patterns_are_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for name in ["b.csv", "a/z.csv", "a/_SUCCESS", "a/.z.crc", "_old/c.csv", "a/b/y.csv", "[1].csv"] {
            std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            std::fs::write(folder.join(name), "").unwrap();
        }
        std::fs::create_dir(folder.join("none")).unwrap();
        let cases: &[(&str, &[&str])] = &[
            ("", &["[1].csv", "a/b/y.csv", "a/z.csv", "b.csv"]),
            ("a", &["a/b/y.csv", "a/z.csv"]),
            ("a/*", &["a/z.csv"]),
            ("?", &["a/b/y.csv", "a/z.csv"]),
            ("**/*.csv", &["[1].csv", "a/b/y.csv", "a/z.csv", "b.csv"]),
            ("_old/*", &["_old/c.csv"]),
            ("[1].csv", &["[1].csv"]),
            ("there/is/none", &["there/is/none"]),
        ];
        for (place, expected) in cases {
            assert_eq!(names(folder, place), *expected, "{place}");
        }
        assert!(find(folder, "none").unwrap_err().to_string().ends_with("none: is a folder without files"));
        assert!(find(folder, "*.parquet").unwrap_err().to_string().ends_with("*.parquet: fits no file"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder, folder.join("a/around")).unwrap();
            assert_eq!(names(folder, "a").iter().filter(|name| name.ends_with("b.csv")).count(), 1);
        }
    }

    #[test]
    fn folders_say_what_columns_would() {
        let said = |path: &str| {
            let said = beside(Path::new(path)).into_iter();
            said.map(|(name, value)| format!("{name}:{}", value.map_or("-".into(), |value| value.text().into_owned())))
                .collect::<Vec<_>>()
        };
        assert_eq!(said("data/year=2026/month=03/part=0.csv"), ["month:03", "year:2026"]);
        assert_eq!(said("a%20b=c%3Dd/100%=%zz/x"), ["100%:%zz", "a b:c=d"]);
        assert_eq!(said("at=__HIVE_DEFAULT_PARTITION__/=3/by=/x"), ["at:-", "by:-"]);
        assert_eq!(said("year=2025/year=2026/x"), ["year:2026"]);
    }
}
