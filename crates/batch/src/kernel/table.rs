//! Everyone's results by column, in the byte order of ids.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use rules::band;
use rules::decimal::Decimal;
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::model::{CategoryAt, Form, Model, RuleAt, Score, ScoreAt, Subject};
use rules::score::{Card, Outcome, Scores};

use crate::sheet::{Columns, Holds, Sheet, kind};

/// Everyone's results.
#[derive(Debug)]
pub struct Tables {
    /// Of contacts: every one that exists, even if the model has no score of contacts.
    pub contacts: Table,
    /// Of accounts, if the model has scores of accounts.
    pub accounts: Table,
    /// Of opportunities, if the model has scores of opportunities.
    pub opportunities: Vec<Card<OpportunityId>>,
}

/// Results of contacts or of accounts.
#[derive(Debug, Default)]
pub struct Table {
    ids: Texts,
    /// Rows in the byte order of ids.
    order: Vec<u32>,
    columns: Vec<Column>,
    /// For each score the names of its bands.
    names: Vec<Vec<String>>,
    matrices: Vec<Option<(usize, usize)>>,
    categories: Vec<(CategoryAt, Vec<Decimal>)>,
    rules: Vec<(RuleAt, Vec<Decimal>)>,
}

/// One score; of a matrix nothing is held, as its labels follow from others.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) score: ScoreAt,
    pub(super) points: Vec<Decimal>,
    pub(super) percentiles: Vec<Option<Decimal>>,
    pub(super) bands: Vec<Option<u8>>,
}

impl Column {
    pub(super) fn new(score: &Score, at: ScoreAt, points: Vec<Decimal>, percentiles: Vec<Option<Decimal>>) -> Self {
        let numbers = points.iter().zip(&percentiles);
        let place = |(points, percentile): (&Decimal, &Option<Decimal>)| {
            let place = band::of(score, Some(*points), *percentile)?;
            Some(u8::try_from(place).expect("a model has at most 26 bands to a score"))
        };
        Self { score: at, bands: numbers.map(place).collect(), points, percentiles }
    }

    pub(super) fn of_matrix(at: ScoreAt) -> Self {
        Self { score: at, points: Vec::new(), percentiles: Vec::new(), bands: Vec::new() }
    }
}

/// Texts, one after the other.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<u64>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len() as u64);
    }

    pub(super) fn append(&mut self, other: &Self) {
        let start = self.bytes.len() as u64;
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| start + end));
    }

    fn bytes(&self, row: usize) -> &[u8] {
        let at = |row: usize| usize::try_from(self.ends[row]).expect("an offset into memory");
        let start = if row == 0 { 0 } else { at(row - 1) };
        &self.bytes[start..at(row)]
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Some of them, in their order.
    pub(super) fn array(&self, rows: impl Iterator<Item = usize>) -> StringArray {
        StringArray::from_iter_values(rows.map(|row| self.get(row)))
    }

    fn get(&self, row: usize) -> &str {
        std::str::from_utf8(self.bytes(row)).expect("texts were added")
    }

    /// The rows in byte order.
    pub(super) fn order(&self) -> Vec<u32> {
        let begin = |row: u32| {
            let mut begin = [0; 16];
            let bytes = self.bytes(row as usize);
            let length = bytes.len().min(16);
            begin[..length].copy_from_slice(&bytes[..length]);
            u128::from_be_bytes(begin)
        };
        let rows = u32::try_from(self.ends.len()).expect("fewer than 2^32 subjects");
        let mut keys: Vec<(u128, u32)> = (0..rows).map(|row| (begin(row), row)).collect();
        // Texts that begin alike, a shorter one perhaps with zero bytes, are told apart by all of them.
        keys.sort_unstable_by(|one, other| {
            one.0.cmp(&other.0).then_with(|| self.bytes(one.1 as usize).cmp(self.bytes(other.1 as usize)))
        });
        keys.into_iter().map(|(_, row)| row).collect()
    }
}

impl Table {
    pub(super) fn new(
        model: &Model,
        ids: Texts,
        order: Vec<u32>,
        columns: Vec<Column>,
        categories: Vec<(CategoryAt, Vec<Decimal>)>,
        rules: Vec<(RuleAt, Vec<Decimal>)>,
    ) -> Self {
        let place = |score: ScoreAt| columns.iter().position(|column| column.score == score);
        let matrices = columns.iter().map(|column| match model.score(column.score).form {
            Form::Matrix(letters, digits) => place(letters).zip(place(digits)),
            _ => None,
        });
        let matrices = matrices.collect();
        let names =
            columns.iter().map(|column| model.score(column.score).bands.iter().map(|band| band.name.clone()).collect());
        let names = names.collect();
        Self { ids, order, columns, names, matrices, categories, rules }
    }

    fn of<Id>(model: &Model, cards: &[Card<Id>], id: impl Fn(&Id) -> &str) -> Self {
        let Some(first) = cards.first() else { return Self::default() };
        let mut ids = Texts::default();
        cards.iter().for_each(|card| ids.push(id(&card.id)));
        let columns = first.scores.iter().enumerate().map(|(place, outcome)| {
            let outcomes = || cards.iter().map(|card| &card.scores[place]);
            let points: Option<Vec<_>> = outcomes().map(|outcome| outcome.points).collect();
            match points {
                None => Column::of_matrix(outcome.score),
                Some(points) => {
                    let percentiles = outcomes().map(|outcome| outcome.percentile).collect();
                    Column::new(model.score(outcome.score), outcome.score, points, percentiles)
                }
            }
        });
        let categories =
            first.categories.keys().map(|&at| (at, cards.iter().map(|card| card.categories[&at]).collect()));
        let rules = first.rules.keys().map(|&at| (at, cards.iter().map(|card| card.rules[&at]).collect()));
        let order = (0..u32::try_from(cards.len()).expect("fewer than 2^32 subjects")).collect();
        Self::new(model, ids, order, columns.collect(), categories.collect(), rules.collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The id of a row; rows are in the byte order of ids.
    pub fn id(&self, row: usize) -> &str {
        self.ids.get(self.order[row] as usize)
    }

    /// The row of an id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.order.binary_search_by(|&row| self.ids.get(row as usize).cmp(id)).ok()
    }

    /// The scores, in the order of the model.
    pub fn scores(&self) -> impl Iterator<Item = ScoreAt> {
        self.columns.iter().map(|column| column.score)
    }

    /// The final points of a row in the score of that place; a matrix has none.
    pub fn points(&self, row: usize, score: usize) -> Option<Decimal> {
        self.columns[score].points.get(self.order[row] as usize).copied()
    }

    /// The percentile.
    pub fn percentile(&self, row: usize, score: usize) -> Option<Decimal> {
        self.columns[score].percentiles.get(self.order[row] as usize).copied().flatten()
    }

    /// The name of the band, or the label of a matrix.
    pub fn band(&self, row: usize, score: usize) -> Option<Cow<'_, str>> {
        self.band_at(self.order[row] as usize, score)
    }

    fn band_at(&self, at: usize, score: usize) -> Option<Cow<'_, str>> {
        let band = |score: usize| self.columns[score].bands.get(at).copied().flatten().map(usize::from);
        let place = |score: usize| Some((band(score)?, self.names[score].len()));
        match self.matrices[score] {
            Some((letters, digits)) => Some(Cow::Owned(band::label(place(letters)?, place(digits)?))),
            None => place(score).map(|(place, _)| Cow::Borrowed(&*self.names[score][place])),
        }
    }

    /// What a category gives; `None` if that was not kept.
    pub fn category(&self, row: usize, category: CategoryAt) -> Option<Decimal> {
        let column = self.categories.iter().find(|(at, _)| *at == category)?;
        Some(column.1[self.order[row] as usize])
    }

    /// What a rule gives; `None` if that was not kept.
    pub fn rule(&self, row: usize, rule: RuleAt) -> Option<Decimal> {
        let column = self.rules.iter().find(|(at, _)| *at == rule)?;
        Some(column.1[self.order[row] as usize])
    }

    /// Some rows, as they are shown: see [`Sheet`].
    ///
    /// # Errors
    ///
    /// If a number does not fit its column, which would be a mistake of this module.
    pub fn batch(
        &self,
        model: &Model,
        of: Subject,
        details: bool,
        rows: Range<usize>,
    ) -> Result<RecordBatch, ArrowError> {
        let order = &self.order[rows];
        let at = || order.iter().map(|row| *row as usize);
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.ids.array(at()))];
        for (place, column) in self.columns.iter().enumerate() {
            let decimals = model.score(column.score).decimals;
            columns.push(numbers(at().map(|row| column.points.get(row).copied()), decimals)?);
            columns.push(match self.matrices[place] {
                Some(_) => Arc::new(StringArray::from_iter(at().map(|row| self.band_at(row, place)))),
                None => {
                    let name = |row: usize| Some(&*self.names[place][usize::from(column.bands.get(row).copied()??)]);
                    Arc::new(StringArray::from_iter(at().map(name)))
                }
            });
            columns.push(numbers(at().map(|row| column.percentiles.get(row).copied().flatten()), 2)?);
        }
        if details {
            let kept =
                self.categories.iter().map(|(_, column)| column).chain(self.rules.iter().map(|(_, column)| column));
            for column in kept {
                columns.push(numbers(at().map(|row| Some(column[row])), 4)?);
            }
        }
        let schema = Columns::of(&Sheet::new(of, model, details)).schema().clone();
        RecordBatch::try_new(schema, columns)
    }

    /// All results of a row.
    pub fn card<Id>(&self, row: usize, id: impl Fn(&str) -> Id) -> Card<Id> {
        let at = self.order[row] as usize;
        let scores = (0..self.columns.len()).map(|score| Outcome {
            score: self.columns[score].score,
            points: self.points(row, score),
            band: self.band(row, score).map(Cow::into_owned),
            percentile: self.percentile(row, score),
            probability: None,
            estimated_value: None,
        });
        let categories: BTreeMap<_, _> = self.categories.iter().map(|(of, column)| (*of, column[at])).collect();
        let rules: BTreeMap<_, _> = self.rules.iter().map(|(of, column)| (*of, column[at])).collect();
        Card { id: id(self.id(row)), scores: scores.collect(), categories, rules }
    }
}

/// Numbers as they are shown, in units of their last decimal.
fn numbers(numbers: impl Iterator<Item = Option<Decimal>>, decimals: u8) -> Result<ArrayRef, ArrowError> {
    let step = 10_i64.pow(u32::from(4 - decimals));
    let array =
        Decimal128Array::from_iter(numbers.map(|number| number.map(|number| i128::from(number.units() / step))));
    Ok(Arc::new(array.with_data_type(kind(Holds::Number(decimals)))))
}

impl Tables {
    /// What another engine has found.
    pub fn of(model: &Model, scores: Scores) -> Self {
        let contacts = Table::of(model, &scores.contacts, |id| id.as_str());
        let accounts = Table::of(model, &scores.accounts, |id| id.as_str());
        Self { contacts, accounts, opportunities: scores.opportunities }
    }

    /// The same by row.
    pub fn into_scores(self) -> Scores {
        let contacts = (0..self.contacts.len()).map(|row| self.contacts.card(row, |id| ContactId::from(id)));
        let accounts = (0..self.accounts.len()).map(|row| self.accounts.card(row, |id| AccountId::from(id)));
        Scores { contacts: contacts.collect(), accounts: accounts.collect(), opportunities: self.opportunities }
    }
}
