//! Where everyone stands among the others: counts of points, from which percentiles are taken when they are read.

use std::collections::BTreeMap;

use rules::day::Instant;
use rules::decimal::Decimal;
use rules::model::{ScoreAt, Subject};
use rules::percentile::among;
use store::Session;
use store::standing::{Cohort, Standing, Tally};

use crate::error::Result;
use crate::models::{Models, Version};

/// Some who are not in the band that their percentile gives, of a version and a score.
pub(crate) type Misplaced = ((i64, i64), Tally);

/// Everyone's points, counted.
#[derive(Debug, Default)]
pub(crate) struct Ranks {
    /// By version and score.
    scores: BTreeMap<(i64, i64), BTreeMap<Cohort, Ranking>>,
    pub(crate) misplaced: Vec<Misplaced>,
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
}

impl Ranks {
    /// Counts everyone.
    pub(crate) fn count(session: &mut Session<'_>, models: &Models, now: Instant) -> Result<Self> {
        let mut ranks = Self { at: Some(now), ..Self::default() };
        for version in models.all() {
            for place in ranked_scores(version) {
                let tallies = session.tallies(version.number, place)?;
                let rankings = rankings(&tallies);
                ranks.misplaced.extend(misplaced(version, place, tallies, &rankings));
                ranks.scores.insert((version.number, place), rankings);
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

    /// How many have how many points in a score, for each cohort by itself.
    pub(crate) fn spread(&self, version: i64, place: i64) -> Vec<Vec<(Decimal, u64)>> {
        let single = |ranking: &Ranking| {
            let mut before = 0;
            let one = |&(points, up_to): &(Decimal, u64)| (points, up_to - std::mem::replace(&mut before, up_to));
            ranking.0.iter().map(one).collect()
        };
        self.scores.get(&(version, place)).into_iter().flat_map(BTreeMap::values).map(single).collect()
    }

    /// Whether everybody stands as before.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.scores == other.scores
    }
}

fn rankings(tallies: &[Tally]) -> BTreeMap<Cohort, Ranking> {
    let mut counted: BTreeMap<Cohort, BTreeMap<Decimal, u64>> = BTreeMap::new();
    for tally in tallies {
        *counted.entry(tally.cohort.clone()).or_default().entry(tally.points).or_default() += tally.count;
    }
    let ranking = |counts: BTreeMap<Decimal, u64>| {
        let up_to = counts.into_iter().scan(0, |sum, (points, count)| {
            *sum += count;
            Some((points, *sum))
        });
        Ranking(up_to.collect())
    };
    counted.into_iter().map(|(cohort, counts)| (cohort, ranking(counts))).collect()
}

/// Those of a score whose bands go by percentiles who are in another one.
fn misplaced(
    version: &Version,
    place: i64,
    tallies: Vec<Tally>,
    rankings: &BTreeMap<Cohort, Ranking>,
) -> Vec<Misplaced> {
    let Some(at) = version.by_rank.iter().find(|at| place_of(**at) == Some(place)) else { return Vec::new() };
    let bands = &version.model.score(*at).bands;
    let is_elsewhere = |tally: &Tally| {
        let percentile = rankings.get(&tally.cohort).and_then(|ranking| ranking.percentile(tally.points));
        let band = percentile.and_then(|percentile| rules::band::reached(bands, percentile));
        band.is_some_and(|band| tally.band.as_deref() != Some(&bands[band].name))
    };
    tallies.into_iter().filter(is_elsewhere).map(|tally| ((version.number, place), tally)).collect()
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
