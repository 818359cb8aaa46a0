//! The rules: the draft of the model as sentences, and what is done with it until it is published.
//!
//! ```text
//! bench     the draft as all its pages show it, and how it is changed
//! list      all rules as sentences; moved, copied, put aside, removed; undone and redone
//! one       one rule in a form, whose fields are `fields`, and which says what it is by `sentence`
//! known     names and types to choose from in forms, from the model and from what is stored
//! category  a category in a form
//! exclusion what never counts, in a form
//! score     a score in a form: bounds, weights, grades, ranks, probability
//! whole     the model itself in a form
//! changes   what differs from what is in force
//! preview   what it would do to everybody
//! text      the draft as text
//! bands     where bands begin, over everybody's points as a `histogram`
//! versions  what was published, and what is being published
//! ```

use askama::Template as _;
use rules::model::{Model, Rule};

pub(super) mod bands;
mod bench;
pub(super) mod category;
pub(super) mod changes;
pub(super) mod exclusion;
mod fields;
mod histogram;
mod known;
pub(super) mod list;
pub(super) mod one;
pub(super) mod preview;
pub(super) mod score;
mod sentence;
pub(super) mod text;
pub(super) mod versions;
pub(super) mod whole;

/// What a rule says, as a sentence of HTML.
pub(super) fn said(model: &Model, rule: &Rule) -> String {
    sentence::Sentence { model, rule }.render().unwrap_or_default()
}
