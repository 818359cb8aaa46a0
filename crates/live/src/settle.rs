//! What becomes of contacts of whom something is known anew: how they stand, what has changed, who is concerned.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rules::day::Day;
use rules::facts::Facts;
use rules::score::{Error as Overflow, Evaluation, Running};
use store::change::{Change, Cursor};
use store::standing::Standing;
use store::subject::{Key, Kind, Subject};

use crate::desk::{Around, Desk, facts_of};
use crate::dossier::Dossier;
use crate::error::Result;
use crate::evaluate::{self, Evaluated};
use crate::models::Version;
use crate::warm::Under;

/// Why a score changes, in the words of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Activity,
    Attribute,
    Account,
    Merge,
    Midnight,
    Model,
    Percentile,
}

impl Cause {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Attribute => "attribute",
            Self::Account => "account",
            Self::Merge => "merge",
            Self::Midnight => "midnight",
            Self::Model => "model",
            Self::Percentile => "percentile",
        }
    }
}

/// A person to be looked at.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) dossier: Dossier,
    pub(crate) cause: Cause,
    /// The accounts that its facts named before.
    pub(crate) named_before: BTreeSet<Arc<str>>,
    /// Whether what is stored of the subject itself has changed.
    pub(crate) is_changed: bool,
    /// Whether its scores leave the range, so that it has none.
    pub(crate) is_beyond: bool,
    /// Whether it is worth remembering, and what of it.
    pub(crate) memory: Memory,
}

/// What may be remembered of a person once it is stored.
#[derive(Debug, Default)]
pub(crate) enum Memory {
    /// It is not asked for, or the person is not that simple.
    #[default]
    None,
    Wanted,
    Kept {
        ground: Facts,
        under: Vec<Under>,
        accounts: BTreeMap<Arc<str>, Key>,
    },
}

impl Case {
    /// Somebody of whom nothing is known anew, as yet.
    pub(crate) fn new(dossier: Dossier, cause: Cause) -> Self {
        let named_before = dossier.accounts();
        Self { dossier, cause, named_before, is_changed: false, is_beyond: false, memory: Memory::None }
    }
}

/// The ids of accounts.
type Names = BTreeSet<Arc<str>>;

/// How subjects stand under one version.
pub(crate) type Table = HashMap<Key, BTreeMap<i64, Standing>>;

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    /// By version, subject and score.
    pub(crate) standings: BTreeMap<(i64, Key, i64), Standing>,
    /// Those who exist no more, by version.
    pub(crate) gone: Vec<(i64, Key)>,
    pub(crate) changes: Vec<Change>,
    pub(crate) marks: Vec<Key>,
}

impl Writes {
    /// What is to be written besides.
    pub(crate) fn add(&mut self, other: Self) {
        self.standings.extend(other.standings);
        self.gone.extend(other.gone);
        self.changes.extend(other.changes);
        self.marks.extend(other.marks);
    }
}

/// Who cannot be scored, and why.
pub(crate) type Overflown = Vec<(Key, Overflow)>;

impl Desk<'_> {
    /// How subjects stand under a version.
    pub(crate) fn table(&mut self, version: &Version, of: &[Key]) -> Result<Table> {
        let mut table = Table::new();
        for standing in self.session.standings(version.number, of)? {
            table.entry(standing.subject).or_default().insert(standing.score, standing);
        }
        Ok(table)
    }

    /// Looks at persons and writes what becomes of them.
    ///
    /// Whose scores leave the range is told, and then nothing is written.
    pub(crate) fn settle(&mut self, cases: &mut [Case]) -> Result<Overflown> {
        let around = self.around(cases.iter().map(|case| &case.dossier))?;
        let keys: Vec<Key> = cases.iter().map(|case| case.dossier.subject.key).collect();
        let mut writes = Writes::default();
        let mut overflown = Overflown::new();
        let mut nexts: Vec<Option<Day>> = vec![None; cases.len()];
        for version in self.models.all().cloned().collect::<Vec<_>>() {
            let mut before = self.table(&version, &keys)?;
            for (case, next) in cases.iter_mut().zip(&mut nexts) {
                let Subject { key, revision, .. } = case.dossier.subject;
                if self.versions_of(key, revision).all(|one| one.number != version.number) {
                    continue;
                }
                let before = before.remove(&case.dossier.subject.key).unwrap_or_default();
                match self.judge(&version, case, &around, before, &mut writes) {
                    Ok(day) => *next = [*next, day].into_iter().flatten().min(),
                    Err(overflow) => overflown.push((case.dossier.subject.key, overflow)),
                }
            }
        }
        if !overflown.is_empty() {
            return Ok(overflown);
        }
        for (case, next) in cases.iter_mut().zip(nexts) {
            case.dossier.subject.next_day = next.map(|next| next.max(self.tomorrow()));
        }
        // Accounts that are named for the first time are made here, and then looked at.
        self.relink(cases)?;
        self.concern(cases, &mut writes)?;
        self.write(writes)?;
        let (changed, touched): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| case.is_changed);
        let changed = changed.into_iter().map(|case| &case.dossier);
        let changed = changed.flat_map(|dossier| [&dossier.subject].into_iter().chain(&dossier.others));
        self.update(&changed.collect::<Vec<_>>())?;
        let touched = touched.into_iter().map(|case| (case.dossier.subject.key, case.dossier.subject.next_day));
        self.session.touch(&touched.collect::<Vec<_>>())?;
        Ok(overflown)
    }

    /// The same, where somebody whose scores leave the range has none: nothing that was said can be refused any more.
    pub(crate) fn settle_or_blank(&mut self, cases: &mut [Case]) -> Result<()> {
        let overflown = self.settle(cases)?;
        if overflown.is_empty() {
            return Ok(());
        }
        for case in cases.iter_mut() {
            case.is_beyond = overflown.iter().any(|(key, _)| *key == case.dossier.subject.key);
        }
        self.settle(cases).map(|_| ())
    }

    /// How one person stands under one version, day by day if days were slept through; says when to look again.
    fn judge(
        &self,
        version: &Arc<Version>,
        case: &mut Case,
        around: &Around,
        mut before: BTreeMap<i64, Standing>,
        writes: &mut Writes,
    ) -> std::result::Result<Option<Day>, Overflow> {
        let subject = &case.dossier.subject;
        let key = subject.key;
        if !case.dossier.is_contact() || subject.merged.is_some() {
            return Ok(None);
        }
        let today = self.today(version);
        let is_current = self.is_current(version);
        if case.is_beyond {
            let now = Look { day: today, cause: case.cause, is_current };
            self.compare(version, (key, Kind::Contact), now, &mut before, Vec::new(), writes);
            return Ok(None);
        }
        let facts = facts_of(version, &case.dossier, around);
        // Whoever is looked at because of the time is looked at as of each day on which something was due.
        let due = subject.next_day.filter(|_| case.cause == Cause::Midnight && is_current);
        let mut day = due.map_or(today, |due| due.min(today));
        loop {
            let id = case.dossier.id();
            let Evaluated { standings, next } = evaluate::contact(version, &facts, (key, &id), day)?;
            let now = Look { day, cause: case.cause, is_current };
            self.compare(version, (key, Kind::Contact), now, &mut before, standings, writes);
            match next {
                Some(next) if next <= today => day = next,
                next => {
                    case.remember(version, facts, before, day);
                    return Ok(next);
                }
            }
        }
    }

    /// Puts down what differs from before.
    pub(crate) fn compare(
        &self,
        version: &Version,
        (key, kind): (Key, Kind),
        look: Look,
        before: &mut BTreeMap<i64, Standing>,
        mut after: Vec<Standing>,
        writes: &mut Writes,
    ) {
        for new in &mut after {
            keep_band(version, new, before.get(&new.score));
        }
        self.log(version, (key, kind), look, before, after, writes);
    }

    /// The same with all bands as they are.
    pub(crate) fn log(
        &self,
        version: &Version,
        (key, kind): (Key, Kind),
        look: Look,
        before: &mut BTreeMap<i64, Standing>,
        after: Vec<Standing>,
        writes: &mut Writes,
    ) {
        if after.is_empty() && !before.is_empty() {
            writes.standings.retain(|(of, subject, _), _| *of != version.number || *subject != key);
            writes.gone.push((version.number, key));
        }
        let mut log = |score: i64, old: Option<&Standing>, new: Option<&Standing>| {
            let points = |one: Option<&Standing>| one.and_then(|one| one.points);
            let band = |one: Option<&Standing>| one.and_then(|one| one.band.clone());
            let is_equal = points(old) == points(new) && band(old) == band(new) && old.is_some() == new.is_some();
            if is_equal || !look.is_current {
                return;
            }
            let place = usize::try_from(score).unwrap_or(usize::MAX);
            writes.changes.push(Change {
                at: Cursor::default(),
                written_at: self.now,
                day: look.day,
                subject: key,
                score: version.model.scores.get(place).map_or_else(|| "".into(), |score| score.id.as_str().into()),
                version: version.number,
                points: points(new),
                band: band(new),
                points_before: points(old),
                band_before: band(old),
                cause: look.cause.word().into(),
            });
        };
        let mut is_moved = before.len() != after.len();
        for (score, old) in before.iter() {
            if !after.iter().any(|new| new.score == *score) {
                log(*score, Some(old), None);
            }
        }
        let mut stand = BTreeMap::new();
        for new in after {
            let old = before.get(&new.score);
            log(new.score, old, Some(&new));
            if old != Some(&new) {
                is_moved = true;
                writes.standings.insert((version.number, key, new.score), new.clone());
            }
            stand.insert(new.score, new);
        }
        if is_moved && kind != Kind::Opportunity && !version.by_rank.is_empty() {
            writes.marks.push(key);
        }
        *before = stand;
    }

    /// Marks the accounts that persons name or named, and the opportunities that name them.
    fn concern(&mut self, cases: &mut [Case], writes: &mut Writes) -> Result<()> {
        let (of_accounts, of_opportunities) = self.models.followers();
        if of_accounts {
            let mut ids: BTreeSet<Arc<str>> = BTreeSet::new();
            for case in cases.iter() {
                ids.extend(case.named_before.iter().cloned());
                ids.extend(case.dossier.accounts());
            }
            let named: Vec<(Kind, &str)> = ids.iter().map(|id| (Kind::Account, &**id)).collect();
            let found = self.session.find(&named)?;
            writes.marks.extend(found.iter().map(|account| account.key));
            let keys: HashMap<&str, Key> = found.iter().map(|account| (&*account.id, account.key)).collect();
            cases.iter_mut().for_each(|case| case.name_accounts(&keys));
        }
        if of_opportunities {
            let keys: Vec<Key> = cases.iter().flat_map(|case| case.dossier.keys()).collect();
            writes.marks.extend(self.session.naming(&keys)?.iter().map(|(subject, _)| subject));
        }
        Ok(())
    }

    /// Keeps who names whom.
    fn relink(&mut self, cases: &[Case]) -> Result<()> {
        let mut moved: Vec<(Key, Names, &Names)> = Vec::new();
        for case in cases.iter().filter(|case| case.dossier.is_contact()) {
            let after = case.dossier.accounts();
            if after != case.named_before {
                moved.push((case.dossier.subject.key, after, &case.named_before));
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        let ids: BTreeSet<&str> =
            moved.iter().flat_map(|(_, after, before)| after.iter().chain(before.iter())).map(|id| &**id).collect();
        let named: Vec<(Kind, &str)> = ids.into_iter().map(|id| (Kind::Account, id)).collect();
        self.session.create(&named)?;
        let found = self.session.find(&named)?;
        let keys: HashMap<&str, Key> = found.iter().map(|account| (&*account.id, account.key)).collect();
        let pairs =
            |subject: Key, ids: Vec<&Arc<str>>| ids.into_iter().map(|id| (subject, keys[&**id])).collect::<Vec<_>>();
        let added = moved.iter().flat_map(|(key, after, before)| pairs(*key, after.difference(before).collect()));
        let added: Vec<_> = added.collect();
        let removed = moved.iter().flat_map(|(key, after, before)| pairs(*key, before.difference(after).collect()));
        let removed: Vec<_> = removed.collect();
        self.session.link(&added)?;
        self.session.unlink(&removed)?;
        Ok(())
    }

    /// Writes it all.
    pub(crate) fn write(&mut self, writes: Writes) -> Result<()> {
        let Writes { standings, gone, changes, mut marks } = writes;
        for version in self.models.all().map(|version| version.number).collect::<Vec<_>>() {
            let gone = gone.iter().filter(|(of, _)| *of == version).map(|(_, key)| *key);
            self.session.remove_standings(version, &gone.collect::<Vec<_>>())?;
        }
        self.session.put_standings(&standings.values().collect::<Vec<_>>())?;
        self.session.add_changes(&changes)?;
        marks.sort_unstable();
        marks.dedup();
        Ok(self.session.mark(&marks)?)
    }
}

impl Case {
    /// Keeps what is worth remembering of how it stands under a version.
    fn remember(&mut self, version: &Arc<Version>, facts: Facts, standings: BTreeMap<i64, Standing>, as_of: Day) {
        let memory = std::mem::take(&mut self.memory);
        if matches!(memory, Memory::None) {
            return;
        }
        let Some(one) = remembered(version, &self.dossier, &facts, standings, as_of) else { return };
        self.memory = match memory {
            Memory::None => Memory::None,
            Memory::Wanted => {
                let mut ground = facts;
                ground.contacts.values_mut().for_each(|person| person.activities.clear());
                ground.opportunities.clear();
                let accounts = self.dossier.accounts().into_iter().map(|id| (id, 0)).collect();
                Memory::Kept { ground, under: vec![one], accounts }
            }
            Memory::Kept { ground, mut under, accounts } => {
                under.push(one);
                Memory::Kept { ground, under, accounts }
            }
        };
    }

    fn name_accounts(&mut self, keys: &HashMap<&str, Key>) {
        if let Memory::Kept { accounts, .. } = &mut self.memory {
            for (id, key) in accounts {
                *key = keys.get(&**id).copied().unwrap_or_default();
            }
        }
    }
}

/// What is worth remembering of how somebody stands under a version. What begins later, or hangs on others, is looked at
/// the long way.
pub(crate) fn remembered(
    version: &Arc<Version>,
    dossier: &Dossier,
    facts: &Facts,
    standings: BTreeMap<i64, Standing>,
    as_of: Day,
) -> Option<Under> {
    if !dossier.others.is_empty() || facts.next_day(as_of).is_some() || standings.is_empty() {
        return None;
    }
    let evaluation = Evaluation::new(&version.model, facts, as_of);
    let running = Running::new(&evaluation, &dossier.id())?.ok()?;
    Some(Under { version: version.clone(), running, standings })
}

/// As of when, and why, somebody is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) day: Day,
    pub(crate) cause: Cause,
    /// Whether the version is in force, so that changes are logged.
    pub(crate) is_current: bool,
}

/// A band that goes by percentiles stays until everyone's are known again, as long as one is ranked.
fn keep_band(version: &Version, new: &mut Standing, old: Option<&Standing>) {
    let by_rank = version.by_rank.iter().any(|score| i64::try_from(score.0) == Ok(new.score));
    let is_matrix = new.points.is_none();
    if by_rank && (new.ranked.is_some() || is_matrix) {
        new.band = old.and_then(|old| old.band.clone());
    }
}
