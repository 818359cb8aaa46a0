//! How a score came to be what it is: each change with its cause, and a line over time.

use std::collections::BTreeMap;

use live::about::Known;
use rules::day::Day;
use rules::id::ContactId;
use rules::model::{BandsBy, Form, Score, ScoreAt, Subject};
use rules::score::Evaluation;
use store::change::Change;
use store::subject::Kind;

use crate::pages::chart::{At, Spark, Steps};
use crate::pages::show::{Band, Number};
use crate::t::{self, Text};

/// Changes that are read.
pub(super) const READ: usize = 500;
/// Changes that stand in the table.
const SHOWN: usize = 20;
/// A line of what was stored begins so many days ago at the least.
const DAYS_MIN: i32 = 30;
/// A line of what would have been goes back so many days, in so many steps; in fewer where there is much to add up for
/// each.
const DAYS_BACK: i32 = 730;
const POINTS: i32 = 73;
const POINTS_MIN: i32 = 24;
/// So many activities may be added up for a line.
const ADDED_UP: usize = 20_000;

/// What was.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) line: Option<Steps>,
    /// Whether the line is what today's rules say of earlier days, and not what was stored then.
    pub(super) is_by_todays_rules: bool,
    pub(super) changes: Vec<Told>,
}

/// A change.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) day: Day,
    pub(super) cause: Text,
    pub(super) before: Option<Number>,
    pub(super) after: Option<Number>,
    pub(super) band: Option<Band>,
    /// Whether the band is another one than before.
    pub(super) has_crossed: bool,
}

/// The line of each score, and whether it is what today's rules say of earlier days.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<ScoreAt, (Vec<At>, bool)>);

impl Lines {
    /// Of all scores of a subject, from changes of which the latest comes first.
    pub(super) fn of(changes: &[Change], kind: Kind, known: &Known) -> Self {
        let model = &known.version.model;
        let mut lines = if kind == Kind::Contact { worked_out(known) } else { BTreeMap::new() };
        for (place, score) in model.scores.iter().enumerate() {
            let own: Vec<&Change> = changes.iter().filter(|change| *change.score == *score.id).collect();
            if own.last().is_some_and(|first| known.today.since(first.day) >= DAYS_MIN) {
                lines.insert(ScoreAt(place), (stored(&own), false));
            }
        }
        lines.retain(|at, _| !matches!(model.score(*at).form, Form::Matrix(..)));
        Self(lines)
    }

    /// The line of a score, small.
    pub(super) fn spark(&self, known: &Known, at: ScoreAt) -> Option<Spark> {
        let (line, _) = self.0.get(&at)?;
        Spark::new(known.version.model.score(at), line, known.today)
    }
}

impl Past {
    /// Of a score, from changes of which the latest comes first.
    pub(super) fn of(changes: &[Change], lines: &Lines, known: &Known, at: ScoreAt) -> Self {
        let score = known.version.model.score(at);
        let own = changes.iter().filter(|change| *change.score == *score.id);
        let told = |change: &Change| Told {
            day: change.day,
            cause: t::past_cause(&*change.cause),
            before: change.points_before.map(Number),
            after: change.points.map(Number),
            band: change.band.as_deref().map(|name| Band::new(score, name)),
            has_crossed: change.band != change.band_before,
        };
        let (line, is_by_todays_rules) = lines.0.get(&at).map_or((None, false), |(line, is_by_todays_rules)| {
            (Steps::new(t::past_of(score.label()), score, line, known.today), *is_by_todays_rules)
        });
        Self { line, is_by_todays_rules, changes: own.take(SHOWN).map(told).collect() }
    }
}

/// What was stored, by day: of several changes of a day the last.
fn stored(own: &[&Change]) -> Vec<At> {
    let mut days: BTreeMap<Day, At> = BTreeMap::new();
    for change in own.iter().rev() {
        let before = days.get(&change.day);
        let (before, is_new_rule) = before.map_or((None, false), |at| (at.mark.clone(), at.is_new_rule));
        let has_crossed = change.band != change.band_before;
        let said = || Some(format!("{} ({})", change.band.as_deref()?, t::past_cause(&*change.cause).plain()));
        days.insert(
            change.day,
            At {
                day: change.day,
                number: change.points,
                mark: if has_crossed { said() } else { before },
                is_new_rule: is_new_rule || *change.cause == *"model",
            },
        );
    }
    days.into_values().collect()
}

/// What today's rules say of earlier days, of all scores.
fn worked_out(known: &Known) -> BTreeMap<ScoreAt, (Vec<At>, bool)> {
    let model = &known.version.model;
    let id = ContactId::from(&*known.id);
    let mut lines: BTreeMap<ScoreAt, (Vec<At>, bool)> = BTreeMap::new();
    let activities = known.facts.contacts.values().map(|person| person.activities.len()).sum::<usize>();
    let afforded = i32::try_from(ADDED_UP / activities.max(1)).unwrap_or(POINTS);
    let points = afforded.clamp(POINTS_MIN, POINTS);
    for step in (0..=points).rev() {
        let day = known.today.back(step * (DAYS_BACK / points));
        let evaluation = Evaluation::new(model, &known.facts, day);
        let ledgers = evaluation.contact(&id).and_then(Result::ok).unwrap_or_default();
        for (at, score) in model.scores_of(Subject::Contact) {
            let number = ledgers.iter().find(|ledger| ledger.score == at).map(|ledger| ledger.points);
            let (line, _) = lines.entry(at).or_insert_with(|| (Vec::new(), true));
            let before = line.last().and_then(|at| at.number).and_then(|points| band(score, points));
            let crossed =
                number.and_then(|points| band(score, points)).filter(|now| before.is_some_and(|before| before != *now));
            // Before it existed there is nothing.
            if number.is_some() || !line.is_empty() {
                line.push(At {
                    day,
                    number,
                    mark: crossed.map(|place| score.bands[place].name.clone()),
                    is_new_rule: false,
                });
            }
        }
    }
    lines
}

/// The place of the band that points reach, if it is points that bands go by.
fn band(score: &Score, points: rules::decimal::Decimal) -> Option<usize> {
    let reached = score.bands.iter().rposition(|band| band.from <= points);
    (!score.bands.is_empty() && score.bands_by == BandsBy::Points).then(|| reached.unwrap_or(0))
}
