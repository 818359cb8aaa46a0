//! One row: its cells under canonical names, rewritten as the mapping says.

use std::borrow::Cow;

use rules::day::{TimeError, Zone};
use rules::value::{Attributes, Value};

use super::{Export, Field, Order, Origin, Reading, Table};
use crate::source::{Kind, Reason};

/// A value that could not be read as its field says: it stays as it is written, and conditions over
/// it are unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The column.
    pub column: String,
    /// What stands there.
    pub text: String,
    /// What was expected.
    pub expected: &'static str,
}

/// The canonical columns that are times, which a row is refused for rather than left without.
const TIMES: [&str; 3] = ["occurred_at", "valid_from", "account_since"];

impl Export {
    /// The columns that its fields name.
    pub(crate) fn columns(&self) -> Vec<String> {
        let fields = self.tables.iter().flat_map(|table| &table.fields);
        let mut columns: Vec<_> = fields.flat_map(|field| field.origin.columns()).cloned().collect();
        columns.sort();
        columns.dedup();
        columns
    }

    /// Those without which no row gives a fact: a file without them is of no use.
    pub(crate) fn required_columns(&self) -> Vec<String> {
        let fields = self.tables.iter().flat_map(|table| table.fields.iter().map(move |field| (table.kind, field)));
        let needed = fields.filter(|(kind, field)| !field.or_skip && kind.required().contains(&&*field.name));
        let mut columns: Vec<_> = needed.flat_map(|(_, field)| field.origin.columns()).cloned().collect();
        columns.sort();
        columns.dedup();
        columns
    }

    /// Whether only the columns matter that its fields name.
    pub(crate) fn reads_named_only(&self) -> bool {
        !self.tables.is_empty() && self.tables.iter().all(|table| table.others.is_none())
    }

    /// What a row gives to a table: `None` if it is to be passed over.
    pub(crate) fn apply(
        &self,
        table: &Table,
        row: &Attributes,
        unread: &mut dyn FnMut(Unread),
    ) -> Result<Option<Attributes>, Reason> {
        let mut cells = Attributes::new();
        for field in &table.fields {
            let value = match &field.origin {
                Origin::Constant(value) => Some(value.clone()),
                Origin::Column(column) => {
                    let value = row.get(column.as_str()).and_then(|value| self.trimmed(value));
                    self.read(table.kind, column, field, value, unread)?
                }
                Origin::Columns(columns, join) => {
                    let value = self.joined(row, columns, join);
                    self.read(table.kind, &columns.join("`, `"), field, value, unread)?
                }
            };
            match value {
                Some(value) => {
                    cells.insert(field.name.clone(), value);
                }
                None if field.or_skip => return Ok(None),
                None => {}
            }
        }
        if let Some(reading) = &table.others {
            self.take_others(table, reading, row, &mut cells);
        }
        Ok(Some(cells))
    }

    /// Columns that no field names keep their own names; what cannot be read as a number or a date
    /// is something else, and stays.
    fn take_others(&self, table: &Table, reading: &Reading, row: &Attributes, cells: &mut Attributes) {
        let named =
            |column: &str| table.fields.iter().any(|field| field.origin.columns().iter().any(|own| own == column));
        let zone = self.zone.as_ref().filter(|_| reading.dates.is_some());
        for (column, value) in row {
            if named(column) || cells.contains_key(column) {
                continue;
            }
            let Some(value) = self.trimmed(value) else { continue };
            if let Some(value) = reading.rewrite(column, value, zone, &mut |_| {}) {
                cells.insert(column.clone(), value);
            }
        }
    }

    /// Without blanks around; what stands for nothing is nothing.
    pub(crate) fn trimmed(&self, value: &Value) -> Option<Value> {
        let Value::Text(text) = value else { return Some(value.clone()) };
        let trimmed = text.trim();
        if self.empty.iter().any(|empty| empty == trimmed) {
            return None;
        }
        if trimmed.len() == text.len() { Some(value.clone()) } else { Value::text_of(trimmed) }
    }

    /// What a text becomes: the same as in a row. Times without an offset are of the zone, if there is one.
    pub(crate) fn text<'t>(&self, reading: &Reading, zone: Option<&Zone>, text: &'t str) -> Option<Cow<'t, str>> {
        let trimmed = text.trim();
        if self.empty.iter().any(|empty| empty == trimmed) {
            return None;
        }
        if reading.is_none() && zone.is_none() {
            return Some(Cow::Borrowed(trimmed));
        }
        let value = reading.rewrite("", Value::text_of(trimmed)?, zone, &mut |_| {})?;
        Some(Cow::Owned(value.text().into_owned()))
    }

    fn joined(&self, row: &Attributes, columns: &[String], join: &str) -> Option<Value> {
        let parts: Option<Vec<_>> = columns.iter().map(|column| self.trimmed(row.get(column.as_str())?)).collect();
        let parts: Vec<_> = parts?.iter().map(|value| value.text().into_owned()).collect();
        Value::text_of(&parts.join(join))
    }

    pub(crate) fn read(
        &self,
        kind: Kind,
        column: &str,
        field: &Field,
        value: Option<Value>,
        unread: &mut dyn FnMut(Unread),
    ) -> Result<Option<Value>, Reason> {
        let Some(value) = value else { return Ok(None) };
        let mut failed = None;
        let zone = self.zone.as_ref().filter(|_| field.is_time());
        let value = field.reading.rewrite(column, value, zone, &mut |bad| failed = Some(bad));
        if let (None, Some(value), Some(expected)) = (&failed, &value, field.expects(kind))
            && !is_as_expected(value, expected)
        {
            failed = Some(Unread { column: column.to_owned(), text: value.text().into_owned(), expected });
        }
        match failed {
            Some(bad) if TIMES.contains(&&*field.name) => {
                let text = bad.text.chars().take(60).collect();
                Err(Reason::Unread { column: bad.column, text, expected: bad.expected })
            }
            Some(bad) => {
                unread(bad);
                Ok(value)
            }
            None => Ok(value),
        }
    }
}

impl Table {
    /// A reason that names canonical columns, in the words of the file.
    pub(crate) fn in_its_words(&self, mut reason: Reason) -> Reason {
        if let Reason::Missing { column } | Reason::Time { column, .. } = &mut reason {
            let field = self.fields.iter().find(|field| *field.name == **column);
            let columns = field.map(|field| field.origin.columns().join("`, `")).unwrap_or_default();
            if !columns.is_empty() && columns != *column {
                *column = format!("{columns}` as `{column}");
            }
        }
        reason
    }
}

/// What a number is called that was expected.
pub(crate) const NUMBER: &str = "a number";

/// Whether a value is a number, or else a date.
pub(crate) fn is_as_expected(value: &Value, expected: &str) -> bool {
    match value {
        _ if expected == NUMBER => value.number().is_ok(),
        Value::Text(text) => Zone::utc().instant(text).is_ok(),
        _ => false,
    }
}

impl Field {
    /// What a canonical column has to be, for any use of it.
    pub(crate) fn expects(&self, kind: Kind) -> Option<&'static str> {
        match (kind, &*self.name) {
            (Kind::Activities, "value") | (Kind::Opportunities, "amount") => Some(NUMBER),
            (Kind::Contacts, "created_at") => Some(Order::Iso.described()),
            _ => None,
        }
    }

    pub(crate) fn is_time(&self) -> bool {
        self.reading.dates.is_some() || self.name.as_ref() == "created_at" || TIMES.contains(&&*self.name)
    }

    /// Whether rows may be refused for what stands here, whoever looks at it.
    pub(crate) fn may_refuse(&self) -> bool {
        TIMES.contains(&&*self.name) && self.reading.may_fail()
    }
}

impl Reading {
    /// Whether values stay as they are.
    pub(crate) fn is_none(&self) -> bool {
        let Self { values, otherwise: _, lowercase, split, decimal: _, divide: _, dates: _ } = self;
        values.is_empty() && !lowercase && split.is_none() && !self.may_fail()
    }

    /// Whether there are values that it cannot read.
    pub(crate) fn may_fail(&self) -> bool {
        self.decimal.is_some() || self.divide.is_some() || self.dates.is_some()
    }

    /// The value under another name and notation. What cannot be read is told, and stays.
    pub(crate) fn rewrite(
        &self,
        column: &str,
        value: Value,
        zone: Option<&Zone>,
        unread: &mut dyn FnMut(Unread),
    ) -> Option<Value> {
        let text = value.text();
        let mut now: Cow<'_, str> = Cow::Borrowed(&text);
        let mut rewritten = false;
        if !self.values.is_empty() {
            match (self.values.get(&*now), &self.otherwise) {
                (Some(other), _) | (None, Some(other)) => (now, rewritten) = (Cow::Owned(other.clone()), true),
                (None, None) => {}
            }
        }
        if self.lowercase {
            (now, rewritten) = (Cow::Owned(now.to_lowercase()), true);
        }
        if let Some(split) = &self.split {
            (now, rewritten) = (Cow::Owned(now.replace(split.as_str(), "|")), true);
        }
        let mut failed = |expected: &'static str| {
            unread(Unread { column: column.to_owned(), text: text.clone().into_owned(), expected });
        };
        if let Some(mark) = self.decimal {
            match mark.read(&now) {
                Some(number) => (now, rewritten) = (Cow::Owned(number), true),
                None => failed(NUMBER),
            }
        }
        if let Some(tens) = self.divide {
            match divided(&now, tens) {
                Some(number) => (now, rewritten) = (Cow::Owned(number), true),
                None if self.decimal.is_some() => {}
                None => failed(NUMBER),
            }
        }
        if let Some(order) = self.dates {
            match order.read(&now) {
                Some(date) => (now, rewritten) = (Cow::Owned(date), true),
                None => failed(order.described()),
            }
        }
        if let Some(time) = zone.and_then(|zone| in_utc(&now, zone)) {
            (now, rewritten) = (Cow::Owned(time), true);
        }
        if rewritten { Value::text_of(&now) } else { Some(value) }
    }
}

/// A plain number with its point so many places further to the left.
fn divided(number: &str, tens: u32) -> Option<String> {
    rules::decimal::Decimal::parse(number).ok()?;
    let number = number.strip_prefix('+').unwrap_or(number);
    let (sign, bare) = number.strip_prefix('-').map_or(("", number), |bare| ("-", bare));
    let (whole, decimals) = bare.split_once('.').unwrap_or((bare, ""));
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let places = tens as usize;
    let padded = format!("{whole:0>width$}", width = places + 1);
    let (whole, moved) = padded.split_at(padded.len() - places);
    (is_plain(whole) && is_plain(moved) && is_plain(decimals)).then(|| format!("{sign}{whole}.{moved}{decimals}"))
}

/// A local time of a zone in UTC; `None` for a bare date, which is at home everywhere, and for what
/// is no time at all.
fn in_utc(text: &str, zone: &Zone) -> Option<String> {
    if rules::day::Day::parse(text).is_some() {
        return None;
    }
    let instant: Result<_, TimeError> = zone.instant(text);
    instant.ok().map(|instant| instant.to_string())
}

#[cfg(test)]
mod tests {
    use super::divided;

    #[test]
    fn numbers_are_divided_exactly() {
        let cases = [
            ("125000", 2, Some("1250.00")),
            ("5", 2, Some("0.05")),
            ("-5", 3, Some("-0.005")),
            ("12.5", 1, Some("1.25")),
            ("0", 2, Some("0.00")),
            ("a", 2, None),
            ("é", 2, None),
            ("", 2, None),
        ];
        for (number, tens, expected) in cases {
            assert_eq!(divided(number, tens).as_deref(), expected, "{number}");
        }
    }
}
