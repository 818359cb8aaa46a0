//! Scores as files: a stable contract for machines, deterministic to the byte.

mod table;
mod write;

pub(crate) use write::{Format, write};
