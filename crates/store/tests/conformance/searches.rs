//! Lists in which a text is looked for.

use std::sync::Arc;

use rules::decimal::Decimal;
use store::list::{Listing, Place, Sort};
use store::subject::Kind;
use store::{Session, subject::Subject};

use crate::samples::{ODD, listing, number, standing};
use crate::{Behaviour, Ground};

pub(crate) const ALL: &[Behaviour] =
    &[("beginning with a text", beginning), ("looked through for a text", looked_through)];

const IDS: [&str; 7] = ["a", "ab", "aB", "a\u{10ffff}", "b%_!", "\u{d8}rjan", ODD];

/// Contacts with these ids; what is known of each is its place, and of the first two something more.
fn crowd(session: &mut Session<'_>) {
    let names: Vec<(Kind, &str)> = IDS.iter().map(|id| (Kind::Contact, *id)).collect();
    session.create(&names).unwrap();
    session.create(&[(Kind::Account, "ab")]).unwrap();
    let mut subjects: Vec<Subject> = session.find(&names).unwrap();
    subjects.sort_by_key(|subject| IDS.iter().position(|id| **id == *subject.id));
    for (place, subject) in subjects.iter_mut().enumerate() {
        subject.record.exist(None);
        let mut say = |name: &str, value: &str| {
            let known = subject.record.attributes.entry(name.into()).or_default();
            known.insert(None, Some(value.into()));
        };
        say("place", &format!("number {place}"));
        match place {
            0 => say("name", "Ada \"the first\" \u{c5}sen"),
            1 => say("note", "100 % \\ _"),
            _ => {}
        }
    }
    session.update(&subjects.iter().collect::<Vec<_>>()).unwrap();
    let points = |place: usize| format!("{}", place * 10);
    let standings: Vec<_> =
        subjects.iter().enumerate().map(|(place, subject)| standing(subject.key, 1, 0, Some(&points(place)))).collect();
    session.put_standings(&standings.iter().collect::<Vec<_>>()).unwrap();
}

fn ids(places: impl IntoIterator<Item = Place>) -> Vec<Arc<str>> {
    places.into_iter().map(|place| place.id).collect()
}

fn beginning(ground: &Ground) {
    ground.write(crowd);
    ground.read(|session| {
        let mut found = |text: &str, limit| ids(session.beginning(&listing(Sort::Id), text, limit).unwrap().found);
        // Byte by byte, and as it is written.
        assert_eq!(found("a", 9)[..3], ["a", "aB", "ab"].map(Arc::from));
        assert_eq!(found("a", 2), ["a", "aB"].map(Arc::from));
        assert_eq!(found("ab", 9), [Arc::from("ab")]);
        assert_eq!(found("b%_", 9), [Arc::from("b%_!")]);
        assert_eq!(found("%", 9), []);
        assert_eq!(found("Zo", 9), [Arc::from(ODD)]);
    });
}

fn looked_through(ground: &Ground) {
    ground.write(crowd);
    let hits = |listing: &Listing, text: &str| {
        let run = ground.read(|session| session.looked_through(listing, text, 100).unwrap());
        assert_eq!(run.end, None, "everybody is looked at");
        // The same a few at a time, from where it ended before.
        let (mut some, mut listing) = (Vec::new(), listing.clone());
        loop {
            let run = ground.read(|session| session.looked_through(&listing, text, 2).unwrap());
            some.extend(run.found);
            listing.after = run.end;
            if listing.after.is_none() {
                break;
            }
        }
        assert_eq!(some, run.found);
        ids(run.found)
    };
    let by_id = listing(Sort::Id);
    for (text, expected) in [
        // In the id or in what is known, in any case.
        ("AB", &["aB", "ab"][..]),
        ("number 5", &["\u{d8}rjan"]),
        ("ada", &["a"]),
        ("the FIRST\" ", &["a"]),
        ("\u{f8}rj", &["\u{d8}rjan"]),
        ("\u{e5}sen", &["a"]),
        // What means something to a database means itself.
        ("100 % \\ _", &["ab"]),
        ("%_", &["b%_!"]),
        ("!", &["b%_!"]),
        ("' OR 1=1", &[ODD]),
        ("nobody", &[]),
    ] {
        assert_eq!(hits(&by_id, text), expected.iter().map(|id| Arc::from(*id)).collect::<Vec<_>>(), "{text}");
    }
    let by_points = listing(Sort::Points { score: 0, descending: true });
    assert_eq!(hits(&by_points, "ab"), ["aB", "ab"].map(Arc::from));
    let last = ground.read(|session| session.list(&by_points, 1).unwrap()).found.pop().unwrap();
    assert_eq!((&*last.id, last.points), (ODD, number("60")));
    let after = Listing { after: Some(last), ..by_points };
    assert_eq!(hits(&after, "ab"), ["aB", "ab"].map(Arc::from));
    assert_eq!(Decimal::ZERO, ground.read(|session| session.list(&by_id, 1).unwrap()).found[0].points);
}
