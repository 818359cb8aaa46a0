//! "Why 62?", as a readable account.

use std::io::{self, Write};

use rules::decimal::Decimal;
use rules::forecast::Change;
use rules::ledger::{Basis, CategoryEntry, Ledger, RuleEntry};
use rules::model::{BandsBy, Bounds, Form, Model, Score, ScoreAt, Subject};
use rules::score::Outcome;

use super::lines::{counts_activities, lines};
use super::sentence::{points_of, sentence};
use super::{Explanation, ways};
use crate::wording::{counted, grouped, shortened, unknown};

/// Width of the column with names; the points stand behind it.
const NAMES: usize = 62;

/// Writes everything that is to be said.
pub fn text(explanation: &Explanation<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Explanation { model, of, id, as_of, .. } = explanation;
    let others: Vec<_> = explanation.contact.iter().chain(&explanation.accounts).map(|id| shortened(id)).collect();
    let of_whom = if others.is_empty() { String::new() } else { format!(" of {}", others.join(", ")) };
    let amount =
        explanation.amount.as_ref().map(|amount| format!(", amount {}", shortened(amount))).unwrap_or_default();
    writeln!(out, "{} ({}{of_whom}{amount}), as of {as_of}", shortened(id), of.word())?;
    for outcome in explanation.wanted() {
        writeln!(out)?;
        let score = model.score(outcome.score);
        writeln!(out, "{}", headline(score, outcome))?;
        match explanation.ledgers.iter().find(|ledger| ledger.score == outcome.score) {
            Some(ledger) => of_ledger(explanation, ledger, out)?,
            None => matrix(explanation, score, out)?,
        }
        ahead(explanation, outcome.score, out)?;
        if let (Some(points), Some(next)) = (outcome.points, explanation.next_band(outcome.score)) {
            ways::to_next_band(explanation, points, next, out)?;
        }
    }
    set_aside(explanation, out)
}

fn headline(score: &Score, outcome: &Outcome) -> String {
    let mut parts = vec![match outcome.points {
        Some(points) => format!("{}: {}", score.label(), grouped(points)),
        None => {
            format!("{}: {}", score.label(), outcome.band.as_deref().unwrap_or("no label, because a band is missing"))
        }
    }];
    if outcome.points.is_some() {
        parts.extend(outcome.band.clone());
    }
    parts.extend(outcome.percentile.map(|percentile| format!("percentile {percentile}")));
    parts.extend(outcome.probability.map(|chance| format!("probability {chance}")));
    match (outcome.probability, outcome.estimated_value) {
        (_, Some(value)) => parts.push(format!("estimated value {}", grouped(value))),
        (Some(_), None) => parts.push("no estimated value, because opportunity.amount is unknown".into()),
        (None, None) => {}
    }
    parts.join(", ")
}

fn of_ledger(explanation: &Explanation<'_>, ledger: &Ledger<'_>, out: &mut dyn Write) -> io::Result<()> {
    let model = explanation.model;
    for category in &ledger.categories {
        of_category(explanation, category, out)?;
    }
    for part in &ledger.parts {
        let name = format!("  {} of {} ({})", part.weight, model.score(part.score).label(), grouped(part.points));
        row(&name, part.result, out)?;
    }
    let score = model.score(ledger.score);
    let losses = [
        (bounds_words(score.bounds, ledger.lost_to_bounds), ledger.lost_to_bounds),
        ("rounding".into(), ledger.lost_to_rounding),
    ];
    let lost = losses.iter().any(|(_, loss)| *loss != Decimal::ZERO);
    let lines = ledger.categories.len() + ledger.parts.len();
    if lines > 1 || lost {
        row("  sum", ledger.sum, out)?;
    }
    for (name, loss) in losses.iter().filter(|(_, loss)| *loss != Decimal::ZERO) {
        loss_row(&format!("  {name}"), *loss, out)?;
    }
    if lost {
        row("  final", ledger.points, out)?;
    }
    Ok(())
}

fn of_category(explanation: &Explanation<'_>, category: &CategoryEntry<'_>, out: &mut dyn Write) -> io::Result<()> {
    let model = explanation.model;
    let Some(at) = category.category else {
        return category.rules.iter().try_for_each(|rule| of_rule(explanation, rule, "  ", out));
    };
    let details = model.category(at);
    row(&format!("  {}", details.label()), category.result, out)?;
    let (silent, speaking): (Vec<_>, Vec<_>) =
        category.rules.iter().partition(|rule| !explanation.all && says_nothing(rule));
    for rule in speaking {
        of_rule(explanation, rule, "    ", out)?;
    }
    if !silent.is_empty() {
        let names: Vec<_> = silent.iter().map(|entry| model.rule(entry.rule).label()).collect();
        writeln!(out, "    nothing from: {}", names.join("; "))?;
    }
    if category.lost_to_bounds != Decimal::ZERO {
        row("    sum", category.sum, out)?;
        let name = format!("    {}", bounds_words(details.bounds, category.lost_to_bounds));
        loss_row(&name, category.lost_to_bounds, out)?;
    }
    Ok(())
}

/// Whether a rule gave nothing and there is nothing to say about it either.
fn says_nothing(entry: &RuleEntry<'_>) -> bool {
    let quiet = match &entry.basis {
        Basis::Activities(lines) | Basis::Tiers { lines, .. } => lines.is_empty(),
        Basis::When { unknown, .. } | Basis::Cases { unknown, .. } | Basis::Since { unknown, .. } => unknown.is_empty(),
        Basis::Silence { .. } | Basis::Elsewhere => true,
        Basis::People { .. } => false,
    };
    quiet && entry.base == Decimal::ZERO
}

/// What the bounds did: a loss is positive where they took, negative where they gave.
fn bounds_words(bounds: Bounds, loss: Decimal) -> String {
    let (verb, bound) =
        if loss > Decimal::ZERO { ("lowered to the most", bounds.max) } else { ("raised to the least", bounds.min) };
    format!("{verb}, {}", bound.map(grouped).unwrap_or_default())
}

fn of_rule(explanation: &Explanation<'_>, entry: &RuleEntry<'_>, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let rule = explanation.model.rule(entry.rule);
    let count =
        if counts_activities(rule) && entry.counted > 0 { format!(" ({} x)", entry.counted) } else { String::new() };
    row(&format!("{indent}{}{count}", rule.label()), entry.result, out)?;
    writeln!(out, "{indent}  {}", sentence(explanation.model, rule))?;
    for line in lines(explanation.model, entry, explanation.all) {
        writeln!(out, "{indent}    {line}")?;
    }
    let losses = [("faded", entry.faded), ("were not taken", entry.not_taken), ("were over the cap", entry.capped)];
    if losses.iter().any(|(_, loss)| *loss != Decimal::ZERO) {
        let parts: Vec<_> = losses
            .iter()
            .filter(|(_, loss)| *loss != Decimal::ZERO)
            .map(|(name, loss)| format!("{} {name}", grouped(loss.magnitude())))
            .collect();
        writeln!(out, "{indent}    {} before, of which {}", grouped(entry.base), parts.join(" and "))?;
    }
    Ok(())
}

fn row(name: &str, points: Decimal, out: &mut dyn Write) -> std::io::Result<()> {
    let width = NAMES.saturating_sub(name.chars().count()).max(1);
    writeln!(out, "{name}{:.<width$}{:>12}", "", format!(" {}", grouped(points)))
}

/// A loss is shown with the sign with which it enters the sum.
fn loss_row(name: &str, loss: Decimal, out: &mut dyn Write) -> std::io::Result<()> {
    row(name, Decimal::ZERO.minus(loss).unwrap_or(loss), out)
}

fn matrix(explanation: &Explanation<'_>, score: &Score, out: &mut dyn Write) -> io::Result<()> {
    let Form::Matrix(letters, digits) = score.form else { return Ok(()) };
    for part in [letters, digits] {
        let outcome = explanation.outcomes.iter().find(|outcome| outcome.score == part);
        let band = outcome.and_then(|outcome| outcome.band.as_deref()).unwrap_or("no band");
        writeln!(out, "  {}: {band}", explanation.model.score(part).label())?;
    }
    Ok(())
}

/// What the score will do if nothing happens.
fn ahead(explanation: &Explanation<'_>, at: ScoreAt, out: &mut dyn Write) -> io::Result<()> {
    let score = explanation.model.score(at);
    let foretold =
        explanation.of != Subject::Opportunity && !score.bands.is_empty() && score.bands_by == BandsBy::Points;
    if !foretold {
        return Ok(());
    }
    let own: Vec<_> = explanation.ahead.iter().filter(|ahead| ahead.change.score == at).collect();
    if own.is_empty() {
        writeln!(out, "  If nothing happens: stays in this band for three years")?;
    }
    for next in own.iter().take(3) {
        writeln!(out, "  If nothing happens: {}", change(explanation.model, &next.change))?;
        ways::prevention(explanation, next, out)?;
    }
    Ok(())
}

/// `drops to Medium on 2026-03-14, with 50 points`
fn change(model: &Model, change: &Change) -> String {
    let bands = &model.score(change.score).bands;
    let verb = if change.to < change.from { "drops" } else { "rises" };
    format!("{verb} to {} on {}, with {}", bands[change.to].name, change.day, points_of(change.points))
}

fn set_aside(explanation: &Explanation<'_>, out: &mut dyn Write) -> io::Result<()> {
    let aside = &explanation.aside;
    for (place, exclusion) in explanation.model.exclusions.iter().enumerate() {
        let own: Vec<_> = aside.excluded.iter().filter(|(_, by)| by.0 == place).collect();
        if let Some((last, _)) = own.last() {
            let name = exclusion.label();
            writeln!(
                out,
                "\nExcluded by \"{name}\": {}, the last on {} ({})",
                counted(own.len(), "activity"),
                last.day,
                shortened(&last.kind)
            )?;
        }
    }
    for (place, exclusion) in explanation.model.exclusions.iter().enumerate() {
        let own: Vec<_> = aside.unknown.iter().filter(|(by, _)| by.0 == place).map(|(_, what)| unknown(what)).collect();
        if !own.is_empty() {
            let name = exclusion.label();
            writeln!(out, "\nUnknown whether \"{name}\" excludes something: {}", own.join(", "))?;
        }
    }
    if let Some(last) = aside.duplicates.last() {
        writeln!(
            out,
            "\nRepeated, and so not counted: {}, the last on {}",
            counted(aside.duplicates.len(), "activity"),
            last.day
        )?;
    }
    Ok(())
}
