//! Subjects, activities, links and marks.

use rules::value::Value;
use store::activity::{FEW, Stored};
use store::subject::{Key, Kind, Subject};

use crate::samples::{ODD, bare, contacts, day, full, number, record};
use crate::{Behaviour, Ground};

pub(crate) const ALL: &[Behaviour] = &[
    ("subjects are made once", subjects_are_made_once),
    ("ids differ by every letter", ids_differ_by_every_letter),
    ("what is updated is read", what_is_updated_is_read),
    ("merged with", merged_with),
    ("due and walk", due_and_walk),
    ("what is asked for twice is told once", asked_twice),
    ("activities of every kind", activities_of_every_kind),
    ("activities in the order of acceptance", order_of_acceptance),
    ("a few activities of each", few_of_each),
    ("activities amended and removed", amended_and_removed),
    ("links", links),
    ("marks", marks),
    ("erased", erased),
    ("nothing is asked for", nothing_is_asked_for),
];

fn keys(subjects: &[Subject]) -> Vec<Key> {
    let mut keys: Vec<Key> = subjects.iter().map(|subject| subject.key).collect();
    keys.sort_unstable();
    keys
}

fn subjects_are_made_once(ground: &Ground) {
    let ids = [(Kind::Contact, "ada"), (Kind::Account, "ada"), (Kind::Contact, "ada"), (Kind::Visitor, "")];
    for _ in 0..2 {
        ground.write(|session| session.create(&ids).unwrap());
    }
    ground.read(|session| {
        let counts = [Kind::Contact, Kind::Account, Kind::Opportunity, Kind::Visitor];
        assert_eq!(counts.map(|kind| session.count(kind).unwrap()), [1, 1, 0, 1]);
        let found = session.find(&[(Kind::Contact, "ada"), (Kind::Opportunity, "ada"), (Kind::Contact, "bo")]).unwrap();
        let [ada] = &found[..] else { panic!("{found:?}") };
        assert_eq!((ada.kind, &*ada.id, ada.parent, ada.merged), (Kind::Contact, "ada", None, None));
        assert_eq!((ada.next_day, ada.person()), (None, ada.key));
        assert_eq!(ada.record, Default::default());
    });
}

fn ids_differ_by_every_letter(ground: &Ground) {
    // Composed and decomposed, upper and lower case, blanks at the end: all of them are different ids.
    let ids = ["é", "e\u{301}", "É", "e", "e ", " e", "", ODD];
    ground.write(|session| {
        let mut keys = contacts(session, &ids);
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), ids.len());
        for id in ids {
            assert_eq!(&*session.find(&[(Kind::Contact, id)]).unwrap()[0].id, id);
        }
    });
}

fn what_is_updated_is_read(ground: &Ground) {
    let [a, b] = ground.write(|session| contacts(session, &["a", "b"]))[..] else { panic!() };
    ground.write(|session| {
        let mut locked = session.lock(&[b, a]).unwrap();
        assert_eq!(keys(&locked), [a, b]);
        locked.sort_by_key(|subject| subject.key);
        let mut ada = locked.swap_remove(0);
        (ada.parent, ada.merged, ada.next_day) = (Some(b), Some(b), Some(day("1969-12-31")));
        let before = ada.clone();
        ada.record = record();
        // Of what is said twice the last counts.
        session.update(&[&before, &ada]).unwrap();
        // Whoever remembers it sees that it was written.
        ada.revision += 1;
        assert_eq!(session.subjects_of(&[a]).unwrap(), [ada.clone()]);
        session.touch(&[(a, None)]).unwrap();
        (ada.next_day, ada.revision) = (None, ada.revision + 1);
        assert_eq!(session.subjects_of(&[a]).unwrap(), [ada]);
        assert_eq!(session.subjects_of(&[b]).unwrap()[0].parent, None);
    });
}

fn merged_with(ground: &Ground) {
    ground.write(|session| {
        let [a, b, c] = contacts(session, &["a", "b", "c"])[..] else { panic!() };
        let mut subjects = session.subjects_of(&[b, c]).unwrap();
        for subject in &mut subjects {
            (subject.parent, subject.merged) = (Some(a), Some(a));
        }
        session.update(&subjects.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(keys(&session.merged_with(&[a, b, 0]).unwrap()), [b, c]);
        assert!(session.merged_with(&[b, 0]).unwrap().is_empty());
    });
}

fn due_and_walk(ground: &Ground) {
    ground.write(|session| {
        let all = contacts(session, &["a", "b", "c", "d"]);
        session.create(&[(Kind::Account, "acme")]).unwrap();
        let mut subjects = session.subjects_of(&all).unwrap();
        subjects.sort_by_key(|subject| subject.key);
        for (subject, next) in
            subjects.iter_mut().zip([Some("2026-03-02"), None, Some("2026-03-01"), Some("2026-03-03")])
        {
            subject.next_day = next.map(day);
        }
        session.update(&subjects.iter().collect::<Vec<_>>()).unwrap();
        let [a, b, c, d] = all[..] else { panic!() };
        assert_eq!(session.due(Kind::Contact, day("2026-03-02"), 9).unwrap(), [c, a]);
        assert_eq!(session.due(Kind::Contact, day("2026-03-09"), 2).unwrap(), [c, a]);
        assert!(session.due(Kind::Account, day("2026-03-09"), 9).unwrap().is_empty());
        assert_eq!(session.walk(Kind::Contact, 0, 3).unwrap(), [a, b, c]);
        assert_eq!(session.walk(Kind::Contact, c, usize::MAX).unwrap(), [d]);
        session.all_due(day("2026-01-01")).unwrap();
        assert_eq!(session.due(Kind::Contact, day("2026-01-01"), 9).unwrap(), [a, b, c, d]);
    });
}

fn asked_twice(ground: &Ground) {
    ground.write(|session| {
        let a = contacts(session, &["a"])[0];
        session.add_activities(&[&bare(a)]).unwrap();
        session.link(&[(a, a), (a, a)]).unwrap();
        session.put_standings(&[&crate::samples::standing(a, 1, 0, None)]).unwrap();
        assert_eq!(session.find(&[(Kind::Contact, "a"), (Kind::Contact, "a")]).unwrap().len(), 1);
        assert_eq!(session.subjects_of(&[a, a]).unwrap().len(), 1);
        assert_eq!(session.lock(&[a, a]).unwrap().len(), 1);
        assert_eq!(session.activities(&[a, a]).unwrap().len(), 1);
        assert_eq!(session.named_by(&[a, a]).unwrap(), [(a, a)]);
        assert_eq!(session.naming(&[a, a]).unwrap(), [(a, a)]);
        assert_eq!(session.standings(1, &[a, a]).unwrap().len(), 1);
    });
}

fn activities_of_every_kind(ground: &Ground) {
    let values = [
        Value::from(""),
        Value::from(ODD),
        Value::from("12"),
        Value::Number(number("12.50")),
        Value::Number(number("-999999999.999999")),
        Value::Bool(true),
        Value::Bool(false),
    ];
    ground.write(|session| {
        let a = contacts(session, &["a"])[0];
        let mut given: Vec<Stored> = values.into_iter().map(|value| full(a, value)).chain([bare(a)]).collect();
        let empty = Stored { source: Some("".into()), id: Some("".into()), ..bare(a) };
        given.push(empty);
        session.add_activities(&given.iter().collect::<Vec<_>>()).unwrap();
        let mut found = session.activities(&[a]).unwrap();
        found.sort_by_key(|activity| activity.seq);
        for (given, found) in given.iter().zip(&found) {
            assert_eq!(Stored { seq: 0, ..found.clone() }, *given);
        }
        assert_eq!(found.len(), given.len());
    });
}

fn order_of_acceptance(ground: &Ground) {
    let [a, b] = ground.write(|session| contacts(session, &["a", "b"]))[..] else { panic!() };
    for round in 0..3 {
        ground.write(|session| {
            let all: Vec<Stored> =
                (0..50).map(|n| Stored { origin: round * 50 + n, ..bare(if n % 2 == 0 { a } else { b }) }).collect();
            session.add_activities(&all.iter().collect::<Vec<_>>()).unwrap();
        });
    }
    let mut found = ground.read(|session| session.activities(&[a, b]).unwrap());
    found.sort_by_key(|activity| activity.seq);
    assert_eq!(found.iter().map(|activity| activity.origin).collect::<Vec<_>>(), (0..150).collect::<Vec<_>>());
    assert!(found.windows(2).all(|two| two[0].seq < two[1].seq) && found[0].seq > 0);
}

fn few_of_each(ground: &Ground) {
    let [a, b] = ground.write(|session| {
        let keys = contacts(session, &["a", "b"]);
        let many = |key: Key, count: usize| std::iter::repeat_with(move || bare(key)).take(count);
        let all: Vec<Stored> = many(keys[0], 3 * FEW).chain(many(keys[1], 2)).collect();
        session.add_activities(&all.iter().collect::<Vec<_>>()).unwrap();
        [keys[0], keys[1]]
    });
    ground.read(|session| {
        let found = session.some_activities(&[a, b, b]).unwrap();
        let of = |key: Key| found.iter().filter(|activity| activity.subject == key).count();
        assert_eq!((of(a), of(b)), (FEW, 2));
        assert_eq!(session.some_activities(&[b + 1]).unwrap(), []);
        assert_eq!((session.last(Kind::Contact).unwrap(), session.last(Kind::Account).unwrap()), (Some(b), None));
    });
}

fn amended_and_removed(ground: &Ground) {
    ground.write(|session| {
        let a = contacts(session, &["a"])[0];
        session.add_activities(&[&full(a, "x".into()), &bare(a)]).unwrap();
        let mut found = session.activities(&[a]).unwrap();
        found.sort_by_key(|activity| activity.seq);
        let (second, mut first) = (found.pop().unwrap(), found.pop().unwrap());
        (first.retracted, first.value, first.original) = (None, Some(Value::Bool(true)), None);
        first.occurred_at = second.occurred_at;
        session.amend_activity(&first).unwrap();
        session.remove_activities(&[(a, second.seq), (a + 1, first.seq)]).unwrap();
        assert_eq!(session.activities(&[a]).unwrap(), [first]);
    });
}

fn links(ground: &Ground) {
    ground.write(|session| {
        session.link(&[(1, 2), (1, 3), (2, 3), (1, 2)]).unwrap();
        session.link(&[(1, 2)]).unwrap();
        let sorted = |mut pairs: Vec<_>| {
            pairs.sort_unstable();
            pairs
        };
        assert_eq!(sorted(session.named_by(&[1]).unwrap()), [(1, 2), (1, 3)]);
        assert_eq!(sorted(session.naming(&[3]).unwrap()), [(1, 3), (2, 3)]);
        session.unlink(&[(1, 3), (3, 1)]).unwrap();
        assert_eq!(session.naming(&[3]).unwrap(), [(2, 3)]);
    });
}

fn marks(ground: &Ground) {
    ground.write(|session| {
        session.mark(&[5, 4, 5]).unwrap();
        let marked = session.marked(9).unwrap();
        let subjects: Vec<_> = marked.iter().map(|(_, subject)| *subject).collect();
        // A note may take the place of the one before.
        assert!(subjects == [5, 4, 5] || subjects == [4, 5], "{subjects:?}");
        assert_eq!(session.marks(9).unwrap(), i64::try_from(subjects.len()).unwrap());
        assert_eq!((session.marks(1).unwrap(), session.marked(1).unwrap()), (1, marked[..1].to_vec()));
        // Whoever has read a note does not take away a later one.
        session.mark(&[4]).unwrap();
        session.unmark(&marked.iter().map(|(number, _)| *number).collect::<Vec<_>>()).unwrap();
        let left = session.marked(9).unwrap();
        assert!(left.len() == 1 && left[0].1 == 4 && marked.iter().all(|mark| mark.0 < left[0].0), "{left:?}");
    });
}

fn erased(ground: &Ground) {
    let [a, b] = ground.write(|session| {
        let keys = contacts(session, &["a", "b"]);
        for key in &keys {
            session.add_activities(&[&bare(*key)]).unwrap();
            session.put_standings(&[&crate::samples::standing(*key, 1, 0, Some("1"))]).unwrap();
            session.add_changes(&[crate::samples::change(*key, None, Some("hot"))]).unwrap();
        }
        session.link(&[(keys[0], keys[1]), (keys[1], keys[0]), (keys[0], 9)]).unwrap();
        session.mark(&keys).unwrap();
        keys
    })[..] else {
        panic!()
    };
    ground.write(|session| {
        session.erase(&[b, b]).unwrap();
        assert_eq!(keys(&session.subjects_of(&[a, b]).unwrap()), [a]);
        assert_eq!(session.activities(&[a, b]).unwrap().len(), 1);
        assert_eq!(session.standings(1, &[a, b]).unwrap().len(), 1);
        assert_eq!(session.history(b, i64::MAX, 9).unwrap(), []);
        assert_eq!(session.history(a, i64::MAX, 9).unwrap().len(), 1);
        assert_eq!(session.named_by(&[a, b]).unwrap(), [(a, 9)]);
        assert_eq!(session.marked(9).unwrap().len(), 1);
        // A number is never given again.
        assert!(contacts(session, &["b"])[0] > b);
    });
}

fn nothing_is_asked_for(ground: &Ground) {
    ground.write(|session| {
        session.create(&[]).unwrap();
        session.update(&[]).unwrap();
        session.add_activities(&[]).unwrap();
        session.put_standings(&[]).unwrap();
        session.add_changes(&[]).unwrap();
        session.erase(&[]).unwrap();
        assert!(session.find(&[]).unwrap().is_empty() && session.lock(&[]).unwrap().is_empty());
        assert!(session.activities(&[]).unwrap().is_empty() && session.standings(1, &[]).unwrap().is_empty());
    });
}
