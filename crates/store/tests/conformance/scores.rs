//! Standings and changes.

use std::sync::Arc;

use rules::day::Instant;
use rules::decimal::Decimal;
use store::change::Cursor;
use store::standing::{Cohort, Standing, Tally};
use store::subject::{Key, Kind};
use store::switch::Switched;
use store::{Manner, Store};

use crate::samples::{ODD, change, cohort, contacts, day, number, standing};
use crate::{Behaviour, Ground};

pub(crate) const ALL: &[Behaviour] = &[
    ("standings are put in the place of older ones", standings_are_replaced),
    ("tallies by cohort", tallies_by_cohort),
    ("counted", counted),
    ("other versions are removed", other_versions),
    ("history by pages", history_by_pages),
    ("crossings by pages", crossings_by_pages),
    ("no crossing is skipped", no_crossing_is_skipped),
    ("no change is missed", no_change_is_missed),
    ("copied from another server", copied_from_another_server),
    ("a switch is logged", a_switch_is_logged),
];

fn standings_are_replaced(ground: &Ground) {
    ground.write(|session| {
        let one = Standing {
            kind: Kind::Opportunity,
            points: Some(number("-0.000001")),
            band: Some("".into()),
            ranked: Some(cohort(ODD)),
            detail: ODD.into(),
            ..standing(1, 2, 3, None)
        };
        let other = standing(1, 2, 4, None);
        session.put_standings(&[&one, &other, &standing(1, 1, 3, None), &standing(2, 2, 3, None)]).unwrap();
        let mut found = session.standings(2, &[1]).unwrap();
        found.sort_by_key(|one| one.score);
        assert_eq!(found, [one.clone(), other.clone()]);
        let new = Standing { points: Some(number("7")), ranked: Some(None), band: None, ..one.clone() };
        session.put_standings(&[&one, &new]).unwrap();
        let mut found = session.standings(2, &[1]).unwrap();
        found.sort_by_key(|one| one.score);
        assert_eq!(found, [new, other]);
        session.remove_standings(2, &[1, 1]).unwrap();
        assert!(session.standings(2, &[1]).unwrap().is_empty());
        assert_eq!((session.standings(1, &[1]).unwrap().len(), session.standings(2, &[2]).unwrap().len()), (1, 1));
    });
}

/// Those that could be taken for one another.
fn cohorts() -> [Cohort; 6] {
    [None, cohort(""), cohort("-"), cohort("="), cohort("=-"), cohort(ODD)]
}

fn tallies_by_cohort(ground: &Ground) {
    ground.write(|session| {
        let mut all = Vec::new();
        for (cohort, number) in cohorts().iter().zip(1..) {
            // As many as its place, and one of them with other points.
            for one in 0..number {
                let points = if one == 0 { "1.5" } else { "2" };
                let ranked = Some(cohort.clone());
                let band = if number == 6 && one > 3 { None } else { Some("hot".into()) };
                all.push(Standing { ranked, band, ..standing(number * 10 + one, 1, 0, Some(points)) });
            }
        }
        // Not ranked, without points, of another score, of another version.
        all.push(standing(900, 1, 0, Some("2")));
        all.push(Standing { ranked: Some(None), ..standing(901, 1, 0, None) });
        all.push(Standing { ranked: Some(None), ..standing(902, 1, 1, Some("2")) });
        all.push(Standing { ranked: Some(None), ..standing(903, 2, 0, Some("2")) });
        session.put_standings(&all.iter().collect::<Vec<_>>()).unwrap();
        let tallies = session.tallies(1, 0).unwrap();
        let mut found: Vec<(Cohort, Decimal, Option<Arc<str>>, u64)> =
            tallies.into_iter().map(|tally| (tally.cohort, tally.points, tally.band, tally.count)).collect();
        found.sort();
        let [low, high] = ["1.5", "2"].map(crate::samples::number);
        let mut expected: Vec<_> = cohorts().into_iter().map(|cohort| (cohort, low, Some("hot".into()), 1)).collect();
        // Two of the last cohort are in no band.
        for (cohort, number) in cohorts().into_iter().zip(1..) {
            let without = if number == 6 { 2 } else { 0 };
            expected.push((cohort.clone(), high, Some("hot".into()), number - 1 - without));
            expected.push((cohort, high, None, without));
        }
        expected.retain(|(.., count)| *count > 0);
        expected.sort();
        assert_eq!(found, expected);
    });
}

fn counted(ground: &Ground) {
    ground.write(|session| {
        let one = |subject, points, band: Option<&str>, ranked: Option<Cohort>| Standing {
            band: band.map(Into::into),
            ranked,
            ..standing(subject, 1, 0, Some(points))
        };
        session
            .put_standings(&[
                &one(1, "10", Some("hot"), Some(None)),
                &one(2, "10", Some("hot"), Some(None)),
                &one(3, "10", None, Some(None)),
                &one(4, "10.01", Some("hot"), Some(None)),
                &one(5, "10", Some("cold"), Some(None)),
                &one(6, "10", Some("hot"), Some(cohort("-"))),
                &one(7, "10", Some("hot"), None),
                &Standing { score: 1, ..one(8, "10", Some("hot"), Some(None)) },
                &Standing { version: 2, ..one(9, "10", Some("hot"), Some(None)) },
            ])
            .unwrap();
        let all = Tally { cohort: None, points: number("10"), band: Some("hot".into()), count: 2 };
        let mut found: Vec<Key> = session.counted(1, 0, &all, 9).unwrap();
        found.sort_unstable();
        assert_eq!(found, [1, 2]);
        assert_eq!(session.counted(1, 0, &all, 1).unwrap().len(), 1);
        let bare = Tally { band: None, ..all.clone() };
        assert_eq!(session.counted(1, 0, &bare, 9).unwrap(), [3]);
        let dash = Tally { cohort: cohort("-"), ..all };
        assert_eq!(session.counted(1, 0, &dash, 9).unwrap(), [6]);
    });
}

fn other_versions(ground: &Ground) {
    ground.write(|session| {
        for version in [1, 2, 3, 4, 5, 6] {
            for subject in 1..=3 {
                let two = [standing(subject, version, 0, None), standing(subject, version, 1, Some("1"))];
                session.put_standings(&two.iter().collect::<Vec<_>>()).unwrap();
            }
        }
        let mut rounds = 0;
        while session.remove_other_versions(4, 2, 2).unwrap() {
            rounds += 1;
            assert!(rounds < 30);
        }
        let left = [1, 2, 3, 4, 5, 6].map(|version| session.standings(version, &[1, 2, 3]).unwrap().len());
        assert_eq!(left, [0, 6, 0, 6, 0, 0]);
        assert!(session.remove_other_versions(4, 4, 100).unwrap());
        assert!(!session.remove_other_versions(4, 4, 100).unwrap());
    });
}

fn history_by_pages(ground: &Ground) {
    ground.write(|session| {
        let mut all: Vec<_> = ["a", "b", "c"].map(|band| change(1, Some(ODD), Some(band))).into();
        all.push(change(2, None, Some("x")));
        all.push(change(1, Some("c"), None));
        session.add_changes(&all).unwrap();
        let first = session.history(1, i64::MAX, 2).unwrap();
        assert_eq!(first.iter().map(|change| change.band.as_deref()).collect::<Vec<_>>(), [None, Some("c")]);
        let second = session.history(1, first[1].at.seq, 9).unwrap();
        assert_eq!(second.iter().map(|change| change.band.as_deref()).collect::<Vec<_>>(), [Some("b"), Some("a")]);
        assert_eq!(store::change::Change { at: Cursor::default(), ..second[1].clone() }, all[0]);
    });
}

fn bands(ground: &Ground, after: Cursor, limit: usize) -> (Vec<Arc<str>>, Cursor) {
    let found = ground.read(|session| session.crossings(after, limit).unwrap());
    let last = found.last().map_or(after, |change| change.at);
    (found.into_iter().filter_map(|change| change.band).collect(), last)
}

fn crossings_by_pages(ground: &Ground) {
    assert_eq!(ground.read(|session| session.last_crossing().unwrap()), Cursor::default());
    ground.write(|session| {
        session.add_changes(&[change(1, None, Some("a")), change(1, Some("a"), Some("a"))]).unwrap();
        session.add_changes(&[change(2, Some("a"), Some("b")), change(2, None, None)]).unwrap();
    });
    ground.write(|session| session.add_changes(&[change(3, None, Some("c"))]).unwrap());
    let (first, cursor) = bands(ground, Cursor::default(), 2);
    assert_eq!(first, ["a".into(), "b".into()]);
    let (second, cursor) = bands(ground, cursor, 2);
    assert_eq!(second, ["c".into()]);
    assert_eq!(ground.read(|session| session.last_crossing().unwrap()), cursor);
    assert!(bands(ground, cursor, 2).0.is_empty());
}

fn no_crossing_is_skipped(ground: &Ground) {
    if !ground.is_postgres {
        // There is one writer at a time.
        return;
    }
    let begin = |band: &str| {
        let mut session = ground.store.begin(Manner::Together).unwrap();
        session.add_changes(&[change(1, None, Some(band))]).unwrap();
        // Once a server has answered, it is written.
        session.count(Kind::Contact).unwrap();
        session
    };
    let (early, late) = (begin("early"), begin("late"));
    late.commit().unwrap();
    let (seen, cursor) = bands(ground, Cursor::default(), 9);
    assert!(seen.is_empty(), "what is later waits for what is earlier: {seen:?}");
    assert_eq!(ground.read(|session| session.last_crossing().unwrap()), Cursor::default());
    let later = begin("later");
    early.commit().unwrap();
    let (seen, cursor) = bands(ground, cursor, 9);
    assert_eq!(seen, ["early".into(), "late".into()]);
    // What is undone holds nobody up.
    let undone = begin("undone");
    later.commit().unwrap();
    let (seen, cursor) = bands(ground, cursor, 9);
    assert_eq!(seen, ["later".into()]);
    drop(undone);
    begin("last").commit().unwrap();
    assert_eq!(bands(ground, cursor, 9).0, ["last".into()]);
}

/// As long as the last change is the same, so are all changes.
fn no_change_is_missed(ground: &Ground) {
    let last = || ground.read(|session| session.last_change().unwrap());
    let before = last();
    ground.write(|session| session.add_changes(&[change(1, None, Some("first"))]).unwrap());
    assert_ne!(last(), before);
    if !ground.is_postgres {
        assert_eq!(last(), last());
        return;
    }
    let begin = || {
        let mut session = ground.store.begin(Manner::Together).unwrap();
        session.add_changes(&[change(1, None, Some("a"))]).unwrap();
        session.count(Kind::Contact).unwrap();
        session
    };
    let (early, late) = (begin(), begin());
    late.commit().unwrap();
    let before = last();
    early.commit().unwrap();
    assert_ne!(last(), before, "what has a lower number was written later");
}

fn copied_from_another_server(ground: &Ground) {
    if !ground.is_postgres {
        return;
    }
    ground.write(|session| session.add_changes(&[change(1, None, Some("old"))]).unwrap());
    ground.raw("UPDATE change SET tx = 5000000000");
    let again =
        Ground { store: Store::open(&ground.address).unwrap(), address: ground.address.clone(), is_postgres: true };
    let (seen, cursor) = bands(&again, Cursor::default(), 9);
    assert_eq!(seen, ["old".into()]);
    again.write(|session| session.add_changes(&[change(1, None, Some("new"))]).unwrap());
    assert_eq!(bands(&again, cursor, 9).0, ["new".into()]);
}

fn a_switch_is_logged(ground: &Ground) {
    ground.write(|session| {
        let all = contacts(session, &["a", "b", "c", "d", "e"]);
        let [a, b, c, d, e] = all[..] else { panic!() };
        let one = |subject, version, score, points, band: Option<&str>| Standing {
            band: band.map(Into::into),
            ..standing(subject, version, score, points)
        };
        session
            .put_standings(&[
                // As before; other points; another band; new; gone.
                &one(a, 1, 0, Some("1"), Some("x")),
                &one(a, 2, 5, Some("1"), Some("x")),
                &one(b, 1, 0, Some("1"), Some("x")),
                &one(b, 2, 5, Some("2"), Some("x")),
                &one(c, 1, 0, None, None),
                &one(c, 2, 5, None, Some("y")),
                &one(d, 2, 5, Some("4"), None),
                &one(e, 1, 0, Some("5"), Some("z")),
            ])
            .unwrap();
        let switched = Switched { id: "engagement", before: Some((1, 0)), after: Some((2, 5)) };
        session.log_switch(switched, 2, day("2026-03-14"), Instant(8)).unwrap();
        let mut told = Vec::new();
        for key in &all {
            for change in session.history(*key, i64::MAX, 9).unwrap() {
                assert_eq!((&*change.score, &*change.cause, change.version), ("engagement", "model", 2));
                assert_eq!((change.written_at, change.day), (Instant(8), day("2026-03-14")));
                told.push((*key, change.points_before, change.points, change.band_before, change.band));
            }
        }
        let n = |text| Some(number(text));
        let t = |text: &str| Some(Arc::from(text));
        let expected = [
            (b, n("1"), n("2"), t("x"), t("x")),
            (c, None, None, None, t("y")),
            (d, None, n("4"), None, None),
            (e, n("5"), None, t("z"), None),
        ];
        assert_eq!(told, expected);
        // A score that only one of the models has.
        session.log_switch(Switched { before: None, ..switched }, 2, day("2026-03-14"), Instant(8)).unwrap();
        session.log_switch(Switched { after: None, ..switched }, 2, day("2026-03-14"), Instant(8)).unwrap();
        let counts = all.iter().map(|key| session.history(*key, i64::MAX, 9).unwrap().len());
        assert_eq!(counts.collect::<Vec<_>>(), [2, 3, 3, 2, 2]);
    });
}
