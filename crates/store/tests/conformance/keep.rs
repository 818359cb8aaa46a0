//! Documents.

use rules::day::Instant;
use store::Manner;

use crate::samples::{ODD, document};
use crate::{Behaviour, Ground};

pub(crate) const ALL: &[Behaviour] = &[
    ("documents are put and removed", put_and_removed),
    ("a document is added once", added_once),
    ("of two who add one does", of_two_who_add),
    ("documents by pages", by_pages),
    ("outdated documents", outdated),
];

fn put_and_removed(ground: &Ground) {
    ground.write(|session| {
        for one in [document(ODD, ODD, Some(9)), document(ODD, "", None), document("", "empty", None)] {
            session.put_document("key", &one).unwrap();
            assert_eq!(session.document("key", &one.id).unwrap(), Some(one));
        }
        assert_eq!(session.document("user", ODD).unwrap(), None);
        assert!(session.remove_document("key", ODD).unwrap());
        assert!(!session.remove_document("key", ODD).unwrap());
        assert!(session.document("key", "").unwrap().is_some());
    });
}

fn added_once(ground: &Ground) {
    ground.write(|session| {
        assert!(session.add_document("key", &document("a", "first", None)).unwrap());
        assert!(!session.add_document("key", &document("a", "second", None)).unwrap());
        assert!(session.add_document("user", &document("a", "third", None)).unwrap());
        assert_eq!(session.document("key", "a").unwrap().unwrap().text, "first");
    });
}

fn of_two_who_add(ground: &Ground) {
    let added = std::thread::scope(|scope| {
        let add = |text: &'static str| {
            scope.spawn(move || {
                let mut session = ground.store.begin(Manner::Together).unwrap();
                let added = session.add_document("job", &document("midnight", text, None)).unwrap();
                // The other is to come in between.
                std::thread::sleep(std::time::Duration::from_millis(50));
                session.commit().unwrap();
                added.then_some(text)
            })
        };
        let added: Vec<_> = ["a", "b", "c", "d"].map(add).into_iter().filter_map(|one| one.join().unwrap()).collect();
        added
    });
    assert_eq!(added.len(), 1);
    assert_eq!(ground.read(|session| session.document("job", "midnight").unwrap().unwrap().text), added[0]);
}

fn by_pages(ground: &Ground) {
    // In the order of bytes, whatever the language of the server is.
    let ids = ["B", "a", "b", "é", "é2"];
    ground.write(|session| {
        for id in ids {
            session.put_document("version", &document(id, id, None)).unwrap();
        }
        session.put_document("versions", &document("c", "", None)).unwrap();
        let mut page = |before| {
            let found = session.documents("version", before, 2).unwrap();
            found.into_iter().map(|document| document.id).collect::<Vec<_>>()
        };
        assert_eq!(page(None), ["é2", "é"]);
        assert_eq!(page(Some("é")), ["b", "a"]);
        assert_eq!(page(Some("a")), ["B"]);
        assert!(page(Some("B")).is_empty());
    });
}

fn outdated(ground: &Ground) {
    ground.write(|session| {
        for (id, until) in [("a", Some(4)), ("b", Some(5)), ("c", Some(6)), ("d", None)] {
            session.put_document("session", &document(id, "", until)).unwrap();
        }
        session.put_document("key", &document("a", "", Some(1))).unwrap();
        session.remove_outdated("session", Instant(5)).unwrap();
        let left = session.documents("session", None, 9).unwrap();
        assert_eq!(left.iter().map(|one| &*one.id).collect::<Vec<_>>(), ["d", "c"]);
        assert!(session.document("key", "a").unwrap().is_some());
    });
}
