//! What is said in a request is taken: the steps, in one transaction.
//!
//! ```text
//! name      who and what it is about, known or new
//! lock      those persons, and all that is known of them
//! catch up  with midnights that nobody has looked at yet
//! apply     one thing after the other: taken, a repetition, or refused
//! settle    how everyone concerned stands now
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rules::day::Instant;
use serde::{Deserialize, Serialize};
use store::keep::Document;
use store::record::Record;
use store::subject::{Key, Kind, Subject};
use store::{Manner, Store};

use crate::apply::{self, Moment};
use crate::desk::{Desk, facts_of};
use crate::dossier::Dossier;
use crate::erased::Erased;
use crate::error::{Error, Result};
use crate::evaluate;
use crate::fact::{Fact, Reason, Refusal, Report, Taken, Upsert, Who};
use crate::hot::{self, Guests};
use crate::models::Library;
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

/// The name of a request that may be sent several times.
#[derive(Clone, Debug)]
pub struct Once {
    /// The name.
    pub id: String,
    /// What the request was, in short: another one under the same name is refused.
    pub fingerprint: String,
    /// How long the answer is kept.
    pub until: Instant,
}

/// The kind of documents that hold answers to requests with a name.
pub(crate) const ANSWER: &str = "answer";

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

/// The answers to requests, as far as they are known.
type Answers = Vec<Option<Result<Vec<Taken>>>>;

type Attempt = std::result::Result<Vec<Result<Vec<Taken>>>, Again>;

fn attempt(mut desk: Desk<'_>, cache: &Cache, requests: &[Request], careful: &Careful) -> Result<Attempt> {
    let (mut answers, repeated) = desk.claim_all(requests)?;
    let open = requests.iter().zip(&answers).zip(&repeated);
    let fresh: Vec<&Request> = open
        .filter(|((_, answer), repeated)| answer.is_none() && !**repeated)
        .map(|((request, _), _)| request)
        .collect();
    let guests = hot::guests(&fresh, careful, cache);
    let mut named = match desk.name(&fresh, &guests)? {
        Ok(named) => named,
        Err(again) => return Ok(Err(again)),
    };
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
    let mut taken = taken.into_iter();
    for ((request, answer), is_repeated) in requests.iter().zip(&mut answers).zip(repeated) {
        if let Some(once) = request.once.as_ref().filter(|_| is_repeated) {
            *answer = desk.answered(once)?;
        } else if answer.is_none() {
            let each = taken.next().expect("one for each fresh request");
            if let Some(once) = &request.once {
                desk.keep_answer(once, &each)?;
            }
            *answer = Some(Ok(each));
        }
    }
    desk.session.commit()?;
    hot::remember(cache, hots, cases);
    Ok(Ok(answers.into_iter().flatten().collect()))
}

/// Whether a fact was taken in already by somebody who is remembered.
fn is_hot(fact: &Fact, hots: &HashSet<Arc<str>>) -> bool {
    let Fact::Activity(Report { who: Who::Contact(id), .. }) = fact else { return false };
    hots.contains(id.as_str())
}

/// A subject by what it is and how it is called.
pub(crate) type Name = (Kind, Arc<str>);

/// Who and what requests are about.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) subjects: HashMap<Name, Subject>,
    /// Of whom nothing is taken.
    erased: BTreeSet<Name>,
    /// Opportunities and accounts whose records have changed, and what these were before.
    pub(crate) changed: BTreeMap<Name, Record>,
}

impl Named {
    pub(crate) fn get(&self, kind: Kind, id: &str) -> Option<&Subject> {
        // A key of borrowed text cannot be looked up in a pair.
        self.subjects.get(&(kind, id.into()))
    }
}

/// Calls `visit` with all that a fact is about.
fn each_named(fact: &Fact, visit: &mut dyn FnMut(Kind, &str)) {
    let upsert = |upsert: &Upsert, visit: &mut dyn FnMut(Kind, &str)| {
        for membership in upsert.accounts.iter().flatten() {
            visit(Kind::Account, membership.account.as_str());
        }
        if let Some(Some(contact)) = &upsert.contact {
            visit(Kind::Contact, contact.as_str());
        }
    };
    match fact {
        Fact::Activity(report) => {
            match &report.who {
                Who::Contact(id) => visit(Kind::Contact, id.as_str()),
                Who::Visitor(id) => visit(Kind::Visitor, id),
            }
            if let Some(account) = &report.account {
                visit(Kind::Account, account.as_str());
            }
        }
        Fact::Contact(said) => {
            visit(Kind::Contact, &said.id);
            upsert(said, visit);
        }
        Fact::Account(said) => visit(Kind::Account, &said.id),
        Fact::Opportunity(said) => {
            visit(Kind::Opportunity, &said.id);
            upsert(said, visit);
        }
        Fact::Join { visitor, contact } => {
            visit(Kind::Visitor, visitor);
            visit(Kind::Contact, contact.as_str());
        }
        // These are about what is there: nobody comes into being by them.
        Fact::Retract(_) | Fact::Amend(..) => {}
    }
}

pub(crate) fn each_meant(fact: &Fact, visit: &mut dyn FnMut(Kind, &str)) {
    if let Fact::Retract(identity) | Fact::Amend(identity, _) = fact {
        visit(Kind::Contact, identity.contact.as_str());
    }
    if let Fact::Amend(_, amendment) = fact
        && let Some(Some(account)) = &amendment.account
    {
        visit(Kind::Account, account.as_str());
    }
    each_named(fact, visit);
}

impl Desk<'_> {
    /// The answers that were given to requests of these names before, and which of them repeat one of these.
    fn claim_all(&mut self, requests: &[Request]) -> Result<(Answers, Vec<bool>)> {
        let mut firsts: BTreeMap<&str, (usize, &Once)> = BTreeMap::new();
        let (mut answers, mut repeated) = (Answers::new(), Vec::new());
        for (place, request) in requests.iter().enumerate() {
            let first = request.once.as_ref().map(|once| firsts.entry(&once.id).or_insert((place, once)).0);
            answers.push(None);
            repeated.push(first.is_some_and(|first| first != place));
        }
        // By name, and so in one order for everybody, as with all that others may wait for.
        for (place, once) in firsts.into_values() {
            answers[place] = self.claim(once)?;
        }
        Ok((answers, repeated))
    }

    /// The answer that was given to a request of this name. Where there is none, whoever else comes with the name
    /// waits until this transaction is done.
    fn claim(&mut self, once: &Once) -> Result<Option<Result<Vec<Taken>>>> {
        let claim = Document { id: once.id.clone(), at: self.now, until: Some(once.until), text: String::new() };
        if self.session.add_document(ANSWER, &claim)? {
            return Ok(None);
        }
        let answer = self.answered(once)?;
        if answer.is_none() {
            // It is kept no longer; of several who come now one removes it, and the others wait for that one.
            self.session.remove_document(ANSWER, &once.id)?;
            if !self.session.add_document(ANSWER, &claim)? {
                return self.answered(once);
            }
        }
        Ok(answer)
    }

    /// The answer that was given to a request of this name.
    fn answered(&mut self, once: &Once) -> Result<Option<Result<Vec<Taken>>>> {
        let Some(document) = self.session.document(ANSWER, &once.id)? else { return Ok(None) };
        if document.until.is_some_and(|until| until <= self.now) {
            return Ok(None);
        }
        let kept: Kept = serde_json::from_str(&document.text)
            .map_err(|error| store::Error::Broken(format!("an answer that was kept: {error}")))?;
        if kept.fingerprint != once.fingerprint {
            let message = "this Idempotency-Key was used for another request; choose a new one";
            return Ok(Some(Err(Error::Conflict(message.into()))));
        }
        Ok(Some(Ok(kept.taken.into_iter().map(Into::into).collect())))
    }

    fn keep_answer(&mut self, once: &Once, taken: &[Taken]) -> Result<()> {
        let kept = Kept { fingerprint: once.fingerprint.clone(), taken: taken.iter().map(Into::into).collect() };
        let text = serde_json::to_string(&kept).expect("texts");
        let document = Document { id: once.id.clone(), at: self.now, until: Some(once.until), text };
        Ok(self.session.put_document(ANSWER, &document)?)
    }

    /// Finds everyone, makes those who are new, and refuses those who were erased.
    fn name(&mut self, requests: &[&Request], guests: &Guests<'_>) -> Result<std::result::Result<Named, Again>> {
        let facts = || requests.iter().flat_map(|request| &request.facts);
        let mut all: BTreeSet<Name> = BTreeSet::new();
        let mut new: BTreeSet<Name> = BTreeSet::new();
        for fact in facts() {
            each_meant(fact, &mut |kind, id| _ = all.insert((kind, id.into())));
            each_named(fact, &mut |kind, id| _ = new.insert((kind, id.into())));
        }
        // Who is remembered is known.
        for (id, _) in guests.values() {
            let name = (Kind::Contact, Arc::from(*id));
            all.remove(&name);
            new.remove(&name);
        }
        let mut named = Named::default();
        self.find_into(&all, &mut named)?;
        all.retain(|one| !named.subjects.contains_key(one));
        self.erased_of(&all, &mut named)?;
        new.retain(|one| all.contains(one) && !named.erased.contains(one));
        if !new.is_empty() {
            let ids: Vec<(Kind, &str)> = new.iter().map(|(kind, id)| (*kind, &**id)).collect();
            self.session.create(&ids)?;
            self.find_into(&new, &mut named)?;
        }
        for fact in facts() {
            if let Fact::Join { visitor, contact } = fact
                && let (Some(visitor), Some(contact)) =
                    (named.get(Kind::Visitor, visitor), named.get(Kind::Contact, contact.as_str()))
                && visitor.merged.is_none()
                && visitor.key != contact.key
                && self.manner != Manner::Alone
            {
                return Ok(Err(Again::Alone));
            }
        }
        Ok(Ok(named))
    }

    /// Who of those whom nobody knows is not known because it was erased.
    fn erased_of(&mut self, unknown: &BTreeSet<Name>, named: &mut Named) -> Result<()> {
        let mut persons = unknown.iter().filter(|(kind, _)| matches!(kind, Kind::Contact | Kind::Visitor)).peekable();
        if persons.peek().is_none() {
            return Ok(());
        }
        let erased = Erased::open(&mut self.session)?;
        for (kind, id) in persons {
            if erased.has(&mut self.session, *kind, id)? {
                named.erased.insert((*kind, id.clone()));
            }
        }
        Ok(())
    }

    fn find_into(&mut self, which: &BTreeSet<Name>, named: &mut Named) -> Result<()> {
        let ids: Vec<(Kind, &str)> = which.iter().map(|(kind, id)| (*kind, &**id)).collect();
        for subject in self.session.find(&ids)? {
            named.subjects.insert((subject.kind, subject.id.clone()), subject);
        }
        Ok(())
    }

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

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    fingerprint: String,
    taken: Vec<KeptTaken>,
}

#[derive(Serialize, Deserialize)]
enum KeptTaken {
    Accepted,
    Duplicate,
    Refused(String, String),
}

impl From<&Taken> for KeptTaken {
    fn from(taken: &Taken) -> Self {
        match taken {
            Taken::Accepted => Self::Accepted,
            Taken::Duplicate => Self::Duplicate,
            Taken::Refused(refusal) => Self::Refused(refusal.reason.code().to_owned(), refusal.message.clone()),
        }
    }
}

impl From<KeptTaken> for Taken {
    fn from(kept: KeptTaken) -> Self {
        match kept {
            KeptTaken::Accepted => Self::Accepted,
            KeptTaken::Duplicate => Self::Duplicate,
            KeptTaken::Refused(code, message) => {
                let reason = Reason::ALL.iter().find(|(_, known)| *known == code);
                Self::Refused(Refusal::new(reason.map_or(Reason::Malformed, |(reason, _)| *reason), message))
            }
        }
    }
}
