//! From text to a model: the outline first, so that every reference can be resolved; then all
//! tables; then what only the whole can show.

use std::ops::Range;

use super::diagnostic::Diagnostic;
use super::keys::Section;
use super::tree::{self, Sink, Table};
use super::{CategoryAt, Form, Model, ScoreAt, Subject, read, rule};
use crate::suggest::nearest;
use toml::de::DeValue;

/// Ids of this length are enough for anyone, and fit into a column of a report.
const ID_CHARS_MAX: usize = 64;

/// What can be referred to, known before any table is read.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The scores: id, subject, and whether it is made of categories, of scores, or is a matrix.
    pub(super) scores: Vec<Head>,
    /// The categories: id, and their score if it exists.
    pub(super) categories: Vec<(String, Option<ScoreAt>)>,
}

/// What others need to know of a score.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) of: Subject,
    pub(super) shape: HeadShape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadShape {
    Sum,
    Combine,
    Matrix,
}

impl Outline {
    /// Resolves the id of a score, noting an unknown one.
    pub(super) fn score(&self, id: &str, span: Range<usize>, place: &str, sink: &mut Sink) -> Option<ScoreAt> {
        let found = self.scores.iter().position(|head| head.id == id);
        found.map(ScoreAt).or_else(|| {
            let ids = self.scores.iter().map(|head| head.id.as_str());
            unknown("score", id, ids, span, place, sink)
        })
    }

    /// Resolves the id of a category, noting an unknown one.
    pub(super) fn category(&self, id: &str, span: Range<usize>, place: &str, sink: &mut Sink) -> Option<CategoryAt> {
        let found = self.categories.iter().position(|(known, _)| known == id);
        found.map(CategoryAt).or_else(|| {
            let ids = self.categories.iter().map(|(id, _)| id.as_str());
            unknown("category", id, ids, span, place, sink)
        })
    }

    pub(super) fn head(&self, at: ScoreAt) -> &Head {
        &self.scores[at.0]
    }
}

fn unknown<'a, T>(
    what: &str,
    id: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    span: Range<usize>,
    place: &str,
    sink: &mut Sink,
) -> Option<T> {
    let list: Vec<_> = known.clone().collect();
    let help = match nearest(id, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if list.is_empty() => format!("the model has no [{what}.<id>] yet"),
        None => format!("known: {}", list.join(", ")),
    };
    sink.refuse(span, format!("unknown {what} `{id}` in {place}"), format!("no [{what}.{id}]"), Some(help))
}

/// Reads and checks a model.
pub(super) fn check(text: &str) -> Result<Model, Vec<Diagnostic>> {
    let mut sink = Sink::default();
    let tree = tree::parse(text, &mut sink);
    let syntax = std::mem::take(&mut sink.found);

    let top = Table::new(Section::Model, "the model".into(), 0..0, tree.get_ref(), &mut sink);
    let scores = keyed(&top, "score", Section::Score, &mut sink);
    let categories = keyed(&top, "category", Section::Category, &mut sink);
    let rules = keyed(&top, "rule", Section::Rule, &mut sink);
    let exclusions = keyed(&top, "exclude", Section::Exclude, &mut sink);
    let outline = outline(&scores, &categories);
    refuse_clashing_columns(&scores, &mut sink);

    let (name, zone, passive) = read::head(&top, &mut sink);
    let model = Model {
        name,
        zone,
        passive,
        scores: scores.iter().filter_map(|(id, table)| read::score(id, table, &outline, text, &mut sink)).collect(),
        categories: categories
            .iter()
            .filter_map(|(id, table)| read::category(id, table, &outline, &mut sink))
            .collect(),
        rules: rules.iter().filter_map(|(id, table)| rule::rule(id, table, &outline, text, &mut sink)).collect(),
        exclusions: exclusions.iter().filter_map(|(id, table)| read::exclusion(id, table, text, &mut sink)).collect(),
    };
    if scores.is_empty() && !top.has("score") {
        let help = Some("add for example `[score.engagement]`".into());
        sink.refuse::<()>(0..0, "a model needs at least one score", "no [score.<id>] in this file", help);
    }
    if sink.found.is_empty() && syntax.is_empty() {
        refuse_cycles(&model, &scores, &mut sink);
    }
    let mut found = without_echoes(text, syntax, sink.found);
    if found.is_empty() {
        return Ok(model);
    }
    found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    found.dedup();
    Err(found)
}

/// The tables of `[score.<id>]` and its like, in order, with ids checked.
fn keyed<'t>(top: &Table<'t>, key: &str, section: Section, sink: &mut Sink) -> Vec<(String, Table<'t>)> {
    let Some(node) = top.node(key) else { return Vec::new() };
    let DeValue::Table(entries) = node.get_ref() else {
        let help = Some(format!("write `[{key}.some_id]`"));
        sink.refuse::<()>(node.span(), format!("`{key}` expects tables, each with an id"), "not a table", help);
        return Vec::new();
    };
    let mut tables = Vec::new();
    for (id_key, value) in entries {
        let id: &str = id_key.get_ref();
        let mut letters = id.bytes();
        let plain = letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !plain || id.len() > ID_CHARS_MAX {
            let help = Some(format!(
                "ids begin with a small letter, go on with small letters, digits and _, and have at most {ID_CHARS_MAX} characters"
            ));
            sink.refuse::<()>(id_key.span(), format!("`{id}` cannot be the id of a {key}"), "not an id", help);
        }
        match value.get_ref() {
            DeValue::Table(entries) => {
                let table = Table::new(section, format!("{key} `{id}`"), id_key.span(), entries, sink);
                tables.push((id.to_owned(), table));
            }
            _ => {
                let help = Some(format!("write `[{key}.{id}]` with its keys below"));
                sink.refuse::<()>(value.span(), format!("{key} `{id}` expects a table"), "not a table", help);
            }
        }
    }
    tables
}

fn outline(scores: &[(String, Table<'_>)], categories: &[(String, Table<'_>)]) -> Outline {
    // What is wrong with these keys is noted when the tables are read.
    let mut quiet = Sink::default();
    let mut outline = Outline::default();
    for (id, table) in scores {
        let of = table.word("of", &Subject::ALL, &mut quiet).unwrap_or(Subject::Contact);
        let shape = match (table.has("matrix"), table.has("combine")) {
            (true, _) => HeadShape::Matrix,
            (false, true) => HeadShape::Combine,
            (false, false) => HeadShape::Sum,
        };
        outline.scores.push(Head { id: id.clone(), of, shape });
    }
    for (id, table) in categories {
        let score = table.text("score", &mut quiet);
        let at = score.and_then(|score| outline.scores.iter().position(|head| head.id == score));
        outline.categories.push((id.clone(), at.map(ScoreAt)));
    }
    outline
}

/// In files of results a score has columns `<id>`, `<id>_band` and so on, beside one that names the
/// subject: no two may be called the same.
fn refuse_clashing_columns(scores: &[(String, Table<'_>)], sink: &mut Sink) {
    const SUFFIXES: [&str; 4] = ["_band", "_percentile", "_probability", "_estimated_value"];
    for (id, table) in scores {
        let taken_by = |other: &String| SUFFIXES.iter().any(|suffix| id.strip_suffix(suffix) == Some(other));
        let other = scores.iter().map(|(other, _)| other).find(|other| taken_by(other));
        let subject = Subject::ALL.iter().any(|(word, _)| word == id);
        let reason = match other {
            Some(other) => format!("score `{other}` has a column of that name"),
            None if subject => "the column with ids has that name".to_owned(),
            None => continue,
        };
        let message = format!("score `{id}` needs another id");
        sink.refuse::<()>(table.head.clone(), message, reason, Some("results are written by column".into()));
    }
}

/// Scores may be combined of scores of scores, so deep; evaluation goes down as deep.
const COMBINED_DEEP_MAX: usize = 50;

/// A score cannot be combined from itself, however many steps away, nor without end.
fn refuse_cycles(model: &Model, tables: &[(String, Table<'_>)], sink: &mut Sink) {
    let mut done = vec![false; model.scores.len()];
    for (start, (id, table)) in tables.iter().enumerate() {
        let mut path = Vec::new();
        let Some((end, why)) = trouble_from(model, ScoreAt(start), &mut path, &mut done) else { continue };
        let names: Vec<_> = path.iter().chain([&end]).map(|&at| format!("`{}`", model.score(at).id)).collect();
        let span = table.key_span("combine");
        let message = format!("score `{id}` is combined {why}");
        let shown = if names.len() > 6 { &names[names.len() - 6..] } else { &names[..] };
        sink.refuse::<()>(span, message, shown.join(" from "), Some("take one of them out".into()));
    }
}

/// Follows combined scores down, each once; where it ends badly, the score and why.
fn trouble_from(
    model: &Model,
    at: ScoreAt,
    path: &mut Vec<ScoreAt>,
    done: &mut [bool],
) -> Option<(ScoreAt, &'static str)> {
    if path.contains(&at) {
        return Some((at, "from itself"));
    }
    if done[at.0] {
        return None;
    }
    if path.len() == COMBINED_DEEP_MAX {
        return Some((at, "more than 50 levels deep"));
    }
    if let Form::Combine(parts) = &model.score(at).form {
        path.push(at);
        for &(part, _) in parts {
            let trouble = trouble_from(model, part, path, done);
            if trouble.is_some() {
                return trouble;
            }
        }
        path.pop();
    }
    done[at.0] = true;
    None
}

/// Where the TOML itself is broken, what else seems wrong in the same table is an echo of that.
fn without_echoes(text: &str, syntax: Vec<Diagnostic>, others: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if syntax.is_empty() {
        return others;
    }
    let table_of = |at: usize| {
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let headers = text[..line_start].match_indices("\n[").map(|(newline, _)| newline + 1).last();
        if text[line_start..].starts_with('[') { line_start } else { headers.unwrap_or(0) }
    };
    let broken: Vec<_> = syntax.iter().map(|diagnostic| table_of(diagnostic.span.start)).collect();
    // A broken header makes its id unknown to everything that refers to it.
    let header_broken = syntax.iter().any(|diagnostic| {
        let line_start = text[..diagnostic.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        text[line_start..].starts_with('[')
    });
    let others =
        others.into_iter().filter(|diagnostic| !header_broken && !broken.contains(&table_of(diagnostic.span.start)));
    let mut all = syntax.clone();
    all.extend(others);
    all
}
