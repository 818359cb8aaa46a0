//! Conditions: SQL predicates over a closed list of forms, in three-valued logic.
//!
//! The flow is `text -> parse -> Predicate -> evaluate -> Truth`. Parsing is the `sqlparser`
//! crate's; what is allowed, and what it means, is decided here and nowhere else.

mod evaluate;
mod hints;
mod parse;
mod pattern;
mod print;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::day::Day;
use crate::decimal::Decimal;

pub use evaluate::{Context, Finding, Truth, Unknown};
pub(crate) use parse::read_name;
pub use parse::{Problem, Scope};
pub use pattern::{Like, Regexp};

/// A checked condition.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As it was written, to show it to people.
    pub text: Arc<str>,
    /// What it means.
    pub predicate: Predicate,
}

/// Two conditions are the same if they mean the same, however they are spaced.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.predicate == other.predicate
    }
}

impl Condition {
    /// Parses a condition and checks each name against what is in scope; all problems at once.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, Vec<Problem>> {
        let predicate = parse::parse(text, scope)?;
        Ok(Self { text: text.into(), predicate })
    }
}

/// Whose attribute a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// The activity at hand.
    Activity,
    /// The contact.
    Contact,
    /// The account.
    Account,
    /// The opportunity.
    Opportunity,
    /// A final score.
    Score,
    /// The name of a band, or the label of a matrix.
    Band,
    /// A percentile.
    Percentile,
    /// The total of a category.
    Category,
}

impl Space {
    /// Each word before the dot.
    pub const ALL: [(&'static str, Self); 8] = [
        ("activity", Self::Activity),
        ("contact", Self::Contact),
        ("account", Self::Account),
        ("opportunity", Self::Opportunity),
        ("score", Self::Score),
        ("band", Self::Band),
        ("percentile", Self::Percentile),
        ("category", Self::Category),
    ];

    /// The word before the dot.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// A name such as `contact.job_title`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// Whose attribute it is.
    pub space: Space,
    /// The attribute; nested ones are written with dots.
    pub id: Arc<str>,
}

/// A literal value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `'text'`
    Text(Arc<str>),
    /// `12.5`
    Number(Decimal),
    /// `TRUE` or `FALSE`
    Truth(bool),
    /// `DATE '2026-01-01'`
    Date(Day),
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A literal.
    Literal(Literal),
    /// A name.
    Name(Name),
    /// `lower(text)`
    Lower(Box<Operand>),
    /// `upper(text)`
    Upper(Box<Operand>),
    /// `length(text)`, in code points
    Length(Box<Operand>),
    /// `coalesce(a, b, ...)`: the first that is not missing
    Coalesce(Vec<Operand>),
}

/// How two operands are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What is true, false or unknown.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// An operand that is itself a truth value: `TRUE`, `contact.opted_in`.
    Truth(Operand),
    /// `NOT a`
    Not(Box<Predicate>),
    /// `a AND b AND ...`, two or more
    All(Vec<Predicate>),
    /// `a OR b OR ...`, two or more
    Any(Vec<Predicate>),
    /// `a = b` and its like
    Compare(Operand, Comparison, Operand),
    /// `a IN (b, ...)`
    In(Operand, Vec<Operand>),
    /// `a BETWEEN low AND high`
    Between(Operand, Operand, Operand),
    /// `a LIKE 'pattern'`, `a ILIKE 'pattern'`
    Like(Operand, Like),
    /// `a IS NULL`
    Missing(Operand),
    /// `starts_with(text, prefix)`
    StartsWith(Operand, Operand),
    /// `regexp_like(text, 'pattern')`
    Matches(Operand, Regexp),
}

impl Predicate {
    /// Calls `visit` with every operand in it, from left to right.
    pub fn for_each_operand<'a>(&'a self, visit: &mut dyn FnMut(&'a Operand)) {
        match self {
            Self::Not(inner) => inner.for_each_operand(visit),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.for_each_operand(visit));
            }
            Self::Truth(operand) | Self::Missing(operand) | Self::Like(operand, _) | Self::Matches(operand, _) => {
                visit(operand);
            }
            Self::Compare(left, _, right) | Self::StartsWith(left, right) => {
                [left, right].into_iter().for_each(visit);
            }
            Self::In(operand, list) => {
                visit(operand);
                list.iter().for_each(visit);
            }
            Self::Between(operand, low, high) => [operand, low, high].into_iter().for_each(visit),
        }
    }
}

impl Predicate {
    /// Every name in it.
    pub fn names(&self) -> BTreeSet<&Name> {
        let mut names = BTreeSet::new();
        self.for_each_operand(&mut |operand| operand.for_each_name(&mut |name| _ = names.insert(name)));
        names
    }
}

impl Operand {
    /// Calls `visit` with every name in it, from left to right.
    pub fn for_each_name<'a>(&'a self, visit: &mut dyn FnMut(&'a Name)) {
        match self {
            Self::Literal(_) => {}
            Self::Name(name) => visit(name),
            Self::Lower(inner) | Self::Upper(inner) | Self::Length(inner) => inner.for_each_name(visit),
            Self::Coalesce(parts) => parts.iter().for_each(|part| part.for_each_name(visit)),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.text)
    }
}
