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
            let usable = ["contact", "type"].iter().all(|column| self.reader.has_values(column, group));
            return usable.then(|| self.reader.last_time("occurred_at", group))?;
        };
        let usable = ["contact", "type"].iter().all(|name| {
            renamed.is_constant(name) || renamed.kept(name).is_some_and(|column| self.reader.has_values(column, group))
        });
        let column = renamed.kept("occurred_at").filter(|_| usable)?;
        self.reader.last_time(column, group)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::parquet::arrow::ArrowWriter;
    use arrow_array::{
        ArrayRef, BinaryArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, StructArray,
        TimestampMicrosecondArray,
    };
    use arrow_schema::{DataType, Field};
    use rules::day::Day;
    use rules::model::Model;

    use super::*;
    use crate::kernel::Settings;
    use crate::mapping::Mapping;
    use crate::source::open;

    /// One row of every type that matters.
    fn batch() -> RecordBatch {
        let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
        let inner = Arc::new(Field::new("plan", DataType::Utf8, true));
        let columns: [(&str, ArrayRef); 10] = [
            ("who", text("ada")),
            ("kind", text("buy")),
            ("plan", text("gold")),
            ("written", text("2026-03-14")),
            ("utc", Arc::new(TimestampMicrosecondArray::from(vec![1]).with_timezone("UTC"))),
            ("local", Arc::new(TimestampMicrosecondArray::from(vec![1]))),
            ("day", Arc::new(Date32Array::from(vec![1]))),
            ("amount", Arc::new(Float64Array::from(vec![1.5]))),
            ("bytes", Arc::new(BinaryArray::from(vec![&b"gold"[..]]))),
            ("of", Arc::new(StructArray::from(vec![(inner, text("gold"))]))),
        ];
        RecordBatch::try_from_iter(
            columns.into_iter().chain([("unix", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]),
        )
        .unwrap()
    }

    #[test]
    fn what_depends_on_one_value_alone_goes_by_column() {
        let folder = tempfile::tempdir().unwrap();
        let year = folder.path().join("year=2026");
        std::fs::create_dir(&year).unwrap();
        let file = std::fs::File::create(year.join("a.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch().schema(), None).unwrap();
        writer.write(&batch()).unwrap();
        writer.close().unwrap();
        // The keys of the source, its table of activities, and whether it goes by column.
        let base = "contact = 'who'\ntype = 'kind'\n";
        let cases = [
            ("", "occurred_at = 'utc'\nvalue = 'amount'\nplan = 'plan'", true),
            ("", "occurred_at = 'utc'\nplan = { constant = 'gold' }", true),
            ("", "occurred_at = 'local'\nplan = { column = 'plan', lowercase = true, values = { g = 'gold' } }", true),
            ("", "occurred_at = 'utc'\nplan = 'year'", true),
            ("", "occurred_at = 'utc'\nvalue = 'amount'\n'*' = '*'", true),
            ("timezone = 'Asia/Tokyo'\n", "occurred_at = 'written'", true),
            ("timezone = 'Asia/Tokyo'\n", "occurred_at = 'local'", true),
            ("timezone = 'Asia/Tokyo'\n", "occurred_at = 'day'", true),
            ("timezone = 'Asia/Tokyo'\n", "occurred_at = 'unix'", false),
            ("empty = ['-', 'NULL']\n", "occurred_at = 'utc'\nvalue = 'amount'", true),
            ("empty = ['1900-01-01']\n", "occurred_at = 'day'", false),
            ("empty = ['inf']\n", "occurred_at = 'utc'\nvalue = 'amount'", false),
            ("", "occurred_at = { column = 'unix', dates = 'unix' }", false),
            ("", "occurred_at = { column = 'utc', or_skip = true }", false),
            ("", "occurred_at = 'utc'\nvalue = { column = 'amount', divide = 100 }", false),
            ("", "occurred_at = 'utc'\nplan = { columns = ['plan', 'kind'] }", false),
            ("", "occurred_at = 'utc'\nplan = 'of.plan'", false),
            ("", "occurred_at = 'utc'\nplan = 'bytes'", false),
            // What no rule looks at may be anything, unless it decides about rows.
            ("", "occurred_at = 'utc'\nnote = 'bytes'\ndays = { column = 'unix', divide = 10 }", true),
            ("", "occurred_at = 'utc'\nvalid_from = { column = 'plan', dates = 'dmy' }", false),
            ("", "occurred_at = 'utc'\n[source.a.contacts]\nid = 'who'", false),
        ];
        let model = "[score.s]\n[rule.r]\nscore = 's'\nactivity = '*'\npoints = 1\nmultiply_by = 'value'\n\
                     where = \"activity.plan = 'gold'\"\n";
        let model = Model::parse(model).unwrap();
        let kernel = Kernel::new(&model, Settings::new(Day::parse("2026-03-14").unwrap()));
        for (keys, fields, expected) in cases {
            let text = format!("[source.a]\nfile = '**/*.parquet'\n{keys}[source.a.activities]\n{base}{fields}\n");
            let mapping = Mapping::parse(&text).unwrap_or_else(|found| panic!("{found:?}: {text}"));
            let sources = mapping.sources(folder.path()).unwrap();
            let opened = open::open(&sources[0]).unwrap();
            let by_column = ByColumn::of(&kernel, &sources[0], opened.parquet().unwrap(), &model.zone).unwrap();
            assert_eq!(by_column.is_some(), expected, "{text}");
        }
    }
}
