//! Everything that the service can be asked, over one store.
//!
//! Requests that say something wait in a queue, from which writers take as many as have come meanwhile and store
//! them in one transaction. What follows of itself is done in steps by whoever calls [`Service::work`].

use std::collections::{BTreeSet, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rules::day::Instant;
use store::subject::Key;
use store::{Manner, Session, Store};

use crate::desk::Desk;
use crate::erased::Erased;
use crate::error::{Error, Result};
use crate::fact::Taken;
use crate::latest::Latest;
use crate::models::{self, Library, Models, Version};
use crate::once;
use crate::publish::{self, Progress, Step};
use crate::ranks::Ranks;
use crate::take::{self, Request};
use crate::undo::{self, Undone};
use crate::warm::Cache;
use crate::{index, midnight, persons};

/// Facts that wait, at most: beyond that the answer is [`Error::Busy`], so that memory stays bounded.
pub const WAITING_MAX: usize = 50_000;
/// Facts of one transaction, at most, unless a single request has more.
const TOGETHER_MAX: usize = 1_000;
/// How often a transaction is tried that others were in the way of.
const TRIES: u32 = 5;

/// How often everybody is counted while contacts are scored by a new model, at most: every two seconds, in microseconds.
const COUNT_EVERY: i64 = 2_000_000;
/// So many transactions put those who were counted into other bands, before everybody is counted again.
const ROUNDS: usize = 10;
/// How often answers are removed that are kept no longer: every hour, in microseconds.
const SWEEP_EVERY: i64 = 3_600_000_000;

/// What is called with the answer.
pub type Answer = Box<dyn FnOnce(Result<Vec<Taken>>) + Send>;

/// The service.
pub struct Service {
    store: Store,
    library: Library,
    cache: Cache,
    clock: Box<dyn Fn() -> Instant + Send + Sync>,
    queue: Mutex<Queue>,
    arrived: Condvar,
    ranks: Mutex<Arc<Ranks>>,
    /// Whether anything was written since everybody was counted.
    is_stale: AtomicBool,
    /// Whether those that look at percentiles may not know what a process before this one counted.
    is_new: AtomicBool,
    /// Whether everybody whose band goes by percentiles was in the right one when everybody was counted.
    is_placed: AtomicBool,
    /// What had happened last when everybody was counted, in whichever process.
    latest: Mutex<Option<Latest>>,
    /// Whether it is this process that does what follows of itself.
    has_turn: AtomicBool,
    /// Whether something was removed of which nothing may be left.
    is_to_scrub: AtomicBool,
    /// When answers were last removed that are kept no longer, in microseconds.
    swept_at: AtomicI64,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(Request, Answer)>,
    /// How many facts wait.
    facts: usize,
    is_closed: bool,
}

/// What was done of what follows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    /// How many subjects were looked at.
    pub looked_at: usize,
    /// Whether there may be more to do.
    pub more: bool,
    /// Whether it should be done at once: a day has begun, or a model is being published.
    pub is_urgent: bool,
    /// What came of a publication.
    pub published: Option<Step>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Service").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Service {
    /// Over a store. Time and chance are the caller's: `random` becomes the secret of a new database.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn open(store: Store, clock: impl Fn() -> Instant + Send + Sync + 'static, random: &[u8; 32]) -> Result<Self> {
        let service = Self {
            store,
            library: Library::default(),
            cache: Cache::default(),
            clock: Box::new(clock),
            queue: Mutex::default(),
            arrived: Condvar::new(),
            ranks: Mutex::default(),
            is_stale: AtomicBool::new(true),
            is_new: AtomicBool::new(true),
            is_placed: AtomicBool::new(false),
            latest: Mutex::default(),
            has_turn: AtomicBool::new(false),
            // A process before this one may not have come to it.
            is_to_scrub: AtomicBool::new(true),
            swept_at: AtomicI64::new(i64::MIN),
        };
        let mut session = service.store.begin(Manner::Together)?;
        Erased::prepare(&mut session, random, service.now())?;
        session.commit()?;
        service.keep(service.count()?);
        Ok(service)
    }

    /// What time it is.
    pub fn now(&self) -> Instant {
        (self.clock)()
    }

    /// A transaction that reads.
    pub(crate) fn reading(&self) -> Result<Desk<'_>> {
        Desk::open(&self.store, &self.library, Manner::Reading, self.now())
    }

    /// A transaction over documents.
    ///
    /// # Errors
    ///
    /// If the database cannot be reached.
    pub fn session(&self, manner: Manner) -> Result<Session<'_>> {
        Ok(self.store.begin(manner)?)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all that is stored at one moment to a new file, while others go on.
    ///
    /// # Errors
    ///
    /// If it cannot be written; then there is no file.
    pub fn backup(&self, file: &Path) -> Result<()> {
        self.store.backup(file, &mut |_| ())?;
        Ok(())
    }

    /// Takes a request at once, and answers for everything that it says.
    ///
    /// # Errors
    ///
    /// If it was not stored; nothing of it is.
    pub fn take(&self, request: &Request) -> Result<Vec<Taken>> {
        let mut answers = self.take_all(std::slice::from_ref(request))?;
        answers.pop().unwrap_or_else(|| Ok(Vec::new()))
    }

    fn take_all(&self, requests: &[Request]) -> Result<Vec<Result<Vec<Taken>>>> {
        let answers = self.patiently(|| take::take(&self.store, &self.library, &self.cache, self.now(), requests));
        self.is_stale.store(true, Ordering::Release);
        answers
    }

    /// Again, if another transaction was in the way.
    fn patiently<T>(&self, attempt: impl Fn() -> Result<T>) -> Result<T> {
        let mut tries = 1;
        loop {
            match attempt() {
                Err(Error::Store(store::Error::Contended(_))) if tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    /// Puts a request into the queue; the answer comes when it is stored.
    ///
    /// # Errors
    ///
    /// If too much waits already, or the service is going down. Then the answer is never called.
    pub fn submit(&self, request: Request, answer: Answer) -> Result<()> {
        let mut queue = self.queue();
        if queue.is_closed {
            return Err(Error::Stopping);
        }
        let facts = request.facts.len().max(1);
        if queue.facts > 0 && queue.facts + facts > WAITING_MAX {
            return Err(Error::Busy);
        }
        queue.facts += facts;
        queue.waiting.push_back((request, answer));
        drop(queue);
        self.arrived.notify_one();
        Ok(())
    }

    /// So many bytes are given to contacts who were written lately. It is 256 MiB unless it is said otherwise.
    pub fn remember(&self, bytes: usize) {
        self.cache.grow(bytes);
    }

    /// How often a contact of whom something was said was remembered, and how often it had to be read.
    pub fn remembered(&self) -> (u64, u64) {
        self.cache.counted()
    }

    /// How many notes there are that somebody has to be looked at again, as what they hang on has changed; counted up
    /// to 100,000.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn to_follow(&self) -> Result<i64> {
        Ok(self.store.begin(Manner::Reading)?.marks(100_000)?)
    }

    /// How many facts wait to be stored.
    pub fn waiting(&self) -> usize {
        self.queue().facts
    }

    /// Nothing more is taken; what waits is still stored, and then the writers end.
    pub fn close(&self) {
        self.queue().is_closed = true;
        self.arrived.notify_all();
    }

    /// Stores what comes, until the service is closed and nothing waits: on one thread.
    pub fn write(&self) {
        loop {
            let queue = self.queue();
            let idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.is_closed;
            let mut queue = self.arrived.wait_while(queue, idle).unwrap_or_else(PoisonError::into_inner);
            let (mut requests, mut answers, mut facts) = (Vec::new(), Vec::new(), 0);
            while let Some((request, _)) = queue.waiting.front() {
                let more = request.facts.len().max(1);
                if !requests.is_empty() && facts + more > TOGETHER_MAX {
                    break;
                }
                let Some((request, answer)) = queue.waiting.pop_front() else { break };
                facts += more;
                requests.push(request);
                answers.push(answer);
            }
            if requests.is_empty() {
                return;
            }
            drop(queue);
            self.store_and_answer(&requests, answers);
            self.queue().facts -= facts;
        }
    }

    fn store_and_answer(&self, requests: &[Request], answers: Vec<Answer>) {
        match self.take_all(requests) {
            Ok(each) => each.into_iter().zip(answers).for_each(|(taken, answer)| answer(taken)),
            // One of them may be the reason: each by itself.
            Err(error) if requests.len() > 1 && !matches!(error, Error::Store(ref error) if is_everybodys(error)) => {
                for (request, answer) in requests.iter().zip(answers) {
                    answer(self.take(request));
                }
            }
            // Whoever is in doubt has to know it.
            Err(Error::Store(error)) => {
                answers.into_iter().for_each(|answer| answer(Err(error.clone().into())));
            }
            // There is one request alone.
            Err(error) => _ = answers.into_iter().next().map(|answer| answer(Err(error))),
        }
    }

    /// Does some of what follows of itself, if no other process does; else it is only counted how everybody stands.
    ///
    /// # Errors
    ///
    /// If the database does not take it; it is to be done again.
    pub fn work_in_turn(&self) -> Result<Worked> {
        if self.store.turn().inspect_err(|_| self.has_turn.store(false, Ordering::Release))? {
            if !self.has_turn.swap(true, Ordering::AcqRel) {
                // Who had it before may have counted and not marked, and been anywhere in a publication.
                self.is_new.store(true, Ordering::Release);
                self.is_placed.store(false, Ordering::Release);
                self.is_stale.store(true, Ordering::Release);
                self.keep(self.count()?);
            }
            return self.work();
        }
        self.has_turn.store(false, Ordering::Release);
        self.look_for_changes()?;
        if self.is_stale.swap(false, Ordering::AcqRel) {
            self.keep(self.count().inspect_err(|_| self.is_stale.store(true, Ordering::Release))?);
        }
        Ok(Worked::default())
    }

    /// Whether it is this process that does what follows of itself.
    pub fn has_turn(&self) -> bool {
        self.has_turn.load(Ordering::Acquire)
    }

    /// Whether others have written what is counted here.
    fn look_for_changes(&self) -> Result<()> {
        let latest = Some(Latest::of(&mut self.store.begin(Manner::Reading)?)?);
        let before =
            std::mem::replace(&mut *self.latest.lock().unwrap_or_else(PoisonError::into_inner), latest.clone());
        let is_known = before == latest;
        self.is_stale.fetch_or(!is_known, Ordering::AcqRel);
        Ok(())
    }

    /// Does some of what follows of itself: marks, midnights, publications, bands by percentiles.
    ///
    /// # Errors
    ///
    /// If the database does not take it; it is to be done again.
    pub fn work(&self) -> Result<Worked> {
        // After an error nobody knows what was done.
        self.patiently(|| self.work_a_little()).inspect_err(|_| self.is_stale.store(true, Ordering::Release))
    }

    fn work_a_little(&self) -> Result<Worked> {
        let now = self.now();
        self.look_for_changes()?;
        let mut worked = Worked { looked_at: midnight::step(&self.store, &self.library, now)?, ..Worked::default() };
        let marks = self.refresh()?;
        worked.looked_at += marks;
        let step = self.publish_a_little(now)?;
        worked.is_urgent = worked.looked_at > marks || matches!(step, Step::Going(_) | Step::Done(_));
        worked.more = worked.looked_at > 0 || matches!(step, Step::Going(_) | Step::Done(_));
        let can_wait = self.can_counting_wait(&step, now);
        worked.published = Some(step).filter(|step| *step != Step::Idle);
        self.is_stale.fetch_or(worked.looked_at > 0, Ordering::AcqRel);
        if !can_wait && self.is_stale.swap(false, Ordering::AcqRel) {
            // Whether it has failed or moved somebody: then there may be more.
            let ranked = self.rank();
            self.is_stale.fetch_or(!matches!(ranked, Ok(false)), Ordering::AcqRel);
            worked.more |= ranked?;
        }
        if !worked.more {
            worked.more = index::step(&self.store, &self.library, now)?;
        }
        if !worked.more {
            worked.more = publish::sweep(&self.store, &self.library, now)?;
            self.forget_answers(now)?;
        }
        Ok(worked)
    }

    /// Does the next step of a publication, if there is one. What is new in a stage, or in force, is to be counted.
    fn publish_a_little(&self, now: Instant) -> Result<Step> {
        let is_placed = self.is_placed.load(Ordering::Acquire);
        let step = publish::step(&self.store, &self.library, &self.cache, (&self.ranks(), is_placed), now)?;
        let is_new = match &step {
            Step::Idle => false,
            Step::Going(progress) => progress.is_stage_new(),
            Step::Done(_) | Step::Failed(_) => true,
        };
        if is_new {
            self.is_placed.store(false, Ordering::Release);
            self.is_stale.store(true, Ordering::Release);
        }
        Ok(step)
    }

    /// While contacts are scored one after the other, everybody is not counted after each step.
    fn can_counting_wait(&self, step: &Step, now: Instant) -> bool {
        let counted = self.ranks().at.map_or(i64::MIN, |at| at.0);
        let is_recent = (counted..counted.saturating_add(COUNT_EVERY)).contains(&now.0);
        matches!(step, Step::Going(progress) if progress.is_of_contacts()) && is_recent
    }

    /// Removes answers that are kept no longer, now and then.
    fn forget_answers(&self, now: Instant) -> Result<()> {
        let before = self.swept_at.load(Ordering::Acquire);
        if (before..before.saturating_add(SWEEP_EVERY)).contains(&now.0) {
            return Ok(());
        }
        let mut session = self.store.begin(Manner::Together)?;
        session.remove_outdated(once::ANSWER, now)?;
        session.commit()?;
        self.swept_at.store(now.0, Ordering::Release);
        Ok(())
    }

    fn refresh(&self) -> Result<usize> {
        let (ranks, mut looked_at) = (self.ranks(), 0);
        let marked = self.reading()?.marked()?;
        for some in marked {
            let foreseen = self.reading()?.foresee(some)?;
            let mut desk = Desk::open(&self.store, &self.library, Manner::Together, self.now())?;
            looked_at += desk.fulfil(foreseen, &ranks)?;
            desk.session.commit()?;
        }
        Ok(looked_at)
    }

    /// Counts everybody, and puts them into bands by percentiles; says whether anything has moved.
    fn rank(&self) -> Result<bool> {
        let before = self.ranks();
        let ranks = self.count()?;
        let mut misplaced = ranks.misplaced.as_slice();
        let mut moved = false;
        for _ in 0..ROUNDS {
            let mut desk = Desk::open(&self.store, &self.library, Manner::Together, self.now())?;
            if !desk.place_some(&mut misplaced, &ranks)? {
                break;
            }
            desk.session.commit()?;
            moved = true;
        }
        if moved || self.is_new.load(Ordering::Acquire) || !ranks.equals(&before) {
            let mut desk = Desk::open(&self.store, &self.library, Manner::Together, self.now())?;
            if desk.mark_what_looks_at_percentiles()? {
                desk.session.commit()?;
                moved = true;
            }
        }
        self.is_placed.store(misplaced.is_empty(), Ordering::Release);
        // Only now: what was not marked is still to be marked.
        self.keep(ranks);
        self.is_new.store(false, Ordering::Release);
        Ok(moved)
    }

    fn count(&self) -> Result<Arc<Ranks>> {
        let mut desk = self.reading()?;
        Ok(Arc::new(Ranks::count(&mut desk.session, &desk.models, desk.now)?))
    }

    fn keep(&self, ranks: Arc<Ranks>) {
        *self.ranks.lock().unwrap_or_else(PoisonError::into_inner) = ranks;
    }

    /// Everybody as counted last.
    pub(crate) fn ranks(&self) -> Arc<Ranks> {
        self.ranks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does what the database leaves to its users; to be called every now and then, on a thread of its own.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn tidy(&self) -> Result<()> {
        if self.is_to_scrub.swap(false, Ordering::AcqRel) {
            let done = self.store.scrub();
            self.is_to_scrub.fetch_or(!matches!(done, Ok(true)), Ordering::AcqRel);
            done?;
        }
        Ok(self.store.tidy()?)
    }

    /// Of what was removed so far nothing is to be left, as soon as nobody reads it any more.
    pub fn scrub_soon(&self) {
        self.is_to_scrub.store(true, Ordering::Release);
    }

    /// Works until there is nothing left to do.
    ///
    /// # Errors
    ///
    /// If the database does not take it.
    pub fn quiet(&self) -> Result<()> {
        while self.work()?.more {}
        Ok(())
    }

    /// Merges `other` into `survivor`.
    ///
    /// # Errors
    ///
    /// If either is not known, or they are one already.
    pub fn merge(&self, survivor: &str, other: &str) -> Result<()> {
        self.alone(|now| persons::merge(&self.store, &self.library, survivor, other, now))
    }

    /// Undoes the merging of a contact with another.
    ///
    /// # Errors
    ///
    /// If it is not known, or was not merged.
    pub fn unmerge(&self, id: &str) -> Result<()> {
        self.alone(|now| persons::unmerge(&self.store, &self.library, id, now))
    }

    /// Forgets a person for good.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn erase(&self, id: &str) -> Result<()> {
        self.alone(|now| persons::erase(&self.store, &self.library, id, now))
    }

    /// Undoes an import for some of those after a contact, 0 at first. Of other imports that said the same, those that
    /// were undone before do not count.
    ///
    /// # Errors
    ///
    /// If the database does not take it; then nothing of it is done.
    pub fn undo(&self, origin: i64, undone: &BTreeSet<i64>, after: Key) -> Result<Undone> {
        self.alone(|now| undo::some(&self.store, &self.library, (origin, undone), after, now))
    }

    /// Begins to publish a model, and says which version it is.
    ///
    /// # Errors
    ///
    /// If it is not valid, or another is being published.
    pub fn publish(&self, text: &str, by: &str) -> Result<i64> {
        self.alone(|now| publish::begin(&self.store, &self.library, text, by, now))
    }

    /// Begins to publish a version that was published before.
    ///
    /// # Errors
    ///
    /// If there is none, or another is being published.
    pub fn publish_again(&self, number: i64) -> Result<i64> {
        self.alone(|now| publish::again(&self.store, &self.library, number, now))
    }

    fn alone<T>(&self, act: impl Fn(Instant) -> Result<T>) -> Result<T> {
        let done = self.patiently(|| act(self.now()));
        self.is_stale.store(true, Ordering::Release);
        done
    }

    /// How far the publication is, if there is one.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn publishing(&self) -> Result<Option<Progress>> {
        publish::progress(&mut self.reading()?)
    }

    /// What is in force.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn models(&self) -> Result<Models> {
        Ok(self.reading()?.models)
    }

    /// The versions before a number, the latest first.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn versions(&self, before: Option<i64>, limit: usize) -> Result<Vec<Arc<Version>>> {
        let mut desk = self.reading()?;
        let numbers = models::versions(&mut desk.session, before, limit)?;
        numbers.into_iter().map(|number| self.library.version(&mut desk.session, number)).collect()
    }

    /// A version of the model.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn version(&self, number: i64) -> Result<Arc<Version>> {
        let mut desk = self.reading()?;
        self.library.version(&mut desk.session, number)
    }
}

/// Whether an error is the database's, and so would be everybody's.
fn is_everybodys(error: &store::Error) -> bool {
    !matches!(error, store::Error::Contended(_) | store::Error::Broken(_))
}
