//! Transactions beside one another.

use std::sync::mpsc;
use std::time::Duration;

use store::subject::Kind;
use store::{Error, Manner, Session, Store};

use crate::samples::{bare, contacts};
use crate::{Behaviour, Ground};

pub(crate) const ALL: &[Behaviour] = &[
    ("a dropped session leaves nothing", dropped),
    ("reading sees one moment", reading_sees_one_moment),
    ("reading writes nothing", reading_writes_nothing),
    ("alone waits for the others", alone_waits),
    ("those who write other subjects do not wait", together),
    ("a lock is waited for", a_lock_is_waited_for),
    ("what failed is not committed", what_failed_is_not_committed),
    ("what failed is told at the latest by the commit", what_failed_is_told),
    ("one of all has the turn", one_has_the_turn),
];

/// Long enough to see that somebody waits.
const WHILE: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_secs(8);

fn count(ground: &Ground) -> i64 {
    ground.read(|session| session.count(Kind::Contact).unwrap())
}

fn dropped(ground: &Ground) {
    for manner in [Manner::Together, Manner::Alone] {
        let mut session = ground.store.begin(manner).unwrap();
        contacts(&mut session, &["a", "b"]);
        drop(session);
        assert_eq!(count(ground), 0);
    }
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut session = ground.store.begin(Manner::Alone).unwrap();
        contacts(&mut session, &["a"]);
        std::panic::resume_unwind(Box::new(()));
    }));
    assert!(unwound.is_err());
    assert_eq!(count(ground), 0);
    ground.write(|session| contacts(session, &["a"]));
    assert_eq!(count(ground), 1);
}

fn reading_sees_one_moment(ground: &Ground) {
    ground.write(|session| contacts(session, &["a"]));
    let mut reading = ground.store.begin(Manner::Reading).unwrap();
    assert_eq!(reading.count(Kind::Contact).unwrap(), 1);
    ground.write(|session| contacts(session, &["b"]));
    let a = reading.find(&[(Kind::Contact, "a")]).unwrap().remove(0).key;
    ground.write(|session| session.erase(&[a]).unwrap());
    assert_eq!(reading.count(Kind::Contact).unwrap(), 1);
    assert_eq!(reading.find(&[(Kind::Contact, "a"), (Kind::Contact, "b")]).unwrap().len(), 1);
    reading.commit().unwrap();
    assert_eq!(ground.read(|session| session.find(&[(Kind::Contact, "b")]).unwrap().len()), 1);
}

fn reading_writes_nothing(ground: &Ground) {
    let mut reading = ground.store.begin(Manner::Reading).unwrap();
    let created = reading.create(&[(Kind::Contact, "a")]).and_then(|()| reading.commit());
    assert!(matches!(created, Err(Error::Full(_))));
    assert_eq!(count(ground), 0);
}

/// Does something in a thread, and says whether it is done before and after a session ends.
fn waits(ground: &Ground, first: Manner, second: Manner) -> bool {
    let session = ground.store.begin(first).unwrap();
    std::thread::scope(|scope| {
        let (done, is_done) = mpsc::channel();
        scope.spawn(move || {
            ground.store.begin(second).unwrap().commit().unwrap();
            done.send(()).unwrap();
        });
        let waited = is_done.recv_timeout(WHILE).is_err();
        session.commit().unwrap();
        if waited {
            is_done.recv_timeout(LONG).expect("it goes on once it is let");
        }
        waited
    })
}

fn alone_waits(ground: &Ground) {
    assert!(waits(ground, Manner::Alone, Manner::Alone));
    assert!(waits(ground, Manner::Alone, Manner::Together));
    assert!(waits(ground, Manner::Together, Manner::Alone));
    assert!(!waits(ground, Manner::Alone, Manner::Reading));
    assert!(!waits(ground, Manner::Reading, Manner::Alone));
    // Only a server has several who write.
    assert_eq!(waits(ground, Manner::Together, Manner::Together), !ground.is_postgres);
}

fn together(ground: &Ground) {
    std::thread::scope(|scope| {
        for thread in 0..6 {
            scope.spawn(move || {
                for round in 0..10 {
                    // All of them make the same subjects, each in another order.
                    let mut ids: Vec<String> = (0..20).map(|number| format!("c{round}-{number}")).collect();
                    ids.rotate_left(thread * 3);
                    let ids: Vec<(Kind, &str)> = ids.iter().map(|id| (Kind::Contact, id.as_str())).collect();
                    ground.write(|session| {
                        session.create(&ids).unwrap();
                        let keys: Vec<_> = session.find(&ids).unwrap().iter().map(|one| one.key).collect();
                        let locked = session.lock(&keys).unwrap();
                        assert_eq!(locked.len(), 20);
                        session.update(&locked.iter().rev().collect::<Vec<_>>()).unwrap();
                        session.add_activities(&[&bare(locked[thread].key)]).unwrap();
                    });
                }
            });
        }
    });
    assert_eq!(count(ground), 200);
    let keys = ground.read(|session| session.walk(Kind::Contact, 0, 1000).unwrap());
    let activities = ground.read(|session| session.activities(&keys).unwrap());
    let mut numbers: Vec<i64> = activities.iter().map(|activity| activity.seq).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 60);
}

fn a_lock_is_waited_for(ground: &Ground) {
    let a = ground.write(|session| contacts(session, &["a"]))[0];
    let mut first = ground.store.begin(Manner::Together).unwrap();
    let mut ada = first.lock(&[a]).unwrap().remove(0);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            let mut second = ground.store.begin(Manner::Together).unwrap();
            second.lock(&[a]).unwrap().remove(0).next_day
        });
        std::thread::sleep(WHILE);
        assert!(!second.is_finished());
        ada.next_day = Some(crate::samples::day("2026-03-14"));
        first.update(&[&ada]).unwrap();
        first.commit().unwrap();
        assert_eq!(second.join().unwrap(), ada.next_day, "what is said once the lock is had is what it is now");
    });
}

fn what_failed_is_not_committed(ground: &Ground) {
    ground.raw("ALTER TABLE mark RENAME TO elsewhere");
    let mut session = ground.store.begin(Manner::Together).unwrap();
    contacts(&mut session, &["a"]);
    assert!(matches!(session.mark(&[1]), Err(Error::Broken(_))));
    let error = session.commit().unwrap_err().to_string();
    assert!(error.contains("something failed in this transaction"), "{error}");
    assert_eq!(count(ground), 0);
    ground.raw("ALTER TABLE elsewhere RENAME TO mark");
    ground.write(|session| session.mark(&[1]).unwrap());
}

fn what_failed_is_told(ground: &Ground) {
    let spoil = |session: &mut Session<'_>| {
        contacts(session, &["a"]);
        session.mark(&[1])
    };
    // A server knows the statement already, and is not waited for.
    ground.write(|session| session.mark(&[1]).unwrap());
    ground.raw("ALTER TABLE mark RENAME TO elsewhere");
    let mut asking = ground.store.begin(Manner::Together).unwrap();
    let asked = spoil(&mut asking).and_then(|()| asking.count(Kind::Contact));
    let Err(Error::Broken(told)) = asked else { panic!("{asked:?}") };
    assert!(told.contains("mark"), "{told}");
    assert!(matches!(asking.commit(), Err(Error::Broken(_))));
    let mut writing = ground.store.begin(Manner::Together).unwrap();
    let written = spoil(&mut writing).and_then(|()| writing.commit());
    let Err(Error::Broken(told)) = written else { panic!("{written:?}") };
    assert!(told.contains("mark"), "{told}");
    assert_eq!(count(ground), 0);
    ground.raw("ALTER TABLE elsewhere RENAME TO mark");
    // What is told and then dropped is undone.
    drop(ground.store.begin(Manner::Together).map(|mut session| spoil(&mut session)).unwrap());
    assert_eq!((count(ground), ground.read(|session| session.marks(9).unwrap())), (0, 1));
}

fn one_has_the_turn(ground: &Ground) {
    assert!(ground.store.turn().unwrap() && ground.store.turn().unwrap());
    if !ground.is_postgres {
        return;
    }
    let other = Store::open(&ground.address).unwrap();
    let first = Store::open(&ground.address).unwrap();
    assert!(!other.turn().unwrap() && !first.turn().unwrap() && ground.store.turn().unwrap());
    // Whose connection is cut has it no more, and takes it again if nobody did meanwhile.
    ground.raw("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted");
    let begun = std::time::Instant::now();
    while !other.turn().unwrap() {
        assert!(begun.elapsed().as_secs() < 10, "nobody gets the turn");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // That it is lost may be noticed once.
    assert!(ground.store.turn().is_err() && !ground.store.turn().unwrap());
    drop(other);
    while !first.turn().unwrap() {
        assert!(begun.elapsed().as_secs() < 20, "nobody gets the turn");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
