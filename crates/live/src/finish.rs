//! The end of a request: accounts, opportunities and activities are written, and everyone concerned is looked at.

use std::collections::{BTreeMap, BTreeSet};

use store::record::Record;
use store::subject::{Key, Kind, Subject};

use crate::desk::Desk;
use crate::dossier::acceptance;
use crate::error::Result;
use crate::hot::{self, Hots};
use crate::name::Named;
use crate::settle::{Case, Cause};

/// So many persons are looked at together where one account concerns many.
pub(crate) const TOGETHER: usize = 500;

impl Desk<'_> {
    /// Everyone concerned is looked at, and everything is written.
    pub(crate) fn finish(&mut self, named: &Named, hots: &mut Hots, cases: &mut [Case]) -> Result<Vec<Key>> {
        self.write_things(named)?;
        self.write_activities(hots, cases)?;
        let overflown = self.settle_hot(hots)?;
        if !overflown.is_empty() {
            return Ok(overflown);
        }
        let overflown = self.settle(cases)?;
        if overflown.is_empty() {
            let of_cases = cases.iter().map(|case| case.dossier.subject.key);
            let seen: BTreeSet<Key> = of_cases.chain(hots.keys().copied()).collect();
            self.settle_others(named, &seen)?;
        }
        Ok(overflown.into_iter().map(|(key, _)| key).collect())
    }

    fn write_activities(&mut self, hots: &Hots, cases: &[Case]) -> Result<()> {
        let activities = cases.iter().flat_map(|case| &case.dossier.activities);
        let mut new: Vec<_> = activities.filter(|activity| activity.seq <= 0).chain(hot::new(hots)).collect();
        new.sort_by_key(|activity| acceptance(activity));
        self.session.add_activities(&new)?;
        for case in cases.iter().filter(|case| !case.dossier.amended.is_empty()) {
            let is_amended = |activity: &&store::activity::Stored| case.dossier.amended.contains(&activity.seq);
            for activity in case.dossier.activities.iter().filter(is_amended) {
                self.session.amend_activity(activity)?;
            }
        }
        Ok(())
    }

    /// Accounts and opportunities, and whom the latter name.
    fn write_things(&mut self, named: &Named) -> Result<()> {
        let changed: Vec<&Subject> = named.changed.keys().filter_map(|name| named.subjects.get(name)).collect();
        self.update(&changed)?;
        let mut names: BTreeSet<(Kind, &str)> = BTreeSet::new();
        let opportunities = || named.changed.iter().filter(|((kind, _), _)| *kind == Kind::Opportunity);
        for (name, before) in opportunities() {
            names.extend(named_in(before));
            names.extend(named.subjects.get(name).into_iter().flat_map(|subject| named_in(&subject.record)));
        }
        let names: Vec<(Kind, &str)> = names.into_iter().collect();
        let found = self.session.find(&names)?;
        let keys: BTreeMap<(Kind, &str), Key> =
            found.iter().map(|subject| ((subject.kind, &*subject.id), subject.key)).collect();
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for (name, before) in opportunities() {
            let Some(subject) = named.subjects.get(name) else { continue };
            let of = |record| named_in(record).filter_map(|one| keys.get(&one)).copied().collect::<BTreeSet<Key>>();
            let (before, after) = (of(before), of(&subject.record));
            added.extend(after.difference(&before).map(|key| (subject.key, *key)));
            removed.extend(before.difference(&after).map(|key| (subject.key, *key)));
        }
        self.session.link(&added)?;
        self.session.unlink(&removed)?;
        let mut marks: Vec<Key> = changed.iter().map(|subject| subject.key).collect();
        let accounts = found.iter().filter(|subject| subject.kind == Kind::Account);
        marks.extend(accounts.map(|account| account.key));
        Ok(self.session.mark(&marks)?)
    }

    /// Those of whom nothing was said, and who are concerned all the same: whom an opportunity named before, and
    /// everybody of an account whose attributes are looked at.
    fn settle_others(&mut self, named: &Named, seen: &BTreeSet<Key>) -> Result<()> {
        let mut others: BTreeSet<Key> = BTreeSet::new();
        let mut names: BTreeSet<(Kind, &str)> = BTreeSet::new();
        let mut accounts: Vec<Key> = Vec::new();
        for (name, before) in &named.changed {
            match name.0 {
                Kind::Account => accounts.extend(named.subjects.get(name).map(|subject| subject.key)),
                _ => names.extend(named_in(before).filter(|(kind, _)| *kind == Kind::Contact)),
            }
        }
        let names: Vec<(Kind, &str)> = names.into_iter().collect();
        others.extend(self.session.find(&names)?.iter().map(Subject::person));
        if self.models.read_accounts() {
            let naming: Vec<Key> = self.session.naming(&accounts)?.into_iter().map(|(subject, _)| subject).collect();
            let subjects = self.session.subjects_of(&naming)?;
            let persons = subjects.iter().filter(|subject| subject.kind == Kind::Contact);
            others.extend(persons.map(Subject::person));
        }
        let others: Vec<Key> = others.into_iter().filter(|key| !seen.contains(key)).collect();
        for some in others.chunks(TOGETHER) {
            let dossiers = self.dossiers(&some.iter().copied().collect())?;
            let cases = dossiers.into_values().map(|dossier| Case::new(dossier, Cause::Account));
            self.look_at(cases.collect())?;
        }
        Ok(())
    }

    /// Looks at persons of whom nothing is known anew, after any midnight that was missed.
    pub(crate) fn look_at(&mut self, cases: Vec<Case>) -> Result<()> {
        let today = self.day();
        let is_due = |case: &Case| case.dossier.subject.next_day.is_some_and(|day| day <= today);
        let (mut due, mut others): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(is_due);
        for case in &mut due {
            case.cause = Cause::Midnight;
        }
        self.settle_or_blank(&mut due)?;
        self.settle_or_blank(&mut others)
    }
}

/// The contacts and accounts that a record names.
fn named_in(record: &Record) -> impl Iterator<Item = (Kind, &str)> {
    let contacts = record.contacts_named().map(|id| (Kind::Contact, id.as_str()));
    contacts.chain(record.accounts_named().map(|id| (Kind::Account, id.as_str())))
}
