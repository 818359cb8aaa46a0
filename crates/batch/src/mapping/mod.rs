//! Mappings: which column of somebody else's export is which fact.
//!
//! The flow is `sources.toml -> read -> Mapping -> Source (one per file) -> apply (row by row)`. A
//! mapping only renames and rewrites cells; what the cells then mean is decided where all facts are
//! placed, so that a mapped file and one converted by hand cannot differ.

mod apply;
mod clock;
pub mod keys;
mod mark;
mod order;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rules::day::Zone;
use rules::model::Diagnostic;
use rules::value::Value;

pub use apply::Unread;
pub(crate) use apply::{NUMBER, is_as_expected};
pub use mark::Mark;
pub use order::Order;

use crate::kernel::Declared;
use crate::source::{Error, Form, Kind, Source, find};

/// A whole `sources.toml`.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Its exports, in the order of the file.
    pub exports: Vec<Arc<Export>>,
}

/// One export: files that are written alike, and the facts in each of their rows.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its id, unique in the mapping.
    pub id: String,
    /// Files, folders and patterns, relative to the mapping, or places in an object store.
    pub files: Vec<String>,
    /// How the files are written.
    pub form: Form,
    /// Where times without an offset are at home; the zone of the model if absent.
    pub zone: Option<Zone>,
    /// What stands for a missing value, beside nothing at all.
    pub empty: Vec<String>,
    /// What is known of its activities.
    pub declared: Declared,
    /// What the rows say.
    pub tables: Vec<Table>,
}

/// Facts of one kind that every row gives.
#[derive(Clone, Debug)]
pub struct Table {
    /// Which facts.
    pub kind: Kind,
    /// Canonical columns, attributes and properties, each with its origin.
    pub fields: Vec<Field>,
    /// How all columns that no field names are taken, if they are.
    pub others: Option<Reading>,
}

/// A cell of a fact and where it comes from.
#[derive(Clone, Debug)]
pub struct Field {
    /// The canonical column, attribute or property.
    pub name: Arc<str>,
    /// Where its value comes from.
    pub origin: Origin,
    /// How it is read.
    pub reading: Reading,
    /// Where it is missing, the row gives no such fact, and that is no mistake.
    pub or_skip: bool,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A column of the file.
    Column(String),
    /// Several columns with something between them; missing if one of them is.
    Columns(Vec<String>, String),
    /// Always the same.
    Constant(Value),
}

impl Origin {
    /// The columns that it needs.
    pub fn columns(&self) -> &[String] {
        match self {
            Self::Column(column) => std::slice::from_ref(column),
            Self::Columns(columns, _) => columns,
            Self::Constant(_) => &[],
        }
    }
}

/// How the text of a cell becomes a value, in the order of the fields.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Other names for values.
    pub values: BTreeMap<String, String>,
    /// What a value without another name becomes; itself if absent, missing if empty.
    pub otherwise: Option<String>,
    /// In small letters, as for e-mail addresses that serve as ids.
    pub lowercase: bool,
    /// What separates several accounts.
    pub split: Option<String>,
    /// The decimal mark.
    pub decimal: Option<Mark>,
    /// What a number is divided by, as so many places of the decimal point.
    pub divide: Option<u32>,
    /// How dates are written.
    pub dates: Option<Order>,
}

impl Mapping {
    /// Reads a mapping; the error lists everything that is wrong with it, in the order of the file.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        read::mapping(text)
    }

    /// The files of all exports, found from the folder of the mapping. A pattern that fits no file
    /// is an error: somebody expects facts there.
    pub fn sources(&self, folder: &Path) -> Result<Vec<Source>, Error> {
        let mut sources = Vec::new();
        for export in &self.exports {
            // A name and a pattern may mean the same file, which is read once all the same.
            let mut seen = BTreeSet::new();
            for place in &export.files {
                let mut found = Source::found_mapped(folder, place, export)?;
                found.retain(|file| seen.insert(file.path.canonicalize().unwrap_or_else(|_| file.path.clone())));
                sources.extend(found);
            }
        }
        Ok(sources)
    }

    /// What these files are, wherever the mapping says that they lie: the last part of a place names them. Whatever
    /// they are called belongs to a mapping of one export. The first list is of exports without a file, and the
    /// second of files that no export names.
    pub fn sources_among(&self, files: &[PathBuf]) -> (Vec<Source>, Vec<Arc<Export>>, Vec<PathBuf>) {
        let is_only = self.exports.len() == 1;
        let names = |place: &String, file: &Path| {
            let last = place.rsplit(['/', '\\']).next().unwrap_or(place);
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            last == name || glob::Pattern::new(last).is_ok_and(|pattern| pattern.matches(&name))
        };
        let (mut sources, mut lonely) = (Vec::new(), Vec::new());
        let mut left: BTreeSet<&PathBuf> = files.iter().collect();
        for export in &self.exports {
            let of = |file: &&PathBuf| is_only || export.files.iter().any(|place| names(place, file));
            let own: Vec<&PathBuf> = files.iter().filter(of).collect();
            if own.is_empty() {
                lonely.push(export.clone());
            }
            for file in own {
                left.remove(file);
                sources.push(Source::mapped(file.clone(), export.clone()));
            }
        }
        (sources, lonely, files.iter().filter(|file| left.contains(file)).cloned().collect())
    }

    /// The files of this machine among them, whether they can be used or not.
    pub fn local_files(&self, folder: &Path) -> Vec<PathBuf> {
        let places = self.exports.iter().flat_map(|export| &export.files);
        places.flat_map(|place| find::local(folder, place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_were_sent_are_found_by_the_last_part_of_a_place() {
        let source =
            |id: &str, files: &str| format!("[source.{id}]\nfile = [{files}]\n[source.{id}.contacts]\nid = \"id\"\n");
        let read = |text: &str| Mapping::parse(text).unwrap();
        let files = ["/tmp/a/members.csv", "/tmp/a/orders-1.csv", "/tmp/a/other.csv"].map(PathBuf::from);
        let two = read(&(source("m", "\"members.csv\"") + &source("o", "\"s3://bucket/2026/orders-*.csv\"")));
        let names = |sources: &[Source]| -> Vec<String> {
            sources.iter().map(|source| format!("{} {}", source.export().unwrap().id, source.path.display())).collect()
        };
        let (found, lonely, left) = two.sources_among(&files);
        assert_eq!(names(&found), ["m /tmp/a/members.csv", "o /tmp/a/orders-1.csv"]);
        assert_eq!((lonely.len(), left), (0, vec![files[2].clone()]));
        let (_, lonely, _) = two.sources_among(&files[..1]);
        assert_eq!(lonely[0].id, "o");
        // One export has them all, whatever they are called, and nothing else is ever opened.
        let one = read(&source("m", "\"/etc/passwd\", \"../secret/*\""));
        let (found, lonely, left) = one.sources_among(&files[1..]);
        assert_eq!(names(&found), ["m /tmp/a/orders-1.csv", "m /tmp/a/other.csv"]);
        assert!(lonely.is_empty() && left.is_empty());
    }
}
