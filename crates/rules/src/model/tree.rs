//! The TOML tree with places: typed look-ups that note what is wrong and go on.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Diagnostic;
use super::keys::{Section, Shape, keys_of};
use crate::day::Period;
use crate::decimal::{self, Decimal};
use crate::suggest::nearest;

/// A value and its place.
pub(super) type Node<'t> = Spanned<DeValue<'t>>;

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Sink {
    pub(super) found: Vec<Diagnostic>,
}

impl Sink {
    /// Notes a problem. It answers `None`, so that a look-up can end with it.
    pub(super) fn refuse<T>(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) -> Option<T> {
        let (message, label) = (message.into(), label.into());
        self.found.push(Diagnostic { message, span, label, help });
        None
    }
}

/// A table of the file: `[rule.event]` or `limit = { ... }`.
#[derive(Clone, Debug)]
pub(super) struct Table<'t> {
    /// What it is, for messages: ``rule `event` ``.
    pub(super) place: String,
    /// Where it begins.
    pub(super) head: Range<usize>,
    pub(super) entries: &'t DeTable<'t>,
    section: Section,
}

impl<'t> Table<'t> {
    /// Notes every key that does not belong into the section, with the nearest that does.
    pub(super) fn new(
        section: Section,
        place: String,
        head: Range<usize>,
        entries: &'t DeTable<'t>,
        sink: &mut Sink,
    ) -> Self {
        let known: Vec<_> = keys_of(section).map(|key| key.name).collect();
        for (key, _) in entries {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let of_the_model = keys_of(Section::Model).any(|key| key.name == name);
                let help = match nearest(name, known.iter().copied()) {
                    _ if of_the_model => format!("`{name}` belongs at the top of the file, above the first [table]"),
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known keys: {}", known.join(", ")),
                };
                sink.refuse::<()>(
                    key.span(),
                    format!("unknown key `{name}`"),
                    format!("not a key of {place}"),
                    Some(help),
                );
            }
        }
        Self { place, head, entries, section }
    }

    pub(super) fn node(&self, key: &str) -> Option<&'t Node<'t>> {
        self.entries.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.node(key).is_some()
    }

    /// The place of a key, or of the table if it is absent.
    pub(super) fn key_span(&self, key: &str) -> Range<usize> {
        let written = self.entries.keys().find(|written| written.get_ref() == key);
        written.map_or(self.head.clone(), Spanned::span)
    }

    /// Notes a required key that is absent.
    pub(super) fn require(&self, key: &str, sink: &mut Sink) -> bool {
        let meant = |written: &str| nearest(written, keys_of(self.section).map(|known| known.name)) == Some(key);
        let known = |written: &str| keys_of(self.section).any(|known| known.name == written);
        // A slip of the key has been noted, and is enough.
        if self.has(key) || self.entries.keys().any(|written| !known(written.get_ref()) && meant(written.get_ref())) {
            return self.has(key);
        }
        let meaning = keys_of(self.section).find(|known| known.name == key).map_or("", |known| known.meaning);
        let message = format!("{} needs `{key}`", self.place);
        sink.refuse::<()>(
            self.head.clone(),
            message,
            format!("`{key}` is missing"),
            Some(format!("`{key}`: {meaning}")),
        );
        false
    }

    fn expected<T>(&self, key: &str, node: &Node<'_>, what: &str, sink: &mut Sink) -> Option<T> {
        let message = format!("`{key}` in {} expects {what}", self.place);
        sink.refuse(node.span(), message, format!("found {}", describe(node.get_ref())), None)
    }

    pub(super) fn text(&self, key: &str, sink: &mut Sink) -> Option<&'t str> {
        let node = self.node(key)?;
        match node.get_ref() {
            DeValue::String(text) => Some(text),
            _ => self.expected(key, node, "a text in quotes", sink),
        }
    }

    /// A text and where its first character stands in the file, if it was written as it reads.
    pub(super) fn written(&self, key: &str, sink: &mut Sink) -> Option<(&'t str, Range<usize>)> {
        Some((self.text(key, sink)?, self.node(key)?.span()))
    }

    pub(super) fn number(&self, key: &str, sink: &mut Sink) -> Option<Decimal> {
        let node = self.node(key)?;
        number_of(node).unwrap_or_else(|what| match what {
            Some(reason) => sink.refuse(node.span(), format!("`{key}` in {}: {reason}", self.place), reason, None),
            None => self.expected(key, node, "a number", sink),
        })
    }

    /// A number that must not be negative.
    pub(super) fn limit(&self, key: &str, sink: &mut Sink) -> Option<Decimal> {
        let number = self.number(key, sink)?;
        if number < Decimal::ZERO {
            let message = format!("`{key}` in {} cannot be negative", self.place);
            let help = Some("it holds the total on both sides of zero".into());
            return sink.refuse(self.node(key)?.span(), message, "negative", help);
        }
        Some(number)
    }

    pub(super) fn whole(&self, key: &str, allowed: Range<u32>, sink: &mut Sink) -> Option<u32> {
        let node = self.node(key)?;
        let what = match allowed.end {
            u32::MAX => format!("a whole number of at least {}", allowed.start),
            end => format!("a whole number from {} to {}", allowed.start, end - 1),
        };
        let DeValue::Integer(integer) = node.get_ref() else {
            return self.expected(key, node, &what, sink);
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        match number.filter(|number| allowed.contains(number)) {
            Some(number) => Some(number),
            None => self.expected(key, node, &what, sink),
        }
    }

    pub(super) fn flag(&self, key: &str, sink: &mut Sink) -> Option<bool> {
        let node = self.node(key)?;
        node.get_ref().as_bool().or_else(|| self.expected(key, node, "true or false", sink))
    }

    pub(super) fn period(&self, key: &str, sink: &mut Sink) -> Option<Period> {
        let node = self.node(key)?;
        let read = node.get_ref().as_str().and_then(Period::parse);
        read.or_else(|| {
            let message = format!("`{key}` in {} expects a span of time", self.place);
            let help = Some("write a number and a unit, such as \"90 days\", \"2 weeks\", \"12 months\", \"1 quarter\" or \"1 year\"".into());
            sink.refuse(node.span(), message, format!("found {}", describe(node.get_ref())), help)
        })
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&'static str, T)], sink: &mut Sink) -> Option<T> {
        let (text, span) = self.written(key, sink)?;
        if let Some(&(_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(value);
        }
        let names = words.iter().map(|(word, _)| *word);
        let help = match nearest(text, names.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("one of \"{}\"", names.collect::<Vec<_>>().join("\", \"")),
        };
        sink.refuse(span, format!("`{key}` in {} cannot be \"{text}\"", self.place), "not known", Some(help))
    }

    /// One text or a list of texts, none empty.
    pub(super) fn texts(&self, key: &str, sink: &mut Sink) -> Option<Vec<&'t str>> {
        let node = self.node(key)?;
        let what = "a text in quotes, or a list of such";
        let nodes: Vec<&Node<'t>> = match node.get_ref() {
            DeValue::String(_) => vec![node],
            DeValue::Array(list) => list.iter().collect(),
            _ => return self.expected(key, node, what, sink),
        };
        let mut texts = Vec::new();
        for node in nodes {
            match node.get_ref() {
                DeValue::String(text) if !text.is_empty() => texts.push(&**text),
                _ => return self.expected(key, node, what, sink),
            }
        }
        Some(texts)
    }

    /// A table inside this one.
    pub(super) fn table(&self, key: &str, section: Section, sink: &mut Sink) -> Option<Table<'t>> {
        let node = self.node(key)?;
        match node.get_ref() {
            DeValue::Table(entries) => {
                let place = format!("`{key}` of {}", self.place);
                Some(Table::new(section, place, self.key_span(key), entries, sink))
            }
            _ => self.expected(key, node, "a table in braces", sink),
        }
    }

    /// A list of tables inside this one.
    pub(super) fn tables(&self, key: &str, section: Section, sink: &mut Sink) -> Option<Vec<Table<'t>>> {
        let node = self.node(key)?;
        let DeValue::Array(list) = node.get_ref() else {
            return self.expected(key, node, "a list of tables", sink);
        };
        let mut tables = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let DeValue::Table(entries) = item.get_ref() else {
                return self.expected(key, item, "tables in braces", sink);
            };
            let place = format!("case {} of {}", index + 1, self.place);
            tables.push(Table::new(section, place, item.span(), entries, sink));
        }
        Some(tables)
    }

    /// A table of names to numbers: the names with their places, and the values.
    pub(super) fn entries_of(&self, key: &str, sink: &mut Sink) -> Option<Vec<Entry<'t>>> {
        let node = self.node(key)?;
        let DeValue::Table(entries) = node.get_ref() else {
            return self.expected(key, node, "a table in braces", sink);
        };
        if entries.is_empty() {
            return self.expected(key, node, "at least one entry", sink);
        }
        let read = entries.iter().map(|(name, value)| Entry { name: name.get_ref(), at: name.span(), value });
        Some(read.collect())
    }

    /// The number of an entry.
    pub(super) fn entry_number(&self, key: &str, entry: &Entry<'_>, sink: &mut Sink) -> Option<Decimal> {
        number_of(entry.value).unwrap_or_else(|what| {
            let reason =
                what.unwrap_or_else(|| format!("expected a number, found {}", describe(entry.value.get_ref())));
            // An unquoted `2.5 = 10` is TOML for a table `2` with a key `5`.
            let dotted = entry.value.get_ref().is_table() && Decimal::parse_exact(entry.name).is_ok();
            let help = dotted.then(|| "a key with decimals is quoted: `\"2.5\" = 10`".to_owned());
            let message = format!("`{key}.{}` in {}: {reason}", entry.name, self.place);
            sink.refuse(entry.value.span(), message, reason, help)
        })
    }

    /// A key of an entry that is itself a number, such as the threshold of a tier.
    pub(super) fn entry_threshold(&self, key: &str, entry: &Entry<'_>, sink: &mut Sink) -> Option<Decimal> {
        Decimal::parse_exact(entry.name)
            .map_err(|error| {
                let message = format!("`{key}` in {} expects numbers as keys", self.place);
                let help = Some("write `{ 1 = 5, 6 = 10 }`; a key with decimals is quoted: `\"2.5\" = 10`".into());
                sink.refuse::<()>(entry.at.clone(), message, format!("`{}`: {error}", entry.name), help);
            })
            .ok()
    }
}

/// An entry of a table of names to numbers.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    pub(super) name: &'t str,
    pub(super) at: Range<usize>,
    pub(super) value: &'t Node<'t>,
}

/// The text of a number as written, without separators; `None` if it is no number.
pub(super) fn digits(node: &Node<'_>) -> Option<String> {
    match node.get_ref() {
        DeValue::Integer(integer) if integer.radix() == 10 => Some(integer.as_str().to_owned()),
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|number| number.to_string())
        }
        DeValue::Float(float) => Some(float.as_str().to_owned()),
        _ => None,
    }
}

/// The number of a node; on failure the reason, or none if it is not a number at all.
fn number_of(node: &Node<'_>) -> Result<Option<Decimal>, Option<String>> {
    let Some(digits) = digits(node) else { return Err(None) };
    Decimal::parse_exact(&digits).map(Some).map_err(|error| match error {
        decimal::ParseError::NotANumber => None,
        other => Some(other.to_string()),
    })
}

fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.is_empty() => "an empty text".into(),
        DeValue::String(text) if text.chars().count() <= 30 => format!("the text \"{text}\""),
        DeValue::String(_) => "a text".into(),
        DeValue::Integer(integer) => format!("the number {}", integer.as_str()),
        DeValue::Float(float) => format!("the number {}", float.as_str()),
        DeValue::Boolean(truth) => format!("{truth}"),
        DeValue::Datetime(datetime) => format!("the date {datetime}"),
        DeValue::Array(list) if list.is_empty() => "an empty list".into(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(table) if table.is_empty() => "an empty table".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

/// Parses TOML; the tree holds what could be read even where the text is broken.
pub(super) fn parse<'t>(text: &'t str, sink: &mut Sink) -> Spanned<DeTable<'t>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let span = char_floor(text, span.start)..char_floor(text, span.end);
        let help = match error.message() {
            message if message.contains("unquoted key") => Some(
                "a key with other letters stands in quotes: \"Høy\" = 20; an id has a to z, digits and _ only"
                    .to_owned(),
            ),
            message => corrected(text, span.start)
                .map(|line| format!("write {line}"))
                .or_else(|| message.contains("expected newline").then(|| "decimals take a point: 3.5".to_owned())),
        };
        sink.refuse::<()>(span, format!("not valid TOML: {}", error.message()), "here", help);
    }
    tree
}

/// The line `half_life = "90 days"` for `half_life = 90 days`, where that is what is wrong with it.
fn corrected(text: &str, at: usize) -> Option<String> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next()?;
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.split('#').next()?.trim());
    let known = super::keys::KEYS.iter().find(|known| known.name == key)?;
    let number = || {
        let digits = value.replace(',', ".");
        let end = digits.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | '-' | '+'));
        Decimal::parse_exact(digits[..end.unwrap_or(digits.len())].trim()).ok().map(|number| number.to_string())
    };
    let corrected = match known.shape {
        _ if value.contains(['"', '\'', '[', ']', '{', '}', '=']) => None,
        Shape::Number | Shape::Whole(_) => number(),
        Shape::Flag | Shape::Table(_) | Shape::Tables(_) | Shape::Keyed(_) | Shape::Numbers | Shape::Pair => None,
        _ => Some(format!("\"{value}\"")).filter(|_| !value.is_empty() && !value.contains(['\\', '\u{7f}'])),
    };
    corrected.filter(|_| !value.chars().any(char::is_control)).map(|value| format!("{key} = {value}"))
}

fn char_floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
