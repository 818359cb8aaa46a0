//! A column for each of several equal spans of time.

use askama::Template;

use crate::t::{self, Text};

/// The height of a drawing.
const HEIGHT: u64 = 120;

/// Columns, and a table of what they stand for.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "chart/columns.html")]
pub(in crate::pages) struct Columns {
    title: String,
    /// What a column is called in the table.
    span: Text,
    columns: Vec<Column>,
    width: usize,
    total: u64,
}

impl askama::filters::HtmlSafe for Columns {}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    label: String,
    count: u64,
    x: usize,
    y: u64,
    height: u64,
}

impl Columns {
    /// A column for each label and count, in their order.
    pub(in crate::pages) fn new(
        title: impl Into<String>,
        span: Text,
        counts: impl IntoIterator<Item = (String, u64)>,
    ) -> Self {
        let counts: Vec<(String, u64)> = counts.into_iter().collect();
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
        let column = |(place, (label, count)): (usize, &(String, u64))| {
            // What is there can be seen.
            let height =
                if *count == 0 { 0 } else { (u128::from(*count) * u128::from(HEIGHT) / u128::from(most)).max(2) };
            let height = u64::try_from(height).unwrap_or(HEIGHT);
            Column { label: label.clone(), count: *count, x: place * 10 + 1, y: HEIGHT - height, height }
        };
        let columns: Vec<Column> = counts.iter().enumerate().map(column).collect();
        let (width, total) = (columns.len() * 10, counts.iter().map(|(_, count)| count).sum());
        Self { title: title.into(), span, columns, width, total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_high_as_what_they_stand_for() {
        let counts = [("a", 60), ("b", 0), ("c", 120), ("d", 1)].map(|(label, count)| (label.to_owned(), count));
        let columns = Columns::new("Activities", t::home_week(), counts);
        let drawn: Vec<_> = columns.columns.iter().map(|one| (one.x, one.y, one.height)).collect();
        assert_eq!(drawn, [(1, 60, 60), (11, 120, 0), (21, 0, 120), (31, 118, 2)]);
        assert_eq!((columns.width, columns.total), (40, 181));
        let text = columns.render().unwrap();
        assert!(text.contains("role=\"img\"") && text.contains("<title>Activities</title>"), "{text}");
        // Of nothing there is nothing, and no harm in it; neither is there in the largest numbers.
        assert!(Columns::new("None", t::home_week(), []).columns.is_empty());
        assert_eq!(Columns::new("Many", t::home_week(), [(String::new(), u64::MAX)]).columns[0].height, HEIGHT);
    }
}
