//! No verb of every day reads a whole table: with a hundred thousand of everything, run so often that a server takes
//! the plan that fits all parameters.

use std::time::Instant;

use rules::day::Instant as Moment;
use store::change::Cursor;
use store::index::{Entry, Named};
use store::list::{Listing, Place, Sort};
use store::standing::Tally;
use store::subject::Kind;
use store::testing::{Server, steps};
use store::{Manner, Session, Store};

use crate::Ground;
use crate::samples::{bare, change, cohort, day, document, listing, number, standing};

fn entry(subject: i64, name: &str, value: &str) -> Entry {
    Entry { subject, name: name.into(), value: value.into() }
}

/// A server plans anew five times before it thinks of a plan for all.
const RUNS: usize = 8;

type Verb = fn(&mut Session<'_>, i64);

const VERBS: &[(&str, Verb)] = &[
    ("create", |s, n| s.create(&[(Kind::Visitor, &format!("new{n}")), (Kind::Contact, "c5")]).unwrap()),
    ("find", |s, n| assert_eq!(s.find(&[(Kind::Contact, &format!("c{n}")), (Kind::Account, "no")]).unwrap().len(), 1)),
    ("subjects_of", |s, n| assert_eq!(s.subjects_of(&[n, n + 1]).unwrap().len(), 2)),
    ("merged_with", |s, n| assert_eq!(s.merged_with(&[n]).unwrap().len(), 0)),
    ("hold", |s, n| assert_eq!(s.hold(&[n, n + 1]).unwrap().len(), 2)),
    ("lock", |s, n| assert_eq!(s.lock(&[n, n + 1]).unwrap().len(), 2)),
    ("update", |s, n| {
        let found = s.subjects_of(&[n]).unwrap();
        s.update(&[&found[0]]).unwrap();
    }),
    ("due", |s, _| assert_eq!(s.due(Kind::Contact, day("2026-03-14"), 100).unwrap().len(), 100)),
    ("due, nobody", |s, _| assert_eq!(s.due(Kind::Account, day("2026-03-14"), 100).unwrap().len(), 0)),
    ("walk", |s, n| assert_eq!(s.walk(Kind::Contact, n, 100).unwrap().len(), 100)),
    ("last", |s, _| assert!(s.last(Kind::Contact).unwrap().is_some())),
    ("some_activities", |s, n| assert_eq!(s.some_activities(&[n, n + 1]).unwrap().len(), 2)),
    ("activities", |s, n| assert_eq!(s.activities(&[n, n + 1]).unwrap().len(), 2)),
    ("add_activities", |s, n| s.add_activities(&[&bare(n + 2000)]).unwrap()),
    ("amend_activity", |s, n| {
        let found = s.activities(&[n]).unwrap();
        s.amend_activity(&found[0]).unwrap();
    }),
    ("imported", |s, n| assert_eq!(s.imported(0, n, n + 100).unwrap().len(), 100)),
    ("remove_activities", |s, n| s.remove_activities(&[(n + 3000, n + 3000)]).unwrap()),
    ("index", |s, n| s.index(&[n], &[entry(n, "contact.plan", "gold")]).unwrap()),
    ("unindex", |s, _| assert!(s.unindex("contact.city", 10).unwrap())),
    ("list, by an attribute of few", |s, n| {
        let named = vec![Named::new("contact.city".into(), [format!("r{}", n + 15_000)])];
        let listing = Listing { named, ..listing(Sort::Points { score: 0, descending: true }) };
        assert_eq!(s.list(&listing, 10).unwrap().found.len(), 5);
    }),
    ("list, by whom they name", |s, n| {
        let listing = Listing { naming: Some(n + 1), ..listing(Sort::Points { score: 0, descending: true }) };
        assert_eq!(s.list(&listing, 10).unwrap().found.len(), 1);
    }),
    ("list, by points", |s, n| {
        let place = Place { points: number("0.1"), key: n, id: "".into() };
        let listing = Listing { after: Some(place), ..listing(Sort::Points { score: 0, descending: false }) };
        assert_eq!(s.list(&listing, 10).unwrap().found.len(), 10);
    }),
    ("beginning", |s, n| {
        assert_eq!(s.beginning(&listing(Sort::Id), &format!("c{n}"), 5).unwrap().found.len(), 5);
    }),
    ("looked_through", |s, _| assert_eq!(s.looked_through(&listing(Sort::Id), "c7", 50).unwrap().walked, 50)),
    ("list, by id", |s, _| assert_eq!(s.list(&listing(Sort::Id), 10).unwrap().found.len(), 10)),
    ("named_by", |s, n| assert_eq!(s.named_by(&[n]).unwrap().len(), 1)),
    ("naming", |s, n| assert_eq!(s.naming(&[n + 1]).unwrap().len(), 1)),
    ("link", |s, n| s.link(&[(n, n + 5), (n, n + 1)]).unwrap()),
    ("unlink", |s, n| s.unlink(&[(n, n + 5)]).unwrap()),
    ("mark", |s, n| s.mark(&[n]).unwrap()),
    ("marked", |s, _| assert_eq!(s.marked(10).unwrap().len(), 10)),
    ("unmark", |s, n| s.unmark(&[n]).unwrap()),
    ("standings", |s, n| assert_eq!(s.standings(1, &[n, n + 1]).unwrap().len(), 4)),
    ("put_standings", |s, n| s.put_standings(&[&standing(n + 4000, 1, 0, Some("1"))]).unwrap()),
    ("counted", |s, n| {
        let tally = Tally { cohort: cohort(&(n % 20).to_string()), points: number("0.1"), band: None, count: 0 };
        assert_eq!(s.counted(1, 0, &tally, 100).unwrap().len(), 0);
    }),
    ("remove_standings", |s, n| s.remove_standings(1, &[n + 5000]).unwrap()),
    ("remove_other_versions", |s, _| assert!(s.remove_other_versions(1, 3, 10).unwrap())),
    ("add_changes", |s, n| s.add_changes(&[change(n, None, Some("x"))]).unwrap()),
    ("history", |s, n| assert_eq!(s.history(n + 100, i64::MAX, 10).unwrap().len(), 1)),
    ("crossings", |s, _| assert_eq!(s.crossings(Cursor { transaction: 1, seq: 99_000 }, 50).unwrap().len(), 50)),
    ("last_crossing", |s, _| assert!(s.last_crossing().unwrap() > Cursor::default())),
    ("document", |s, n| assert!(s.document("version", &format!("v{n}")).unwrap().is_some())),
    ("documents", |s, _| assert_eq!(s.documents("version", Some("v5"), 10).unwrap().len(), 10)),
    ("documents, the last", |s, _| assert_eq!(s.documents("version", None, 10).unwrap().len(), 10)),
    ("put_document", |s, n| s.put_document("version", &document(&format!("v{n}"), "", None)).unwrap()),
    ("add_document", |s, n| assert!(!s.add_document("version", &document(&format!("v{n}"), "", None)).unwrap())),
    ("remove_outdated", |s, _| s.remove_outdated("session", Moment(9)).unwrap()),
    ("erase", |s, n| s.erase(&[n + 6000]).unwrap()),
];

/// So many rows of everything; `n` stands for their number.
fn crowd(ground: &Ground) {
    let series = match ground.is_postgres {
        true => "INSERT INTO one SELECT n FROM generate_series(1, 100000) AS g (n)",
        false => {
            "WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 100000)
             INSERT INTO one SELECT n FROM up"
        }
    };
    ground.raw(&format!(
        "CREATE TEMP TABLE one (n BIGINT); {series};
         INSERT INTO subject (key, kind, id, parent, person, turn, record, next_day)
            SELECT n, 1, 'c' || n, 0, 0, 0, '', 20000 + n % 3 FROM one;
         INSERT INTO activity (subject, seq, occurred, received, origin, type) SELECT n, n, 0, 0, 0, 'visit' FROM one;
         INSERT INTO link SELECT n, n + 1 FROM one;
         INSERT INTO standing SELECT n, 1, 0, 1, n % 100000, 'hot', '=' || n % 20, '' FROM one;
         INSERT INTO standing SELECT n, 1, 1, 1, n % 100000, 'hot', NULL, '' FROM one;
         INSERT INTO standing SELECT n, 2, 0, 1, n % 100000, 'hot', NULL, '' FROM one;
         INSERT INTO change (tx, at, day, subject, score, version, points, band, cause)
            SELECT 1, 0, 0, n, 'e', 1, 1, CASE WHEN n % 10 = 0 THEN 'hot' END, 'activity' FROM one;
         INSERT INTO mark (subject) SELECT n FROM one;
         INSERT INTO attribute SELECT 'contact.city', 'r' || (n % 20000), n FROM one;
         INSERT INTO record (kind, id, at, document) SELECT 'version', 'v' || n, 0, '' FROM one;
         INSERT INTO record (kind, id, at, until, document) SELECT 'session', 's' || n, 0, 5, '' FROM one WHERE n < 99;"
    ));
    if ground.is_postgres {
        ground.raw("SELECT setval(pg_get_serial_sequence('subject', 'key'), 200000)");
        ground.raw("VACUUM ANALYZE");
    }
}

/// Runs each verb so often, and says which of them do more than so much, by whatever is counted.
fn whole_tables(ground: &Ground, most: i64, mut read: impl FnMut() -> i64) -> Vec<String> {
    let mut whole = Vec::new();
    for (name, verb) in VERBS {
        // On one connection, so that it is the same prepared statement; it ends, and a server counts what it did.
        let store = Store::open(&ground.address).unwrap();
        let mut session = store.begin(Manner::Together).unwrap();
        let begun = Instant::now();
        for run in 1..=RUNS {
            verb(&mut session, 10 * i64::try_from(run).unwrap());
        }
        let each = begun.elapsed() / u32::try_from(RUNS).unwrap();
        session.commit().unwrap();
        drop(store);
        let rows = read();
        println!("{name:24} {each:>12.1?} {rows:>8}");
        if rows > most {
            whole.push(format!("{name}: {rows}"));
        }
    }
    whole
}

#[test]
fn of_files() {
    let folder = tempfile::tempdir().unwrap();
    let address = folder.path().join("store.db").to_str().unwrap().to_owned();
    let ground = Ground { store: Store::open(&address).unwrap(), address, is_postgres: false };
    crowd(&ground);
    steps();
    assert_eq!(whole_tables(&ground, 20_000, steps), Vec::<String>::new());
}

#[test]
fn of_a_server() {
    let Some(server) = Server::start() else { return };
    let address = server.database("crowd");
    let ground = Ground { store: Store::open(&address).unwrap(), address, is_postgres: true };
    crowd(&ground);
    let mut watch = crate::client(&ground.address);
    let mut before = 0;
    let mut read = || {
        std::thread::sleep(std::time::Duration::from_millis(100));
        let asked = "SELECT (SELECT coalesce(sum(seq_tup_read), 0)::bigint FROM pg_stat_user_tables)
            + (SELECT coalesce(sum(idx_tup_read), 0)::bigint FROM pg_stat_user_indexes)";
        let all: i64 = watch.query_one(asked, &[]).unwrap().get(0);
        all - std::mem::replace(&mut before, all)
    };
    read();
    assert_eq!(whole_tables(&ground, 5000, read), Vec::<String>::new());
}
