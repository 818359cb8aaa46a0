//! Imports are run, one after the other, by one thread of the service.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant as Clock};

use batch::mapping::Unread;
use batch::source::{self, Kind, Reason as Unusable, Reject, Source, Stop, Watcher};
use batch::wording::counted;
use live::error::Error;
use live::fact::{Fact, Taken};
use live::take::Request;
use rules::day::Zone;

use super::job::{self, GONE, Job, State};
use super::queue::Order;
use super::rejects::{self, Rejects};
use super::undo::{self, Undo};
use super::{Course, Import, Part, Place, sample};
use crate::api::App;
use crate::cli::facts::UnreadColumn;

/// How often it is kept how far an import is.
const BEAT: Duration = Duration::from_secs(1);
/// So long one transaction of an import may keep others waiting: those who say something now, and those who might.
const AIM: Duration = Duration::from_millis(50);
const AIM_ALONE: Duration = Duration::from_millis(250);
/// So long after somebody else said something there may be more to come.
const COMPANY: Duration = Duration::from_secs(1);
/// Facts that are told at once: by how long the last took.
const TOGETHER_MIN: usize = 50;
const TOGETHER_MAX: usize = 1_000;
/// So long an import waits for a database that cannot be reached.
const OUTAGE_MAX: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(500);
/// How often what is kept no longer is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// So many facts of a kind are shown of an import that stores nothing, and so many notes of any.
const SAMPLES: usize = 5;
const NOTES_MAX: usize = 20;

/// Runs what comes until the service is told to stop; what waits then is told that it will not be run.
pub(crate) fn run(app: &App) {
    let mut swept: Option<Clock> = None;
    while !app.is_stopping.load(Ordering::Acquire) {
        if let Some(order) = app.imports.next(PAUSE) {
            let id = order.job.id.clone();
            // The next one is to be run even if this one is our mistake.
            let run = || one(app, order);
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
                tracing::error!(import = id, "an import has failed");
                broken(app, &id);
            }
            app.imports.done(&id);
        }
        while let Some(job) = app.imports.next_undo() {
            undo::run(app, job);
        }
        if swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
            let forgotten = rejects::forget(&app.service).and_then(|()| job::forget(&app.service));
            swept = forgotten.is_ok().then(Clock::now).or(swept);
        }
    }
    while let Some(mut order) = app.imports.next(Duration::ZERO) {
        end(app, &mut order.job, State::Failed, Some(GONE.to_owned()));
    }
}

/// Keeps how an import ended, with patience for a database that cannot be reached.
fn end(app: &App, job: &mut Job, state: State, message: Option<String>) {
    job.end(state, message, app.service.now());
    let begun = Clock::now();
    while let Err(error) = job::save(&app.service, &[job]) {
        tracing::warn!(%error, import = job.id, "it cannot be kept how an import ended");
        if begun.elapsed() > OUTAGE_MAX || app.is_stopping.load(Ordering::Acquire) {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    let (state, accepted, duplicates) = (state.word(), job.accepted, job.duplicates);
    tracing::info!(import = job.id, state, accepted, duplicates, refused = ?job.refused, "an import has ended");
}

/// An import that ended in the middle, by a mistake of ours.
fn broken(app: &App, id: &str) {
    if let Ok(Some(mut job)) = job::find(&app.service, id) {
        end(app, &mut job, State::Failed, Some("something went wrong here; the log says what".to_owned()));
    }
}

fn one(app: &App, order: Order) {
    let Order { mut job, sources, digests, folder } = order;
    job.state = State::Running;
    job.started_at = Some(app.service.now().0);
    let records: Vec<Source> = sources.iter().filter(|source| has_records(source)).cloned().collect();
    let parts = Part::count(&records);
    job.bytes_total = source::total_bytes(&sources) + (parts - 1) * source::total_bytes(&records);
    let (id, received) = (job.id.clone(), app.service.now());
    let course = Running {
        app,
        job: RefCell::new(job),
        rejects: RefCell::default(),
        together: Cell::new(100),
        others: Cell::new((said(app), None)),
        beaten: Cell::new(None),
        unread: RefCell::default(),
    };
    let read = zone(app).and_then(|zone| {
        (0..parts).try_for_each(|number| {
            let part = Part { number, of: parts };
            let mut import = Import::new(&course, received, part, &digests);
            let these = if part.is_first() { &sources } else { &records };
            let watcher = &mut Watching { course: &course, part };
            let read = source::load_into(&mut import, these, &zone, watcher);
            match read {
                Ok(_) => import.finish().map_err(Ended::Service),
                // A database that takes no more is why reading has stopped.
                Err(error) => Err(import.failure().map_or(Ended::File(error), Ended::Service)),
            }
        })
    });
    let (mut job, mut rejects, unread) =
        (course.job.into_inner(), course.rejects.into_inner(), course.unread.into_inner());
    let notes = unread.iter().map(ToString::to_string).chain(std::mem::take(&mut job.notes));
    let without_folder = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
    job.notes = notes.map(&without_folder).take(NOTES_MAX).collect();
    let is_unwanted = app.imports.is_unwanted(&id);
    let (state, message) = match read {
        Ok(()) => {
            job.bytes_read = job.bytes_total;
            (State::Done, nothing(&job))
        }
        Err(_) if is_unwanted => (State::Cancelled, Some(cancelled(&job))),
        Err(_) if app.is_stopping.load(Ordering::Acquire) => (State::Failed, Some(GONE.to_owned())),
        Err(Ended::File(error)) => (State::Failed, Some(without_folder(of_file(&error)) + &stays(&job))),
        Err(Ended::Service(error)) => (State::Failed, Some(of_service(&error) + &stays(&job))),
    };
    if let Err(error) = rejects.store(&app.service, &mut job) {
        tracing::warn!(%error, import = id, "rows that were not taken cannot be kept");
    }
    end(app, &mut job, state, message);
    app.wake();
}

/// Whether rows may say something that is held until all are read.
fn has_records(source: &Source) -> bool {
    [Kind::Contacts, Kind::Accounts, Kind::Opportunities].into_iter().any(|kind| source.gives(kind))
}

/// Why an import ended before its time.
enum Ended {
    File(source::Error),
    Service(Error),
}

/// The zone in which dates without an offset are at home.
fn zone(app: &App) -> Result<Zone, Ended> {
    let models = app.service.models().map_err(Ended::Service)?;
    Ok(models.current.map_or_else(Zone::utc, |current| current.model.zone.clone()))
}

/// What is wrong with a file, and what to do, without the folder that it lies in here.
pub(crate) fn of_file(error: &source::Error) -> String {
    let name = error.path.file_name().unwrap_or_default().to_string_lossy();
    let help = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{name}: {}{help}", error.problem)
}

fn of_service(error: &Error) -> String {
    match error {
        Error::Store(store::Error::Full(_)) => "the database takes no more; whoever runs this service has to make room",
        Error::Store(_) => "the database could not be reached, or did not take it; the log says more",
        other => return other.to_string(),
    }
    .to_owned()
}

fn stays(job: &Job) -> String {
    match job.accepted {
        0 => String::new(),
        _ => "; what was accepted is stored, and nothing is counted twice when the file is sent again".to_owned(),
    }
}

fn cancelled(job: &Job) -> String {
    let accepted = usize::try_from(job.accepted).unwrap_or(usize::MAX);
    match accepted {
        0 => "nothing was stored".to_owned(),
        _ => format!("{} had been stored by then, and stay", counted(accepted, "fact")),
    }
}

/// What is to be said of an import that did nothing.
fn nothing(job: &Job) -> Option<String> {
    let said = match (job.rows, job.accepted + job.duplicates) {
        (0, _) => "there were no rows",
        (_, 0) => "no row could be used; the reasons are among the rejects",
        _ => return None,
    };
    Some(said.to_owned())
}

/// An import while it runs.
struct Running<'a> {
    app: &'a App,
    job: RefCell<Job>,
    rejects: RefCell<Rejects>,
    together: Cell<usize>,
    /// How much others have said, and when that was seen to change.
    others: Cell<(u64, Option<Clock>)>,
    beaten: Cell<Option<Clock>>,
    unread: RefCell<Vec<UnreadColumn>>,
}

impl Running<'_> {
    /// Keeps how far it is, now and then, and looks whether it is to go on.
    fn beat(&self) {
        if self.beaten.get().is_some_and(|at| at.elapsed() < BEAT) {
            return;
        }
        self.beaten.set(Some(Clock::now()));
        let app = self.app;
        for mut order in app.imports.take_unwanted() {
            let message = cancelled(&order.job);
            end(app, &mut order.job, State::Cancelled, Some(message));
            app.imports.forget(&order.job.id);
        }
        let mut job = self.job.borrow_mut();
        let waiting = app.imports.waiting();
        // What cannot be kept now is kept a second later.
        let kept = self.rejects.borrow_mut().store(&app.service, &mut job).and_then(|()| {
            for id in std::iter::once(&job.id).chain(waiting.iter().map(|job| &job.id)) {
                if job::cancelled(&app.service, id)? {
                    app.imports.cancel(id);
                }
            }
            job.seen_at = app.service.now().0;
            let at = job.seen_at;
            let seen = |undo: Undo| Undo { seen_at: at, ..undo };
            let undoing = app.imports.to_be_undone().into_iter().map(|one| Job { undo: one.undo.map(seen), ..one });
            let waiting = waiting.into_iter().map(|one| Job { seen_at: at, ..one }).chain(undoing);
            let waiting: Vec<Job> = waiting.collect();
            let all: Vec<&Job> = std::iter::once(&*job).chain(&waiting).collect();
            job::save(&app.service, &all)
        });
        if let Err(error) = kept {
            tracing::debug!(%error, import = job.id, "it is kept later how far an import is");
        }
    }

    fn is_to_end(&self) -> bool {
        self.app.is_stopping.load(Ordering::Acquire) || self.app.imports.is_unwanted(&self.job.borrow().id)
    }

    /// Has facts stored, in the line with what others say.
    fn stored(&self, facts: &[Fact]) -> Result<Vec<Taken>, Error> {
        let origin = self.job.borrow().origin();
        let begun = Clock::now();
        loop {
            let (sender, receiver) = mpsc::sync_channel(1);
            let answer = Box::new(move |taken| {
                let _gone = sender.send(taken);
            });
            let request = Request { facts: facts.to_vec(), origin, once: None };
            let submitted = self.app.service.submit(request, answer);
            let taken = submitted.and_then(|()| receiver.recv().unwrap_or(Err(Error::Stopping)));
            match taken {
                Err(Error::Busy) => {}
                // What is in doubt is told again: everything has an identity, and counts once.
                Err(Error::Store(
                    store::Error::Unavailable(_) | store::Error::InDoubt(_) | store::Error::Contended(_),
                )) if begun.elapsed() < OUTAGE_MAX => {}
                done => return done,
            }
            if self.is_to_end() {
                return Err(Error::Stopping);
            }
            self.beat();
            std::thread::sleep(PAUSE);
        }
    }

    /// So many at once that nobody else waits long.
    fn adapt(&self, facts: usize, took: Duration) {
        let (before, mut at) = self.others.get();
        let said = said(self.app);
        at = if said == before { at } else { Some(Clock::now()) };
        self.others.set((said, at));
        let is_alone = at.is_none_or(|at| at.elapsed() > COMPANY);
        let aim = if is_alone { AIM_ALONE } else { AIM };
        let within = facts as u128 * aim.as_micros() / took.as_micros().max(1);
        let within = usize::try_from(within).unwrap_or(TOGETHER_MAX);
        // A disk that halts for once says little.
        let before = self.together.get();
        self.together.set(within.clamp(before / 4, before * 3 / 2).clamp(TOGETHER_MIN, TOGETHER_MAX));
    }

    fn refuse(&self, code: &str, place: &Place, reason: &str, row: &str) {
        let mut job = self.job.borrow_mut();
        *job.refused.entry(code.to_owned()).or_default() += 1;
        count(&self.app.imports.rows.refused, &job);
        let mut rejects = self.rejects.borrow_mut();
        rejects.add(&job, place, reason, row);
        if rejects.is_full()
            && let Err(error) = rejects.store(&self.app.service, &mut job)
        {
            tracing::debug!(%error, "rows that were not taken are kept later");
        }
    }

    fn show(&self, facts: &[Fact]) {
        let mut job = self.job.borrow_mut();
        for (kind, mut shown) in facts.iter().filter_map(sample::shown) {
            if job.samples.iter().filter(|known| known["kind"] == kind).count() < SAMPLES {
                shown["kind"] = kind.into();
                job.samples.push(shown);
            }
        }
    }
}

/// How much was said in requests.
fn said(app: &App) -> u64 {
    app.counts.accepted.load(Ordering::Relaxed) + app.counts.duplicates.load(Ordering::Relaxed)
}

/// One more, unless nothing is stored.
fn count(counter: &AtomicU64, job: &Job) {
    if !job.dry_run {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Course for Running<'_> {
    fn take(&self, facts: &[Fact]) -> Result<Vec<Taken>, Error> {
        if self.job.borrow().dry_run {
            self.show(facts);
            return Ok(vec![Taken::Accepted; facts.len()]);
        }
        if self.is_to_end() {
            return Err(Error::Stopping);
        }
        self.beat();
        let begun = Clock::now();
        let taken = self.stored(facts)?;
        self.adapt(facts.len(), begun.elapsed());
        Ok(taken)
    }

    fn became(&self, place: &Place, taken: Taken) {
        let rows = &self.app.imports.rows;
        match taken {
            Taken::Accepted => {
                let mut job = self.job.borrow_mut();
                job.accepted += 1;
                count(&rows.accepted, &job);
            }
            Taken::Duplicate => {
                let mut job = self.job.borrow_mut();
                job.duplicates += 1;
                count(&rows.duplicates, &job);
            }
            Taken::Refused(refusal) => {
                // Nothing is to be left of whom somebody had erased.
                let is_erased = refusal.reason == live::fact::Reason::Erased;
                let row = if is_erased { "" } else { &*place.row };
                self.refuse(refusal.reason.code(), place, &refusal.message, row);
            }
        }
    }

    fn row(&self) -> Result<(), Stop> {
        self.beat();
        if self.is_to_end() { Err(Stop("it was to end".to_owned())) } else { Ok(()) }
    }

    fn together(&self) -> usize {
        self.together.get()
    }

    fn wants_rows(&self) -> bool {
        true
    }
}

/// Watches files being read, each time for a part of what they say.
struct Watching<'c, 'a> {
    course: &'c Running<'a>,
    part: Part,
}

impl Watcher for Watching<'_, '_> {
    fn read(&mut self, bytes: u64) {
        let mut job = self.course.job.borrow_mut();
        job.bytes_read = (job.bytes_read + bytes).min(job.bytes_total);
        job.rows += u64::from(self.part.is_first());
    }

    fn rejected(&mut self, reject: Reject) -> Result<(), Stop> {
        // Everything else was told when the file was read first.
        if self.part.is_first() || matches!(reject.reason, Unusable::Contradiction { .. }) {
            let file = reject.file.file_name().unwrap_or_default().to_string_lossy().into();
            let place = Place { file, line: reject.line, row: "".into() };
            self.course.refuse(code(&reject.reason), &place, &reject.reason.to_string(), &reject.row);
        }
        Ok(())
    }

    fn unread(&mut self, file: &Path, line: u64, unread: Unread) {
        if self.part.is_first() {
            UnreadColumn::note(&mut self.course.unread.borrow_mut(), file, line, unread);
        }
    }

    fn note(&mut self, note: String) {
        if self.part.is_first() {
            self.course.job.borrow_mut().notes.push(note);
        }
    }
}

/// The word for why a row cannot be used: those of the API, and one for rows that contradict one another.
fn code(reason: &Unusable) -> &'static str {
    match reason {
        Unusable::LongName { .. } | Unusable::LongLine { .. } => "too_long",
        Unusable::Missing { .. } => "missing",
        Unusable::Time { .. } | Unusable::Unread { .. } => "invalid_time",
        Unusable::Contradiction { .. } => "contradiction",
        _ => "malformed",
    }
}
