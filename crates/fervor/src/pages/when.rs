//! Moments as pages show them: whole and in UTC, until a script puts them into the reader's zone.

use std::fmt;

use rules::day::Instant;

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When {
    at: Instant,
    /// Whether a script may say how long ago it was.
    is_relative: bool,
}

impl askama::filters::HtmlSafe for When {}

impl When {
    pub(super) fn at(at: Instant) -> Self {
        Self { at, is_relative: false }
    }

    /// A moment of which matters how long ago it was.
    pub(super) fn ago(at: Instant) -> Self {
        Self { at, is_relative: true }
    }

    /// A moment as documents have it.
    pub(super) fn of(micros: i64) -> Option<Self> {
        Instant::new(micros).map(Self::at)
    }
}

impl fmt::Display for When {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(moment) = jiff::Timestamp::from_microsecond(self.at.0) else { return Ok(()) };
        let ago = if self.is_relative { " data-ago" } else { "" };
        let text = moment.strftime("%-d %B %Y, %H:%M UTC");
        write!(out, "<time datetime=\"{}\"{ago}>{text}</time>", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_can_be_read_by_people_and_by_scripts() {
        let at = Instant::new(1_773_477_000_000_000).unwrap();
        let expected = "<time datetime=\"2026-03-14T08:30:00Z\">14 March 2026, 08:30 UTC</time>";
        assert_eq!(When::at(at).to_string(), expected);
        assert_eq!(When::ago(at).to_string(), expected.replace("\">", "\" data-ago>"));
    }
}
