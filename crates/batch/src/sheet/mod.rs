//! Results as tables: one each of contacts, accounts and opportunities, with the same columns and types
//! in every file and in memory.

mod columns;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use rules::model::{CategoryAt, Model, RuleAt, ScoreAt, Subject};
use rules::score::{Card, Outcome, Scores};

pub use columns::Columns;
pub(crate) use columns::kind;

/// So many rows are gathered before they become a batch.
pub const BATCH_ROWS: usize = 8 << 10;

/// A cell: its text, and whether it is a number.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// The digits of a number.
    Number(String),
}

impl Cell {
    fn number(text: Option<String>) -> Self {
        text.map_or(Self::Empty, Self::Number)
    }

    fn text(text: Option<String>) -> Self {
        text.map_or(Self::Empty, Self::Text)
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Texts.
    Text,
    /// Numbers with so many decimals.
    Number(u8),
}

/// What the columns of one table are made of.
#[derive(Debug)]
pub struct Sheet<'a> {
    of: Subject,
    model: &'a Model,
    scores: Vec<ScoreAt>,
    categories: Vec<CategoryAt>,
    rules: Vec<RuleAt>,
}

impl<'a> Sheet<'a> {
    /// The table of a subject; with `details` also the result of every category and rule.
    pub fn new(of: Subject, model: &'a Model, details: bool) -> Self {
        let scores: Vec<_> = model.scores_of(of).map(|(at, _)| at).collect();
        let own = |score: ScoreAt| details && model.score(score).of == of;
        let categories = (0..model.categories.len()).map(CategoryAt);
        let rules = (0..model.rules.len()).map(RuleAt);
        Self {
            of,
            model,
            scores,
            categories: categories.filter(|&at| own(model.category(at).score)).collect(),
            rules: rules.filter(|&at| own(model.rule(at).score)).collect(),
        }
    }

    /// The names of the columns; the first is the id.
    pub fn columns(&self) -> Vec<String> {
        let suffixes: &[&str] = match self.of {
            Subject::Contact | Subject::Account => &["", "_band", "_percentile"],
            Subject::Opportunity => &["", "_probability", "_estimated_value"],
        };
        let ids = self.scores.iter().map(|&at| &self.model.score(at).id);
        let scores = ids.flat_map(|id| suffixes.iter().map(move |suffix| format!("{id}{suffix}")));
        let categories = self.categories.iter().map(|&at| format!("category.{}", self.model.category(at).id));
        let rules = self.rules.iter().map(|&at| format!("rule.{}", self.model.rule(at).id));
        std::iter::once(self.of.word().to_owned()).chain(scores).chain(categories).chain(rules).collect()
    }

    /// What each of the columns holds.
    pub fn holds(&self) -> Vec<Holds> {
        let of_score = |at: &ScoreAt| {
            let points = Holds::Number(self.model.score(*at).decimals);
            match self.of {
                Subject::Contact | Subject::Account => [points, Holds::Text, Holds::Number(2)],
                Subject::Opportunity => [points, Holds::Number(6), Holds::Number(4)],
            }
        };
        let details = self.categories.len() + self.rules.len();
        let details = std::iter::repeat_n(Holds::Number(4), details);
        std::iter::once(Holds::Text).chain(self.scores.iter().flat_map(of_score)).chain(details).collect()
    }

    /// The row of one subject.
    pub fn cells<Id: ToString>(&self, card: &Card<Id>) -> Vec<Cell> {
        let mut cells = vec![Cell::Text(card.id.to_string())];
        for outcome in &card.scores {
            cells.extend(self.of_outcome(outcome));
        }
        let four = |number: Option<&rules::decimal::Decimal>| Cell::number(number.map(|number| number.fixed(4)));
        cells.extend(self.categories.iter().map(|at| four(card.categories.get(at))));
        cells.extend(self.rules.iter().map(|at| four(card.rules.get(at))));
        cells
    }

    /// Everyone's rows, some at a time.
    ///
    /// # Errors
    ///
    /// If a number does not fit its column, which would be a mistake of this module.
    pub fn batches(&self, scores: &Scores) -> Result<Vec<RecordBatch>, ArrowError> {
        match self.of {
            Subject::Contact => self.rows(&scores.contacts),
            Subject::Account => self.rows(&scores.accounts),
            Subject::Opportunity => self.rows(&scores.opportunities),
        }
    }

    fn rows<Id: ToString>(&self, cards: &[Card<Id>]) -> Result<Vec<RecordBatch>, ArrowError> {
        let mut columns = Columns::of(self);
        let batch = |cards: &[Card<Id>]| {
            cards.iter().try_for_each(|card| columns.push(&self.cells(card)))?;
            columns.take()
        };
        cards.chunks(BATCH_ROWS).map(batch).collect()
    }

    fn of_outcome(&self, outcome: &Outcome) -> [Cell; 3] {
        let decimals = self.model.score(outcome.score).decimals;
        let points = Cell::number(outcome.points.map(|points| points.fixed(decimals)));
        match self.of {
            Subject::Contact | Subject::Account => {
                let percentile = outcome.percentile.map(|percentile| percentile.fixed(2));
                [points, Cell::text(outcome.band.clone()), Cell::number(percentile)]
            }
            Subject::Opportunity => {
                let probability = outcome.probability.map(|probability| probability.to_string());
                let value = outcome.estimated_value.map(|value| value.fixed(4));
                [points, Cell::number(probability), Cell::number(value)]
            }
        }
    }
}
