//! What opportunities are worth together: by band, and the most valuable ones. A few are added up at once; of many it
//! is kept behind the scenes, and told as of when.

use live::list::Query;
use live::models::Version;
use live::pipeline::Pipeline as Sums;
use store::subject::Kind;

use super::{address, columns};
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::pages::chart::{Bars, Step};
use crate::pages::show::{self, Number};
use crate::pages::when::When;
use crate::t;

/// So many are added up while one waits.
const AT_ONCE: usize = 500;

/// What they are worth together.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// Nothing until all were added up once.
    pub(super) sums: Option<Shown>,
}

#[derive(Debug)]
pub(super) struct Shown {
    pub(super) total: Number,
    pub(super) count: u64,
    /// As of when, where that is not now.
    pub(super) at: Option<When>,
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
    let Some(version) = version else { return Ok(None) };
    let Some(score) = Sums::score(&version.model) else { return Ok(None) };
    let kept = call.app.survey.deals(call.received).filter(|kept| kept.version == version.number);
    let told = |kept: &Sums| Pipeline { sums: Some(shown(kept, Some(When::ago(kept.at)))) };
    // Where they are known to be many, nobody looks at some of them in vain.
    if let Some(kept) = kept.as_deref().filter(|kept| kept.count > AT_ONCE as u64) {
        return Ok(Some(told(kept)));
    }
    let page = call.app.service.list(Kind::Opportunity, &Query { limit: AT_ONCE, ..Query::default() })?;
    if page.end.is_some() {
        return Ok(Some(kept.as_deref().map_or(Pipeline { sums: None }, told)));
    }
    let mut sums = Sums::new(score, version.number, call.received);
    page.found.iter().for_each(|about| sums.add(about));
    Ok((sums.count > 0).then(|| Pipeline { sums: Some(shown(&sums, None)) }))
}

fn shown(sums: &Sums, at: Option<When>) -> Shown {
    let of = sums.bands().len();
    let band = |(place, (name, count, sum)): (usize, (&str, u64, _))| {
        let count = batch::wording::thousands(usize::try_from(count).unwrap_or(usize::MAX));
        Step { level: Some(show::level(place, of)), ..Step::new(format!("{name} ({count})"), sum) }
    };
    let steps: Vec<Step> = sums.bands().enumerate().rev().map(band).collect();
    let best = sums.best.iter().map(|best| Best {
        name: columns::called_as(&best.id, &best.attributes).unwrap_or_else(|| best.id.to_string()),
        address: address("/opportunities", &best.id),
        value: Number(best.value),
    });
    Shown {
        total: Number(sums.total()),
        count: sums.count,
        at,
        chart: Bars::new(t::pipeline_by_band(), &steps),
        best: best.collect(),
    }
}
