//! From files to the kernel: Parquet by columns and on all threads, everything else row by row.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use rules::day::Zone;

use super::absent::Absent;
use super::by_column::{ByColumn, Told};
use super::gate::{Alarm, Gate};
use super::parquet::{self, Reader};
use super::{Counts, Error, Kind, OPEN_MAX, Reading, Reject, Source, Watcher, open, open_all};
use crate::kernel::{Feeder, Kernel, Problem, Refused};

/// So many rows are decoded at a time: their columns fit into a processor's cache.
const BATCH_ROWS: usize = 4096;

/// So many results wait to be looked at.
const WAITING: usize = 64;

/// So many bytes of what is to be told wait for what comes before them: rows that cannot be used may be many.
const WAITING_BYTES: usize = 16 << 20;

/// What is to be told is handed over as soon as it is as large as this.
const PART_BYTES: usize = 64 << 10;

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

impl Told {
    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        let texts = match self {
            Self::Unread(unread) => unread.column.len() + unread.text.len(),
            Self::Refused(refused) => refused.raw.len(),
        };
        size_of::<(u64, Self)>() + texts
    }
}

/// What has become of some rows of a task.
struct Part {
    task: usize,
    used: u64,
    told: Vec<(u64, Told)>,
    bytes: usize,
    /// Whether the task ends with them.
    is_last: bool,
}

impl Part {
    fn of(task: usize) -> Self {
        Self { task, used: 0, told: Vec::new(), bytes: 0, is_last: false }
    }

    /// A row that is not used is among those that were.
    fn tell(&mut self, line: u64, told: Told) {
        self.used -= u64::from(matches!(told, Told::Refused(_)));
        self.bytes += told.bytes();
        self.told.push((line, told));
    }
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
    feed_through(&Gate::new(WAITING_BYTES), kernel, sources, zone, threads, watcher)
}

fn feed_through(
    gate: &Gate,
    kernel: &Kernel<'_>,
    sources: &[Source],
    zone: &Zone,
    threads: usize,
    watcher: &mut dyn Watcher,
) -> Result<Counts, FeedError> {
    let opened = open_all(sources)?;
    let mut feeder = kernel.feeder();
    let (mut absent, mut counts) = (Absent::default(), Counts::default());
    let (mut files, mut tasks, mut contacts) = (Vec::new(), Vec::new(), false);
    for (place, (source, file)) in sources.iter().zip(opened).enumerate() {
        let file = file.map_or_else(|| open::open(source), Ok)?;
        let by_column = match file.parquet() {
            Some(reader) if watcher.onlooker().is_none() => {
                let by_column = ByColumn::of(kernel, source, reader, zone)?;
                by_column.inspect(|_| look_for_absent(&mut absent, source, reader))
            }
            _ => None,
        };
        match &by_column {
            Some(by_column) => {
                contacts |= by_column.kind == Kind::Contacts;
                tasks.extend(tasks_of(kernel, place, source, by_column, watcher, &mut counts));
            }
            None => {
                feeder.begin(number(place, 0));
                let mut reading = Reading { zone, sink: &mut feeder, counts, watcher };
                reading.read(source, file, &mut absent)?;
                counts = reading.counts;
            }
        }
        files.push(by_column.filter(|_| place < OPEN_MAX));
    }
    feeder.finish()?;
    // Which of two rows of a contact is told to contradict the other is a matter of their order.
    let threads = if contacts && kernel.keeps_all() { 1 } else { threads };
    let run = Run { kernel, sources, zone, files: &files, tasks: &tasks, gate };
    run.all(threads, watcher, &mut counts)?;
    absent.notes(sources).into_iter().for_each(|note| watcher.note(note));
    Ok(counts)
}

/// Looks which columns of a mapping have no value in any row, as far as the file says it.
fn look_for_absent(absent: &mut Absent, source: &Source, reader: &Reader) {
    let Some(export) = source.export().filter(|_| reader.groups().iter().any(|rows| *rows > 0)) else { return };
    let read = source.projection();
    let is_read = |column: &str| read.as_ref().is_none_or(|read| read.iter().any(|read| read == column));
    let columns = reader.columns().iter().map(|column| &**column);
    let columns = columns.filter(|column| is_read(column) && reader.may_have(column));
    let names: Vec<&str> = columns.collect();
    absent.see_names(export, names.iter().copied(), |column| names.contains(&column), source);
}

/// The number of a piece: files in their order, and within them groups in theirs.
fn number(source: usize, group: usize) -> u64 {
    (source as u64) << 32 | group as u64
}

/// The groups of a file; those whose activities are too old to matter are passed over.
fn tasks_of(
    kernel: &Kernel<'_>,
    place: usize,
    source: &Source,
    by_column: &ByColumn,
    watcher: &mut dyn Watcher,
    counts: &mut Counts,
) -> Vec<Task> {
    let horizon = kernel.horizon().filter(|_| by_column.kind == Kind::Activities);
    let groups = by_column.reader.groups();
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
        let last = horizon.zip(by_column.last_time(task.group));
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
    zone: &'r Zone,
    files: &'r [Option<ByColumn>],
    tasks: &'r [Task],
    gate: &'r Gate,
}

type Sender = mpsc::SyncSender<Result<Part, Error>>;

impl Run<'_, '_, '_> {
    fn all(&self, threads: usize, watcher: &mut dyn Watcher, counts: &mut Counts) -> Result<(), FeedError> {
        let next = &AtomicUsize::new(0);
        let (sender, receiver) = mpsc::sync_channel(WAITING);
        std::thread::scope(move |scope| {
            let _alarm = Alarm(self.gate);
            let threads = threads.clamp(1, self.tasks.len().max(1));
            let workers: Vec<_> = (0..threads)
                .map(|_| {
                    let sender = sender.clone();
                    scope.spawn(move || self.work(next, &sender))
                })
                .collect();
            drop(sender);
            let told = self.tell(receiver.iter(), watcher, counts);
            self.gate.stop();
            // Whoever waits to be heard is let go.
            receiver.iter().for_each(drop);
            let worked = workers.into_iter().map(|worker| worker.join().expect("a thread ends with its work"));
            let worked: Result<(), Problem> = worked.collect();
            told?;
            Ok(worked?)
        })
    }

    /// Takes tasks until there are none left.
    fn work(&self, next: &AtomicUsize, sender: &Sender) -> Result<(), Problem> {
        let _alarm = Alarm(self.gate);
        let mut feeder = self.kernel.feeder();
        let mut opened = None;
        while !self.gate.is_stopped() && !feeder.has_failed() {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= self.tasks.len() {
                break;
            }
            let done = self.task(task, &mut feeder, &mut opened, sender);
            if done.is_err() || feeder.has_failed() {
                self.gate.stop();
            }
            if let Err(error) = done {
                // Nobody listens once all has been stopped.
                _ = sender.send(Err(error));
            }
        }
        feeder.finish()
    }

    /// Reads a group, unless all is stopped before its end.
    fn task(
        &self,
        place: usize,
        feeder: &mut Feeder<'_, '_>,
        opened: &mut Option<(usize, ByColumn)>,
        sender: &Sender,
    ) -> Result<(), Error> {
        let task = &self.tasks[place];
        let source = &self.sources[task.source];
        let broken = |error| Error::broken(&source.path, &parquet::damaged(error));
        let file = match &self.files[task.source] {
            Some(file) => file,
            None => self.again(task.source, opened)?,
        };
        feeder.begin(number(task.source, task.group));
        let (mut memory, mut part) = (file.memory(), Part::of(place));
        let mut line = task.first_row + 1;
        for batch in file.reader.group(task.group, BATCH_ROWS).map_err(broken)? {
            let batch = batch.map_err(broken)?;
            let told = file.take(feeder, &batch, &mut memory).map_err(|error| broken(error.into()))?;
            part.used += batch.num_rows() as u64;
            told.into_iter().for_each(|(row, told)| part.tell(line + row as u64, told));
            line += batch.num_rows() as u64;
            if part.bytes >= PART_BYTES && !self.hand_over(std::mem::replace(&mut part, Part::of(place)), sender)
                || feeder.has_failed()
                || self.gate.is_stopped()
            {
                return Ok(());
            }
        }
        part.is_last = true;
        self.hand_over(part, sender);
        Ok(())
    }

    /// Waits until there is room for something. Answers whether to go on.
    fn hand_over(&self, part: Part, sender: &Sender) -> bool {
        self.gate.enter(part.task, part.bytes) && sender.send(Ok(part)).is_ok()
    }

    /// A file that did not stay open. A thread opens it once for all groups that it takes of it in a row.
    fn again<'o>(&self, place: usize, opened: &'o mut Option<(usize, ByColumn)>) -> Result<&'o ByColumn, Error> {
        let source = &self.sources[place];
        if opened.as_ref().is_none_or(|(known, _)| *known != place) {
            let file = open::open(source)?;
            let reader = file.parquet().map(|reader| ByColumn::of(self.kernel, source, reader, self.zone));
            let by_column = reader.transpose()?.flatten();
            *opened = by_column.map(|by_column| (place, by_column));
        }
        let changed = || Error::new(&source.path, "has changed while it was read", None);
        opened.as_ref().map(|(_, by_column)| by_column).ok_or_else(changed)
    }

    /// Tells the watcher what has been done, in the order of the files.
    fn tell(
        &self,
        all: impl Iterator<Item = Result<Part, Error>>,
        watcher: &mut dyn Watcher,
        counts: &mut Counts,
    ) -> Result<(), Error> {
        let mut waiting: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
        let mut turn = 0;
        for part in all {
            let part = part?;
            if part.is_last {
                watcher.read(self.tasks[part.task].bytes);
            }
            waiting.entry(part.task).or_default().push(part);
            while let Some(parts) = waiting.remove(&turn) {
                let path: &Path = &self.sources[self.tasks[turn].source].path;
                let is_done = parts.iter().any(|part| part.is_last);
                for part in parts {
                    self.tell_part(path, part, watcher, counts)?;
                }
                if !is_done {
                    break;
                }
                turn += 1;
                self.gate.next();
            }
        }
        Ok(())
    }

    fn tell_part(&self, path: &Path, part: Part, watcher: &mut dyn Watcher, counts: &mut Counts) -> Result<(), Error> {
        counts.used += part.used;
        for (line, told) in part.told {
            match told {
                Told::Unread(unread) => watcher.unread(path, line, unread),
                Told::Refused(Refused { reason, raw, .. }) => {
                    counts.rejected += 1;
                    let reject = Reject { file: path.to_owned(), line, reason, row: raw };
                    watcher.rejected(reject).map_err(|stop| Error::stopped(path, stop))?;
                }
            }
        }
        self.gate.told(part.bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use ::parquet::arrow::ArrowWriter;
    use ::parquet::file::properties::WriterProperties;
    use arrow_array::{ArrayRef, RecordBatch, StringArray};
    use rules::day::Day;
    use rules::model::Model;

    use super::super::Stop;
    use super::*;
    use crate::kernel::Settings;
    use crate::mapping::Unread;

    const GROUPS: usize = 60;
    const ROWS: usize = 100;

    /// Somebody who takes time, and has enough after so many rows.
    struct Slow {
        rejected: Vec<u64>,
        enough: usize,
    }

    impl Watcher for Slow {
        fn read(&mut self, _: u64) {}

        fn rejected(&mut self, reject: Reject) -> Result<(), Stop> {
            self.rejected.push(reject.line);
            if reject.line.is_multiple_of(50) {
                std::thread::sleep(Duration::from_millis(1));
            }
            if self.rejected.len() == self.enough { Err(Stop("enough".into())) } else { Ok(()) }
        }

        fn unread(&mut self, _: &Path, _: u64, _: Unread) {}

        fn note(&mut self, _: String) {}
    }

    /// A file of many groups, of which no row says whose it is; damaged somewhere inside if that is wanted.
    fn write(path: &Path, is_damaged: bool) {
        let texts = |text: Option<&str>| -> ArrayRef { Arc::new(StringArray::from(vec![text; GROUPS * ROWS])) };
        let columns =
            [("contact", texts(None)), ("type", texts(Some("buy"))), ("occurred_at", texts(Some("2026-03-14")))];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, all)| (name, all, true))).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(ROWS)).build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        if is_damaged {
            let place = bytes.len() / 8;
            bytes[place..place + 500].fill(0xff);
        }
        std::fs::write(path, bytes).unwrap();
    }

    /// Reads such a file with room for so many bytes: what became of it, the lines told, and the most that waited.
    fn read(path: &Path, room: usize, enough: usize) -> (Result<Counts, FeedError>, Vec<u64>, usize) {
        let model = Model::parse("[score.s]\n[rule.r]\nscore = 's'\nactivity = '*'\npoints = 1\n").unwrap();
        let kernel = Kernel::new(&model, Settings::new(Day::parse("2026-03-14").unwrap()));
        let sources = [Source::file(Kind::Activities, path)];
        let mut slow = Slow { rejected: Vec::new(), enough };
        let gate = Gate::new(room);
        let counts = feed_through(&gate, &kernel, &sources, &model.zone, 4, &mut slow);
        (counts, slow.rejected, gate.most())
    }

    #[test]
    fn what_waits_to_be_told_has_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        write(&path, false);
        let all = (GROUPS * ROWS) as u64;
        let (counts, rejected, unbounded) = read(&path, usize::MAX, usize::MAX);
        assert_eq!(counts.unwrap(), Counts { used: 0, rejected: all });
        assert!(rejected.into_iter().eq(1..=all));
        let of_group = unbounded_group();
        assert!(unbounded > 8 * of_group, "{unbounded}: not even without bounds do threads run ahead");

        // Room for two groups and a half: so much of the one whose turn it is, and as much of the others.
        let room = of_group * 5 / 2;
        let (counts, rejected, most) = read(&path, room, usize::MAX);
        assert_eq!(counts.unwrap(), Counts { used: 0, rejected: all });
        assert!(rejected.into_iter().eq(1..=all));
        assert!(most <= 2 * room, "{most}");

        // Where nothing has room, one group of the one and one of the others still goes through.
        let (counts, _, most) = read(&path, 0, usize::MAX);
        assert_eq!(counts.unwrap().rejected, all);
        assert!(most <= 2 * of_group, "{most}");
    }

    /// How much a group has to tell.
    fn unbounded_group() -> usize {
        let raw = r#"{"occurred_at":"2026-03-14","type":"buy"}"#;
        ROWS * (size_of::<(u64, Told)>() + raw.len())
    }

    #[test]
    fn a_file_that_is_not_kept_open_is_opened_once_for_all_its_groups() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.parquet", "b.parquet"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| write(path, false));
        let model = Model::parse("[score.s]\n").unwrap();
        let kernel = Kernel::new(&model, Settings::new(Day::parse("2026-03-14").unwrap()));
        let (sources, gate) = (paths.clone().map(|path| Source::file(Kind::Activities, &path)), Gate::new(0));
        let run = Run {
            kernel: &kernel,
            sources: &sources,
            zone: &model.zone,
            files: &[None, None],
            tasks: &[],
            gate: &gate,
        };
        let opened = &mut None;
        assert_eq!(run.again(0, opened).unwrap().reader.groups().len(), GROUPS);
        std::fs::remove_file(&paths[0]).unwrap();
        assert!(run.again(0, opened).is_ok() && run.again(1, opened).is_ok());
        assert!(run.again(0, opened).is_err());
    }

    #[test]
    fn whoever_waits_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        write(&path, false);
        let (stopped, rejected, _) = read(&path, 0, 250);
        assert!(stopped.unwrap_err().to_string().ends_with("enough"));
        assert!(rejected.into_iter().eq(1..=250));

        write(&path, true);
        let (broken, rejected, _) = read(&path, 0, usize::MAX);
        assert!(broken.unwrap_err().to_string().contains("reading stopped"));
        assert!(rejected.len() < GROUPS * ROWS);
    }
}
