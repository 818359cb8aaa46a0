//! The tables of a model: head, scores, categories and exclusions. Rules have a file of their own.

use std::ops::Range;
use std::sync::Arc;

use super::keys::Section;
use super::links::{HeadShape, Outline};
use super::tree::{self, Sink, Table};
use super::{After, Band, BandsBy, Bounds, Category, Exclusion, Form, Score, ScoreAt, Subject, Types};
use crate::condition::{Condition, Name, Problem, Scope, Space, read_name};
use crate::day::Zone;
use crate::decimal::{self, Decimal};
use crate::probability::{Chance, MICRO, Probability};
use crate::suggest::nearest;

/// The names that mean something for a contact as such.
pub(super) const OF_CONTACT: &[Space] = &[Space::Contact, Space::Account];
/// The names that mean something for an account as such.
pub(super) const OF_ACCOUNT: &[Space] = &[Space::Account];
/// The names that mean something for an activity.
pub(super) const OF_ACTIVITY: &[Space] = &[Space::Activity, Space::Contact, Space::Account];

/// A steeper curve is a step.
const SLOPE_MAX: Decimal = Decimal::from_units(1_000 * decimal::SCALE);

/// Name, time zone and passive types.
pub(super) fn head(top: &Table<'_>, sink: &mut Sink) -> (String, Zone, Vec<Arc<str>>) {
    let name = top.text("name", sink).unwrap_or_default().to_owned();
    let zone = match top.written("timezone", sink) {
        None => Zone::utc(),
        Some((name, span)) => Zone::get(name).unwrap_or_else(|| {
            let names = Zone::names();
            let near = nearest(name, names.iter().map(String::as_str));
            let help = match near {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "write an IANA name such as \"Europe/Oslo\"".into(),
            };
            sink.refuse::<()>(
                span,
                format!("unknown time zone \"{name}\""),
                "not in the time zone database",
                Some(help),
            );
            Zone::utc()
        }),
    };
    let passive = top.texts("passive", sink).unwrap_or_default();
    if passive.contains(&"*") {
        let help = Some("list the types that happen to a contact, such as \"email_delivered\"".into());
        sink.refuse::<()>(
            top.key_span("passive"),
            "`passive` cannot be \"*\"",
            "then nothing would end a silence",
            help,
        );
    }
    (name, zone, passive.into_iter().map(Arc::from).collect())
}

pub(super) fn score(id: &str, table: &Table<'_>, outline: &Outline, text: &str, sink: &mut Sink) -> Option<Score> {
    let title = table.text("title", sink).unwrap_or_default().to_owned();
    let of = table.word("of", &Subject::ALL, sink).unwrap_or(Subject::Contact);
    let form = form(table, of, outline, sink);
    refuse_misplaced(table, of, sink);
    let decimals = table.whole("decimals", 0..5, sink).unwrap_or(0);
    let decimals = u8::try_from(decimals).unwrap_or(0);
    let bounds = bounds(table, sink);
    refuse_fine_bounds(table, bounds, decimals, sink);
    let bands = bands(table, sink);
    let by = [("points", BandsBy::Points), ("percentile", BandsBy::Percentile)];
    let bands_by = table.word("bands_by", &by, sink).unwrap_or(BandsBy::Points);
    let spaces = if of == Subject::Account { OF_ACCOUNT } else { OF_CONTACT };
    let scope = |place| Scope { place, spaces, scores: &[], categories: &[] };
    let population = condition(table, "population", &scope("a population"), text, sink);
    let cohort = name(table, "cohort", spaces[0], &scope("a cohort"), text, sink);
    let probability = probability(table, sink);
    Some(Score {
        id: id.to_owned(),
        title,
        of,
        form: form?,
        bounds,
        decimals,
        bands,
        bands_by,
        population,
        cohort,
        probability,
    })
}

fn form(table: &Table<'_>, of: Subject, outline: &Outline, sink: &mut Sink) -> Option<Form> {
    if table.has("matrix") {
        return matrix(table, of, outline, sink);
    }
    let Some(entries) = table.entries_of("combine", sink) else {
        return if table.has("combine") { None } else { Some(Form::Sum) };
    };
    let mut parts = Vec::new();
    for entry in &entries {
        let part = part_of(entry.name, entry.at.clone(), table, of, outline, sink);
        let weight = table.entry_number("combine", entry, sink);
        parts.extend(part.zip(weight));
    }
    // What was left out has been noted.
    Some(Form::Combine(parts))
}

fn matrix(table: &Table<'_>, of: Subject, outline: &Outline, sink: &mut Sink) -> Option<Form> {
    let ids = table.texts("matrix", sink)?;
    let span = table.node("matrix")?.span();
    let [letters, digits] = ids[..] else {
        let message = format!("`matrix` of {} expects two scores", table.place);
        return sink.refuse(span, message, format!("found {}", ids.len()), None);
    };
    let mut find = |id: &str| part_of(id, span.clone(), table, of, outline, sink);
    let (letters, digits) = (find(letters), find(digits));
    let allowed = ["title", "of", "matrix"];
    for (key, _) in table.entries {
        if !allowed.contains(&&**key.get_ref())
            && super::keys::keys_of(Section::Score).any(|known| known.name == &**key.get_ref())
        {
            let message = format!("`{}` does not apply to a matrix", key.get_ref());
            sink.refuse::<()>(key.span(), message, "a matrix is a label, not points", None);
        }
    }
    Some(Form::Matrix(letters?, digits?))
}

/// A score that another is made of: it exists, is of the same subject, and has points.
fn part_of(
    id: &str,
    span: Range<usize>,
    table: &Table<'_>,
    of: Subject,
    outline: &Outline,
    sink: &mut Sink,
) -> Option<ScoreAt> {
    let at = outline.score(id, span.clone(), &table.place, sink)?;
    let head = outline.head(at);
    if head.of != of {
        let message =
            format!("{} is of {}, but score `{id}` is of {}", table.place, of.with_article(), head.of.with_article());
        let help = Some(
            "only scores of the same subject go together; a `rollup` rule carries contact scores to accounts".into(),
        );
        return sink.refuse(span, message, "of another subject", help);
    }
    if head.shape == HeadShape::Matrix {
        return sink.refuse(span, format!("score `{id}` is a matrix and has no points"), "not a number", None);
    }
    Some(at)
}

/// Keys that only make sense for some subjects.
fn refuse_misplaced(table: &Table<'_>, of: Subject, sink: &mut Sink) {
    let ranked = ["population", "cohort"];
    for key in ranked {
        if of == Subject::Opportunity && table.has(key) {
            let message = format!("`{key}` does not apply to {}", table.place);
            sink.refuse::<()>(table.key_span(key), message, "opportunities have no percentile", None);
        }
    }
    if of == Subject::Opportunity && table.text("bands_by", &mut Sink::default()) == Some("percentile") {
        let message = format!("`bands_by` of {} cannot be \"percentile\"", table.place);
        sink.refuse::<()>(table.key_span("bands_by"), message, "opportunities have no percentile", None);
    }
    if of != Subject::Opportunity && table.has("probability") {
        let message = format!("`probability` does not apply to {}", table.place);
        let help = Some("add `of = \"opportunity\"`".into());
        sink.refuse::<()>(table.key_span("probability"), message, "only opportunities have one", help);
    }
}

pub(super) fn bounds(table: &Table<'_>, sink: &mut Sink) -> Bounds {
    let bounds = Bounds { min: table.number("min", sink), max: table.number("max", sink) };
    if let (Some(min), Some(max)) = (bounds.min, bounds.max)
        && min > max
    {
        let message = format!("`min` of {} is above its `max`", table.place);
        sink.refuse::<()>(table.key_span("min"), message, format!("{min} is above {max}"), None);
    }
    bounds
}

fn refuse_fine_bounds(table: &Table<'_>, bounds: Bounds, decimals: u8, sink: &mut Sink) {
    for (key, bound) in [("min", bounds.min), ("max", bounds.max)] {
        if let Some(bound) = bound.filter(|bound| !bound.fits(decimals)) {
            let message = format!("`{key}` of {} is finer than its `decimals`", table.place);
            let help =
                Some(format!("round {bound}, or allow more `decimals`: {decimals} would round across the bound"));
            sink.refuse::<()>(table.key_span(key), message, format!("{bound} has more than {decimals} decimals"), help);
        }
    }
}

fn bands(table: &Table<'_>, sink: &mut Sink) -> Vec<Band> {
    /// A matrix names positions by letters.
    const BANDS_MAX: usize = 26;
    let mut bands: Vec<Band> = Vec::new();
    let entries = table.entries_of("bands", sink).unwrap_or_default();
    if entries.len() > BANDS_MAX {
        let message = format!("{} has more than {BANDS_MAX} bands", table.place);
        sink.refuse::<()>(table.key_span("bands"), message, format!("{} bands", entries.len()), None);
    }
    for entry in entries {
        if entry.name.trim().is_empty() {
            sink.refuse::<()>(entry.at.clone(), format!("a band of {} has no name", table.place), "empty", None);
        }
        let Some(from) = table.entry_number("bands", &entry, sink) else { continue };
        if let Some(same) = bands.iter().find(|band| band.from == from) {
            let message =
                format!("bands `{}` and `{}` of {} begin at the same number", same.name, entry.name, table.place);
            sink.refuse::<()>(entry.at.clone(), message, format!("{from} again"), None);
        }
        bands.push(Band { name: entry.name.to_owned(), from });
    }
    bands.sort_by_key(|band| band.from);
    bands
}

fn probability(table: &Table<'_>, sink: &mut Sink) -> Option<Probability> {
    let entries = table.entries_of("probability", sink)?;
    let is_number = |name: &str| Decimal::parse_exact(name).is_ok();
    if !entries.iter().any(|entry| is_number(entry.name)) {
        let curve = table.table("probability", Section::Probability, sink)?;
        let complete = curve.require("midpoint", sink) & curve.require("slope", sink);
        let (midpoint, slope) = (curve.number("midpoint", sink), curve.number("slope", sink));
        if let Some(slope) = slope.filter(|slope| slope.magnitude() > SLOPE_MAX) {
            let message = format!("`slope` of {} is beyond ±{SLOPE_MAX}", table.place);
            sink.refuse::<()>(curve.key_span("slope"), message, format!("{slope}"), None);
        }
        return if complete { Some(Probability::Logistic { midpoint: midpoint?, slope: slope? }) } else { None };
    }
    let mut steps: Vec<(Decimal, Chance)> = Vec::new();
    for entry in &entries {
        let from = table.entry_threshold("probability", entry, sink);
        let chance = tree::digits(entry.value).and_then(|digits| decimal::parse_units(&digits, 6).ok());
        let Some(chance) = chance.filter(|chance| (0..=MICRO).contains(chance)) else {
            let message = format!("`probability.{}` of {} expects a number from 0 to 1", entry.name, table.place);
            let help = Some("5 % is 0.05; a probability has at most six decimals".into());
            sink.refuse::<()>(entry.value.span(), message, "not a probability", help);
            continue;
        };
        let Some(from) = from else { continue };
        if steps.iter().any(|&(known, _)| known == from) {
            sink.refuse::<()>(
                entry.at.clone(),
                format!("`probability` of {} has {from} twice", table.place),
                "again",
                None,
            );
        }
        steps.push((from, Chance(chance)));
    }
    steps.sort_by_key(|&(from, _)| from);
    Some(Probability::Steps(steps))
}

pub(super) fn category(id: &str, table: &Table<'_>, outline: &Outline, sink: &mut Sink) -> Option<Category> {
    let title = table.text("title", sink).unwrap_or_default().to_owned();
    let bounds = bounds(table, sink);
    table.require("score", sink);
    let (score, span) = table.written("score", sink)?;
    let score = outline.score(score, span.clone(), &table.place, sink)?;
    refuse_without_sum(outline, score, span, &table.place, sink)?;
    Some(Category { id: id.to_owned(), title, score, bounds })
}

/// A category or rule cannot belong to a score that is made of other scores.
pub(super) fn refuse_without_sum(
    outline: &Outline,
    score: ScoreAt,
    span: Range<usize>,
    place: &str,
    sink: &mut Sink,
) -> Option<()> {
    let head = outline.head(score);
    let what = match head.shape {
        HeadShape::Sum => return Some(()),
        HeadShape::Combine => "combines other scores",
        HeadShape::Matrix => "is a matrix",
    };
    let message = format!("{place} cannot belong to score `{}`, which {what}", head.id);
    sink.refuse(span, message, "has no rules of its own", None)
}

pub(super) fn exclusion(id: &str, table: &Table<'_>, text: &str, sink: &mut Sink) -> Option<Exclusion> {
    let title = table.text("title", sink).unwrap_or_default().to_owned();
    let scope = Scope { place: "an exclusion", spaces: OF_ACTIVITY, scores: &[], categories: &[] };
    let only_activity = Scope { spaces: &[Space::Activity], ..scope };
    let covered = types(table, "activity", sink);
    let condition = condition(table, "where", &scope, text, sink);
    let after = types(table, "after", sink);
    let same = name(table, "same", Space::Activity, &only_activity, text, sink);
    let within_seconds = table.whole("within_seconds", 0..u32::MAX, sink);
    if !["activity", "where", "after"].iter().any(|key| table.has(key)) {
        let help = Some("say which activities: `where`, `activity` or `after`".into());
        sink.refuse::<()>(
            table.head.clone(),
            format!("{} would exclude everything", table.place),
            "no condition",
            help,
        );
    }
    for key in ["same", "within_seconds"] {
        if table.has(key) && !table.has("after") {
            let message = format!("`{key}` in {} needs `after`", table.place);
            sink.refuse::<()>(
                table.key_span(key),
                message,
                "compared with what?",
                Some("`after` names the earlier activity".into()),
            );
        }
    }
    Some(Exclusion {
        id: id.to_owned(),
        title,
        types: covered.unwrap_or(Types::All),
        condition,
        after: after.map(|types| After { types, same, within_seconds }),
    })
}

/// One type, several, or all.
pub(super) fn types(table: &Table<'_>, key: &str, sink: &mut Sink) -> Option<Types> {
    let texts = table.texts(key, sink)?;
    if texts.is_empty() {
        let message = format!("`{key}` in {} lists no type", table.place);
        return sink.refuse(table.node(key)?.span(), message, "an empty list", Some("`\"*\"` means all".into()));
    }
    if texts.contains(&"*") {
        return Some(Types::All);
    }
    Some(Types::Listed(texts.into_iter().map(Arc::from).collect()))
}

/// A condition, its problems placed within the file.
pub(super) fn condition(
    table: &Table<'_>,
    key: &str,
    scope: &Scope<'_>,
    text: &str,
    sink: &mut Sink,
) -> Option<Condition> {
    let (written, span) = table.written(key, sink)?;
    match Condition::parse(written, scope) {
        Ok(condition) => Some(condition),
        Err(problems) => {
            problems
                .into_iter()
                .for_each(|problem| place_problem(problem, table, key, written, span.clone(), text, sink));
            None
        }
    }
}

/// A name, or the bare attribute of the space that is meant where nothing else is said.
pub(super) fn name(
    table: &Table<'_>,
    key: &str,
    bare: Space,
    scope: &Scope<'_>,
    text: &str,
    sink: &mut Sink,
) -> Option<Name> {
    let (written, span) = table.written(key, sink)?;
    let qualified =
        Space::ALL.iter().any(|(word, _)| written.strip_prefix(word).is_some_and(|rest| rest.starts_with('.')));
    let read = if qualified || written.is_empty() {
        read_name(written, scope)
    } else {
        // Quoted, so that any property can be named without SQL's rules for words.
        read_name(&format!("{}.\"{}\"", bare.word(), written.replace('"', "\"\"")), scope)
    };
    match read {
        Ok(name) => Some(name),
        Err(problems) => {
            for problem in problems {
                let problem = if qualified { problem } else { Problem { span: 0..written.len(), ..problem } };
                place_problem(problem, table, key, written, span.clone(), text, sink);
            }
            None
        }
    }
}

/// A problem inside a text points into the file, unless escapes make the text differ from it.
fn place_problem(
    problem: Problem,
    table: &Table<'_>,
    key: &str,
    written: &str,
    span: Range<usize>,
    text: &str,
    sink: &mut Sink,
) {
    let raw = text.get(span.clone()).unwrap_or_default();
    let inner = raw.find(written).filter(|_| !written.is_empty());
    let at = match inner {
        Some(start) => span.start + start + problem.span.start..span.start + start + problem.span.end,
        None => span,
    };
    let message = format!("`{key}` in {}: {}", table.place, problem.message);
    sink.refuse::<()>(at, message, problem.message, problem.help);
}
