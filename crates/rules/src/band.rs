//! Bands: names for stretches of a score, and the labels of a matrix.

use crate::decimal::Decimal;
use crate::model::{Band, BandsBy, Score};

/// The place of the band that a subject is in; `None` where the number that its bands go by is missing.
pub fn of(score: &Score, points: Option<Decimal>, percentile: Option<Decimal>) -> Option<usize> {
    let number = match score.bands_by {
        BandsBy::Points => points,
        BandsBy::Percentile => percentile,
    };
    number.and_then(|number| reached(&score.bands, number))
}

/// The place of the highest band that `number` reaches. `bands` are ascending; the lowest one
/// reaches down without end. `None` without bands.
pub fn reached(bands: &[Band], number: Decimal) -> Option<usize> {
    let above = bands.iter().rposition(|band| band.from <= number);
    if bands.is_empty() { None } else { Some(above.unwrap_or(0)) }
}

/// The label of a matrix: a letter for the position of the first band from the top, a number for
/// that of the second. Each is given as its place from the bottom and the number of bands.
pub fn label(letters: (usize, usize), digits: (usize, usize)) -> String {
    let from_top = |(place, count): (usize, usize)| count - 1 - place;
    let letter = ('A'..='Z').nth(from_top(letters)).expect("a model has at most 26 bands to a score");
    format!("{letter}{}", from_top(digits) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_band_reached_counts() {
        let band = |name: &str, from| Band { name: name.into(), from: Decimal::from_whole(from).unwrap() };
        let bands = [band("Low", 0), band("Medium", 51), band("High", 151)];
        for (points, expected) in [(-5, 0), (0, 0), (50, 0), (51, 1), (150, 1), (151, 2), (9999, 2)] {
            assert_eq!(reached(&bands, Decimal::from_whole(points).unwrap()), Some(expected), "{points}");
        }
        assert_eq!(reached(&[], Decimal::ZERO), None);
        assert_eq!(label((2, 3), (2, 3)), "A1");
        assert_eq!(label((0, 3), (1, 2)), "C1");
    }
}
