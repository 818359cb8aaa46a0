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

use rules::activity::Activity;
use rules::day::Day;
use rules::facts::{Builder, Facts};
use rules::history::{Added, Row};
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::model::Model;
use rules::score::{Overflown, Scores};

pub use store::Activities;

use plan::Plan;

use crate::source::Sink;

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

/// Facts on their way to the kernel.
#[derive(Debug)]
pub struct Intake {
    others: Builder,
    activities: Activities,
}

impl Intake {
    /// Takes what a model needs of activities, or all of them `whole`.
    pub fn new(model: &Model, as_of: Day, whole: bool) -> Self {
        let plan = Plan::new(model, as_of);
        Self { others: Builder::default(), activities: Activities::new(&plan.columns, plan.accounts, whole) }
    }

    /// Contacts, accounts and opportunities, and the activities.
    pub fn finish(self) -> (Facts, Activities) {
        (self.others.finish(), self.activities)
    }
}

impl Sink for Intake {
    fn contact(&mut self, id: ContactId, row: Row) -> Added {
        self.others.contact(id, row)
    }

    fn account(&mut self, id: AccountId, row: Row) -> Added {
        self.others.account(id, row)
    }

    fn opportunity(&mut self, id: OpportunityId, row: Row) -> Added {
        self.others.opportunity(id, row)
    }

    fn activity(&mut self, activity: Activity) {
        self.activities.push(&activity);
    }
}

/// What the kernel has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    /// Everyone's scores.
    pub scores: Scores,
    /// How many activities exist on the date, each identity once.
    pub activities: usize,
}

/// Scores everyone. `facts` has contacts, accounts and opportunities, and no activities; `tick` is
/// called after each contact, from any thread.
///
/// # Errors
///
/// If the kernel cannot decide: see [`Undecided`].
pub fn score(
    model: &Model,
    facts: &Facts,
    activities: &Activities,
    as_of: Day,
    threads: usize,
    tick: &(dyn Fn() + Sync),
) -> Result<Scored, Undecided> {
    let plan = Plan::new(model, as_of);
    subject::score(&plan, facts, activities, as_of, threads, tick)
}
