//! A model as a text that is edited.
//!
//! People keep their reasons in comments, and their order for a purpose. So a change by a form is a change of the
//! text: a value in its place, a table after another; what is not touched stays as it is, to the last blank.
//!
//! ```text
//! text -> apply(edits) -> text   the model is read anew after it, and errors have their place
//! ```
//!
//! - [`edit`]: what can be changed, and how a text becomes another.
//! - [`keys`]: scores, categories, rules and exclusions as keys with values, as forms want them.
//! - [`simple`]: conditions as lists of comparisons, as forms want them.
//! - [`difference`]: what differs between two models, key by key and line by line.
//! - [`style`]: the house style.

mod block;
pub mod difference;
pub mod edit;
pub mod keys;
pub mod simple;
pub mod style;
mod value;

pub use edit::{At, Edit, Edited, Problem, Refused, Written, apply, checked, tables};
pub use value::Value;
