//! The kernel says what the reference evaluator says, to the last digit: random models, random facts.
//! A failing case prints its seed; replay it with `FERVOR_SEED=<seed> cargo test -p batch --test parity`.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and prints its seed")]

mod garbled;
mod law;
mod tables;

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use batch::kernel::{Kernel, Layout, Settings, Table};
use batch::source::Kind;
use rules::model::Model;

#[test]
fn the_kernel_is_the_reference() {
    #[expect(clippy::disallowed_methods, reason = "how a developer replays a seed")]
    let only = std::env::var("FERVOR_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let (mut enough, mut asked) = (0, 0);
    for seed in only.map_or(0..600, |seed| seed..seed + 1) {
        let run = std::panic::AssertUnwindSafe(|| law::holds(seed));
        match std::panic::catch_unwind(run) {
            Ok(true) => enough += 1,
            Ok(false) => asked += 1,
            Err(panic) => {
                eprintln!("replay: FERVOR_SEED={seed} cargo test -p batch --test parity");
                std::panic::resume_unwind(panic);
            }
        }
    }
    // Both happen: needed columns that decide, and moments that only all columns tell apart.
    assert!(only.is_some() || (enough > 150 && asked > 50), "{enough} decided, {asked} not");
}

#[test]
fn columns_are_their_rows() {
    let (mut enough, mut asked) = (0, 0);
    for seed in 0..250 {
        let (model, mut rows) = law::case(seed);
        // Opportunities have tables of rows only.
        rows.retain(|row| !matches!(row, rules::testing::Fact::Opportunity(..)));
        let tables = tables::tables(&mut rules::testing::Dice::new(seed), &rows);
        let run = std::panic::AssertUnwindSafe(|| tables::agree(&model, &tables));
        match std::panic::catch_unwind(run) {
            Ok(true) => enough += 1,
            Ok(false) => asked += 1,
            Err(panic) => {
                eprintln!("seed {seed}");
                std::panic::resume_unwind(panic);
            }
        }
    }
    assert!(enough > 50 && asked > 20, "{enough} decided, {asked} not");
}

#[test]
fn what_arrives_garbled_is_told() {
    let mut told = 0;
    for seed in 0..60 {
        let (model, mut rows) = law::case(seed);
        rows.retain(|row| !matches!(row, rules::testing::Fact::Opportunity(..)));
        let tables = tables::tables(&mut rules::testing::Dice::new(seed), &rows);
        told += garbled::is_told(seed, &model, &tables);
    }
    assert!(told > 300, "{told} things were said");
}

#[test]
fn a_pair_computes_only_the_score_that_is_rolled_up() {
    // For each account alone the other score leaves the range; for the contact it is 0.
    let text = "[score.a]\n[rule.a]\nscore = \"a\"\nactivity = \"*\"\npoints = 1\n\
                [score.b]\n[rule.b]\nscore = \"b\"\nactivity = \"*\"\npoints = 1\nmultiply_by = \"value\"\n\
                [score.c]\nof = \"account\"\n[rule.c]\nscore = \"c\"\nrollup = \"a\"\nattribution = \"at_time\"\n";
    let rows: Vec<_> =
        [("x", 5), ("y", -5), ("x", 5), ("y", -5)].map(|(account, sign)| law::bought(account, sign)).into();
    assert!(law::agree(&rules::model::Model::parse(text).unwrap(), &rows));
}

#[test]
fn of_two_columns_of_one_name_each_row_means_the_one_that_says_something() {
    let text = "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.plan = 'gold'\"\npoints = 1\n";
    let model = Model::parse(text).unwrap();
    let texts = |all: [Option<&str>; 3]| Arc::new(StringArray::from(all.to_vec())) as ArrayRef;
    let fields = ["id", "plan", "plan"].map(|name| Field::new(name, DataType::Utf8, true));
    let ids = texts([Some("ada"), Some("bob"), Some("cem")]);
    let columns = [ids, texts([Some("gold"), None, Some("gold")]), texts([None, Some("gold"), Some("tin")])];
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), columns.to_vec()).unwrap();
    let found = of_contacts(&model, &batch);
    let points = |name: &str| found.points(found.find(name).unwrap(), 0).unwrap().to_string();
    assert_eq!(["ada", "bob", "cem"].map(points), ["1", "1", "0"]);
}

#[test]
fn more_values_than_are_remembered_count_all_the_same() {
    let text = "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.level >= 100\"\npoints = 1\n\
                [rule.t]\nscore = \"s\"\nwhen = \"contact.team = 'a'\"\npoints = 2\n";
    let model = Model::parse(text).unwrap();
    // Every level twice: more of them than are remembered, before any comes again.
    let rows = || (0..140_000).map(|row| (row, row % 70_000));
    let columns: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(StringArray::from_iter_values(rows().map(|(row, _)| format!("c{row:06}"))))),
        ("level", Arc::new(Int64Array::from_iter_values(rows().map(|(_, level)| level)))),
        ("team", Arc::new(StringArray::from_iter_values(rows().map(|(row, _)| if row % 4 == 0 { "a" } else { "b" })))),
    ];
    let found = of_contacts(&model, &RecordBatch::try_from_iter(columns).unwrap());
    for (row, level) in rows() {
        let expected = i64::from(level >= 100) + 2 * i64::from(row % 4 == 0);
        let row = usize::try_from(row).unwrap();
        assert_eq!(found.points(row, 0).unwrap().to_string(), expected.to_string(), "{}", found.id(row));
    }
}

fn of_contacts(model: &Model, batch: &RecordBatch) -> Table {
    let kernel = Kernel::new(model, Settings::new(law::as_of()));
    let mut feeder = kernel.feeder();
    let refused = feeder.batch(&Layout::of(Kind::Contacts, batch.schema().fields()), batch).unwrap();
    assert!(refused.is_empty());
    feeder.finish().unwrap();
    kernel.score(&|_| {}).unwrap().tables.contacts
}

#[test]
fn what_stands_between_two_of_one_moment_does_not_hide_that_they_differ() {
    // Of one moment and without ids: `b` is of another rule than the two `a`.
    let text = "[score.s]\ndecimals = 4\n[rule.x]\nscore = \"s\"\nactivity = \"a\"\npoints = 1\nmultiply_by = \"value\"\n\
                take = \"latest\"\n[rule.y]\nscore = \"s\"\nactivity = \"b\"\npoints = 0.0001\n\
                limit = { times = 9, per = \"month\" }\n";
    let one = |kind: &str, value: &str| law::done(kind, value);
    for values in [["5", "3"], ["3", "5"]] {
        let mut rows = vec![one("a", values[0]), one("b", "1"), one("a", values[1])];
        // Many of them, in an order that is none.
        rows.extend((0..60).map(|number| one(if number % 3 == 0 { "b" } else { "a" }, &(number * 7 % 11).to_string())));
        let model = rules::model::Model::parse(text).unwrap();
        assert!(!law::agree(&model, &rows[..3]) && !law::agree(&model, &rows));
    }
}
