//! Facts by the file: rows of CSV, JSON lines and Parquet become what `rules` evaluates.
//!
//! This crate knows files and columns; what a score means it leaves to `rules`, and what becomes
//! of the results to its caller.

pub mod guess;
pub mod kernel;
pub mod mapping;
pub mod source;
