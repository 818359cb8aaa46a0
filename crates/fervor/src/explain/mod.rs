//! A score taken apart, for people and for machines: one ledger, two ways to write it.

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

pub(crate) use json::{json, number};
pub(crate) use text::text;
pub(crate) use ways::{of_ahead, shortly};

/// Everything that is to be said of one contact, account or opportunity.
pub(crate) struct Explanation<'a> {
    pub(crate) model: &'a Model,
    pub(crate) of: Subject,
    pub(crate) id: String,
    pub(crate) as_of: rules::day::Day,
    /// The contact of an opportunity.
    pub(crate) contact: Option<String>,
    /// The accounts of a contact, or the one of an opportunity.
    pub(crate) accounts: Vec<String>,
    /// The amount of an opportunity.
    pub(crate) amount: Option<String>,
    /// The results, in the order of the model.
    pub(crate) outcomes: &'a [Outcome],
    /// Only this score, if any.
    pub(crate) only: Option<ScoreAt>,
    /// A ledger for each but matrices.
    pub(crate) ledgers: Vec<Ledger<'a>>,
    pub(crate) aside: SetAside<'a>,
    /// The next changes of band.
    pub(crate) ahead: Vec<Ahead>,
    /// What leads to the next band, for each score that has one.
    pub(crate) next_bands: Vec<NextBand>,
    /// Whether everything is listed, also what gives nothing.
    pub(crate) all: bool,
}

/// A change of band to come.
pub(crate) struct Ahead {
    pub(crate) change: Change,
    /// The least that would prevent it, if it is a drop and activities of one kind can.
    pub(crate) prevented_by: Option<Way>,
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
