//! Where tables and keys stand in the text of a model. A [`Model`](super::Model) has no places left;
//! whoever has something to say about a valid one finds them here.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::tree::{self, Sink};

/// The places of a model's text.
#[derive(Debug)]
pub struct Places<'t> {
    text: &'t str,
    tree: Spanned<DeTable<'t>>,
}

impl<'t> Places<'t> {
    /// The places of a text, as far as it is TOML.
    pub fn of(text: &'t str) -> Self {
        Self { text, tree: tree::parse(text, &mut Sink::default()) }
    }

    /// The `event` in `[rule.event]`.
    pub fn table(&self, section: &str, id: &str) -> Option<Range<usize>> {
        let (key, _) = entry(inside(entry(self.tree.get_ref(), section)?.1)?, id)?;
        Some(key.span())
    }

    /// A key of `[rule.event]` with its value, or of the top of the file where the section is empty. A
    /// value that goes on in the next line is left out.
    pub fn key(&self, section: &str, id: &str, key: &str) -> Option<Range<usize>> {
        let (key, value) = self.entry(section, id, key)?;
        let (start, end) = (key.span().start, value.span().end);
        let whole = start <= end && !self.text.get(start..end)?.contains('\n');
        Some(if whole { start..end } else { key.span() })
    }

    /// A key with its whole value, over as many lines as it has.
    pub fn key_and_value(&self, section: &str, id: &str, key: &str) -> Option<Range<usize>> {
        let (key, value) = self.entry(section, id, key)?;
        Some(key.span().start..value.span().end)
    }

    /// A word within the value of a key: one that no letter, digit or `_` touches.
    pub fn word(&self, section: &str, id: &str, key: &str, word: &str) -> Option<Range<usize>> {
        let (key, value) = self.entry(section, id, key)?;
        let start = key.span().end;
        let value = self.text.get(start..value.span().end)?;
        let part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let alone = |at: &usize| {
            let (before, behind) = (value[..*at].chars().next_back(), value[at + word.len()..].chars().next());
            !part(before) && !part(behind)
        };
        let at = value.match_indices(word).map(|(at, _)| at).find(alone).filter(|_| !word.is_empty())?;
        Some(start + at..start + at + word.len())
    }

    /// The keys of a table that is the value of a key, in the order in which they are written.
    pub fn keys_within(&self, section: &str, id: &str, key: &str) -> Vec<&str> {
        let Some(table) = self.entry(section, id, key).and_then(|(_, value)| inside(value)) else { return Vec::new() };
        let mut keys: Vec<_> = table.keys().collect();
        keys.sort_by_key(|key| key.span().start);
        keys.into_iter().map(|key| &**key.get_ref()).collect()
    }

    fn entry(&self, section: &str, id: &str, key: &str) -> Option<Entry<'_, 't>> {
        let top = self.tree.get_ref();
        let table = match section {
            "" => top,
            section => inside(entry(inside(entry(top, section)?.1)?, id)?.1)?,
        };
        entry(table, key)
    }

    /// Section and id of the table in whose lines something stands; `None` above the first.
    pub fn table_around(&self, at: usize) -> Option<(&str, &str)> {
        let sections = self.tree.get_ref().iter().filter_map(|(section, value)| Some((section, inside(value)?)));
        let headers = sections.flat_map(|(section, tables)| tables.keys().map(move |id| (section, id)));
        let before = headers.filter(|(_, id)| id.span().start < at);
        let nearest = before.max_by_key(|(_, id)| id.span().start)?;
        Some((nearest.0.get_ref(), nearest.1.get_ref()))
    }
}

type Entry<'a, 't> = (&'a Spanned<std::borrow::Cow<'t, str>>, &'a Spanned<DeValue<'t>>);

fn entry<'a, 't>(table: &'a DeTable<'t>, key: &str) -> Option<Entry<'a, 't>> {
    table.iter().find(|(known, _)| known.get_ref() == key)
}

fn inside<'a, 't>(value: &'a Spanned<DeValue<'t>>) -> Option<&'a DeTable<'t>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_keys_are_found_in_the_text() {
        let text = "passive = \"mail\"\n[score.s]\n# here\n[rule.r]\nscore = \"s\"\ncases = [\n]\n";
        let places = Places::of(text);
        let shown = |span: Option<Range<usize>>| span.map(|span| &text[span]);
        assert_eq!(shown(places.table("rule", "r")), Some("r"));
        assert_eq!(shown(places.key("rule", "r", "score")), Some("score = \"s\""));
        assert_eq!(shown(places.key("rule", "r", "cases")), Some("cases"));
        assert_eq!(shown(places.key("", "", "passive")), Some("passive = \"mail\""));
        assert_eq!(shown(places.key("rule", "x", "score")), None);
        let types = "[rule.r]\nactivity = [\n  \"login_failed\",\n  \"login\",\n]\n";
        assert_eq!(Places::of(types).word("rule", "r", "activity", "login"), Some(43..48));
        assert_eq!(Places::of(types).word("rule", "r", "activity", "log"), None);
        assert_eq!(places.table_around(text.find("# here").unwrap()), Some(("score", "s")));
        assert_eq!(places.table_around(3), None);
    }
}
