//! Files become facts of the service, and these are told in the order in which they are read.
//!
//! ```text
//! rows ── Import ──> facts, a batch at a time ── Course ──> what became of each
//! columns   which column of a file is what, as somebody chooses it
//! draft     files that somebody is still deciding about
//! job       what is known of an import, kept where all processes see it
//! rejects   the rows that were not taken
//! queue     imports that wait for their turn
//! undo      what an import brought is taken back
//! run       one after the other: read, told, and its job kept up to date
//! ```

pub(crate) mod columns;
pub(crate) mod direct;
pub(crate) mod draft;
pub(crate) mod job;
pub(crate) mod queue;
pub(crate) mod rejects;
pub(crate) mod run;
mod sample;
pub(crate) mod undo;

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::Arc;

use batch::source::{Kind, Sink, Source, Stop};
use live::error::Error;
use live::fact::{Fact, Refusal, Report, Taken, Upsert, Who};
use live::wire::bounds;
use rules::activity::Activity;
use rules::day::{Day, Instant};
use rules::facts::Builder;
use rules::history::{Added, Row};
use rules::id::{AccountId, ContactId, OpportunityId};
use sha2::{Digest as _, Sha256};

/// Bytes of files whose records are held in memory at a time.
const PART_BYTES: u64 = 64 << 20;

/// Where rows go, and who decides whether to go on.
pub(crate) trait Course {
    /// Has facts stored, and says what became of each.
    fn take(&self, facts: &[Fact]) -> Result<Vec<Taken>, Error>;

    /// What became of something that was told.
    fn became(&self, place: &Place, taken: Taken);

    /// A row has been read; an error ends the reading.
    fn row(&self) -> Result<(), Stop>;

    /// So many facts are told at once.
    fn together(&self) -> usize;

    /// Whether the text of a row is wanted where it is not taken.
    fn wants_rows(&self) -> bool;
}

/// Where something stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    pub(crate) line: u64,
    /// The row as it stands there, if that is wanted.
    pub(crate) row: Arc<str>,
}

/// Records of one id belong together, because their order is that of their dates: they are held until all files are
/// read. Where that would be too much to hold, files are read several times, for a part of the ids each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) number: u64,
    pub(crate) of: u64,
}

impl Part {
    /// The only one.
    pub(crate) const WHOLE: Self = Self { number: 0, of: 1 };

    /// How often files with records have to be read. Those that are packed hold several times as much as they show.
    pub(crate) fn count(records: &[Source]) -> u64 {
        let is_plain = |source: &Source| {
            let name = source.path.to_string_lossy().to_lowercase();
            [".csv", ".txt", ".tsv", ".json", ".jsonl", ".ndjson"].iter().any(|ending| name.ends_with(ending))
        };
        let bytes = |source: &Source| {
            let bytes = batch::source::total_bytes(std::slice::from_ref(source));
            if is_plain(source) { bytes } else { 8 * bytes }
        };
        records.iter().map(bytes).sum::<u64>().div_ceil(PART_BYTES).max(1)
    }

    fn has(self, id: &str) -> bool {
        let mut hash = DefaultHasher::new();
        id.hash(&mut hash);
        hash.finish() % self.of == self.number
    }

    pub(crate) fn is_first(self) -> bool {
        self.number == 0
    }
}

/// Takes rows of files, and tells them.
pub(crate) struct Import<'c> {
    course: &'c dyn Course,
    /// When all of it is said.
    received: Instant,
    part: Part,
    /// What each file is, by its content.
    digests: &'c BTreeMap<PathBuf, String>,
    /// Rows about who and what there is: they are told in the order of their dates, once all are read.
    records: Builder,
    places: HashMap<(Kind, Arc<str>, Option<Day>), Place>,
    facts: Vec<Fact>,
    facts_at: Vec<Place>,
    row: Current,
    failed: Option<Error>,
}

/// The row that is being read.
#[derive(Default)]
struct Current {
    path: PathBuf,
    export: String,
    /// How many rows of this file have been read.
    number: u64,
    place: Place,
    /// What it said to have happened so far.
    types: Vec<Arc<str>>,
}

impl<'c> Import<'c> {
    pub(crate) fn new(
        course: &'c dyn Course,
        received: Instant,
        part: Part,
        digests: &'c BTreeMap<PathBuf, String>,
    ) -> Self {
        Self {
            course,
            received,
            part,
            digests,
            records: Builder::default(),
            places: HashMap::new(),
            facts: Vec::new(),
            facts_at: Vec::new(),
            row: Current::default(),
            failed: None,
        }
    }

    /// Tells what is left.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        let known = std::mem::take(&mut self.records).finish();
        for (id, history) in &known.accounts {
            self.told(Kind::Accounts, id.as_str(), history.rows());
        }
        for (id, person) in &known.contacts {
            self.told(Kind::Contacts, id.as_str(), person.history.rows());
        }
        for (id, history) in &known.opportunities {
            self.told(Kind::Opportunities, id.as_str(), history.rows());
        }
        self.tell();
        self.failed.map_or(Ok(()), Err)
    }

    /// Why what was read is not taken, if that is why reading has stopped.
    pub(crate) fn failure(self) -> Option<Error> {
        self.failed
    }

    fn told(&mut self, kind: Kind, id: &str, rows: &[Row]) {
        for row in rows {
            let place = self.places.remove(&(kind, id.into(), row.valid_from)).unwrap_or_default();
            self.add(fact(kind, id, row), place);
        }
    }

    /// Keeps what a row says of somebody or something.
    fn record(&mut self, kind: Kind, id: &str, row: &Row, keep: impl FnOnce(&mut Builder) -> Added) -> Added {
        if !self.part.has(id) {
            return Added::New;
        }
        if let Err(refusal) = bounds::check(&fact(kind, id, row), self.received) {
            self.refuse(refusal);
            return Added::New;
        }
        let added = keep(&mut self.records);
        match added {
            Added::New | Added::Replacing => {
                self.places.insert((kind, id.into(), row.valid_from), self.row.place.clone());
            }
            Added::Repeated => self.course.became(&self.row.place, Taken::Duplicate),
            Added::Conflicting => {}
        }
        added
    }

    fn refuse(&self, refusal: Refusal) {
        self.course.became(&self.row.place, Taken::Refused(refusal));
    }

    fn add(&mut self, fact: Fact, place: Place) {
        self.facts.push(fact);
        self.facts_at.push(place);
        if self.facts.len() >= self.course.together() {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let (facts, places) = (std::mem::take(&mut self.facts), std::mem::take(&mut self.facts_at));
        if facts.is_empty() || self.failed.is_some() {
            return;
        }
        match self.course.take(&facts) {
            Ok(taken) => places.iter().zip(taken).for_each(|(place, taken)| self.course.became(place, taken)),
            Err(error) => self.failed = Some(error),
        }
    }

    /// The identity of an activity without an id: the file by its content, the row, and which of the activities of
    /// this type it is in that row. The same file counts once, however often it is sent; two rows count twice, even
    /// if they are the same to the last letter.
    fn id(&mut self, kind: &Arc<str>) -> Option<Arc<str>> {
        let same = self.row.types.iter().filter(|known| *known == kind).count() as u64;
        self.row.types.push(kind.clone());
        let digest = self.digests.get(&self.row.path)?;
        let (row, same) = (self.row.number.to_le_bytes(), same.to_le_bytes());
        let mut hash = Sha256::new();
        for part in [digest.as_bytes(), self.row.export.as_bytes(), &row, kind.as_bytes(), &same] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let short: String = hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Some(format!("file:{short}").into())
    }
}

/// A record as it is told.
fn fact(kind: Kind, id: &str, row: &Row) -> Fact {
    let upsert = Upsert {
        id: id.into(),
        attributes: row.attributes.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect(),
        accounts: Some(row.accounts.clone()),
        contact: Some(row.contact.clone()),
        from: row.valid_from,
        is_whole: true,
    };
    match kind {
        Kind::Accounts => Fact::Account(upsert),
        Kind::Opportunities => Fact::Opportunity(upsert),
        Kind::Contacts | Kind::Activities => Fact::Contact(upsert),
    }
}

impl Sink for Import<'_> {
    fn contact(&mut self, id: ContactId, row: Row) -> Added {
        let copy = row.clone();
        self.record(Kind::Contacts, id.clone().as_str(), &copy, |records| records.contact(id, row))
    }

    fn account(&mut self, id: AccountId, row: Row) -> Added {
        let copy = row.clone();
        self.record(Kind::Accounts, id.clone().as_str(), &copy, |records| records.account(id, row))
    }

    fn opportunity(&mut self, id: OpportunityId, row: Row) -> Added {
        let copy = row.clone();
        self.record(Kind::Opportunities, id.clone().as_str(), &copy, |records| records.opportunity(id, row))
    }

    fn activity(&mut self, activity: Activity) {
        if !self.part.is_first() {
            return;
        }
        let Activity { contact, kind, occurred_at, id, source, value, account, properties, day: _ } = activity;
        let id = id.or_else(|| self.id(&kind));
        let fact = Fact::Activity(Report {
            who: Who::Contact(contact),
            kind,
            occurred_at: Some(occurred_at),
            id,
            source,
            value,
            account,
            properties,
            original: None::<Arc<str>>,
        });
        match bounds::check(&fact, self.received) {
            Ok(()) => self.add(fact, self.row.place.clone()),
            Err(refusal) => self.refuse(refusal),
        }
    }

    fn row(&mut self, source: &Source, line: u64, raw: &dyn Fn() -> String) -> Result<(), Stop> {
        if self.failed.is_some() {
            return Err(Stop("the service does not take it".to_owned()));
        }
        let export = source.export().map_or("", |export| export.id.as_str());
        if self.row.path != source.path || self.row.export != export {
            let file = source.path.file_name().unwrap_or_default().to_string_lossy().into();
            let place = Place { file, ..Place::default() };
            self.row = Current { path: source.path.clone(), export: export.to_owned(), place, ..Current::default() };
        }
        self.row.number += 1;
        self.row.types.clear();
        self.row.place.line = line;
        if self.course.wants_rows() {
            self.row.place.row = raw().into();
        }
        self.course.row()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use batch::mapping::Unread;
    use batch::source::{Reject, Watcher, load_into};
    use rules::day::Zone;

    use super::*;

    /// Somebody who takes everything.
    #[derive(Default)]
    struct Gathered {
        facts: RefCell<Vec<String>>,
        places: RefCell<BTreeSet<u64>>,
    }

    impl Course for Gathered {
        fn take(&self, facts: &[Fact]) -> Result<Vec<Taken>, Error> {
            self.facts.borrow_mut().extend(facts.iter().map(|fact| format!("{fact:?}")));
            Ok(vec![Taken::Accepted; facts.len()])
        }

        fn became(&self, place: &Place, _: Taken) {
            self.places.borrow_mut().insert(place.line);
        }

        fn row(&self) -> Result<(), Stop> {
            Ok(())
        }

        fn together(&self) -> usize {
            3
        }

        fn wants_rows(&self) -> bool {
            false
        }
    }

    struct Nobody;

    impl Watcher for Nobody {
        fn read(&mut self, _: u64) {}

        fn rejected(&mut self, reject: Reject) -> Result<(), Stop> {
            panic!("{reject}")
        }

        fn unread(&mut self, _: &std::path::Path, _: u64, _: Unread) {}

        fn note(&mut self, _: String) {}
    }

    #[test]
    fn in_parts_everything_is_told_once_and_each_id_in_the_order_of_its_dates() {
        let folder = tempfile::tempdir().unwrap();
        let (contacts, activities) = (folder.path().join("c.csv"), folder.path().join("a.csv"));
        let row = |at: usize| format!("c{},2026-01-{:02},{at}\n", at % 20, 28 - at / 20);
        std::fs::write(&contacts, "id,valid_from,n\n".to_owned() + &(0..100).map(row).collect::<String>()).unwrap();
        std::fs::write(&activities, "contact,type,occurred_at\nc1,visit,2026-03-14\n").unwrap();
        let sources = [Source::file(Kind::Contacts, &contacts), Source::file(Kind::Activities, &activities)];
        let digests = BTreeMap::from([(activities, "digest".to_owned())]);
        let told = |of: u64| {
            let course = Gathered::default();
            for number in 0..of {
                let mut import = Import::new(&course, Instant(1_800_000_000_000_000), Part { number, of }, &digests);
                load_into(&mut import, &sources, &Zone::utc(), &mut Nobody).unwrap();
                import.finish().unwrap();
            }
            assert_eq!(course.places.into_inner(), (2..=101).collect());
            course.facts.into_inner()
        };
        let (whole, parts) = (told(1), told(3));
        assert_eq!(whole.len(), 101);
        assert_ne!(whole, parts);
        let of = |facts: &[String], id: &str| -> Vec<String> {
            facts.iter().filter(|fact| fact.contains(&format!("\"{id}\""))).cloned().collect()
        };
        for at in 0..20 {
            assert_eq!(of(&whole, &format!("c{at}")), of(&parts, &format!("c{at}")), "c{at}");
        }
        assert_eq!(whole.iter().filter(|fact| fact.contains("file:")).count(), 1);
    }

    #[test]
    fn files_are_read_as_often_as_their_records_need() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes, expected) in
            [("a.csv", 0, 1), ("b.csv", PART_BYTES, 1), ("c.csv", PART_BYTES + 1, 2), ("d.csv.gz", PART_BYTES, 8)]
        {
            let path = folder.path().join(name);
            std::fs::File::create(&path).unwrap().set_len(bytes).unwrap();
            assert_eq!(Part::count(&[Source::file(Kind::Contacts, &path)]), expected, "{name}");
        }
    }
}
