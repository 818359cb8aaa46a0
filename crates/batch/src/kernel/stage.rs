//! The same in stages, for engines that spread contacts over machines: contacts of one part by themselves,
//! then accounts over what the parts say of them, then, with the percentiles that somebody has worked out
//! from all parts, the results as they are shown.
//!
//! What passes between stages are tables of Arrow. Numbers in them are ten-thousandths, percentiles
//! hundredths.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_array::{Array as _, ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use rules::decimal::Decimal;
use rules::model::{Model, Subject};

use super::account::{self, Emitter};
use super::names::Names;
use super::partition::Taken;
use super::rank::{self, Out};
use super::table::{Column, Table, Texts};
use super::{Kernel, Problem};

/// What the contacts of one part score.
#[derive(Debug)]
pub struct Part {
    /// Each with `id`, for each score `points.<id>` and, where not everyone is ranked together, `inside.<id>`
    /// and `cohort.<id>`; then `category.<id>` and `rule.<id>` as far as they were to be kept.
    pub contacts: RecordBatch,
    /// What their accounts need of them: `account`, `said`; no rows if the model has no score of accounts.
    pub accounts: RecordBatch,
    /// How many activities exist on the date, each identity once.
    pub on_date: u64,
    /// How many exist only later.
    pub later: u64,
}

impl Kernel<'_> {
    /// Scores the contacts that it was given, all facts of whom it was given; opportunities are left out.
    ///
    /// # Errors
    ///
    /// If it cannot say: see [`Problem`].
    pub fn part(self, tick: &(dyn Fn(u64) + Sync)) -> Result<Part, Problem> {
        let taken = Taken::new(self)?;
        let names = Names::new();
        let (outs, emitted) = taken.contacts(&taken.dimensions(), &names, tick)?;
        let (mut accounts, mut said) = (StringBuilder::new(), BinaryBuilder::new());
        for emitted in emitted {
            emitted.in_bytes(&names, &mut |account, what| {
                accounts.append_value(account);
                said.append_value(what);
            })?;
        }
        let columns: Vec<(&str, ArrayRef)> =
            vec![("account", Arc::new(accounts.finish())), ("said", Arc::new(said.finish()))];
        let accounts = RecordBatch::try_from_iter(columns).expect("columns of one length");
        let contacts = unranked(taken.kernel.plan.model, rank::merged(outs));
        let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        Ok(Part { contacts, accounts, on_date: count(&taken.counts.on_date), later: count(&taken.counts.later) })
    }
}

/// Scores the accounts that a kernel was given, and those of which parts say something, with all that any
/// part says of them: the table that `Part::contacts` is for contacts. Accounts may be spread over machines
/// by their ids.
///
/// # Errors
///
/// If it cannot say, or a table does not come from [`Kernel::part`] for the same model.
pub fn accounts(kernel: Kernel<'_>, said: impl Iterator<Item = RecordBatch>) -> Result<RecordBatch, Problem> {
    let taken = Taken::new(kernel)?;
    let names = Names::new();
    let mut emitter = Emitter::new(&taken.kernel, &names, 0);
    for batch in said {
        let (Some(accounts), Some(said)) = (texts(&batch, "account"), bytes(&batch, "said")) else {
            return Err(Problem::Untrue("the table has no columns `account` and `said`".into()));
        };
        for (account, said) in accounts.zip(said) {
            emitter.take(account.unwrap_or_default(), said.unwrap_or_default())?;
        }
    }
    let emitted = vec![emitter.finish()?];
    let outs = account::score(&taken.kernel, &taken.dimensions(), &taken.facts, &names, emitted)?;
    Ok(unranked(taken.kernel.plan.model, rank::merged(outs)))
}

/// The results as they are shown, from a table of [`Kernel::part`] or [`accounts`] with a column
/// `percentile.<id>` for each score, in the order of its rows.
///
/// # Errors
///
/// If the table lacks a column.
pub fn finish(model: &Model, of: Subject, details: bool, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let number = |name: &str| {
        let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        column.ok_or_else(|| ArrowError::SchemaError(format!("there is no column `{name}` of 64-bit integers")))
    };
    let numbers = |name: &str| {
        Ok::<_, ArrowError>(number(name)?.values().iter().map(|&units| Decimal::from_units(units)).collect())
    };
    let mut ids = Texts::default();
    let known = texts(batch, "id").ok_or_else(|| ArrowError::SchemaError("there is no column `id` of texts".into()))?;
    known.for_each(|id| ids.push(id.unwrap_or_default()));
    let kept = rank::Kept::new(model, of, details);
    let mut columns = Vec::new();
    for &at in &kept.scores {
        let score = model.score(at);
        if rank::is_matrix(score) {
            columns.push(Column::of_matrix(at));
            continue;
        }
        let percentiles = number(&format!("percentile.{}", score.id))?;
        let hundredths = |hundredths: Option<i64>| hundredths.map(|hundredths| Decimal::from_units(hundredths * 100));
        let points = numbers(&format!("points.{}", score.id))?;
        columns.push(Column::new(score, at, points, percentiles.iter().map(hundredths).collect()));
    }
    let mut categories = Vec::new();
    for &at in kept.categories.iter().filter(|_| details) {
        categories.push((at, numbers(&format!("category.{}", model.category(at).id))?));
    }
    let rules: Result<Vec<_>, ArrowError> =
        kept.rules.iter().map(|&at| Ok((at, numbers(&format!("rule.{}", model.rule(at).id))?))).collect();
    let order = (0..u32::try_from(batch.num_rows()).unwrap_or(u32::MAX)).collect();
    let table = Table::new(model, ids, order, columns, categories, rules?);
    table.batch(model, of, details, 0..batch.num_rows())
}

fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Option<Box<dyn Iterator<Item = Option<&'b str>> + 'b>> {
    let column = batch.column_by_name(name)?;
    Some(match column.data_type() {
        DataType::Utf8 => Box::new(column.as_string::<i32>().iter()),
        DataType::LargeUtf8 => Box::new(column.as_string::<i64>().iter()),
        DataType::Utf8View => Box::new(column.as_string_view().iter()),
        _ => return None,
    })
}

fn bytes<'b>(batch: &'b RecordBatch, name: &str) -> Option<Box<dyn Iterator<Item = Option<&'b [u8]>> + 'b>> {
    let column = batch.column_by_name(name)?;
    Some(match column.data_type() {
        DataType::Binary => Box::new(column.as_binary::<i32>().iter()),
        DataType::LargeBinary => Box::new(column.as_binary::<i64>().iter()),
        DataType::BinaryView => Box::new(column.as_binary_view().iter()),
        _ => return None,
    })
}

/// The table of subjects before anything that needs everyone.
fn unranked(model: &Model, out: Option<Out>) -> RecordBatch {
    let Some(out) = out else { return RecordBatch::new_empty(Arc::new(Schema::empty())) };
    let mut fields = vec![Field::new("id", DataType::Utf8, false)];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(out.ids.array(0..out.ids.len()))];
    let mut add = |name: String, column: ArrayRef| {
        fields.push(Field::new(name, column.data_type().clone(), column.is_nullable()));
        columns.push(column);
    };
    let numbers = |numbers: &[Decimal]| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(numbers.iter().map(|number| number.units())))
    };
    for (place, &at) in out.kept.scores.iter().enumerate().filter(|(_, at)| !rank::is_matrix(model.score(**at))) {
        let id = &model.score(at).id;
        add(format!("points.{id}"), numbers(&out.points[place]));
        if let Some((inside, cohorts)) = out.groups(place) {
            add(format!("inside.{id}"), Arc::new(inside));
            add(format!("cohort.{id}"), Arc::new(cohorts));
        }
    }
    for (&at, column) in out.kept.categories.iter().zip(&out.categories) {
        add(format!("category.{}", model.category(at).id), numbers(column));
    }
    for (&at, column) in out.kept.rules.iter().zip(&out.rules) {
        add(format!("rule.{}", model.rule(at).id), numbers(column));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length")
}
