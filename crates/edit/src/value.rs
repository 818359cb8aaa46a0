//! Values as they are written into a model, and put into the place of others with their comments kept.

use rules::decimal::Decimal;
use rules::model::quoted;
use toml_edit::{Array, InlineTable, Item, Value as Written};

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, such as a title or a condition.
    Text(String),
    /// A number in decimal digits.
    Number(String),
    /// `true` or `false`.
    Flag(bool),
    /// A list of texts.
    Texts(Vec<String>),
    /// A table in braces.
    Table(Vec<(String, Value)>),
    /// A list of such tables.
    Tables(Vec<Vec<(String, Value)>>),
}

impl Value {
    /// A text.
    pub fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    /// A number.
    pub fn number(number: impl ToString) -> Self {
        Self::Number(number.to_string())
    }

    /// As it is written.
    pub fn written(&self) -> String {
        let list = |parts: Vec<String>| format!("[{}]", parts.join(", "));
        match self {
            Self::Text(text) => quoted(text),
            Self::Number(number) => number.clone(),
            Self::Flag(flag) => flag.to_string(),
            Self::Texts(texts) => list(texts.iter().map(|text| quoted(text)).collect()),
            Self::Table(entries) => table(entries),
            Self::Tables(tables) => list(tables.iter().map(|entries| table(entries)).collect()),
        }
    }

    /// For the editor. What cannot be written, such as a number that is none, is kept as a text for the reader of
    /// models to complain about.
    pub(crate) fn parsed(&self) -> Written {
        self.written().parse().unwrap_or_else(|_| Written::from(self.written()))
    }
}

fn table(entries: &[(String, Value)]) -> String {
    let entry = |(name, value): &(String, Value)| format!("{} = {}", key(name), value.written());
    match entries {
        [] => "{}".to_owned(),
        entries => format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", ")),
    }
}

/// A key, in quotes where it has to be.
pub(crate) fn key(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if !name.is_empty() && name.chars().all(is_plain) { name.to_owned() } else { quoted(name) }
}

/// A value in one line without its comments, by which two can be compared.
pub(crate) fn plain(value: &Written) -> String {
    match value {
        Written::String(text) => quoted(text.value()),
        Written::Integer(_) | Written::Float(_) => {
            let digits = scalar(value);
            Decimal::parse_exact(&digits).map_or(digits, |number| number.to_string())
        }
        Written::Array(list) => format!("[{}]", list.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Written::InlineTable(table) => {
            let entries: Vec<_> =
                table.iter().map(|(name, value)| format!("{} = {}", key(name), plain(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Written::Boolean(_) | Written::Datetime(_) => scalar(value),
    }
}

fn scalar(value: &Written) -> String {
    value.clone().decorated("", "").to_string()
}

/// The same of whatever stands at a key.
pub(crate) fn plain_item(item: &Item) -> String {
    match item.clone().into_value() {
        Ok(value) => plain(&value),
        Err(_) => String::new(),
    }
}

/// Puts a value into the place of another; what is equal in it stays as it was written.
pub(crate) fn replace(old: &mut Written, new: Written) {
    if plain(old) == plain(&new) {
        return;
    }
    match (old, new) {
        (Written::InlineTable(old), Written::InlineTable(new)) => replace_table(old, new),
        (Written::Array(old), Written::Array(new)) => replace_list(old, &new),
        (old, mut new) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
    }
}

fn replace_table(old: &mut InlineTable, new: InlineTable) {
    let order: Vec<String> = new.iter().map(|(name, _)| name.to_owned()).collect();
    old.retain(|name, _| order.iter().any(|known| known == name));
    for (name, value) in new {
        match old.get_mut(&name) {
            Some(there) => replace(there, value),
            None => drop(old.insert(name, value)),
        }
    }
    let place = |name: &str| order.iter().position(|known| known == name);
    let is_ordered = old.iter().map(|(name, _)| place(name)).is_sorted();
    if !is_ordered {
        old.sort_values_by(|one, _, other, _| place(one.get()).cmp(&place(other.get())));
    }
    tidied(old);
}

/// Single blanks between what stands in one line, whatever came and went at the ends.
pub(crate) fn tidied(table: &mut InlineTable) {
    if !table.to_string().contains('\n') {
        table.fmt();
    }
}

/// What is equal at both ends stays; what is between takes the place of what was.
fn replace_list(old: &mut Array, new: &Array) {
    let same = |one: Option<&Written>, other: Option<&Written>| {
        one.zip(other).is_some_and(|(one, other)| plain(one) == plain(other))
    };
    let least = old.len().min(new.len());
    let front = (0..least).take_while(|&at| same(old.get(at), new.get(at))).count();
    let back = (0..least - front).take_while(|&at| same(old.get(old.len() - 1 - at), new.get(new.len() - 1 - at)));
    let back = back.count();
    let (was, is) = (old.len() - front - back, new.len() - front - back);
    for at in 0..is {
        let Some(value) = new.get(front + at) else { continue };
        match old.get_mut(front + at).filter(|_| at < was) {
            Some(there) => replace(there, value.clone()),
            None => insert(old, front + at, value.clone()),
        }
    }
    for _ in is..was {
        remove(old, front + is);
    }
}

/// Where blanks and comments before a value are kept.
fn before(value: &Written) -> String {
    value.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned()
}

/// Beside its neighbours, and laid out like them. What is said beside the one before stays there.
fn insert(list: &mut Array, at: usize, mut value: Written) {
    let like = list.get(at.min(list.len().saturating_sub(1))).map(before).unwrap_or_default();
    let indent = like.rsplit_once('\n').map_or(" ".to_owned(), |(_, blanks)| format!("\n{blanks}"));
    let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
    let prefix = match list.get_mut(at) {
        Some(next) => {
            next.decor_mut().set_prefix(indent);
            like
        }
        None if trailing.contains('#') => {
            list.set_trailing("\n");
            format!("{}{indent}", trailing.trim_end())
        }
        None if at == 0 => String::new(),
        None => indent,
    };
    value.decor_mut().set_prefix(prefix);
    value.decor_mut().set_suffix("");
    list.insert_formatted(at, value);
}

/// What is said beside the one before stays there.
fn remove(list: &mut Array, at: usize) {
    let said = before(&list.remove(at));
    let first = at == 0;
    let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
    match list.get_mut(at) {
        Some(next) if said.contains('#') => {
            let joined = format!("{}{}", said.trim_end(), before(next));
            next.decor_mut().set_prefix(joined);
        }
        Some(next) if first => next.decor_mut().set_prefix(said),
        None if said.contains('#') => list.set_trailing(format!("{}{trailing}", said.trim_end())),
        Some(_) | None => {}
    }
}
