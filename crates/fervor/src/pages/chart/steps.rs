//! A number over time, which stays until it changes: a line of steps, with the bands behind it and marks on it.

use std::fmt::Write as _;

use askama::Template;
use batch::wording::grouped;
use rules::day::Day;
use rules::decimal::Decimal;
use rules::model::{BandsBy, Score};

use super::{Span, WIDTH};
use crate::pages::show;
use crate::t;

/// The height of a drawing.
const HEIGHT: i64 = 300;

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) struct At {
    pub(in crate::pages) day: Day,
    /// What it is from then on; `None` where there is none.
    pub(in crate::pages) number: Option<Decimal>,
    /// What is said of it where it is marked, as a change of band is.
    pub(in crate::pages) mark: Option<String>,
    /// Whether the rules themselves changed.
    pub(in crate::pages) is_new_rule: bool,
}

/// A line of steps.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "chart/steps.html")]
pub(in crate::pages) struct Steps {
    title: String,
    first: Day,
    last: Day,
    low: String,
    high: String,
    begun: String,
    ended: String,
    line: String,
    /// Where marks stand, and where lines are that say that rules changed.
    marks: Vec<Mark>,
    rules: Vec<i64>,
    bands: Vec<Stripe>,
}

impl askama::filters::HtmlSafe for Steps {}

/// The same line alone, small, beside a number.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "chart/spark.html")]
pub(in crate::pages) struct Spark {
    title: String,
    line: String,
}

impl askama::filters::HtmlSafe for Spark {}

impl Spark {
    pub(in crate::pages) fn new(score: &Score, changes: &[At], until: Day) -> Option<Self> {
        let steps = Steps::new(t::past_of(score.label()).plain(), score, changes, until)?;
        Some(Self { title: steps.title, line: steps.line })
    }
}

/// A mark on the line, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    x: i64,
    y: i64,
    day: Day,
    said: String,
}

/// A band behind the line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stripe {
    level: usize,
    y: i64,
    height: i64,
}

impl Steps {
    /// From the first change, of which there has to be one with a number, until a day. The changes are in order.
    pub(in crate::pages) fn new(title: impl Into<String>, score: &Score, changes: &[At], until: Day) -> Option<Self> {
        let numbers = || changes.iter().filter_map(|change| change.number);
        let (first, begun, ended) = (changes.first()?.day, numbers().next()?, numbers().next_back()?);
        let last = until.max(changes.last()?.day);
        let days = i64::from(last.since(first)).max(1);
        let span = Span::of(numbers().chain([Decimal::ZERO]));
        let x = |day: Day| i64::from(day.since(first)) * WIDTH / days;
        let y = |number: Decimal| HEIGHT - span.place(number, HEIGHT);
        let line = line(changes, x, y);
        let mark = |change: &At| {
            Some(Mark { x: x(change.day), y: y(change.number?), day: change.day, said: change.mark.clone()? })
        };
        Some(Self {
            title: title.into(),
            first,
            last,
            low: grouped(Decimal::from_units(span.low)),
            high: grouped(Decimal::from_units(span.high)),
            begun: grouped(begun),
            ended: grouped(ended),
            line,
            marks: changes.iter().filter_map(mark).collect(),
            rules: changes.iter().filter(|change| change.is_new_rule).map(|change| x(change.day)).collect(),
            bands: if score.bands_by == BandsBy::Points { stripes(score, span) } else { Vec::new() },
        })
    }
}

/// The line as a path: across until a change, then up or down; nothing where there is no number.
fn line(changes: &[At], x: impl Fn(Day) -> i64, y: impl Fn(Decimal) -> i64) -> String {
    let mut line = String::new();
    let mut is_on = false;
    for change in changes {
        let x = x(change.day);
        // A `String` takes any text.
        let _written = match change.number {
            Some(number) if is_on => write!(line, "H{x}V{}", y(number)),
            Some(number) => write!(line, "M{x} {}", y(number)),
            None if is_on => write!(line, "H{x}"),
            None => Ok(()),
        };
        is_on = change.number.is_some();
    }
    if is_on {
        let _written = write!(line, "H{WIDTH}");
    }
    line
}

fn stripes(score: &Score, span: Span) -> Vec<Stripe> {
    let bands = score.bands.len();
    let from = |place: usize| match place {
        0 => HEIGHT,
        _ => score.bands.get(place).map_or(0, |band| HEIGHT - span.place(band.from, HEIGHT)),
    };
    let stripe =
        |place| Stripe { level: show::level(place, bands), y: from(place + 1), height: from(place) - from(place + 1) };
    (0..bands).map(stripe).filter(|stripe| stripe.height > 0).collect()
}

#[cfg(test)]
mod tests {
    use rules::model::Model;

    use super::*;

    fn at(day: &str, number: Option<&str>) -> At {
        let number = number.map(|text| Decimal::parse(text).unwrap());
        At { day: Day::parse(day).unwrap(), number, mark: number.map(|_| "Hot".to_owned()), is_new_rule: false }
    }

    #[test]
    fn a_line_stays_until_it_changes() {
        let text = "name = \"m\"\n[score.e]\nbands = { Cold = 0, Hot = 50 }\n[rule.v]\nscore = \"e\"\nactivity = \"v\"\npoints = 1\n";
        let model = Model::parse(text).unwrap();
        let until = Day::parse("2026-01-11").unwrap();
        let changes = [
            at("2026-01-01", Some("100")),
            at("2026-01-03", Some("50")),
            at("2026-01-06", None),
            at("2026-01-09", Some("0")),
        ];
        let steps = Steps::new("E", &model.scores[0], &changes, until).unwrap();
        // Ten days are 1000 wide, 100 points 300 high; there is a gap from the 6th to the 9th.
        assert_eq!(steps.line, "M0 0H200V150H500M800 300H1000");
        let marks: Vec<_> = steps.marks.iter().map(|mark| (mark.x, mark.y)).collect();
        assert_eq!(marks, [(0, 0), (200, 150), (800, 300)]);
        let bands: Vec<_> = steps.bands.iter().map(|stripe| (stripe.level, stripe.y, stripe.height)).collect();
        assert_eq!(bands, [(1, 150, 150), (6, 0, 150)]);
        let text = steps.render().unwrap();
        assert!(
            text.contains("role=\"img\"") && text.contains("<title>E</title>") && text.contains("<desc>"),
            "{text}"
        );
        assert_eq!(Steps::new("E", &model.scores[0], &[at("2026-01-01", None)], until), None);
        assert_eq!(Steps::new("E", &model.scores[0], &[], until), None);
        let text = Spark::new(&model.scores[0], &changes, until).unwrap().render().unwrap();
        assert!(text.contains("<title>e over time</title>") && text.contains("d=\"M0 0H200"), "{text}");
        // All on one day.
        assert!(Steps::new("E", &model.scores[0], &[at("2026-01-11", Some("3"))], until).is_some());
    }
}
