//! Subjects by attributes that are indexed.

use store::Session;
use store::index::{Entry, Named};
use store::list::{Clause, Listing, Place, Sort};
use store::standing::Standing;
use store::subject::Key;

use crate::samples::{contacts, listing, number, standing};
use crate::{Behaviour, Ground};

pub(crate) const ALL: &[Behaviour] = &[
    ("listed by attributes, whether few or many have them", listed_by_attributes),
    ("listed by whom they name, whether few or many do", listed_by_whom_they_name),
    ("listed where few of many are wanted", listed_among_many),
    ("what is kept of a subject is replaced and removed", index_is_replaced),
];

fn entry(subject: Key, name: &str, value: &str) -> Entry {
    Entry { subject, name: name.into(), value: value.into() }
}

fn by(name: &str, values: &[&str]) -> Named {
    Named::new(name.into(), values.iter().map(|value| (*value).to_owned()))
}

fn by_them(sort: Sort, named: Vec<Named>) -> Listing {
    Listing { named, ..listing(sort) }
}

fn ids(places: &[Place]) -> Vec<&str> {
    places.iter().map(|place| &*place.id).collect()
}

/// Five contacts with 10, 20, 30, 40 and 50 points, of whom the last was merged with the first.
fn five(session: &mut Session<'_>) -> Vec<Key> {
    let keys = contacts(session, &["a", "b", "c", "d", "e"]);
    let mut subjects = session.subjects_of(&keys[4..]).unwrap();
    (subjects[0].parent, subjects[0].merged) = (Some(keys[0]), Some(keys[0]));
    session.update(&[&subjects[0]]).unwrap();
    for (place, key) in keys.iter().enumerate() {
        let one = Standing { points: Some(number(&format!("{}0", place + 1))), ..standing(*key, 1, 0, None) };
        session.put_standings(&[&one]).unwrap();
    }
    let entries = [
        entry(keys[1], "contact.plan", "gold"),
        entry(keys[2], "contact.plan", "basic"),
        entry(keys[3], "contact.plan", "gold"),
        entry(keys[3], "contact.plan", "basic"),
        entry(keys[4], "contact.plan", "gold"),
        entry(keys[3], "contact.city", "Oslo"),
        entry(keys[4], "contact.city", &"x".repeat(300)),
    ];
    session.index(&keys, &entries).unwrap();
    keys
}

fn listed_by_whom_they_name(ground: &Ground) {
    let by_points = |descending| Sort::Points { score: 0, descending };
    ground.write(|session| {
        let keys = five(session);
        // The second, the fourth, and the one who was merged.
        session.link(&[(keys[1], 7), (keys[3], 7), (keys[4], 7), (keys[0], 8)]).unwrap();
    });
    for are_many in [false, true] {
        if are_many {
            let others: Vec<(Key, Key)> = (1_000_000..1_010_001).map(|key| (key, 7)).collect();
            ground.write(|session| session.link(&others).unwrap());
        }
        ground.read(|session| {
            let mut listed = |sort, named: &[Named], limit| {
                let listing = Listing { naming: Some(7), ..by_them(sort, named.to_vec()) };
                let places = session.list(&listing, limit).unwrap().found;
                let next = Listing { after: places.first().cloned(), ..listing };
                let rest = session.list(&next, limit).unwrap().found;
                let both = [ids(&places), ids(&rest)].map(|ids| ids.join(" "));
                both.join(", then ")
            };
            assert_eq!(listed(Sort::Id, &[], 9), "b d, then d", "many: {are_many}");
            assert_eq!(listed(by_points(true), &[], 9), "d b, then b", "many: {are_many}");
            assert_eq!(listed(by_points(false), &[], 9), "b d, then d", "many: {are_many}");
            assert_eq!(listed(Sort::Id, &[by("contact.city", &["Oslo"])], 9), "d, then ", "many: {are_many}");
        });
    }
}

fn listed_by_attributes(ground: &Ground) {
    let by_points = |descending| Sort::Points { score: 0, descending };
    ground.write(|session| _ = five(session));
    for are_many in [false, true] {
        if are_many {
            // So many others that nobody looks at them one by one; of whom, does not matter.
            let names = ["gold", "basic", "Oslo"]
                .map(|value| (if value == "Oslo" { "contact.city" } else { "contact.plan" }, value));
            let others = (1_000_000..1_010_001).flat_map(|key| names.map(|(name, value)| entry(key, name, value)));
            ground.write(|session| session.index(&[], &others.collect::<Vec<_>>()).unwrap());
        }
        ground.read(|session| {
            let mut listed = |sort, named: &[Named], limit| {
                let mut places = session.list(&by_them(sort, named.to_vec()), limit).unwrap().found;
                // Of a few who are known all may be there at once.
                assert!(places.len() <= limit || !are_many);
                places.truncate(limit);
                ids(&places).into_iter().map(ToOwned::to_owned).collect::<Vec<_>>().join(" ")
            };
            let gold = [by("contact.plan", &["gold"])];
            assert_eq!(listed(Sort::Id, &gold, 9), "a b d", "many: {are_many}");
            assert_eq!(listed(by_points(true), &gold, 9), "d b a", "many: {are_many}");
            assert_eq!(listed(by_points(false), &gold, 2), "a b", "many: {are_many}");
            let both = [by("contact.plan", &["gold"]), by("contact.city", &["Oslo"])];
            assert_eq!(listed(Sort::Id, &both, 9), "d", "many: {are_many}");
            assert_eq!(listed(Sort::Id, &[by("contact.plan", &["gold", "basic"])], 9), "a b c d", "many: {are_many}");
            assert_eq!(listed(Sort::Id, &[by("contact.plan", &[])], 9), "", "many: {are_many}");
            // Of long values the beginning is kept.
            assert_eq!(listed(Sort::Id, &[by("contact.city", &[&"x".repeat(301)])], 9), "a", "many: {are_many}");
            let first = session.list(&by_them(by_points(true), gold.to_vec()), 1).unwrap().found;
            let next = Listing { after: first.into_iter().next(), ..by_them(by_points(true), gold.to_vec()) };
            assert_eq!(ids(&session.list(&next, 9).unwrap().found), ["b", "a"], "many: {are_many}");
        });
    }
}

fn index_is_replaced(ground: &Ground) {
    ground.write(|session| {
        let keys = five(session);
        let listed = |session: &mut Session<'_>, name: &str, value: &str| {
            let places = session.list(&by_them(Sort::Id, vec![by(name, &[value])]), 9).unwrap().found;
            ids(&places).join(" ")
        };
        session
            .index(&keys[3..4], &[entry(keys[3], "contact.plan", "free"), entry(keys[3], "contact.plan", "free")])
            .unwrap();
        assert_eq!(listed(session, "contact.plan", "gold"), "a b");
        assert_eq!(
            (listed(session, "contact.plan", "free"), listed(session, "contact.city", "Oslo")),
            ("d".into(), String::new())
        );
        assert!(session.unindex("contact.plan", 2).unwrap());
        while session.unindex("contact.plan", 2).unwrap() {}
        assert_eq!(listed(session, "contact.plan", "gold"), "");
        assert_eq!(listed(session, "contact.city", &"x".repeat(200)), "a");
        session.erase(&[keys[4]]).unwrap();
        assert_eq!(listed(session, "contact.city", &"x".repeat(200)), "");
    });
}

/// Three thousand contacts of whom few are in a band, or between some points of another score.
fn listed_among_many(ground: &Ground) {
    let (mut expected, mut bounded) = (Vec::new(), Vec::new());
    ground.write(|session| {
        let ids: Vec<String> = (0..3000).map(|number| format!("c{number:04}")).collect();
        let keys = contacts(session, &ids.iter().map(String::as_str).collect::<Vec<_>>());
        let mut standings = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            let band = if number % 700 == 3 { "rare" } else { "usual" };
            standings.push(Standing { points: Some(number_of(number % 1000)), ..standing(*key, 1, 0, None) });
            standings.push(Standing {
                points: Some(number_of(number)),
                band: Some(band.into()),
                ..standing(*key, 1, 1, None)
            });
            if band == "rare" {
                expected.push((number % 1000, *key));
            }
            if (100..=103).contains(&number) {
                bounded.push((number % 1000, *key));
            }
        }
        session.put_standings(&standings.iter().collect::<Vec<_>>()).unwrap();
    });
    let none = Clause { score: 1, min: None, max: None, bands: None };
    let rare = Clause { bands: Some(vec!["rare".into()]), ..none.clone() };
    let within = Clause { min: Some(number("100")), max: Some(number("103")), ..none };
    for (clause, mut expected) in [(rare, expected), (within, bounded)] {
        let by_id: Vec<Key> = expected.iter().map(|(_, key)| *key).collect();
        expected.sort_by(|one, other| other.cmp(one));
        let by_points: Vec<Key> = expected.iter().map(|(_, key)| *key).collect();
        for (sort, expected) in [(Sort::Id, by_id), (Sort::Points { score: 0, descending: true }, by_points)] {
            for limit in [1, 2, 100] {
                let mut listing = Listing { clauses: vec![clause.clone()], ..listing(sort) };
                let mut found = Vec::new();
                loop {
                    let run = ground.read(|session| session.list(&listing, limit).unwrap());
                    found.extend(run.found.iter().map(|place| place.key));
                    listing.after = run.end;
                    if listing.after.is_none() {
                        break;
                    }
                }
                assert_eq!(found, expected, "{sort:?} {limit} {clause:?}");
            }
        }
    }
}

fn number_of(points: usize) -> rules::decimal::Decimal {
    number(&points.to_string())
}
