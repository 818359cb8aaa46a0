//! What a score means.
//!
//! Activities come in, rules turn them into a score, the score puts a contact into a band. This
//! crate says what that means, slowly and obviously, and every faster way is tested against it.
//! It knows no files, no network, no clock and no database.
//!
//! The flow, from left to right:
//!
//! ```text
//! text -> Model::parse    -> Model ┐
//! rows -> facts::Builder  -> Facts ┼-> score::Evaluation -> Scores (points, bands, percentiles)
//!                      a date: Day ┘                     -> Ledger (every part, down to each activity)
//!                                                        -> Change (the next changes of band)
//! ```
//!
//! - [`decimal`], [`day`]: integer points and whole days, which make exactness possible.
//! - [`value`], [`activity`], [`history`], [`facts`]: what is known, counted once and in order.
//! - [`condition`]: SQL predicates in three-valued logic.
//! - [`model`]: what the author decided, checked once and trusted from then on.
//! - [`fade`], [`band`], [`percentile`], [`probability`]: the small functions of the meaning.
//! - [`score`], [`ledger`], [`forecast`]: points, what they are made of, and what they will be.
//! - [`advice`]: what would help, tried out on the evaluator.
//! - [`lint`]: what is valid but probably not meant.

#![deny(clippy::float_arithmetic, clippy::float_cmp)]

pub mod activity;
pub mod advice;
pub mod band;
pub mod condition;
pub mod day;
pub mod decimal;
pub mod facts;
pub mod fade;
pub mod forecast;
pub mod history;
pub mod id;
pub mod ledger;
pub mod lint;
pub mod model;
pub mod percentile;
pub mod probability;
pub mod score;
pub mod suggest;
#[cfg(feature = "testing")]
pub mod testing;
pub mod value;
