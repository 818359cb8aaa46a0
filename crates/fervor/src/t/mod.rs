//! What pages say, in the language of whoever reads.
//!
//! All texts of a language are one file, `texts/en.ftl`, in the syntax of Project Fluent. Each text of it is a function
//! here, made when the crate is built: `list-export` is [`list_export`]. Another language is another file beside it; who
//! prefers it reads it, and what it does not say yet is said in English. What the API and the commands say is English.
//!
//! ```text
//! language   the languages, and which of them somebody reads
//! value      what is said within a text
//! ```

mod language;
#[cfg(test)]
mod tests;
mod value;

use std::fmt::{self, Display, Formatter};

pub(crate) use language::{current, preferred, reading, tag, within};
use value::Given;
pub(crate) use value::{Value, html};

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// Something that is said, with what is said within it. It is HTML: what stands in the file is, and what is given to
/// it is escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    id: &'static str,
    values: Vec<(&'static str, Given)>,
}

/// A text of a table, which is said when it is shown.
pub(crate) type Say = fn() -> Text;

impl askama::filters::HtmlSafe for Text {}

impl Text {
    /// Without HTML, for whatever is escaped later, or is no page.
    pub(crate) fn plain(&self) -> String {
        language::current().say(self.id, &self.values, Given::plain)
    }
}

impl Display for Text {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&language::current().say(self.id, &self.values, Given::html))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.plain()
    }
}
