//! Facts from columns of Arrow: what is plain is taken as it lies there, row by row without a copy; any
//! other row takes the way of all rows, through cells.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::Fields;
use rules::day::Instant;
use rules::value::{Attributes, Value};

use super::columns::{NO_TIME, Text, codes, is_readable_text, is_text, number_at, text_codes, times, whose};
use super::feed::{Feeder, Said};
use super::names::Place;
use super::row::{Cell, Number};
use super::{Keep, Kernel, Problem};
use crate::source::arrow::{Columns, Unreadable, value_at};
use crate::source::{Kind, Reason, place};

/// Which columns of a schema say what.
#[derive(Clone, Debug)]
pub struct Layout {
    kind: Kind,
    columns: Columns,
    /// By name, where among the columns; only those that lie in the table itself.
    plain: HashMap<Arc<str>, usize>,
    /// What the folders of a file say of all its rows.
    beside: Vec<(Arc<str>, Value)>,
}

impl Layout {
    /// For rows of a kind; `beside` is said of every row that says nothing else.
    pub(crate) fn new(kind: Kind, columns: Columns, beside: Vec<(Arc<str>, Value)>) -> Self {
        let mut plain: HashMap<Arc<str>, usize> = columns.plain().map(|(name, place)| (name.clone(), place)).collect();
        // Of two columns of one name each row may mean either, which its cells tell.
        let once = |name: &Arc<str>| columns.names().iter().filter(|known| *known == name).count() == 1;
        plain.retain(|name, _| once(name));
        Self { kind, columns, plain, beside }
    }

    /// The same for a schema.
    pub fn of(kind: Kind, fields: &Fields) -> Self {
        Self::new(kind, Columns::of(fields), Vec::new())
    }

    fn array<'b>(&self, batch: &'b RecordBatch, name: &str) -> Option<&'b ArrayRef> {
        self.plain.get(name).map(|&place| batch.column(place))
    }

    /// Whether a column is missing in all rows.
    fn lacks(&self, name: &str) -> bool {
        let has = |column: &Arc<str>| **column == *name;
        !self.columns.names().iter().any(has) && !self.beside.iter().any(|(column, _)| has(column))
    }
}

/// A row that cannot be used.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Which row of the batch.
    pub row: usize,
    /// Why.
    pub reason: Reason,
    /// The row as JSON.
    pub raw: String,
}

impl Kernel<'_> {
    /// The columns that are looked at of rows of a kind; `None` is all.
    pub fn columns(&self, kind: Kind) -> Option<Vec<Arc<str>>> {
        let (plan, settings) = (&self.plan, &self.settings);
        if settings.keep == Keep::All {
            return None;
        }
        let mut all: Vec<Arc<str>> = match kind {
            Kind::Activities => {
                let identity: &[&str] = if self.keeps_identity() { &["source", "id"] } else { &[] };
                let account: &[&str] = if plan.accounts { &["account"] } else { &[] };
                let own = ["contact", "type", "occurred_at"];
                let own = own.iter().chain(identity).chain(account).map(|&name| name.into());
                own.chain(plan.columns.iter().map(|column| column.name.id.clone())).collect()
            }
            Kind::Contacts => {
                let own = ["id", "account", "account_since", "valid_from"].map(Arc::from);
                own.into_iter().chain(plan.attributes.iter().cloned()).collect()
            }
            Kind::Accounts | Kind::Opportunities => return None,
        };
        all.sort_unstable();
        all.dedup();
        Some(all)
    }

    /// Whether some activity has to say its source and id.
    fn keeps_identity(&self) -> bool {
        let order = self.plan.rules.iter().any(|rule| rule.order_matters);
        order && self.settings.keep >= Keep::Identity || !self.settings.declared.unique_ids
    }

    /// Of the columns of texts, which have few different ones as a rule.
    pub(crate) fn repeats(&self, kind: Kind, name: &str) -> bool {
        kind == Kind::Activities && (name == "type" || self.plan.columns.iter().any(|column| *column.name.id == *name))
    }
}

impl Feeder<'_, '_> {
    /// Takes the rows of a batch; those that cannot be used are given back.
    ///
    /// # Errors
    ///
    /// If the kernel cannot go on.
    pub fn batch(&mut self, layout: &Layout, batch: &RecordBatch) -> Result<Vec<Refused>, Problem> {
        match layout.kind {
            Kind::Activities => self.activities(layout, batch),
            Kind::Contacts if self.kernel.settings.keep < Keep::All => Ok(self.contacts(layout, batch)),
            _ => Ok((0..batch.num_rows()).filter_map(|row| self.by_cells(layout, batch, row)).collect()),
        }
    }

    /// One row as any other file would have it.
    fn by_cells(&mut self, layout: &Layout, batch: &RecordBatch, row: usize) -> Option<Refused> {
        let rows = layout.columns.in_batch(batch);
        let placed = rows.cells(row).and_then(|mut cells| {
            for (name, value) in &layout.beside {
                cells.entry(name.clone()).or_insert_with(|| value.clone());
            }
            let zone = self.clock.zone().clone();
            place(layout.kind, cells, &zone, self)
        });
        placed.err().map(|reason| Refused { row, reason, raw: rows.raw(row) })
    }

    fn activities(&mut self, layout: &Layout, batch: &RecordBatch) -> Result<Vec<Refused>, Problem> {
        self.look();
        self.in_batch = true;
        let taken = self.rows_of(layout, batch);
        self.in_batch = false;
        taken
    }

    fn rows_of(&mut self, layout: &Layout, batch: &RecordBatch) -> Result<Vec<Refused>, Problem> {
        let Some(columns) = Activities::of(self, layout, batch) else {
            return Ok((0..batch.num_rows()).filter_map(|row| self.by_cells(layout, batch, row)).collect());
        };
        let mut refused = Vec::new();
        for row in 0..batch.num_rows() {
            match columns.row(row) {
                Some(said) => {
                    let day = self.clock.day_of(Instant(said.micros));
                    let age = self.kernel.plan.as_of.since(day);
                    self.take(&said, columns.whose[row], age, |feeder| columns.meaning(feeder, row))?;
                }
                None => refused.extend(self.by_cells(layout, batch, row)),
            }
        }
        Ok(refused)
    }

    /// Rows of contacts, of which only needed columns are there: where two of them contradict one another,
    /// the others decide.
    fn contacts(&mut self, layout: &Layout, batch: &RecordBatch) -> Vec<Refused> {
        let left = self.plain_contacts(layout, batch).unwrap_or_else(|| (0..batch.num_rows()).collect());
        let by_cells = |row| {
            let refused = self.by_cells(layout, batch, row)?;
            if matches!(refused.reason, Reason::Contradiction { .. }) {
                self.kernel.people().contradicted = true;
            }
            Some(refused)
        };
        left.into_iter().filter_map(by_cells).collect()
    }

    /// Takes the rows that are plain and gives back the others; `None` if a needed column lies where only
    /// cells find it.
    fn plain_contacts(&mut self, layout: &Layout, batch: &RecordBatch) -> Option<Vec<usize>> {
        let kernel = self.kernel;
        if !layout.beside.is_empty() {
            return None;
        }
        let attributes =
            kernel.plan.attributes.iter().filter(|name| !matches!(&***name, "id" | "account" | "valid_from"));
        let attributes: Vec<_> = attributes.filter(|name| !layout.lacks(name)).collect();
        let arrays: Vec<&ArrayRef> = attributes.iter().map(|name| layout.array(batch, name)).collect::<Option<_>>()?;
        let text = |name: &str| layout.array(batch, name).map(Text::of);
        let (ids, accounts) = (text("id")?, text("account"));
        let dates = ["account_since", "valid_from"].map(|name| layout.array(batch, name));
        let columns: Vec<usize> = attributes.iter().map(|name| kernel.people().column(name)).collect();
        let places = kernel.names.places(batch.num_rows(), |row| ids.get(row).ok().flatten(), &mut self.entries.room);
        let texts: Vec<Option<Text<'_>>> =
            arrays.iter().map(|&array| is_text(array.data_type()).then(|| Text::of(array))).collect();
        let mut values: Vec<Option<Value>> = vec![None; arrays.len()];
        let mut left = Vec::new();
        let people = &mut *kernel.people();
        for (row, &place) in places.iter().enumerate() {
            let account = accounts.as_ref().map_or(Ok(None), |accounts| accounts.get(row));
            let account = account.map(|account| account.map(str::trim).filter(|account| !account.is_empty()));
            let is_plain = |account: &Option<&str>| account.is_none_or(|account| !account.contains(['|', '[']));
            let dated = dates.iter().flatten().any(|dates| dates.is_valid(row));
            let (Ok(account), false, false) = (account, place == Place::NONE, dated) else {
                left.push(row);
                continue;
            };
            let mut others = arrays.iter().zip(&mut values).zip(&texts).filter(|(_, text)| text.is_none());
            let read = others.try_for_each(|((array, value), _)| {
                *value = self.dates.value(array, row)?;
                Ok::<_, Unreadable>(())
            });
            if read.is_err() || !is_plain(&account) {
                left.push(row);
                continue;
            }
            let cell = |at: usize| match &texts[at] {
                Some(texts) => Cell::of_text(texts.get(row).ok().flatten()),
                None => Cell::of(values[at].as_ref()),
            };
            let known = columns.iter().enumerate().map(|(at, &column)| (column, cell(at)));
            if people.add_plain(place, account, known.filter(|(_, cell)| *cell != Cell::Missing)).is_err() {
                people.contradicted = true;
            }
        }
        Some(left)
    }
}

/// The columns of activities, ready to be looked at row by row.
struct Activities<'b, 'k, 'm> {
    kernel: &'k Kernel<'m>,
    /// The places of contacts; nowhere is that of rows that name none, or not plainly.
    whose: Vec<Place>,
    kinds: Vec<u32>,
    times: Vec<i64>,
    /// For each column of the plan the codes of its values, where a condition looks at it.
    codes: Vec<Vec<u32>>,
    /// All of those of a row side by side, where there are few combinations.
    combined: Option<Vec<u32>>,
    /// For each column of the plan where its values are.
    columns: Vec<Option<&'b ArrayRef>>,
    beside: Vec<Option<Value>>,
    ids: Option<Text<'b>>,
    sources: Option<Text<'b>>,
    accounts: Option<Text<'b>>,
    layout: &'b Layout,
    batch: &'b RecordBatch,
}

impl<'b, 'k, 'm> Activities<'b, 'k, 'm> {
    /// `None` if a needed column lies where only cells find it.
    fn of(feeder: &mut Feeder<'k, 'm>, layout: &'b Layout, batch: &'b RecordBatch) -> Option<Self> {
        let kernel = feeder.kernel;
        let own = ["contact", "type", "occurred_at", "id", "source", "account"];
        let own = own.iter().filter_map(|name| layout.array(batch, name));
        if !own.map(|array| array.data_type()).all(is_readable_text) {
            return None;
        }
        let whose = whose(feeder, layout.array(batch, "contact")?);
        let kinds = text_codes(&mut feeder.kinds, &mut feeder.entries.kinds, layout.array(batch, "type")?);
        let times = times(feeder, layout.array(batch, "occurred_at")?);
        let mut of_columns = Vec::new();
        let (mut columns, mut beside) = (Vec::new(), Vec::new());
        for (place, column) in kernel.plan.columns.iter().enumerate() {
            let name = &*column.name.id;
            let constant = layout.beside.iter().find(|(known, _)| **known == *name).map(|(_, value)| value.clone());
            let array = layout.array(batch, name);
            if array.is_some_and(|array| !is_readable_text(array.data_type())) {
                return None;
            }
            if constant.is_some() && array.is_some() || array.is_none() && constant.is_none() && !layout.lacks(name) {
                return None;
            }
            let (values, entries) = (&mut feeder.columns[place], &mut feeder.entries.columns[place]);
            of_columns.push(match (column.tested, array) {
                (false, _) => Vec::new(),
                // A source and a type are texts, whatever their columns hold.
                (true, Some(array)) if matches!(name, "source" | "type") => text_codes(values, entries, array),
                (true, Some(array)) => codes(values, entries, array),
                (true, None) => vec![values.code(constant.as_ref()); batch.num_rows()],
            });
            columns.push(array);
            beside.push(constant);
        }
        let text = |name: &str, asked: bool| match layout.array(batch, name) {
            _ if !asked => Some(None),
            Some(_) if layout.beside.iter().any(|(beside, _)| **beside == *name) => None,
            Some(array) => Some(Some(Text::of(array))),
            None => layout.lacks(name).then_some(None),
        };
        let identity = kernel.keeps_identity();
        let (ids, sources) = (text("id", identity)?, text("source", identity)?);
        let accounts = text("account", kernel.plan.accounts)?;
        let tested = feeder.columns.iter().zip(&of_columns).zip(&kernel.plan.columns);
        let tested = tested.filter(|(_, column)| column.tested).map(|((values, codes), _)| (values, &**codes));
        let tested: Vec<_> = std::iter::once((&feeder.kinds, &*kinds)).chain(tested).collect();
        let combined = feeder.combined.keys(&tested);
        Some(Self {
            kernel,
            whose,
            kinds,
            times,
            codes: of_columns,
            combined,
            columns,
            beside,
            ids,
            sources,
            accounts,
            layout,
            batch,
        })
    }

    /// What a row means.
    fn meaning(&self, feeder: &mut Feeder<'_, '_>, row: usize) -> Result<u32, Problem> {
        let key = self.combined.as_ref().map(|keys| keys[row]);
        if let Some(known) = key.and_then(|key| feeder.combined.get(key)) {
            return Ok(known);
        }
        let meaning = feeder.meaning(self.kinds[row], |column| self.codes[column][row])?;
        key.into_iter().for_each(|key| feeder.combined.set(key, meaning));
        Ok(meaning)
    }

    /// A row; `None` if it is not plain.
    fn row(&self, row: usize) -> Option<OfRow<'_, 'b, 'k, 'm>> {
        let micros = self.times[row];
        if micros == NO_TIME || self.kinds[row] == super::values::MISSING || self.whose[row] == Place::NONE {
            return None;
        }
        let id = self.ids.as_ref().map_or(Ok(None), |ids| ids.get(row)).ok()?;
        let source = self.sources.as_ref().map_or(Ok(None), |sources| sources.get(row)).ok()?;
        let account = self.accounts.as_ref().map_or(Ok(None), |accounts| accounts.get(row)).ok()?;
        Some(OfRow { columns: self, row, micros, id, source, account })
    }
}

/// One activity.
struct OfRow<'r, 'b, 'k, 'm> {
    columns: &'r Activities<'b, 'k, 'm>,
    row: usize,
    micros: i64,
    id: Option<&'r str>,
    source: Option<&'r str>,
    account: Option<&'r str>,
}

impl Said for OfRow<'_, '_, '_, '_> {
    fn micros(&self) -> i64 {
        self.micros
    }

    fn id(&self) -> Cell<'_> {
        Cell::of_text(self.id)
    }

    fn source(&self) -> Cell<'_> {
        Cell::of_text(self.source)
    }

    fn account(&self) -> Cell<'_> {
        Cell::of_text(self.account)
    }

    fn number(&self, column: usize) -> Number {
        match (self.columns.columns[column], &self.columns.beside[column]) {
            (Some(array), _) => number_at(array, self.row),
            (None, constant) => Number::of(constant.as_ref()),
        }
    }

    fn cell<R>(&self, column: usize, take: impl FnOnce(Cell<'_>) -> R) -> R {
        let name = &*self.columns.kernel.plan.columns[column].name.id;
        let read;
        let value = match (self.columns.columns[column], &self.columns.beside[column]) {
            (Some(array), _) => {
                // What is no text is a reason to refuse a row of cells; here the column says nothing.
                read = value_at(array, self.row).ok().flatten();
                read.as_ref()
            }
            (None, constant) => constant.as_ref(),
        };
        match name {
            "source" | "type" => take(Cell::of_text(value.map(Value::text).as_deref())),
            _ => take(Cell::of(value)),
        }
    }

    fn canonical(&self) -> String {
        let Activities { layout, batch, .. } = self.columns;
        let mut cells = layout.columns.in_batch(batch).cells(self.row).unwrap_or_default();
        for (name, value) in &layout.beside {
            cells.entry(name.clone()).or_insert_with(|| value.clone());
        }
        ["contact", "occurred_at", "id", "source"].into_iter().for_each(|name| _ = cells.remove(name));
        let kind = cells.remove("type").map(|value| value.text().into_owned()).unwrap_or_default();
        let account = cells.remove("account").map(|value| value.text().into_owned());
        self.json(&kind, cells.remove("value"), account.as_deref(), cells)
    }
}

impl OfRow<'_, '_, '_, '_> {
    fn json(&self, kind: &str, value: Option<Value>, account: Option<&str>, properties: Attributes) -> String {
        let mut activity = super::feed::activity_of(std::iter::empty());
        activity.kind = kind.into();
        activity.value = value;
        activity.account = account.map(Into::into);
        activity.properties = properties;
        activity.canonical()
    }
}
