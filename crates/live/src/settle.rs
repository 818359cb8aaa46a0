//! What becomes of contacts of whom something is known anew: how they stand, what has changed, who is concerned.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rules::day::Day;
use rules::score::Error as Overflow;
use store::change::{Change, Cursor};
use store::standing::Standing;
use store::subject::{Key, Kind};

use crate::desk::{Around, Desk, facts};
use crate::dossier::Dossier;
use crate::error::Result;
use crate::evaluate::{self, Evaluated};
use crate::models::Version;

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
}

impl Case {
    /// Somebody of whom nothing is known anew, as yet.
    pub(crate) fn new(dossier: Dossier, cause: Cause) -> Self {
        let named_before = dossier.accounts();
        Self { dossier, cause, named_before, is_changed: false, is_beyond: false }
    }
}

/// How subjects stand under one version.
pub(crate) type Table = HashMap<Key, BTreeMap<i64, Standing>>;

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) standings: Vec<Standing>,
    /// Those who exist no more, by version.
    pub(crate) gone: Vec<(i64, Key)>,
    pub(crate) changes: Vec<Change>,
    pub(crate) marks: Vec<Key>,
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
        let mut ledger = Ledger::default();
        let mut overflown = Overflown::new();
        let mut nexts: Vec<Option<Day>> = vec![None; cases.len()];
        for version in self.models.all().cloned().collect::<Vec<_>>() {
            let mut before = self.table(&version, &keys)?;
            for (case, next) in cases.iter().zip(&mut nexts) {
                let before = before.remove(&case.dossier.subject.key).unwrap_or_default();
                match self.judge(&version, case, &around, before, &mut ledger) {
                    Ok(day) => *next = [*next, day].into_iter().flatten().min(),
                    Err(overflow) => overflown.push((case.dossier.subject.key, overflow)),
                }
            }
        }
        if !overflown.is_empty() {
            return Ok(overflown);
        }
        for (case, next) in cases.iter_mut().zip(nexts) {
            let next = next.map(|next| next.max(self.tomorrow()));
            case.is_changed |= case.dossier.subject.next_day != next;
            case.dossier.subject.next_day = next;
        }
        // Accounts that are named for the first time are made here, and then looked at.
        self.relink(cases)?;
        self.concern(cases, &mut ledger)?;
        self.write(ledger)?;
        let changed = cases.iter().filter(|case| case.is_changed).map(|case| &case.dossier);
        let changed = changed.flat_map(|dossier| [&dossier.subject].into_iter().chain(&dossier.others));
        self.session.update(&changed.collect::<Vec<_>>())?;
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
        version: &Version,
        case: &Case,
        around: &Around,
        mut before: BTreeMap<i64, Standing>,
        ledger: &mut Ledger,
    ) -> std::result::Result<Option<Day>, Overflow> {
        let subject = &case.dossier.subject;
        if !case.dossier.is_contact() || subject.merged.is_some() {
            return Ok(None);
        }
        let today = self.today(version);
        let is_current = self.is_current(version);
        if case.is_beyond {
            let now = Judged { day: today, cause: case.cause, is_current };
            self.compare(version, (subject.key, Kind::Contact), now, &mut before, Vec::new(), ledger);
            return Ok(None);
        }
        let facts = facts(version, [&case.dossier].into_iter(), around);
        // Whoever is looked at because of the time is looked at as of each day on which something was due.
        let due = subject.next_day.filter(|_| case.cause == Cause::Midnight && is_current);
        let mut day = due.map_or(today, |due| due.min(today));
        loop {
            let id = case.dossier.id();
            let Evaluated { standings, next } = evaluate::contact(version, &facts, (subject.key, &id), day)?;
            let now = Judged { day, cause: case.cause, is_current };
            self.compare(version, (subject.key, Kind::Contact), now, &mut before, standings, ledger);
            match next {
                Some(next) if next <= today => day = next,
                next => return Ok(next),
            }
        }
    }

    /// Puts down what differs from before.
    pub(crate) fn compare(
        &self,
        version: &Version,
        (key, kind): (Key, Kind),
        judged: Judged,
        before: &mut BTreeMap<i64, Standing>,
        mut after: Vec<Standing>,
        ledger: &mut Ledger,
    ) {
        for new in &mut after {
            keep_band(version, new, before.get(&new.score));
        }
        self.log(version, (key, kind), judged, before, after, ledger);
    }

    /// The same with all bands as they are.
    pub(crate) fn log(
        &self,
        version: &Version,
        (key, kind): (Key, Kind),
        judged: Judged,
        before: &mut BTreeMap<i64, Standing>,
        after: Vec<Standing>,
        ledger: &mut Ledger,
    ) {
        ledger.standings.retain(|standing| standing.subject != key || standing.version != version.number);
        if after.is_empty() && !before.is_empty() {
            ledger.gone.push((version.number, key));
        }
        let mut log = |score: i64, old: Option<&Standing>, new: Option<&Standing>| {
            let points = |one: Option<&Standing>| one.and_then(|one| one.points);
            let band = |one: Option<&Standing>| one.and_then(|one| one.band.clone());
            let is_equal = points(old) == points(new) && band(old) == band(new) && old.is_some() == new.is_some();
            if is_equal || !judged.is_current {
                return;
            }
            let place = usize::try_from(score).unwrap_or(usize::MAX);
            ledger.changes.push(Change {
                at: Cursor::default(),
                written_at: self.now,
                day: judged.day,
                subject: key,
                score: version.model.scores.get(place).map_or_else(|| "".into(), |score| score.id.as_str().into()),
                version: version.number,
                points: points(new),
                band: band(new),
                points_before: points(old),
                band_before: band(old),
                cause: judged.cause.word().into(),
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
            is_moved |= old != Some(&new);
            stand.insert(new.score, new);
        }
        if is_moved && kind != Kind::Opportunity && !version.by_rank.is_empty() {
            ledger.marks.push(key);
        }
        ledger.standings.extend(stand.values().cloned());
        *before = stand;
    }

    /// Marks the accounts that persons name or named, and the opportunities that name them.
    fn concern(&mut self, cases: &[Case], ledger: &mut Ledger) -> Result<()> {
        let (mut of_accounts, mut of_opportunities) = (false, false);
        for version in self.models.all() {
            of_accounts |= version.of_accounts;
            of_opportunities |= version.of_opportunities;
        }
        if of_accounts {
            let mut ids: BTreeSet<Arc<str>> = BTreeSet::new();
            for case in cases {
                ids.extend(case.named_before.iter().cloned());
                ids.extend(case.dossier.accounts());
            }
            let named: Vec<(Kind, &str)> = ids.iter().map(|id| (Kind::Account, &**id)).collect();
            ledger.marks.extend(self.session.find(&named)?.iter().map(|account| account.key));
        }
        if of_opportunities {
            let keys: Vec<Key> = cases.iter().flat_map(|case| case.dossier.keys()).collect();
            ledger.marks.extend(self.session.naming(&keys)?.iter().map(|(subject, _)| subject));
        }
        Ok(())
    }

    /// Keeps who names whom.
    fn relink(&mut self, cases: &[Case]) -> Result<()> {
        let mut moved: Vec<(Key, BTreeSet<Arc<str>>, &BTreeSet<Arc<str>>)> = Vec::new();
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
    pub(crate) fn write(&mut self, ledger: Ledger) -> Result<()> {
        let Ledger { standings, gone, changes, mut marks } = ledger;
        for version in self.models.all().map(|version| version.number).collect::<Vec<_>>() {
            let gone = gone.iter().filter(|(of, _)| *of == version).map(|(_, key)| *key);
            self.session.remove_standings(version, &gone.collect::<Vec<_>>())?;
        }
        self.session.put_standings(&standings.iter().collect::<Vec<_>>())?;
        self.session.add_changes(&changes)?;
        marks.sort_unstable();
        marks.dedup();
        Ok(self.session.mark(&marks)?)
    }
}

/// As of when, and why, somebody is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
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
