//! Everyone's results under both models, as a CSV file.

use std::path::Path;

use anyhow::Context as _;
use rules::decimal::Decimal;
use rules::model::Score;

use super::{Comparison, OfScore, Pair, Seen};
use crate::export::Beside;

const COLUMNS: [&str; 8] = ["subject", "id", "score", "old", "new", "change", "old_band", "new_band"];

/// Writes a row for each subject and score, in the order of the comparison. The file appears when it
/// is whole.
pub(crate) fn write(comparison: &Comparison<'_>, path: &Path) -> anyhow::Result<()> {
    let unwritten = || format!("{} cannot be written", path.display());
    let mut rows = csv::Writer::from_writer(Beside::of(path)?);
    rows.write_record(COLUMNS).with_context(unwritten)?;
    for score in &comparison.scores {
        for pair in &score.everyone {
            rows.write_record(cells(score, pair)).with_context(unwritten)?;
        }
    }
    let file = rows.into_inner().map_err(|error| anyhow::anyhow!("{error}")).with_context(unwritten)?;
    file.become_whole(path)
}

/// Points as `fervor score` writes them; a change with the decimals of the finer score.
fn cells(of: &OfScore<'_>, pair: &Pair<'_>) -> [String; 8] {
    let decimals = |score: Option<&Score>| score.map_or(0, |score| score.decimals);
    let finer = decimals(of.old).max(decimals(of.new));
    let fixed = |number: Option<Decimal>, decimals| number.map(|number| number.fixed(decimals)).unwrap_or_default();
    let points = |seen: Option<Seen<'_>>, score| fixed(seen.and_then(|seen| seen.outcome.points), decimals(score));
    let band = |seen: Option<Seen<'_>>| seen.and_then(|seen| seen.outcome.band.clone()).unwrap_or_default();
    let score = of.either();
    [
        score.of.word().to_owned(),
        pair.id.to_owned(),
        score.id.clone(),
        points(pair.old, of.old),
        points(pair.new, of.new),
        fixed(pair.change(), finer),
        band(pair.old),
        band(pair.new),
    ]
}
