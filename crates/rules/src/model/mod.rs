//! A model: what its author decided, checked once and trusted from then on.
//!
//! The flow is `text -> tree (toml) -> read (keys, values) -> check (references) -> Model`.
//! Every problem found on the way is a [`Diagnostic`] with its place; a [`Model`] has none left.

mod diagnostic;
mod keys;
mod links;
mod places;
mod print;
mod read;
mod rule;
mod tree;

use std::sync::Arc;

use crate::condition::{Condition, Name};
use crate::day::{Per, Period, Zone};
use crate::decimal::Decimal;
use crate::fade::Fade;
use crate::probability::Probability;

pub use diagnostic::Diagnostic;
pub use keys::{KEYS, Key, Section, Shape};
pub use places::Places;
pub use print::quoted;

/// A checked model. Scores, categories and rules stand in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// What it is called; empty if it does not say.
    pub name: String,
    /// Where midnight falls.
    pub zone: Zone,
    /// Activity types that happen *to* a contact, and so never end a silence.
    pub passive: Vec<Arc<str>>,
    /// The scores.
    pub scores: Vec<Score>,
    /// The categories.
    pub categories: Vec<Category>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The exclusions; the first that covers an activity excludes it.
    pub exclusions: Vec<Exclusion>,
}

/// The place of a score in [`Model::scores`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScoreAt(pub usize);

/// The place of a category in [`Model::categories`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategoryAt(pub usize);

/// The place of a rule in [`Model::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleAt(pub usize);

/// The place of an exclusion in [`Model::exclusions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExclusionAt(pub usize);

/// What a score is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A person, member or prospect.
    Contact,
    /// An organisation.
    Account,
    /// A possible sale or renewal.
    Opportunity,
}

impl Subject {
    /// The words of the model language.
    pub const ALL: [(&'static str, Self); 3] =
        [("contact", Self::Contact), ("account", Self::Account), ("opportunity", Self::Opportunity)];

    /// The word of the model language.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// The word in a sentence: `a contact`, `an account`.
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Contact => "a contact",
            Self::Account => "an account",
            Self::Opportunity => "an opportunity",
        }
    }
}

/// What a total is held within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The least, if there is one.
    pub min: Option<Decimal>,
    /// The most, if there is one; not below `min`.
    pub max: Option<Decimal>,
}

impl Bounds {
    /// The total held within the bounds.
    pub fn hold(self, total: Decimal) -> Decimal {
        let raised = self.min.map_or(total, |min| total.max(min));
        self.max.map_or(raised, |max| raised.min(max))
    }
}

/// A score.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Its id, unique among scores.
    pub id: String,
    /// For people; empty if it does not say.
    pub title: String,
    /// Whose score it is.
    pub of: Subject,
    /// What it is made of.
    pub form: Form,
    /// What the sum is held within; no finer than `decimals`.
    pub bounds: Bounds,
    /// How many decimals the final score keeps: 0 to 4.
    pub decimals: u8,
    /// From the lowest to the highest.
    pub bands: Vec<Band>,
    /// What the bands are thresholds of.
    pub bands_by: BandsBy,
    /// Who is ranked for the percentile; everyone if absent.
    pub population: Option<Condition>,
    /// Within which groups; one group if absent.
    pub cohort: Option<Name>,
    /// How the factor total of an opportunity becomes a probability.
    pub probability: Option<Probability>,
}

/// What a score is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The sum of its categories.
    Sum,
    /// The weighted sum of other scores of the same subject.
    Combine(Vec<(ScoreAt, Decimal)>),
    /// A label from the bands of two other scores: letters from the first, digits from the second.
    Matrix(ScoreAt, ScoreAt),
}

/// A band, from its threshold up to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// What it is called.
    pub name: String,
    /// The least that reaches it; the lowest band reaches down without end.
    pub from: Decimal,
}

/// What bands are thresholds of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandsBy {
    /// The final score.
    Points,
    /// The percentile.
    Percentile,
}

/// A category: rules that share bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its id, unique among categories.
    pub id: String,
    /// For people; empty if it does not say.
    pub title: String,
    /// The score that it belongs to.
    pub score: ScoreAt,
    /// What the sum of its rules is held within.
    pub bounds: Bounds,
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its id, unique among rules.
    pub id: String,
    /// For people; empty if it does not say.
    pub title: String,
    /// The score that it belongs to.
    pub score: ScoreAt,
    /// Its category; without one it is alone in an unnamed category without bounds.
    pub category: Option<CategoryAt>,
    /// What it gives points for.
    pub kind: Kind,
    /// Its total is held within `[-cap, cap]`.
    pub cap: Option<Decimal>,
}

/// What a rule gives points for.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Things done.
    Activity(ActivityRule),
    /// One thing known.
    When {
        /// What must be true.
        condition: Condition,
        /// The points if it is.
        points: Decimal,
        /// A numeric attribute that multiplies them.
        multiply_by: Option<Name>,
    },
    /// The first of several things known.
    Cases {
        /// The cases in order.
        cases: Vec<Case>,
        /// A numeric attribute that multiplies the points.
        multiply_by: Option<Name>,
    },
    /// Staying: points for each whole period since a date.
    Since {
        /// The attribute with the date.
        name: Name,
        /// The period.
        every: Period,
        /// Points for each.
        points: Decimal,
    },
    /// Silence: points once a period without activity has elapsed.
    Inactive {
        /// How long.
        period: Period,
        /// The types that end a silence; any that is not passive if absent.
        types: Option<Types>,
        /// The points, usually negative.
        points: Decimal,
        /// Once for each whole period, up to the cap.
        repeat: bool,
    },
    /// The scores of an account's people.
    Rollup {
        /// A score of contacts.
        score: ScoreAt,
        /// How they become one number.
        take: Pool,
        /// Which people count; all if absent.
        people: Option<Condition>,
        /// The factor for the result.
        points: Decimal,
        /// Which of a contact's points count for the account.
        attribution: Attribution,
    },
}

impl Kind {
    /// The key that makes a rule one of this kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Activity(_) => "activity",
            Self::When { .. } => "when",
            Self::Cases { .. } => "cases",
            Self::Since { .. } => "since",
            Self::Inactive { .. } => "inactive_for",
            Self::Rollup { .. } => "rollup",
        }
    }
}

/// One of several cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What must be true.
    pub condition: Condition,
    /// The points if it is the first true one.
    pub points: Decimal,
}

/// Which activities are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Types {
    /// `"*"`
    All,
    /// These.
    Listed(Vec<Arc<str>>),
}

impl Types {
    /// Whether an activity of that type is meant.
    pub fn cover(&self, kind: &str) -> bool {
        match self {
            Self::All => true,
            Self::Listed(types) => types.iter().any(|listed| &**listed == kind),
        }
    }
}

/// A rule of the kind `activity`.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityRule {
    /// Which types it matches.
    pub types: Types,
    /// What must be true of the activity.
    pub condition: Option<Condition>,
    /// How many count.
    pub limit: Option<Limit>,
    /// For how long they count.
    pub window: Option<Period>,
    /// What they earn.
    pub reward: Reward,
}

/// Of the matching activities in each calendar period, the earliest `times` count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many, at least one.
    pub times: u32,
    /// In which period.
    pub per: Per,
    /// Separately for each text of this property.
    pub by: Option<Name>,
}

/// What activities earn.
#[derive(Clone, Debug, PartialEq)]
pub enum Reward {
    /// Points for each.
    Each {
        /// The points.
        points: Decimal,
        /// A number of the activity that multiplies them.
        multiply_by: Option<Name>,
        /// What the points of one activity are held within.
        at_most: Option<Decimal>,
        /// How they fade.
        fade: Option<Fade>,
        /// Which contributions make the total.
        take: Take,
    },
    /// Points by how many there are, or by the sum of their values.
    Tiers {
        /// Thresholds, ascending, and the points of each tier.
        tiers: Vec<(Decimal, Decimal)>,
        /// What is compared with the thresholds.
        by: TierBy,
    },
}

/// Which contributions make the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// All.
    Sum,
    /// The one of the largest magnitude; of equals the first.
    Max,
    /// That of the last counted activity.
    Latest,
}

/// What tiers are thresholds of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierBy {
    /// The number of counted activities.
    Count,
    /// The sum of their values.
    Value,
}

/// How the scores of an account's people become one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// Their median.
    Median,
    /// The highest.
    Max,
    /// The sum of the highest few.
    Top(u32),
    /// Their sum divided by an attribute of the account.
    PerCapita(Name),
}

/// Which of a contact's points count for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribution {
    /// The whole score, for each account that the contact has on the as-of date.
    Current,
    /// For each account the score from the activities that belong to it.
    AtTime,
}

/// Activities that give no points and end no silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Exclusion {
    /// Its id, unique among exclusions.
    pub id: String,
    /// For people; empty if it does not say.
    pub title: String,
    /// The types that it covers.
    pub types: Types,
    /// What must be true.
    pub condition: Option<Condition>,
    /// What must have come before.
    pub after: Option<After>,
}

/// An earlier activity of the same contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// Of which types.
    pub types: Types,
    /// With the same value of this property.
    pub same: Option<Name>,
    /// At most so many seconds before.
    pub within_seconds: Option<u32>,
}

/// All that keeps a text from being TOML, in the order of the text, whatever it is meant to say.
pub fn broken_toml(text: &str) -> Vec<Diagnostic> {
    let mut sink = tree::Sink::default();
    tree::parse(text, &mut sink);
    sink.found
}

impl Model {
    /// Reads a model; the error lists everything that is wrong with it, in the order of the file.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        links::check(text)
    }

    /// Prints the model in the model language. Parsing the result gives an equal model.
    pub fn print(&self) -> String {
        print::print(self)
    }

    /// The score at a place.
    pub fn score(&self, at: ScoreAt) -> &Score {
        &self.scores[at.0]
    }

    /// The category at a place.
    pub fn category(&self, at: CategoryAt) -> &Category {
        &self.categories[at.0]
    }

    /// The rule at a place.
    pub fn rule(&self, at: RuleAt) -> &Rule {
        &self.rules[at.0]
    }

    /// The exclusion at a place.
    pub fn exclusion(&self, at: ExclusionAt) -> &Exclusion {
        &self.exclusions[at.0]
    }

    /// The place of the score with an id.
    pub fn find_score(&self, id: &str) -> Option<ScoreAt> {
        self.scores.iter().position(|score| score.id == id).map(ScoreAt)
    }

    /// The scores of a subject, in order.
    pub fn scores_of(&self, of: Subject) -> impl Iterator<Item = (ScoreAt, &Score)> {
        let all = self.scores.iter().enumerate();
        all.filter(move |(_, score)| score.of == of).map(|(at, score)| (ScoreAt(at), score))
    }

    /// The categories of a score, in order.
    pub fn categories_of(&self, score: ScoreAt) -> impl Iterator<Item = (CategoryAt, &Category)> {
        let all = self.categories.iter().enumerate();
        all.filter(move |(_, category)| category.score == score).map(|(at, category)| (CategoryAt(at), category))
    }

    /// The rules of a score, in order.
    pub fn rules_of(&self, score: ScoreAt) -> impl Iterator<Item = (RuleAt, &Rule)> {
        let all = self.rules.iter().enumerate();
        all.filter(move |(_, rule)| rule.score == score).map(|(at, rule)| (RuleAt(at), rule))
    }
}

impl Score {
    /// The title, or the id where there is none.
    pub fn label(&self) -> &str {
        label(&self.title, &self.id)
    }
}

impl Category {
    /// The title, or the id where there is none.
    pub fn label(&self) -> &str {
        label(&self.title, &self.id)
    }
}

impl Rule {
    /// The title, or the id where there is none.
    pub fn label(&self) -> &str {
        label(&self.title, &self.id)
    }
}

impl Exclusion {
    /// The title, or the id where there is none.
    pub fn label(&self) -> &str {
        label(&self.title, &self.id)
    }
}

fn label<'a>(title: &'a str, id: &'a str) -> &'a str {
    if title.is_empty() { id } else { title }
}
