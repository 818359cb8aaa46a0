//! The same in stages, for engines that spread contacts over machines: contacts of one part by themselves,
//! then accounts over what the parts say of them, then, with the percentiles that somebody has worked out
//! from all parts, the results as they are shown.
//!
//! What passes between stages are tables of Arrow. Numbers in them are ten-thousandths, percentiles
//! hundredths.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_array::{Array as _, ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use rules::decimal::Decimal;
use rules::model::{Model, Subject};

use super::account::{self, Emitted, Emitter};
use super::names::Names;
use super::partition::Taken;
use super::rank::{self, Out};
use super::said::Said;
use super::table::{Column, Table, Texts};
use super::{Kernel, Problem};
use crate::sheet::BATCH_ROWS;

/// Subjects before anything that needs everyone, in tables of some thousand rows: each with `id`, for each score
/// `points.<id>` and, where not everyone is ranked together, `inside.<id>` and `cohort.<id>`; then `category.<id>` and
/// `rule.<id>` as far as they were to be kept.
#[derive(Debug)]
pub struct Subjects {
    /// What all tables have; no columns if the model has no score of such subjects.
    pub schema: SchemaRef,
    /// The tables.
    pub tables: Vec<RecordBatch>,
}

/// What the contacts of one part score.
#[derive(Debug)]
pub struct Part {
    /// Their scores.
    pub contacts: Subjects,
    /// What their accounts need of them; nothing if the model has no score of accounts.
    pub accounts: Said,
    /// How many activities exist on the date, each identity once.
    pub on_date: u64,
    /// How many exist only later.
    pub later: u64,
    /// How many bytes went to temporary files.
    pub spilled: u64,
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
        let spilled = taken.kernel.blocks.spilled() + emitted.iter().map(Emitted::spilled).sum::<u64>();
        let contacts = unranked(taken.kernel.plan.model, rank::merged(outs));
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (on_date, later) = (count(&taken.counts.on_date), count(&taken.counts.later));
        Ok(Part { contacts, accounts: Said::new(names, emitted)?, on_date, later, spilled })
    }
}

/// Scores the accounts that a kernel was given, and those of which parts say something, with all that any
/// part says of them; and how many bytes went to temporary files. Accounts may be spread over machines by their ids.
///
/// # Errors
///
/// If it cannot say, or a table does not come from [`Kernel::part`] for the same model.
pub fn accounts(kernel: Kernel<'_>, said: impl Iterator<Item = RecordBatch>) -> Result<(Subjects, u64), Problem> {
    let taken = Taken::new(kernel)?;
    let names = Names::new();
    let mut emitter = Emitter::new(&taken.kernel, &names, 0);
    for batch in said {
        let (Some(accounts), Some(said)) = (texts(&batch, "account"), bytes(&batch, "said")) else {
            return Err(Problem::Garbled);
        };
        for (account, said) in accounts.zip(said) {
            emitter.take(account.unwrap_or_default(), said.unwrap_or_default())?;
        }
    }
    let emitted = emitter.finish()?;
    let spilled = emitted.spilled();
    let outs = account::score(&taken.kernel, &taken.dimensions(), &taken.facts, &names, vec![emitted])?;
    Ok((unranked(taken.kernel.plan.model, rank::merged(outs)), spilled))
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

fn unranked(model: &Model, out: Option<Out>) -> Subjects {
    let Some(out) = out else { return Subjects { schema: Arc::new(Schema::empty()), tables: Vec::new() } };
    let (texts, all) = (out.cohort_texts(), out.ids.len());
    let some = |rows| some_unranked(model, &out, &texts, rows);
    let tables = (0..all).step_by(BATCH_ROWS).map(|start| some(start..all.min(start + BATCH_ROWS))).collect();
    Subjects { schema: some(0..0).schema(), tables }
}

fn some_unranked(model: &Model, out: &Out, texts: &[Option<&str>], rows: Range<usize>) -> RecordBatch {
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    let mut add = |name: String, column: ArrayRef, nullable: bool| {
        fields.push(Field::new(name, column.data_type().clone(), nullable));
        columns.push(column);
    };
    let numbers = |numbers: &[Decimal]| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(numbers[rows.clone()].iter().map(|number| number.units())))
    };
    add("id".into(), Arc::new(out.ids.array(rows.clone())), false);
    for (place, &at) in out.kept.scores.iter().enumerate().filter(|(_, at)| !rank::is_matrix(model.score(**at))) {
        let id = &model.score(at).id;
        add(format!("points.{id}"), numbers(&out.points[place]), false);
        if let Some((inside, cohorts)) = out.groups(place, texts, rows.clone()) {
            add(format!("inside.{id}"), Arc::new(inside), false);
            add(format!("cohort.{id}"), Arc::new(cohorts), true);
        }
    }
    for (&at, column) in out.kept.categories.iter().zip(&out.categories) {
        add(format!("category.{}", model.category(at).id), numbers(column), false);
    }
    for (&at, column) in out.kept.rules.iter().zip(&out.rules) {
        add(format!("rule.{}", model.rule(at).id), numbers(column), false);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length")
}
