//! Columns of Arrow, looked at row by row: texts, codes, times and numbers.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, StringViewArray};
use arrow_schema::{DataType, TimeUnit};
use foldhash::fast::FixedState;
use rules::day::Instant;
use rules::decimal::{Decimal, SCALE};
use rules::value::Value;

use super::feed::Feeder;
use super::names::{Names, Place, Room};
use super::row::Number;
use super::values::Values;
use crate::source::arrow::{Unreadable, value_at};

/// Times of these years need no look at the ends of the calendar: 1900 to 2200.
const PLAIN_MICROS: std::ops::Range<i64> = -2_208_988_800_000_000..7_258_118_400_000_000;

/// Stands for a time that is not plain.
pub(super) const NO_TIME: i64 = i64::MIN;

/// A column of ids or names.
pub(super) enum Text<'b> {
    View(&'b StringViewArray),
    Utf8(&'b arrow_array::StringArray),
    Large(&'b arrow_array::LargeStringArray),
    Dictionary(&'b PrimitiveArray<Int32Type>, &'b arrow_array::StringArray),
    /// Of any other type, read beforehand; the inner error is what is no text.
    Read(Vec<Result<Option<String>, ()>>),
}

impl<'b> Text<'b> {
    pub(super) fn of(array: &'b ArrayRef) -> Self {
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
    pub(super) fn get(&self, row: usize) -> Result<Option<&str>, ()> {
        let text = match self {
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Utf8(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Dictionary(keys, values) => {
                let key = keys.is_valid(row).then(|| usize::try_from(keys.value(row)).ok()).flatten();
                key.filter(|key| values.is_valid(*key)).map(|key| values.value(key))
            }
            Self::Read(all) => return all[row].as_ref().map(Option::as_deref).or(Err(())),
        };
        Ok(text.filter(|text| !text.is_empty()))
    }
}

/// The text of a row, as facts read it; `None` if it is missing or no text.
pub fn text_at(array: &ArrayRef, row: usize) -> Option<String> {
    value_at(array, row).ok().flatten().map(|value| value.text().into_owned())
}

/// Whether [`Text`] has the values of a type as they are.
pub(super) fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8View | DataType::Utf8 | DataType::LargeUtf8 => true,
        DataType::Dictionary(key, values) => **key == DataType::Int32 && **values == DataType::Utf8,
        _ => false,
    }
}

/// Whether all values of a type can be read: bytes may be no text, which is a reason to refuse a row.
pub(super) fn is_readable_text(kind: &DataType) -> bool {
    match kind {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => false,
        DataType::Dictionary(_, values) => is_readable_text(values),
        _ => !kind.is_nested(),
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
    contacts: Option<(ArrayRef, Vec<Place>)>,
    pub(super) room: Room,
}

impl Entries {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            kinds: Entry::default(),
            columns: vec![Entry::default(); columns],
            contacts: None,
            room: Room::default(),
        }
    }
}

/// The code of each entry of one dictionary, once it has been asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    of: Option<ArrayRef>,
    codes: Vec<Option<u32>>,
}

/// Days as the texts that they are: there are few, and to write one takes time.
#[derive(Debug, Default)]
pub(super) struct Dates(HashMap<i32, Option<Value>, FixedState>);

/// So many days are remembered: three centuries.
const DATES_MAX: usize = 1 << 17;

impl Dates {
    /// The value of a row of any column.
    pub(super) fn value(&mut self, array: &ArrayRef, row: usize) -> Result<Option<Value>, Unreadable> {
        if *array.data_type() != DataType::Date32 || array.is_null(row) {
            return value_at(array, row);
        }
        let day = array.as_primitive::<Date32Type>().value(row);
        if let Some(known) = self.0.get(&day) {
            return Ok(known.clone());
        }
        let value = value_at(array, row)?;
        if self.0.len() < DATES_MAX {
            self.0.insert(day, value.clone());
        }
        Ok(value)
    }
}

/// The codes of a column's values read as texts.
pub(super) fn text_codes(values: &mut Values, entries: &mut Entry, array: &ArrayRef) -> Vec<u32> {
    each_once(entries, array, |array, row| {
        let value = value_at(array, row).ok().flatten();
        value.map_or(super::values::MISSING, |value| values.code_of_text(&value.text()))
    })
}

/// The codes of a column's values.
pub(super) fn codes(values: &mut Values, entries: &mut Entry, array: &ArrayRef) -> Vec<u32> {
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
    let mut code = |key: usize| *entries.codes[key].get_or_insert_with(|| work(&**values, key));
    keys_of(dictionary.keys()).map(|key| key.map_or(super::values::MISSING, &mut code)).collect()
}

/// The keys of a dictionary; `None` is null.
fn keys_of(keys: &PrimitiveArray<Int32Type>) -> impl Iterator<Item = Option<usize>> {
    let has_nulls = keys.null_count() > 0;
    let all = keys.values().iter().enumerate();
    all.map(move |(row, &key)| if has_nulls && keys.is_null(row) { None } else { usize::try_from(key).ok() })
}

/// The places of contacts.
pub(super) fn whose(feeder: &mut Feeder<'_, '_>, array: &ArrayRef) -> Vec<Place> {
    let (names, room) = (&feeder.kernel.names, &mut feeder.entries.room);
    let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() else { return places(names, array, room) };
    let values = dictionary.values();
    let known = feeder.entries.contacts.take().filter(|(known, _)| Arc::ptr_eq(known, values));
    let (values, entries) = known.unwrap_or_else(|| (values.clone(), places(names, values, room)));
    let all = keys_of(dictionary.keys()).map(|key| key.map_or(Place::NONE, |key| entries[key])).collect();
    feeder.entries.contacts = Some((values, entries));
    all
}

fn places(names: &Names, array: &ArrayRef, room: &mut Room) -> Vec<Place> {
    let all = Text::of(array);
    names.places(array.len(), |row| all.get(row).ok().flatten(), room)
}

/// When each was, in microseconds; [`NO_TIME`] where cells have to be asked.
pub(super) fn times(feeder: &mut Feeder<'_, '_>, array: &ArrayRef) -> Vec<i64> {
    let plain = |micros: Option<i64>| micros.filter(|micros| PLAIN_MICROS.contains(micros)).unwrap_or(NO_TIME);
    let DataType::Timestamp(unit, zone) = array.data_type() else {
        let texts = is_text(array.data_type()).then(|| Text::of(array));
        let zone = feeder.clock.zone();
        let read = |row| texts.as_ref()?.get(row).ok()?.and_then(|text| zone.instant(text).ok());
        return (0..array.len()).map(|row| plain(read(row).map(|instant| instant.0))).collect();
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
pub(super) fn number_at(array: &ArrayRef, row: usize) -> Number {
    if array.is_null(row) {
        return Number::Unknown;
    }
    let quick = match array.data_type() {
        DataType::Float64 => exact(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale @ 0..=4) => {
            let units = array.as_primitive::<Decimal128Type>().value(row);
            units.checked_mul(10_i128.pow(u32::from(4 - scale.unsigned_abs()))).and_then(|units| units.try_into().ok())
        }
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
