//! One case: the kernel says what the reference evaluator says.

use std::collections::HashSet;

use batch::kernel::{self, Declared, Keep, Kernel, Problem, Settings};
use batch::source::Sink as _;
use rules::day::Day;
use rules::model::Model;
use rules::score::{Evaluation, Scores};
use rules::testing::{Dice, Fact, build, facts, model, narrow_model};

pub(crate) fn as_of() -> Day {
    Day::parse("2026-03-14").unwrap()
}

/// How the kernel is run in one comparison.
struct Way {
    name: &'static str,
    keep: Keep,
    threads: usize,
    feeders: usize,
    memory: u64,
    declared: Declared,
}

/// What the kernel makes of rows.
fn kernel(model: &Model, rows: &[Fact], way: &Way) -> Result<Scores, Problem> {
    let &Way { keep, threads, memory, declared, .. } = way;
    let settings = Settings { keep, threads, memory, declared, ..Settings::new(as_of()) };
    let kernel = Kernel::new(model, settings);
    // Pieces of the rows, read by several in turn.
    let mut feeders: Vec<_> = (0..way.feeders).map(|_| kernel.feeder()).collect();
    for (number, piece) in rows.chunks(rows.len().div_ceil(way.feeders * 2).max(1)).enumerate() {
        let feeder = &mut feeders[number % way.feeders];
        feeder.begin(number as u64);
        for row in piece.iter().cloned() {
            match row {
                Fact::Contact(id, row) => _ = feeder.contact(id, row),
                Fact::Account(id, row) => _ = feeder.account(id, row),
                Fact::Opportunity(id, row) => _ = feeder.opportunity(id, row),
                Fact::Activity(activity) => feeder.activity(activity),
            }
        }
    }
    feeders.into_iter().try_for_each(kernel::Feeder::finish)?;
    kernel.score(&|_| {}).map(|scored| scored.tables.into_scores())
}

/// What is true of the activities among rows, and could be declared.
fn true_of(rows: &[Fact]) -> Declared {
    let activities =
        || rows.iter().filter_map(|row| if let Fact::Activity(activity) = row { Some(activity) } else { None });
    let mut seen = HashSet::new();
    let unique_ids = activities().all(|one| one.id.is_none() || seen.insert((&one.contact, &one.source, &one.id)));
    let time_order = activities().is_sorted_by_key(|activity| activity.occurred_at);
    let in_force = |row: &rules::history::Row| row.valid_from.is_none_or(|from| from <= as_of());
    let listed = rows.iter().filter_map(|row| match row {
        Fact::Contact(id, row) if in_force(row) => Some(id),
        _ => None,
    });
    let listed: HashSet<_> = listed.collect();
    let of_opportunities =
        rows.iter().filter_map(|row| if let Fact::Opportunity(_, row) = row { row.contact.as_ref() } else { None });
    let all_contacts =
        activities().map(|activity| &activity.contact).chain(of_opportunities).all(|id| listed.contains(id));
    Declared { unique_ids, time_order, all_contacts }
}

/// Whether the columns that a model needs were enough.
pub(crate) fn agree(model: &Model, rows: &[Fact]) -> bool {
    let all = build(rows);
    let reference = Evaluation::new(model, &all, as_of()).scores(&|| {});
    let plain = Way {
        name: "plain",
        keep: Keep::Needed,
        threads: 1,
        feeders: 1,
        memory: u64::MAX,
        declared: Declared::default(),
    };
    let declared = true_of(rows);
    let ways = [
        Way { name: "whole", keep: Keep::All, threads: 2, feeders: 2, ..plain },
        Way { name: "spilling", keep: Keep::All, memory: 0, feeders: 3, ..plain },
        Way { name: "declared", declared, feeders: 2, ..plain },
        Way { name: "declared, with identities", keep: Keep::Identity, declared, ..plain },
        Way { name: "declared and whole", keep: Keep::All, declared, feeders: 2, ..plain },
        plain,
    ];
    let mut enough = true;
    for way in ways {
        match (&reference, kernel(model, rows, &way)) {
            (Ok(scores), Ok(found)) => assert_eq!(found, *scores, "{}", way.name),
            (Ok(_), Err(Problem::Order)) if way.keep < Keep::All => enough = false,
            (Err(_), Err(Problem::Overflow(_))) => {}
            (Err(_), Err(Problem::Order)) if way.keep < Keep::All => {}
            (reference, found) => panic!("{}: {found:?}, not {reference:?}", way.name),
        }
    }
    enough
}

/// Whether the columns that a model needs were enough, for the random case of a seed.
pub(crate) fn holds(seed: u64) -> bool {
    let (model, rows) = case(seed);
    agree(&model, &rows)
}

/// A random model and random facts.
pub(crate) fn case(seed: u64) -> (Model, Vec<Fact>) {
    let dice = &mut Dice::new(seed);
    let text = if dice.one_in(3) { narrow_model(dice) } else { model(dice) };
    let model = Model::parse(&text).unwrap();
    // Now and then a crowd, that several threads share.
    let size = if seed % 97 == 96 { 700 } else { 1 + usize::try_from(seed % 14).unwrap() };
    let mut rows = facts(dice, &model.zone, as_of(), size);
    if seed % 3 == 1 {
        // Facts of which something can be declared.
        tidy(&mut rows);
    }
    (model, rows)
}

/// Each identity once, in the order of time.
fn tidy(rows: &mut Vec<Fact>) {
    let mut seen = HashSet::new();
    rows.retain(|row| match row {
        Fact::Activity(one) => {
            one.id.is_none() || seen.insert((one.contact.clone(), one.source.clone(), one.id.clone()))
        }
        _ => true,
    });
    rows.sort_by_key(|row| if let Fact::Activity(activity) = row { Some(activity.occurred_at) } else { None });
}

/// An activity of a moment of its day, without an id.
#[allow(dead_code, reason = "the soak has no use for it")]
pub(crate) fn done(kind: &str, value: &str) -> Fact {
    let Fact::Activity(one) = bought("x", 1) else { unreachable!("an activity is bought") };
    let value = Some(rules::value::Value::from(value));
    Fact::Activity(rules::activity::Activity { kind: kind.into(), value, account: None, ..one })
}

/// An activity with a value of so many hundred millions of millions.
#[allow(dead_code, reason = "the soak has no use for it")]
pub(crate) fn bought(account: &str, sign: i64) -> Fact {
    let zone = rules::day::Zone::utc();
    let occurred_at = zone.instant(&as_of().to_string()).unwrap();
    Fact::Activity(rules::activity::Activity {
        contact: "ada".into(),
        kind: "buy".into(),
        occurred_at,
        day: as_of(),
        id: None,
        source: None,
        value: Some(rules::value::Value::from(format!("{sign}00000000000000").as_str())),
        account: Some(account.into()),
        properties: rules::value::Attributes::new(),
    })
}
