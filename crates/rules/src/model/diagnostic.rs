//! What is wrong with a model, where, and what to do about it.

use std::fmt;
use std::ops::Range;

/// One problem in the text of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the text; within it, on character boundaries.
    pub span: Range<usize>,
    /// What stands at the place, or what was expected there.
    pub label: String,
    /// What to do next, where that can be said.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Line and column of the place, both from 1, in characters.
    pub fn line_and_column(&self, text: &str) -> (usize, usize) {
        let before = &text[..self.span.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        if !self.label.is_empty() {
            write!(out, ": {}", self.label)?;
        }
        match &self.help {
            Some(help) => write!(out, " ({help})"),
            None => Ok(()),
        }
    }
}
