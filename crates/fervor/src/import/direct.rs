//! An import by a command, which writes to the database itself.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use batch::source::{Source, Stop};
use live::error::Error;
use live::fact::{Fact, Taken};
use live::service::Service;
use live::take::Request;
use sha2::{Digest as _, Sha256};

use super::{Course, Place};

/// So many facts are told at once.
const TOGETHER: usize = 1_000;

/// Tells facts at once, and counts what became of them.
pub(crate) struct Direct<'s> {
    service: &'s Service,
    origin: i64,
    told: RefCell<Told>,
}

/// What became of what was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused: Vec<String>,
}

impl<'s> Direct<'s> {
    pub(crate) fn new(service: &'s Service) -> Self {
        Self { service, origin: service.now().0, told: RefCell::default() }
    }

    pub(crate) fn told(self) -> Told {
        self.told.into_inner()
    }
}

impl Course for Direct<'_> {
    fn take(&self, facts: &[Fact]) -> Result<Vec<Taken>, Error> {
        self.service.take(&Request { facts: facts.to_vec(), origin: self.origin, once: None })
    }

    fn became(&self, place: &Place, taken: Taken) {
        let mut told = self.told.borrow_mut();
        match taken {
            Taken::Accepted => told.accepted += 1,
            Taken::Duplicate => told.duplicates += 1,
            Taken::Refused(refusal) => {
                told.refused.push(format!("{}:{}: {}", place.file, place.line, refusal.message));
            }
        }
    }

    fn row(&self) -> Result<(), Stop> {
        Ok(())
    }

    fn together(&self) -> usize {
        TOGETHER
    }

    fn wants_rows(&self) -> bool {
        false
    }
}

/// The digests of those of some files that are here and can be read twice.
///
/// # Errors
///
/// If one cannot be read.
pub(crate) fn digests(sources: &[Source]) -> io::Result<BTreeMap<PathBuf, String>> {
    let mut digests = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.is_file()) {
        if !digests.contains_key(&source.path) {
            digests.insert(source.path.clone(), digest(&source.path)?);
        }
    }
    Ok(digests)
}

fn digest(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hexadecimal(&hash.finalize()))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
