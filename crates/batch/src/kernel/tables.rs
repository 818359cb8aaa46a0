//! What is worked out once for every entry of a dictionary: which types a rule covers, the numbers
//! that values are, and the texts that they share.

use std::collections::HashMap;
use std::sync::Arc;

use rules::decimal::{Decimal, ParseError};
use rules::model::Types;

use super::plan::Plan;
use super::store::{Activities, MISSING, Texts};

/// A value read as a number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Known(Decimal),
    /// Missing, or no number.
    Unknown,
    /// A number beyond the range.
    Beyond,
}

/// By the code of a type, whether it is covered.
pub(super) type Covered = Vec<bool>;

/// Tables that all threads share.
#[derive(Debug)]
pub(super) struct Tables {
    /// For each rule of the kind `activity`.
    pub(super) rules: Vec<Covered>,
    /// For each rule that tells two activities of one moment apart.
    pub(super) in_order: Vec<Covered>,
    /// For each rule of the kind `inactive_for`: the types that end a silence.
    pub(super) silences: Vec<Covered>,
    /// For each exclusion.
    pub(super) exclusions: Vec<Covered>,
    /// For each exclusion with `after`.
    pub(super) after: Vec<Covered>,
    /// For each column, the number of each code.
    pub(super) numbers: Vec<Vec<Number>>,
    /// For each column, a number for each text: two values of one text have the same.
    pub(super) texts: Vec<Vec<u32>>,
}

impl Tables {
    pub(super) fn new(plan: &Plan<'_>, store: &Activities) -> Self {
        let kinds = &store.kinds;
        let silences = plan.silences.iter().map(|(_, types)| match types {
            Some(types) => covered(types, kinds),
            None => kinds.all.iter().map(|kind| !plan.model.passive.contains(kind)).collect(),
        });
        let exclusions = || plan.exclusions.iter();
        let after = exclusions().map(|exclusion| match &exclusion.after {
            Some(after) => covered(after.types, kinds),
            None => Vec::new(),
        });
        Self {
            in_order: plan
                .rules
                .iter()
                .filter(|rule| rule.order_matters)
                .map(|rule| covered(rule.types, kinds))
                .collect(),
            rules: plan.rules.iter().map(|rule| covered(rule.types, kinds)).collect(),
            silences: silences.collect(),
            exclusions: exclusions().map(|exclusion| covered(exclusion.types, kinds)).collect(),
            after: after.collect(),
            numbers: (0..store.columns.len()).map(|column| numbers(store, column)).collect(),
            texts: (0..store.columns.len()).map(|column| texts(store, column)).collect(),
        }
    }
}

fn covered(types: &Types, kinds: &Texts) -> Covered {
    kinds.all.iter().map(|kind| types.cover(kind)).collect()
}

fn numbers(store: &Activities, column: usize) -> Vec<Number> {
    let number = |value: &Option<rules::value::Value>| match value.as_ref().map(rules::value::Value::number) {
        Some(Ok(number)) => Number::Known(number),
        Some(Err(ParseError::OutOfRange)) => Number::Beyond,
        _ => Number::Unknown,
    };
    let values = &store.columns[column].values;
    if values.is_empty() { vec![Number::Unknown] } else { values.iter().map(number).collect() }
}

fn texts(store: &Activities, column: usize) -> Vec<u32> {
    let mut known: HashMap<Arc<str>, u32> = HashMap::new();
    let mut codes = vec![MISSING];
    for value in store.columns[column].values.iter().skip(1).flatten() {
        let next = u32::try_from(known.len() + 1).unwrap_or(u32::MAX);
        codes.push(*known.entry(value.text().into()).or_insert(next));
    }
    codes
}
