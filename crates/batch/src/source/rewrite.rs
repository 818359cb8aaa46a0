//! Columns of Arrow with other values in them.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, TimestampMicrosecondType, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray, StringViewArray, TimestampMicrosecondArray};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use rules::day::{Clock, Instant, TimeError, Zone};

use super::arrow::value_at;

/// The entries of a dictionary, and what has become of them: batches share them.
#[derive(Default)]
pub(super) struct Kept(Option<(ArrayRef, ArrayRef)>);

/// What a text becomes; nothing if it is missing.
type Change<'c> = dyn for<'t> Fn(&'t str) -> Option<Cow<'t, str>> + 'c;

/// A column of texts, each of which becomes another one; the same array if none does.
pub(super) fn texts(array: &ArrayRef, kept: &mut Kept, change: &Change<'_>) -> Result<ArrayRef, ArrowError> {
    Ok(match array.data_type() {
        DataType::Utf8 => match changed(array.as_string::<i32>().iter(), change) {
            Some(texts) => Arc::new(StringArray::from_iter(texts)),
            None => array.clone(),
        },
        DataType::Utf8View => match changed(array.as_string_view().iter(), change) {
            Some(texts) => Arc::new(StringViewArray::from_iter(texts)),
            None => array.clone(),
        },
        DataType::Dictionary(..) => {
            let dictionary = array.as_dictionary::<Int32Type>();
            let before = dictionary.values();
            let after = match kept.0.take().filter(|(known, _)| Arc::ptr_eq(known, before)) {
                Some((_, after)) => after,
                None => texts(before, &mut Kept::default(), change)?,
            };
            kept.0 = Some((before.clone(), after.clone()));
            match Arc::ptr_eq(before, &after) {
                true => array.clone(),
                false => Arc::new(DictionaryArray::try_new(dictionary.keys().clone(), after)?),
            }
        }
        other => return Err(ArrowError::SchemaError(format!("{other} is no text"))),
    })
}

/// `None` if no text becomes another one.
fn changed<'t>(
    texts: impl Iterator<Item = Option<&'t str>> + Clone,
    change: &Change<'_>,
) -> Option<Vec<Option<Cow<'t, str>>>> {
    // An empty text is missing already.
    let changes = |text: &str| !text.is_empty() && change(text).as_deref() != Some(text);
    texts.clone().flatten().any(changes).then(|| texts.map(|text| text.and_then(change)).collect())
}

/// Local times of these years are taken without a detour through their texts: 1900 to 2200.
const PLAIN_MICROS: std::ops::Range<i64> = -2_208_988_800_000_000..7_258_118_400_000_000;

/// Times without a zone, which are at home in this one, in UTC. Where the calendar does not have one of them,
/// all are texts, as rows have them.
pub(super) fn in_utc(array: &ArrayRef, zone: &Zone) -> ArrayRef {
    let mut clock = Clock::new(zone);
    let text = |row| value_at(array, row).ok().flatten().map(|value| value.text().into_owned());
    let mut instant = |row| {
        if array.is_null(row) {
            return Ok(None);
        }
        let known = micros(array, row).filter(|local| PLAIN_MICROS.contains(local)).and_then(|local| {
            clock.day_of(Instant(local));
            clock.instant_of_local(local)
        });
        let instant = known.map_or_else(|| zone.instant(&text(row).unwrap_or_default()), Ok);
        instant.map(|instant| Some(instant.0))
    };
    let instants: Result<Vec<Option<i64>>, TimeError> = (0..array.len()).map(&mut instant).collect();
    match instants {
        Ok(instants) => Arc::new(TimestampMicrosecondArray::from(instants).with_timezone("UTC")),
        Err(_) => {
            let in_utc = |text: String| zone.instant(&text).map_or(text, |instant| instant.to_string());
            Arc::new(StringArray::from_iter((0..array.len()).map(|row| text(row).map(in_utc))))
        }
    }
}

fn micros(array: &ArrayRef, row: usize) -> Option<i64> {
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Some(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            array.as_primitive::<TimestampMillisecondType>().value(row).checked_mul(1_000)
        }
        // What is finer is cut off, which their texts do.
        _ => None,
    }
}
