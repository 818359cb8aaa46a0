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
