//! Facts come in: of each activity it is found out what it means and whose it is, and that is kept.

use rules::activity::Activity;
use rules::condition::{Context, Truth};
use rules::day::{Clock, Instant};
use rules::history::{Added, Row};
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::value::{Attributes, Value};
use std::hash::BuildHasher as _;
use std::sync::PoisonError;

use super::blocks::{NO_MARK, Writer};
use super::columns::{Dates, Entries};
use super::meaning::{Asker, Meaning, Meanings, Step};
use super::names::{Marks, Place};
use super::plan::Test;
use super::row::{Cell, Head, Lane, Number, put_cell, put_number};
use super::values::{Combined, Memo, Values};
use super::{Kernel, Problem};
use crate::source::Sink;

/// So many activities are read before somebody looks whether there is too much to remember.
const LOOK_EVERY: u32 = 4096;

/// Takes facts on one thread.
pub struct Feeder<'k, 'm> {
    pub(super) kernel: &'k Kernel<'m>,
    pub(super) writer: Writer,
    pub(super) clock: Clock,
    pub(super) kinds: Values,
    /// For each column that a condition looks at, its values.
    pub(super) columns: Vec<Values>,
    /// What the entries of dictionaries of Arrow are here: of types, of each column, of contacts.
    pub(super) entries: Entries,
    pub(super) combined: Combined,
    pub(super) dates: Dates,
    memos: Vec<Memo>,
    meanings: Meanings,
    exist: Marks,
    /// The codes of the activity at hand, by column.
    codes: Vec<u32>,
    on_date: u64,
    later: u64,
    seen: u32,
    /// Whether rows of a batch are being taken.
    pub(super) in_batch: bool,
    /// The first and the last time of each piece.
    pieces: Vec<Times>,
    failed: Option<Problem>,
}

/// When the activities of a piece were.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) piece: u64,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// What a feeder leaves behind.
#[derive(Debug)]
pub(super) struct Fed {
    pub(super) writer: usize,
    /// Contacts of whom no row is kept, and who exist all the same.
    pub(super) exist: Marks,
    pub(super) meanings: Vec<Meaning>,
    pub(super) on_date: u64,
    pub(super) later: u64,
    pub(super) pieces: Vec<Times>,
}

/// What is kept of an activity, from wherever it is read.
pub(super) trait Said {
    fn micros(&self) -> i64;
    fn id(&self) -> Cell<'_>;
    fn source(&self) -> Cell<'_>;
    fn account(&self) -> Cell<'_>;
    /// The value of a column of the plan.
    fn number(&self, column: usize) -> Number;
    fn cell<R>(&self, column: usize, take: impl FnOnce(Cell<'_>) -> R) -> R;
    fn canonical(&self) -> String;
}

impl<'k, 'm> Feeder<'k, 'm> {
    pub(super) fn new(kernel: &'k Kernel<'m>, place: usize) -> Self {
        let plan = &kernel.plan;
        Self {
            kernel,
            writer: Writer::new(place),
            clock: Clock::new(&plan.model.zone),
            kinds: Values::new(),
            columns: plan.columns.iter().map(|_| Values::new()).collect(),
            entries: Entries::new(plan.columns.len()),
            combined: Combined::default(),
            dates: Dates::default(),
            memos: plan.tests.iter().map(|_| Memo::default()).collect(),
            meanings: Meanings::new(),
            exist: Marks::new(),
            codes: vec![0; plan.columns.len()],
            on_date: 0,
            later: 0,
            seen: 0,
            in_batch: false,
            pieces: Vec::new(),
            failed: None,
        }
    }

    /// What follows is read in one piece; pieces count in the order of their numbers, whoever reads them.
    pub fn begin(&mut self, piece: u64) {
        self.writer.begin(piece, self.kernel.names.bytes() as u64);
        self.pieces.push(Times { piece, first: i64::MIN, last: i64::MIN });
        self.look();
    }

    /// Hands over what it has taken.
    ///
    /// # Errors
    ///
    /// If something went wrong on the way.
    pub fn finish(self) -> Result<(), Problem> {
        if let Some(problem) = self.failed {
            return Err(problem);
        }
        let writer = self.writer.place;
        self.writer.finish(&self.kernel.blocks)?;
        let meanings = self.meanings.all().to_vec();
        let Self { exist, on_date, later, pieces, .. } = self;
        let fed = Fed { writer, exist, meanings, on_date, later, pieces };
        self.kernel.fed.lock().unwrap_or_else(PoisonError::into_inner).push(fed);
        Ok(())
    }

    /// Whether it has failed, and takes no more.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// It cannot go on, which [`finish`](Self::finish) will say.
    pub(crate) fn fail(&mut self, problem: Problem) {
        self.failed.get_or_insert(problem);
    }

    /// Forgets values if there are too many of them; not within a batch, whose codes have been given out.
    pub(super) fn look(&mut self) {
        if self.in_batch {
            return;
        }
        if self.kinds.is_full() || self.columns.iter().any(Values::is_full) {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.kinds = Values::new();
        self.columns.iter_mut().for_each(|values| *values = Values::new());
        self.memos.iter_mut().for_each(|memo| *memo = Memo::default());
        self.meanings.forget_types();
        self.entries = Entries::new(self.columns.len());
        self.combined = Combined::default();
    }

    /// Takes an activity; `meaning` is asked for only if it matters.
    pub(super) fn take(
        &mut self,
        said: &impl Said,
        whose: Place,
        age: i32,
        meaning: impl FnOnce(&mut Self) -> Result<u32, Problem>,
    ) -> Result<(), Problem> {
        let kernel = self.kernel;
        let declared = kernel.settings.declared;
        if declared.time_order {
            self.follow(said.micros())?;
        }
        if age < 0 && declared.unique_ids {
            self.later += 1;
            return Ok(());
        }
        let meaning = meaning(self)?;
        let names_none = kernel.plan.accounts && said.account() == Cell::Missing;
        let meaning = if names_none { self.meanings.nameless(meaning)? } else { meaning };
        let meant = self.meanings.get(meaning);
        if meant.is_idle() && declared.unique_ids && (names_none && !kernel.plan.by_account || !kernel.plan.accounts) {
            self.exist.add(whose);
            self.on_date += 1;
            return Ok(());
        }
        let tail = |out: &mut Vec<u8>| meant.lanes.iter().for_each(|&lane| put_lane(out, lane, said));
        let mark = (!declared.unique_ids).then(|| kernel.mark(said));
        Ok(self.writer.push(&kernel.blocks, whose, Head::new(whose.within(), age, meaning), mark, tail)?)
    }

    /// What an activity means whose type has a code, and whose tested columns have theirs.
    pub(super) fn meaning(&mut self, kind: u32, codes: impl Fn(usize) -> u32) -> Result<u32, Problem> {
        let kernel = self.kernel;
        let asker = Asker { plan: &kernel.plan, settings: &kernel.settings };
        let name = self.kinds.get(kind).and_then(as_text).unwrap_or_default();
        let mut state = self.meanings.begin(&asker, kind, name)?;
        loop {
            match self.meanings.step(state) {
                Step::Known(meaning) => return Ok(meaning),
                Step::Ask(test) => {
                    let answer = self.test(test, &codes);
                    state = self.meanings.next(&asker, state, test, answer)?;
                }
            }
        }
    }

    /// Time goes on within a piece, as has been declared.
    fn follow(&mut self, micros: i64) -> Result<(), Problem> {
        if self.pieces.is_empty() {
            self.begin(0);
        }
        let times = self.pieces.last_mut().expect("a piece has begun");
        if times.first == i64::MIN {
            times.first = micros;
        }
        if micros < times.last {
            return Err(out_of_order(times.last, micros));
        }
        times.last = micros;
        Ok(())
    }

    fn test(&mut self, place: usize, codes: &impl Fn(usize) -> u32) -> bool {
        let test = &self.kernel.plan.tests[place];
        let mut found = [0; 4];
        let many: Vec<u32>;
        let codes: &[u32] = match found.get_mut(..test.columns.len()) {
            Some(found) => {
                found.iter_mut().zip(&test.columns).for_each(|(code, &column)| *code = codes(column));
                found
            }
            None => {
                many = test.columns.iter().map(|&column| codes(column)).collect();
                &many
            }
        };
        if let Some(known) = self.memos[place].get(codes) {
            return known;
        }
        let found = self.evaluate(test, codes);
        self.memos[place].set(codes, found);
        found
    }

    fn evaluate(&self, test: &Test<'_>, codes: &[u32]) -> bool {
        let columns = &self.kernel.plan.columns;
        let values = test.columns.iter().zip(codes);
        let values = values.map(|(&at, &code)| (&*columns[at].name.id, self.columns[at].get(code).cloned()));
        let activity = activity_of(values);
        let context = Context { activity: Some(&activity), ..Context::empty(&self.kernel.plan.model.zone) };
        test.predicate.evaluate(&context) == Truth::True
    }

    fn take_activity(&mut self, activity: &Activity) -> Result<(), Problem> {
        self.seen += 1;
        if self.seen.is_multiple_of(LOOK_EVERY) {
            self.look();
        }
        let plan = &self.kernel.plan;
        let mut codes = std::mem::take(&mut self.codes);
        for (place, column) in plan.columns.iter().enumerate().filter(|(_, column)| column.tested) {
            codes[place] = with_value(activity, &column.name.id, |value| self.columns[place].code(value));
        }
        let kind = self.kinds.code_of_text(&activity.kind);
        let age = plan.as_of.since(activity.day);
        let said = SaidBy { kernel: self.kernel, activity };
        let whose = self.kernel.names.place(activity.contact.as_str());
        let taken = self.take(&said, whose, age, |feeder| feeder.meaning(kind, |column| codes[column]));
        self.codes = codes;
        taken
    }
}

impl Kernel<'_> {
    /// A hash of the identity of an activity, as far as that is not whose it is.
    fn mark(&self, said: &impl Said) -> u64 {
        match said.id().as_text() {
            Some(id) => self.marker.hash_one((said.source().as_text(), id)).max(NO_MARK + 1),
            None => NO_MARK,
        }
    }
}

pub(super) fn out_of_order(before: i64, after: i64) -> Problem {
    let time = |micros| Instant::new(micros).map_or_else(|| micros.to_string(), |instant| instant.to_string());
    Problem::Untrue(format!(
        "an activity of {} follows one of {}: they are not in the order of their times, as was declared",
        time(after),
        time(before)
    ))
}

fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// An activity that has these columns and nothing else, as conditions see it.
pub(super) fn activity_of<'v>(values: impl Iterator<Item = (&'v str, Option<Value>)>) -> Activity {
    let mut activity = Activity {
        contact: ContactId::from(""),
        kind: "".into(),
        occurred_at: Instant(0),
        day: rules::day::Day::parse("1970-01-01").expect("a date"),
        id: None,
        source: None,
        value: None,
        account: None,
        properties: Attributes::new(),
    };
    for (name, value) in values {
        let Some(value) = value else { continue };
        match name {
            "type" => activity.kind = value.text().into(),
            "source" => activity.source = Some(value.text().into()),
            "value" => activity.value = Some(value),
            property => _ = activity.properties.insert(property.into(), value),
        }
    }
    activity
}

fn with_value<R>(activity: &Activity, name: &str, take: impl FnOnce(Option<&Value>) -> R) -> R {
    match name {
        "type" => take(Some(&Value::Text(activity.kind.clone()))),
        "source" => take(activity.source.clone().map(Value::Text).as_ref()),
        "value" => take(activity.value.as_ref()),
        property => take(activity.properties.get(property)),
    }
}

fn put_lane(out: &mut Vec<u8>, lane: Lane, said: &impl Said) {
    match lane {
        Lane::Micros => out.extend_from_slice(&said.micros().to_le_bytes()),
        Lane::Source => put_cell(out, said.source()),
        Lane::Id => put_cell(out, said.id()),
        Lane::Account => put_cell(out, said.account()),
        Lane::Canonical => put_cell(out, Cell::Text(&said.canonical())),
        Lane::Number(column) => put_number(out, said.number(column)),
        Lane::Cell(column) => said.cell(column, |cell| put_cell(out, cell)),
        Lane::Contact | Lane::Place => {}
    }
}

struct SaidBy<'k, 'm> {
    kernel: &'k Kernel<'m>,
    activity: &'k Activity,
}

impl SaidBy<'_, '_> {
    fn with<R>(&self, column: usize, take: impl FnOnce(Option<&Value>) -> R) -> R {
        with_value(self.activity, &self.kernel.plan.columns[column].name.id, take)
    }
}

impl Said for SaidBy<'_, '_> {
    fn micros(&self) -> i64 {
        self.activity.occurred_at.0
    }

    fn id(&self) -> Cell<'_> {
        Cell::of_text(self.activity.id.as_deref())
    }

    fn source(&self) -> Cell<'_> {
        Cell::of_text(self.activity.source.as_deref())
    }

    fn account(&self) -> Cell<'_> {
        Cell::of_text(self.activity.account.as_ref().map(AccountId::as_str))
    }

    fn number(&self, column: usize) -> Number {
        self.with(column, Number::of)
    }

    fn cell<R>(&self, column: usize, take: impl FnOnce(Cell<'_>) -> R) -> R {
        self.with(column, |value| take(Cell::of(value)))
    }

    fn canonical(&self) -> String {
        self.activity.canonical()
    }
}

impl Sink for Feeder<'_, '_> {
    fn contact(&mut self, id: ContactId, row: Row) -> Added {
        self.kernel.people().add(self.kernel.names.place(id.as_str()), row)
    }

    fn account(&mut self, id: AccountId, row: Row) -> Added {
        self.kernel.others.lock().unwrap_or_else(PoisonError::into_inner).account(id, row)
    }

    fn opportunity(&mut self, id: OpportunityId, row: Row) -> Added {
        self.kernel.others.lock().unwrap_or_else(PoisonError::into_inner).opportunity(id, row)
    }

    fn activity(&mut self, activity: Activity) {
        if self.failed.is_none()
            && let Err(problem) = self.take_activity(&activity)
        {
            self.fail(problem);
        }
    }
}
