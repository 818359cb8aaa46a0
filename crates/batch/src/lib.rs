//! Facts by the file and by the column: rows of CSV, JSON and Parquet become what `rules` evaluates, and
//! the [`kernel`] evaluates many of them at once.
//!
//! This crate knows files and columns; what a score means is decided in `rules`, whose evaluator the
//! kernel has to equal to the last digit, and what becomes of the results is its caller's concern.

pub mod guess;
pub mod kernel;
pub mod mapping;
pub mod source;
