//! Activities by column: every text and value once in a dictionary, and codes for the rows.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use rules::activity::Activity;
use rules::condition::{Name, Space};
use rules::day::{Day, Instant};
use rules::id::{AccountId, ContactId};
use rules::value::{Attributes, Value};

/// The code of what is missing.
pub(super) const MISSING: u32 = 0;

/// All activities, in the order in which they came.
#[derive(Debug)]
pub struct Activities {
    /// The columns by name: those that are needed first, in their order.
    pub(super) names: Vec<Name>,
    places: HashMap<Arc<str>, usize>,
    /// Whether every property is a column, needed or not.
    pub(super) whole: bool,
    keeps_accounts: bool,
    pub(super) columns: Vec<Column>,
    pub(super) contacts: Texts,
    pub(super) kinds: Texts,
    pub(super) sources: Texts,
    pub(super) accounts: Texts,
    pub(super) contact: Vec<u32>,
    pub(super) micros: Vec<i64>,
    pub(super) day: Vec<Day>,
    pub(super) kind: Vec<u32>,
    pub(super) source: Vec<u32>,
    pub(super) account: Vec<u32>,
    ids: Ids,
}

/// A needed column.
#[derive(Debug, Default)]
pub(super) struct Column {
    pub(super) values: Vec<Option<Value>>,
    known: HashMap<Key, u32>,
    pub(super) codes: Vec<u32>,
}

/// A value by what it is, so that the text 5 and the number 5 stay two.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Text(Arc<str>),
    Number(i64),
    Bool(bool),
}

/// Texts, each once; the first is none.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) all: Vec<Arc<str>>,
    known: HashMap<Arc<str>, u32>,
}

/// Ids of activities, one after the other; a missing one is empty.
#[derive(Debug, Default)]
struct Ids {
    bytes: Vec<u8>,
    ends: Vec<u64>,
}

impl Texts {
    fn new() -> Self {
        Self { all: vec!["".into()], known: HashMap::new() }
    }

    fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.known.get(text) {
            return code;
        }
        let (text, code): (Arc<str>, _) = (text.into(), code(self.all.len()));
        self.all.push(text.clone());
        self.known.insert(text, code);
        code
    }

    /// The text of a code; `None` for what is missing.
    pub(super) fn get(&self, code: u32) -> Option<&Arc<str>> {
        if code == MISSING { None } else { self.all.get(code as usize) }
    }
}

/// More than 2^32 different values of one column do not fit into any memory.
fn code(count: usize) -> u32 {
    u32::try_from(count).expect("a dictionary has fewer than 2^32 entries")
}

impl Column {
    fn code(&mut self, value: Option<&Value>) -> u32 {
        let Some(value) = value else { return MISSING };
        if self.values.is_empty() {
            self.values.push(None);
        }
        let key = match value {
            Value::Text(text) => Key::Text(text.clone()),
            Value::Number(number) => Key::Number(number.units()),
            Value::Bool(truth) => Key::Bool(*truth),
        };
        let next = code(self.values.len());
        *self.known.entry(key).or_insert_with(|| {
            self.values.push(Some(value.clone()));
            next
        })
    }

    /// The value of a code.
    pub(super) fn value(&self, code: u32) -> Option<&Value> {
        self.values.get(code as usize).and_then(Option::as_ref)
    }
}

impl Ids {
    fn push(&mut self, id: Option<&str>) {
        self.bytes.extend_from_slice(id.unwrap_or_default().as_bytes());
        self.ends.push(self.bytes.len() as u64);
    }

    fn get(&self, row: usize) -> &[u8] {
        let at = |row: usize| usize::try_from(self.ends[row]).expect("an offset into memory");
        let start = if row == 0 { 0 } else { at(row - 1) };
        &self.bytes[start..at(row)]
    }
}

impl Activities {
    /// For columns that are needed; `whole` keeps every property.
    pub(super) fn new(names: &[Name], keeps_accounts: bool, whole: bool) -> Self {
        let mut activities = Self {
            names: Vec::new(),
            places: HashMap::new(),
            whole,
            keeps_accounts: keeps_accounts || whole,
            columns: Vec::new(),
            contacts: Texts::new(),
            kinds: Texts::new(),
            sources: Texts::new(),
            accounts: Texts::new(),
            contact: Vec::new(),
            micros: Vec::new(),
            day: Vec::new(),
            kind: Vec::new(),
            source: Vec::new(),
            account: Vec::new(),
            ids: Ids::default(),
        };
        for name in names {
            activities.column(&name.id);
        }
        if whole {
            activities.column(&"value".into());
        }
        activities
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.contact.len()
    }

    /// How many contacts have any, or are among others that are known.
    pub fn contacts<'c>(&self, known: impl IntoIterator<Item = &'c ContactId>) -> usize {
        let quiet = known.into_iter().filter(|id| !self.contacts.known.contains_key(id.as_str()));
        self.contacts.all.len() - 1 + quiet.count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.contact.is_empty()
    }

    /// The place of a column, which is made if it is new: missing in all rows until now.
    fn column(&mut self, id: &Arc<str>) -> usize {
        if let Some(&place) = self.places.get(id) {
            return place;
        }
        let place = self.columns.len();
        self.columns.push(Column { codes: vec![MISSING; self.len()], ..Column::default() });
        self.names.push(Name { space: Space::Activity, id: id.clone() });
        self.places.insert(id.clone(), place);
        place
    }

    /// Takes one.
    pub fn push(&mut self, activity: &Activity) {
        if self.whole {
            for id in activity.properties.keys() {
                self.column(id);
            }
        }
        for (name, column) in self.names.iter().zip(&mut self.columns) {
            let code = match &*name.id {
                "type" => column.code(Some(&Value::Text(activity.kind.clone()))),
                "source" => column.code(activity.source.clone().map(Value::Text).as_ref()),
                "value" => column.code(activity.value.as_ref()),
                property => column.code(activity.properties.get(property)),
            };
            column.codes.push(code);
        }
        self.contact.push(self.contacts.code(activity.contact.as_str()));
        self.micros.push(activity.occurred_at.0);
        self.day.push(activity.day);
        self.kind.push(self.kinds.code(&activity.kind));
        self.source.push(activity.source.as_ref().map_or(MISSING, |source| self.sources.code(source)));
        if self.keeps_accounts {
            let account = activity.account.as_ref();
            self.account.push(account.map_or(MISSING, |account| self.accounts.code(account.as_str())));
        }
        self.ids.push(activity.id.as_deref());
    }

    /// The account that a row names.
    pub(super) fn account_of(&self, row: u32) -> u32 {
        self.account.get(row as usize).copied().unwrap_or(MISSING)
    }

    pub(super) fn id(&self, row: u32) -> &[u8] {
        self.ids.get(row as usize)
    }

    /// A row as an activity, with the columns that are kept.
    pub(super) fn activity(&self, row: u32) -> Activity {
        let at = row as usize;
        let mut properties = Attributes::new();
        let mut value = None;
        for (name, column) in self.names.iter().zip(&self.columns) {
            let found = column.value(column.codes[at]);
            match &*name.id {
                "value" => value = found.cloned(),
                // They have places of their own.
                "type" | "source" => {}
                id => {
                    if let Some(found) = found {
                        properties.insert(id.into(), found.clone());
                    }
                }
            }
        }
        Activity {
            contact: ContactId::from(&**self.contacts.all.get(self.contact[at] as usize).expect("a code of a row")),
            kind: self.kinds.all[self.kind[at] as usize].clone(),
            occurred_at: Instant(self.micros[at]),
            day: self.day[at],
            id: None,
            source: self.sources.get(self.source[at]).cloned(),
            value,
            account: self.accounts.get(self.account_of(row)).map(|account| AccountId::from(&**account)),
            properties,
        }
    }

    /// Whether two rows say the same in everything that is kept beside time, source and id.
    pub(super) fn say_the_same(&self, one: u32, other: u32) -> bool {
        let (one_at, other_at) = (one as usize, other as usize);
        self.kind[one_at] == self.kind[other_at]
            && self.account_of(one) == self.account_of(other)
            && self.columns.iter().all(|column| column.codes[one_at] == column.codes[other_at])
    }

    /// The order of two rows of one contact, as far as time, source and id decide it.
    pub(super) fn order(&self, one: u32, other: u32) -> Ordering {
        let (one_at, other_at) = (one as usize, other as usize);
        self.micros[one_at].cmp(&self.micros[other_at]).then_with(|| self.order_at_one_moment(one, other))
    }

    /// The same for two rows of one moment.
    pub(super) fn order_at_one_moment(&self, one: u32, other: u32) -> Ordering {
        let source = |row: u32| self.sources.get(self.source[row as usize]);
        let (one_id, other_id) = (self.id(one), self.id(other));
        source(one)
            .cmp(&source(other))
            .then_with(|| one_id.is_empty().cmp(&other_id.is_empty()))
            .then_with(|| one_id.cmp(other_id))
    }
}
