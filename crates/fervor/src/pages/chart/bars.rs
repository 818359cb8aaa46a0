//! Bars in the rows of a table: each from where it begins to where it ends.

use askama::Template;
use rules::decimal::Decimal;

use super::{Span, WIDTH};
use crate::pages::show::Number;

/// A table with a bar in each row.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "chart/bars.html")]
pub(in crate::pages) struct Bars {
    caption: String,
    rows: Vec<Row>,
    /// Where zero lies.
    zero: i64,
}

impl askama::filters::HtmlSafe for Bars {}

/// Something that a bar stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pages) struct Step {
    pub(in crate::pages) label: String,
    /// What it is; of a waterfall, what it adds.
    pub(in crate::pages) number: Decimal,
    /// What stands behind the bar in place of the number.
    pub(in crate::pages) text: Option<String>,
    /// A colour of bands, 1 to 6.
    pub(in crate::pages) level: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    label: String,
    x: i64,
    width: i64,
    colour: String,
    text: String,
    is_total: bool,
}

impl Step {
    pub(in crate::pages) fn new(label: impl Into<String>, number: Decimal) -> Self {
        Self { label: label.into(), number, text: None, level: None }
    }
}

fn colour(step: &Step) -> String {
    match step.level {
        Some(level) => format!("band-{level}"),
        None if step.number < Decimal::ZERO => "minus".to_owned(),
        None => "plus".to_owned(),
    }
}

fn row(step: &Step, span: Span, from: Decimal, to: Decimal, text: String) -> Row {
    let (from, to) = (span.place(from, WIDTH), span.place(to, WIDTH));
    // What is there can be seen.
    let width = if step.number == Decimal::ZERO { 0 } else { (from - to).abs().max(3) };
    let x = from.min(to).min(WIDTH - width);
    Row { label: step.label.clone(), x, width, colour: colour(step), text, is_total: false }
}

impl Bars {
    /// A bar for each, from zero.
    pub(in crate::pages) fn new(caption: impl Into<String>, steps: &[Step]) -> Self {
        let span = Span::of(steps.iter().map(|step| step.number).chain([Decimal::ZERO]));
        let one = |step: &Step| {
            let text = step.text.clone().unwrap_or_else(|| Number(step.number).to_string());
            row(step, span, Decimal::ZERO, step.number, text)
        };
        let zero = span.place(Decimal::ZERO, WIDTH);
        Self { caption: caption.into(), rows: steps.iter().map(one).collect(), zero }
    }
}

/// What a step adds, with its sign.
fn plus(number: Decimal) -> String {
    let sign = if number > Decimal::ZERO { "+" } else { "" };
    format!("{sign}{}", Number(number))
}

/// How steps, one after the other, lead from zero to a total.
pub(in crate::pages) fn waterfall(caption: impl Into<String>, steps: &[Step], total: (&str, Decimal)) -> Bars {
    let mut at = Decimal::ZERO;
    let mut ends = vec![(at, at)];
    for step in steps {
        let end = Decimal::sum([at, step.number]).unwrap_or(at);
        ends.push((at, end));
        at = end;
    }
    let span = Span::of(ends.iter().map(|(_, end)| *end).chain([total.1]));
    let one = |(step, (from, to)): (&Step, &(Decimal, Decimal))| row(step, span, *from, *to, plus(step.number));
    let mut rows: Vec<Row> = steps.iter().zip(&ends[1..]).map(one).collect();
    let whole = Step::new(total.0, total.1);
    let last = row(&whole, span, Decimal::ZERO, total.1, Number(total.1).to_string());
    rows.push(Row { is_total: true, colour: "total".to_owned(), ..last });
    Bars { caption: caption.into(), rows, zero: span.place(Decimal::ZERO, WIDTH) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(numbers: &[&str]) -> Vec<Step> {
        numbers.iter().map(|text| Step::new(format!("step {text}"), Decimal::parse(text).unwrap())).collect()
    }

    fn drawn(bars: &Bars) -> Vec<(i64, i64, &str)> {
        bars.rows.iter().map(|row| (row.x, row.width, &*row.colour)).collect()
    }

    #[test]
    fn bars_begin_at_zero() {
        let bars = Bars::new("Points", &steps(&["40", "-10", "0", "0.001"]));
        // From -10 to 40: a unit is 20 wide, and zero lies at 200.
        assert_eq!(bars.zero, 200);
        assert_eq!(drawn(&bars), [(200, 800, "plus"), (0, 200, "minus"), (200, 0, "plus"), (200, 3, "plus")]);
    }

    #[test]
    fn a_waterfall_leads_to_its_total() {
        let total = Decimal::parse("30").unwrap();
        let bars = waterfall("Why 30?", &steps(&["50", "-30", "10"]), ("Engagement", total));
        // 0 to 50, 50 to 20, 20 to 30, and the whole from 0 to 30, of 50.
        assert_eq!(drawn(&bars), [(0, 1000, "plus"), (400, 600, "minus"), (400, 200, "plus"), (0, 600, "total")]);
        let text = bars.render().unwrap();
        assert!(text.contains(">50<") && text.contains(">-30<") && text.contains(">Engagement<"), "{text}");
        assert!(text.contains("aria-hidden=\"true\"") && text.contains("<caption"), "{text}");
    }

    #[test]
    fn labels_are_text() {
        let odd = Step::new("<b>", Decimal::ONE);
        let text = Bars::new("\"x\"", &[odd]).render().unwrap();
        assert!(text.contains("&#60;b&#62;") && !text.contains("<b>"), "{text}");
    }
}
