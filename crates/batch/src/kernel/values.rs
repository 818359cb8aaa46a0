//! The values of one column, each with a code, and what tests have been found to be for them.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use rules::value::Value;

/// The code of what is missing.
pub(super) const MISSING: u32 = 0;

/// So many values are remembered; then all are forgotten. What is looked at rarely has more.
const VALUES_MAX: usize = 1 << 18;

/// So many bytes their texts take at most.
const BYTES_MAX: usize = 32 << 20;

/// The values of a column.
#[derive(Debug)]
pub(super) struct Values {
    texts: HashMap<Arc<str>, u32, FixedState>,
    numbers: HashMap<i64, u32, FixedState>,
    bools: [Option<u32>; 2],
    all: Vec<Option<Value>>,
    bytes: usize,
}

impl Values {
    pub(super) fn new() -> Self {
        let (texts, numbers) = (HashMap::default(), HashMap::default());
        Self { texts, numbers, bools: [None, None], all: vec![None], bytes: 0 }
    }

    /// Whether it is time to forget.
    pub(super) fn is_full(&self) -> bool {
        self.all.len() >= VALUES_MAX || self.bytes >= BYTES_MAX
    }

    pub(super) fn code(&mut self, value: Option<&Value>) -> u32 {
        match value {
            None => MISSING,
            Some(Value::Text(text)) => self.code_of_text(text),
            Some(value @ Value::Number(number)) => match self.numbers.get(&number.units()) {
                Some(&code) => code,
                None => {
                    let code = self.add(value.clone());
                    self.numbers.insert(number.units(), code);
                    code
                }
            },
            Some(value @ Value::Bool(truth)) => match self.bools[usize::from(*truth)] {
                Some(code) => code,
                None => *self.bools[usize::from(*truth)].insert({
                    let code = u32::try_from(self.all.len()).expect("bounded");
                    self.all.push(Some(value.clone()));
                    code
                }),
            },
        }
    }

    pub(super) fn code_of_text(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return MISSING;
        }
        if let Some(&code) = self.texts.get(text) {
            return code;
        }
        self.bytes += text.len();
        let text: Arc<str> = text.into();
        let code = self.add(Value::Text(text.clone()));
        self.texts.insert(text, code);
        code
    }

    fn add(&mut self, value: Value) -> u32 {
        self.all.push(Some(value));
        u32::try_from(self.all.len() - 1).expect("a dictionary is emptied before it has 2^32 entries")
    }

    /// So many bits a code takes.
    fn bits(&self) -> u32 {
        self.all.len().next_power_of_two().ilog2()
    }

    pub(super) fn get(&self, code: u32) -> Option<&Value> {
        self.all.get(code as usize).and_then(Option::as_ref)
    }
}

/// What a test was found to be, by the codes of its columns.
#[derive(Debug, Default)]
pub(super) struct Memo {
    by_code: Vec<Option<bool>>,
    by_pair: HashMap<(u32, u32), bool, FixedState>,
    by_codes: HashMap<Box<[u32]>, bool, FixedState>,
}

impl Memo {
    pub(super) fn get(&self, codes: &[u32]) -> Option<bool> {
        match *codes {
            [code] => self.by_code.get(code as usize).copied().flatten(),
            [one, other] => self.by_pair.get(&(one, other)).copied(),
            _ => self.by_codes.get(codes).copied(),
        }
    }

    pub(super) fn set(&mut self, codes: &[u32], found: bool) {
        match *codes {
            [code] => {
                let place = code as usize;
                self.by_code.resize(self.by_code.len().max(place + 1), None);
                self.by_code[place] = Some(found);
            }
            [one, other] => {
                if self.by_pair.len() >= VALUES_MAX {
                    self.by_pair.clear();
                }
                self.by_pair.insert((one, other), found);
            }
            _ => {
                if self.by_codes.len() >= VALUES_MAX {
                    self.by_codes.clear();
                }
                self.by_codes.insert(codes.into(), found);
            }
        }
    }
}

/// So many bits the codes of an activity take together at most, for its meaning to stand in a table.
const COMBINED_BITS_MAX: u32 = 20;

/// Where nothing is known yet.
const UNKNOWN: u32 = u32::MAX;

/// What activities were found to mean, by their codes side by side.
#[derive(Debug, Default)]
pub(super) struct Combined {
    /// How many bits each code takes.
    bits: Vec<u32>,
    known: Vec<u32>,
}

impl Combined {
    /// The codes of each row side by side, given columns of them with all values that have codes; nothing if
    /// there are too many combinations.
    pub(super) fn keys<'v>(&mut self, columns: &[(&'v Values, &'v [u32])]) -> Option<Vec<u32>> {
        let bits: Vec<u32> = columns.iter().map(|(values, _)| values.bits()).collect();
        let sum: u32 = bits.iter().sum();
        if sum > COMBINED_BITS_MAX {
            return None;
        }
        if bits != self.bits {
            (self.bits, self.known) = (bits, vec![UNKNOWN; 1 << sum]);
        }
        let mut columns = columns.iter().zip(&self.bits);
        let ((_, first), mut shift) = columns.next().map(|(column, bits)| (column, *bits))?;
        let mut keys = first.to_vec();
        for ((_, codes), bits) in columns {
            keys.iter_mut().zip(*codes).for_each(|(key, code)| *key |= code << shift);
            shift += bits;
        }
        Some(keys)
    }

    pub(super) fn get(&self, key: u32) -> Option<u32> {
        Some(self.known[key as usize]).filter(|known| *known != UNKNOWN)
    }

    pub(super) fn set(&mut self, key: u32, meaning: u32) {
        self.known[key as usize] = meaning;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_side_by_side_as_long_as_there_are_few() {
        let mut values = Values::new();
        let codes: Vec<u32> = ["a", "b", "c", "d"].iter().map(|text| values.code_of_text(text)).collect();
        let (kinds, mut combined) = (Values::new(), Combined::default());
        // Five codes with that of what is missing take three bits, and one takes none.
        let keys = combined.keys(&[(&values, &codes), (&kinds, &[0; 4]), (&values, &codes)]).unwrap();
        assert_eq!(keys, [9, 18, 27, 36]);
        combined.set(18, 7);
        assert_eq!((combined.get(18), combined.get(9)), (Some(7), None));
        values.code_of_text("e");
        assert_eq!(combined.keys(&[(&values, &codes), (&values, &codes)]).unwrap(), keys);
        assert_eq!(combined.get(18), None, "the columns have changed");
        (0..2_000).for_each(|n| _ = values.code_of_text(&n.to_string()));
        assert_eq!(combined.keys(&[(&values, &codes), (&values, &codes)]), None);
    }
}
