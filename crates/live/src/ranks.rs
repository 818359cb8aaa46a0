//! Where everyone stands among the others: counts of points, from which percentiles are taken when they are read.

use std::collections::BTreeMap;

use rules::day::Instant;
use rules::decimal::Decimal;
use rules::model::{ScoreAt, Subject};
use rules::percentile::among;
use store::Session;
use store::standing::{Cohort, Standing};

use crate::error::Result;
use crate::models::{Models, Version};

/// Everyone's points, counted.
#[derive(Debug, Default)]
pub(crate) struct Ranks {
    /// By version and score.
    scores: BTreeMap<(i64, i64), BTreeMap<Cohort, Ranking>>,
    /// When they were counted.
    pub(crate) at: Option<Instant>,
}

/// Those who are ranked together: each number of points that somebody has, and how many have at most that.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ranking(Vec<(Decimal, u64)>);

impl Ranking {
    /// The percentile of points that somebody may have.
    fn percentile(&self, points: Decimal) -> Option<Decimal> {
        let all = self.0.last()?.1;
        let above = self.0.partition_point(|(other, _)| *other <= points);
        let below = self.0.partition_point(|(other, _)| *other < points);
        let up_to = |place: usize| if place == 0 { 0 } else { self.0[place - 1].1 };
        // Somebody whose points are not counted yet is not there yet.
        Some(among(up_to(below), up_to(above), all))
    }

    /// The stretches of points that are in one band each, as the band goes by percentiles.
    pub(crate) fn stretches(&self, band: impl Fn(Decimal) -> Option<usize>) -> Vec<(usize, Decimal, Decimal)> {
        let mut stretches: Vec<(usize, Decimal, Decimal)> = Vec::new();
        for (points, _) in &self.0 {
            let Some(place) = self.percentile(*points).and_then(&band) else { continue };
            match stretches.last_mut() {
                Some((last, _, high)) if *last == place => *high = *points,
                _ => stretches.push((place, *points, *points)),
            }
        }
        stretches
    }
}

impl Ranks {
    /// Counts everyone.
    pub(crate) fn count(session: &mut Session<'_>, models: &Models, now: Instant) -> Result<Self> {
        let mut ranks = Self { scores: BTreeMap::new(), at: Some(now) };
        for version in models.all() {
            for place in ranked_scores(version) {
                let mut counted: BTreeMap<Cohort, BTreeMap<Decimal, u64>> = BTreeMap::new();
                for tally in session.tallies(version.number, place)? {
                    *counted.entry(tally.cohort).or_default().entry(tally.points).or_default() += tally.count;
                }
                let ranking = |counts: BTreeMap<Decimal, u64>| {
                    let mut sum = 0;
                    Ranking(
                        counts
                            .into_iter()
                            .map(|(points, count)| {
                                (points, {
                                    sum += count;
                                    sum
                                })
                            })
                            .collect(),
                    )
                };
                let rankings = counted.into_iter().map(|(cohort, counts)| (cohort, ranking(counts)));
                ranks.scores.insert((version.number, place), rankings.collect());
            }
        }
        Ok(ranks)
    }

    /// The percentile of a standing; `None` where it is not ranked, or nobody of its cohort was counted yet.
    pub(crate) fn percentile(&self, standing: &Standing) -> Option<Decimal> {
        let cohort = standing.ranked.as_ref()?;
        let ranking = self.scores.get(&(standing.version, standing.score))?.get(cohort)?;
        ranking.percentile(standing.points?)
    }

    /// The rankings of a score, by cohort.
    pub(crate) fn of(&self, version: i64, score: i64) -> impl Iterator<Item = (&Cohort, &Ranking)> {
        self.scores.get(&(version, score)).into_iter().flatten()
    }

    /// Whether everybody stands as before.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.scores == other.scores
    }
}

/// The places of the scores in which subjects are ranked.
fn ranked_scores(version: &Version) -> impl Iterator<Item = i64> {
    let scores = version.model.scores.iter().enumerate();
    let ranked = scores.filter(|(_, score)| score.of != Subject::Opportunity);
    ranked.filter_map(|(place, _)| place_of(ScoreAt(place)))
}

/// The place of a score as it is stored.
pub(crate) fn place_of(score: ScoreAt) -> Option<i64> {
    i64::try_from(score.0).ok()
}
