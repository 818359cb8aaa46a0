//! One partition after the other: rows gathered by whose they are.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use foldhash::fast::FixedState;
use rules::facts::{Facts, Person};
use rules::score::Dimensions;

use super::account::Emitted;
use super::blocks::{Block, NO_MARK};
use super::contact::{Done, Worker};
use super::feed::{Fed, out_of_order};
use super::meaning::{Meaning, TooMany};
use super::names::{Marks, Names, PARTITIONS, Part};
use super::people::People;
use super::rank::Out;
use super::row::{Head, Lane, MEANINGS_MAX, Reader};
use super::seen::{Accounts, Seen};
use super::{Counts, Kernel, Problem, Scored, account, rank};

/// Everything that all threads look at.
pub(super) struct Shared<'k, 'm> {
    pub(super) kernel: &'k Kernel<'m>,
    pub(super) dimensions: &'k Dimensions<'k>,
    pub(super) people: &'k People,
    /// For each column of contacts whether the model looks at it.
    pub(super) wanted: &'k [bool],
    pub(super) meanings: &'k Known,
    /// Contacts of whom something other than a row says that they exist.
    pub(super) exist: &'k Marks,
    /// The ids of accounts.
    pub(super) accounts: &'k Names,
    pub(super) counts: &'k Counts,
}

/// The meanings of all writers, each once, and which of them each writer's are.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) all: Vec<Meaning>,
    /// For each of them what [`streams`](Self::streams) says.
    stream: Vec<bool>,
    of_writer: HashMap<usize, Vec<u32>>,
}

impl Known {
    pub(super) fn new<'w>(writers: impl Iterator<Item = (usize, &'w [Meaning])>) -> Result<Self, TooMany> {
        let mut known = Self::default();
        let mut places: HashMap<Meaning, u32, FixedState> = HashMap::default();
        for (writer, meanings) in writers {
            let place = |meaning: &Meaning| {
                let next = u32::try_from(known.all.len()).ok().filter(|next| *next < MEANINGS_MAX).ok_or(TooMany)?;
                Ok(*places.entry(meaning.clone()).or_insert_with(|| {
                    known.all.push(meaning.clone());
                    next
                }))
            };
            known.of_writer.insert(writer, meanings.iter().map(place).collect::<Result<_, _>>()?);
        }
        let alone = |lane: &Lane| !matches!(lane, Lane::Account | Lane::Canonical);
        let streams = |meaning: &Meaning| {
            let looks = !meaning.candidates.is_empty() || !meaning.earlier.is_empty();
            !meaning.unsorted && !looks && meaning.lanes.iter().all(alone)
        };
        known.stream = known.all.iter().map(streams).collect();
        Ok(known)
    }

    /// Whether rows of a meaning, being no duplicates, need neither order nor anything of one another.
    pub(super) fn streams(&self, meaning: u32) -> bool {
        self.stream[meaning as usize]
    }
}

/// A row: what it means and how old it is, in eight bytes, because a partition has many and they are scattered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept {
    pub(super) meaning: u32,
    pub(super) age: i32,
}

/// Where the tail of a row begins.
#[derive(Clone, Copy, Debug, Default)]
struct Tail {
    block: u32,
    byte: u32,
}

/// The ids of a partition, and the rows of each.
pub(super) struct Gathered<'b> {
    ids: &'b Part,
    starts: Vec<usize>,
    rows: Vec<Kept>,
    /// Nothing if no row has a tail.
    tails: Vec<Tail>,
    /// By place whether two rows may be of one identity.
    repeat: Vec<bool>,
    blocks: &'b [Block],
}

impl<'b> Gathered<'b> {
    /// Gathers the rows of blocks by whose they are.
    pub(super) fn new(ids: &'b Part, blocks: &'b [Block], known: &Known) -> Self {
        let mut pieces: Vec<_> = blocks
            .iter()
            .enumerate()
            .flat_map(|(place, block)| {
                let ends = block.pieces.iter().skip(1).map(|piece| piece.row).chain([block.heads.len()]);
                block.pieces.iter().zip(ends).map(move |(piece, end)| (piece.number, place, piece.row..end, piece.byte))
            })
            .collect();
        pieces.sort_by_key(|(number, place, ..)| (*number, *place));
        let mut counts = vec![0_usize; ids.len() + 1];
        blocks.iter().flat_map(|block| &block.heads).for_each(|&head| counts[Head(head).whose() + 1] += 1);
        for place in 1..counts.len() {
            counts[place] += counts[place - 1];
        }
        let starts = counts.clone();
        let mut rows = vec![Kept::default(); starts[ids.len()]];
        let have_tails = blocks.iter().any(|block| !block.tails.is_empty());
        let mut tails = vec![Tail::default(); if have_tails { rows.len() } else { 0 }];
        for (_, place, range, mut byte) in pieces {
            let block = &blocks[place];
            let meanings = &known.of_writer[&block.writer];
            let at = u32::try_from(place).expect("a partition has fewer than 2^32 blocks");
            for &head in &block.heads[range] {
                let head = Head(head);
                let meaning = meanings[head.meaning()];
                let next = &mut counts[head.whose()];
                rows[*next] = Kept { meaning, age: head.age() };
                let lanes = &known.all[meaning as usize].lanes;
                if !lanes.is_empty() {
                    tails[*next] = Tail { block: at, byte: u32::try_from(byte).expect("a block is small") };
                    let mut reader = Reader(&block.tails[byte..]);
                    lanes.iter().for_each(|&lane| reader.skip(lane));
                    byte = block.tails.len() - reader.0.len();
                }
                *next += 1;
            }
        }
        Self { ids, starts, rows, tails, repeat: repeating(ids.len(), blocks), blocks }
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn id(&self, place: usize) -> &'b str {
        self.ids.get(place)
    }

    /// Whether two rows of an id may be of one identity. Mostly none are, and then nothing is compared.
    pub(super) fn may_repeat(&self, place: usize) -> bool {
        self.repeat[place]
    }

    /// The rows of an id.
    pub(super) fn rows(&self, place: usize) -> Range<usize> {
        self.starts[place]..self.starts[place + 1]
    }

    pub(super) fn row(&self, row: usize) -> Kept {
        self.rows[row]
    }

    pub(super) fn seen(&self, row: usize, known: &'b Known) -> Seen<'b> {
        let Kept { meaning, age } = self.rows[row];
        let meaning = &known.all[meaning as usize];
        let tail = match self.tails.get(row).filter(|_| !meaning.lanes.is_empty()) {
            Some(tail) => &self.blocks[tail.block as usize].tails[tail.byte as usize..],
            None => &[],
        };
        Seen { meaning, age, tail: Reader(tail), excluded: false, accounts: Accounts::Unasked }
    }
}

/// For each id whether two of its rows have the same mark, as good as always; it says so of none too few.
fn repeating(ids: usize, blocks: &[Block]) -> Vec<bool> {
    let mut repeat = vec![false; ids];
    let marked: usize = blocks.iter().map(|block| block.marks.len()).sum();
    if marked == 0 {
        return repeat;
    }
    // Of a mark stands in the table what its place there does not say already; zero is nothing.
    let mut table = vec![0_u32; (marked * 4 / 3 + 1).next_power_of_two()];
    let mask = table.len() as u64 - 1;
    for block in blocks {
        let rows = block.heads.iter().zip(&block.marks).filter(|(_, mark)| **mark != NO_MARK);
        for (head, mark) in rows {
            let whose = Head(*head).whose();
            let mixed = mark ^ (whose as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let tag = u32::try_from(mixed >> 32).expect("32 bits").max(1);
            let mut at = mixed & mask;
            loop {
                let slot = &mut table[usize::try_from(at).expect("a place in memory")];
                if *slot == 0 {
                    *slot = tag;
                    break;
                }
                if *slot == tag {
                    repeat[whose] = true;
                    break;
                }
                at = (at + 1) & mask;
            }
        }
    }
    repeat
}

/// Runs work for each partition on several threads, each with a worker of its own.
pub(super) fn for_each<W: Send>(
    threads: usize,
    worker: impl Fn(usize) -> W + Sync,
    work: impl Fn(&mut W, usize) -> Result<(), Problem> + Sync,
) -> Result<Vec<W>, Problem> {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let run = |thread: usize| -> Result<W, Problem> {
        let mut worker = worker(thread);
        while !stopped.load(Ordering::Relaxed) {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= PARTITIONS {
                break;
            }
            work(&mut worker, part).inspect_err(|_| stopped.store(true, Ordering::Relaxed))?;
        }
        Ok(worker)
    };
    let run = &run;
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|thread| scope.spawn(move || run(thread))).collect();
        let mut all = vec![run(0)];
        all.extend(others.into_iter().map(|other| other.join().expect("a thread ends with its work")));
        all.into_iter().collect()
    })
}

/// Everything that has been taken, once no more comes.
pub(super) struct Taken<'m> {
    pub(super) kernel: Kernel<'m>,
    pub(super) facts: Facts,
    pub(super) counts: Counts,
    people: People,
    wanted: Vec<bool>,
    meanings: Known,
    exist: Marks,
}

impl<'m> Taken<'m> {
    pub(super) fn new(mut kernel: Kernel<'m>) -> Result<Self, Problem> {
        let people = std::mem::replace(&mut kernel.people, People::new(kernel.settings.as_of).into());
        let people = people.into_inner().unwrap_or_else(PoisonError::into_inner);
        if people.contradicted {
            return Err(Problem::Order);
        }
        let others = std::mem::take(&mut kernel.others).into_inner().unwrap_or_else(PoisonError::into_inner);
        let fed = std::mem::take(&mut kernel.fed).into_inner().unwrap_or_else(PoisonError::into_inner);
        in_order(&fed)?;
        let mut facts = others.finish();
        let mut exist = named_by_opportunities(&kernel, &people, &mut facts);
        fed.iter().for_each(|fed| exist.join(&fed.exist));
        let meanings = Known::new(fed.iter().map(|fed| (fed.writer, &*fed.meanings)))?;
        let counts = Counts::default();
        counts.on_date.fetch_add(fed.iter().map(|fed| fed.on_date).sum(), Ordering::Relaxed);
        counts.on_date.fetch_add(kernel.passed.load(Ordering::Relaxed), Ordering::Relaxed);
        counts.later.fetch_add(fed.iter().map(|fed| fed.later).sum(), Ordering::Relaxed);
        let wanted = people.wanted(&kernel.plan.attributes);
        Ok(Self { kernel, facts, counts, people, wanted, meanings, exist })
    }

    pub(super) fn dimensions(&self) -> Dimensions<'_> {
        Dimensions::new(self.kernel.plan.model, &self.facts, self.kernel.settings.as_of)
    }

    /// All contacts, and what their accounts need of them.
    pub(super) fn contacts(
        &self,
        dimensions: &Dimensions<'_>,
        accounts: &Names,
        tick: &(dyn Fn(u64) + Sync),
    ) -> Result<(Vec<Out>, Vec<Emitted>), Problem> {
        let shared = Shared {
            kernel: &self.kernel,
            dimensions,
            people: &self.people,
            wanted: &self.wanted,
            meanings: &self.meanings,
            exist: &self.exist,
            accounts,
            counts: &self.counts,
        };
        let worker = |thread| Worker::new(&shared, thread);
        let workers = for_each(self.kernel.settings.threads, worker, |worker, part| worker.partition(part, tick))?;
        let done: Result<Vec<Done>, Problem> = workers.into_iter().map(Worker::finish).collect();
        let (outs, emitted): (Vec<_>, Vec<_>) = done?.into_iter().map(|done| (done.out, done.emitted)).unzip();
        Ok((outs, emitted.into_iter().flatten().collect()))
    }
}

pub(super) fn score(kernel: Kernel<'_>, tick: &(dyn Fn(u64) + Sync)) -> Result<Scored, Problem> {
    let taken = Taken::new(kernel)?;
    let dimensions = taken.dimensions();
    let names = Names::new();
    let (contacts, emitted) = taken.contacts(&dimensions, &names, tick)?;
    let mut spilled = taken.kernel.blocks.spilled();
    spilled += emitted.iter().map(Emitted::spilled).sum::<u64>();
    let accounts = account::score(&taken.kernel, &dimensions, &taken.facts, &names, emitted)?;
    let tables = rank::tables(&taken.kernel.plan, &dimensions, &taken.facts, contacts, accounts)?;
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    Ok(Scored { tables, on_date: count(&taken.counts.on_date), later: count(&taken.counts.later), spilled })
}

/// Pieces follow one another as was declared; those of an undeclared order have no times.
fn in_order(fed: &[Fed]) -> Result<(), Problem> {
    let all = fed.iter().flat_map(|fed| &fed.pieces);
    let mut all: Vec<_> = all.filter(|piece| piece.first != i64::MIN).collect();
    all.sort_by_key(|piece| piece.piece);
    match all.windows(2).find(|pair| pair[1].first < pair[0].last) {
        Some(pair) => Err(out_of_order(pair[0].last, pair[1].first)),
        None => Ok(()),
    }
}

/// Contacts whom opportunities name exist; what is known of all that they name joins the facts.
fn named_by_opportunities(kernel: &Kernel<'_>, people: &People, facts: &mut Facts) -> Marks {
    let mut named = Marks::new();
    let mut persons = Vec::new();
    for history in facts.opportunities.values() {
        for row in history.rows() {
            persons.extend(row.contact.iter().cloned());
        }
        for contact in history.rows_up_to(kernel.settings.as_of).filter_map(|row| row.contact.as_ref()) {
            named.add(kernel.names.place(contact.as_str()));
        }
    }
    for id in persons {
        if let Some(history) = kernel.names.find(id.as_str()).and_then(|place| people.find(place)) {
            facts.contacts.insert(id, Person { history, ..Person::default() });
        }
    }
    named
}
