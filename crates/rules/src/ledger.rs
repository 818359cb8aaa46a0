//! The ledger: a score taken apart, down to each activity, so that the parts tie out exactly.
//!
//! Every entry obeys *result = sum less the losses*; a loss of negative points is negative.

use crate::activity::Activity;
use crate::condition::{Finding, Truth, Unknown};
use crate::day::Day;
use crate::decimal::Decimal;
use crate::fade::Factor;
use crate::id::ContactId;
use crate::model::{CategoryAt, ExclusionAt, RuleAt, ScoreAt};

/// One score of one contact, account or opportunity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger<'a> {
    /// The score.
    pub score: ScoreAt,
    /// The categories in order; then each rule without a category, alone in one.
    pub categories: Vec<CategoryEntry<'a>>,
    /// The parts of a combined score.
    pub parts: Vec<Part>,
    /// The sum of categories or parts.
    pub sum: Decimal,
    /// What the bounds took from the sum.
    pub lost_to_bounds: Decimal,
    /// What rounding took: at most half a unit of the last decimal, either way.
    pub lost_to_rounding: Decimal,
    /// The final score.
    pub points: Decimal,
}

/// A score that another is combined from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The score.
    pub score: ScoreAt,
    /// Its weight.
    pub weight: Decimal,
    /// Its final value.
    pub points: Decimal,
    /// Weight times value, rounded to four decimals.
    pub result: Decimal,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryEntry<'a> {
    /// The category; `None` for a rule that names its score directly.
    pub category: Option<CategoryAt>,
    /// Its rules in order.
    pub rules: Vec<RuleEntry<'a>>,
    /// Their sum.
    pub sum: Decimal,
    /// What the bounds took from it.
    pub lost_to_bounds: Decimal,
    /// What the category gives to the score.
    pub result: Decimal,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleEntry<'a> {
    /// The rule.
    pub rule: RuleAt,
    /// The facts behind it.
    pub basis: Basis<'a>,
    /// How many activities count.
    pub counted: usize,
    /// The points before any loss.
    pub base: Decimal,
    /// What fading took.
    pub faded: Decimal,
    /// What `take` passed over.
    pub not_taken: Decimal,
    /// What the cap took.
    pub capped: Decimal,
    /// What the rule gives.
    pub result: Decimal,
}

/// The facts behind a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis<'a> {
    /// Activities, each with what became of it.
    Activities(Vec<Line<'a>>),
    /// Activities taken together.
    Tiers {
        /// Each with what became of it.
        lines: Vec<Line<'a>>,
        /// Their number, or the sum of their values.
        reached: Decimal,
        /// The threshold of the tier reached.
        tier: Option<Decimal>,
    },
    /// A condition.
    When {
        /// Its value.
        truth: Truth,
        /// What its names were found to be.
        findings: Vec<Finding>,
        /// The number that the points are multiplied by.
        multiplier: Option<Decimal>,
        /// What was unknown.
        unknown: Vec<Unknown>,
    },
    /// Several conditions.
    Cases {
        /// The place of the first true one.
        met: Option<usize>,
        /// What its names were found to be.
        findings: Vec<Finding>,
        /// The number that its points are multiplied by.
        multiplier: Option<Decimal>,
        /// What was unknown in those passed over.
        unknown: Vec<Unknown>,
    },
    /// Whole periods since a date.
    Since {
        /// The date.
        start: Option<Day>,
        /// Whole periods elapsed.
        periods: i64,
        /// What was unknown.
        unknown: Vec<Unknown>,
    },
    /// Whole periods of silence.
    Silence {
        /// Since when.
        since: Silence,
        /// Whole periods elapsed; none counted where the silence is endless.
        periods: i64,
    },
    /// The scores of people.
    People {
        /// Each who counts, with the final score.
        scores: Vec<(ContactId, Decimal)>,
        /// The one number that they became, before it is multiplied by the rule's points.
        pooled: Decimal,
        /// What their sum was divided by, for `per_capita`.
        divisor: Option<Decimal>,
        /// Why the result is 0 regardless, if it is.
        nothing: Option<Nothing>,
    },
    /// Not counted here: a rule that is not about activities, for a contact that does not have
    /// the account on the as-of date.
    Elsewhere,
}

/// Since when it has been silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The day of the last activity that ends a silence.
    Activity(Day),
    /// There was none: the local day of the attribute `created_at`.
    Created(Day),
    /// Neither is known.
    Endless,
}

/// Why a roll-up gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// The account has no people who count.
    NoPeople,
    /// The divisor is unknown.
    UnknownDivisor(Unknown),
    /// The divisor is zero.
    ZeroDivisor,
}

/// An activity under a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The activity.
    pub activity: &'a Activity,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an activity whose type a rule matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It counts.
    Counted {
        /// Its points.
        base: Decimal,
        /// What is left of them.
        factor: Factor,
        /// Base times factor.
        contribution: Decimal,
        /// Whether `take` passed it over.
        taken: bool,
    },
    /// It counts towards a tier, with this much.
    Towards(Decimal),
    /// Excluded.
    Excluded(ExclusionAt),
    /// Whether it matches is unknown.
    Unknown(Vec<Unknown>),
    /// Earlier ones had used up the limit.
    OverLimit,
    /// The number that it is multiplied by, or its value, is unknown.
    UnknownNumber(Unknown),
    /// Too old.
    OutsideWindow,
}

impl Fate {
    /// Whether the activity counts.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Counted { .. } | Self::Towards(_))
    }
}
