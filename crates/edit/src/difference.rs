//! What differs between two texts of a model: key by key for people, and line by line.

use toml_edit::{DocumentMut, TableLike};

use crate::At;
use crate::value::plain_item;

/// Tables of the language, in the order in which changes of them are told.
const SECTIONS: [&str; 4] = ["score", "category", "rule", "exclude"];
/// So many pairs of lines are compared; beyond that everything between the ends is another.
const PAIRS_MAX: usize = 4_000_000;

/// A table that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which; without section and id the head of the file.
    pub table: At,
    /// What became of it.
    pub became: Became,
}

/// What became of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It is there, and was not.
    New,
    /// It was there, and is not.
    Gone,
    /// Some of its keys have other values: key, before, after.
    Other(Vec<(String, Option<String>, Option<String>)>),
}

/// What differs in meaning, as far as keys and values can say. A text that is no TOML differs in nothing.
pub fn differences(old: &str, new: &str) -> Vec<Difference> {
    let Some((old, new)) = old.parse::<DocumentMut>().ok().zip(new.parse::<DocumentMut>().ok()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let is_head = |key: &str| !SECTIONS.contains(&key);
    let head = keys(old.as_table(), new.as_table(), is_head);
    if !head.is_empty() {
        found.push(Difference { table: At::new("", ""), became: Became::Other(head) });
    }
    for section in SECTIONS {
        let inside = |document: &DocumentMut| -> Vec<String> {
            let table = document.get(section).and_then(|item| item.as_table_like());
            table.map(|table| table.iter().map(|(id, _)| id.to_owned()).collect()).unwrap_or_default()
        };
        let (before, after) = (inside(&old), inside(&new));
        let gone = before.iter().filter(|id| !after.contains(id));
        for id in after.iter().chain(gone) {
            let of = |document: &'_ DocumentMut| document.get(section).and_then(|item| item.get(id)).cloned();
            let (one, other) = (of(&old), of(&new));
            let tables = (
                one.as_ref().and_then(|item| item.as_table_like()),
                other.as_ref().and_then(|item| item.as_table_like()),
            );
            let became = match tables {
                (None, _) => Became::New,
                (_, None) => Became::Gone,
                (Some(one), Some(other)) => match keys(one, other, |_| true) {
                    same if same.is_empty() => continue,
                    other => Became::Other(other),
                },
            };
            found.push(Difference { table: At::new(section, id), became });
        }
    }
    found
}

type Changed = (String, Option<String>, Option<String>);

fn keys(old: &dyn TableLike, new: &dyn TableLike, is_meant: impl Fn(&str) -> bool) -> Vec<Changed> {
    let value = |table: &dyn TableLike, key: &str| table.get(key).map(plain_item);
    let names = new.iter().map(|(key, _)| key.to_owned());
    let gone = old.iter().map(|(key, _)| key.to_owned()).filter(|key| !new.contains_key(key));
    let all = names.chain(gone).filter(|key| is_meant(key));
    let both = all.map(|key| (value(old, &key), value(new, &key), key));
    both.filter(|(one, other, _)| one != other).map(|(one, other, key)| (key, one, other)).collect()
}

/// A line of two texts side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'t> {
    /// In both.
    Same(&'t str),
    /// In the old one.
    Old(&'t str),
    /// In the new one.
    New(&'t str),
}

/// Line by line, with the longest common lines in their places.
pub fn lines<'t>(old: &'t str, new: &'t str) -> Vec<Line<'t>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let front = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let back = old[front..].iter().rev().zip(new[front..].iter().rev()).take_while(|(one, other)| one == other).count();
    let (was, is) = (&old[front..old.len() - back], &new[front..new.len() - back]);
    let mut found: Vec<Line<'t>> = old[..front].iter().map(|line| Line::Same(line)).collect();
    if was.len().saturating_mul(is.len()) > PAIRS_MAX {
        found.extend(was.iter().map(|line| Line::Old(line)));
        found.extend(is.iter().map(|line| Line::New(line)));
    } else {
        between(was, is, &mut found);
    }
    found.extend(old[old.len() - back..].iter().map(|line| Line::Same(line)));
    found
}

fn between<'t>(was: &[&'t str], is: &[&'t str], found: &mut Vec<Line<'t>>) {
    // How many lines are common from here on.
    let width = is.len() + 1;
    let mut common = vec![0_u32; (was.len() + 1) * width];
    for row in (0..was.len()).rev() {
        for column in (0..is.len()).rev() {
            let at = row * width + column;
            common[at] = if was[row] == is[column] {
                common[at + width + 1] + 1
            } else {
                common[at + width].max(common[at + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    while row < was.len() || column < is.len() {
        let at = row * width + column;
        match (was.get(row), is.get(column)) {
            (Some(one), Some(other)) if one == other => {
                found.push(Line::Same(one));
                (row, column) = (row + 1, column + 1);
            }
            (Some(one), other) if other.is_none() || common[at + width] >= common[at + 1] => {
                found.push(Line::Old(one));
                row += 1;
            }
            (_, Some(other)) => {
                found.push(Line::New(other));
                column += 1;
            }
            (Some(_), None) | (None, None) => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_key_by_key() {
        let old = "name = \"a\"\n[score.s]\n[rule.r]\nscore = \"s\"\npoints = 20  # x\n[rule.gone]\nscore = \"s\"\n";
        let new = "name = \"b\"\n[score.s]\n[rule.new]\n[rule.r]\nscore=\"s\"\npoints = 20.0\ncap = 3\n";
        let told = differences(old, new);
        let text = |text: &str| Some(text.to_owned());
        let expected = [
            (At::new("", ""), Became::Other(vec![("name".into(), text("\"a\""), text("\"b\""))])),
            (At::rule("new"), Became::New),
            (At::rule("r"), Became::Other(vec![("cap".into(), None, text("3"))])),
            (At::rule("gone"), Became::Gone),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(table, became)| Difference { table, became }).collect();
        assert_eq!(told, expected);
        assert_eq!(differences(old, old), []);
        assert_eq!(differences("[", new), []);
    }

    #[test]
    fn lines_are_matched() {
        use Line::{New, Old, Same};
        assert_eq!(lines("a\nb\nc\n", "a\nx\nc\n"), [Same("a"), Old("b"), New("x"), Same("c")]);
        assert_eq!(lines("", "a\n"), [New("a")]);
        assert_eq!(lines("a\nb\n", ""), [Old("a"), Old("b")]);
        assert_eq!(
            lines("a\nb\nc\nd\n", "b\nz\nd\nd\n"),
            [Old("a"), Same("b"), Old("c"), New("z"), New("d"), Same("d")]
        );
    }
}
