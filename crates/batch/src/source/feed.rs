//! From files to the kernel: Parquet by columns and on all threads, everything else row by row.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use rules::day::Zone;

use super::absent::Absent;
use super::parquet::{self, Reader};
use super::{Counts, Error, Gives, Kind, OPEN_MAX, Reading, Reject, Source, Watcher, open, open_all};
use crate::kernel::{Feeder, Kernel, Layout, Problem, Refused};

/// So many rows are decoded at a time: their columns fit into a processor's cache.
const BATCH_ROWS: usize = 4096;

/// So many results wait for the one before them.
const WAITING: usize = 64;

/// Why facts could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// A file cannot be used.
    #[error(transparent)]
    Source(#[from] Error),
    /// The kernel cannot go on.
    #[error(transparent)]
    Kernel(#[from] Problem),
}

/// A group of rows of a Parquet file.
struct Task {
    source: usize,
    group: usize,
    first_row: u64,
    /// Its share of the bytes of the file.
    bytes: u64,
}

/// What has become of a task.
struct Done {
    task: usize,
    used: u64,
    refused: Vec<(u64, Refused)>,
}

/// Reads all files into a kernel: like [`load_into`](super::load_into), on several threads where files allow it.
///
/// # Errors
///
/// If a file cannot be used, the watcher wants no more, or the kernel cannot go on.
pub fn feed(
    kernel: &Kernel<'_>,
    sources: &[Source],
    zone: &Zone,
    threads: usize,
    watcher: &mut dyn Watcher,
) -> Result<Counts, FeedError> {
    let opened = open_all(sources)?;
    let mut feeder = kernel.feeder();
    let (mut absent, mut counts) = (Absent::default(), Counts::default());
    let (mut readers, mut tasks) = (Vec::new(), Vec::new());
    for (place, (source, file)) in sources.iter().zip(opened).enumerate() {
        let file = file.map_or_else(|| open::open(source), Ok)?;
        let by_columns = matches!(source.gives, Gives::Canonical(Kind::Activities | Kind::Contacts));
        let reader = match file.parquet() {
            Some(reader) if by_columns && watcher.onlooker().is_none() => Some(prepared(kernel, source, reader)?),
            _ => None,
        };
        match &reader {
            Some(reader) => tasks.extend(tasks_of(kernel, place, source, reader, watcher, &mut counts)),
            None => {
                feeder.begin(number(place, 0));
                let mut reading = Reading { zone, sink: &mut feeder, counts, watcher };
                reading.read(source, file, &mut absent)?;
                counts = reading.counts;
            }
        }
        readers.push(reader.filter(|_| place < OPEN_MAX));
    }
    absent.notes(sources).into_iter().for_each(|note| watcher.note(note));
    feeder.finish()?;
    let run = Run { kernel, sources, readers: &readers, tasks: &tasks };
    run.all(threads, watcher, &mut counts)?;
    Ok(counts)
}

/// The number of a piece: files in their order, and within them groups in theirs.
fn number(source: usize, group: usize) -> u64 {
    (source as u64) << 32 | group as u64
}

/// A reader of the columns that the kernel looks at.
fn prepared(kernel: &Kernel<'_>, source: &Source, reader: &Reader) -> Result<Reader, Error> {
    let mut reader = reader.clone();
    let Gives::Canonical(kind) = source.gives else { return Ok(reader) };
    if let Some(columns) = kernel.columns(kind) {
        let columns: Vec<String> = columns.iter().map(|column| column.to_string()).collect();
        reader.project(&columns);
    }
    let preferred = reader.prefer_codes(|name| kernel.repeats(kind, name));
    preferred.map_err(|error| Error::broken(&source.path, &parquet::damaged(error)))?;
    Ok(reader)
}

/// The groups of a file; those whose activities are too old to matter are passed over.
fn tasks_of(
    kernel: &Kernel<'_>,
    place: usize,
    source: &Source,
    reader: &Reader,
    watcher: &mut dyn Watcher,
    counts: &mut Counts,
) -> Vec<Task> {
    let horizon = kernel.horizon().filter(|_| matches!(source.gives, Gives::Canonical(Kind::Activities)));
    let groups = reader.groups();
    let all: u64 = groups.iter().sum::<u64>().max(1);
    let bytes = super::total_bytes(std::slice::from_ref(source));
    let mut first_row = 0;
    let task = |(group, rows)| {
        let share = u128::from(bytes) * u128::from(rows) / u128::from(all);
        let task = Task { source: place, group, first_row, bytes: u64::try_from(share).unwrap_or(bytes) };
        first_row += rows;
        task
    };
    let mut tasks: Vec<Task> = groups.iter().copied().enumerate().map(task).collect();
    tasks.retain(|task| {
        let usable = |column| reader.has_no_nulls(column, task.group);
        let horizon = horizon.filter(|_| usable("contact") && usable("type"));
        let last = horizon.zip(reader.last_time("occurred_at", task.group));
        let passed = last.is_some_and(|(horizon, last)| last < horizon);
        if passed {
            kernel.pass_over(groups[task.group]);
            counts.used += groups[task.group];
            watcher.read(task.bytes);
        }
        !passed
    });
    tasks
}

/// What all threads look at.
struct Run<'r, 'k, 'm> {
    kernel: &'k Kernel<'m>,
    sources: &'r [Source],
    readers: &'r [Option<Reader>],
    tasks: &'r [Task],
}

impl Run<'_, '_, '_> {
    fn all(&self, threads: usize, watcher: &mut dyn Watcher, counts: &mut Counts) -> Result<(), FeedError> {
        let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (sender, receiver) = mpsc::sync_channel::<Result<Done, Error>>(WAITING);
        std::thread::scope(|scope| {
            let threads = threads.clamp(1, self.tasks.len().max(1));
            let (next, stopped) = (&next, &stopped);
            let workers: Vec<_> = (0..threads)
                .map(|_| {
                    let sender = sender.clone();
                    scope.spawn(move || self.work(next, stopped, &sender))
                })
                .collect();
            drop(sender);
            let told = self.tell(receiver.iter(), watcher, counts);
            stopped.store(true, Ordering::Relaxed);
            // Whoever waits to be heard is let go.
            receiver.iter().for_each(drop);
            let worked = workers.into_iter().map(|worker| worker.join().expect("a thread ends with its work"));
            let worked: Result<(), Problem> = worked.collect();
            told?;
            Ok(worked?)
        })
    }

    /// Takes tasks until there are none left.
    fn work(
        &self,
        next: &AtomicUsize,
        stopped: &AtomicBool,
        sender: &mpsc::SyncSender<Result<Done, Error>>,
    ) -> Result<(), Problem> {
        let mut feeder = self.kernel.feeder();
        while !stopped.load(Ordering::Relaxed) && !feeder.has_failed() {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= self.tasks.len() {
                break;
            }
            let done = self.task(task, &mut feeder, stopped);
            let failed = done.is_err() || feeder.has_failed();
            if failed {
                stopped.store(true, Ordering::Relaxed);
            }
            // Nobody listens once all has been stopped.
            if sender.send(done).is_err() || failed {
                break;
            }
        }
        feeder.finish()
    }

    fn task(&self, place: usize, feeder: &mut Feeder<'_, '_>, stopped: &AtomicBool) -> Result<Done, Error> {
        let task = &self.tasks[place];
        let source = &self.sources[task.source];
        let broken = |error| Error::broken(&source.path, &parquet::damaged(error));
        let again;
        let reader = match &self.readers[task.source] {
            Some(reader) => reader,
            None => {
                let opened = open::open(source)?;
                again = match opened.parquet() {
                    Some(reader) => prepared(self.kernel, source, reader)?,
                    None => return Err(Error::new(&source.path, "has changed while it was read", None)),
                };
                &again
            }
        };
        let Gives::Canonical(kind) = source.gives else { unreachable!("tasks are made of canonical files only") };
        let beside = source.beside.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        let layout = Layout::new(kind, reader.packed(), beside.collect());
        feeder.begin(number(task.source, task.group));
        let mut done = Done { task: place, used: 0, refused: Vec::new() };
        let mut row = task.first_row;
        for batch in reader.group(task.group, BATCH_ROWS).map_err(broken)? {
            let batch = batch.map_err(broken)?;
            match feeder.batch(&layout, &batch) {
                Ok(refused) => {
                    done.used += (batch.num_rows() - refused.len()) as u64;
                    done.refused.extend(refused.into_iter().map(|refused| (row + refused.row as u64 + 1, refused)));
                }
                Err(problem) => feeder.fail(problem),
            }
            row += batch.num_rows() as u64;
            if feeder.has_failed() || stopped.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(done)
    }

    /// Tells the watcher what has been done, in the order of the files.
    fn tell(
        &self,
        all: impl Iterator<Item = Result<Done, Error>>,
        watcher: &mut dyn Watcher,
        counts: &mut Counts,
    ) -> Result<(), Error> {
        let mut waiting: Vec<Option<Done>> = self.tasks.iter().map(|_| None).collect();
        let mut turn = 0;
        for done in all {
            let done = done?;
            watcher.read(self.tasks[done.task].bytes);
            let place = done.task;
            waiting[place] = Some(done);
            while let Some(done) = waiting.get_mut(turn).and_then(Option::take) {
                let path: &Path = &self.sources[self.tasks[turn].source].path;
                counts.used += done.used;
                for (line, refused) in done.refused {
                    counts.rejected += 1;
                    let reject = Reject { file: path.to_owned(), line, reason: refused.reason, row: refused.raw };
                    watcher.rejected(reject).map_err(|stop| Error::stopped(path, stop))?;
                }
                turn += 1;
            }
        }
        Ok(())
    }
}
