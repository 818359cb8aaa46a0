//! An activity as the kernel keeps it: a head of eight bytes (whose, how old, what it means) and, only
//! where something asks for more, a tail of cells.

use std::borrow::Cow;

use rules::decimal::{Decimal, ParseError};
use rules::value::Value;

/// What a tail may say, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    /// When, in microseconds.
    Micros,
    /// The source, as a cell.
    Source,
    /// The id, as a cell.
    Id,
    /// The account that it names, as a cell.
    Account,
    /// Everything that it says as canonical JSON, as a cell.
    Canonical,
    /// The value of a column read as a number.
    Number(usize),
    /// The value of a column, as a cell.
    Cell(usize),
    /// Whose it is, where rows are by account; as a cell.
    Contact,
    /// The place among the rows of its contact, where rows are by account.
    Place,
}

/// Whose it is (a place in a dictionary), the age in days and what it means, in 64 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head(pub(super) u64);

const AGE_BITS: u32 = 23;
const MEANING_BITS: u32 = 17;
const AGE_ZERO: i64 = 1 << (AGE_BITS - 1);

/// So many meanings fit into a head.
pub(super) const MEANINGS_MAX: u32 = 1 << MEANING_BITS;

/// So many contacts or accounts fit into one dictionary of one partition.
pub(super) const WHOSE_MAX: u32 = 1 << (64 - AGE_BITS - MEANING_BITS);

/// Whether a head has room for so many days.
pub(super) fn is_age(days: i64) -> bool {
    (-AGE_ZERO..AGE_ZERO).contains(&days)
}

impl Head {
    /// # Panics
    ///
    /// If a part is too large: ages are within the calendar, and dictionaries are bounded.
    pub(super) fn new(whose: u32, age: i32, meaning: u32) -> Self {
        assert!(whose < WHOSE_MAX && meaning < MEANINGS_MAX, "dictionaries are bounded");
        let age = u64::try_from(i64::from(age) + AGE_ZERO).ok().filter(|_| is_age(i64::from(age)));
        let age = age.expect("the calendar has fewer days");
        Self(u64::from(whose) << (AGE_BITS + MEANING_BITS) | age << MEANING_BITS | u64::from(meaning))
    }

    pub(super) fn whose(self) -> usize {
        usize::try_from(self.0 >> (AGE_BITS + MEANING_BITS)).expect("24 bits")
    }

    pub(super) fn age(self) -> i32 {
        let age = (self.0 >> MEANING_BITS) & ((1 << AGE_BITS) - 1);
        i32::try_from(age.cast_signed() - AGE_ZERO).expect("23 bits")
    }

    pub(super) fn meaning(self) -> usize {
        usize::try_from(self.0 & (u64::from(MEANINGS_MAX) - 1)).expect("17 bits")
    }
}

/// A value read as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Known(Decimal),
    /// Missing, or no number.
    Unknown,
    /// A number beyond the range.
    Beyond,
}

impl Number {
    pub(super) fn of(value: Option<&Value>) -> Self {
        match value.map(Value::number) {
            Some(Ok(number)) => Self::Known(number),
            Some(Err(ParseError::OutOfRange)) => Self::Beyond,
            _ => Self::Unknown,
        }
    }
}

/// A value, or none, as it stands in a tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'t> {
    Missing,
    Text(&'t str),
    Number(Decimal),
    Bool(bool),
}

impl<'t> Cell<'t> {
    pub(super) fn of(value: Option<&'t Value>) -> Self {
        match value {
            None => Self::Missing,
            Some(Value::Text(text)) => Self::Text(text),
            Some(Value::Number(number)) => Self::Number(*number),
            Some(Value::Bool(truth)) => Self::Bool(*truth),
        }
    }

    pub(super) fn of_text(text: Option<&'t str>) -> Self {
        text.map_or(Self::Missing, Self::Text)
    }

    /// The text, where it is one.
    pub(super) fn as_text(self) -> Option<&'t str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Read as text; `None` if it is missing.
    pub(super) fn text(self) -> Option<Cow<'t, str>> {
        match self {
            Self::Missing => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            Self::Bool(truth) => Some(Cow::Borrowed(if truth { "true" } else { "false" })),
        }
    }

    pub(super) fn value(self) -> Option<Value> {
        match self {
            Self::Missing => None,
            Self::Text(text) => Some(Value::from(text)),
            Self::Number(number) => Some(Value::Number(number)),
            Self::Bool(truth) => Some(Value::Bool(truth)),
        }
    }
}

const MISSING: u8 = 0;
const TEXT: u8 = 1;
const NUMBER: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const BEYOND: u8 = 5;

/// Appends a cell.
pub(super) fn put_cell(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Missing => out.push(MISSING),
        Cell::Bool(truth) => out.push(if truth { TRUE } else { FALSE }),
        Cell::Number(number) => put_known(out, number),
        Cell::Text(text) => {
            out.push(TEXT);
            put_length(out, text.len());
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// Appends a number.
pub(super) fn put_number(out: &mut Vec<u8>, number: Number) {
    match number {
        Number::Known(number) => put_known(out, number),
        Number::Unknown => out.push(MISSING),
        Number::Beyond => out.push(BEYOND),
    }
}

fn put_known(out: &mut Vec<u8>, number: Decimal) {
    out.push(NUMBER);
    out.extend_from_slice(&number.units().to_le_bytes());
}

/// Appends a length in as few bytes as it takes.
pub(super) fn put_length(out: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7f).expect("seven bits") | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).expect("seven bits"));
}

/// Reads what was appended, in the same order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'t>(pub(super) &'t [u8]);

impl<'t> Reader<'t> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().expect("as much is read as was written");
        self.0 = rest;
        *first
    }

    fn bytes(&mut self, length: usize) -> &'t [u8] {
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    pub(super) fn length(&mut self) -> usize {
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return length;
            }
        }
    }

    pub(super) fn long(&mut self) -> i64 {
        i64::from_le_bytes(self.bytes(8).try_into().expect("eight bytes"))
    }

    pub(super) fn cell(&mut self) -> Cell<'t> {
        match self.byte() {
            TEXT => {
                let length = self.length();
                Cell::Text(std::str::from_utf8(self.bytes(length)).expect("a text was written"))
            }
            NUMBER => Cell::Number(Decimal::from_units(self.long())),
            FALSE => Cell::Bool(false),
            TRUE => Cell::Bool(true),
            _ => Cell::Missing,
        }
    }

    pub(super) fn number(&mut self) -> Number {
        match self.byte() {
            NUMBER => Number::Known(Decimal::from_units(self.long())),
            BEYOND => Number::Beyond,
            _ => Number::Unknown,
        }
    }

    /// The bytes of a cell.
    pub(super) fn pass(&mut self) -> &'t [u8] {
        let start = self.0;
        self.skip_cell();
        &start[..start.len() - self.0.len()]
    }

    fn skip_cell(&mut self) {
        match self.byte() {
            TEXT => {
                let length = self.length();
                self.bytes(length);
            }
            NUMBER => _ = self.bytes(8),
            _ => {}
        }
    }

    /// Passes over what a lane says.
    pub(super) fn skip(&mut self, lane: Lane) {
        match lane {
            Lane::Micros | Lane::Place => _ = self.bytes(8),
            _ => self.skip_cell(),
        }
    }

    /// What a lane says, given all lanes of the tail; the reader stands at its begin.
    pub(super) fn find(mut self, lanes: &[Lane], wanted: Lane) -> Option<Self> {
        for &lane in lanes {
            if lane == wanted {
                return Some(self);
            }
            self.skip(lane);
        }
        None
    }
}

/// Reads what may be anything: every step says whether there was what it looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubtful<'t>(pub(super) &'t [u8]);

impl<'t> Doubtful<'t> {
    fn bytes(&mut self, length: usize) -> Option<&'t [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    pub(super) fn length(&mut self) -> Option<usize> {
        let mut length = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = usize::from(byte & 0x7f);
            if bits.leading_zeros() < shift {
                return None;
            }
            length |= bits << shift;
            if byte < 0x80 {
                return Some(length);
            }
        }
        None
    }

    pub(super) fn long(&mut self) -> Option<i64> {
        Some(i64::from_le_bytes(self.bytes(8)?.try_into().ok()?))
    }

    /// Whether it says what lanes are to say, and nothing beside it.
    pub(super) fn says(mut self, lanes: &[Lane]) -> bool {
        lanes.iter().all(|&lane| self.lane(lane).is_some()) && self.0.is_empty()
    }

    fn lane(&mut self, lane: Lane) -> Option<()> {
        if matches!(lane, Lane::Micros | Lane::Place) {
            return self.long().map(|_| ());
        }
        let is_number = matches!(lane, Lane::Number(_));
        match self.byte()? {
            MISSING => Some(()),
            NUMBER => self.long().map(|_| ()),
            BEYOND if is_number => Some(()),
            FALSE | TRUE if !is_number => Some(()),
            TEXT if !is_number => {
                let length = self.length()?;
                std::str::from_utf8(self.bytes(length)?).ok().map(|_| ())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_keeps_its_parts() {
        for (whose, age, meaning) in [(0, 0, 0), (WHOSE_MAX - 1, -3_652_059, MEANINGS_MAX - 1), (7, 3_652_059, 9)] {
            let head = Head::new(whose, age, meaning);
            assert_eq!((head.whose(), head.age(), head.meaning()), (whose as usize, age, meaning as usize));
        }
    }

    #[test]
    fn a_tail_keeps_its_cells() {
        let long = "x".repeat(70_000);
        let mut tail = Vec::new();
        tail.extend_from_slice(&(-5_i64).to_le_bytes());
        let cells = [Cell::Text("é"), Cell::Missing, Cell::Number(Decimal::ONE), Cell::Bool(true), Cell::Text(&long)];
        cells.iter().for_each(|&cell| put_cell(&mut tail, cell));
        put_number(&mut tail, Number::Beyond);
        let lanes =
            [Lane::Micros, Lane::Source, Lane::Id, Lane::Account, Lane::Cell(0), Lane::Cell(1), Lane::Number(2)];
        let found = |lane| Reader(&tail).find(&lanes, lane).unwrap();
        assert_eq!(found(Lane::Micros).long(), -5);
        assert_eq!(found(Lane::Source).cell(), Cell::Text("é"));
        assert_eq!(found(Lane::Cell(1)).cell(), Cell::Text(&long));
        assert_eq!(found(Lane::Number(2)).number(), Number::Beyond);
        assert!(Reader(&tail).find(&lanes, Lane::Place).is_none());
    }

    #[test]
    fn doubt_knows_what_was_written() {
        let lanes = [Lane::Micros, Lane::Contact, Lane::Number(0), Lane::Number(1), Lane::Cell(2), Lane::Cell(3)];
        let mut tail = 7_i64.to_le_bytes().to_vec();
        put_cell(&mut tail, Cell::Text("é"));
        put_number(&mut tail, Number::Beyond);
        put_number(&mut tail, Number::Known(Decimal::ONE));
        put_cell(&mut tail, Cell::Bool(false));
        put_cell(&mut tail, Cell::Missing);
        assert!(Doubtful(&tail).says(&lanes));
        for end in 0..tail.len() {
            assert!(!Doubtful(&tail[..end]).says(&lanes), "the first {end} bytes");
        }
        assert!(!Doubtful(&[&tail[..], &[MISSING]].concat()).says(&lanes), "one byte more");
        assert!(!Doubtful(&[TEXT, 1, 0xff]).says(&[Lane::Contact]), "no UTF-8");
        assert!(!Doubtful(&[TEXT, 1, b'x']).says(&[Lane::Number(0)]), "a text for a number");
        assert!(!Doubtful(&[BEYOND]).says(&[Lane::Contact]), "a number for a text");
    }

    #[test]
    fn doubt_reads_lengths() {
        for length in [0, 127, 128, 70_000, usize::MAX] {
            let mut out = Vec::new();
            put_length(&mut out, length);
            assert_eq!(Doubtful(&out).length(), Some(length));
            assert_eq!(Doubtful(&out[..out.len() - 1]).length(), None);
        }
        assert_eq!(Doubtful(&[0xff; 20]).length(), None, "it has no end");
        assert_eq!(Doubtful(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).length(), None, "65 bits");
    }
}
