//! What opportunities are worth together: by band, and the most valuable ones.

use live::about::About;
use live::list::Query;
use live::models::Version;
use rules::decimal::Decimal;
use rules::model::Score;
use store::subject::Kind;

use super::{OPPORTUNITIES, address, columns};
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::pages::chart::{Bars, Step};
use crate::pages::show::{self, Number};

/// Opportunities that are added up, those with the most points.
pub(super) const ADDED_UP: usize = 1000;
/// The most valuable ones that are named.
const NAMED: usize = 5;

/// What they are worth together.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) total: Number,
    pub(super) count: usize,
    /// Whether there are more than were added up.
    pub(super) is_part: bool,
    pub(super) chart: Bars,
    pub(super) best: Vec<Best>,
}

/// One of the most valuable.
#[derive(Debug)]
pub(super) struct Best {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) value: Number,
}

/// By the first score that becomes a probability; none if there is none, or nothing is worth anything.
pub(super) fn of(call: &Call, version: Option<&Version>) -> Result<Option<Pipeline>, Problem> {
    let scores = version.into_iter().flat_map(|version| version.model.scores_of(OPPORTUNITIES.of));
    let Some((_, score)) = scores.into_iter().find(|(_, score)| score.probability.is_some()) else { return Ok(None) };
    let sort = Some((score.id.clone(), true));
    let query = Query { sort, limit: ADDED_UP, ..Query::default() };
    let page = call.app.service.list(Kind::Opportunity, &query)?;
    Ok(added_up(score, &page.found, page.end.is_some()))
}

fn added_up(score: &Score, found: &[About], is_part: bool) -> Option<Pipeline> {
    let scored = |about: &About| {
        let own = about.scores.iter().find(|scored| scored.score == score.id)?;
        let value = Decimal::parse(own.estimated_value.as_deref()?).ok()?;
        Some((own.band.as_deref().map(ToOwned::to_owned), value))
    };
    let mut valued: Vec<(&About, Option<String>, Decimal)> =
        found.iter().filter_map(|about| scored(about).map(|(band, value)| (about, band, value))).collect();
    if valued.is_empty() {
        return None;
    }
    let band = |(place, band): (usize, &rules::model::Band)| {
        let own = || valued.iter().filter(|(_, name, _)| name.as_deref() == Some(&*band.name));
        let sum = Decimal::sum(own().map(|(_, _, value)| *value)).unwrap_or_default();
        let label = format!("{} ({})", band.name, own().count());
        Step { level: Some(show::level(place, score.bands.len())), ..Step::new(label, sum) }
    };
    let steps: Vec<Step> = score.bands.iter().enumerate().rev().map(band).collect();
    let total = Number(Decimal::sum(valued.iter().map(|(_, _, value)| *value)).unwrap_or_default());
    let count = valued.len();
    valued.sort_by_key(|(_, _, value)| std::cmp::Reverse(*value));
    let best = |(about, _, value): &(&About, Option<String>, Decimal)| Best {
        name: columns::called(about).unwrap_or_else(|| about.id.to_string()),
        address: address("/opportunities", &about.id),
        value: Number(*value),
    };
    Some(Pipeline {
        total,
        count,
        is_part,
        chart: Bars::new("Estimated value by band", &steps),
        best: valued.iter().take(NAMED).map(best).collect(),
    })
}
