//! What will become of a score if nothing happens, and what would change that.

use batch::explain::Explanation;
use batch::wording::{shortened, unknown};
use rules::advice::{self, NextBand, Way};
use rules::condition::Finding;
use rules::day::{Day, Per};
use rules::model::{BandsBy, Kind, Model, ScoreAt, Subject};

use crate::pages::show::{Band, Number, worded};

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
    pub(super) unless: Option<Told>,
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
    pub(super) count: usize,
    pub(super) kind: String,
    /// The value that each has to have, if that matters, and properties.
    pub(super) value: Option<String>,
    pub(super) properties: Vec<(String, String)>,
    /// The property in which each differs from the others.
    pub(super) each_another: Option<String>,
    /// So many in each day or week, say, where a limit spreads them.
    pub(super) times: Option<(u32, &'static str)>,
    /// The day of the last one, if it is not the day as of which it is told.
    pub(super) done_by: Option<Day>,
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
            unless: ahead.prevented_by.as_ref().map(|way| told(model, way, explanation.as_of)),
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
    // Of a number the least that is enough; where 1 is enough, the number is not what it takes.
    let enough = way.enough.as_ref();
    let others = way.assumed.iter().filter(|one| enough.is_none_or(|enough| one.name != enough.name));
    let matters = others.chain(enough.filter(|enough| enough.found.as_deref() != Some("1")));
    let found = |one: &Finding| shortened(one.found.as_deref().unwrap_or_default());
    let (value, properties): (Vec<&Finding>, Vec<&Finding>) = matters.partition(|one| &*one.name.id == "value");
    let limit = match &model.rule(way.rule).kind {
        Kind::Activity(rule) => rule.limit.as_ref().filter(|limit| limit.per != Per::Ever),
        _ => None,
    };
    let done_by = Some(way.done_by()).filter(|day| *day != as_of);
    let is_spread = done_by.is_some() && way.activities.len() > 1;
    Told {
        count: way.activities.len(),
        kind: worded(way.kind()).to_lowercase(),
        value: value.first().map(|one| found(one)),
        properties: properties.into_iter().map(|one| (worded(&one.name.id).to_lowercase(), found(one))).collect(),
        each_another: way.each_another.as_deref().map(|property| worded(property).to_lowercase()),
        times: limit.filter(|_| is_spread).map(|limit| (limit.times, limit.per.word())),
        done_by,
        points: Number(way.points),
    }
}
