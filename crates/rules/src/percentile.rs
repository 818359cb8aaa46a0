//! Percentiles: where a score stands among the others.

use std::collections::BTreeMap;

use crate::decimal::{Decimal, SCALE, div_round};

/// Someone who is ranked: the cohort, a missing one being a cohort of its own, and the score.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The group within which the rank is taken.
    pub cohort: Option<String>,
    /// The final score.
    pub points: Decimal,
}

/// The percentile of each: 100 × (below + ties / 2) / N within its cohort, itself among its ties,
/// rounded to two decimals. Those outside the population are `None`, and stay so.
pub fn percentiles(population: &[Option<Ranked>]) -> Vec<Option<Decimal>> {
    let mut cohorts: BTreeMap<&Option<String>, Vec<Decimal>> = BTreeMap::new();
    for ranked in population.iter().flatten() {
        cohorts.entry(&ranked.cohort).or_default().push(ranked.points);
    }
    cohorts.values_mut().for_each(|points| points.sort_unstable());
    let of = |ranked: &Ranked| percentile(&cohorts[&ranked.cohort], ranked.points);
    population.iter().map(|ranked| ranked.as_ref().map(of)).collect()
}

fn percentile(sorted: &[Decimal], points: Decimal) -> Decimal {
    let below = sorted.partition_point(|&other| other < points);
    let not_above = sorted.partition_point(|&other| other <= points);
    among(below as u64, not_above as u64, sorted.len() as u64)
}

/// The percentile of a score with so many below it, and so many not above it, itself included, of all.
///
/// # Panics
///
/// If more are not above it than there are at all, or there are none.
pub fn among(below: u64, not_above: u64, all: u64) -> Decimal {
    // below + ties / 2 = (below + not_above) / 2, in hundredths of a per cent.
    let halves = i128::from(below) + i128::from(not_above);
    let hundredths = div_round(halves * 100 * 100, 2 * i128::from(all));
    let units = hundredths * i128::from(SCALE) / 100;
    Decimal::from_sum(units).expect("a percentile is at most 100")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(points: &[i64]) -> Vec<Option<Ranked>> {
        let one = |&points: &i64| Some(Ranked { cohort: None, points: Decimal::from_units(points) });
        points.iter().map(one).collect()
    }

    #[test]
    fn six_below_and_eight_tied_of_fifty_is_twenty() {
        let points: Vec<i64> = (0..50)
            .map(|place| match place {
                0..6 => 1,
                6..14 => 2,
                _ => 3,
            })
            .collect();
        let all = percentiles(&ranked(&points));
        assert_eq!(all[6].unwrap().to_string(), "20");
        assert_eq!(all[0].unwrap().to_string(), "6");
    }

    #[test]
    fn one_alone_is_in_the_middle_and_thirds_round() {
        assert_eq!(percentiles(&ranked(&[7]))[0].unwrap().to_string(), "50");
        let thirds: Vec<_> = percentiles(&ranked(&[1, 2, 3])).into_iter().map(|p| p.unwrap().to_string()).collect();
        assert_eq!(thirds, ["16.67", "50", "83.33"]);
    }

    #[test]
    fn cohorts_do_not_mix_and_outsiders_have_none() {
        let of = |cohort: Option<&str>, points| {
            Some(Ranked { cohort: cohort.map(Into::into), points: Decimal::from_units(points) })
        };
        let all = percentiles(&[of(Some("a"), 1), of(None, 5), None, of(Some("a"), 9)]);
        let shown: Vec<_> = all.into_iter().map(|p| p.map(|p| p.to_string())).collect();
        assert_eq!(shown, [Some("25".into()), Some("50".into()), None, Some("75".into())]);
    }
}
