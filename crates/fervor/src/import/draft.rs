//! Files that somebody has sent and is still deciding about: they lie with the process that took them, for a while.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Clock};

use batch::guess::{Proposal, guess};
use batch::source::{self, Kind};
use live::error::Result;
use live::service::Service;
use sha2::{Digest as _, Sha256};
use store::Manner;
use store::keep::Document;
use tempfile::TempDir;

use super::columns::{Choice, Layout};
use super::direct::hexadecimal;

/// The kind of documents that hold what was chosen for files of the same columns.
const CHOICE: &str = "import-columns";
/// Files that are decided about at a time, and for how long.
const DRAFTS_MAX: usize = 20;
const LASTS: Duration = Duration::from_secs(2 * 3600);
/// Bytes from which columns are guessed; of what is packed, and of Parquet, the whole.
const GUESSED_MAX: u64 = 4 << 20;

/// A file, and how it is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) id: String,
    /// Who sent it: nobody else sees it.
    pub(crate) by: String,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) digest: String,
    pub(crate) layout: Layout,
    /// Whether the columns are as they were chosen for such a file before.
    pub(crate) is_known: bool,
    pub(crate) folder: Arc<TempDir>,
    since: Clock,
}

impl Draft {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// Looks at a file that has come.
    pub(crate) fn new(
        (id, by): (String, String),
        (name, bytes, digest): (String, u64, String),
        layout: Layout,
        folder: TempDir,
    ) -> Self {
        let folder = Arc::new(folder);
        Self { id, by, name, bytes, digest, layout, is_known: false, folder, since: Clock::now() }
    }

    /// The file once more, in a folder of an import.
    ///
    /// # Errors
    ///
    /// If there is no room for it.
    pub(crate) fn again(&self, folder: &Path) -> io::Result<PathBuf> {
        let path = folder.join(&self.name);
        if fs::hard_link(self.path(), &path).is_err() {
            fs::copy(self.path(), &path)?;
        }
        Ok(path)
    }
}

/// What a file seems to say.
///
/// # Errors
///
/// If it cannot be read at all.
pub(crate) fn look(path: &Path, kind: Option<Kind>) -> std::result::Result<Proposal, source::Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let shown = |_: &Path| name.clone();
    let (Ok(beginning), Some(folder)) = (beginning(path), path.parent()) else {
        return guess(&[path.to_owned()], kind, None, shown, &mut |_| {});
    };
    let part = folder.join("beginning").join(&name);
    let is_written = fs::create_dir_all(folder.join("beginning")).and_then(|()| fs::write(&part, beginning));
    let path = if is_written.is_ok() { part } else { path.to_owned() };
    guess(&[path], kind, None, shown, &mut |_| {})
}

/// The whole lines of the beginning of a large text.
fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let is_large = file.metadata()?.len() > GUESSED_MAX;
    let mut start = Vec::new();
    file.take(GUESSED_MAX).read_to_end(&mut start)?;
    let is_text = !start.starts_with(b"PAR1") && !start.starts_with(&[0x1f, 0x8b]) && !start.starts_with(b"(\xb5/\xfd");
    if !is_large || !is_text {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let end = start.iter().rposition(|byte| *byte == b'\n').map_or(start.len(), |end| end + 1);
    start.truncate(end);
    Ok(start)
}

/// All files of this process that somebody is deciding about.
#[derive(Debug, Default)]
pub(crate) struct Drafts(Mutex<BTreeMap<String, Draft>>);

impl Drafts {
    /// Keeps a file, in the place of the oldest where there are too many.
    pub(crate) fn keep(&self, draft: Draft) {
        self.sweep();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while all.len() >= DRAFTS_MAX && !all.contains_key(&draft.id) {
            let oldest = all.values().min_by_key(|draft| draft.since).map(|draft| draft.id.clone());
            oldest.and_then(|id| all.remove(&id));
        }
        all.insert(draft.id.clone(), draft);
    }

    /// A file that somebody sent.
    pub(crate) fn find(&self, id: &str, by: &str) -> Option<Draft> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).filter(|draft| draft.by == by && draft.since.elapsed() < LASTS).cloned()
    }

    /// Drops those that nobody has decided about for long.
    pub(crate) fn sweep(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, draft| draft.since.elapsed() < LASTS);
    }

    pub(crate) fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

fn key(layout: &Layout) -> String {
    hexadecimal(&Sha256::digest(layout.header())[..16])
}

/// What was chosen for the last file with the same columns.
///
/// # Errors
///
/// If the database does not say.
pub(crate) fn remembered(service: &Service, layout: &Layout) -> Result<Option<Choice>> {
    let document = service.session(Manner::Reading)?.document(CHOICE, &key(layout))?;
    Ok(document.and_then(|document| serde_json::from_str(&document.text).ok()))
}

/// Remembers what was chosen for a file.
///
/// # Errors
///
/// If the database does not take it.
pub(crate) fn remember(service: &Service, layout: &Layout) -> Result<()> {
    let text = serde_json::to_string(&layout.choice()).expect("texts");
    let mut session = service.session(Manner::Together)?;
    session.put_document(CHOICE, &Document { id: key(layout), at: service.now(), until: None, text })?;
    Ok(session.commit()?)
}
