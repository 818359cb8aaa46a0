//! Facts from columns of Arrow: what is plain is taken as it lies there, row by row without a copy; any
//! other row takes the way of all rows, through cells.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, RecordBatch, StringViewArray};
use arrow_schema::{DataType, Fields, TimeUnit};
use rules::day::Instant;
use rules::decimal::{Decimal, SCALE};
use rules::value::{Attributes, Value};

use super::feed::{Feeder, Said};
use super::people::Plain;
use super::row::{Cell, Number};
use super::values::Values;
use super::{Keep, Kernel, Problem};
use crate::source::arrow::{Columns, value_at};
use crate::source::{Kind, Reason, place};

/// Times of these years need no look at the ends of the calendar: 1900 to 2200.
const PLAIN_MICROS: std::ops::Range<i64> = -2_208_988_800_000_000..7_258_118_400_000_000;

/// Which columns of a schema say what.
#[derive(Clone, Debug)]
pub struct Layout {
    kind: Kind,
    columns: Columns,
    /// By name, where among the columns; only those that lie in the table itself.
    plain: HashMap<Arc<str>, usize>,
    /// What the folders of a file say of all its rows.
    beside: Vec<(Arc<str>, Value)>,
}

impl Layout {
    /// For rows of a kind; `beside` is said of every row that says nothing else.
    pub(crate) fn new(kind: Kind, columns: Columns, beside: Vec<(Arc<str>, Value)>) -> Self {
        let plain = columns.plain().map(|(name, place)| (name.clone(), place)).collect();
        Self { kind, columns, plain, beside }
    }

    /// The same for a schema.
    pub fn of(kind: Kind, fields: &Fields) -> Self {
        Self::new(kind, Columns::of(fields), Vec::new())
    }

    fn array<'b>(&self, batch: &'b RecordBatch, name: &str) -> Option<&'b ArrayRef> {
        self.plain.get(name).map(|&place| batch.column(place))
    }

    /// Whether a column is missing in all rows.
    fn lacks(&self, name: &str) -> bool {
        let has = |column: &Arc<str>| **column == *name;
        !self.columns.names().iter().any(has) && !self.beside.iter().any(|(column, _)| has(column))
    }
}

/// A row that cannot be used.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Which row of the batch.
    pub row: usize,
    /// Why.
    pub reason: Reason,
    /// The row as JSON.
    pub raw: String,
}

impl Kernel<'_> {
    /// The columns that are looked at of rows of a kind; `None` is all.
    pub fn columns(&self, kind: Kind) -> Option<Vec<Arc<str>>> {
        let (plan, settings) = (&self.plan, &self.settings);
        if settings.keep == Keep::All {
            return None;
        }
        let mut all: Vec<Arc<str>> = match kind {
            Kind::Activities => {
                let identity: &[&str] = if self.keeps_identity() { &["source", "id"] } else { &[] };
                let account: &[&str] = if plan.accounts { &["account"] } else { &[] };
                let own = ["contact", "type", "occurred_at"];
                let own = own.iter().chain(identity).chain(account).map(|&name| name.into());
                own.chain(plan.columns.iter().map(|column| column.name.id.clone())).collect()
            }
            Kind::Contacts => {
                let own = ["id", "account", "account_since", "valid_from"].map(Arc::from);
                own.into_iter().chain(plan.attributes.iter().cloned()).collect()
            }
            Kind::Accounts | Kind::Opportunities => return None,
        };
        all.sort_unstable();
        all.dedup();
        Some(all)
    }

    /// Whether some activity has to say its source and id.
    fn keeps_identity(&self) -> bool {
        let order = self.plan.rules.iter().any(|rule| rule.order_matters);
        order && self.settings.keep >= Keep::Identity || !self.settings.declared.unique_ids
    }

    /// Of the columns of texts, which have few different ones as a rule.
    pub(crate) fn repeats(&self, kind: Kind, name: &str) -> bool {
        kind == Kind::Activities && (name == "type" || self.plan.columns.iter().any(|column| *column.name.id == *name))
    }
}

impl Feeder<'_, '_> {
    /// Takes the rows of a batch; those that cannot be used are given back.
    ///
    /// # Errors
    ///
    /// If the kernel cannot go on.
    pub fn batch(&mut self, layout: &Layout, batch: &RecordBatch) -> Result<Vec<Refused>, Problem> {
        match layout.kind {
            Kind::Activities => self.activities(layout, batch),
            Kind::Contacts if self.kernel.settings.keep < Keep::All => Ok(self.contacts(layout, batch)),
            _ => Ok((0..batch.num_rows()).filter_map(|row| self.by_cells(layout, batch, row)).collect()),
        }
    }

    /// One row as any other file would have it.
    fn by_cells(&mut self, layout: &Layout, batch: &RecordBatch, row: usize) -> Option<Refused> {
        let rows = layout.columns.in_batch(batch);
        let placed = rows.cells(row).and_then(|mut cells| {
            for (name, value) in &layout.beside {
                cells.entry(name.clone()).or_insert_with(|| value.clone());
            }
            let zone = self.clock.zone().clone();
            place(layout.kind, cells, &zone, self)
        });
        placed.err().map(|reason| Refused { row, reason, raw: rows.raw(row) })
    }

    fn activities(&mut self, layout: &Layout, batch: &RecordBatch) -> Result<Vec<Refused>, Problem> {
        self.look();
        let Some(columns) = Activities::of(self, layout, batch) else {
            return Ok((0..batch.num_rows()).filter_map(|row| self.by_cells(layout, batch, row)).collect());
        };
        let mut refused = Vec::new();
        for row in 0..batch.num_rows() {
            match columns.row(row) {
                Some(said) => {
                    let day = self.clock.day_of(Instant(said.micros));
                    let age = self.kernel.plan.as_of.since(day);
                    self.take(&said, columns.whose[row], columns.kinds[row], |column| columns.codes[column][row], age)?;
                }
                None => refused.extend(self.by_cells(layout, batch, row)),
            }
        }
        Ok(refused)
    }

    fn contacts(&mut self, layout: &Layout, batch: &RecordBatch) -> Vec<Refused> {
        let kernel = self.kernel;
        let attributes =
            kernel.plan.attributes.iter().filter(|name| !matches!(&***name, "id" | "account" | "valid_from"));
        let attributes: Vec<_> = attributes.filter(|name| !layout.lacks(name)).cloned().collect();
        let arrays: Option<Vec<&ArrayRef>> = attributes.iter().map(|name| layout.array(batch, name)).collect();
        let text = |name: &str| layout.array(batch, name).map(Text::of);
        let (Some(arrays), Some(ids), true) = (arrays, text("id"), layout.beside.is_empty()) else {
            return (0..batch.num_rows()).filter_map(|row| self.by_cells(layout, batch, row)).collect();
        };
        let accounts = text("account");
        let dated = |name: &str| layout.array(batch, name).filter(|array| array.null_count() < array.len());
        let dates = [dated("account_since"), dated("valid_from")];
        let places: Vec<usize> = attributes.iter().map(|name| kernel.people().column(name)).collect();
        let mut left = Vec::new();
        {
            let people = &mut *kernel.people();
            let mut values: Vec<Option<Value>> = vec![None; arrays.len()];
            for row in 0..batch.num_rows() {
                let id = ids.get(row);
                let account = accounts.as_ref().map_or(Ok(None), |accounts| accounts.get(row));
                let is_plain = |account: &Option<&str>| account.is_none_or(|account| !account.contains(['|', '[']));
                let dated = dates.iter().flatten().any(|dates| dates.is_valid(row));
                let (Ok(Some(id)), Ok(account), false) = (id, account, dated) else {
                    left.push(row);
                    continue;
                };
                let read = arrays.iter().zip(&mut values).try_for_each(|(array, value)| {
                    *value = value_at(array, row)?;
                    Ok::<_, crate::source::arrow::Unreadable>(())
                });
                if read.is_err() || !is_plain(&account) {
                    left.push(row);
                    continue;
                }
                let known = places.iter().zip(&values).filter(|(_, value)| value.is_some());
                let known: Vec<_> = known.map(|(&place, value)| (place, Cell::of(value.as_ref()))).collect();
                if people.add_plain(id, &Plain { account: account.map(str::trim), attributes: &known }).is_err() {
                    people.contradicted = true;
                }
            }
        }
        let by_cells = |row| {
            let refused = self.by_cells(layout, batch, row)?;
            if matches!(refused.reason, Reason::Contradiction { .. }) {
                self.kernel.people().contradicted = true;
            }
            Some(refused)
        };
        left.into_iter().filter_map(by_cells).collect()
    }
}

/// The columns of activities, ready to be looked at row by row.
struct Activities<'b, 'k, 'm> {
    kernel: &'k Kernel<'m>,
    /// The places of contacts; nowhere is that of rows that name none, or not plainly.
    whose: Vec<(usize, u32)>,
    kinds: Vec<u32>,
    times: Vec<i64>,
    /// For each column of the plan the codes of its values, where a condition looks at it.
    codes: Vec<Vec<u32>>,
    /// For each column of the plan where its values are.
    columns: Vec<Option<&'b ArrayRef>>,
    beside: Vec<Option<Value>>,
    ids: Option<Text<'b>>,
    sources: Option<Text<'b>>,
    accounts: Option<Text<'b>>,
    layout: &'b Layout,
    batch: &'b RecordBatch,
}

/// Stands for a time that is not plain.
const NO_TIME: i64 = i64::MIN;

impl<'b, 'k, 'm> Activities<'b, 'k, 'm> {
    /// `None` if a needed column lies where only cells find it.
    fn of(feeder: &mut Feeder<'k, 'm>, layout: &'b Layout, batch: &'b RecordBatch) -> Option<Self> {
        let kernel = feeder.kernel;
        let whose = whose(feeder, layout.array(batch, "contact")?);
        let kinds = text_codes(&mut feeder.kinds, &mut feeder.entries.kinds, layout.array(batch, "type")?);
        let times = times(feeder, layout.array(batch, "occurred_at")?);
        let mut of_columns = Vec::new();
        let (mut columns, mut beside) = (Vec::new(), Vec::new());
        for (place, column) in kernel.plan.columns.iter().enumerate() {
            let name = &*column.name.id;
            let constant = layout.beside.iter().find(|(known, _)| **known == *name).map(|(_, value)| value.clone());
            let array = layout.array(batch, name);
            if constant.is_some() && array.is_some() || array.is_none() && constant.is_none() && !layout.lacks(name) {
                return None;
            }
            let (values, entries) = (&mut feeder.columns[place], &mut feeder.entries.columns[place]);
            of_columns.push(match (column.tested, array) {
                (false, _) => Vec::new(),
                // A source and a type are texts, whatever their columns hold.
                (true, Some(array)) if matches!(name, "source" | "type") => text_codes(values, entries, array),
                (true, Some(array)) => codes(values, entries, array),
                (true, None) => vec![values.code(constant.as_ref()); batch.num_rows()],
            });
            columns.push(array);
            beside.push(constant);
        }
        let text = |name: &str, asked: bool| match layout.array(batch, name) {
            _ if !asked => Some(None),
            Some(array) => Some(Some(Text::of(array))),
            None => layout.lacks(name).then_some(None),
        };
        let identity = kernel.keeps_identity();
        let (ids, sources) = (text("id", identity)?, text("source", identity)?);
        let accounts = text("account", kernel.plan.accounts)?;
        Some(Self {
            kernel,
            whose,
            kinds,
            times,
            codes: of_columns,
            columns,
            beside,
            ids,
            sources,
            accounts,
            layout,
            batch,
        })
    }

    /// A row; `None` if it is not plain.
    fn row(&self, row: usize) -> Option<OfRow<'_, 'b, 'k, 'm>> {
        let micros = self.times[row];
        if micros == NO_TIME || self.kinds[row] == super::values::MISSING || self.whose[row] == NOWHERE {
            return None;
        }
        let id = self.ids.as_ref().map_or(Ok(None), |ids| ids.get(row)).ok()?;
        let source = self.sources.as_ref().map_or(Ok(None), |sources| sources.get(row)).ok()?;
        let account = self.accounts.as_ref().map_or(Ok(None), |accounts| accounts.get(row)).ok()?;
        Some(OfRow { columns: self, row, micros, id, source, account })
    }
}

/// One activity.
struct OfRow<'r, 'b, 'k, 'm> {
    columns: &'r Activities<'b, 'k, 'm>,
    row: usize,
    micros: i64,
    id: Option<&'r str>,
    source: Option<&'r str>,
    account: Option<&'r str>,
}

impl Said for OfRow<'_, '_, '_, '_> {
    fn micros(&self) -> i64 {
        self.micros
    }

    fn id(&self) -> Cell<'_> {
        Cell::of_text(self.id)
    }

    fn source(&self) -> Cell<'_> {
        Cell::of_text(self.source)
    }

    fn account(&self) -> Cell<'_> {
        Cell::of_text(self.account)
    }

    fn number(&self, column: usize) -> Number {
        match (self.columns.columns[column], &self.columns.beside[column]) {
            (Some(array), _) => number_at(array, self.row),
            (None, constant) => Number::of(constant.as_ref()),
        }
    }

    fn cell<R>(&self, column: usize, take: impl FnOnce(Cell<'_>) -> R) -> R {
        let name = &*self.columns.kernel.plan.columns[column].name.id;
        let read;
        let value = match (self.columns.columns[column], &self.columns.beside[column]) {
            (Some(array), _) => {
                // What is no text is a reason to refuse a row of cells; here the column says nothing.
                read = value_at(array, self.row).ok().flatten();
                read.as_ref()
            }
            (None, constant) => constant.as_ref(),
        };
        match name {
            "source" | "type" => take(Cell::of_text(value.map(Value::text).as_deref())),
            _ => take(Cell::of(value)),
        }
    }

    fn canonical(&self) -> String {
        let Activities { layout, batch, .. } = self.columns;
        let mut cells = layout.columns.in_batch(batch).cells(self.row).unwrap_or_default();
        for (name, value) in &layout.beside {
            cells.entry(name.clone()).or_insert_with(|| value.clone());
        }
        ["contact", "occurred_at", "id", "source"].into_iter().for_each(|name| _ = cells.remove(name));
        let kind = cells.remove("type").map(|value| value.text().into_owned()).unwrap_or_default();
        let account = cells.remove("account").map(|value| value.text().into_owned());
        self.json(&kind, cells.remove("value"), account.as_deref(), cells)
    }
}

impl OfRow<'_, '_, '_, '_> {
    fn json(&self, kind: &str, value: Option<Value>, account: Option<&str>, properties: Attributes) -> String {
        let mut activity = super::feed::activity_of(std::iter::empty());
        activity.kind = kind.into();
        activity.value = value;
        activity.account = account.map(Into::into);
        activity.properties = properties;
        activity.canonical()
    }
}

/// A column of ids or names.
enum Text<'b> {
    View(&'b StringViewArray),
    Utf8(&'b arrow_array::StringArray),
    Large(&'b arrow_array::LargeStringArray),
    Dictionary(&'b PrimitiveArray<Int32Type>, &'b arrow_array::StringArray),
    /// Of any other type, read beforehand; the inner error is what is no text.
    Read(Vec<Result<Option<String>, ()>>),
}

impl<'b> Text<'b> {
    fn of(array: &'b ArrayRef) -> Self {
        match array.data_type() {
            DataType::Utf8View => Self::View(array.as_string_view()),
            DataType::Utf8 => Self::Utf8(array.as_string()),
            DataType::LargeUtf8 => Self::Large(array.as_string()),
            DataType::Dictionary(..) if let Some((keys, values)) = dictionary(array) => Self::Dictionary(keys, values),
            _ => {
                let read = |row| value_at(array, row).map(|value| value.map(|value| value.text().into_owned()));
                Self::Read((0..array.len()).map(|row| read(row).map_err(drop)).collect())
            }
        }
    }

    /// The text of a row; `None` if it is missing.
    fn get(&self, row: usize) -> Result<Option<&str>, ()> {
        let text = match self {
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Utf8(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Dictionary(keys, values) => {
                let key = keys.is_valid(row).then(|| usize::try_from(keys.value(row)).ok()).flatten();
                key.filter(|key| values.is_valid(*key)).map(|key| values.value(key))
            }
            Self::Read(all) => return all[row].as_ref().map(Option::as_deref).map_err(|&()| ()),
        };
        Ok(text.filter(|text| !text.is_empty()))
    }
}

fn dictionary(array: &ArrayRef) -> Option<(&PrimitiveArray<Int32Type>, &arrow_array::StringArray)> {
    let dictionary = array.as_dictionary_opt::<Int32Type>()?;
    Some((dictionary.keys(), dictionary.values().as_string_opt()?))
}

/// What the entries of the dictionaries of columns are in those of a feeder: batches of one file share
/// them.
#[derive(Debug)]
pub(super) struct Entries {
    pub(super) kinds: Entry,
    pub(super) columns: Vec<Entry>,
    contacts: Option<(ArrayRef, Vec<(usize, u32)>)>,
}

impl Entries {
    pub(super) fn new(columns: usize) -> Self {
        Self { kinds: Entry::default(), columns: vec![Entry::default(); columns], contacts: None }
    }
}

/// The code of each entry of one dictionary, once it has been asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    of: Option<ArrayRef>,
    codes: Vec<Option<u32>>,
}

/// The codes of a column's values read as texts.
fn text_codes(values: &mut Values, entries: &mut Entry, array: &ArrayRef) -> Vec<u32> {
    each_once(entries, array, |array, row| {
        let value = value_at(array, row).ok().flatten();
        value.map_or(super::values::MISSING, |value| values.code_of_text(&value.text()))
    })
}

/// The codes of a column's values.
fn codes(values: &mut Values, entries: &mut Entry, array: &ArrayRef) -> Vec<u32> {
    let mut code = |text: Option<&str>| text.map_or(super::values::MISSING, |text| values.code_of_text(text));
    match array.data_type() {
        DataType::Utf8View => array.as_string_view().iter().map(code).collect(),
        DataType::Utf8 => array.as_string::<i32>().iter().map(&mut code).collect(),
        _ => each_once(entries, array, |array, row| values.code(value_at(array, row).ok().flatten().as_ref())),
    }
}

/// Works something out for each entry of a dictionary once, or for each row where there is none.
fn each_once(entries: &mut Entry, array: &ArrayRef, mut work: impl FnMut(&dyn Array, usize) -> u32) -> Vec<u32> {
    let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() else {
        return (0..array.len()).map(|row| work(array, row)).collect();
    };
    let values = dictionary.values();
    if !entries.of.as_ref().is_some_and(|known| Arc::ptr_eq(known, values)) {
        *entries = Entry { of: Some(values.clone()), codes: vec![None; values.len()] };
    }
    let code = |key: Option<i32>| match key.and_then(|key| usize::try_from(key).ok()) {
        Some(key) => *entries.codes[key].get_or_insert_with(|| work(&**values, key)),
        None => super::values::MISSING,
    };
    dictionary.keys().iter().map(code).collect()
}

/// Not the place of a contact.
const NOWHERE: (usize, u32) = (usize::MAX, 0);

/// The places of contacts.
fn whose(feeder: &mut Feeder<'_, '_>, array: &ArrayRef) -> Vec<(usize, u32)> {
    let names = &mut feeder.writer.names;
    let mut found = Vec::new();
    if let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() {
        let values = dictionary.values();
        let known = feeder.entries.contacts.take().filter(|(known, _)| Arc::ptr_eq(known, values));
        let (values, places) = known.unwrap_or_else(|| {
            let all = Text::of(values);
            names.places((0..values.len()).map(|row| all.get(row).ok().flatten().unwrap_or_default()), &mut found);
            let missing = |row: usize| all.get(row).ok().flatten().is_none();
            found.iter_mut().enumerate().filter(|(row, _)| missing(*row)).for_each(|(_, place)| *place = NOWHERE);
            (values.clone(), std::mem::take(&mut found))
        });
        let place = |key: Option<i32>| key.and_then(|key| usize::try_from(key).ok()).map_or(NOWHERE, |key| places[key]);
        let all = dictionary.keys().iter().map(place).collect();
        feeder.entries.contacts = Some((values, places));
        return all;
    }
    let all = Text::of(array);
    let text = |row: usize| all.get(row).ok().flatten();
    names.places((0..array.len()).map(|row| text(row).unwrap_or_default()), &mut found);
    found.iter_mut().enumerate().filter(|(row, _)| text(*row).is_none()).for_each(|(_, place)| *place = NOWHERE);
    found
}

/// When each was, in microseconds; [`NO_TIME`] where cells have to be asked.
fn times(feeder: &mut Feeder<'_, '_>, array: &ArrayRef) -> Vec<i64> {
    let plain = |micros: Option<i64>| micros.filter(|micros| PLAIN_MICROS.contains(micros)).unwrap_or(NO_TIME);
    let DataType::Timestamp(unit, zone) = array.data_type() else {
        return vec![NO_TIME; array.len()];
    };
    let mut micros: Vec<i64> = match unit {
        TimeUnit::Second => {
            let scaled = |time: Option<i64>| plain(time.and_then(|time| time.checked_mul(1_000_000)));
            array.as_primitive::<TimestampSecondType>().iter().map(scaled).collect()
        }
        TimeUnit::Millisecond => {
            let scaled = |time: Option<i64>| plain(time.and_then(|time| time.checked_mul(1_000)));
            array.as_primitive::<TimestampMillisecondType>().iter().map(scaled).collect()
        }
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().iter().map(plain).collect(),
        // What is finer than a microsecond is cut off; before 1970 that is not the same as rounding down.
        TimeUnit::Nanosecond => {
            let nanos = array.as_primitive::<arrow_array::types::TimestampNanosecondType>();
            nanos.iter().map(|time| plain(time.filter(|time| *time >= 0).map(|time| time / 1_000))).collect()
        }
    };
    if zone.is_none() {
        // Local to the model's zone.
        for time in micros.iter_mut().filter(|time| **time != NO_TIME) {
            feeder.clock.day_of(Instant(*time));
            *time = feeder.clock.instant_of_local(*time).map_or(NO_TIME, |instant| instant.0);
        }
    }
    micros
}

/// A value read as a number, without detours for the usual types.
fn number_at(array: &ArrayRef, row: usize) -> Number {
    if array.is_null(row) {
        return Number::Unknown;
    }
    let quick = match array.data_type() {
        DataType::Float64 => exact(array.as_primitive::<Float64Type>().value(row)),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).checked_mul(SCALE),
        DataType::Int32 => i64::from(array.as_primitive::<Int32Type>().value(row)).checked_mul(SCALE),
        _ => None,
    };
    match quick {
        Some(units) => Number::Known(Decimal::from_units(units)),
        None => Number::of(value_at(array, row).ok().flatten().as_ref()),
    }
}

/// Ten-thousandths, if the number has no more than four decimals. A number of at most 15 digits is the only
/// one that its binary counterpart is the nearest of, so that it is the shortest one too.
fn exact(number: f64) -> Option<i64> {
    let scaled = (number * 1e4).round();
    if scaled.abs() >= 1e15 || scaled / 1e4 != number {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of fifteen digits")]
    Some(scaled as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_of_four_decimals_are_exact() {
        for (number, expected) in [(0.1, Some(1_000)), (-19.99, Some(-199_900)), (1e-4, Some(1)), (0.0, Some(0))] {
            assert_eq!(exact(number), expected, "{number}");
        }
        for number in [0.00005, 1e12, f64::NAN, f64::INFINITY, 1.0 / 3.0] {
            assert_eq!(exact(number), None, "{number}");
        }
        let dice = &mut rules::testing::Dice::new(1);
        for _ in 0..100_000 {
            let units = (dice.bits() % 20_000_000_000).cast_signed() - 10_000_000_000;
            let text = Decimal::from_units(units).to_string();
            assert_eq!(exact(text.parse().unwrap()), Some(units), "{text}");
        }
    }
}
