//! Every score once more, by the reference evaluator over all facts at once, beside what is stored.

use std::collections::BTreeMap;

use rules::day::{Clock, Day};
use rules::facts::{Builder, Facts};
use rules::model::Subject as Of;
use rules::score::{Card, Evaluation, Scores};
use serde_json::Value as Json;
use store::standing::Standing;
use store::subject::{Key, Kind, Subject};

use crate::desk::Desk;
use crate::dossier;
use crate::error::{Error, Result};
use crate::models::Version;
use crate::ranks::{Ranks, place_of};
use crate::service::Service;

/// So many persons are read at a time.
const STEP: usize = 1000;
/// So many differences are told.
const TOLD: usize = 100;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// How many subjects were looked at.
    pub subjects: usize,
    /// The day as of which.
    pub as_of: Option<Day>,
    /// Subjects that nobody has looked at since something happened: their results are still to follow.
    pub pending: usize,
    /// How many results differ.
    pub differences: usize,
    /// The first of them, in words.
    pub told: Vec<String>,
}

impl Service {
    /// Recomputes every score with the reference evaluator and compares it with what is stored.
    ///
    /// # Errors
    ///
    /// If the database cannot be read, or a number leaves the range.
    pub fn verify(&self) -> Result<Verified> {
        let mut desk = self.reading()?;
        let Some(version) = desk.models.current.clone() else { return Ok(Verified::default()) };
        let as_of = desk.today(&version);
        let facts = desk.all_facts(&version)?;
        let evaluation = Evaluation::new(&version.model, &facts, as_of);
        let scores = evaluation.scores(&|| {}).map_err(|overflow| Error::Invalid(overflow.to_string()))?;
        let models = desk.models.clone();
        let ranks = Ranks::count(&mut desk.session, &models, desk.now)?;
        let mut found = Verified { as_of: Some(as_of), ..Verified::default() };
        found.pending = desk.session.marked(TOLD)?.len();
        desk.compare_all(&version, &scores, &ranks, &mut found)?;
        Ok(found)
    }

    /// Everything that is known, as the reference evaluator takes it.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn all_facts(&self, version: &Version) -> Result<Facts> {
        self.reading()?.all_facts(version)
    }
}

impl Desk<'_> {
    fn all_facts(&mut self, version: &Version) -> Result<Facts> {
        let mut builder = Builder::default();
        let mut clock = Clock::new(&version.model.zone);
        self.each(Kind::Contact, &mut |desk, subjects| {
            let persons = subjects.into_iter().filter(|subject| subject.merged.is_none()).collect();
            for dossier in dossier::load(&mut desk.session, persons)?.into_values() {
                dossier.tell(&mut clock, &mut builder);
            }
            Ok(())
        })?;
        self.each(Kind::Account, &mut |_, subjects| {
            for account in subjects {
                for row in account.record.history().rows() {
                    builder.account((&*account.id).into(), row.clone());
                }
            }
            Ok(())
        })?;
        self.each(Kind::Opportunity, &mut |desk, subjects| {
            for (id, rows) in desk.opportunities(subjects)? {
                for row in rows {
                    builder.opportunity(id.clone(), row);
                }
            }
            Ok(())
        })?;
        Ok(builder.finish())
    }

    /// All subjects of a kind, some at a time.
    pub(crate) fn each(
        &mut self,
        kind: Kind,
        visit: &mut dyn FnMut(&mut Self, Vec<Subject>) -> Result<()>,
    ) -> Result<()> {
        let mut after = 0;
        loop {
            let keys = self.session.walk(kind, after, STEP)?;
            let Some(last) = keys.last() else { return Ok(()) };
            after = *last;
            let subjects = self.session.subjects_of(&keys)?;
            visit(self, subjects)?;
        }
    }

    fn compare_all(&mut self, version: &Version, scores: &Scores, ranks: &Ranks, found: &mut Verified) -> Result<()> {
        let contacts = shown(version, Of::Contact, &scores.contacts, |id| id.as_str());
        let accounts = shown(version, Of::Account, &scores.accounts, |id| id.as_str());
        let opportunities = shown(version, Of::Opportunity, &scores.opportunities, |id| id.as_str());
        for (kind, mut expected) in
            [(Kind::Contact, contacts), (Kind::Account, accounts), (Kind::Opportunity, opportunities)]
        {
            self.each(kind, &mut |desk, subjects| {
                let keys: Vec<Key> = subjects.iter().map(|subject| subject.key).collect();
                let mut table = desk.table(version, &keys)?;
                for subject in subjects {
                    let stored = table.remove(&subject.key).unwrap_or_default();
                    let stored = stored.values().map(|standing| shown_stored(version, standing, ranks)).collect();
                    let expected = expected.remove(&*subject.id).unwrap_or_default();
                    found.differ(kind, &subject.id, expected, stored);
                }
                Ok(())
            })?;
            for (id, expected) in expected {
                found.differ(kind, &id, expected, Vec::new());
            }
        }
        Ok(())
    }
}

impl Verified {
    fn differ(&mut self, kind: Kind, id: &str, expected: Vec<String>, stored: Vec<String>) {
        self.subjects += 1;
        if expected == stored {
            return;
        }
        self.differences += 1;
        if self.told.len() < TOLD {
            let (expected, stored) = (expected.join("; "), stored.join("; "));
            self.told.push(format!("{} `{id}`: stored is [{stored}], and should be [{expected}]", kind.word()));
        }
    }
}

/// The results of subjects as texts, by id.
fn shown<Id>(version: &Version, of: Of, cards: &[Card<Id>], id: impl Fn(&Id) -> &str) -> BTreeMap<String, Vec<String>> {
    let has_scores = version.model.scores_of(of).next().is_some();
    let one = |card: &Card<Id>| {
        let outcome = |outcome: &rules::score::Outcome| {
            let mut text = version.model.score(outcome.score).id.clone();
            let mut add = |name: &str, value: Option<String>| {
                text.extend(value.map(|value| format!(" {name} {value}")));
            };
            add("points", outcome.points.map(|points| points.to_string()));
            add("band", outcome.band.clone());
            add("percentile", outcome.percentile.map(|percentile| percentile.to_string()));
            add("probability", outcome.probability.map(|probability| probability.to_string()));
            add("value", outcome.estimated_value.map(|value| value.to_string()));
            for (at, category) in version.model.categories_of(outcome.score) {
                add(&category.id, card.categories.get(&at).map(ToString::to_string));
            }
            text
        };
        (id(&card.id).to_owned(), card.scores.iter().map(outcome).collect())
    };
    cards.iter().filter(|_| has_scores).map(one).collect()
}

/// The same of what is stored.
fn shown_stored(version: &Version, standing: &Standing, ranks: &Ranks) -> String {
    let score = version.model.scores.iter().enumerate();
    let score = score.map(|(at, score)| (rules::model::ScoreAt(at), score));
    let Some((at, score)) = score.into_iter().find(|(at, _)| place_of(*at) == Some(standing.score)) else {
        return format!("a score {} that the model has not", standing.score);
    };
    let detail: Json = serde_json::from_str(&standing.detail).unwrap_or_default();
    let mut text = score.id.clone();
    let mut add = |name: &str, value: Option<String>| {
        text.extend(value.map(|value| format!(" {name} {value}")));
    };
    let told = |name: &str| detail[name].as_str().map(ToOwned::to_owned);
    add("points", standing.points.map(|points| points.to_string()));
    add("band", standing.band.as_deref().map(ToOwned::to_owned));
    add("percentile", ranks.percentile(standing).map(|percentile| percentile.to_string()));
    add("probability", told("probability"));
    add("value", told("estimated_value"));
    for (_, category) in version.model.categories_of(at) {
        add(&category.id, detail["categories"][&category.id].as_str().map(ToOwned::to_owned));
    }
    text
}
