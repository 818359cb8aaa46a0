//! Opening a database: a new one, one of a later version, and what is none.

use std::process::Command;

use rules::day::Instant;
use store::keep::Document;
use store::subject::Kind;
use store::testing::Server;
use store::{Error, Manner, Store};

use crate::{Behaviour, Ground};

pub(crate) const ALL: &[Behaviour] = &[
    ("a later schema is refused", a_later_schema_is_refused),
    ("opening waits for nobody", opening_waits_for_nobody),
    ("a new database is made once", a_new_database_is_made_once),
];

fn a_later_schema_is_refused(ground: &Ground) {
    ground.raw("INSERT INTO schema_version VALUES (99)");
    let error = Store::open(&ground.address).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 99, known: 2 }));
    assert_eq!(
        error.to_string(),
        "the database has schema 99, and this program knows 2; it was used by a later version: use that one, or \
         restore a backup made before"
    );
}

fn opening_waits_for_nobody(ground: &Ground) {
    let _writing = ground.store.begin(Manner::Alone).unwrap();
    let other = Store::open(&ground.address).unwrap();
    assert_eq!(other.begin(Manner::Reading).unwrap().count(Kind::Contact).unwrap(), 0);
}

/// Opens what another test names, in a process of its own.
#[test]
fn in_a_process() {
    let Some(address) = crate::told("FERVOR_TEST_OPEN") else { return };
    let store = Store::open(&address).unwrap();
    let mut session = store.begin(Manner::Together).unwrap();
    session.create(&[(Kind::Contact, &std::process::id().to_string())]).unwrap();
    session.commit().unwrap();
}

fn a_new_database_is_made_once(ground: &Ground) {
    let new = match ground.is_postgres {
        true => {
            ground.raw("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            ground.address.clone()
        }
        false => format!("{}-new", ground.address),
    };
    let exe = std::env::current_exe().unwrap();
    let process = |_| {
        let mut command = Command::new(&exe);
        command.args(["--exact", "opening::in_a_process"]).env("FERVOR_TEST_OPEN", &new).spawn().unwrap()
    };
    let processes: Vec<_> = (0..4).map(process).collect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| Store::open(&new).unwrap());
        }
    });
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    let again = Ground { store: Store::open(&new).unwrap(), address: new, is_postgres: ground.is_postgres };
    assert_eq!(again.read(|session| session.count(Kind::Contact).unwrap()), 4);
    again.raw("CREATE UNIQUE INDEX once ON schema_version (version)");
}

fn said(address: &str) -> String {
    Store::open(address).unwrap_err().to_string()
}

#[test]
fn what_is_no_file_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let here = folder.path().to_str().unwrap();
    assert_eq!(said(here), format!("the database cannot be used: `{here}` is a folder: give the path of a file"));
    let text = path("letter.txt");
    std::fs::write(&text, "Dear Ada, this is not a database, however long it may be.".repeat(100)).unwrap();
    let before = std::fs::read(&text).unwrap();
    assert_eq!(said(&text), "the database cannot be used: the file is not a database: give another one");
    assert_eq!(std::fs::read(&text).unwrap(), before);
    let other = path("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE subject (key TEXT)").unwrap();
    assert_eq!(said(&other), "the database cannot be used: the file belongs to another program: give another one");
    assert!(said(&path("no/such/folder/x.db")).contains("unable to open database file"));
    for none in
        ["", "mysql://ada:secret@host/name", "postgres://ada:secret@host:port/name", "postgres://ada:secret@host/n?x=1"]
    {
        let error = said(none);
        assert!(error.ends_with("names no database: give the path of a file, or postgres://user@host/name"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn a_server_that_does_not_let_us_in() {
    let Some(server) = Server::start() else { return };
    let trusted = server.database("trusted");
    let mut client = crate::client(&trusted);
    client.batch_execute("CREATE ROLE ada LOGIN PASSWORD 'Secret1'; CREATE ROLE bo LOGIN PASSWORD 'Secret1'").unwrap();
    server.put("pg_hba.conf", "host all postgres 127.0.0.1/32 trust\nhost all ada,bo 127.0.0.1/32 scram-sha-256\n");
    client
        .batch_execute("SELECT pg_reload_conf(); SELECT pg_sleep(0.2); GRANT CREATE ON SCHEMA public TO ada")
        .unwrap();
    let of = |user: &str, rest: &str| {
        let (_, place) = trusted.split_once('@').unwrap();
        format!("postgres://{user}@{}{rest}", place.trim_end_matches("trusted"))
    };
    for (address, expected) in [
        (of("ada:Wrong1", "trusted"), "the database cannot be used: password authentication failed for user \"ada\""),
        (of("ada:Secret1", "nothing"), "the database cannot be used: database \"nothing\" does not exist"),
        (of("bo:Secret1", "trusted"), "the database cannot be used: permission denied for schema public"),
    ] {
        assert_eq!(said(&address), expected);
    }
    let unreachable = said("postgres://ada:Secret1@127.0.0.1:1/name");
    assert!(unreachable.starts_with("the database cannot be reached: error connecting to server"), "{unreachable}");
    assert!(!unreachable.contains("Secret1"));
    assert!(!format!("{:?}", Store::open(&of("ada:Secret1", "trusted")).unwrap()).contains("Secret1"));
    // Whoever may not make tables can use those that are there.
    drop(client);
    let mut as_ada = crate::client(&of("ada:Secret1", "trusted"));
    as_ada.batch_execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO bo").unwrap();
    let store = Store::open(&of("bo:Secret1", "trusted")).unwrap();
    let mut session = store.begin(Manner::Alone).unwrap();
    session.create(&[(Kind::Contact, "a")]).unwrap();
    session.commit().unwrap();
}

#[test]
fn a_log_begins_anew_though_somebody_always_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = Store::open(path.to_str().unwrap()).unwrap();
    let text = "x".repeat(1 << 20);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for number in 0..500 {
                let mut session = store.begin(Manner::Together).unwrap();
                let document = Document { id: number.to_string(), at: Instant(0), until: None, text: text.clone() };
                session.put_document("long", &document).unwrap();
                session.commit().unwrap();
            }
        });
        while !writing.is_finished() {
            store.tidy().unwrap();
        }
    });
    let log = std::fs::metadata(folder.path().join("store.db-wal")).unwrap().len() >> 20;
    assert!((64..350).contains(&log), "{log} MB");
    assert_eq!(store.begin(Manner::Reading).unwrap().documents("long", None, 1000).unwrap().len(), 500);
}

#[test]
fn a_long_log_is_worked_off_into_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = Store::open(path.to_str().unwrap()).unwrap();
    let megabytes = || std::fs::metadata(&path).unwrap().len() >> 20;
    let text = "x".repeat(1 << 20);
    for number in 0..70 {
        let mut session = store.begin(Manner::Together).unwrap();
        let document = Document { id: number.to_string(), at: Instant(0), until: None, text: text.clone() };
        session.put_document("long", &document).unwrap();
        session.commit().unwrap();
        if number == 30 {
            // Not worth it yet.
            store.tidy().unwrap();
        }
    }
    assert!(megabytes() < 2, "it is all in the log");
    // Somebody reads meanwhile, and hinders nobody.
    let mut reading = store.begin(Manner::Reading).unwrap();
    store.tidy().unwrap();
    assert!(megabytes() >= 70);
    assert_eq!(reading.documents("long", None, 100).unwrap().len(), 70);
}
