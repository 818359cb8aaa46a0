//! One case: the kernel says what the reference evaluator says.

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
pub(crate) fn agree(model: &Model, rows: &[Fact]) -> bool {
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

/// Whether the columns that a model needs were enough, for the random case of a seed.
pub(crate) fn holds(seed: u64) -> bool {
    let dice = &mut Dice::new(seed);
    let text = if dice.one_in(3) { narrow_model(dice) } else { model(dice) };
    let model = Model::parse(&text).unwrap();
    // Now and then a crowd, that several threads share.
    let size = if seed % 97 == 96 { 700 } else { 1 + usize::try_from(seed % 14).unwrap() };
    let rows = facts(dice, &model.zone, as_of(), size);
    agree(&model, &rows)
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
