//! From the text of a mapping to a [`Mapping`]: everything that is wrong is noted, with its place.

mod field;

use std::ops::Range;
use std::sync::Arc;

use rules::day::Zone;
use rules::model::Diagnostic;
use rules::suggest::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Key, OF_SOURCE, TABLES};
use super::{Export, Mapping, Table};
use crate::kernel::Declared;
use crate::source::{Delimiter, Encoding, Form, Kind};

type Node<'t> = Spanned<DeValue<'t>>;

/// Reads a whole mapping.
pub(super) fn mapping(text: &str) -> Result<Mapping, Vec<Diagnostic>> {
    let mut reader = Reader { found: Vec::new() };
    let exports = match DeTable::parse(text) {
        Ok(tree) => reader.exports(tree.get_ref()),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            reader.refuse(span, format!("not valid TOML: {}", error.message().trim_end()), "", None);
            Vec::new()
        }
    };
    if reader.found.is_empty() { Ok(Mapping { exports }) } else { Err(reader.found) }
}

/// Reads on after a mistake, so that all are told at once.
struct Reader {
    found: Vec<Diagnostic>,
}

impl Reader {
    fn refuse(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) {
        self.found.push(Diagnostic { message: message.into(), span, label: label.into(), help });
    }

    fn expected(&mut self, node: &Node<'_>, key: &str, place: &str, what: &str) {
        self.refuse(node.span(), format!("`{key}` in {place} expects {what}"), "not what is expected", None);
    }

    fn unknown(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, place: &str, known: &[&str]) {
        let name: &str = key.get_ref();
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        self.refuse(key.span(), format!("unknown key `{name}`"), format!("not a key of {place}"), Some(help));
    }

    fn exports(&mut self, top: &DeTable<'_>) -> Vec<Arc<Export>> {
        let mut exports = Vec::new();
        for (key, node) in top {
            match (key.get_ref().as_ref(), node.get_ref()) {
                ("source", DeValue::Table(sources)) => {
                    let each = sources.iter().filter_map(|(id, node)| self.export(id, node)).map(Arc::new);
                    exports = each.collect();
                }
                ("source", _) => {
                    self.expected(node, "source", "the mapping", "tables, each with an id: [source.members]")
                }
                _ => self.unknown(key, "a mapping", &["source"]),
            }
        }
        if exports.is_empty() && self.found.is_empty() {
            let help = Some("`fervor sources guess FILE` proposes one".to_owned());
            self.refuse(0..0, "a mapping needs at least one source", "no [source.<id>] in this file", help);
        }
        exports
    }

    fn export(&mut self, id: &Spanned<std::borrow::Cow<'_, str>>, node: &Node<'_>) -> Option<Export> {
        let place = format!("source `{}`", id.get_ref());
        let DeValue::Table(entries) = node.get_ref() else {
            self.refuse(node.span(), format!("{place} expects a table"), "not a table", None);
            return None;
        };
        let mut known: Vec<&str> = OF_SOURCE.iter().map(|key| key.name).collect();
        known.extend(TABLES);
        let mut export = Export {
            id: id.get_ref().to_string(),
            files: Vec::new(),
            form: Form::default(),
            zone: None,
            empty: Vec::new(),
            declared: Declared::default(),
            tables: Vec::new(),
        };
        for (key, node) in entries {
            match key.get_ref().as_ref() {
                "file" => export.files = self.texts(node, "file", &place),
                "declare" => export.declared = self.declared(node, &place),
                "empty" => export.empty = self.texts(node, "empty", &place),
                "timezone" => export.zone = self.zone(node, &place),
                table if TABLES.contains(&table) => self.tables(table, node, &export.id, &mut export.tables),
                other if known.contains(&other) => self.form(other, node, &place, &mut export.form),
                _ => self.unknown(key, &place, &known),
            }
        }
        if export.files.is_empty() && !entries.keys().any(|key| key.get_ref() == "file") {
            self.refuse(id.span(), format!("{place} needs `file`"), "", Some(meaning(&OF_SOURCE, "file")));
        }
        if export.tables.is_empty() && !entries.keys().any(|key| TABLES.contains(&key.get_ref().as_ref())) {
            let help = format!("add for example [source.{}.activities] with its columns", export.id);
            self.refuse(id.span(), format!("{place} says nothing of its rows"), "no table of facts", Some(help));
        }
        Some(export)
    }

    fn form(&mut self, key: &str, node: &Node<'_>, place: &str, form: &mut Form) {
        match key {
            "encoding" => {
                let Some(text) = self.text(node, key, place) else { return };
                form.encoding = Encoding::named(text);
                if form.encoding.is_none() {
                    let help = "utf-8, utf-16, latin-1, or a name such as iso-8859-2, windows-1251, shift_jis";
                    self.refuse(node.span(), format!("unknown encoding `{text}`"), "", Some(help.into()));
                }
            }
            "delimiter" => {
                let Some(text) = self.text(node, key, place) else { return };
                form.delimiter = Delimiter::named(text);
                if form.delimiter.is_none() {
                    let help = Some("\",\", \";\", \"|\" or \"tab\" for example".to_owned());
                    self.refuse(node.span(), format!("`delimiter` in {place} is one character"), "not one", help);
                }
            }
            "quote" => match self.text(node, key, place) {
                Some("\"") => form.quote = Some(b'"'),
                Some("'") => form.quote = Some(b'\''),
                Some("") => form.quote = None,
                Some(_) => self.expected(node, key, place, "\"\\\"\", \"'\" or \"\""),
                None => {}
            },
            "skip" => match node.get_ref() {
                DeValue::Integer(number) => match number.as_str().parse() {
                    Ok(lines) if lines <= 10_000 => form.skip = lines,
                    _ => self.expected(node, key, place, "a number of lines up to 10000"),
                },
                _ => self.expected(node, key, place, "a number of lines"),
            },
            "columns" => form.columns = Some(self.texts(node, key, place)),
            _ => match self.text(node, key, place) {
                Some("?") => {
                    let message = format!("`rows` in {place} leaves a question open: where do the rows stand?");
                    self.refuse(node.span(), message, "answer it here", Some(meaning(&OF_SOURCE, "rows")));
                }
                text => form.rows = text.map(str::to_owned),
            },
        }
    }

    fn text<'t>(&mut self, node: &'t Node<'_>, key: &str, place: &str) -> Option<&'t str> {
        match node.get_ref() {
            DeValue::String(text) => Some(text),
            _ => {
                self.expected(node, key, place, "a text in quotes");
                None
            }
        }
    }

    /// One text, or a list of them.
    fn texts(&mut self, node: &Node<'_>, key: &str, place: &str) -> Vec<String> {
        let nodes: Vec<&Node<'_>> = match node.get_ref() {
            DeValue::Array(nodes) if !nodes.is_empty() => nodes.iter().collect(),
            DeValue::Array(_) => {
                self.expected(node, key, place, "at least one text");
                Vec::new()
            }
            _ => vec![node],
        };
        nodes.into_iter().filter_map(|node| self.text(node, key, place).map(str::to_owned)).collect()
    }

    fn declared(&mut self, node: &Node<'_>, place: &str) -> Declared {
        let mut declared = Declared::default();
        for text in self.texts(node, "declare", place) {
            match declared.named(&text) {
                Some(known) => *known = true,
                None => {
                    let help = Some(format!("known: {}", Declared::NAMES.join(", ")));
                    self.refuse(node.span(), format!("`{text}` cannot be declared"), "", help);
                }
            }
        }
        declared
    }

    fn zone(&mut self, node: &Node<'_>, place: &str) -> Option<Zone> {
        let name = self.text(node, "timezone", place)?;
        let zone = Zone::get(name);
        if zone.is_none() {
            let help = Some("use a name such as Europe/Oslo or America/New_York".to_owned());
            self.refuse(node.span(), format!("unknown time zone `{name}`"), "", help);
        }
        zone
    }

    /// One table of facts, or several of one kind.
    fn tables(&mut self, name: &str, node: &Node<'_>, id: &str, tables: &mut Vec<Table>) {
        let place = format!("[source.{id}.{name}]");
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == name).unwrap_or(Kind::Activities);
        let nodes: Vec<&Node<'_>> = match node.get_ref() {
            DeValue::Array(nodes) => nodes.iter().collect(),
            _ => vec![node],
        };
        for node in nodes {
            match node.get_ref() {
                DeValue::Table(entries) => tables.push(self.table(kind, entries, node.span(), &place)),
                _ => self.expected(node, name, &place, "a table of columns"),
            }
        }
    }

    fn table(&mut self, kind: Kind, entries: &DeTable<'_>, span: Range<usize>, place: &str) -> Table {
        let mut table = Table { kind, fields: Vec::new(), others: None };
        for (key, node) in entries {
            let name: &str = key.get_ref();
            if name == "*" {
                table.others = self.others(node, place);
            } else if let Some(field) = self.field(name, node, place) {
                table.fields.push(field);
            }
        }
        for required in kind.required() {
            if !entries.keys().any(|key| key.get_ref() == required) && table.others.is_none() {
                let near = nearest(required, entries.keys().map(|key| key.get_ref().as_ref()));
                let help = near.filter(|near| !kind.canonical().contains(near));
                let help = help.map(|near| format!("did you mean `{required}` by `{near}`?"));
                let help = help.or_else(|| Some(format!("{} need {}", kind.word(), kind.required().join(", "))));
                self.refuse(span.clone(), format!("{place} needs `{required}`"), "", help);
            }
        }
        table
    }
}

fn meaning(keys: &[Key], name: &str) -> String {
    let meaning = keys.iter().find(|key| key.name == name).map_or("", |key| key.meaning);
    format!("`{name}`: {meaning}")
}

#[cfg(test)]
mod tests {
    use super::mapping;

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let cases: &[(&str, &[&str])] = &[
            ("", &["a mapping needs at least one source: no [source.<id>] in this file"]),
            ("[sauce.a]", &["unknown key `sauce`: not a key of a mapping (did you mean `source`?)"]),
            ("source = 1", &["`source` in the mapping expects tables"]),
            ("[source.a]", &["source `a` needs `file`", "source `a` says nothing of its rows"]),
            ("[source.a]\nfiel = 'x'\nfile = 'x'\n[source.a.contacts]\nid = 'x'", &["did you mean `file`?"]),
            (
                "[source.a]\nfile = []\n[source.a.contacts]\nid = 'x'",
                &["`file` in source `a` expects at least one text"],
            ),
            (
                "[source.a]\nfile='x'\nencoding='utf8x'\ndelimiter='ab'\nquote='q'\nskip=-1\ntimezone='Mars'\n[source.a.contacts]\nid='x'",
                &["unknown encoding `utf8x`", "one character", "`quote` in", "`skip` in", "unknown time zone `Mars`"],
            ),
            (
                "[source.a]\nfile='x'\n[source.a.activities]\ncontact='x'\noccured_at='d'",
                &["needs `type`", "did you mean `occurred_at` by `occured_at`?"],
            ),
            (
                "[source.a]\nfile='x'\n[source.a.contacts]\nid={ colum='x' }\nage={ column='a', decimal='?' }\nborn={ column='b', dates='yes' }\nx = 3",
                &[
                    "unknown key `colum`",
                    "needs one of `column`",
                    "leaves a question open: is 1,234",
                    "expects one of \"iso\"",
                    "`x` in [source.a.contacts] expects the name",
                ],
            ),
            (
                "[source.a]\nfile='x'\n[source.a.contacts]\nid={ column='x', constant='y' }\nv={ column='a', otherwise='b' }\n\"*\"=1",
                &["more than one", "needs `values`", "every other column"],
            ),
        ];
        for (text, expected) in cases {
            let found = mapping(text).expect_err(text);
            let said: Vec<_> = found.iter().map(ToString::to_string).collect();
            assert_eq!(said.len(), expected.len(), "{text}: {said:#?}");
            for (said, expected) in said.iter().zip(*expected) {
                assert!(said.contains(expected), "{text}: expected {expected:?} in {said:?}");
            }
        }
    }
}
