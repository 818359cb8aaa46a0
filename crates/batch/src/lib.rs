//! Facts by the file and by the column: rows of CSV, JSON and Parquet become what `rules` evaluates, and
//! the [`kernel`] evaluates many of them at once. What comes out is written here too, as people read it
//! ([`explain`], [`drawing`]) and as tables ([`sheet`]), one way for the command line and for Python.
//!
//! This crate knows files and columns; what a score means is decided in `rules`, whose evaluator the
//! kernel has to equal to the last digit, and where results go is its caller's concern.

pub mod drawing;
pub mod explain;
pub mod guess;
pub mod kernel;
pub mod mapping;
pub mod memory;
pub mod sheet;
pub mod source;
pub mod wording;
