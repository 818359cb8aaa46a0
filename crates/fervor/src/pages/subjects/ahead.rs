//! What will become of a score if nothing happens, and what would change that.

use batch::explain::{Explanation, shortly};
use batch::wording::unknown;
use rules::advice::{self, NextBand, Way};
use rules::day::Day;
use rules::model::{BandsBy, Model, ScoreAt, Subject};

use crate::pages::show::{Band, Number};

/// Changes that are told, at most.
const TOLD: usize = 3;

/// What is ahead.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) changes: Vec<Change>,
    /// The band on the day that was asked for.
    pub(super) on: Option<(Day, Band)>,
    pub(super) next: Option<Next>,
}

/// A change of band.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) is_drop: bool,
    pub(super) band: Band,
    pub(super) day: Day,
    pub(super) points: Number,
    /// What would prevent it.
    pub(super) unless: Option<String>,
}

/// The next higher band.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) band: Band,
    pub(super) from: Number,
    pub(super) more: Option<Number>,
    pub(super) ways: Vec<Told>,
    /// The most that activities of one kind can do, where that is not enough.
    pub(super) most: Option<Told>,
    /// What is unknown, and the points that it may give.
    pub(super) gaps: Vec<(String, Number)>,
}

/// Something that could be done.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) what: String,
    pub(super) points: Number,
}

impl Ahead {
    /// Of the one score that the explanation is about, if it can be told.
    pub(super) fn of(explanation: &Explanation<'_>, at: ScoreAt, on: Option<Day>) -> Option<Self> {
        let model = explanation.model;
        let score = model.score(at);
        let is_foretold =
            explanation.of != Subject::Opportunity && !score.bands.is_empty() && score.bands_by == BandsBy::Points;
        let outcome = explanation.outcomes.iter().find(|outcome| outcome.score == at).filter(|_| is_foretold)?;
        let band = |place: usize| Band::new(score, &score.bands[place].name);
        let own = || explanation.ahead.iter().filter(|ahead| ahead.change.score == at);
        let change = |ahead: &batch::explain::Ahead| Change {
            is_drop: ahead.change.to < ahead.change.from,
            band: band(ahead.change.to),
            day: ahead.change.day,
            points: Number(ahead.change.points),
            unless: ahead.prevented_by.as_ref().map(|way| shortly(model, way, explanation.as_of)),
        };
        let on = on.filter(|day| *day >= explanation.as_of).and_then(|day| {
            let last = own().rfind(|ahead| ahead.change.day <= day).map(|ahead| band(ahead.change.to));
            Some((day, last.or_else(|| outcome.band.as_deref().map(|name| Band::new(score, name)))?))
        });
        let next = explanation.next_bands.iter().find(|next| next.score == at);
        let next = next.filter(|next| advice::applies(model, at) || !next.gaps.is_empty());
        let more = |next: &NextBand| score.bands[next.band].from.minus(outcome.points?).map(Number);
        Some(Self {
            changes: own().take(TOLD).map(change).collect(),
            on,
            next: next.map(|next| Next {
                band: band(next.band),
                from: Number(score.bands[next.band].from),
                more: more(next),
                ways: next.ways.iter().map(|way| told(model, way, explanation.as_of)).collect(),
                most: next.most.as_ref().map(|way| told(model, way, explanation.as_of)),
                gaps: next
                    .gaps
                    .iter()
                    .map(|gap| (gap.unknown.iter().map(unknown).collect::<Vec<_>>().join(", "), Number(gap.points)))
                    .collect(),
            }),
        })
    }
}

fn told(model: &Model, way: &Way, as_of: Day) -> Told {
    Told { what: shortly(model, way, as_of), points: Number(way.points) }
}
