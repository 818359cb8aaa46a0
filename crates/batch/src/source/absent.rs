//! Columns that a mapping names and no row has. A header tells at once; objects have none, and a slip
//! of the pen would pass as a value that is always missing.

use std::collections::{BTreeMap, BTreeSet};

use rules::suggest::nearest;
use rules::value::Attributes;

use super::Source;
use crate::mapping::Export;

/// So many names are remembered to suggest one of them.
const NAMES_MAX: usize = 10_000;

/// What has been seen of each export without headers.
#[derive(Default)]
pub(super) struct Absent {
    exports: BTreeMap<String, Seen>,
}

struct Seen {
    wanted: Vec<String>,
    names: BTreeSet<String>,
}

impl Absent {
    /// A row of a source has these cells.
    pub(super) fn see(&mut self, export: &Export, row: &Attributes, source: &Source) {
        self.see_names(export, row.keys().map(|name| &**name), |column| row.contains_key(column), source);
    }

    /// Rows of a source have values under these names.
    pub(super) fn see_names<'n>(
        &mut self,
        export: &Export,
        names: impl Iterator<Item = &'n str>,
        has: impl Fn(&str) -> bool,
        source: &Source,
    ) {
        if !self.exports.contains_key(&export.id) {
            let seen = Seen { wanted: export.columns(), names: BTreeSet::new() };
            self.exports.insert(export.id.clone(), seen);
        }
        let Some(seen) = self.exports.get_mut(&export.id).filter(|seen| !seen.wanted.is_empty()) else { return };
        seen.wanted.retain(|column| !has(column) && !source.has_beside(column));
        for name in names {
            if seen.names.len() < NAMES_MAX && !seen.names.contains(name) {
                seen.names.insert(name.to_string());
            }
        }
    }

    /// What is to be told, a sentence for each column.
    pub(super) fn notes(&self, sources: &[Source]) -> Vec<String> {
        let note = |(export, seen): (&String, &Seen)| {
            let file = sources.iter().find(|source| source.export().is_some_and(|own| own.id == *export));
            let file = file.map(|source| source.path.display().to_string()).unwrap_or_default();
            let told = seen.wanted.iter().map(|column| {
                let near = nearest(column, seen.names.iter().map(String::as_str));
                let hint = near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
                format!("{file}: no row of source `{export}` has a value for `{column}`{hint}")
            });
            told.collect::<Vec<_>>()
        };
        self.exports.iter().flat_map(note).collect()
    }
}
