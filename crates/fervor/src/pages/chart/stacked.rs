//! The parts of a whole beside one another, as how many stand in each band.

use askama::Template;
use batch::wording::percent;

use super::WIDTH;

/// A bar of parts. What each of them is stands beside it, in the page.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "chart/stacked.html")]
pub(in crate::pages) struct Stacked {
    /// What it is of; unique in its page.
    title: String,
    parts: Vec<Part>,
}

impl askama::filters::HtmlSafe for Stacked {}

/// A part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) struct Share {
    pub(in crate::pages) label: String,
    pub(in crate::pages) count: usize,
    /// A colour of bands, 1 to 6.
    pub(in crate::pages) level: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    share: Share,
    x: i64,
    width: i64,
    percent: String,
}

impl Stacked {
    pub(in crate::pages) fn new(title: impl Into<String>, shares: Vec<Share>) -> Self {
        let whole: usize = shares.iter().map(|share| share.count).sum();
        let place = |count: usize| i64::try_from(count * 1000 / whole.max(1)).unwrap_or(WIDTH);
        let mut before = 0;
        let part = |share: Share| {
            let x = place(before);
            before += share.count;
            Part { x, width: place(before) - x, percent: percent(share.count, whole), share }
        };
        Self { title: title.into(), parts: shares.into_iter().map(part).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(count: usize, level: usize) -> Share {
        Share { label: format!("band {level}"), count, level }
    }

    #[test]
    fn parts_fill_the_whole_without_a_gap() {
        let stacked = Stacked::new("Contacts by band", vec![share(1, 1), share(1, 3), share(1, 6)]);
        let drawn: Vec<(i64, i64)> = stacked.parts.iter().map(|part| (part.x, part.width)).collect();
        assert_eq!(drawn, [(0, 333), (333, 333), (666, 334)]);
        let text = stacked.render().unwrap();
        assert!(text.contains("role=\"img\"") && text.contains("<title>Contacts by band</title>"), "{text}");
        assert!(text.contains("33.3 %") && text.contains("band 6"), "{text}");
        // Of nobody there is nothing, and no harm in it.
        assert!(Stacked::new("None", vec![share(0, 1)]).render().unwrap().contains("band 1: 0"));
    }
}
