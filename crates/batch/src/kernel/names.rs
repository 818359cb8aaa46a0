//! Ids as places in dictionaries: one for each partition, into which an id falls by its hash.

use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::FixedState;

use super::row::WHOSE_MAX;

/// So many partitions there are: one is small enough for a processor's cache, and for a disk's patience.
pub(super) const PARTITIONS: usize = 256;

/// So long ids are compared without looking elsewhere.
const SHORT: usize = 11;

/// Another seed for each process, so that nobody can choose ids that fall together.
pub(super) fn seeded() -> FixedState {
    FixedState::with_seed(std::hash::RandomState::new().hash_one(0))
}

/// Mixes ids into partitions and tables.
#[derive(Clone, Debug)]
struct Hasher(FixedState);

impl Hasher {
    fn new() -> Self {
        Self(seeded())
    }

    fn key(&self, id: &str) -> Key {
        let bytes = id.as_bytes();
        if bytes.len() <= SHORT {
            let mut padded = [0; 16];
            padded[..bytes.len()].copy_from_slice(bytes);
            padded[SHORT] = u8::try_from(bytes.len()).expect("short");
            let padded = u128::from_le_bytes(padded);
            let brief = Brief(low(padded), u32::try_from(padded >> 64).expect("twelve bytes"));
            Key { hash: self.0.hash_one(brief), brief }
        } else {
            let hash = self.0.hash_one(bytes);
            Key { hash, brief: Brief(hash, LONG) }
        }
    }

    /// The hash of an id by what a table holds of it.
    fn again(&self, brief: Brief) -> u64 {
        if brief.1 == LONG { brief.0 } else { self.0.hash_one(brief) }
    }
}

fn low(bits: u128) -> u64 {
    u64::try_from(bits & u128::from(u64::MAX)).expect("64 bits")
}

/// Twelve bytes of an id: itself and its length if it is short, otherwise its hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Brief(u64, u32);

/// Not the end of a short id, which says how long it is.
const LONG: u32 = u32::MAX;

/// What an id is looked up by.
#[derive(Clone, Copy, Debug, Default)]
struct Key {
    hash: u64,
    brief: Brief,
}

impl Key {
    /// Tables look at other bits of the hash.
    fn part(&self) -> usize {
        usize::try_from((self.hash >> 40) & (PARTITIONS as u64 - 1)).expect("small")
    }
}

/// A partition, and a place in its dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u32);

const PLACE_BITS: u32 = 24;

impl Place {
    /// No place: one that dictionaries do not reach.
    pub(super) const NONE: Self = Self(u32::MAX);

    fn new(part: usize, place: u32) -> Self {
        Self(u32::try_from(part).expect("few partitions") << PLACE_BITS | place)
    }

    pub(super) fn part(self) -> usize {
        (self.0 >> PLACE_BITS) as usize
    }

    pub(super) fn within(self) -> u32 {
        self.0 & (WHOSE_MAX - 1)
    }
}

/// Ids of one partition, one after the other, and where to find them.
#[derive(Debug, Default)]
pub(super) struct Part {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// A table as long as a power of two, in which an id stands at its hash or soon after; never full.
    slots: Vec<Slot>,
}

/// Sixteen bytes, so that most looks touch one line of a processor's cache.
#[derive(Clone, Copy, Debug)]
struct Slot {
    low: u64,
    high: u32,
    place: u32,
}

const EMPTY: Slot = Slot { low: 0, high: 0, place: u32::MAX };

impl Slot {
    fn brief(&self) -> Brief {
        Brief(self.low, self.high)
    }
}

impl Part {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        std::str::from_utf8(&self.bytes[start..self.ends[place] as usize]).expect("ids are texts")
    }

    /// Where in the table an id stands, or would.
    fn slot(&self, hash: u64, is: impl Fn(&Slot) -> bool) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = home(hash, mask);
        while self.slots[at].place != EMPTY.place && !is(&self.slots[at]) {
            at = (at + 1) & mask;
        }
        at
    }

    /// `id` is asked for only where the key does not say it.
    fn find<'i>(&self, key: &Key, id: impl Fn() -> &'i str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let is_long = key.brief.1 == LONG;
        let same = |slot: &Slot| slot.brief() == key.brief && (!is_long || self.get(slot.place as usize) == id());
        Some(self.slots[self.slot(key.hash, same)].place).filter(|place| *place != EMPTY.place)
    }

    /// What brings the table near the processor, before it is really looked at.
    fn touch(&self, key: &Key) -> u32 {
        if self.slots.is_empty() { 0 } else { self.slots[home(key.hash, self.slots.len() - 1)].place }
    }

    fn place<'i>(&mut self, key: &Key, id: impl Fn() -> &'i str, hasher: &Hasher) -> u32 {
        if let Some(place) = self.find(key, &id) {
            return place;
        }
        if (self.len() + 1) * 3 > self.slots.len() * 2 {
            let longer = vec![EMPTY; (self.slots.len() * 2).max(8)];
            for slot in std::mem::replace(&mut self.slots, longer) {
                if slot.place != EMPTY.place {
                    let at = self.slot(hasher.again(slot.brief()), |_| false);
                    self.slots[at] = slot;
                }
            }
        }
        let place = self.push(id());
        let at = self.slot(key.hash, |_| false);
        self.slots[at] = Slot { low: key.brief.0, high: key.brief.1, place };
        place
    }

    fn push(&mut self, id: &str) -> u32 {
        self.bytes.extend_from_slice(id.as_bytes());
        self.ends.push(u32::try_from(self.bytes.len()).expect("the ids of a partition take less than 4 GB"));
        let place = u32::try_from(self.ends.len() - 1).expect("fewer than bytes");
        assert!(place < WHOSE_MAX - 1, "a dictionary has fewer than {WHOSE_MAX} ids");
        place
    }

    pub(super) fn bytes(&self) -> usize {
        let of_table = self.slots.capacity() * size_of::<Slot>();
        self.bytes.capacity() + self.ends.capacity() * 4 + of_table
    }
}

/// Where an id would stand if it were alone; other bits of the hash than those of the partition.
fn home(hash: u64, mask: usize) -> usize {
    usize::try_from(hash & u64::from(u32::MAX)).expect("32 bits") & mask
}

/// So many ids are looked up side by side.
const NEAR: usize = 32;

/// So many ids are sorted at a time.
const ROOM: usize = 1 << 17;

/// Where many ids are sorted before they are looked up.
#[derive(Debug, Default)]
pub(super) struct Room {
    keys: Vec<(Key, usize)>,
    sorted: Vec<(Key, usize)>,
}

/// All ids of one kind, for all threads.
#[derive(Debug)]
pub(super) struct Names {
    hasher: Hasher,
    parts: Vec<Mutex<Part>>,
}

impl Names {
    pub(super) fn new() -> Self {
        let parts = std::iter::repeat_with(Mutex::default).take(PARTITIONS).collect();
        Self { hasher: Hasher::new(), parts }
    }

    /// The ids of a partition; nobody else learns of new ones meanwhile.
    pub(super) fn part(&self, part: usize) -> MutexGuard<'_, Part> {
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of an id, which is made if it is new.
    pub(super) fn place(&self, id: &str) -> Place {
        let key = self.hasher.key(id);
        Place::new(key.part(), self.part(key.part()).place(&key, || id, &self.hasher))
    }

    /// The same for many, partition by partition: what is looked at together lies together. `id` gives each
    /// of them; where there is none, there is no place.
    pub(super) fn places<'i>(
        &self,
        count: usize,
        id: impl Fn(usize) -> Option<&'i str>,
        room: &mut Room,
    ) -> Vec<Place> {
        let mut places = vec![Place::NONE; count];
        for start in (0..count).step_by(ROOM) {
            self.some_places(start..count.min(start + ROOM), &id, room, &mut places);
        }
        places
    }

    fn some_places<'i>(
        &self,
        rows: Range<usize>,
        id: &impl Fn(usize) -> Option<&'i str>,
        room: &mut Room,
        places: &mut [Place],
    ) {
        let Room { keys, sorted } = room;
        keys.clear();
        keys.extend(rows.filter_map(|row| Some((self.hasher.key(id(row)?), row))));
        let mut ends = [0_usize; PARTITIONS + 1];
        keys.iter().for_each(|(key, _)| ends[key.part() + 1] += 1);
        (0..PARTITIONS).for_each(|part| ends[part + 1] += ends[part]);
        sorted.clear();
        sorted.resize(keys.len(), (Key::default(), 0));
        for key in keys {
            let next = &mut ends[key.0.part()];
            sorted[*next] = *key;
            *next += 1;
        }
        let mut start = 0;
        for (part, &end) in ends[..PARTITIONS].iter().enumerate() {
            if start == end {
                continue;
            }
            let names = &mut *self.part(part);
            for some in sorted[start..end].chunks(NEAR) {
                // Memory is asked for all of them before the first one waits for its answer.
                std::hint::black_box(some.iter().fold(0, |sum, (key, _)| sum ^ names.touch(key)));
                for (key, row) in some {
                    let text = || id(*row).unwrap_or_default();
                    places[*row] = Place::new(part, names.place(key, text, &self.hasher));
                }
            }
            start = end;
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<Place> {
        let key = self.hasher.key(id);
        self.part(key.part()).find(&key, || id).map(|place| Place::new(key.part(), place))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        (0..PARTITIONS).map(|part| self.part(part).len()).sum()
    }

    /// How many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        (0..PARTITIONS).map(|part| self.part(part).bytes()).sum()
    }
}

/// Some of the ids.
#[derive(Debug)]
pub(super) struct Marks(Vec<Vec<u64>>);

impl Marks {
    pub(super) fn new() -> Self {
        Self(vec![Vec::new(); PARTITIONS])
    }

    pub(super) fn add(&mut self, place: Place) {
        let (words, place) = (&mut self.0[place.part()], place.within() as usize);
        if words.len() <= place / 64 {
            words.resize((place / 64 + 1).next_power_of_two(), 0);
        }
        words[place / 64] |= 1 << (place % 64);
    }

    pub(super) fn has(&self, part: usize, place: usize) -> bool {
        self.0[part].get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    /// Marks whatever another one marks.
    pub(super) fn join(&mut self, other: &Self) {
        for (words, others) in self.0.iter_mut().zip(&other.0) {
            words.resize(words.len().max(others.len()), 0);
            words.iter_mut().zip(others).for_each(|(word, other)| *word |= other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_place() {
        let names = Names::new();
        let ids: Vec<String> =
            (0..2_000).flat_map(|n| [format!("c{n}"), format!("a-very-long-id-of-a-contact-{n}")]).collect();
        let places: Vec<_> = ids.iter().map(|id| names.place(id)).collect();
        for (id, &place) in ids.iter().zip(&places) {
            assert_eq!(names.place(id), place);
            assert_eq!(names.find(id), Some(place));
            assert_eq!(names.part(place.part()).get(place.within() as usize), id);
        }
        assert_eq!(names.len(), ids.len());
        assert_eq!(names.find("nobody"), None);
    }
}
