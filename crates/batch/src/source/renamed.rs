//! A mapping by column: columns under canonical names, with what depends on one text alone worked out once
//! for each entry of a dictionary. What needs a look at whole rows is read row by row, with the same result.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use rules::day::Zone;
use rules::value::Value;

use super::arrow::{Columns, value_at};
use super::parquet::Reader;
use super::rewrite::{self, Kept};
use super::{Kind, Reason, Source};
use crate::kernel::{Kernel, Layout};
use crate::mapping::{self, Export, NUMBER, Origin, Reading, Table, Unread, is_as_expected};

/// A table of a mapping that gives one fact a row, for one file.
pub(super) struct Renamed {
    export: Arc<Export>,
    kind: Kind,
    columns: Vec<Renaming>,
    /// Texts that are the same in every row, each as the only entry of a dictionary.
    constants: Vec<(Arc<str>, ArrayRef)>,
    /// What else is the same in every row.
    beside: Vec<(Arc<str>, Value)>,
}

/// A column of the file, and what it gives.
struct Renaming {
    name: Arc<str>,
    column: Arc<str>,
    change: Change,
    /// What its values are told not to be.
    expected: Option<&'static str>,
}

enum Change {
    /// Values stay as they are.
    None,
    /// Texts, which have blanks around them at least.
    Texts(Reading, Option<Zone>),
    /// Times without a zone, which are at home here.
    Local(Zone),
}

/// What is remembered from batch to batch.
#[derive(Default)]
pub(super) struct Memory(Vec<Kept>);

impl Renamed {
    /// `None` if rows have to be looked at one by one.
    pub(super) fn of(
        kernel: &Kernel<'_>,
        export: &Arc<Export>,
        source: &Source,
        reader: &Reader,
        zone: &Zone,
    ) -> Option<Self> {
        let [table] = &export.tables[..] else { return None };
        if !matches!(table.kind, Kind::Activities | Kind::Contacts) {
            return None;
        }
        let looked_at = kernel.columns(table.kind);
        let renamed = Self {
            export: export.clone(),
            kind: table.kind,
            columns: Vec::new(),
            constants: Vec::new(),
            beside: Vec::new(),
        };
        let mut building = Building { renamed, source, reader, looked_at, zone };
        table.fields.iter().try_for_each(|field| building.field(field))?;
        if let Some(reading) = &table.others {
            building.others(table, reading)?;
        }
        Some(building.renamed)
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The columns of the file that are read.
    pub(super) fn columns(&self) -> Vec<String> {
        self.columns.iter().map(|renaming| renaming.column.to_string()).collect()
    }

    /// The names that a column of the file is given.
    pub(super) fn gives(&self, column: &str) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(move |renaming| *renaming.column == *column).map(|renaming| &*renaming.name)
    }

    /// Whether a canonical column is the same text in every row.
    pub(super) fn is_constant(&self, name: &str) -> bool {
        self.constants.iter().any(|(known, _)| **known == *name)
    }

    /// The column of the file behind a canonical one, if no value of it can become missing on the way.
    pub(super) fn kept(&self, name: &str) -> Option<&str> {
        let renaming = self.columns.iter().find(|renaming| *renaming.name == *name)?;
        let is_kept = match &renaming.change {
            Change::None | Change::Local(_) => true,
            Change::Texts(reading, _) => reading.values.is_empty() && self.export.empty.is_empty(),
        };
        is_kept.then_some(&*renaming.column)
    }

    /// How its batches are laid out.
    pub(super) fn layout(&self) -> Layout {
        let names = self.columns.iter().map(|renaming| renaming.name.clone());
        let names = names.chain(self.constants.iter().map(|(name, _)| name.clone())).collect();
        Layout::new(self.kind, Columns::named(names), self.beside.clone())
    }

    /// Nothing yet.
    pub(super) fn memory(&self) -> Memory {
        Memory(self.columns.iter().map(|_| Kept::default()).collect())
    }

    /// A batch of the file under canonical names.
    pub(super) fn batch(
        &self,
        found: &Columns,
        batch: &RecordBatch,
        memory: &mut Memory,
    ) -> Result<RecordBatch, ArrowError> {
        let mut arrays = Vec::new();
        for (renaming, kept) in self.columns.iter().zip(&mut memory.0) {
            let place = found.plain().find(|(column, _)| **column == renaming.column).map(|(_, place)| place);
            let place = place.ok_or_else(|| ArrowError::SchemaError(format!("no column `{}`", renaming.column)))?;
            let array = batch.column(place);
            arrays.push(match &renaming.change {
                Change::None => array.clone(),
                Change::Texts(reading, zone) => {
                    rewrite::texts(array, kept, &|text| self.export.text(reading, zone.as_ref(), text))?
                }
                Change::Local(zone) => rewrite::in_utc(array, zone),
            });
        }
        let rows = batch.num_rows();
        for (_, text) in &self.constants {
            arrays.push(Arc::new(DictionaryArray::try_new(Int32Array::from(vec![0; rows]), text.clone())?));
        }
        let names =
            self.columns.iter().map(|renaming| &renaming.name).chain(self.constants.iter().map(|(name, _)| name));
        let fields = names.zip(&arrays).map(|(name, array)| Field::new(&**name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        RecordBatch::try_new_with_options(schema, arrays, &RecordBatchOptions::new().with_row_count(Some(rows)))
    }

    /// The values of a renamed batch that are not what their column has to be, with the row of each.
    pub(super) fn unread(&self, batch: &RecordBatch) -> Vec<(usize, Unread)> {
        let mut all = Vec::new();
        for (renaming, array) in self.columns.iter().zip(batch.columns()) {
            let Some(expected) = renaming.expected.filter(|&expected| expected != NUMBER || !are_numbers(array)) else {
                continue;
            };
            for row in 0..array.len() {
                let Ok(Some(value)) = value_at(array, row) else { continue };
                if !is_as_expected(&value, expected) {
                    let column = renaming.column.to_string();
                    all.push((row, Unread { column, text: value.text().into_owned(), expected }));
                }
            }
        }
        all.sort_by_key(|(row, _)| *row);
        all
    }

    /// A reason that names canonical columns, in the words of the file.
    pub(super) fn in_its_words(&self, reason: Reason) -> Reason {
        self.export.tables[0].in_its_words(reason)
    }
}

/// Whether all values of a column are numbers for certain, which is seldom otherwise.
fn are_numbers(array: &ArrayRef) -> bool {
    const WHOLE_MAX: u64 = 900_000_000_000_000;
    match array.data_type() {
        DataType::Int8 | DataType::Int16 | DataType::Int32 => true,
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => true,
        DataType::Int64 => array.as_primitive::<Int64Type>().values().iter().all(|n| n.unsigned_abs() < WHOLE_MAX),
        DataType::Float64 => {
            let plain = |n: &f64| *n == 0.0 || (1e-9..9e14).contains(&n.abs());
            array.as_primitive::<Float64Type>().values().iter().all(plain)
        }
        DataType::Decimal128(digits, scale) => i16::from(*digits) - i16::from(*scale) <= 14,
        _ => false,
    }
}

/// A table and a file, put together field by field.
struct Building<'b> {
    renamed: Renamed,
    source: &'b Source,
    reader: &'b Reader,
    looked_at: Option<Vec<Arc<str>>>,
    /// That of the model.
    zone: &'b Zone,
}

impl Building<'_> {
    fn is_looked_at(&self, name: &str) -> bool {
        self.looked_at.as_ref().is_none_or(|names| names.iter().any(|known| **known == *name))
    }

    /// Whether rows have a value of the file itself under a name, or of its folders.
    fn place(&self, column: &str) -> (bool, Option<&Value>) {
        let in_file = !column.is_empty() && self.reader.columns().iter().any(|known| **known == *column);
        (in_file, self.source.beside.get(column).and_then(Option::as_ref))
    }

    fn field(&mut self, field: &mapping::Field) -> Option<()> {
        if field.or_skip || field.name.is_empty() {
            return None;
        }
        if !self.is_looked_at(&field.name) {
            return (!field.may_refuse()).then_some(());
        }
        let export = self.renamed.export.clone();
        let column = match &field.origin {
            Origin::Constant(value) => {
                self.constant(&field.name, value.clone());
                return Some(());
            }
            Origin::Columns(..) => return None,
            Origin::Column(column) => column,
        };
        match self.place(column) {
            // A row that lacks it has what its folder says.
            (true, Some(_)) => None,
            (true, None) if field.reading.may_fail() => None,
            (true, None) => {
                let zone = export.zone.as_ref().filter(|_| field.is_time());
                let change = self.change(&field.name, column, &field.reading, zone)?;
                let expected = field.expects(self.renamed.kind);
                self.column(&field.name, column, change, expected);
                Some(())
            }
            (false, Some(value)) => {
                let mut is_read = true;
                let value = export.trimmed(value);
                let read = export.read(self.renamed.kind, column, field, value, &mut |_| is_read = false).ok()?;
                read.into_iter().for_each(|value| self.constant(&field.name, value));
                is_read.then_some(())
            }
            // Missing in all rows.
            (false, None) => Some(()),
        }
    }

    /// All columns that no field names, under their own names.
    fn others(&mut self, table: &Table, reading: &Reading) -> Option<()> {
        let export = self.renamed.export.clone();
        let zone = export.zone.as_ref().filter(|_| reading.dates.is_some());
        let mut names: Vec<Arc<str>> = self.reader.columns().iter().chain(self.source.beside.keys()).cloned().collect();
        names.sort_unstable();
        names.dedup();
        let named = |name: &str| table.fields.iter().any(|field| field.origin.columns().iter().any(|own| own == name));
        names.retain(|name| !name.is_empty() && !named(name) && self.is_looked_at(name));
        for name in names {
            let given = table.fields.iter().any(|field| field.name == name);
            match self.place(&name) {
                // A row without the one has the other.
                (true, Some(_)) => return None,
                (false, None) => {}
                _ if given => return None,
                (true, None) => {
                    let change = self.change(&name, &name, reading, zone)?;
                    self.column(&name, &name, change, None);
                }
                (false, Some(value)) => {
                    let value = export.trimmed(value);
                    let value = value.and_then(|value| reading.rewrite(&name, value, zone, &mut |_| {}));
                    value.into_iter().for_each(|value| self.constant(&name, value));
                }
            }
        }
        Some(())
    }

    fn column(&mut self, name: &Arc<str>, column: &str, change: Change, expected: Option<&'static str>) {
        self.renamed.columns.push(Renaming { name: name.clone(), column: column.into(), change, expected });
    }

    fn constant(&mut self, name: &Arc<str>, value: Value) {
        // These are texts, whatever they are written as.
        let texts: &[&str] = match self.renamed.kind {
            Kind::Activities => &["contact", "type", "id", "source", "account"],
            _ => &["id", "account"],
        };
        match value {
            Value::Number(_) | Value::Bool(_) if !texts.contains(&&**name) => {
                self.renamed.beside.push((name.clone(), value));
            }
            value => self.renamed.constants.push((name.clone(), Arc::new(StringArray::from(vec![&*value.text()])))),
        }
    }

    /// What becomes of the values of a column, if that can be said of each by itself.
    fn change(&self, name: &str, column: &str, reading: &Reading, zone: Option<&Zone>) -> Option<Change> {
        let kind = self.reader.kind(column)?;
        if *kind == DataType::Utf8 {
            return Some(Change::Texts(reading.clone(), zone.cloned()));
        }
        let is_opaque = kind.is_nested() || matches!(kind, DataType::Binary | DataType::FixedSizeBinary(_));
        let is_emptied = self.renamed.export.empty.iter().any(|empty| may_be(empty, kind));
        if is_opaque || is_emptied || !reading.is_none() {
            return None;
        }
        let is_instant =
            matches!((self.renamed.kind, name), (Kind::Activities, "occurred_at") | (Kind::Contacts, "valid_from"));
        match (zone, kind) {
            // A bare date is at home everywhere.
            (None, _) | (_, DataType::Date32) => Some(Change::None),
            (Some(zone), DataType::Timestamp(_, home)) if is_instant => Some(match home {
                None if zone != self.zone => Change::Local(zone.clone()),
                _ => Change::None,
            }),
            _ => None,
        }
    }
}

/// Whether a text that stands for nothing may be how a value of a type is written that is no text.
fn may_be(text: &str, kind: &DataType) -> bool {
    match kind {
        DataType::Boolean => false,
        // Only what is beyond the range is a text.
        kind if kind.is_numeric() => text.len() >= 15 || text.ends_with("inf"),
        _ => text.contains(|letter: char| letter.is_ascii_digit()),
    }
}
