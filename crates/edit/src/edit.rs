//! What can be changed in a model, and how its text becomes another.

use std::ops::Range;

use rules::model::{Model, Places, broken_toml};
use toml_edit::{Document, DocumentMut, Item, TableLike};

use crate::block::{self, Block};
use crate::style::formatted;
use crate::value::{Value, key, replace, tidied};

/// A table of a model; the head of the file has no section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// `score`, `category`, `rule` or `exclude`.
    pub section: String,
    /// Its id.
    pub id: String,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A key has another value, or none.
    Set(At, String, Option<Value>),
    /// There is another table, behind the one of an id, or behind all of its kind.
    Add(At, Option<String>, Vec<(String, Value)>),
    /// There is one like another, right behind it, under another id.
    Copy(At, String),
    /// A table stands before another of its kind, or behind them all.
    Move(At, Option<String>),
    /// A table is gone.
    Remove(At),
    /// A table is put aside as a comment, where it has no meaning, or comes back.
    Switch(At, bool),
}

impl At {
    /// A table.
    pub fn new(section: &str, id: &str) -> Self {
        Self { section: section.to_owned(), id: id.to_owned() }
    }

    /// A rule.
    pub fn rule(id: &str) -> Self {
        Self::new("rule", id)
    }

    /// In a message: ``rule `event` ``.
    fn named(&self) -> String {
        format!("{} `{}`", self.section, self.id)
    }
}

/// A text after changes, and the model that it is now.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The text.
    pub text: String,
    /// What it means.
    pub model: Model,
}

/// Changes that lead to no valid model. What was wanted is not lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The text with the changes, as far as they could be made.
    pub text: String,
    /// All that is wrong with it.
    pub problems: Vec<Problem>,
}

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line, from 1; 0 if it is about no place of the text.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The table in which it stands.
    pub table: Option<At>,
    /// The key in whose value it stands.
    pub key: Option<String>,
}

impl Problem {
    /// A message about nothing in the text.
    fn said(message: String) -> Self {
        Self { message, help: None, line: 0, column: 0, table: None, key: None }
    }
}

/// A table as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Which.
    pub at: At,
    /// Whether it is put aside as a comment.
    pub is_off: bool,
    /// Its lines, as they are or would be when it counts.
    pub text: String,
}

/// All tables that have lines of their own, in the order of the text, those that are put aside too.
pub fn tables(text: &str) -> Vec<Written> {
    let written = |found: Block| Written {
        text: block::switched_on(text, &found),
        is_off: found.is_off,
        at: At { section: found.section, id: found.id },
    };
    block::blocks(text).into_iter().map(written).collect()
}

/// Reads a text as a model; the errors have their places.
///
/// # Errors
///
/// All that is wrong with it.
pub fn checked(text: &str) -> Result<Model, Vec<Problem>> {
    Model::parse(text).map_err(|problems| {
        let places = Places::of(text);
        problems.iter().map(|problem| placed(text, &places, problem)).collect()
    })
}

fn placed(text: &str, places: &Places<'_>, problem: &rules::model::Diagnostic) -> Problem {
    let (line, column) = problem.line_and_column(text);
    let table = places.table_around(problem.span.start + 1).map(|(section, id)| At::new(section, id));
    let key = table.as_ref().and_then(|at| {
        let known = rules::model::KEYS.iter().map(|key| key.name);
        let whole = |key: &str| places.key_and_value(&at.section, &at.id, key);
        let inside = |range: Range<usize>| range.contains(&problem.span.start);
        known.into_iter().find(|key| whole(key).is_some_and(inside)).map(ToOwned::to_owned)
    });
    let is_news = |label: &&str| !label.is_empty() && *label != "here" && !problem.message.ends_with(*label);
    let label = Some(problem.label.as_str()).filter(is_news);
    let message = label.map_or_else(|| problem.message.clone(), |label| format!("{}: {label}", problem.message));
    Problem { message, help: problem.help.clone(), line, column, table, key }
}

/// Makes changes, one after the other. A text in the house style stays in it.
///
/// # Errors
///
/// If a change cannot be made, or the text is no model after them.
pub fn apply(text: &str, edits: &[Edit]) -> Result<Edited, Refused> {
    let broken = broken_toml(text);
    if !broken.is_empty() {
        let places = Places::of(text);
        let problems = broken.iter().map(|problem| placed(text, &places, problem)).collect();
        return Err(Refused { text: text.to_owned(), problems });
    }
    let is_in_style = formatted(text) == text;
    let mut after = text.to_owned();
    for edit in edits {
        after = match one(&after, edit) {
            Ok(after) => after,
            Err(message) => return Err(Refused { text: after, problems: vec![Problem::said(message)] }),
        };
    }
    if is_in_style && broken_toml(&after).is_empty() {
        after = formatted(&after);
    }
    match checked(&after) {
        Ok(model) => Ok(Edited { text: after, model }),
        Err(problems) => Err(Refused { text: after, problems }),
    }
}

fn one(text: &str, edit: &Edit) -> Result<String, String> {
    match edit {
        Edit::Set(at, key, value) => set(text, at, key, value.as_ref()),
        Edit::Add(at, behind, keys) => add(text, at, behind.as_deref(), keys),
        Edit::Copy(at, id) => {
            let found = the(text, at)?;
            free(text, &At::new(&at.section, id))?;
            let copy = block::renamed(&block::switched_on(text, &found), id);
            Ok(block::with(text, found.at.end, &copy))
        }
        Edit::Move(at, before) => {
            let found = the(text, at)?;
            let piece = text[found.at.clone()].to_owned();
            let rest = block::without(text, &found.at);
            let place = match before {
                Some(id) => the(&rest, &At::new(&at.section, id))?.at.start,
                None => behind_all(&rest, &at.section),
            };
            Ok(block::with(&rest, place, &piece))
        }
        Edit::Remove(at) => Ok(block::without(text, &the(text, at)?.at)),
        Edit::Switch(at, on) => {
            let found = the(text, at)?;
            if found.is_off != *on {
                return Ok(text.to_owned());
            }
            let piece = block::switched_on(text, &found);
            let piece = if *on { piece } else { block::switched_off(&piece) };
            // It keeps its place: what is off is apart from its neighbours too.
            let rest = block::without(text, &found.at);
            Ok(block::with(&rest, found.at.start.min(rest.len()), &piece))
        }
    }
}

/// The block of a table.
fn the(text: &str, at: &At) -> Result<Block, String> {
    let mut found =
        block::blocks(text).into_iter().filter(|block| (&block.section, &block.id) == (&at.section, &at.id));
    match (found.next(), found.next()) {
        (Some(block), None) => Ok(block),
        (Some(_), Some(_)) => Err(format!("{} stands in several places; change it in the text", at.named())),
        (None, _) if has(text, at) => {
            Err(format!("{} is not written as a table of its own; change it in the text", at.named()))
        }
        (None, _) => Err(format!("there is no {} any more", at.named())),
    }
}

fn has(text: &str, at: &At) -> bool {
    text.parse::<DocumentMut>().is_ok_and(|mut document| table(&mut document, at).is_some())
}

/// Whether an id is free, also among those that are put aside.
fn free(text: &str, at: &At) -> Result<(), String> {
    let is_off = block::blocks(text).iter().any(|block| (&block.section, &block.id) == (&at.section, &at.id));
    if is_off || has(text, at) { Err(format!("there is a {} already", at.named())) } else { Ok(()) }
}

/// Behind the last table of a section, or of those that usually come before it.
fn behind_all(text: &str, section: &str) -> usize {
    const ORDER: [&str; 4] = ["score", "category", "rule", "exclude"];
    let place = ORDER.iter().position(|known| *known == section).unwrap_or(ORDER.len() - 1);
    let blocks = block::blocks(text);
    let last = |section: &&str| blocks.iter().rev().find(|block| block.section == **section);
    ORDER[..=place].iter().rev().find_map(last).map_or(text.len(), |block| block.at.end)
}

fn add(text: &str, at: &At, behind: Option<&str>, keys: &[(String, Value)]) -> Result<String, String> {
    free(text, at)?;
    let place = match behind {
        Some(id) => the(text, &At::new(&at.section, id))?.at.end,
        None => behind_all(text, &at.section),
    };
    let mut block = format!("[{}.{}]\n", key(&at.section), key(&at.id));
    for (name, value) in keys {
        block.push_str(&format!("{} = {}\n", key(name), value.written()));
    }
    Ok(block::with(text, place, &block))
}

fn table<'d>(document: &'d mut DocumentMut, at: &At) -> Option<&'d mut dyn TableLike> {
    if at.section.is_empty() {
        return Some(document.as_table_mut());
    }
    let section = document.get_mut(&at.section)?.as_table_like_mut()?;
    section.get_mut(&at.id)?.as_table_like_mut()
}

fn set(text: &str, at: &At, name: &str, value: Option<&Value>) -> Result<String, String> {
    if let (None, Some(without)) = (value, cut(text, at, name)) {
        return Ok(without);
    }
    let mut document: DocumentMut = text.parse().map_err(|_| "the text is not TOML".to_owned())?;
    let table = table(&mut document, at).ok_or_else(|| format!("there is no {} any more", at.named()))?;
    match (value, table.get_mut(name)) {
        (None, None) => return Ok(text.to_owned()),
        (None, Some(_)) => drop(table.remove(name)),
        (Some(value), Some(Item::Value(there))) => replace(there, value.parsed()),
        (Some(value), Some(there)) if crate::value::plain_item(there) == crate::value::plain(&value.parsed()) => {
            return Ok(text.to_owned());
        }
        (Some(value), _) => drop(table.insert(name, Item::Value(value.parsed()))),
    }
    if let Some(inline) =
        document.get_mut(&at.section).and_then(|section| section.get_mut(&at.id)?.as_inline_table_mut())
    {
        tidied(inline);
    }
    Ok(document.to_string())
}

/// The text without a key that has lines of its own. What was said about it stays.
fn cut(text: &str, at: &At, name: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let mut table = document.as_table();
    if !at.section.is_empty() {
        table = table.get(&at.section)?.as_table()?.get(&at.id)?.as_table()?;
    }
    let (key, item) = table.get_key_value(name)?;
    let (start, end) = (key.span()?.start, item.as_value()?.span()?.end);
    let begin = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let close = text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1);
    let comment = text[end..close].trim();
    if !text[begin..start].trim().is_empty() || !(comment.is_empty() || comment.starts_with('#')) {
        return None;
    }
    let kept = if comment.is_empty() { String::new() } else { format!("{comment}\n") };
    Some(format!("{}{kept}{}", &text[..begin], &text[close..]))
}
