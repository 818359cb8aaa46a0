//! Values of every kind, with the letters that are most easily lost.

use std::sync::Arc;

use rules::day::{Day, Instant};
use rules::decimal::Decimal;
use rules::history::Membership;
use rules::value::Value;
use store::activity::Stored;
use store::change::{Change, Cursor};
use store::index::Entry;
use store::keep::Document;
use store::list::{Listing, Sort};
use store::record::Record;
use store::standing::{Cohort, Standing};
use store::subject::{Key, Kind};
use store::{Manner, Session, Store};

pub(crate) const ODD: &str = "Zoë \u{1F9E1} \u{202E}x' OR 1=1; -- \\ \"q\" $1 ?1 \u{7f}\t\n\u{FFFD}";

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

pub(crate) fn number(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// An activity that says as little as one can.
pub(crate) fn bare(subject: Key) -> Stored {
    Stored {
        seq: 0,
        subject,
        kind: "visit".into(),
        occurred_at: Instant(0),
        received_at: Instant(0),
        origin: 0,
        said_by: Vec::new(),
        source: None,
        id: None,
        value: None,
        account: None,
        properties: Default::default(),
        original: None,
        retracted: None,
    }
}

/// One that says everything.
pub(crate) fn full(subject: Key, value: Value) -> Stored {
    let properties: [(Arc<str>, Value); 5] = [
        ("".into(), "".into()),
        (ODD.into(), ODD.into()),
        ("$serde_json::private::Number".into(), "no number".into()),
        ("nul \0".into(), "\0".into()),
        ("n".into(), Value::Number(number("-0.000001"))),
    ];
    Stored {
        kind: ODD.into(),
        occurred_at: Instant(-2_208_988_800_000_001),
        received_at: Instant(1_790_000_000_123_456),
        origin: 7,
        said_by: vec![9, 0],
        source: Some("".into()),
        id: Some(ODD.into()),
        value: Some(value),
        account: Some("acme".into()),
        properties: properties.into(),
        original: Some("{\"occurred_at\":\"2026-01-01\",\"n\":1.10}".into()),
        retracted: Some(Instant(1)),
        ..bare(subject)
    }
}

pub(crate) fn record() -> Record {
    let mut record = Record::default();
    record.exist(Some(day("2026-03-01")));
    record.attributes.insert(ODD.into(), [(None, Some(Value::from(ODD))), (Some(day("2026-05-01")), None)].into());
    record.attributes.insert("".into(), [(None, Some(Value::Bool(false)))].into());
    record.attributes.insert("n".into(), [(None, Some(Value::Number(number("12.5"))))].into());
    record.accounts.insert(None, vec![Membership { account: ODD.into(), since: Some(day("2026-04-01")) }]);
    record.contact.insert(None, Some("ada".into()));
    record.contact.insert(Some(day("2026-04-01")), None);
    record
}

pub(crate) fn standing(subject: Key, version: i64, score: i64, points: Option<&str>) -> Standing {
    Standing {
        subject,
        version,
        score,
        kind: Kind::Contact,
        points: points.map(number),
        band: None,
        ranked: None,
        detail: "".into(),
    }
}

pub(crate) fn cohort(name: &str) -> Cohort {
    Some(name.into())
}

pub(crate) fn change(subject: Key, before: Option<&str>, after: Option<&str>) -> Change {
    Change {
        at: Cursor::default(),
        written_at: Instant(5),
        day: day("2026-03-14"),
        subject,
        score: "engagement".into(),
        version: 1,
        points: after.map(|_| number("2.5")),
        band: after.map(Into::into),
        points_before: before.map(|_| number("-1")),
        band_before: before.map(Into::into),
        cause: "activity".into(),
    }
}

pub(crate) fn document(id: &str, text: &str, until: Option<i64>) -> Document {
    Document { id: id.into(), at: Instant(3), until: until.map(Instant), text: text.into() }
}

/// Makes contacts, and says their keys in the same order.
pub(crate) fn contacts(session: &mut Session<'_>, ids: &[&str]) -> Vec<Key> {
    let ids: Vec<(Kind, &str)> = ids.iter().map(|id| (Kind::Contact, *id)).collect();
    session.create(&ids).unwrap();
    ids.iter().map(|id| session.find(&[*id]).unwrap()[0].key).collect()
}

/// Everybody who exists under the first version, in an order.
pub(crate) fn listing(sort: Sort) -> Listing {
    Listing {
        kind: Kind::Contact,
        version: 1,
        exists_in: Some(0),
        sort,
        clauses: Vec::new(),
        named: Vec::new(),
        naming: None,
        after: None,
    }
}

/// Fills a database with something of everything, in several transactions, and erases the last of each.
pub(crate) fn fill(store: &Store, many: usize) {
    // The last one made is the one that is erased.
    let ids: Vec<String> = (1..many).map(|number| format!("c{number}")).chain(["z".to_owned()]).collect();
    let mut session = store.begin(Manner::Together).unwrap();
    session.create(&[(Kind::Account, ODD), (Kind::Opportunity, ""), (Kind::Visitor, "v")]).unwrap();
    let keys = contacts(&mut session, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    let mut subjects = session.subjects_of(&keys).unwrap();
    for subject in &mut subjects {
        subject.record = record();
        subject.parent = Some(keys[0]).filter(|first| *first != subject.key);
        subject.merged = subject.parent;
        subject.next_day = (subject.key % 2 == 0).then(|| day("2026-11-22"));
    }
    session.update(&subjects.iter().collect::<Vec<_>>()).unwrap();
    session.commit().unwrap();
    for part in keys.chunks(500) {
        let mut session = store.begin(Manner::Together).unwrap();
        let activities: Vec<Stored> = part.iter().flat_map(|key| [bare(*key), full(*key, ODD.into())]).collect();
        session.add_activities(&activities.iter().collect::<Vec<_>>()).unwrap();
        session.link(&part.iter().map(|key| (*key, keys[0])).collect::<Vec<_>>()).unwrap();
        let standings: Vec<Standing> = part
            .iter()
            .flat_map(|key| {
                let mut ranked = standing(*key, 1, 0, Some("2.5"));
                (ranked.ranked, ranked.band) = (Some(cohort(ODD)), Some("hot".into()));
                [ranked, standing(*key, 1, 1, None)]
            })
            .collect();
        session.put_standings(&standings.iter().collect::<Vec<_>>()).unwrap();
        let changes = part.iter().flat_map(|key| [change(*key, None, Some(ODD)), change(*key, Some(ODD), None)]);
        session.add_changes(&changes.collect::<Vec<_>>()).unwrap();
        session.mark(part).unwrap();
        let entry = |key: &Key| Entry { subject: *key, name: "contact.plan".into(), value: ODD.into() };
        session.index(part, &part.iter().map(entry).collect::<Vec<_>>()).unwrap();
        session.commit().unwrap();
    }
    let mut session = store.begin(Manner::Together).unwrap();
    session.put_document("key", &document(ODD, ODD, None)).unwrap();
    session.put_document("", &document("", "", Some(4))).unwrap();
    session.put_document("Key", &document("a", &"long ".repeat(50_000), None)).unwrap();
    session.erase(&[keys[many - 1]]).unwrap();
    session.commit().unwrap();
}
