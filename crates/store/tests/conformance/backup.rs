//! Backups of either database, restored into either.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use store::change::Cursor;
use store::subject::Kind;
use store::testing::Server;
use store::{Manner, Store};

use crate::samples::{bare, change, contacts, fill};

fn quiet(_: store::backup::Progress) {}

/// All rows of a backup, and the numbers given so far: what two databases are compared by.
fn content(backup: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(backup).unwrap();
    let mut lines = Vec::new();
    for table in ["subject", "activity", "link", "standing", "change", "mark", "attribute", "record", "sqlite_sequence"]
    {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..columns).map(|place| row.get::<_, rusqlite::types::Value>(place).unwrap());
            lines.push(format!("{table} {:?}", cells.collect::<Vec<_>>()));
        }
    }
    lines.sort();
    lines
}

struct Places {
    folder: tempfile::TempDir,
    server: Option<Server>,
    made: usize,
}

impl Places {
    fn new(with_server: bool) -> Option<Self> {
        let server = if with_server { Some(Server::start()?) } else { None };
        Some(Self { folder: tempfile::tempdir().unwrap(), server, made: 0 })
    }

    fn file(&mut self, name: &str) -> PathBuf {
        self.made += 1;
        self.folder.path().join(format!("{}-{name}", self.made))
    }

    /// The address of a new database.
    fn database(&mut self, is_postgres: bool) -> String {
        let file = self.file("store.db");
        match &self.server {
            Some(server) if is_postgres => server.database(&format!("d{}", self.made)),
            _ => file.to_str().unwrap().to_owned(),
        }
    }

    fn backup(&mut self, store: &Store) -> PathBuf {
        let file = self.file("backup");
        store.backup(&file, &mut quiet).unwrap();
        file
    }
}

/// From one database into another, and from there into a third of the first kind: nothing is lost on the way.
fn there_and_back(places: &mut Places, from: bool, to: bool) {
    let source = Store::open(&places.database(from)).unwrap();
    fill(&source, 1203);
    let cursor = source.begin(Manner::Reading).unwrap().last_crossing().unwrap();
    let file = places.file("backup");
    let mut told = Vec::new();
    let made = source.backup(&file, &mut |progress| told.push(progress)).unwrap();
    // The last contact was erased: 1202 of them, and three others; of the activities two for each.
    let expected = [1205, 2404, 1202, 2404, 2404, 1202, 1202, 3];
    let names = ["subject", "activity", "link", "standing", "change", "mark", "attribute", "record"];
    assert_eq!(made.tables, names.into_iter().zip(expected).collect::<Vec<_>>());
    assert_eq!(made.bytes, std::fs::metadata(&file).unwrap().len());
    assert_eq!(told.iter().filter(|one| one.table == "subject").map(|one| one.rows).collect::<Vec<_>>(), [1000, 1205]);

    let address = places.database(to);
    assert_eq!(Store::restore(&address, &file, &mut quiet).unwrap(), made);
    let target = Store::open(&address).unwrap();
    let again = places.backup(&target);
    assert!(content(&file) == content(&again), "{from} {to}");
    goes_on(&target, cursor);
    assert_eq!(
        std::fs::read_dir(places.folder.path())
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_str().unwrap().contains("partial") })
            .count(),
        0
    );
}

/// New numbers are beyond all that were given, and whoever has read changes until now reads only what is new.
fn goes_on(target: &Store, cursor: Cursor) {
    let mut session = target.begin(Manner::Together).unwrap();
    assert_eq!(session.crossings(Cursor::default(), 9).unwrap().len(), 9);
    let last = *session.walk(Kind::Contact, 0, 9999).unwrap().last().unwrap();
    let key = contacts(&mut session, &["new"])[0];
    assert!(key > last + 1, "the number of who was erased is not given again");
    session.add_activities(&[&bare(key)]).unwrap();
    assert!(session.activities(&[key]).unwrap()[0].seq > 2406);
    session.mark(&[key]).unwrap();
    session.add_changes(&[change(key, None, Some("new"))]).unwrap();
    session.commit().unwrap();
    let mut session = target.begin(Manner::Reading).unwrap();
    assert!(session.crossings(cursor, 9999).unwrap().iter().any(|change| change.subject == key));
    let all = session.crossings(Cursor::default(), 9999).unwrap();
    assert_eq!(all.last().unwrap().subject, key, "it is the last");
    let after = session.crossings(cursor, 9999).unwrap();
    assert_eq!(after.len(), all.iter().filter(|change| change.at > cursor).count());
    assert!(after.len() <= 2, "what was read is not read again: {}", after.len());
}

#[test]
fn between_files() {
    there_and_back(&mut Places::new(false).unwrap(), false, false);
}

#[test]
fn with_a_server() {
    let Some(mut places) = Places::new(true) else { return };
    for (from, to) in [(false, true), (true, false), (true, true)] {
        there_and_back(&mut places, from, to);
    }
}

/// While somebody writes ten contacts at a time, each with an activity, a backup has all ten or none.
fn while_others_write(places: &mut Places, is_postgres: bool) {
    let store = Store::open(&places.database(is_postgres)).unwrap();
    fill(&store, 100);
    let done = AtomicBool::new(false);
    let backups = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut round = 0;
            while !done.load(Ordering::Relaxed) {
                let ids: Vec<String> = (0..10).map(|number| format!("w{round}-{number}")).collect();
                let mut session = store.begin(Manner::Together).unwrap();
                let keys = contacts(&mut session, &ids.iter().map(String::as_str).collect::<Vec<_>>());
                let activities: Vec<_> = keys.iter().map(|key| bare(*key)).collect();
                session.add_activities(&activities.iter().collect::<Vec<_>>()).unwrap();
                session.commit().unwrap();
                round += 1;
            }
            round
        });
        let backups: Vec<PathBuf> = (0..3)
            .map(|_| {
                std::thread::sleep(std::time::Duration::from_millis(50));
                places.backup(&store)
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() > 3);
        backups
    });
    for file in backups {
        let address = places.database(!is_postgres);
        Store::restore(&address, &file, &mut quiet).unwrap();
        let restored = Store::open(&address).unwrap();
        let mut session = restored.begin(Manner::Reading).unwrap();
        let contacts = session.walk(Kind::Contact, 0, 99_999).unwrap();
        assert_eq!((contacts.len() - 99) % 10, 0);
        assert_eq!(session.activities(&contacts).unwrap().len(), 2 * 99 + contacts.len() - 99);
    }
}

#[test]
fn of_one_moment() {
    while_others_write(&mut Places::new(false).unwrap(), false);
    let Some(mut places) = Places::new(true) else { return };
    while_others_write(&mut places, true);
}

fn refused(address: &str, file: &Path) -> String {
    Store::restore(address, file, &mut quiet).unwrap_err().to_string()
}

#[test]
fn what_is_not_whole_is_refused() {
    let mut places = Places::new(false).unwrap();
    let store = Store::open(&places.database(false)).unwrap();
    fill(&store, 300);
    let whole = places.backup(&store);
    let bytes = std::fs::read(&whole).unwrap();
    let target = places.database(false);
    let (shown, broken) = (|path: &Path| path.display().to_string(), places.file("broken"));
    let not_whole = format!("`{}` is not a whole backup (", shown(&broken));
    // Wherever a byte is changed or the file ends: it is not taken.
    for part in 0..40 {
        let place = bytes.len() / 40 * part + 50;
        std::fs::write(&broken, &bytes[..place]).unwrap();
        let error = refused(&target, &broken);
        assert!(error.starts_with(&not_whole) || error.contains("is not a backup"), "{place}: {error}");
    }
    let text = bytes.windows(9).position(|nine| nine == b"long long").unwrap();
    let mut changed = bytes.clone();
    changed[text + 2] = b'm';
    std::fs::write(&broken, &changed).unwrap();
    assert_eq!(
        refused(&target, &broken),
        format!("{not_whole}the rows of `record` are not those that were written): use another one")
    );
    std::fs::write(&broken, "no database at all, but a text that is long enough to be taken for one".repeat(9))
        .unwrap();
    assert!(refused(&target, &broken).starts_with(&not_whole));
    let empty = places.file("empty");
    std::fs::write(&empty, "").unwrap();
    assert!(refused(&target, &empty).contains("is not a backup: give a file that was made as one"));
    let other = PathBuf::from(places.database(false));
    Store::open(other.to_str().unwrap()).unwrap();
    assert!(refused(&target, &other).contains("is not a backup"));
    assert!(refused(&target, &places.file("nothing")).contains("there is no file"));
    assert!(refused(&target, places.folder.path()).contains("there is no file"));
    // Nothing was made on the way, and nothing is left of what was copied.
    assert!(!Path::new(&target).exists());
    // One of a later version.
    let later = places.file("later");
    std::fs::copy(&whole, &later).unwrap();
    rusqlite::Connection::open(&later).unwrap().execute_batch("INSERT INTO schema_version VALUES (9)").unwrap();
    assert!(refused(&target, &later).starts_with("the database has schema 9, and this program knows 2"));
    Store::restore(&target, &whole, &mut quiet).unwrap();
    assert!(refused(&target, &whole).starts_with("the database is in use already"));
}

#[test]
fn no_file_is_overwritten() {
    let mut places = Places::new(false).unwrap();
    let store = Store::open(&places.database(false)).unwrap();
    fill(&store, 3);
    let file = places.file("mine");
    std::fs::write(&file, "mine").unwrap();
    let error = store.backup(&file, &mut quiet).unwrap_err().to_string();
    assert_eq!(error, format!("there is a file `{}` already: give another name", file.display()));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    // What was cut off is in nobody's way, whole or not.
    let file = places.file("cut");
    let partial = PathBuf::from(format!("{}.partial", file.display()));
    std::fs::write(&partial, "half of a backup").unwrap();
    store.backup(&file, &mut quiet).unwrap();
    assert!(!partial.exists() && file.exists());
    // One that is being written is not touched, and a file that comes in between is not overwritten.
    let file = places.file("contested");
    let mut inner = None;
    let error = store.backup(&file, &mut |_| {
        inner.get_or_insert_with(|| store.backup(&file, &mut quiet).unwrap_err().to_string());
        let _there_already = std::fs::write(&file, "mine");
    });
    assert!(inner.unwrap().contains("another backup is writing"));
    assert!(error.unwrap_err().to_string().contains("there is a file"));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    let nowhere = places.folder.path().join("no/such/folder");
    assert!(store.backup(&nowhere, &mut quiet).is_err());
}

/// In a process of its own, which another test lets write only so much.
#[test]
fn in_a_process() {
    let Some(folder) = crate::told("FERVOR_TEST_FULL") else { return };
    let store = Store::open(&format!("{folder}/store.db")).unwrap();
    let error = store.backup(Path::new(&format!("{folder}/backup")), &mut quiet).unwrap_err();
    assert!(!matches!(error, store::Error::Broken(_)), "{error:?}");
}

#[test]
fn a_disk_that_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
    fill(&store, 500);
    let limited = "trap '' XFSZ; ulimit -f 200; exec \"$0\" --exact backup::in_a_process";
    let exe = std::env::current_exe().unwrap();
    let mut shell = std::process::Command::new("sh");
    let ended = shell.arg("-c").arg(limited).arg(exe).env("FERVOR_TEST_FULL", folder.path()).status().unwrap();
    assert!(ended.success());
    let left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.into_iter().all(|name| name.starts_with("store.db")), "nothing is left of it");
    store.backup(&folder.path().join("backup"), &mut quiet).unwrap();
}
