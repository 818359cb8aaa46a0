//! Columns that grow row by row.

use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, Decimal128Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::{Cell, Holds, Sheet};

/// Points have so many digits before the decimals at most.
const WHOLE_DIGITS: u8 = 15;

/// The columns of a table, with the rows that have been pushed and not taken.
pub struct Columns {
    schema: SchemaRef,
    columns: Vec<Column>,
}

impl Columns {
    /// Those of a table; the first is never empty.
    pub fn of(sheet: &Sheet<'_>) -> Self {
        let holds = sheet.holds();
        let field = |(place, (name, holds)): (usize, (String, &Holds))| Field::new(name, kind(*holds), place > 0);
        let fields: Vec<_> = sheet.columns().into_iter().zip(&holds).enumerate().map(field).collect();
        Self { schema: Arc::new(Schema::new(fields)), columns: holds.iter().map(|holds| Column::new(*holds)).collect() }
    }

    /// Their names and types.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// If a number does not fit its column.
    pub fn push(&mut self, cells: &[Cell]) -> Result<(), ArrowError> {
        self.columns.iter_mut().zip(cells).try_for_each(|(column, cell)| column.push(cell))
    }

    /// How many rows they hold.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// Takes the rows out.
    ///
    /// # Errors
    ///
    /// If they make no table.
    pub fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(self.schema.clone(), self.columns.iter_mut().map(Column::take).collect())
    }
}

enum Column {
    Texts(StringBuilder),
    Numbers(Decimal128Builder, u8),
}

impl Column {
    fn new(holds: Holds) -> Self {
        match holds {
            Holds::Text => Self::Texts(StringBuilder::new()),
            Holds::Number(decimals) => {
                Self::Numbers(Decimal128Builder::new().with_data_type(kind(Holds::Number(decimals))), decimals)
            }
        }
    }

    fn push(&mut self, cell: &Cell) -> Result<(), ArrowError> {
        match (self, cell) {
            (Self::Texts(texts), Cell::Empty) => texts.append_null(),
            (Self::Texts(texts), Cell::Text(text) | Cell::Number(text)) => texts.append_value(text),
            (Self::Numbers(numbers, _), Cell::Empty) => numbers.append_null(),
            (Self::Numbers(numbers, decimals), Cell::Text(text) | Cell::Number(text)) => {
                let units = units(text, *decimals);
                let no_number = || ArrowError::InvalidArgumentError(format!("{text} is no such number"));
                numbers.append_value(units.ok_or_else(no_number)?);
            }
        }
        Ok(())
    }

    fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Numbers(numbers, _) => numbers.len(),
        }
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Self::Texts(texts) => Arc::new(texts.finish()),
            Self::Numbers(numbers, _) => Arc::new(numbers.finish()),
        }
    }
}

/// The number in units of its last decimal; `None` if it is not written with exactly those.
fn units(text: &str, decimals: u8) -> Option<i128> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() != usize::from(decimals) {
        return None;
    }
    format!("{whole}{rest}").parse().ok()
}

pub(crate) fn kind(holds: Holds) -> DataType {
    match holds {
        Holds::Text => DataType::Utf8,
        // No number has more decimals than a probability, which has six.
        Holds::Number(decimals) => DataType::Decimal128(WHOLE_DIGITS + decimals, decimals.cast_signed()),
    }
}

#[cfg(test)]
mod tests {
    use super::units;

    #[test]
    fn numbers_are_counted_in_their_last_decimal() {
        let cases =
            [("40.5", 1, Some(405)), ("-0.05", 2, Some(-5)), ("41", 0, Some(41)), ("1.5", 2, None), ("x", 0, None)];
        for (text, decimals, expected) in cases {
            assert_eq!(units(text, decimals), expected, "{text}");
        }
    }
}
