//! The same scores as the reference evaluator's, over many more activities.
//!
//! The flow is `plan (what a model asks of activities) -> store (columns and dictionaries) -> contact
//! (in order, duplicates set aside, exclusions decided) -> fold (rule by rule) -> accounts -> ranks`.
//! What is not about one activity after the other is `rules`' own: see `rules::score::Dimensions`.

mod contact;
mod fold;
mod plan;
mod store;
mod subject;
mod tables;

use rules::day::Day;
use rules::facts::Facts;
use rules::model::Model;
use rules::score::{Overflown, Scores};

pub use store::Activities;

use plan::Plan;

/// Why the kernel cannot say what a score is; the reference evaluator can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// A number leaves the range: the reference evaluator says where.
    Overflow,
    /// Of two activities of one moment without ids the first is told by columns that were not kept:
    /// with all of them it can be.
    Order,
}

impl From<Overflown> for Undecided {
    fn from(_: Overflown) -> Self {
        Self::Overflow
    }
}

/// An empty store for the activities of a model: with the columns that it needs, or `whole`.
pub fn activities(model: &Model, as_of: Day, whole: bool) -> Activities {
    let plan = Plan::new(model, as_of);
    Activities::new(&plan.columns, plan.accounts, whole)
}

/// Everyone's scores. `facts` has contacts, accounts and opportunities, and no activities; `tick` is
/// called after each contact, from any thread.
///
/// # Errors
///
/// If the kernel cannot decide: see [`Undecided`].
pub fn scores(
    model: &Model,
    facts: &Facts,
    activities: &Activities,
    as_of: Day,
    threads: usize,
    tick: &(dyn Fn() + Sync),
) -> Result<Scores, Undecided> {
    let plan = Plan::new(model, as_of);
    subject::scores(&plan, facts, activities, as_of, threads, tick)
}
