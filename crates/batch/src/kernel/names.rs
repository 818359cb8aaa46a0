//! Ids as places in dictionaries: one for each partition, into which an id falls by its hash.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use super::row::WHOSE_MAX;

/// So many partitions there are: one is small enough for a processor's cache, and for a disk's patience.
pub(super) const PARTITIONS: usize = 256;

/// So long ids are compared without looking elsewhere.
const SHORT: usize = 15;

/// Mixes ids into partitions and tables, alike for all threads.
#[derive(Clone, Debug)]
pub(super) struct Hasher(FixedState);

impl Hasher {
    pub(super) fn new() -> Self {
        // Another seed for each process, so that nobody can choose ids that fall together.
        Self(FixedState::with_seed(std::hash::RandomState::new().hash_one(0)))
    }

    fn key<'i>(&self, id: &'i str) -> Key<'i> {
        let bytes = id.as_bytes();
        if bytes.len() <= SHORT {
            let mut padded = [0; 16];
            padded[..bytes.len()].copy_from_slice(bytes);
            padded[SHORT] = u8::try_from(bytes.len()).expect("short");
            let (halves, _) = padded.as_chunks::<8>();
            let key = [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])];
            Key { hash: self.0.hash_one(key), key, id }
        } else {
            let hash = self.0.hash_one(bytes);
            Key { hash, key: [hash, LONG], id }
        }
    }

    /// The hash of a key.
    fn again(&self, key: [u64; 2]) -> u64 {
        if key[1] == LONG { key[0] } else { self.0.hash_one(key) }
    }
}

/// Not the end of a short id, which says how long it is.
const LONG: u64 = u64::MAX;

/// An id, ready to be looked up.
struct Key<'i> {
    hash: u64,
    /// The id itself if it is short, otherwise its hash.
    key: [u64; 2],
    id: &'i str,
}

impl Key<'_> {
    /// Tables look at other bits of the hash.
    fn part(&self) -> usize {
        usize::try_from((self.hash >> 40) & (PARTITIONS as u64 - 1)).expect("small")
    }

    fn is_long(&self) -> bool {
        self.key[1] == LONG
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
    /// Whether something other than a row says that it exists.
    pub(super) exists: Vec<bool>,
    /// A table as long as a power of two, in which an id stands at its hash or soon after; never full.
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: [u64; 2],
    place: u32,
}

const EMPTY: Slot = Slot { key: [0; 2], place: u32::MAX };

impl Part {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        std::str::from_utf8(&self.bytes[start..self.ends[place] as usize]).expect("ids are texts")
    }

    /// Every one.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
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

    fn find(&self, key: &Key<'_>) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        // Of long ids the key is a hash: those of one hash are of one partition, where their bytes are compared.
        let same = |slot: &Slot| slot.key == key.key && (!key.is_long() || self.get(slot.place as usize) == key.id);
        Some(self.slots[self.slot(key.hash, same)].place).filter(|place| *place != EMPTY.place)
    }

    /// What brings the table near the processor, before it is really looked at.
    fn touch(&self, key: &Key<'_>) -> u32 {
        if self.slots.is_empty() { 0 } else { self.slots[home(key.hash, self.slots.len() - 1)].place }
    }

    fn place(&mut self, key: &Key<'_>, hasher: &Hasher) -> u32 {
        if let Some(place) = self.find(key) {
            return place;
        }
        if (self.len() + 1) * 3 > self.slots.len() * 2 {
            let longer = vec![EMPTY; (self.slots.len() * 2).max(8)];
            for slot in std::mem::replace(&mut self.slots, longer) {
                if slot.place != EMPTY.place {
                    let at = self.slot(hasher.again(slot.key), |_| false);
                    self.slots[at] = slot;
                }
            }
        }
        let place = self.push(key.id);
        let at = self.slot(key.hash, |_| false);
        self.slots[at] = Slot { key: key.key, place };
        place
    }

    fn push(&mut self, id: &str) -> u32 {
        self.bytes.extend_from_slice(id.as_bytes());
        self.ends.push(u32::try_from(self.bytes.len()).expect("the ids of a partition take less than 4 GB"));
        self.exists.push(false);
        let place = u32::try_from(self.ends.len() - 1).expect("fewer than bytes");
        assert!(place < WHOSE_MAX - 1, "a dictionary has fewer than {WHOSE_MAX} ids");
        place
    }

    pub(super) fn bytes(&self) -> usize {
        let of_table = self.slots.capacity() * size_of::<Slot>();
        self.bytes.capacity() + self.ends.capacity() * 4 + self.exists.capacity() + of_table
    }
}

/// Where an id would stand if it were alone; other bits of the hash than those of the partition.
fn home(hash: u64, mask: usize) -> usize {
    usize::try_from(hash & u64::from(u32::MAX)).expect("32 bits") & mask
}

/// So many ids are looked up side by side.
const NEAR: usize = 32;

/// Ids that one thread has seen.
#[derive(Debug)]
pub(super) struct Names {
    hasher: Hasher,
    pub(super) parts: Vec<Part>,
}

impl Names {
    pub(super) fn new(hasher: Hasher) -> Self {
        let parts = std::iter::repeat_with(Part::default).take(PARTITIONS).collect();
        Self { hasher, parts }
    }

    /// The place of an id, which is made if it is new.
    pub(super) fn place(&mut self, id: &str) -> Place {
        let key = self.hasher.key(id);
        Place::new(key.part(), self.parts[key.part()].place(&key, &self.hasher))
    }

    /// The same for many, partition by partition: what is looked at together lies together.
    pub(super) fn places<'i>(&mut self, ids: impl Iterator<Item = &'i str>) -> Vec<Place> {
        let keys: Vec<Key<'_>> = ids.map(|id| self.hasher.key(id)).collect();
        let mut starts = [0_u32; PARTITIONS + 1];
        keys.iter().for_each(|key| starts[key.part() + 1] += 1);
        (0..PARTITIONS).for_each(|part| starts[part + 1] += starts[part]);
        let mut order = vec![0_u32; keys.len()];
        for (row, key) in (0_u32..).zip(&keys) {
            let next = &mut starts[key.part()];
            order[*next as usize] = row;
            *next += 1;
        }
        let mut places = vec![Place::NONE; keys.len()];
        for some in order.chunks(NEAR) {
            // Memory is asked for all of them before the first one waits for its answer.
            let touch = |row: &u32| self.parts[keys[*row as usize].part()].touch(&keys[*row as usize]);
            std::hint::black_box(some.iter().fold(0, |sum, row| sum ^ touch(row)));
            for &row in some {
                let key = &keys[row as usize];
                places[row as usize] = Place::new(key.part(), self.parts[key.part()].place(key, &self.hasher));
            }
        }
        places
    }

    pub(super) fn find(&self, id: &str) -> Option<Place> {
        let key = self.hasher.key(id);
        self.parts[key.part()].find(&key).map(|place| Place::new(key.part(), place))
    }

    /// Something other than a row says that it exists.
    pub(super) fn exists(&mut self, place: Place) {
        self.parts[place.part()].exists[place.within() as usize] = true;
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(Part::bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_place() {
        let mut names = Names::new(Hasher::new());
        let ids: Vec<String> =
            (0..2_000).flat_map(|n| [format!("c{n}"), format!("a-very-long-id-of-a-contact-{n}")]).collect();
        let places: Vec<_> = ids.iter().map(|id| names.place(id)).collect();
        for (id, &place) in ids.iter().zip(&places) {
            assert_eq!(names.place(id), place);
            assert_eq!(names.find(id), Some(place));
            assert_eq!(names.parts[place.part()].get(place.within() as usize), id);
        }
        assert_eq!(names.parts.iter().map(Part::len).sum::<usize>(), ids.len());
        assert_eq!(names.find("nobody"), None);
    }
}
