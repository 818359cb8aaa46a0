//! What all opportunities are worth together, by the estimated value that each of them has: added up one after the
//! other, and kept by whoever asks.

use std::cmp::Reverse;
use std::sync::Arc;

use rules::day::Instant;
use rules::decimal::Decimal;
use rules::model::{Model, Score, Subject as Of};
use rules::value::Attributes;
use store::subject::Kind;

use crate::about::About;
use crate::error::Result;
use crate::service::Service;

/// The most valuable ones that are named.
pub const NAMED: usize = 5;
/// So many are read at a time.
const STEP: usize = 500;

/// What opportunities are worth together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// The version of the model by which.
    pub version: i64,
    /// When all had been added up.
    pub at: Instant,
    /// How many have an estimated value, and what it adds up to.
    pub count: u64,
    /// In millionths, as decimals are kept.
    total: i128,
    /// Each band of the score from the lowest: its name, how many are in it, and what they add up to.
    bands: Vec<(String, u64, i128)>,
    /// The id of the score that becomes a probability.
    score: String,
    /// The most valuable, the first of them first.
    pub best: Vec<Valued>,
}

/// One of the most valuable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valued {
    /// Its id.
    pub id: Arc<str>,
    /// What is known of it.
    pub attributes: Attributes,
    /// Its estimated value.
    pub value: Decimal,
}

impl Pipeline {
    /// The score of opportunities that becomes a probability: the first, if there is any.
    pub fn score(model: &Model) -> Option<&Score> {
        model.scores_of(Of::Opportunity).map(|(_, score)| score).find(|score| score.probability.is_some())
    }

    /// Nothing yet.
    pub fn new(score: &Score, version: i64, at: Instant) -> Self {
        let bands = score.bands.iter().map(|band| (band.name.clone(), 0, 0)).collect();
        Self { version, at, count: 0, total: 0, bands, score: score.id.clone(), best: Vec::new() }
    }

    /// One more; what has no estimated value adds nothing.
    pub fn add(&mut self, about: &About) {
        let Some(own) = about.scores.iter().find(|scored| scored.score == self.score) else { return };
        let Some(value) = own.estimated_value.as_deref().and_then(|text| Decimal::parse(text).ok()) else { return };
        let units = i128::from(value.units());
        self.count += 1;
        self.total += units;
        if let Some(band) = self.bands.iter_mut().find(|(name, ..)| own.band.as_deref() == Some(name)) {
            band.1 += 1;
            band.2 += units;
        }
        let place = self.best.partition_point(|known| (Reverse(known.value), &known.id) < (Reverse(value), &about.id));
        if place < NAMED {
            let valued = Valued { id: about.id.clone(), attributes: about.attributes.clone(), value };
            self.best.insert(place, valued);
            self.best.truncate(NAMED);
        }
    }

    /// What all of them add up to.
    pub fn total(&self) -> Decimal {
        decimal(self.total)
    }

    /// Each band from the lowest: its name, how many are in it, and what they add up to.
    pub fn bands(&self) -> impl DoubleEndedIterator<Item = (&str, u64, Decimal)> + ExactSizeIterator {
        self.bands.iter().map(|(name, count, units)| (name.as_str(), *count, decimal(*units)))
    }
}

/// A sum as a decimal; what is beyond all decimals is the largest of them.
fn decimal(units: i128) -> Decimal {
    let bound = if units < 0 { i64::MIN } else { i64::MAX };
    Decimal::from_units(i64::try_from(units).unwrap_or(bound))
}

impl Service {
    /// Adds up all opportunities; `rest` is called after some, and says whether to go on. `None` if it was not
    /// finished, another version came into force meanwhile, or no score becomes a probability.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn pipeline(&self, rest: &mut dyn FnMut() -> bool) -> Result<Option<Pipeline>> {
        let mut desk = self.reading()?;
        let Some(version) = desk.models.current.clone() else { return Ok(None) };
        let Some(score) = Pipeline::score(&version.model) else { return Ok(None) };
        let mut pipeline = Pipeline::new(score, version.number, desk.now);
        let mut after = 0;
        loop {
            let keys = desk.session.walk(Kind::Opportunity, after, STEP)?;
            let Some(last) = keys.last() else { break };
            after = *last;
            let subjects = desk.session.subjects_of(&keys)?;
            desk.abouts(subjects, &self.ranks())?.iter().for_each(|about| pipeline.add(about));
            drop(desk);
            if !rest() {
                return Ok(None);
            }
            desk = self.reading()?;
            if desk.models.current.as_ref().is_none_or(|current| current.number != version.number) {
                return Ok(None);
            }
        }
        pipeline.at = desk.now;
        Ok(Some(pipeline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::about::Scored;

    fn about(id: &str, band: &str, value: Option<&str>) -> About {
        let scored = Scored {
            score: "lead".into(),
            points: None,
            band: Some(band.into()),
            percentile: None,
            categories: Vec::new(),
            probability: None,
            estimated_value: value.map(ToOwned::to_owned),
            fresh_at: Instant(0),
            ranked_at: None,
        };
        About {
            key: 1,
            kind: Kind::Opportunity,
            id: id.into(),
            attributes: Attributes::new(),
            accounts: Vec::new(),
            contact: None,
            merged: Vec::new(),
            scores: vec![scored],
        }
    }

    #[test]
    fn values_add_up_by_band_and_the_best_are_named() {
        let text = "name = \"m\"\n[score.lead]\nof = \"opportunity\"\nbands = { Cold = 0, Hot = 50 }\n\
                    probability = { 0 = 0.1, 50 = 0.5 }\n[rule.r]\nscore = \"lead\"\nwhen = \"opportunity.x = 1\"\npoints = 1\n";
        let model = Model::parse(text).unwrap();
        let mut pipeline = Pipeline::new(Pipeline::score(&model).unwrap(), 1, Instant(0));
        for (id, band, value) in [
            ("a", "Hot", Some("10.5")),
            ("b", "Cold", Some("3")),
            ("c", "Hot", None),
            ("d", "Hot", Some("7")),
            ("e", "Cold", Some("7")),
            ("f", "Cold", Some("1")),
            ("g", "Hot", Some("8")),
        ] {
            pipeline.add(&about(id, band, value));
        }
        let bands: Vec<(String, u64, String)> =
            pipeline.bands().map(|(name, count, sum)| (name.to_owned(), count, sum.to_string())).collect();
        assert_eq!(bands, [("Cold".into(), 3, "11".into()), ("Hot".into(), 3, "25.5".into())]);
        assert_eq!((pipeline.count, pipeline.total().to_string().as_str()), (6, "36.5"));
        let best: Vec<&str> = pipeline.best.iter().map(|best| &*best.id).collect();
        assert_eq!(best, ["a", "g", "d", "e", "b"]);
    }
}
