//! Scores as files: a stable contract for machines, deterministic to the byte.

mod beside;
mod parquet;
mod write;

pub(crate) use beside::Beside;
pub(crate) use write::{Format, refuse_input, write};
