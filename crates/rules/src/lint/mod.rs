//! What is valid in a model but probably not what its author meant.
//!
//! Some of it shows in the model alone: a band out of reach, two rules for one activity. The rest shows
//! only beside facts: a rule that never gave anything, a type that nobody mentions. A finding must be
//! true; what cannot be told for certain is left unsaid.

mod allow;
mod evidence;
mod gather;
mod kind;
mod overlap;
mod reach;
mod seen;
mod shape;
mod slips;
mod wording;
mod words;

#[cfg(test)]
mod tests;

use crate::model::{Category, Exclusion, Model, Places, Rule, Score};
use crate::score::{Error, Evaluation};

pub use allow::{Allow, allowed};
use evidence::Evidence;
pub use kind::Kind;
pub use slips::names_used;

/// Something that is valid but probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind it is.
    pub kind: Kind,
    /// What it is about.
    pub about: About,
    /// What is so, in a sentence.
    pub message: String,
    /// What was found in the facts, or follows from the model.
    pub evidence: String,
    /// What to do next.
    pub proposal: String,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The section of its table: `score`, `category`, `rule` or `exclude`; empty for the model itself.
    pub section: &'static str,
    /// The id of the table; for the model itself the type of activity.
    pub id: String,
    /// What else it is about: a second rule, a band, a type, an attribute.
    pub other: Option<String>,
    /// The key to point at; the table as such if empty.
    pub key: &'static str,
}

impl About {
    fn of(section: &'static str, id: &str, key: &'static str) -> Self {
        Self { section, id: id.to_owned(), other: None, key }
    }

    fn score(score: &Score, key: &'static str) -> Self {
        Self::of("score", &score.id, key)
    }

    fn category(category: &Category, key: &'static str) -> Self {
        Self::of("category", &category.id, key)
    }

    fn rule(rule: &Rule, key: &'static str) -> Self {
        Self::of("rule", &rule.id, key)
    }

    fn exclusion(exclusion: &Exclusion, key: &'static str) -> Self {
        Self::of("exclude", &exclusion.id, key)
    }

    fn model(id: &str, key: &'static str) -> Self {
        Self::of("", id, key)
    }

    fn and(self, other: &str) -> Self {
        Self { other: Some(other.to_owned()), ..self }
    }

    fn finding(
        self,
        kind: Kind,
        message: impl Into<String>,
        evidence: impl Into<String>,
        proposal: impl Into<String>,
    ) -> Finding {
        let (message, evidence, proposal) = (message.into(), evidence.into(), proposal.into());
        Finding { kind, about: self, message, evidence, proposal }
    }
}

/// What is probably not meant, by the model alone or also by facts as of a date; `tick` is called after
/// each of [`steps`] subjects. In the order of kinds and, within one, of the model.
///
/// # Errors
///
/// If a number leaves the range, with the subject and the place.
pub fn lint(model: &Model, facts: Option<&Evaluation<'_>>, tick: &dyn Fn()) -> Result<Vec<Finding>, Error> {
    let evidence = facts.map(|evaluation| Evidence::gather(evaluation, tick)).transpose()?;
    let mut found = Vec::new();
    shape::look(model, &mut found);
    words::look(model, &mut found);
    overlap::look(model, evidence.as_ref(), &mut found);
    if let Some(evidence) = &evidence {
        slips::look(model, evidence, &mut found);
        seen::look(model, evidence, &mut found);
    }
    found.sort_by_key(|finding| finding.kind);
    Ok(found)
}

/// What shows in the text of a model, and not in what it means.
pub fn written(model: &Model, text: &str) -> Vec<Finding> {
    let places = Places::of(text);
    model.scores.iter().filter_map(|score| shape::unordered_bands(&places, score)).collect()
}

/// How often [`lint`] calls `tick`.
pub fn steps(evaluation: &Evaluation<'_>) -> usize {
    2 * evaluation.subjects()
}
