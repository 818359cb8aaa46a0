//! Scores as a summary for people.

use std::io::Write;

use comfy_table::{CellAlignment, Table, presets};
use rules::day::Day;
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::model::{BandsBy, Model, Score, ScoreAt, Subject};
use rules::score::{Card, Outcome, Scores};

use crate::distribution::{Distribution, shown};
use batch::wording::{counted, grouped, percent, plural, shortened, thousands};

/// So many are shown from the top and from the bottom of a list.
const SHOWN: usize = 10;

/// Prints everyone's scores: for each score the bands, the totals, the top and the bottom.
pub(crate) fn print(
    model: &Model,
    as_of: Day,
    activities: Existing,
    scores: &Scores,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    writeln!(out, "{}", headline(model, as_of, activities, scores))?;
    of_subject(model, Subject::Contact, &scores.contacts, out)?;
    of_subject(model, Subject::Account, &scores.accounts, out)?;
    of_subject(model, Subject::Opportunity, &scores.opportunities, out)
}

/// What was scored, in a line.
pub(crate) fn headline(model: &Model, as_of: Day, activities: Existing, scores: &Scores) -> String {
    let mut parts = vec![counted(scores.contacts.len(), "contact"), counted(activities.on_date, "activity")];
    let others = [(scores.accounts.len(), Subject::Account), (scores.opportunities.len(), Subject::Opportunity)];
    parts.extend(others.iter().filter(|(count, _)| *count > 0).map(|(count, of)| counted(*count, of.word())));
    let later = match activities.later {
        0 => String::new(),
        1 => "; 1 activity after that day does not count yet".into(),
        many => format!("; {} after that day do not count yet", counted(many, "activity")),
    };
    let name = if model.name.is_empty() { "scores" } else { &model.name };
    format!("{name}: {}, as of {as_of} ({}){later}", parts.join(", "), model.zone.name())
}

/// How many activities exist on a date, and how many only later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Existing {
    pub(crate) on_date: usize,
    pub(crate) later: usize,
}

impl Existing {
    /// Of all that is known.
    pub(crate) fn of(facts: &Facts, as_of: Day) -> Self {
        let people = facts.contacts.values();
        let (on_date, later): (Vec<_>, Vec<_>) =
            people.flat_map(|person| &person.activities).partition(|activity| activity.day <= as_of);
        Self { on_date: on_date.len(), later: later.len() }
    }
}

fn of_subject<Id: ToString>(model: &Model, of: Subject, cards: &[Card<Id>], out: &mut dyn Write) -> anyhow::Result<()> {
    model.scores_of(of).try_for_each(|(at, _)| of_score(model, at, cards, SHOWN, out))
}

/// One score: the bands, the totals, so many from the top and from the bottom.
pub(crate) fn of_score<Id: ToString>(
    model: &Model,
    at: ScoreAt,
    cards: &[Card<Id>],
    shown: usize,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let score = model.score(at);
    writeln!(out, "\n{} (of {}, `{}`)", score.label(), plural(score.of.word()), score.id)?;
    if cards.is_empty() {
        writeln!(out, "  nobody to score: no {} exists on this date", score.of.word())?;
        return Ok(());
    }
    bands(model, at, cards, out)?;
    totals(at, cards, out)?;
    extremes(model, at, cards, shown, out)
}

/// The distribution over bands, from the highest; for a matrix over its labels.
fn bands<Id>(model: &Model, at: ScoreAt, cards: &[Card<Id>], out: &mut dyn Write) -> anyhow::Result<()> {
    let score = model.score(at);
    let outcomes = || cards.iter().filter_map(|card| card.outcome(at));
    let mut names: Vec<(String, String)> =
        score.bands.iter().enumerate().rev().map(|(place, band)| (band.name.clone(), reach(score, place))).collect();
    if names.is_empty() {
        let labels: std::collections::BTreeSet<_> = outcomes().filter_map(|outcome| outcome.band.clone()).collect();
        names = labels.into_iter().map(|label| (label, String::new())).collect();
    }
    if outcomes().any(|outcome| outcome.band.is_none()) && !names.is_empty() {
        names.push((String::new(), "no band".into()));
    }
    let mut table = plain_table();
    for (name, reach) in names {
        let count = outcomes().filter(|outcome| outcome.band.as_deref().unwrap_or_default() == name).count();
        let bar = "#".repeat((count * 40).div_ceil(cards.len()));
        table.add_row([format!(" {name}"), reach, thousands(count), percent(count, cards.len()), bar]);
    }
    align(&mut table, &[2, 3]);
    print_table(&table, out)
}

/// `151 and more`, `51 to below 151`, `below 51`.
fn reach(score: &Score, place: usize) -> String {
    let unit = if score.bands_by == BandsBy::Percentile { " percentile" } else { "" };
    let from = grouped(score.bands[place].from);
    match (place, score.bands.get(place + 1)) {
        (0, Some(next)) => format!("below {}{unit}", grouped(next.from)),
        (_, Some(next)) => format!("{from} to below {}{unit}", grouped(next.from)),
        (0, None) => "all".into(),
        (_, None) => format!("{from}{unit} and more"),
    }
}

fn totals<Id>(at: ScoreAt, cards: &[Card<Id>], out: &mut dyn Write) -> anyhow::Result<()> {
    let outcomes = cards.iter().filter_map(|card| card.outcome(at));
    let Some(of) = Distribution::of(outcomes) else { return Ok(()) };
    let tenths = |number: Option<Decimal>| shown(number.and_then(|number| number.round_to(1)));
    writeln!(
        out,
        "  least {}, median {}, mean {}, most {}, total {}",
        grouped(of.least),
        tenths(of.median),
        tenths(of.mean),
        grouped(of.most),
        shown(of.total)
    )?;
    if let Some(value) = of.estimated_value {
        writeln!(out, "  estimated value {}", shown(value))?;
    }
    Ok(())
}

/// The highest and the lowest; equals in the order of ids.
fn extremes<Id: ToString>(
    model: &Model,
    at: ScoreAt,
    cards: &[Card<Id>],
    shown: usize,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let score = model.score(at);
    let mut ranked: Vec<_> = cards.iter().filter_map(|card| Some((card, card.outcome(at)?))).collect();
    ranked.retain(|(_, outcome)| outcome.points.is_some());
    if ranked.is_empty() {
        return Ok(());
    }
    ranked.sort_by_key(|(_, outcome)| std::cmp::Reverse(outcome.points));
    let mut table = plain_table();
    let mut header = vec![format!(" {}", score.of.word()), "points".into(), "band".into()];
    header.extend(last_columns(score.of).iter().map(|column| (*column).to_owned()));
    table.set_header(header);
    let row = |(card, outcome): &(&Card<Id>, &Outcome)| cells(score, &card.id.to_string(), outcome);
    if ranked.len() <= 2 * shown {
        table.add_rows(ranked.iter().map(row));
    } else {
        table.add_rows(ranked[..shown].iter().map(row));
        let between = ranked.len() - 2 * shown;
        table.add_row([format!(" ... {} more ...", thousands(between))]);
        table.add_rows(ranked[ranked.len() - shown..].iter().map(row));
    }
    align(&mut table, &[1, 3, 4]);
    print_table(&table, out)
}

fn last_columns(of: Subject) -> &'static [&'static str] {
    match of {
        Subject::Contact | Subject::Account => &["percentile"],
        Subject::Opportunity => &["probability", "estimated value"],
    }
}

fn cells(score: &Score, id: &str, outcome: &Outcome) -> Vec<String> {
    let points = outcome.points.map(|points| points.fixed(score.decimals)).unwrap_or_default();
    let mut cells = vec![format!(" {}", shortened(id)), points, outcome.band.clone().unwrap_or_default()];
    match score.of {
        Subject::Contact | Subject::Account => {
            cells.push(outcome.percentile.map(|percentile| percentile.fixed(2)).unwrap_or_default());
        }
        Subject::Opportunity => {
            cells.push(outcome.probability.map(|chance| chance.to_string()).unwrap_or_default());
            cells.push(outcome.estimated_value.map(grouped).unwrap_or_default());
        }
    }
    cells
}

/// A table without lines; two blanks between columns.
pub(crate) fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// Sets columns to the right.
pub(crate) fn align(table: &mut Table, right: &[usize]) {
    for &index in right {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Prints without the blanks that a table leaves at the end of lines.
pub(crate) fn print_table(table: &Table, out: &mut dyn Write) -> anyhow::Result<()> {
    if table.row_count() == 0 {
        return Ok(());
    }
    for line in table.to_string().lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
