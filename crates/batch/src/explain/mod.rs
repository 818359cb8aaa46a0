//! A score taken apart, for people and for machines: one ledger, two ways to write it.

mod gather;
mod json;
mod lines;
mod sentence;
mod text;
mod ways;

use rules::advice::{NextBand, Way};
use rules::forecast::Change;
use rules::ledger::Ledger;
use rules::model::{Model, ScoreAt, Subject};
use rules::score::{Outcome, SetAside};

pub use gather::{gather, gather_until};
pub use json::{json, number};
pub use lines::{lines, not_counted};
pub use sentence::sentence;
pub use text::text;
pub use ways::{of_ahead, shortly};

/// Everything that is to be said of one contact, account or opportunity.
#[derive(Debug)]
pub struct Explanation<'a> {
    /// The model.
    pub model: &'a Model,
    /// What it is.
    pub of: Subject,
    /// Its id.
    pub id: String,
    /// The date.
    pub as_of: rules::day::Day,
    /// The contact of an opportunity.
    pub contact: Option<String>,
    /// The accounts of a contact, or the one of an opportunity.
    pub accounts: Vec<String>,
    /// The amount of an opportunity.
    pub amount: Option<String>,
    /// The results, in the order of the model.
    pub outcomes: &'a [Outcome],
    /// Only this score, if any.
    pub only: Option<ScoreAt>,
    /// A ledger for each but matrices.
    pub ledgers: Vec<Ledger<'a>>,
    /// What did not count.
    pub aside: SetAside<'a>,
    /// The next changes of band.
    pub ahead: Vec<Ahead>,
    /// What leads to the next band, for each score that has one.
    pub next_bands: Vec<NextBand>,
    /// Whether everything is listed, also what gives nothing.
    pub all: bool,
}

/// A change of band to come.
#[derive(Debug)]
pub struct Ahead {
    /// The change.
    pub change: Change,
    /// The least that would prevent it, if it is a drop and activities of one kind can.
    pub prevented_by: Option<Way>,
}

impl<'a> Explanation<'a> {
    fn next_band(&self, score: ScoreAt) -> Option<&NextBand> {
        self.next_bands.iter().find(|next| next.score == score)
    }

    /// The results that are to be explained.
    fn wanted(&self) -> impl Iterator<Item = &'a Outcome> {
        self.outcomes.iter().filter(|outcome| self.only.is_none_or(|only| outcome.score == only))
    }
}
