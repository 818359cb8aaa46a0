//! A comparison for people.

use std::io::Write;

use rules::decimal::Decimal;
use rules::model::Score;

use super::{Cause, Comparison, Crossings, Mover, Moves, OfScore, Shift, Source};
use crate::cli::overview::{align, plain_table, print_table};
use crate::distribution::{Distribution, shown};
use batch::wording::{counted, grouped, plural, shortened, signed, thousands};

/// Prints what differs, score by score.
pub(crate) fn text(comparison: &Comparison<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    also_changed(&comparison.outside, "", out)?;
    if !comparison.scores.iter().any(OfScore::changes) {
        writeln!(out, "no score changes")?;
        return Ok(());
    }
    comparison.scores.iter().try_for_each(|score| of_score(score, out))
}

fn also_changed(outside: &[String], indent: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    for difference in outside {
        writeln!(out, "{indent}also changed: {}", shortened_words(difference))?;
    }
    Ok(())
}

/// Long lists of bands stay within a line or two.
fn shortened_words(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn of_score(of: &OfScore<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let score = of.either();
    let people = plural(score.of.word());
    writeln!(out, "\n{} (of {people}, `{}`)", score.label(), score.id)?;
    let Some(shift) = &of.shift else {
        let many = counted(of.everyone.len(), score.of.word());
        match of.new {
            Some(_) => writeln!(out, "  new: {many} would have it")?,
            None => writeln!(out, "  removed: {many} would no longer have it")?,
        }
        return Ok(());
    };
    also_changed(&shift.outside, "  ", out)?;
    if !of.changes() {
        writeln!(out, "  nobody's score would change")?;
        return Ok(());
    }
    headline(shift, score, out)?;
    crossings(&shift.crossings, out)?;
    let decimals = of.old.map_or(0, |old| old.decimals).max(score.decimals);
    distributions(shift.distributions, decimals, out)?;
    causes(shift, &people, out)?;
    largest(&shift.largest, score, out)
}

/// How many of how many change points and band, and who is new.
fn headline(shift: &Shift, score: &Score, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut parts = Vec::new();
    let mut part = |many: usize, what: &str, which_way: &str| {
        // The first says of how many.
        let all =
            if parts.is_empty() { format!(" of {}", counted(shift.both, score.of.word())) } else { String::new() };
        parts.push(format!("{}{all} would change {what}{which_way}", thousands(many)));
    };
    if shift.distributions.iter().any(Option::is_some) {
        part(shift.points.all(), "points", &which_way(shift.points));
    }
    if shift.crossings.any() {
        part(shift.bands.all(), "band", &which_way(shift.bands));
    }
    // Whoever moves on moves the percentiles of many; it is news only where nobody moves.
    if shift.points.all() == 0 && shift.percentiles > 0 {
        part(shift.percentiles, "percentile", "");
    }
    if shift.chances > 0 {
        part(shift.chances, "probability or value", "");
    }
    writeln!(out, "  {}", parts.join(", "))?;
    for (what, ids) in [("come new", &shift.came), ("are gone", &shift.gone)] {
        if !ids.is_empty() {
            writeln!(out, "  {} {what}: {}", thousands(ids.len()), listed(ids))?;
        }
    }
    Ok(())
}

fn which_way(moves: Moves) -> String {
    let aside = if moves.aside > 0 { format!(", {} neither", thousands(moves.aside)) } else { String::new() };
    match moves.all() {
        0 => String::new(),
        _ => format!(" ({} up, {} down{aside})", thousands(moves.up), thousands(moves.down)),
    }
}

fn listed(ids: &[String]) -> String {
    const LISTED: usize = 10;
    let mut names: Vec<_> = ids.iter().take(LISTED).map(|id| shortened(id)).collect();
    if ids.len() > LISTED {
        names.push(format!("... and {} more", thousands(ids.len() - LISTED)));
    }
    names.join(", ")
}

/// A row for each old band, a column for each new one; who stays stands in brackets.
fn crossings(crossings: &Crossings, out: &mut dyn Write) -> anyhow::Result<()> {
    if !crossings.any() {
        return Ok(());
    }
    let name = |band: &Option<String>| band.clone().unwrap_or_else(|| "no band".into());
    let mut table = plain_table();
    table.set_header([" old \\ new".to_owned()].into_iter().chain(crossings.new.iter().map(name)));
    for (from, counts) in crossings.old.iter().zip(&crossings.counts) {
        let cells = crossings.new.iter().zip(counts).map(|(to, &count)| match (from == to, count) {
            (true, _) => format!("[{}]", thousands(count)),
            (false, 0) => ".".into(),
            (false, _) => thousands(count),
        });
        table.add_row([format!(" {}", name(from))].into_iter().chain(cells));
    }
    align(&mut table, &(1..=crossings.new.len()).collect::<Vec<_>>());
    writeln!(out)?;
    print_table(&table, out)
}

fn distributions(both: [Option<Distribution>; 2], decimals: u8, out: &mut dyn Write) -> anyhow::Result<()> {
    // One decimal more than the points themselves tells a mean from its neighbours.
    let fine = |number: Option<Decimal>| shown(number.and_then(|number| number.round_to(decimals.saturating_add(1))));
    let valued = both.iter().flatten().any(|of| of.estimated_value.is_some());
    let mut header = vec![" points", "least", "lower quartile", "median", "upper quartile", "most", "mean", "total"];
    header.extend(valued.then_some("estimated value"));
    let mut table = plain_table();
    table.set_header(&header);
    for (name, of) in [" old", " new"].into_iter().zip(both) {
        let Some(of) = of else { continue };
        let quartiles = [of.lower_quartile, of.median, of.upper_quartile].map(fine);
        let [lower, median, upper] = quartiles;
        let mut row = vec![name.to_owned(), grouped(of.least), lower, median, upper, grouped(of.most)];
        row.extend([fine(of.mean), shown(of.total)]);
        row.extend(of.estimated_value.map(shown));
        table.add_row(row);
    }
    if table.row_count() == 0 {
        return Ok(());
    }
    align(&mut table, &(1..header.len()).collect::<Vec<_>>());
    writeln!(out)?;
    print_table(&table, out)
}

/// What moved points. The rows add up to the last one.
fn causes(shift: &Shift, people: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    if shift.causes.is_empty() && shift.points.all() == 0 {
        return Ok(());
    }
    let mut table = plain_table();
    table.set_header([" moved by", "", people, "in all", "most up", "most down"]);
    let most = |change: Option<Decimal>| change.map_or("-".into(), signed);
    let row = |cause: &Cause, standing: &str| {
        let (up, down) = (most(cause.most_up), most(cause.most_down));
        [format!(" {}", words(&cause.source)), standing.to_owned(), thousands(cause.moved), sum(cause.change), up, down]
    };
    table.add_rows(shift.causes.iter().map(|cause| row(cause, cause.standing.word())));
    if shift.held.moved > 0 {
        table.add_row(row(&shift.held, ""));
    }
    table.add_row([" together".to_owned(), String::new(), thousands(shift.points.all()), sum(shift.change)]);
    align(&mut table, &[2, 3, 4, 5]);
    writeln!(out)?;
    print_table(&table, out)
}

fn sum(change: Option<Decimal>) -> String {
    change.map_or("beyond range".into(), signed)
}

fn words(source: &Source) -> String {
    match source {
        Source::Rule(id) => format!("rule {id}"),
        Source::Score(id) => format!("score {id}"),
        Source::Held => "bounds and rounding".into(),
    }
}

/// Those whose points change most.
fn largest(movers: &[Mover], score: &Score, out: &mut dyn Write) -> anyhow::Result<()> {
    if movers.is_empty() {
        return Ok(());
    }
    let named = movers.iter().any(|mover| mover.name.is_some());
    let mut table = plain_table();
    let mut header = vec![format!(" {}", score.of.word())];
    header.extend(named.then(|| "name".to_owned()));
    header.extend(["old", "band", "new", "band", "change", "most by"].map(str::to_owned));
    let first = header.len() - 6;
    table.set_header(header);
    for mover in movers {
        let mut row = vec![format!(" {}", shortened(&mover.id))];
        row.extend(named.then(|| mover.name.as_deref().map(shortened).unwrap_or_default()));
        for (points, band) in [&mover.old, &mover.new] {
            row.extend([grouped(*points), band.clone().unwrap_or_default()]);
        }
        let (source, change) = &mover.most_by;
        row.extend([sum(mover.change), format!("{} {}", words(source), sum(*change))]);
        table.add_row(row);
    }
    align(&mut table, &[first, first + 2, first + 4]);
    writeln!(out)?;
    print_table(&table, out)
}
