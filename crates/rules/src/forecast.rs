//! Looking ahead: with no further facts a score changes only at midnights, so that the days on
//! which it changes its band are computed, not guessed.

use crate::band;
use crate::day::{Day, Period, Unit};
use crate::decimal::Decimal;
use crate::model::{BandsBy, Model, Score, ScoreAt, Subject};

/// How far ahead the next changes are looked for.
const HORIZON: Period = Period { count: 3, unit: Unit::Year };

/// The last day that a forecast made on `as_of` looks at.
pub fn horizon(as_of: Day) -> Day {
    as_of.plus(HORIZON, 1).unwrap_or_else(Day::last)
}

/// A band that a score will change to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The score.
    pub score: ScoreAt,
    /// The first day in the new band.
    pub day: Day,
    /// The place of the band before, among the score's bands.
    pub from: usize,
    /// The place of the band from then on.
    pub to: usize,
    /// The points on that day.
    pub points: Decimal,
}

/// The changes of band after `as_of` and up to `until`, at most the horizon, by day; only scores whose bands are by points.
///
/// `points_on` gives all final points on a day, `next_change` the first day after another on which
/// any may differ: the days between are passed over.
pub(crate) fn changes<E>(
    model: &Model,
    of: Subject,
    as_of: Day,
    until: Day,
    points_on: impl Fn(Day) -> Result<Vec<(ScoreAt, Decimal)>, E>,
    next_change: impl Fn(Day) -> Option<Day>,
) -> Result<Vec<Change>, E> {
    let banded = |score: &Score| score.of == of && score.bands_by == BandsBy::Points && !score.bands.is_empty();
    let mut changes: Vec<Change> = Vec::new();
    if !model.scores.iter().any(banded) {
        return Ok(changes);
    }
    let bands_on = |day| -> Result<Vec<(ScoreAt, usize, Decimal)>, E> {
        let points = points_on(day)?.into_iter();
        let reached = |(at, points)| {
            let score = model.score(at);
            band::reached(&score.bands, points).filter(|_| banded(score)).map(|place| (at, place, points))
        };
        Ok(points.filter_map(reached).collect())
    };
    let until = until.min(horizon(as_of));
    let mut bands = bands_on(as_of)?;
    let mut day = as_of;
    while let Some(next) = next_change(day).filter(|next| *next <= until) {
        let after = bands_on(next)?;
        for (&(score, from, _), &(_, to, points)) in bands.iter().zip(&after) {
            if from != to {
                changes.push(Change { score, day: next, from, to, points });
            }
        }
        (bands, day) = (after, next);
    }
    Ok(changes)
}
