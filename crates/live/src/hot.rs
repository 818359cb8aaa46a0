//! Activities of persons who are remembered: they are added to what is known, and nothing is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rules::day::Clock;
use rules::id::ContactId;
use store::activity::Stored;
use store::subject::{Head, Key, Kind, Subject};

use crate::apply::{self, Moment};
use crate::desk::Desk;
use crate::dossier::{activity, load};
use crate::error::Result;
use crate::evaluate::{Evaluated, evaluated};
use crate::fact::{Fact, Report, Who};
use crate::name::{Named, each_meant};
use crate::publish;
use crate::settle::{Case, Cause, Look, Memory, Writes};
use crate::take::Request;
use crate::warm::{Cache, Warm};

/// A person who is remembered, with what is new of it.
#[derive(Debug)]
pub(crate) struct Hot {
    pub(crate) id: Arc<str>,
    revision: i64,
    warm: Warm,
    new: Vec<Stored>,
}

/// An activity that is reported, by which import, and as which of all that is said at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct New<'r> {
    report: &'r Report,
    origin: i64,
    turn: i64,
}

/// Persons by key.
pub(crate) type Hots = BTreeMap<Key, Hot>;

/// Contacts of whom only activities are said, and who may be remembered.
pub(crate) type Guests<'r> = BTreeMap<Key, (&'r str, Vec<New<'r>>)>;

/// Those of whom everything was read, by key.
pub(crate) type Cases = BTreeMap<Key, Case>;

/// Those of whom only activities are said, and who may be remembered.
pub(crate) fn guests<'r>(requests: &[&'r Request], careful: &BTreeSet<Key>, cache: &Cache) -> Guests<'r> {
    let mut facts = requests.iter().flat_map(|request| &request.facts);
    if facts.any(|fact| matches!(fact, Fact::Account(_))) {
        // Its people are remembered with what was known of it.
        return Guests::new();
    }
    let known = cache.keys(only_activities(requests));
    known.into_iter().filter(|(key, _)| !careful.contains(key)).collect()
}

/// The activities of each contact of whom nothing else is said.
fn only_activities<'r>(requests: &[&'r Request]) -> BTreeMap<&'r str, Vec<New<'r>>> {
    let mut activities: BTreeMap<&str, Vec<New<'_>>> = BTreeMap::new();
    let mut turn = 0;
    let mut others: BTreeSet<Arc<str>> = BTreeSet::new();
    for request in requests {
        for fact in &request.facts {
            match fact {
                Fact::Activity(report @ Report { who: Who::Contact(id), .. }) => {
                    let new = New { report, origin: request.origin, turn };
                    activities.entry(id.as_str()).or_default().push(new);
                }
                other => each_meant(other, &mut |_, id| _ = others.insert(id.into())),
            }
            turn += 1;
        }
    }
    activities.retain(|id, _| !others.contains(*id));
    activities
}

impl Desk<'_> {
    /// Locks everybody concerned. Who is remembered takes in what is new; of the others everything is read. `None` if
    /// somebody who was remembered has been merged or erased since, and is to be looked for by name.
    pub(crate) fn open_cases(
        &mut self,
        guests: Guests<'_>,
        named: &mut Named,
        cache: &Cache,
    ) -> Result<Option<(Hots, Cases)>> {
        let heads = self.hold_named(guests.keys().copied(), named)?;
        // Only now: whoever is locked is not being prepared by anybody else.
        self.prepared = publish::prepared(self)?;
        let mut cold: Vec<Key> = heads.keys().copied().filter(|key| !guests.contains_key(key)).collect();
        let mut hots = Hots::new();
        for (key, (id, new)) in guests {
            let Some(head) = heads.get(&key).filter(|head| !head.is_merged) else {
                cache.forget(id);
                return Ok(None);
            };
            match self.warm_up(head, id, &new, cache) {
                Some((warm, new)) => _ = hots.insert(key, Hot { id: id.into(), revision: head.revision, warm, new }),
                None => cold.push(key),
            }
        }
        cache.count(hots.len(), cold.len());
        let (things, persons): (Vec<Subject>, Vec<Subject>) =
            self.session.subjects_of(&cold)?.into_iter().partition(|subject| subject.kind == Kind::Opportunity);
        for person in &persons {
            // Those who are remembered no longer were not looked for by name.
            let name = (person.kind, person.id.clone());
            named.subjects.entry(name).or_insert_with(|| person.clone());
        }
        for thing in things {
            // Somebody may have written it since it was found.
            named.subjects.insert((thing.kind, thing.id.clone()), thing);
        }
        let dossiers = load(&mut self.session, persons)?;
        let case = |dossier| Case { memory: Memory::Wanted, ..Case::new(dossier, Cause::Activity) };
        Ok(Some((hots, dossiers.into_iter().map(|(key, dossier)| (key, case(dossier))).collect())))
    }

    /// Locks persons and opportunities, all at once and in one order; gives those who are to be looked at.
    fn hold_named(&mut self, guests: impl Iterator<Item = Key>, named: &Named) -> Result<BTreeMap<Key, Head>> {
        // What is said of an account is said alone.
        let is_shared = |subject: &&Subject| subject.kind != Kind::Account;
        let persons = named.subjects.values().filter(is_shared).map(Subject::person);
        let keys: BTreeSet<Key> = persons.chain(guests).collect();
        // Those whom an opportunity names already may be looked at later.
        let opportunities = named.subjects.values().filter(|subject| subject.kind == Kind::Opportunity);
        let others: BTreeSet<&str> =
            opportunities.flat_map(|one| one.record.contacts_named()).map(|id| id.as_str()).collect();
        let others: Vec<(Kind, &str)> = others.into_iter().map(|id| (Kind::Contact, id)).collect();
        let others: Vec<Key> = self.session.find(&others)?.iter().map(Subject::person).collect();
        let all: BTreeSet<Key> = keys.iter().copied().chain(others).collect();
        let held = self.session.hold(&all.into_iter().collect::<Vec<_>>())?;
        Ok(held.into_iter().filter(|head| keys.contains(&head.key)).map(|head| (head.key, head)).collect())
    }

    /// What is remembered of a person with all that is new; `None` if it has to be read after all.
    fn warm_up(&self, head: &Head, id: &str, new: &[New<'_>], cache: &Cache) -> Option<(Warm, Vec<Stored>)> {
        let today = self.day();
        self.models.current.as_ref()?;
        // What is remembered of another day is not believed, so that whom a midnight concerns is read.
        let versions = self.versions_of(head.key, head.revision);
        let versions: Vec<_> = versions.map(|version| (version.number, self.today(version))).collect();
        let mut warm = cache.take(head.key, head.revision, self.models.turn, &versions)?;
        let id = ContactId::from(id);
        let mut stored = Vec::new();
        for &New { report, origin, turn } in new {
            let is_known = |account: &rules::id::AccountId| warm.accounts.contains_key(account.as_str());
            if !report.account.as_ref().is_none_or(is_known) {
                return None;
            }
            if let Some(activity) = &report.id
                && !warm.is_new(cache.mark(report.source.as_ref(), activity))
            {
                return None;
            }
            let moment = Moment { now: self.now, today, origin, turn };
            let one = apply::stored(head.key, report, moment);
            for under in &mut warm.under {
                let model = &under.version.model;
                let told = activity(&one, &id, &mut Clock::new(&model.zone));
                if !under.running.push(model, &warm.ground, &told) {
                    return None;
                }
            }
            stored.push(one);
        }
        Some((warm, stored))
    }

    /// Writes what is new of persons who are remembered; says of whom the scores leave the range, if of any.
    pub(crate) fn settle_hot(&mut self, hots: &mut Hots) -> Result<Vec<Key>> {
        if hots.is_empty() {
            return Ok(Vec::new());
        }
        let mut writes = Writes::default();
        let mut touched = Vec::new();
        let (of_accounts, of_opportunities) = self.models.followers();
        for (key, hot) in hots.iter_mut() {
            let Warm { ground, under, accounts, next_day, revision, .. } = &mut hot.warm;
            let mut next = None;
            for under in under {
                let version = &under.version;
                let Ok(alone) = under.running.alone(&version.model, ground) else { return Ok(vec![*key]) };
                let day = under.running.as_of();
                let of = (*key, Kind::Contact);
                let Evaluated { standings, next: soonest } = evaluated(version, ground, of, day, Some(alone));
                let now = Look { day, cause: Cause::Activity, is_current: self.is_current(version) };
                self.compare(version, of, now, &mut under.standings, standings, &mut writes);
                next = [next, soonest].into_iter().flatten().min();
            }
            *next_day = next.map(|next| next.max(self.tomorrow()));
            *revision = hot.revision + 1;
            touched.push((*key, *next_day));
            if of_accounts {
                writes.marks.extend(accounts.values());
            }
        }
        if of_opportunities {
            let keys: Vec<Key> = hots.keys().copied().collect();
            writes.marks.extend(self.session.naming(&keys)?.iter().map(|(subject, _)| subject));
        }
        self.session.touch(&touched)?;
        self.write(writes)?;
        Ok(Vec::new())
    }
}

/// What is new of those who are remembered.
pub(crate) fn new(hots: &Hots) -> impl Iterator<Item = &Stored> {
    hots.values().flat_map(|hot| &hot.new)
}

/// Remembers everybody who was simple enough, once it is all stored.
pub(crate) fn remember(cache: &Cache, turn: i64, hots: Hots, cases: Vec<Case>) {
    for (key, hot) in hots {
        cache.put(key, &hot.id, hot.warm);
    }
    for case in cases {
        let Memory::Kept { ground, under, accounts } = case.memory else { continue };
        let subject = &case.dossier.subject;
        let mark = |stored: &Stored| Some(cache.mark(stored.source.as_ref(), stored.id.as_deref()?));
        let marks = case.dossier.activities.iter().filter_map(mark);
        let mut warm = cache.begin(ground, accounts, subject.next_day, under, marks);
        (warm.revision, warm.turn) = (subject.revision + 1, turn);
        cache.put(subject.key, &subject.id, warm);
    }
}
