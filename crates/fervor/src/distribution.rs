//! How the points of many are distributed, in a few exact numbers.

use rules::decimal::Decimal;
use rules::score::Outcome;

use batch::wording::grouped;

/// The points of everyone who has points. A number beyond the range is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Distribution {
    pub(crate) least: Decimal,
    pub(crate) lower_quartile: Option<Decimal>,
    pub(crate) median: Option<Decimal>,
    pub(crate) upper_quartile: Option<Decimal>,
    pub(crate) mean: Option<Decimal>,
    pub(crate) most: Decimal,
    pub(crate) total: Option<Decimal>,
    /// All estimated values together, where there is any.
    pub(crate) estimated_value: Option<Option<Decimal>>,
}

impl Distribution {
    /// Of these results; `None` if nobody has points.
    pub(crate) fn of<'o>(outcomes: impl Iterator<Item = &'o Outcome> + Clone) -> Option<Self> {
        let mut points: Vec<_> = outcomes.clone().filter_map(|outcome| outcome.points).collect();
        points.sort_unstable();
        let (&least, &most) = (points.first()?, points.last()?);
        let total = Decimal::sum(points.iter().copied());
        let count = i64::try_from(points.len()).ok().and_then(Decimal::from_whole);
        let values: Vec<_> = outcomes.filter_map(|outcome| outcome.estimated_value).collect();
        Some(Self {
            least,
            lower_quartile: quarter(&points, 1),
            median: quarter(&points, 2),
            upper_quartile: quarter(&points, 3),
            mean: total.zip(count).and_then(|(total, count)| total.over(count)),
            most,
            total,
            estimated_value: (!values.is_empty()).then(|| Decimal::sum(values)),
        })
    }
}

/// The number that so many quarters of the list lie below; between two of them, in proportion.
fn quarter(sorted: &[Decimal], quarters: usize) -> Option<Decimal> {
    let steps = (sorted.len() - 1) * quarters;
    let (place, rest) = (steps / 4, i64::try_from(steps % 4).ok()?);
    let low = sorted[place];
    // The last of the list has no neighbour, and needs none.
    let high = sorted.get(place + 1).copied().unwrap_or(low);
    let part = |number: Decimal, quarters| number.times_ratio(quarters, 4);
    match rest {
        2 => Decimal::sum([low, high])?.over(Decimal::from_whole(2)?),
        _ => Decimal::sum([low, part(high.minus(low)?, rest)?]),
    }
}

/// A number with its thousands grouped, or that it cannot be held.
pub(crate) fn shown(number: Option<Decimal>) -> String {
    number.map_or("beyond range".into(), grouped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_between_neighbours_in_proportion() {
        // 4 numbers: the quartiles lie 3/4, 6/4 and 9/4 steps from the first.
        let cases: &[(&[i64], [&str; 3])] = &[
            (&[7], ["7", "7", "7"]),
            (&[0, 10], ["2.5", "5", "7.5"]),
            (&[0, 10, 20, 40], ["7.5", "15", "25"]),
            (&[-4, 1, 2, 3, 9], ["1", "2", "3"]),
        ];
        for (points, expected) in cases {
            let sorted: Vec<_> = points.iter().map(|&whole| Decimal::from_whole(whole).unwrap()).collect();
            let found = [1, 2, 3].map(|quarters| quarter(&sorted, quarters).unwrap().to_string());
            assert_eq!(found, *expected, "{points:?}");
        }
    }
}
