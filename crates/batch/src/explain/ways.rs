//! What would help, in words and for machines: the ways to the next band, and what prevents a drop.

use std::io::{self, Write};

use rules::advice::{self, Gap, NextBand, Way};
use rules::condition::Finding;
use rules::day::{Day, Per};
use rules::decimal::Decimal;
use rules::forecast::Change;
use rules::model::{Kind, Model, Rule, ScoreAt};
use serde_json::{Map, Value, json};

use super::json::{number, of_change, of_unknowns, with};
use super::sentence::points_of;
use super::{Ahead, Explanation};
use crate::wording::{grouped, shortened, unknown};

/// Writes the ways to the next band, and what is missing.
pub(super) fn to_next_band(
    explanation: &Explanation<'_>,
    points: Decimal,
    next: &NextBand,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (model, as_of) = (explanation.model, explanation.as_of);
    let applies = advice::applies(model, next.score);
    if !applies && next.gaps.is_empty() {
        return Ok(());
    }
    let band = &model.score(next.score).bands[next.band];
    let more = band.from.minus(points).map(|more| format!(", {} more", grouped(more))).unwrap_or_default();
    write!(out, "  Ways to {} ({}{more}):", band.name, points_of(band.from))?;
    match &next.most {
        _ if !applies || !next.ways.is_empty() => writeln!(out)?,
        None => writeln!(out, " further activities of one kind do not lead there")?,
        Some(most) => {
            writeln!(out, " no activities of one kind lead there; the most that they can do:")?;
            writeln!(out, "    {}: {}", activities_of(model, most, as_of), points_of(most.points))?;
        }
    }
    for way in &next.ways {
        let holds = holds(model, next.score, way);
        writeln!(out, "    {}: {}, {holds}", activities_of(model, way, as_of), points_of(way.points))?;
    }
    for Gap { rule, unknown: what, points } in &next.gaps {
        let what: Vec<_> = what.iter().map(unknown).collect();
        let label = model.rule(*rule).label();
        writeln!(out, "    {}: up to {} more (\"{label}\")", what.join(", "), points_of(*points))?;
    }
    Ok(())
}

/// Writes what would prevent a drop, below it.
pub(super) fn prevention(explanation: &Explanation<'_>, ahead: &Ahead, out: &mut dyn Write) -> io::Result<()> {
    let (model, change) = (explanation.model, &ahead.change);
    if !drops(change) || !advice::applies(model, change.score) {
        return Ok(());
    }
    match &ahead.prevented_by {
        None => writeln!(out, "    further activities of one kind would not prevent it")?,
        Some(way) => {
            let what = activities_of(model, way, explanation.as_of);
            writeln!(
                out,
                "    prevented by {what}: {} then, {}",
                points_of(way.points),
                holds(model, change.score, way)
            )?;
        }
    }
    Ok(())
}

/// Whether a change leads to a lower band.
fn drops(change: &Change) -> bool {
    change.to < change.from
}

/// `3 more page_viewed with page /join ("Pages"), one a day until 2026-03-16`
fn activities_of(model: &Model, way: &Way, as_of: Day) -> String {
    let payer = way.paid_by.map(|at| model.rule(at));
    let payer = payer.map_or(String::new(), |rule| match rule.kind {
        Kind::Inactive { .. } => format!(" (ends \"{}\")", rule.label()),
        _ => format!(" (\"{}\")", rule.label()),
    });
    format!("{}{payer}{}", what(way), when(model, way, as_of))
}

/// `3 more page_viewed with page /join, one a day until 2026-03-16`; of a number the least that is enough.
pub fn shortly(model: &Model, way: &Way, as_of: Day) -> String {
    let mut least = way.clone();
    if let Some(enough) = &way.enough {
        // Where 1 is enough, the number is not what it takes.
        let matters = enough.found.as_deref() != Some("1");
        least.assumed.retain(|finding| finding.name != enough.name);
        least.assumed.extend(matters.then(|| enough.clone()));
    }
    what(&least) + &when(model, way, as_of)
}

fn what(way: &Way) -> String {
    let mut out = format!("{} more {}", way.activities.len(), shortened(way.kind()));
    let (value, others): (Vec<_>, Vec<_>) = way.assumed.iter().partition(|finding| &*finding.name.id == "value");
    out.extend(value.into_iter().map(with_value));
    if !others.is_empty() {
        out += &with_values(&others);
    }
    if let Some(property) = &way.each_another {
        let each = if way.activities.len() > 1 { ", each" } else { "" };
        out += &format!("{each} with another {}", shortened(property));
    }
    out
}

/// ` of 29.99`
fn with_value(finding: &Finding) -> String {
    format!(" of {}", shortened(finding.found.as_deref().unwrap_or_default()))
}

/// ` with page /join and plan gold`
fn with_values(findings: &[&Finding]) -> String {
    let found = |finding: &Finding| shortened(finding.found.as_deref().unwrap_or_default());
    let each = findings.iter().map(|finding| format!("{} {}", shortened(&finding.name.id), found(finding)));
    format!(" with {}", each.collect::<Vec<_>>().join(" and "))
}

/// `one of 20 would do`, where less is enough.
fn enough(way: &Way) -> Option<String> {
    let finding = way.enough.as_ref()?;
    let number = if &*finding.name.id == "value" { with_value(finding) } else { with_values(&[finding]) };
    Some(format!("one{number} would do"))
}

/// When they happen, if not all of them on the as-of date.
fn when(model: &Model, way: &Way, as_of: Day) -> String {
    let done_by = way.done_by();
    let Kind::Activity(rule) = &model.rule(way.rule).kind else { return String::new() };
    match &rule.limit {
        _ if done_by == as_of => String::new(),
        Some(limit) if way.activities.len() > 1 && limit.per != Per::Ever => {
            let times = if limit.times == 1 { "one".to_owned() } else { limit.times.to_string() };
            format!(", {times} a {} until {done_by}", limit.per.word())
        }
        _ => format!(", on {done_by}"),
    }
}

/// `High until 2026-04-01; one of 20 would do`
fn holds(model: &Model, score: ScoreAt, way: &Way) -> String {
    let until = way.until.map_or("for three years".to_owned(), |until| format!("until {until}"));
    let enough = enough(way).map(|enough| format!("; {enough}")).unwrap_or_default();
    format!("{} {until}{enough}", model.score(score).bands[way.band].name)
}

/// The next band, the ways there and what is missing, as members of the JSON object of a score.
pub(super) fn put_next_band(model: &Model, next: Option<&NextBand>, object: &mut Map<String, Value>) {
    let bands = |next: &NextBand| &model.score(next.score).bands[next.band];
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put(
        "next_band",
        next.map_or(Value::Null, |next| json!({ "band": bands(next).name, "from": number(bands(next).from) })),
    );
    let ways = next.into_iter().flat_map(|next| next.ways.iter().map(|way| of_way(model, next.score, way)));
    put("ways", ways.collect());
    put("falls_short", next.map_or(Value::Null, |next| of_way_or_null(model, next.score, next.most.as_ref())));
    let gaps = next.into_iter().flat_map(|next| &next.gaps).map(|gap| {
        let rule = model.rule(gap.rule);
        json!({ "rule": rule.id, "title": rule.label(), "unknown": of_unknowns(&gap.unknown), "points": number(gap.points) })
    });
    put("would_help", gaps.collect());
}

/// A change of band and what would prevent it.
pub fn of_ahead(model: &Model, ahead: &Ahead) -> Value {
    let change = of_change(model, &ahead.change);
    with(change, "prevented_by", of_way_or_null(model, ahead.change.score, ahead.prevented_by.as_ref()))
}

fn of_way_or_null(model: &Model, score: ScoreAt, way: Option<&Way>) -> Value {
    way.map_or(Value::Null, |way| of_way(model, score, way))
}

fn of_way(model: &Model, score: ScoreAt, way: &Way) -> Value {
    let rule = way.paid_by.map(|at| model.rule(at));
    let assumed = way.assumed.iter().map(|finding| (finding.name.to_string(), json!(finding.found)));
    json!({
        "rule": rule.map(|rule| &rule.id),
        "title": rule.map(Rule::label),
        "count": way.activities.len(),
        "type": way.kind(),
        "assumed": assumed.collect::<Map<_, _>>(),
        "enough": way.enough.as_ref().map_or(json!({}), |enough| json!({ enough.name.to_string(): enough.found })),
        "each_another": way.each_another.as_deref(),
        "done_by": way.done_by().to_string(),
        "date": way.day.to_string(),
        "points": number(way.points),
        "band": model.score(score).bands[way.band].name,
        "until": way.until.map(|until| until.to_string()),
    })
}
