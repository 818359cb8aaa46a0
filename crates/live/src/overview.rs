//! How everybody stands, stood and will stand: what a first look at an organisation shows.
//!
//! Everybody is scored as of today, as of some days ago by all that is known now, and as of some days ahead as if
//! nothing happened. It is gone through some at a time, so that nobody waits for it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use rules::day::{Day, Instant};
use rules::decimal::Decimal;
use rules::model::{BandsBy, Form, Score, ScoreAt, Subject as Of};
use rules::value::Attributes;
use store::standing::Standing;
use store::subject::{Key, Kind};

use crate::desk::{Desk, facts_of};
use crate::dossier::{self, Dossier};
use crate::error::Result;
use crate::evaluate;
use crate::latest::Latest;
use crate::models::Version;
use crate::ranks::place_of;
use crate::service::Service;

/// So many days it looks back and ahead.
pub const DAYS: i32 = 30;
/// So many weeks of activities are counted, with the one that it is.
pub const WEEKS: usize = 26;
/// So many contacts are named of each kind; all are counted.
pub const NAMED: usize = 200;
/// So many contacts are read at a time.
const STEP: usize = 200;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The version in force.
    pub version: i64,
    /// When everybody had been gone through.
    pub at: Instant,
    /// The day as of which.
    pub today: Day,
    /// Contacts that exist.
    pub contacts: u64,
    /// Each score of contacts that has bands of its own, in the order of the model.
    pub scores: Vec<Spread>,
    /// Activities by week: the Monday, and how many; the oldest first.
    pub weeks: Vec<(Day, u64)>,
    /// When the last activity was accepted.
    pub arrived_at: Option<Instant>,
}

/// How contacts are spread over a score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// The id of the score.
    pub score: String,
    /// How many stand in each band today and stood in it then, from the lowest.
    pub bands: Vec<(String, u64, u64)>,
    /// Who rose, the most first.
    pub risen: Group,
    /// Who fell, the most first.
    pub fallen: Group,
    /// Who falls to a lower band if nothing happens, the most points first.
    pub at_risk: Group,
}

/// Some contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub named: Vec<Moved>,
}

/// A contact whose score moved, or will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its id.
    pub id: Arc<str>,
    /// Its attributes today.
    pub attributes: Attributes,
    /// The points and the band before.
    pub from: (Decimal, Option<Arc<str>>),
    /// The points and the band after.
    pub to: (Decimal, Option<Arc<str>>),
}

impl Overview {
    /// Everybody who is named.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let groups = self.scores.iter().flat_map(|score| [&score.risen, &score.fallen, &score.at_risk]);
        groups.flat_map(|group| &group.named).map(|moved| &*moved.id)
    }

    /// Names those no longer who are gone; how many there were stays.
    pub fn forget(&mut self, is_gone: &dyn Fn(&str) -> bool) {
        for score in &mut self.scores {
            for group in [&mut score.risen, &mut score.fallen, &mut score.at_risk] {
                group.named.retain(|moved| !is_gone(&moved.id));
            }
        }
    }
}

impl Moved {
    fn by(&self) -> i128 {
        i128::from(self.to.0.units()) - i128::from(self.from.0.units())
    }
}

impl Group {
    fn add(&mut self, moved: Moved) {
        self.count += 1;
        self.named.push(moved);
    }

    /// Keeps the first by an order, and forgets the others.
    fn keep<K: Ord>(&mut self, order: impl Fn(&Moved) -> K) {
        self.named.sort_by(|one, other| order(one).cmp(&order(other)).then_with(|| one.id.cmp(&other.id)));
        self.named.truncate(NAMED);
    }
}

impl Spread {
    fn new(score: &Score) -> Self {
        let bands = score.bands.iter().map(|band| (band.name.clone(), 0, 0)).collect();
        Self { score: score.id.clone(), bands, ..Self::default() }
    }

    fn place(&self, band: Option<&Arc<str>>) -> Option<usize> {
        self.bands.iter().position(|(name, ..)| band.is_some_and(|band| **band == **name))
    }

    /// Counts a contact: how it stood, stands and will stand.
    fn count(&mut self, who: (&Arc<str>, &Attributes), [before, now, ahead]: [Option<&Standing>; 3]) {
        let place = |spread: &Self, one: Option<&Standing>| spread.place(one.and_then(|one| one.band.as_ref()));
        let [stood, stands, will_stand] = [before, now, ahead].map(|one| place(self, one));
        stands.into_iter().for_each(|place| self.bands[place].1 += 1);
        stood.into_iter().for_each(|place| self.bands[place].2 += 1);
        let one = |one: Option<&Standing>| one.and_then(|one| Some((one.points?, one.band.clone())));
        let moved = |from, to| Moved { id: who.0.clone(), attributes: who.1.clone(), from, to };
        let Some(today) = one(now) else { return };
        if let Some(before) = one(before)
            && before.0 != today.0
        {
            let group = if before.0 < today.0 { &mut self.risen } else { &mut self.fallen };
            group.add(moved(before, today.clone()));
        }
        if let Some(ahead) = one(ahead)
            && will_stand < stands
        {
            self.at_risk.add(moved(today, ahead));
        }
    }

    fn keep(&mut self) {
        self.risen.keep(|moved| Reverse(moved.by()));
        self.fallen.keep(Moved::by);
        self.at_risk.keep(|moved| Reverse(moved.from.0));
    }
}

/// The scores of contacts whose bands say something by themselves.
fn scores(version: &Version) -> Vec<(ScoreAt, Spread)> {
    let of_contacts = version.model.scores_of(Of::Contact);
    let is_plain = |score: &Score| score.bands_by == BandsBy::Points && !matches!(score.form, Form::Matrix(..));
    of_contacts.filter(|(_, score)| is_plain(score)).map(|(at, score)| (at, Spread::new(score))).collect()
}

/// The Monday of a week.
fn monday(day: Day) -> Day {
    day.back(i32::from(day.date().weekday().to_monday_zero_offset()))
}

impl Service {
    /// Goes through everybody; `rest` is called after some, with how many are done, and says whether to go on. `None`
    /// if it was not finished, another version came into force meanwhile, or there is none.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn overview(&self, rest: &mut dyn FnMut(u64) -> bool) -> Result<Option<Overview>> {
        let mut desk = self.reading()?;
        let Some(version) = desk.models.current.clone() else { return Ok(None) };
        let today = desk.today(&version);
        let first = monday(today).back(i32::try_from(WEEKS - 1).unwrap_or(0) * 7);
        let mut spreads = scores(&version);
        let mut weeks: BTreeMap<Day, u64> =
            (0..WEEKS).filter_map(|week| Some((first.plus_days(i32::try_from(week).ok()? * 7)?, 0))).collect();
        let (mut contacts, mut arrived_at, mut after) = (0, None, 0);
        loop {
            let keys = desk.session.walk(Kind::Contact, after, STEP)?;
            let Some(last) = keys.last() else { break };
            after = *last;
            for (person, stands) in desk.three_days(&version, &keys, today)? {
                let [_, now, _] = &stands;
                if now.is_empty() {
                    continue;
                }
                contacts += 1;
                let attributes = person.record().history().on(today).map(|row| row.attributes.clone());
                let attributes = attributes.unwrap_or_default();
                for (at, spread) in &mut spreads {
                    let of = |all: &BTreeMap<i64, Standing>| place_of(*at).and_then(|place| all.get(&place).cloned());
                    let [before, now, ahead] = [of(&stands[0]), of(&stands[1]), of(&stands[2])];
                    spread.count((&person.subject.id, &attributes), [before.as_ref(), now.as_ref(), ahead.as_ref()]);
                }
                for activity in person.counted() {
                    arrived_at = arrived_at.max(Some(activity.received_at));
                    let week = monday(version.model.zone.day_of(activity.occurred_at));
                    weeks.entry(week).and_modify(|count| *count += 1);
                }
            }
            spreads.iter_mut().for_each(|(_, spread)| spread.keep());
            drop(desk);
            if !rest(contacts) {
                return Ok(None);
            }
            desk = self.reading()?;
            if desk.models.current.as_ref().is_none_or(|current| current.number != version.number) {
                return Ok(None);
            }
        }
        let scores = spreads.into_iter().map(|(_, spread)| spread).collect();
        let weeks = weeks.into_iter().collect();
        Ok(Some(Overview { version: version.number, at: desk.now, today, contacts, scores, weeks, arrived_at }))
    }

    /// What happened last: as long as it is the same on the same day, so is everything here.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn latest(&self) -> Result<Latest> {
        Latest::of(&mut self.reading()?.session)
    }
}

/// Standings by score, before, today and ahead.
type Three = [BTreeMap<i64, Standing>; 3];

impl Desk<'_> {
    /// Contacts with how they stood, stand and will stand.
    fn three_days(&mut self, version: &Version, keys: &[Key], today: Day) -> Result<Vec<(Dossier, Three)>> {
        let subjects = self.session.subjects_of(keys)?;
        let subjects = subjects.into_iter().filter(|subject| subject.merged.is_none()).collect();
        let persons: Vec<Dossier> = dossier::load(&mut self.session, subjects)?.into_values().collect();
        let around = self.around(persons.iter())?;
        let days = [today.back(DAYS), today, today.plus_days(DAYS).unwrap_or(today)];
        let three = |person: Dossier| {
            let facts = facts_of(version, &person, &around);
            let key = person.subject.key;
            let on = |day| {
                // Whose scores leave the range has none.
                let evaluated = evaluate::contact(version, &facts, (key, &person.id()), day).unwrap_or_default();
                evaluated.standings.into_iter().map(|standing| (standing.score, standing)).collect()
            };
            let three = days.map(on);
            (person, three)
        };
        Ok(persons.into_iter().map(three).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_mondays() {
        for (day, begins) in [("2026-11-22", "2026-11-16"), ("2026-11-23", "2026-11-23"), ("1969-12-31", "1969-12-29")]
        {
            assert_eq!(monday(Day::parse(day).unwrap()), Day::parse(begins).unwrap(), "{day}");
        }
    }
}
