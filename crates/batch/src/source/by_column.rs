//! Parquet that is read by column: what is read of a file, and what its columns are to the kernel.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use rules::day::Zone;

use super::arrow::Columns;
use super::parquet::{self, Reader};
use super::renamed::{Memory, Renamed};
use super::{Error, Gives, Kind, Source};
use crate::kernel::{Feeder, Kernel, Layout, Refused};
use crate::mapping::Unread;

/// A file of which every batch can be taken as it is, or after its columns have been renamed.
pub(super) struct ByColumn {
    pub(super) kind: Kind,
    pub(super) reader: Reader,
    /// The columns of its batches.
    found: Columns,
    /// What they are to the kernel.
    layout: Layout,
    /// What a mapping makes of them.
    renamed: Option<Renamed>,
}

/// Something of a row that somebody is told.
pub(super) enum Told {
    Unread(Unread),
    Refused(Refused),
}

impl ByColumn {
    /// With the columns that the kernel looks at; `None` if the file has to be read row by row.
    pub(super) fn of(
        kernel: &Kernel<'_>,
        source: &Source,
        reader: &Reader,
        zone: &Zone,
    ) -> Result<Option<Self>, Error> {
        let mut reader = reader.clone();
        let (kind, renamed) = match &source.gives {
            Gives::Canonical(kind @ (Kind::Activities | Kind::Contacts)) => (*kind, None),
            Gives::Canonical(_) => return Ok(None),
            Gives::Mapped(export) => {
                let Some(renamed) = Renamed::of(kernel, export, source, &reader, zone) else { return Ok(None) };
                (renamed.kind(), Some(renamed))
            }
        };
        match (&renamed, kernel.columns(kind)) {
            (Some(renamed), _) => reader.project(&renamed.columns()),
            (None, Some(columns)) => reader.project(&columns.iter().map(ToString::to_string).collect::<Vec<_>>()),
            (None, None) => {}
        }
        let preferred = reader.prefer_codes(|column| match &renamed {
            Some(renamed) => renamed.gives(column).any(|name| kernel.repeats(kind, name)),
            None => kernel.repeats(kind, column),
        });
        preferred.map_err(|error| Error::broken(&source.path, &parquet::damaged(error)))?;
        let layout = match &renamed {
            Some(renamed) => renamed.layout(),
            None => {
                let beside = source.beside.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
                Layout::new(kind, reader.packed(), beside.collect())
            }
        };
        Ok(Some(Self { kind, found: reader.packed(), reader, layout, renamed }))
    }

    /// What is remembered from batch to batch of a group: nothing yet.
    pub(super) fn memory(&self) -> Memory {
        self.renamed.as_ref().map(Renamed::memory).unwrap_or_default()
    }

    /// Takes the rows of a batch. Answers what is to be told of them, in their order; that the kernel cannot go
    /// on the feeder itself will say.
    pub(super) fn take(
        &self,
        feeder: &mut Feeder<'_, '_>,
        batch: &RecordBatch,
        memory: &mut Memory,
    ) -> Result<Vec<(usize, Told)>, ArrowError> {
        let mut refused = |batch: &RecordBatch| match feeder.batch(&self.layout, batch) {
            Ok(refused) => refused,
            Err(problem) => {
                feeder.fail(problem);
                Vec::new()
            }
        };
        let Some(renamed) = &self.renamed else {
            return Ok(refused(batch).into_iter().map(|refused| (refused.row, Told::Refused(refused))).collect());
        };
        let canonical = renamed.batch(&self.found, batch, memory)?;
        let rows = self.found.in_batch(batch);
        let unread = renamed.unread(&canonical).into_iter().map(|(row, unread)| (row, Told::Unread(unread)));
        let refused = refused(&canonical).into_iter().map(|Refused { row, reason, .. }| {
            (row, Told::Refused(Refused { row, reason: renamed.in_its_words(reason), raw: rows.raw(row) }))
        });
        let mut told: Vec<_> = unread.chain(refused).collect();
        told.sort_by_key(|(row, _)| *row);
        Ok(told)
    }

    /// The last time of the activities of a group, if the file says it and that none of them is refused.
    pub(super) fn last_time(&self, group: usize) -> Option<i64> {
        let Some(renamed) = &self.renamed else {
            let usable = ["contact", "type"].iter().all(|column| self.reader.has_no_nulls(column, group));
            return usable.then(|| self.reader.last_time("occurred_at", group))?;
        };
        let usable = ["contact", "type"].iter().all(|name| {
            renamed.is_constant(name)
                || renamed.unchanged(name).is_some_and(|column| self.reader.has_no_nulls(column, group))
        });
        let column = renamed.unchanged("occurred_at").filter(|_| usable)?;
        self.reader.last_time(column, group)
    }
}
