//! The kernel says what the reference evaluator says, to the last digit: random models, random facts.
//! A failing case prints its seed; replay it with `FERVOR_SEED=<seed> cargo test -p batch --test parity`.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and prints its seed")]

use batch::kernel::{self, Undecided};
use batch::source::Sink as _;
use rules::day::Day;
use rules::model::Model;
use rules::score::{Evaluation, Scores};
use rules::testing::{Dice, Fact, build, facts, model, narrow_model};

fn as_of() -> Day {
    Day::parse("2026-03-14").unwrap()
}

/// What the kernel makes of rows: with the columns that the model needs, or with all of them.
fn kernel(model: &Model, rows: &[Fact], whole: bool, threads: usize) -> Result<Scores, Undecided> {
    let mut intake = kernel::Intake::new(model, as_of(), whole);
    for row in rows.iter().cloned() {
        match row {
            Fact::Contact(id, row) => _ = intake.contact(id, row),
            Fact::Account(id, row) => _ = intake.account(id, row),
            Fact::Opportunity(id, row) => _ = intake.opportunity(id, row),
            Fact::Activity(activity) => intake.activity(activity),
        }
    }
    let (others, activities) = intake.finish();
    kernel::score(model, &others, &activities, as_of(), threads, &|| {}).map(|scored| scored.scores)
}

/// Whether the columns that a model needs were enough.
fn agree(model: &Model, rows: &[Fact]) -> bool {
    let all = build(rows);
    let reference = Evaluation::new(model, &all, as_of()).scores(&|| {});
    let few = kernel(model, rows, false, 1);
    let whole = kernel(model, rows, true, 2);
    match &reference {
        Ok(scores) => {
            assert_eq!(whole.as_ref(), Ok(scores));
            if few != Err(Undecided::Order) {
                assert_eq!(few.as_ref(), Ok(scores));
            }
        }
        Err(error) => assert_eq!(whole, Err(Undecided::Overflow), "{error}"),
    }
    few != Err(Undecided::Order)
}

#[test]
fn the_kernel_is_the_reference() {
    #[expect(clippy::disallowed_methods, reason = "how a developer replays a seed")]
    let only = std::env::var("FERVOR_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let (mut enough, mut asked) = (0, 0);
    for seed in only.map_or(0..600, |seed| seed..seed + 1) {
        let run = std::panic::AssertUnwindSafe(|| {
            let dice = &mut Dice::new(seed);
            let text = if dice.one_in(3) { narrow_model(dice) } else { model(dice) };
            let model = Model::parse(&text).unwrap();
            let rows = facts(dice, &model.zone, as_of(), 1 + usize::try_from(seed % 14).unwrap());
            agree(&model, &rows)
        });
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
