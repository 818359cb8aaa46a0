//! Small things that many pages show: bands, numbers, moments.

use std::fmt::{self, Display, Formatter};

use askama::Template;
use batch::wording::{grouped, percent};
use rules::day::Day;
use rules::decimal::Decimal;
use rules::model::Score;

/// Colours that bands have.
const LEVELS: usize = 6;
/// Steps of the little scale beside a band.
const STEPS: usize = 4;

/// A band: its name, its colour, and a scale that is filled as far as it stands among the bands of its score.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "parts/band.html")]
pub(crate) struct Band {
    pub(super) name: String,
    /// From the lowest, 1, to the highest, 6; 0 for what has no order, as the label of a matrix.
    pub(super) level: usize,
    /// Each step of the scale: where it stands, how high it is, and whether it is filled.
    steps: Vec<(usize, usize, bool)>,
}

impl Band {
    /// The band of a name in a score.
    pub(super) fn new(score: &Score, name: &str) -> Self {
        let place = score.bands.iter().position(|band| band.name == name);
        let level = place.map_or(0, |place| level(place, score.bands.len()));
        let filled = place.map_or(0, |place| 1 + share(place, score.bands.len(), STEPS - 1));
        let step = |step| (step * 4, 5 + step * 3, step < filled);
        let steps = if level == 0 { Vec::new() } else { (0..STEPS).map(step).collect() };
        Self { name: name.to_owned(), level, steps }
    }
}

/// The colour of a band by its place among so many.
pub(super) fn level(place: usize, of: usize) -> usize {
    1 + share(place, of, LEVELS - 1)
}

/// A place among so many, as a part of a whole; of one alone the middle.
fn share(place: usize, of: usize, whole: usize) -> usize {
    match of {
        0 | 1 => whole.div_ceil(2),
        _ => (2 * place * whole + of - 1) / (2 * (of - 1)),
    }
}

/// A name of an attribute as people write it: `job_title` is `Job title`.
pub(super) fn worded(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut letters = spaced.trim().chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + letters.as_str()
}

/// A chance in millionths as per cent, with one decimal where it is not whole.
pub(super) fn chance(millionths: i64) -> String {
    let text = percent(usize::try_from(millionths).unwrap_or_default(), 1_000_000);
    text.replace(".0 %", " %")
}

/// A day, which a script shows as the reader writes days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date(pub(crate) Day);

impl askama::filters::HtmlSafe for Date {}

impl Date {
    /// A day as documents have it, which was a day when it was put there.
    pub(super) fn of(text: &str) -> Self {
        Self(Day::parse(text).unwrap_or_else(Day::last))
    }
}

impl Display for Date {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "<time datetime=\"{0}\">{0}</time>", self.0)
    }
}

/// Decimals that are shown; all of them can be seen where there are more.
const DECIMALS: u8 = 2;

/// A number, which a script shows as the reader writes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(pub(super) Decimal);

impl askama::filters::HtmlSafe for Band {}
impl askama::filters::HtmlSafe for Number {}

impl Display for Number {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let shown = grouped(self.0.round_to(DECIMALS).unwrap_or(self.0));
        let exact = if self.0.fits(DECIMALS) { String::new() } else { format!(" title=\"{}\"", grouped(self.0)) };
        write!(out, "<data class=\"local\" value=\"{}\"{exact}>{shown}</data>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_spread_over_all_colours() {
        let levels = |of: usize| (0..of).map(|place| level(place, of)).collect::<Vec<_>>();
        assert_eq!(levels(1), [4]);
        assert_eq!(levels(2), [1, 6]);
        // 2.5 steps of 5 are rounded up.
        assert_eq!(levels(3), [1, 4, 6]);
        // 1 + 5/3 and 1 + 10/3.
        assert_eq!(levels(4), [1, 3, 4, 6]);
        assert_eq!(levels(6), [1, 2, 3, 4, 5, 6]);
        assert_eq!(*levels(20).last().unwrap(), 6);
    }

    #[test]
    fn names_and_chances_are_written_as_people_do() {
        assert_eq!(["job_title", "name", "\u{f8}re", "_"].map(worded), ["Job title", "Name", "\u{d8}re", ""]);
        assert_eq!([0, 20_000, 300_000, 123_456, 1_000_000].map(chance), ["0 %", "2 %", "30 %", "12.3 %", "100 %"]);
    }

    #[test]
    fn numbers_can_be_read_by_people_and_scripts() {
        let number = Number(Decimal::parse("-1234.5").unwrap()).to_string();
        assert_eq!(number, "<data class=\"local\" value=\"-1234.5\">-1,234.5</data>");
        let number = Number(Decimal::parse("130.0372").unwrap()).to_string();
        assert_eq!(number, "<data class=\"local\" value=\"130.0372\" title=\"130.0372\">130.04</data>");
    }
}
