//! Two contacts turn out to be one, or not to be; and somebody asks to be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use rules::day::Instant;
use store::subject::{Key, Kind, Subject};
use store::{Manner, Store};

use crate::desk::Desk;
use crate::erased::Erased;
use crate::error::{Error, Result};
use crate::latest::note_erased;
use crate::models::Library;
use crate::settle::{Case, Cause, Look, Writes};

/// From now on `other` is `survivor` too: what is known of both counts for the survivor.
///
/// # Errors
///
/// If either is not known, or they are one already.
pub(crate) fn merge(store: &Store, library: &Library, survivor: &str, other: &str, now: Instant) -> Result<()> {
    let mut desk = Desk::open(store, library, Manner::Alone, now)?;
    let into = desk.contact(survivor)?;
    let from = desk.contact(other)?;
    if from.merged.is_some() {
        return Err(Error::Conflict(format!("`{other}` was merged with another contact before; unmerge it first")));
    }
    if into.person() == from.key {
        return Err(Error::Conflict(format!("`{survivor}` and `{other}` are one contact already")));
    }
    let mut dossiers = desk.dossiers(&[into.person(), from.key].into())?;
    let both = dossiers.remove(&into.person()).zip(dossiers.remove(&from.key));
    let (kept, mut gone) = both.ok_or_else(|| Error::NotFound(format!("there is no contact `{survivor}`")))?;
    let mut cases = vec![Case::new(kept, Cause::Merge), Case::new(gone.clone(), Cause::Merge)];
    desk.look_at_due(&mut cases)?;
    let gone_named = cases[1].named_before.clone();
    let mut case = cases.swap_remove(0);
    desk.no_longer(&gone.subject, &gone_named)?;
    (gone.subject.parent, gone.subject.next_day) = (Some(into.key), None);
    for subject in [&mut gone.subject].into_iter().chain(&mut gone.others) {
        subject.merged = Some(into.person());
    }
    case.dossier.join(gone);
    case.cause = Cause::Merge;
    case.is_changed = true;
    desk.settle_or_blank(&mut [case])?;
    Ok(desk.session.commit()?)
}

/// `id`, which was merged with another contact, is one of its own again.
///
/// # Errors
///
/// If it is not known, or was not merged.
pub(crate) fn unmerge(store: &Store, library: &Library, id: &str, now: Instant) -> Result<()> {
    let mut desk = Desk::open(store, library, Manner::Alone, now)?;
    let leaving = desk.contact(id)?;
    let Some(person) = leaving.merged else {
        return Err(Error::Conflict(format!("`{id}` was not merged with another contact")));
    };
    let mut kept = Vec::new();
    for dossier in desk.dossiers(&[person].into())?.into_values() {
        kept.push(Case::new(dossier, Cause::Merge));
    }
    desk.look_at_due(&mut kept)?;
    // Those who were with it before it was merged leave with it.
    let with = desk.session.merged_with(&[person])?;
    let mut group: BTreeSet<Key> = [leaving.key].into();
    while let Some(next) =
        with.iter().find(|one| !group.contains(&one.key) && one.parent.is_some_and(|parent| group.contains(&parent)))
    {
        group.insert(next.key);
    }
    let mut moved: Vec<Subject> = with.into_iter().filter(|one| group.contains(&one.key)).collect();
    for subject in &mut moved {
        subject.merged = Some(leaving.key).filter(|key| *key != subject.key);
    }
    moved.iter_mut().filter(|one| one.key == leaving.key).for_each(|one| (one.parent, one.turn) = (None, 0));
    desk.session.update(&moved.iter().collect::<Vec<_>>())?;
    let named: BTreeMap<Key, _> =
        kept.iter().map(|case| (case.dossier.subject.key, case.named_before.clone())).collect();
    let mut cases = Vec::new();
    for (key, dossier) in desk.dossiers(&[person, leaving.key].into())? {
        let mut case = Case::new(dossier, Cause::Merge);
        // The links are still those of both together.
        case.named_before = named.get(&key).cloned().unwrap_or_default();
        cases.push(case);
    }
    desk.settle_or_blank(&mut cases)?;
    Ok(desk.session.commit()?)
}

/// Forgets a person for good, with everybody who was merged with it, and lets nothing about it in again.
///
/// # Errors
///
/// If there is none.
pub(crate) fn erase(store: &Store, library: &Library, id: &str, now: Instant) -> Result<()> {
    let mut desk = Desk::open(store, library, Manner::Alone, now)?;
    let named = desk.contact(id)?;
    let Some(dossier) = desk.dossiers(&[named.person()].into())?.into_values().next() else {
        return Err(Error::NotFound(format!("there is no contact `{id}`")));
    };
    let keys: Vec<Key> = dossier.keys().collect();
    let erased = Erased::open(&mut desk.session)?;
    for subject in [&dossier.subject].into_iter().chain(&dossier.others) {
        erased.add(&mut desk.session, subject.kind, &subject.id, now)?;
    }
    let concerned: Vec<Key> = desk.session.named_by(&[dossier.subject.key])?.into_iter().map(|(_, key)| key).collect();
    let naming: Vec<Key> = desk.session.naming(&keys)?.into_iter().map(|(subject, _)| subject).collect();
    let mut opportunities = desk.session.lock(&naming)?;
    // A visitor may be called like a contact that is somebody else.
    let contacts =
        [&dossier.subject].into_iter().chain(&dossier.others).filter(|subject| subject.kind == Kind::Contact);
    let ids: BTreeSet<&str> = contacts.map(|subject| &*subject.id).collect();
    for opportunity in &mut opportunities {
        for contact in opportunity.record.contact.values_mut() {
            contact.take_if(|contact| ids.contains(contact.as_str()));
        }
    }
    desk.session.update(&opportunities.iter().collect::<Vec<_>>())?;
    desk.session.erase(&keys)?;
    note_erased(&mut desk.session, dossier.subject.key, now)?;
    desk.session.mark(&concerned)?;
    desk.session.mark(&naming)?;
    Ok(desk.session.commit()?)
}

impl Desk<'_> {
    /// A contact that somebody has told of.
    pub(crate) fn contact(&mut self, id: &str) -> Result<Subject> {
        let found = self.session.find(&[(Kind::Contact, id)])?.pop();
        found.ok_or_else(|| Error::NotFound(format!("there is no contact `{id}`")))
    }

    /// Looks at those first whom a midnight has changed that nobody has looked at yet.
    pub(crate) fn look_at_due(&mut self, cases: &mut Vec<Case>) -> Result<()> {
        let today = self.day();
        for case in cases {
            if case.dossier.subject.next_day.is_some_and(|day| day <= today) {
                case.cause = Cause::Midnight;
                self.settle_or_blank(std::slice::from_mut(case))?;
                (case.cause, case.is_beyond) = (Cause::Merge, false);
            }
        }
        Ok(())
    }

    /// A contact stands by itself no longer.
    fn no_longer(&mut self, subject: &Subject, named: &BTreeSet<std::sync::Arc<str>>) -> Result<()> {
        let mut writes = Writes::default();
        for version in self.models.all().cloned().collect::<Vec<_>>() {
            let mut before = self.table(&version, &[subject.key])?.remove(&subject.key).unwrap_or_default();
            let now = Look { day: self.today(&version), cause: Cause::Merge, is_current: self.is_current(&version) };
            self.compare(&version, (subject.key, Kind::Contact), now, &mut before, Vec::new(), &mut writes);
        }
        self.write(writes)?;
        let names: Vec<(Kind, &str)> = named.iter().map(|id| (Kind::Account, &**id)).collect();
        let accounts: Vec<Key> = self.session.find(&names)?.into_iter().map(|account| account.key).collect();
        let pairs: Vec<(Key, Key)> = accounts.iter().map(|account| (subject.key, *account)).collect();
        self.session.unlink(&pairs)?;
        Ok(self.session.mark(&accounts)?)
    }
}
