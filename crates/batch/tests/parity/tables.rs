//! The same random facts as tables of Arrow, of any type that a column may have: taken by column, and
//! taken row by row for the reference evaluator.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
    TimestampMicrosecondArray,
};
use batch::kernel::{Declared, Keep, Kernel, Layout, Problem, Settings, Subjects, accounts, finish};
use batch::source::{Frame, Kind};
use rules::activity::Activity;
use rules::facts::{Builder, Facts};
use rules::history::Row;
use rules::model::{Model, Subject};
use rules::score::Evaluation;
use rules::testing::{Dice, Fact};
use rules::value::Value;

use crate::law::as_of;

/// A table, and what its rows are about.
pub(crate) type Table = (Kind, RecordBatch);

/// Random facts as tables.
pub(crate) fn tables(dice: &mut Dice, rows: &[Fact]) -> Vec<Table> {
    let activities: Vec<&Activity> =
        rows.iter().filter_map(|row| if let Fact::Activity(activity) = row { Some(activity) } else { None }).collect();
    let contacts =
        rows.iter().filter_map(|row| if let Fact::Contact(id, row) = row { Some((id.as_str(), row)) } else { None });
    let accounts =
        rows.iter().filter_map(|row| if let Fact::Account(id, row) = row { Some((id.as_str(), row)) } else { None });
    let contacts: Vec<_> = contacts.collect();
    let accounts: Vec<_> = accounts.collect();
    let mut all = Vec::new();
    // A table in two halves: dictionaries differ from batch to batch.
    for half in activities.chunks(activities.len().div_ceil(2).max(1)) {
        all.push((Kind::Activities, of_activities(dice, half)));
    }
    if !contacts.is_empty() {
        all.push((Kind::Contacts, of_rows(dice, &contacts)));
    }
    if !accounts.is_empty() {
        all.push((Kind::Accounts, of_rows(dice, &accounts)));
    }
    all
}

fn of_activities(dice: &mut Dice, all: &[&Activity]) -> RecordBatch {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    let ids: Vec<Option<String>> = all.iter().map(|one| Some(one.contact.to_string())).collect();
    columns.push(("contact".into(), texts(dice, &ids)));
    columns.push(("type".into(), texts(dice, &all.iter().map(|one| Some(one.kind.to_string())).collect::<Vec<_>>())));
    let micros = TimestampMicrosecondArray::from_iter_values(all.iter().map(|one| one.occurred_at.0));
    columns.push((
        "occurred_at".into(),
        match dice.below(4) {
            0 => texts(dice, &all.iter().map(|one| Some(one.occurred_at.to_string())).collect::<Vec<_>>()),
            // Of another clock, which is as good as any.
            1 => Arc::new(micros),
            _ => Arc::new(micros.with_timezone("UTC")),
        },
    ));
    let said = |one: &Option<Arc<str>>| one.as_deref().map(str::to_owned);
    columns.push(("id".into(), texts(dice, &all.iter().map(|one| said(&one.id)).collect::<Vec<_>>())));
    if !dice.one_in(4) {
        columns.push(("source".into(), texts(dice, &all.iter().map(|one| said(&one.source)).collect::<Vec<_>>())));
    }
    if !dice.one_in(4) {
        let account = |one: &&Activity| one.account.as_ref().map(ToString::to_string);
        columns.push(("account".into(), texts(dice, &all.iter().map(account).collect::<Vec<_>>())));
    }
    columns.push(("value".into(), values(dice, &all.iter().map(|one| one.value.clone()).collect::<Vec<_>>())));
    for name in ["level", "plan"] {
        let of = all.iter().map(|one| one.properties.get(name).cloned()).collect::<Vec<_>>();
        columns.push((name.into(), values(dice, &of)));
    }
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

fn of_rows(dice: &mut Dice, all: &[(&str, &Row)]) -> RecordBatch {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    columns.push(("id".into(), texts(dice, &all.iter().map(|(id, _)| Some((*id).to_owned())).collect::<Vec<_>>())));
    let joined = |(_, row): &(&str, &Row)| {
        let accounts: Vec<_> = row.accounts.iter().map(|membership| membership.account.to_string()).collect();
        if accounts.is_empty() { None } else { Some(accounts.join("|")) }
    };
    if all.iter().any(|(_, row)| !row.accounts.is_empty()) {
        columns.push(("account".into(), texts(dice, &all.iter().map(joined).collect::<Vec<_>>())));
    }
    let from = all.iter().map(|(_, row)| row.valid_from.map(|day| day.to_string()));
    columns.push(("valid_from".into(), texts(dice, &from.collect::<Vec<_>>())));
    let names: BTreeSet<&Arc<str>> = all.iter().flat_map(|(_, row)| row.attributes.keys()).collect();
    for name in names {
        let of: Vec<_> = all.iter().map(|(_, row)| row.attributes.get(name).cloned()).collect();
        columns.push((name.to_string(), values(dice, &of)));
    }
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

fn texts(dice: &mut Dice, all: &[Option<String>]) -> ArrayRef {
    let all = all.iter().map(Option::as_deref);
    match dice.below(4) {
        0 => Arc::new(all.collect::<StringArray>()),
        1 => Arc::new(all.collect::<LargeStringArray>()),
        2 => Arc::new(all.collect::<StringViewArray>()),
        _ => Arc::new(all.collect::<DictionaryArray<Int32Type>>()),
    }
}

/// A column of one type: numbers if they all can be, now and then.
fn values(dice: &mut Dice, all: &[Option<Value>]) -> ArrayRef {
    let text = |value: &Option<Value>| value.as_ref().map(|value| value.text().into_owned());
    let numbers: Option<Vec<Option<f64>>> =
        all.iter().map(|value| text(value).map_or(Some(None), |text| text.parse().ok().map(Some))).collect();
    match numbers {
        Some(numbers) if dice.one_in(2) => Arc::new(Float64Array::from(numbers)),
        _ => texts(dice, &all.iter().map(text).collect::<Vec<_>>()),
    }
}

/// The facts that the tables say, row by row.
pub(crate) fn by_rows(model: &Model, tables: &[Table]) -> Facts {
    let mut builder = Builder::default();
    for (kind, batch) in tables {
        let frame = Frame::new(*kind, kind.word(), &batch.schema()).unwrap();
        // Rows that contradict one another are told, and the same one counts.
        frame.load(batch, &model.zone, &mut builder, &mut |_, _| ());
    }
    builder.finish()
}

pub(crate) fn fed<'m>(
    model: &'m Model,
    tables: &[Table],
    keep: Keep,
    declared: Declared,
) -> Result<Kernel<'m>, Problem> {
    let kernel = Kernel::new(model, Settings { keep, declared, ..Settings::new(as_of()) });
    let mut feeder = kernel.feeder();
    for (number, (kind, batch)) in tables.iter().enumerate() {
        let layout = Layout::of(*kind, batch.schema().fields());
        feeder.begin(number as u64);
        feeder.batch(&layout, batch)?;
    }
    feeder.finish()?;
    if kernel.is_contradicted() { Err(Problem::Order) } else { Ok(kernel) }
}

/// Tables taken by column score as their rows do; whether the needed columns were enough.
pub(crate) fn agree(model: &Model, tables: &[Table]) -> bool {
    let facts = by_rows(model, tables);
    let reference = Evaluation::new(model, &facts, as_of()).scores(&|| {});
    let mut enough = true;
    for keep in [Keep::Needed, Keep::All] {
        let found = fed(model, tables, keep, Declared::default()).and_then(|kernel| kernel.score(&|_| {}));
        match (&reference, found) {
            (Ok(scores), Ok(found)) => assert_eq!(found.tables.into_scores(), *scores, "{keep:?}"),
            (_, Err(Problem::Order)) if keep < Keep::All => enough = false,
            (Err(_), Err(Problem::Overflow(_))) => {}
            (reference, found) => panic!("{keep:?}: {found:?}, not {reference:?}"),
        }
        if let Ok(scores) = &reference {
            in_stages(model, tables, keep, scores);
        }
    }
    enough
}

/// Contacts by parts, accounts after them, and percentiles handed over, as a cluster does it.
fn in_stages(model: &Model, tables: &[Table], keep: Keep, scores: &rules::score::Scores) {
    let by_contact = |name: &str| match name.bytes().last() {
        Some(letter) if letter % 2 == 0 => 0,
        _ => 1,
    };
    let mut contacts = Vec::new();
    let mut said = Vec::new();
    for part in 0..2 {
        let of_part: Vec<Table> = tables
            .iter()
            .map(|(kind, batch)| match kind {
                Kind::Accounts | Kind::Opportunities => (*kind, batch.clone()),
                Kind::Activities => (*kind, rows_of(batch, "contact", &|name| by_contact(name) == part)),
                Kind::Contacts => (*kind, rows_of(batch, "id", &|name| by_contact(name) == part)),
            })
            .collect();
        match fed(model, &of_part, keep, Declared::default()).and_then(|kernel| kernel.part(&|_| {})) {
            Ok(found) => {
                let Subjects { schema, tables } = found.contacts;
                contacts.push(arrow_select::concat::concat_batches(&schema, &tables).unwrap());
                said.extend(found.accounts.map(Result::unwrap));
            }
            Err(Problem::Order) if keep < Keep::All => return,
            Err(problem) => panic!("{problem:?}"),
        }
    }
    for (number, batch) in contacts.iter().enumerate() {
        compared(model, Subject::Contact, batch, &scores.contacts, number);
    }
    if model.scores_of(Subject::Account).next().is_some() {
        let of_accounts: Vec<Table> = tables.iter().filter(|(kind, _)| *kind == Kind::Accounts).cloned().collect();
        // What contacts' own rows and activities say of accounts comes from the parts alone.
        let kernel = fed(model, &of_accounts, keep, Declared::default()).unwrap();
        let (Subjects { schema, tables }, _) = accounts(kernel, said.into_iter()).unwrap();
        let found = arrow_select::concat::concat_batches(&schema, &tables).unwrap();
        assert_eq!(found.num_rows(), scores.accounts.len());
        compared(model, Subject::Account, &found, &scores.accounts, 0);
    }
}

fn rows_of(batch: &RecordBatch, column: &str, wanted: &dyn Fn(&str) -> bool) -> RecordBatch {
    let column = batch.column_by_name(column).unwrap();
    let text = |row: usize| batch::kernel::text_at(column, row).unwrap_or_default();
    let rows: Vec<usize> = (0..batch.num_rows()).filter(|row| wanted(&text(*row))).collect();
    let slices: Vec<RecordBatch> = rows.iter().map(|row| batch.slice(*row, 1)).collect();
    arrow_select::concat::concat_batches(&batch.schema(), &slices).unwrap()
}

/// Every row of a stage, finished with the percentiles of the reference, is the card of the reference.
fn compared<Id: ToString>(
    model: &Model,
    of: Subject,
    batch: &RecordBatch,
    cards: &[rules::score::Card<Id>],
    number: usize,
) {
    let ids = batch.column_by_name("id").unwrap().clone();
    let text = |row: usize| batch::kernel::text_at(&ids, row).unwrap_or_default();
    let card = |row: usize| cards.iter().find(|card| card.id.to_string() == text(row)).unwrap();
    let mut columns: Vec<(String, ArrayRef)> = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| (field.name().clone(), column.clone()))
        .collect();
    for (at, score) in model.scores_of(of) {
        let percentile = |row| card(row).outcome(at).unwrap().percentile.map(|percentile| percentile.units() / 100);
        let column: arrow_array::Int64Array = (0..batch.num_rows()).map(percentile).collect();
        columns.push((format!("percentile.{}", score.id), Arc::new(column)));
    }
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap();
    let found = finish(model, of, true, &batch).unwrap();
    let sheet = batch::sheet::Sheet::new(of, model, true);
    let mut expected = batch::sheet::Columns::of(&sheet);
    (0..batch.num_rows()).for_each(|row| expected.push(&sheet.cells(card(row))).unwrap());
    assert_eq!(found, expected.take().unwrap(), "part {number}");
}
