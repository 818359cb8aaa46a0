//! Random models and facts for tests, from a seed (feature `testing`).
//!
//! One generator serves every engine: whatever scores, is driven by the same models and facts and
//! compared with the reference evaluator.

mod dice;
mod facts;
mod fuzz;
mod model;

pub use dice::Dice;
pub use facts::{Fact, build, facts, known_by};
pub use fuzz::{check_condition_text, check_model_text};
pub use model::{condition, model, narrow_model};
