//! The scores of an account's people, as one number.

use super::subject::Prepared;
use super::view::number;
use super::{Error, Overflow};
use crate::condition::{Context, Unknown};
use crate::day::Day;
use crate::decimal::{Decimal, SCALE, div_round};
use crate::id::ContactId;
use crate::ledger::{Basis, Nothing};
use crate::model::{Pool, ScoreAt};

/// The people of an account who count for one roll-up.
#[derive(Debug)]
pub(super) struct Rollup<'a> {
    pub(super) score: ScoreAt,
    pub(super) take: &'a Pool,
    pub(super) points: Decimal,
    /// Each with what counts of them for this account.
    pub(super) people: Vec<(&'a ContactId, Prepared<'a>)>,
    /// What the sum is divided by, for `per_capita`.
    pub(super) divisor: Option<Result<Decimal, Unknown>>,
}

impl<'a> Rollup<'a> {
    pub(super) fn on(&self, day: Day, here: impl Fn(Overflow) -> Error) -> Result<(Decimal, Basis<'a>), Error> {
        let mut scores = Vec::new();
        for (contact, prepared) in &self.people {
            scores.push(((*contact).clone(), prepared.points_on(self.score, day)?));
        }
        let nothing = match &self.divisor {
            _ if scores.is_empty() => Some(Nothing::NoPeople),
            Some(Err(unknown)) => Some(Nothing::UnknownDivisor(unknown.clone())),
            Some(Ok(divisor)) if *divisor == Decimal::ZERO => Some(Nothing::ZeroDivisor),
            _ => None,
        };
        let divisor = self.divisor.as_ref().and_then(|divisor| divisor.as_ref().ok()).copied();
        let pooled = if nothing.is_some() {
            Decimal::ZERO
        } else {
            let points: Vec<_> = scores.iter().map(|&(_, points)| points).collect();
            pool(self.take, points, divisor).ok_or(Overflow).map_err(&here)?
        };
        let base = pooled.times(self.points).ok_or(Overflow).map_err(&here)?;
        Ok((base, Basis::People { scores, pooled, divisor, nothing }))
    }

    pub(super) fn next_change(&self, day: Day) -> Option<Day> {
        self.people.iter().filter_map(|(_, prepared)| prepared.next_change(day)).min()
    }
}

/// One number of many, at least one. Quotients and medians round to four decimals.
pub(super) fn pool(take: &Pool, mut points: Vec<Decimal>, divisor: Option<Decimal>) -> Option<Decimal> {
    points.sort_unstable();
    let sum = |points: &[Decimal]| points.iter().map(|points| i128::from(points.units())).sum::<i128>();
    let count = points.len();
    let units = match take {
        Pool::Sum => sum(&points),
        Pool::Mean => div_round(sum(&points), count as i128),
        Pool::Median if count % 2 == 1 => sum(&points[count / 2..=count / 2]),
        Pool::Median => div_round(sum(&points[count / 2 - 1..=count / 2]), 2),
        Pool::Max => sum(&points[count - 1..]),
        Pool::Top(top) => sum(&points[count.saturating_sub(usize::try_from(*top).ok()?)..]),
        Pool::PerCapita(_) => {
            let divisor = i128::from(divisor?.units());
            let scaled = sum(&points).checked_mul(i128::from(SCALE))? * divisor.signum();
            div_round(scaled, divisor.abs())
        }
    };
    Decimal::from_sum(units)
}

/// The number that `per_capita` divides by.
pub(super) fn divisor(take: &Pool, own: &Context<'_>) -> Option<Result<Result<Decimal, Unknown>, Overflow>> {
    let Pool::PerCapita(name) = take else { return None };
    Some(number(name, own))
}
