//! A model is tried out on everybody, beside the one in force, and nothing is written.
//!
//! Everyone is read as of one moment, some at a time, so that memory stays bounded and nobody who writes has to wait.

mod deals;

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::day::Day;
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::id::{AccountId, ContactId};
use rules::model::{Model, ScoreAt};
use rules::percentile::{Ranked, among};
use rules::score::{Alone, Card, Evaluation, Scores};
use store::subject::{Key, Kind, Subject};

use crate::desk::{Desk, facts};
use crate::dossier;
use crate::error::Result;
use crate::models::{Models, Version};
use crate::service::Service;

/// So many keys are walked over, and so many contacts scored, at a time.
const STEP: usize = 500;

/// Some subjects, all of one kind, by one of both models.
#[derive(Debug)]
pub struct Side {
    /// The model, and since when.
    pub version: Arc<Version>,
    /// What is known of them.
    pub facts: Facts,
    /// The day as of which they are scored.
    pub as_of: Day,
    /// What they have.
    pub scores: Scores,
}

/// What is told while a model is tried out.
#[derive(Debug)]
pub enum Tried {
    /// So many subjects will be looked at: one of every so many of each kind.
    Begun {
        /// How many in all.
        all: u64,
        /// One of every so many contacts.
        contacts: u64,
        /// One of every so many accounts.
        accounts: u64,
        /// One of every so many opportunities.
        opportunities: u64,
    },
    /// So many more are looked at; by the model in force, and by the one that is tried out.
    Some(u64, Box<[Side; 2]>),
    /// So many more are looked at to know where everybody stands among the others.
    Counted(u64),
    /// Somebody's score would leave the range: the model cannot be published.
    Beyond(String),
}

/// Points of those who are ranked together: how many have how many.
type Counts = BTreeMap<(ScoreAt, Option<String>), BTreeMap<Decimal, u64>>;

/// Up to how many points how many have.
type Ranking = BTreeMap<(ScoreAt, Option<String>), Vec<(Decimal, u64)>>;

/// Everybody by one of both models.
struct Judge {
    version: Arc<Version>,
    counts: Counts,
    rankings: Ranking,
}

impl Service {
    /// Scores at most so many contacts, accounts and opportunities each by the model in force and by another; beyond that one of
    /// every few, chosen by their numbers. `tell` says whether to go on. Nothing happens where no model is in force.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn try_out(&self, model: Model, text: &str, most: u64, tell: &mut dyn FnMut(Tried) -> bool) -> Result<()> {
        let mut desk = self.reading()?;
        let Some(current) = desk.models.current.clone() else { return Ok(()) };
        let draft = Arc::new(Version::tried(model, text, self.now()));
        desk.models = Models { current: Some(current.clone()), candidate: Some(draft.clone()), turn: 0 };
        let judge = |version: Arc<Version>| Judge { version, counts: Counts::new(), rankings: Ranking::new() };
        let judges = [judge(current), judge(draft)];
        Trial { desk, judges, tell, remembered: deals::Remembered::new() }.run(most)
    }
}

struct Trial<'d, 't> {
    desk: Desk<'d>,
    judges: [Judge; 2],
    tell: &'t mut dyn FnMut(Tried) -> bool,
    /// Accounts on which opportunities hang.
    remembered: deals::Remembered,
}

impl Trial<'_, '_> {
    fn run(&mut self, most: u64) -> Result<()> {
        let has_ranks = self.judges.iter().any(|judge| !judge.version.by_rank.is_empty());
        let has =
            |of: fn(&Version) -> bool, kind: Kind| self.judges.iter().any(|judge| of(&judge.version)).then_some(kind);
        // Opportunities come last: they hang on where everybody else stands.
        let kinds = [
            Some(Kind::Contact),
            has(|version| version.of_accounts, Kind::Account),
            has(|version| version.of_opportunities, Kind::Opportunity),
        ];
        let is_ranked = |kind: Kind| has_ranks && kind != Kind::Opportunity;
        let (mut all, mut every) = (0, [1, 1, 1]);
        for (place, kind) in kinds.into_iter().enumerate() {
            let Some(kind) = kind else { continue };
            let many = self.desk.session.count(kind)?.unsigned_abs();
            every[place] = many.div_ceil(most).max(1);
            all += many.div_ceil(every[place]) * if is_ranked(kind) { 2 } else { 1 };
        }
        if !(self.tell)(Tried::Begun { all, contacts: every[0], accounts: every[1], opportunities: every[2] }) {
            return Ok(());
        }
        for (place, kind) in kinds.into_iter().enumerate() {
            let Some(kind) = kind else { continue };
            if is_ranked(kind) && !self.walk(kind, every[place], true)? {
                return Ok(());
            }
            self.judges.iter_mut().for_each(Judge::rank);
            if !self.walk(kind, every[place], false)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Looks at all of a kind, and says whether to go on.
    fn walk(&mut self, kind: Kind, every: u64, is_counting: bool) -> Result<bool> {
        let mut after = 0;
        let mut waiting: Vec<Key> = Vec::new();
        loop {
            let keys = self.desk.session.walk(kind, after, STEP)?;
            let is_last = keys.is_empty();
            after = keys.last().copied().unwrap_or(after);
            waiting.extend(keys.into_iter().filter(|key| is_chosen(*key, every)));
            while waiting.len() >= STEP || is_last && !waiting.is_empty() {
                let some: Vec<Key> = waiting.drain(..waiting.len().min(STEP)).collect();
                let subjects = self.desk.session.subjects_of(&some)?;
                if !self.look(kind, subjects, is_counting)? {
                    return Ok(false);
                }
            }
            if is_last {
                return Ok(true);
            }
        }
    }

    fn look(&mut self, kind: Kind, subjects: Vec<Subject>, is_counting: bool) -> Result<bool> {
        match kind {
            Kind::Contact => return self.look_at_contacts(subjects, is_counting),
            Kind::Opportunity => return self.look_at_opportunities(subjects),
            Kind::Account | Kind::Visitor => {}
        }
        for account in subjects {
            if !self.look_at_account(&account, is_counting)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn look_at_contacts(&mut self, subjects: Vec<Subject>, is_counting: bool) -> Result<bool> {
        let many = subjects.len() as u64;
        let persons: Vec<Subject> = subjects.into_iter().filter(|subject| subject.merged.is_none()).collect();
        let ids: Vec<ContactId> = persons.iter().map(|person| ContactId::from(&*person.id)).collect();
        let persons = dossier::load(&mut self.desk.session, persons)?;
        let around = self.desk.around(persons.values())?;
        let mut sides = Vec::new();
        for judge in &mut self.judges {
            let version = judge.version.clone();
            let as_of = self.desk.today(&version);
            let facts = facts(&version, persons.values(), &around);
            let evaluation = Evaluation::new(&version.model, &facts, as_of);
            let mut scores = Scores::default();
            for id in &ids {
                match evaluation.contact_alone(id).transpose() {
                    Ok(Some(alone)) => scores.contacts.extend(judge.judge(alone, is_counting)),
                    Ok(None) => {}
                    Err(overflow) => return Ok((self.tell)(Tried::Beyond(overflow.to_string()))),
                }
            }
            sides.push(Side { version, facts, as_of, scores });
        }
        Ok(self.told(many, sides, is_counting))
    }

    fn look_at_account(&mut self, account: &Subject, is_counting: bool) -> Result<bool> {
        let (people, around) = self.desk.people_of(account)?;
        let id = AccountId::from(&*account.id);
        let mut sides = Vec::new();
        for judge in &mut self.judges {
            let version = judge.version.clone();
            let as_of = self.desk.today(&version);
            let facts = facts(&version, people.values(), &around);
            let evaluation = Evaluation::new(&version.model, &facts, as_of);
            let mut scores = Scores::default();
            // Whose scores leave the range has none.
            if let Ok(Some(alone)) = evaluation.account_alone(&id).transpose() {
                scores.accounts.extend(judge.judge(alone, is_counting));
            }
            sides.push(Side { version, facts, as_of, scores });
        }
        Ok(self.told(1, sides, is_counting))
    }

    fn told(&mut self, many: u64, sides: Vec<Side>, is_counting: bool) -> bool {
        match <[Side; 2]>::try_from(sides) {
            Ok(both) if !is_counting => (self.tell)(Tried::Some(many, Box::new(both))),
            _ => (self.tell)(Tried::Counted(many)),
        }
    }
}

/// Whether a subject is one of those that stand for every so many; the same ones each time.
fn is_chosen(key: Key, every: u64) -> bool {
    // Numbers that follow one another are spread.
    let spread = key.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    every <= 1 || spread.is_multiple_of(every)
}

impl Judge {
    /// A card with its place among the others, or, while they are counted, none.
    fn judge<Id>(&mut self, alone: Alone<Id>, is_counting: bool) -> Option<Card<Id>> {
        let mut card = alone.card;
        let is_by_rank = !self.version.by_rank.is_empty();
        for (outcome, ranked) in card.scores.iter_mut().zip(alone.ranked) {
            let Some(Ranked { cohort, points }) = ranked.filter(|_| is_by_rank) else { continue };
            let among_whom = (outcome.score, cohort);
            if is_counting {
                *self.counts.entry(among_whom).or_default().entry(points).or_default() += 1;
            } else if let Some(ranking) = self.rankings.get(&among_whom) {
                outcome.percentile = percentile(ranking, points);
            }
        }
        if is_by_rank {
            card.place(&self.version.model);
        }
        (!is_counting).then_some(card)
    }

    /// Everybody is counted.
    fn rank(&mut self) {
        for (among_whom, counts) in std::mem::take(&mut self.counts) {
            let mut sum = 0;
            let up_to = counts.into_iter().map(|(points, count)| {
                sum += count;
                (points, sum)
            });
            self.rankings.insert(among_whom, up_to.collect());
        }
    }
}

fn percentile(ranking: &[(Decimal, u64)], points: Decimal) -> Option<Decimal> {
    let all = ranking.last()?.1;
    let up_to = |place: usize| if place == 0 { 0 } else { ranking[place - 1].1 };
    let below = ranking.partition_point(|(other, _)| *other < points);
    let not_above = ranking.partition_point(|(other, _)| *other <= points);
    Some(among(up_to(below), up_to(not_above), all))
}

#[cfg(test)]
mod tests {
    use super::is_chosen;

    #[test]
    fn one_of_every_few_stands_for_all() {
        assert!((1..100).all(|key| is_chosen(key, 1)));
        for every in [2, 3, 10] {
            let chosen = (1..=30_000).filter(|key| is_chosen(*key, every)).count();
            let expected = 30_000 / usize::try_from(every).unwrap();
            assert!(chosen.abs_diff(expected) * 20 < expected, "{chosen} of every {every}");
        }
    }
}
