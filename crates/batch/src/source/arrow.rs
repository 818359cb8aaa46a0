//! Columns of Arrow as rows of cells: values keep their type, structs are flattened with dots as
//! objects of JSON are, lists and maps are their JSON text.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTimeType, IntervalMonthDayNanoType,
    IntervalYearMonthType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch, downcast_dictionary_array};
use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use jiff::civil;
use jiff::tz::TimeZone;
use rules::decimal::Decimal;
use rules::value::{Attributes, Value};
use serde_json::Value as Json;

use super::Reason;

/// Why a value cannot be a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// Bytes that are no text in UTF-8.
    NotUtf8,
    /// A type that facts have no counterpart of; [`is_readable`] tells it beforehand.
    Type(DataType),
}

/// Whether values of a type can be cells.
pub(crate) fn is_readable(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_readable(values),
        DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) => {
            is_readable(element.data_type())
        }
        DataType::Map(entries, _) => is_readable(entries.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| is_readable(field.data_type())),
        DataType::ListView(_) | DataType::LargeListView(_) | DataType::Union(..) | DataType::RunEndEncoded(..) => false,
        _ => true,
    }
}

/// The columns that rows have: those of the table, and those inside its structs.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    names: Vec<Arc<str>>,
    /// Where each is found: a place among the columns of the table, then in each struct.
    paths: Vec<Vec<usize>>,
}

impl Columns {
    /// Those of a schema, in its order.
    pub(crate) fn of(fields: &Fields) -> Self {
        let mut columns = Self { names: Vec::new(), paths: Vec::new() };
        columns.add(fields, "", &[]);
        columns
    }

    fn add(&mut self, fields: &Fields, prefix: &str, path: &[usize]) {
        for (place, field) in fields.iter().enumerate() {
            let path: Vec<_> = path.iter().copied().chain([place]).collect();
            let name = format!("{prefix}{}", field.name());
            match field.data_type() {
                DataType::Struct(inner) => self.add(inner, &format!("{name}."), &path),
                _ => {
                    self.names.push(name.trim().into());
                    self.paths.push(path);
                }
            }
        }
    }

    /// The columns of a table, all plain.
    pub(crate) fn named(names: Vec<Arc<str>>) -> Self {
        let paths = (0..names.len()).map(|place| vec![place]).collect();
        Self { names, paths }
    }

    /// Their names.
    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// Their names, to be changed.
    pub(crate) fn names_mut(&mut self) -> &mut [Arc<str>] {
        &mut self.names
    }

    /// Leaves out the columns that are not to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        let kept: Vec<_> = self.names.iter().map(|name| keep(name)).collect();
        let mut each = kept.iter();
        self.names.retain(|_| each.next().is_some_and(|kept| *kept));
        let mut each = kept.iter();
        self.paths.retain(|_| each.next().is_some_and(|kept| *kept));
    }

    /// The columns of the table in which they are found, in order.
    pub(crate) fn roots(&self) -> Vec<usize> {
        let mut roots: Vec<_> = self.paths.iter().map(|path| path[0]).collect();
        roots.dedup();
        roots
    }

    /// As they are found in a table that has only those columns.
    pub(crate) fn packed(&self) -> Self {
        let roots = self.roots();
        let mut packed = self.clone();
        for path in &mut packed.paths {
            path[0] = roots.iter().position(|root| *root == path[0]).unwrap_or_default();
        }
        packed
    }

    /// Those that lie in the table itself, each with its place there.
    pub(crate) fn plain(&self) -> impl Iterator<Item = (&Arc<str>, usize)> {
        let plain = |(name, path): (_, &Vec<usize>)| (path.len() == 1).then(|| (name, path[0]));
        self.names.iter().zip(&self.paths).filter_map(plain)
    }

    /// The arrays of a batch with this schema, one for each column.
    pub(crate) fn in_batch<'a>(&'a self, batch: &'a RecordBatch) -> Rows<'a> {
        let nested = |path: &Vec<usize>| {
            let mut arrays: Vec<&dyn Array> = vec![&**batch.column(path[0])];
            for &place in &path[1..] {
                let parent = arrays[arrays.len() - 1];
                arrays.push(&**parent.as_struct().column(place));
            }
            arrays
        };
        Rows { names: &self.names, arrays: self.paths.iter().map(nested).collect() }
    }
}

/// The rows of a batch.
pub(crate) struct Rows<'a> {
    names: &'a [Arc<str>],
    /// For each column its array, after those of the structs around it.
    arrays: Vec<Vec<&'a dyn Array>>,
}

impl Rows<'_> {
    /// The cells of one row.
    pub(crate) fn cells(&self, row: usize) -> Result<Attributes, Reason> {
        let mut cells = Attributes::new();
        for (name, arrays) in self.names.iter().zip(&self.arrays) {
            if name.is_empty() || arrays.iter().any(|array| array.is_null(row)) {
                continue;
            }
            // A type that cannot be read is refused before any row is.
            let value = value_at(arrays[arrays.len() - 1], row)
                .map_err(|_| Reason::NotText { column: name.to_string(), encoding: "UTF-8" })?;
            if let Some(value) = value {
                cells.insert(name.clone(), value);
            }
        }
        Ok(cells)
    }

    /// One row as people recognise it: its cells as JSON.
    pub(crate) fn raw(&self, row: usize) -> String {
        let mut cells = serde_json::Map::new();
        for (name, arrays) in self.names.iter().zip(&self.arrays) {
            if arrays.iter().all(|array| !array.is_null(row)) {
                let cell = json_at(arrays[arrays.len() - 1], row).unwrap_or_else(|_| "?".into());
                cells.insert(name.to_string(), cell);
            }
        }
        Json::Object(cells).to_string()
    }
}

/// A value as facts carry it, from an array of any type; null, empty text and "not a number" are
/// missing.
pub(crate) fn value_at(array: &dyn Array, row: usize) -> Result<Option<Value>, Unreadable> {
    if array.is_null(row) {
        return Ok(None);
    }
    Ok(match scalar(array, row)? {
        Some(Scalar::Text(text)) => Value::text_of(&text),
        Some(Scalar::Bool(truth)) => Some(Value::Bool(truth)),
        // A number beyond the range stays as it is written: it may be an id.
        Some(Scalar::Number(digits)) => {
            Some(Decimal::parse(&digits).map_or_else(|_| Value::from(&*digits), Value::Number))
        }
        Some(Scalar::Nested(json)) => Value::text_of(&json.to_string()),
        None => None,
    })
}

enum Scalar<'a> {
    Text(Cow<'a, str>),
    /// The digits of a number in decimal.
    Number(String),
    Bool(bool),
    Nested(Json),
}

fn json_at(array: &dyn Array, row: usize) -> Result<Json, Unreadable> {
    if array.is_null(row) {
        return Ok(Json::Null);
    }
    Ok(match scalar(array, row)? {
        Some(Scalar::Text(text)) => Json::String(text.into_owned()),
        Some(Scalar::Number(digits)) => digits.parse().map_or_else(|_| Json::String(digits.clone()), Json::Number),
        Some(Scalar::Bool(truth)) => Json::Bool(truth),
        Some(Scalar::Nested(json)) => json,
        None => Json::Null,
    })
}

/// What stands in a row that is not null; `None` is missing all the same.
fn scalar(array: &dyn Array, row: usize) -> Result<Option<Scalar<'_>>, Unreadable> {
    let text = |text: &str| Ok(Some(Scalar::Text(Cow::Owned(text.to_owned()))));
    match array.data_type() {
        DataType::Null => Ok(None),
        DataType::Boolean => Ok(Some(Scalar::Bool(array.as_boolean().value(row)))),
        DataType::Utf8 => Ok(Some(Scalar::Text(array.as_string::<i32>().value(row).into()))),
        DataType::LargeUtf8 => Ok(Some(Scalar::Text(array.as_string::<i64>().value(row).into()))),
        DataType::Utf8View => Ok(Some(Scalar::Text(array.as_string_view().value(row).into()))),
        DataType::Binary => decoded(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => decoded(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => decoded(array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => decoded(array.as_fixed_size_binary().value(row)),
        DataType::Dictionary(..) => downcast_dictionary_array!(
            array => match array.key(row) {
                Some(key) if array.values().is_valid(key) => owned(scalar(&**array.values(), key)?),
                _ => Ok(None),
            },
            other => Err(Unreadable::Type(other.clone())),
        ),
        DataType::List(_) => list(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row)),
        DataType::Map(..) => map(&array.as_map().value(row)),
        DataType::Struct(fields) => object(array.as_struct(), fields, row),
        DataType::Interval(unit) => text(&interval(array, *unit, row)),
        kind => match number(array, row) {
            Some(digits) if digits == "NaN" => Ok(None),
            Some(digits) if digits.ends_with("inf") => text(&digits),
            Some(digits) => Ok(Some(Scalar::Number(digits))),
            None => match time(array, row) {
                Some(time) => text(&time),
                None => Err(Unreadable::Type(kind.clone())),
            },
        },
    }
}

fn owned(scalar: Option<Scalar<'_>>) -> Result<Option<Scalar<'static>>, Unreadable> {
    Ok(scalar.map(|scalar| match scalar {
        Scalar::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
        Scalar::Number(digits) => Scalar::Number(digits),
        Scalar::Bool(truth) => Scalar::Bool(truth),
        Scalar::Nested(json) => Scalar::Nested(json),
    }))
}

fn decoded(bytes: &[u8]) -> Result<Option<Scalar<'_>>, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unreadable::NotUtf8)?;
    Ok(Some(Scalar::Text(text.into())))
}

fn list(elements: &dyn Array) -> Result<Option<Scalar<'static>>, Unreadable> {
    let elements: Result<_, _> = (0..elements.len()).map(|row| json_at(elements, row)).collect();
    Ok(Some(Scalar::Nested(Json::Array(elements?))))
}

/// A map is an object, its keys read as text.
fn map(entries: &arrow_array::StructArray) -> Result<Option<Scalar<'static>>, Unreadable> {
    let mut object = serde_json::Map::new();
    for row in 0..entries.len() {
        let key = match json_at(&**entries.column(0), row)? {
            Json::String(text) => text,
            other => other.to_string(),
        };
        object.insert(key, json_at(&**entries.column(1), row)?);
    }
    Ok(Some(Scalar::Nested(Json::Object(object))))
}

fn object(
    array: &arrow_array::StructArray,
    fields: &Fields,
    row: usize,
) -> Result<Option<Scalar<'static>>, Unreadable> {
    let member = |(field, column): (&Arc<Field>, &Arc<dyn Array>)| Ok((field.name().clone(), json_at(&**column, row)?));
    let members: Result<_, _> = fields.iter().zip(array.columns()).map(member).collect();
    Ok(Some(Scalar::Nested(Json::Object(members?))))
}

/// The digits of a number; binary floating point is its shortest decimal.
fn number(array: &dyn Array, row: usize) -> Option<String> {
    Some(match array.data_type() {
        DataType::Int8 => of::<Int8Type>(array, row).to_string(),
        DataType::Int16 => of::<Int16Type>(array, row).to_string(),
        DataType::Int32 => of::<Int32Type>(array, row).to_string(),
        DataType::Int64 => of::<Int64Type>(array, row).to_string(),
        DataType::UInt8 => of::<UInt8Type>(array, row).to_string(),
        DataType::UInt16 => of::<UInt16Type>(array, row).to_string(),
        DataType::UInt32 => of::<UInt32Type>(array, row).to_string(),
        DataType::UInt64 => of::<UInt64Type>(array, row).to_string(),
        DataType::Float16 => {
            type Half = <Float16Type as ArrowPrimitiveType>::Native;
            let half: Half = of::<Float16Type>(array, row);
            let wide = half.to_f32();
            // The standard library writes the shortest decimal of 32 and 64 bits only; five digits
            // tell any two numbers of 16 bits apart.
            let short = (0..5).map(|digits| format!("{wide:.digits$e}"));
            let same = |text: &String| text.parse().is_ok_and(|read| Half::from_f32(read) == half);
            short.into_iter().find(same).unwrap_or_else(|| wide.to_string())
        }
        DataType::Float32 => of::<Float32Type>(array, row).to_string(),
        DataType::Float64 => of::<Float64Type>(array, row).to_string(),
        DataType::Decimal32(..) => array.as_primitive::<Decimal32Type>().value_as_string(row),
        DataType::Decimal64(..) => array.as_primitive::<Decimal64Type>().value_as_string(row),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Decimal256(..) => array.as_primitive::<Decimal256Type>().value_as_string(row),
        // A duration is so many of its unit.
        DataType::Duration(TimeUnit::Second) => of::<DurationSecondType>(array, row).to_string(),
        DataType::Duration(TimeUnit::Millisecond) => of::<DurationMillisecondType>(array, row).to_string(),
        DataType::Duration(TimeUnit::Microsecond) => of::<DurationMicrosecondType>(array, row).to_string(),
        DataType::Duration(TimeUnit::Nanosecond) => of::<DurationNanosecondType>(array, row).to_string(),
        _ => return None,
    })
}

fn of<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

/// A date or time in ISO 8601; what the calendar does not have stays a count.
fn time(array: &dyn Array, row: usize) -> Option<String> {
    const DAY_MS: i64 = 86_400_000;
    match array.data_type() {
        DataType::Date32 => Some(date(i64::from(of::<Date32Type>(array, row)))),
        DataType::Date64 => Some(date(of::<Date64Type>(array, row).div_euclid(DAY_MS))),
        DataType::Timestamp(unit, zone) => {
            let (count, nanos) = match unit {
                TimeUnit::Second => (of::<TimestampSecondType>(array, row), 1_000_000_000),
                TimeUnit::Millisecond => (of::<TimestampMillisecondType>(array, row), 1_000_000),
                TimeUnit::Microsecond => (of::<TimestampMicrosecondType>(array, row), 1_000),
                TimeUnit::Nanosecond => (of::<TimestampNanosecondType>(array, row), 1),
            };
            let Ok(instant) = jiff::Timestamp::from_nanosecond(i128::from(count) * nanos) else {
                return Some(count.to_string());
            };
            // Without a zone it is a local time, wherever that is: the same clock as in UTC, without saying so.
            let local = || TimeZone::UTC.to_datetime(instant).to_string();
            Some(if zone.is_some() { instant.to_string() } else { local() })
        }
        DataType::Time32(TimeUnit::Second) => Some(clock(i64::from(of::<Time32SecondType>(array, row)), 1_000_000_000)),
        DataType::Time32(TimeUnit::Millisecond) => {
            Some(clock(i64::from(of::<Time32MillisecondType>(array, row)), 1_000_000))
        }
        DataType::Time64(TimeUnit::Microsecond) => Some(clock(of::<Time64MicrosecondType>(array, row), 1_000)),
        DataType::Time64(TimeUnit::Nanosecond) => Some(clock(of::<Time64NanosecondType>(array, row), 1)),
        _ => None,
    }
}

fn date(days: i64) -> String {
    let epoch = civil::date(1970, 1, 1);
    let span = jiff::Span::new().try_days(days);
    let date = span.and_then(|span| epoch.checked_add(span));
    date.map_or_else(|_| days.to_string(), |date| date.to_string())
}

fn clock(count: i64, nanos: i64) -> String {
    let span = count.checked_mul(nanos).and_then(|nanos| jiff::Span::new().try_nanoseconds(nanos).ok());
    let time = span.and_then(|span| civil::Time::midnight().checked_add(span).ok());
    time.map_or_else(|| count.to_string(), |time| time.to_string())
}

/// A span of the calendar in ISO 8601, in the parts that it is stored in.
fn interval(array: &dyn Array, unit: IntervalUnit, row: usize) -> String {
    match unit {
        IntervalUnit::YearMonth => format!("P{}M", of::<IntervalYearMonthType>(array, row)),
        IntervalUnit::DayTime => {
            let span = of::<IntervalDayTimeType>(array, row);
            format!("P{}DT{}S", span.days, span.milliseconds / 1_000)
        }
        IntervalUnit::MonthDayNano => {
            let span = of::<IntervalMonthDayNanoType>(array, row);
            format!("P{}M{}DT{}S", span.months, span.days, span.nanoseconds / 1_000_000_000)
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::*;
    use arrow_schema::Schema;

    use super::*;

    /// What a fact carries of the first row.
    fn first(array: impl Array) -> String {
        match value_at(&array, 0) {
            Ok(Some(Value::Text(text))) => format!("\"{text}\""),
            Ok(Some(value)) => value.text().into_owned(),
            Ok(None) => "-".into(),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        let cases = [
            (first(Int8Array::from(vec![-7])), "-7"),
            (first(Int64Array::from(vec![i64::MAX])), "\"9223372036854775807\""),
            (first(UInt64Array::from(vec![12_345_678_901])), "12345678901"),
            (first(Float64Array::from(vec![0.1])), "0.1"),
            // As a number of 64 bits it would be 0.10000000149011612.
            (first(Float32Array::from(vec![0.1])), "0.1"),
            (first(Float64Array::from(vec![2.5e-5])), "0"),
            (first(Float64Array::from(vec![0.00005])), "0.0001"),
            (first(Float64Array::from(vec![f64::NAN])), "-"),
            (first(Float64Array::from(vec![f64::NEG_INFINITY])), "\"-inf\""),
            (first(Decimal128Array::from(vec![-12_345]).with_precision_and_scale(10, 2).unwrap()), "-123.45"),
            (first(Decimal128Array::from(vec![5]).with_precision_and_scale(10, -2).unwrap()), "500"),
            (first(BooleanArray::from(vec![true])), "true"),
            (first(NullArray::new(1)), "-"),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
        type Half = <Float16Type as ArrowPrimitiveType>::Native;
        assert_eq!(first(Float16Array::from(vec![Half::from_f32(0.1)])), "0.1");
    }

    #[test]
    fn times_are_iso_and_local_without_a_zone() {
        // 2026-03-14 is day 20526; 20526 * 86400 + 9.5 hours = 1773480600 seconds.
        let cases = [
            (first(Date32Array::from(vec![20_526])), "\"2026-03-14\""),
            (first(Date64Array::from(vec![-1])), "\"1969-12-31\""),
            (first(Date32Array::from(vec![i32::MAX])), "\"2147483647\""),
            (first(TimestampSecondArray::from(vec![1_773_480_600])), "\"2026-03-14T09:30:00\""),
            (
                first(TimestampMillisecondArray::from(vec![1_773_480_600_250]).with_timezone("Europe/Oslo")),
                "\"2026-03-14T09:30:00.25Z\"",
            ),
            (first(TimestampMicrosecondArray::from(vec![-1]).with_timezone("UTC")), "\"1969-12-31T23:59:59.999999Z\""),
            (first(TimestampSecondArray::from(vec![i64::MAX])), "\"9223372036854775807\""),
            (first(Time32SecondArray::from(vec![3_661])), "\"01:01:01\""),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn texts_and_what_is_inside() {
        let words: DictionaryArray<types::Int32Type> = vec!["gold"].into_iter().collect();
        let numbers = ListArray::from_iter_primitive::<Float64Type, _, _>([Some([Some(1.5), None, Some(f64::NAN)])]);
        let cases = [
            (first(StringArray::from(vec!["007"])), "\"007\""),
            (first(StringArray::from(vec![""])), "-"),
            (first(StringArray::from(vec![None::<&str>])), "-"),
            (first(StringViewArray::from(vec!["view"])), "\"view\""),
            (first(LargeStringArray::from(vec!["large"])), "\"large\""),
            (first(BinaryArray::from(vec!["café".as_bytes()])), "\"café\""),
            (first(BinaryArray::from(vec![&b"caf\xe9"[..]])), "NotUtf8"),
            (first(words), "\"gold\""),
            (first(numbers), "\"[1.5,null,null]\""),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn structs_are_flattened_and_a_missing_one_has_nothing() {
        let inner =
            Fields::from(vec![Field::new("kind", DataType::Utf8, true), Field::new("n", DataType::Int64, true)]);
        let kinds: ArrayRef = Arc::new(StringArray::from(vec!["book", "left over"]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![None, Some(2)]));
        let items = StructArray::new(inner.clone(), vec![kinds, numbers], Some(vec![true, false].into()));
        let schema = Arc::new(Schema::new(vec![Field::new("item", DataType::Struct(inner), true)]));
        let columns = Columns::of(schema.fields());
        let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(items)]).unwrap();
        let rows = columns.in_batch(&batch);
        assert_eq!(rows.cells(0).unwrap(), Attributes::from([("item.kind".into(), Value::from("book"))]));
        assert_eq!(rows.cells(1).unwrap(), Attributes::new());
        assert_eq!(rows.raw(0), "{\"item.kind\":\"book\"}");
    }
}
