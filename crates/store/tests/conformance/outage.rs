//! A server that goes away and comes back.

use store::subject::Kind;
use store::testing::Server;
use store::{Error, Manner, Store};

/// More than all connections that a store has, so that a place that is lost each time would be missed.
const ROUNDS: usize = 46;
const MANNERS: [Manner; 3] = [Manner::Reading, Manner::Together, Manner::Alone];

fn works(store: &Store) {
    for manner in MANNERS {
        let mut session = store.begin(manner).unwrap();
        session.count(Kind::Contact).unwrap();
        session.commit().unwrap();
    }
}

#[test]
fn it_works_again_by_itself() {
    let Some(mut server) = Server::start() else { return };
    let store = Store::open(&server.database("outage")).unwrap();
    works(&store);
    for round in 0..3 {
        let mut writing = store.begin(Manner::Together).unwrap();
        writing.create(&[(Kind::Contact, &format!("in doubt {round}"))]).unwrap();
        let mut reading = store.begin(Manner::Reading).unwrap();
        let idle: Vec<_> = (0..5).map(|_| store.begin(Manner::Reading).unwrap()).collect();
        drop(idle);
        server.stop();
        assert!(matches!(reading.count(Kind::Contact), Err(Error::Unavailable(_))));
        let error = writing.commit().unwrap_err();
        assert!(matches!(error, Error::InDoubt(_)), "{error:?}");
        assert!(!error.is_transient());
        drop(reading);
        for turn in 0..ROUNDS {
            let error = store.begin(MANNERS[turn % 3]).unwrap_err();
            assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
            assert!(error.is_transient());
        }
        server.resume();
        works(&store);
        // All places are there still: as many at once as there may be.
        let all: Vec<_> = (0..16).map(|_| store.begin(Manner::Reading).unwrap()).collect();
        drop(all);
        let mut session = store.begin(Manner::Reading).unwrap();
        assert_eq!(session.count(Kind::Contact).unwrap(), 0, "what was not committed is not there");
    }
}

#[test]
fn a_connection_that_is_cut_is_replaced() {
    let Some(server) = Server::start() else { return };
    let address = server.database("cut");
    let store = Store::open(&address).unwrap();
    let mut client = crate::client(&address);
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fervor'";
    // Three times for each place in the pool, and what is cut is never noticed by who comes next.
    for turn in 0..ROUNDS {
        let manner = MANNERS[turn % 3];
        works(&store);
        client.execute(cut, &[]).unwrap();
        store.begin(manner).unwrap().commit().unwrap();
        let mut session = store.begin(manner).unwrap();
        client.execute(cut, &[]).unwrap();
        let error = session.count(Kind::Contact).unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }
    let all: Vec<_> = (0..16).map(|_| store.begin(Manner::Together).unwrap()).collect();
    assert_eq!(all.len(), 16);
}
