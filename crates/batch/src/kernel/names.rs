//! Ids as places in dictionaries: one for each partition, into which an id falls by its hash.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

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

    fn key(&self, id: &str) -> (u64, [u64; 2]) {
        let bytes = id.as_bytes();
        if bytes.len() <= SHORT {
            let mut padded = [0; 16];
            padded[..bytes.len()].copy_from_slice(bytes);
            padded[SHORT] = u8::try_from(bytes.len()).expect("short");
            let whole = u128::from_le_bytes(padded);
            let halves = [0, 64].map(|shift| u64::try_from((whole >> shift) & u128::from(u64::MAX)).expect("64 bits"));
            (self.0.hash_one(halves), halves)
        } else {
            let hash = self.0.hash_one(bytes);
            (hash, [hash, u64::MAX])
        }
    }
}

/// The partition of a hash. Tables look at other bits of it.
fn partition(hash: u64) -> usize {
    usize::try_from((hash >> 40) & (PARTITIONS as u64 - 1)).expect("small")
}

/// Ids of one partition, one after the other.
#[derive(Debug, Default)]
pub(super) struct Part {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// Whether anything of it exists on the date.
    pub(super) exists: Vec<bool>,
}

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

    fn push(&mut self, id: &str) -> u32 {
        self.bytes.extend_from_slice(id.as_bytes());
        self.ends.push(u32::try_from(self.bytes.len()).expect("the ids of a partition take less than 4 GB"));
        self.exists.push(false);
        let place = u32::try_from(self.ends.len() - 1).expect("fewer than bytes");
        assert!(place < WHOSE_MAX, "a dictionary has fewer than {WHOSE_MAX} ids");
        place
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4 + self.exists.capacity()
    }
}

/// No place of an id.
const UNKNOWN: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: [u64; 2],
    place: u32,
}

/// Ids that one thread has seen.
#[derive(Debug)]
pub(super) struct Names {
    hasher: Hasher,
    table: HashTable<Slot>,
    pub(super) parts: Vec<Part>,
}

impl Names {
    pub(super) fn new(hasher: Hasher) -> Self {
        let parts = std::iter::repeat_with(Part::default).take(PARTITIONS).collect();
        Self { hasher, table: HashTable::new(), parts }
    }

    /// The partition of an id and its place there, which is made if it is new.
    pub(super) fn place(&mut self, id: &str) -> (usize, u32) {
        let (hash, key) = self.hasher.key(id);
        let part = partition(hash);
        let names = &mut self.parts[part];
        let long = id.len() > SHORT;
        // Of long ids the key is a hash: those of one hash are of one partition, where their bytes are compared.
        let same = |slot: &Slot| slot.key == key && (!long || names.get(slot.place as usize) == id);
        if let Some(slot) = self.table.find(hash, same) {
            return (part, slot.place);
        }
        let place = names.push(id);
        let hasher = &self.hasher.0;
        let again = |slot: &Slot| if slot.key[1] == u64::MAX { slot.key[0] } else { hasher.hash_one(slot.key) };
        self.table.insert_unique(hash, Slot { key, place }, again);
        (part, place)
    }

    /// The same for many: the places where they may be are looked at side by side, because each is likely
    /// to be far from the processor.
    pub(super) fn places<'i>(&mut self, ids: impl Iterator<Item = &'i str>, found: &mut Vec<(usize, u32)>) {
        found.clear();
        let keys: Vec<(u64, [u64; 2], &str)> = ids
            .map(|id| {
                let (hash, key) = self.hasher.key(id);
                (hash, key, id)
            })
            .collect();
        let known = |(hash, key, id): &(u64, [u64; 2], &str)| {
            let found = (id.len() <= SHORT).then(|| self.table.find(*hash, |slot| slot.key == *key)).flatten();
            (partition(*hash), found.map_or(UNKNOWN, |slot| slot.place))
        };
        found.extend(keys.iter().map(known));
        for (found, (_, _, id)) in found.iter_mut().zip(&keys).filter(|(found, _)| found.1 == UNKNOWN) {
            *found = self.place(id);
        }
    }

    pub(super) fn find(&self, id: &str) -> Option<(usize, u32)> {
        let (hash, key) = self.hasher.key(id);
        let part = partition(hash);
        let long = id.len() > SHORT;
        let same = |slot: &Slot| slot.key == key && (!long || self.parts[part].get(slot.place as usize) == id);
        self.table.find(hash, same).map(|slot| (part, slot.place))
    }

    /// How many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.table.capacity() * (size_of::<Slot>() + 1) + self.parts.iter().map(Part::bytes).sum::<usize>()
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
        for (id, &(part, place)) in ids.iter().zip(&places) {
            assert_eq!(names.place(id), (part, place));
            assert_eq!(names.find(id), Some((part, place)));
            assert_eq!(names.parts[part].get(place as usize), id);
        }
        assert_eq!(names.parts.iter().map(Part::len).sum::<usize>(), ids.len());
        assert_eq!(names.find("nobody"), None);
    }
}
