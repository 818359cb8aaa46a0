//! How everybody is spread over a score, as they were counted last: nobody is looked at for it.

use rules::decimal::Decimal;
use rules::model::{BandsBy, ScoreAt};
use rules::percentile::among;

use crate::models::Version;
use crate::ranks::place_of;
use crate::service::Service;

impl Service {
    /// How many have how much of a score, ascending: of points, or of percentiles within their cohorts. Those outside of
    /// its population are left out; of opportunities nothing is counted.
    pub fn spread(&self, version: &Version, score: ScoreAt, by: BandsBy) -> Vec<(Decimal, u64)> {
        let Some(place) = place_of(score) else { return Vec::new() };
        let cohorts = self.ranks().spread(version.number, place);
        let mut all: Vec<(Decimal, u64)> = match by {
            BandsBy::Points => cohorts.into_iter().flatten().collect(),
            BandsBy::Percentile => cohorts.iter().flat_map(|cohort| percentiles(cohort)).collect(),
        };
        all.sort_unstable();
        all.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            kept.1 += if is_same { next.1 } else { 0 };
            is_same
        });
        all
    }
}

/// The same with percentiles in place of points.
fn percentiles(cohort: &[(Decimal, u64)]) -> Vec<(Decimal, u64)> {
    let all = cohort.iter().map(|(_, count)| count).sum();
    let mut below = 0;
    let one = |&(_, count): &(Decimal, u64)| {
        let percentile = among(below, below + count, all);
        below += count;
        (percentile, count)
    };
    cohort.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_become_percentiles() {
        let decimal = |text: &str| Decimal::parse(text).unwrap();
        let cohort = [(decimal("0"), 2), (decimal("5"), 1), (decimal("9.5"), 1)];
        // Half of those with the same points count as below.
        let expected = [(decimal("25"), 2), (decimal("62.5"), 1), (decimal("87.5"), 1)];
        assert_eq!(percentiles(&cohort), expected);
    }
}
