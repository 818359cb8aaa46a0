//! What is said in a request is taken: the steps, in one transaction.
//!
//! ```text
//! name      who and what it is about, known or new
//! lock      those persons, and all that is known of them
//! catch up  with midnights that nobody has looked at yet
//! apply     one thing after the other: taken, a repetition, or refused
//! settle    how everyone concerned stands now
//! ```

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use rules::day::Instant;
use store::subject::{Key, Kind};
use store::{Manner, Store};

use crate::apply::{self, Moment};
use crate::desk::{Desk, facts_of};
use crate::dossier::Dossier;
use crate::error::{Error, Result};
use crate::evaluate;
use crate::fact::{Fact, Reason, Refusal, Report, Taken, Upsert, Who};
use crate::hot;
use crate::models::Library;
use crate::name::{Named, each_meant};
use crate::once::Once;
use crate::settle::{Case, Cause, Memory};
use crate::warm::Cache;

/// What is said at once, and answered at once.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What is said, in this order.
    pub facts: Vec<Fact>,
    /// The import that says it; 0 if none does.
    pub origin: i64,
    /// Asked again under the same name, the same answer is given and nothing is done.
    pub once: Option<Once>,
}

/// Those for whom facts are tried one by one, because together they left the range.
type Careful = BTreeSet<Key>;

/// Why a transaction has to be done again.
enum Again {
    Alone,
    Careful(Vec<Key>),
    /// Somebody who was remembered is not any more.
    Outdated,
}

/// Takes requests in one transaction, and answers each: for everything that was said, what became of it.
///
/// # Errors
///
/// If the database does not take it; then nothing of it is stored.
pub(crate) fn take(
    store: &Store,
    library: &Library,
    cache: &Cache,
    now: Instant,
    requests: &[Request],
) -> Result<Vec<Result<Vec<Taken>>>> {
    let has_accounts = requests.iter().flat_map(|request| &request.facts).any(|fact| matches!(fact, Fact::Account(_)));
    let mut manner = if has_accounts { Manner::Alone } else { Manner::Together };
    let mut careful = Careful::new();
    loop {
        let desk = Desk::open(store, library, manner, now)?;
        match attempt(desk, cache, requests, &careful)? {
            Ok(answers) => return Ok(answers),
            Err(Again::Alone) => manner = Manner::Alone,
            Err(Again::Outdated) => {}
            Err(Again::Careful(keys)) => {
                if keys.iter().all(|key| careful.contains(key)) {
                    return Err(Error::Invalid("scores leave the range, whatever is left out".into()));
                }
                careful.extend(keys);
            }
        }
    }
}

type Attempt = std::result::Result<Vec<Result<Vec<Taken>>>, Again>;

fn attempt(mut desk: Desk<'_>, cache: &Cache, requests: &[Request], careful: &Careful) -> Result<Attempt> {
    let claims = desk.claim_all(requests)?;
    let fresh = claims.fresh(requests);
    let guests = hot::guests(&fresh, careful, cache);
    let mut named = desk.name(&fresh, &guests)?;
    if desk.manner != Manner::Alone && joins(&fresh, &named) {
        return Ok(Err(Again::Alone));
    }
    let Some((mut hots, mut cases)) = desk.open_cases(guests, &mut named, cache)? else {
        return Ok(Err(Again::Outdated));
    };
    let hot_ids: HashSet<Arc<str>> = hots.values().map(|hot| hot.id.clone()).collect();
    desk.catch_up(&mut cases)?;
    let mut taken = Vec::new();
    let mut turn = 0;
    for request in &fresh {
        let mut each = Vec::new();
        for fact in &request.facts {
            let moment = Moment { now: desk.now, today: desk.day(), origin: request.origin, turn };
            each.push(match is_hot(fact, &hot_ids) {
                true => Taken::Accepted,
                false => desk.apply(fact, moment, &mut named, &mut cases, careful)?,
            });
            turn += 1;
        }
        taken.push(each);
    }
    let mut cases: Vec<Case> = cases.into_values().collect();
    let overflown = desk.finish(&named, &mut hots, &mut cases)?;
    if !overflown.is_empty() {
        return Ok(Err(Again::Careful(overflown)));
    }
    let answers = desk.answer_all(requests, claims, taken)?;
    let models_turn = desk.models.turn;
    desk.session.commit()?;
    hot::remember(cache, models_turn, hots, cases);
    Ok(Ok(answers))
}

/// Whether anybody turns out to be somebody else: what hangs on both is nobody else's meanwhile.
fn joins(requests: &[&Request], named: &Named) -> bool {
    let mut facts = requests.iter().flat_map(|request| &request.facts);
    facts.any(|fact| {
        let Fact::Join { visitor, contact } = fact else { return false };
        let both = named.get(Kind::Visitor, visitor).zip(named.get(Kind::Contact, contact.as_str()));
        both.is_some_and(|(visitor, contact)| visitor.merged.is_none() && visitor.key != contact.key)
    })
}

/// Whether a fact was taken in already by somebody who is remembered.
fn is_hot(fact: &Fact, hots: &HashSet<Arc<str>>) -> bool {
    let Fact::Activity(Report { who: Who::Contact(id), .. }) = fact else { return false };
    hots.contains(id.as_str())
}

impl Desk<'_> {
    /// Looks at those first whom a midnight has changed that nobody has looked at yet, so that the log is right.
    fn catch_up(&mut self, cases: &mut BTreeMap<Key, Case>) -> Result<()> {
        let today = self.day();
        let is_due = |case: &Case| case.dossier.subject.next_day.is_some_and(|day| day <= today);
        let keys: Vec<Key> = cases.iter().filter(|(_, case)| is_due(case)).map(|(key, _)| *key).collect();
        let mut due: Vec<Case> = Vec::new();
        for key in &keys {
            due.extend(cases.remove(key).map(|case| Case { cause: Cause::Midnight, ..case }));
        }
        if due.is_empty() {
            return Ok(());
        }
        self.settle_or_blank(&mut due)?;
        for case in due {
            let memory = Memory::Wanted;
            let mut case = Case { cause: Cause::Activity, is_changed: false, is_beyond: false, memory, ..case };
            case.dossier.subject.revision += 1;
            cases.insert(case.dossier.subject.key, case);
        }
        Ok(())
    }

    /// One thing that is said.
    fn apply(
        &mut self,
        fact: &Fact,
        moment: Moment,
        named: &mut Named,
        cases: &mut BTreeMap<Key, Case>,
        careful: &Careful,
    ) -> Result<Taken> {
        let mut is_erased = false;
        each_meant(fact, &mut |kind, id| is_erased |= named.erased.contains(&(kind, id.into())));
        if is_erased {
            let message = "this contact was erased, and nothing is taken about it any more";
            return Ok(Taken::Refused(Refusal::new(Reason::Erased, message)));
        }
        match fact {
            Fact::Account(upsert) => return Ok(self.thing(Kind::Account, upsert, moment, named)),
            Fact::Opportunity(upsert) => return Ok(self.thing(Kind::Opportunity, upsert, moment, named)),
            Fact::Join { visitor, contact } => {
                self.join(visitor, contact.as_str(), named, cases);
                return Ok(Taken::Accepted);
            }
            _ => {}
        }
        let subject = match fact {
            Fact::Activity(Report { who: Who::Visitor(id), .. }) => named.get(Kind::Visitor, id),
            Fact::Activity(Report { who: Who::Contact(id), .. }) => named.get(Kind::Contact, id.as_str()),
            Fact::Contact(upsert) => named.get(Kind::Contact, &upsert.id),
            Fact::Retract(identity) | Fact::Amend(identity, _) => named.get(Kind::Contact, identity.contact.as_str()),
            Fact::Account(_) | Fact::Opportunity(_) | Fact::Join { .. } => None,
        };
        let case = subject.and_then(|subject| Some((subject.key, cases.get_mut(&subject.person())?)));
        let Some((key, case)) = case else {
            let message = "there is no such contact; is the id spelled as it was when it was told?";
            return Ok(Taken::Refused(Refusal::new(Reason::Unknown, message)));
        };
        let person = case.dossier.subject.key;
        let before = careful.contains(&person).then(|| case.dossier.clone());
        let taken = tell(case, key, fact, moment);
        match before {
            Some(before) if taken == Taken::Accepted => {
                let case = cases.get_mut(&person).expect("it was there");
                if let Some(refusal) = self.leaves_the_range(&before, &case.dossier)? {
                    case.dossier = before;
                    return Ok(Taken::Refused(refusal));
                }
                Ok(taken)
            }
            _ => Ok(taken),
        }
    }

    /// What is said of an account or an opportunity.
    fn thing(&mut self, kind: Kind, upsert: &Upsert, moment: Moment, named: &mut Named) -> Taken {
        let name = (kind, upsert.id.clone());
        let Some(subject) = named.subjects.get_mut(&name) else {
            return Taken::Refused(Refusal::new(Reason::Unknown, format!("there is no {}", kind.word())));
        };
        let before = subject.record.clone();
        if apply::upsert(&mut subject.record, upsert, moment.today) {
            named.changed.entry(name).or_insert(before);
        }
        Taken::Accepted
    }

    /// A visitor is a contact. Who was identified once stays who it is.
    fn join(&mut self, visitor: &str, contact: &str, named: &mut Named, cases: &mut BTreeMap<Key, Case>) {
        let of = |kind, id| named.get(kind, id).map(|subject| (subject.key, subject.person()));
        let both = of(Kind::Visitor, visitor).zip(of(Kind::Contact, contact));
        let Some(((visitor_key, _), (contact_key, person))) = both else { return };
        let name = (Kind::Visitor, Arc::from(visitor));
        let Some(subject) = named.subjects.get_mut(&name).filter(|subject| subject.merged.is_none()) else { return };
        let Some(mut joining) = cases.remove(&visitor_key) else { return };
        (subject.parent, subject.merged) = (Some(contact_key), Some(person));
        (joining.dossier.subject.parent, joining.dossier.subject.merged) = (Some(contact_key), Some(person));
        let case = cases.get_mut(&person).expect("it is there");
        case.dossier.join(joining.dossier);
        case.is_changed = true;
        case.cause = Cause::Merge;
    }

    /// Why a person cannot be scored any more, who could be before.
    fn leaves_the_range(&mut self, before: &Dossier, after: &Dossier) -> Result<Option<Refusal>> {
        let around = self.around([before, after].into_iter())?;
        for version in self.models.all() {
            let today = self.today(version);
            let scored = |dossier: &Dossier| {
                let facts = facts_of(version, dossier, &around);
                evaluate::contact(version, &facts, (dossier.subject.key, &dossier.id()), today)
            };
            if let Err(overflow) = scored(after)
                && scored(before).is_ok()
            {
                return Ok(Some(Refusal::new(Reason::OutOfRange, overflow.to_string())));
            }
        }
        Ok(None)
    }
}

/// Puts what is said of a person to what is known of it.
fn tell(case: &mut Case, subject: Key, fact: &Fact, moment: Moment) -> Taken {
    let dossier = &mut case.dossier;
    match fact {
        Fact::Activity(report) => apply::report(dossier, subject, report, moment),
        Fact::Contact(upsert) => {
            case.cause = Cause::Attribute;
            let own = [&mut dossier.subject].into_iter().chain(&mut dossier.others).find(|one| one.key == subject);
            let own = own.expect("a person is made of all who were merged with it");
            if apply::upsert(&mut own.record, upsert, moment.today) {
                case.is_changed = true;
            }
            Taken::Accepted
        }
        Fact::Retract(identity) => apply::retract(dossier, identity, moment),
        Fact::Amend(identity, amendment) => apply::amend(dossier, identity, amendment),
        Fact::Account(_) | Fact::Opportunity(_) | Fact::Join { .. } => Taken::Accepted,
    }
}
