//! Everyone's results: points first, then what needs everyone: percentiles, bands by percentile,
//! matrix labels; then accounts over contacts, and opportunities over both.

use std::collections::BTreeMap;

use super::dimensions::Results;
use super::subject::Prepared;
use super::view::{Inputs, View};
use super::{Error, Evaluation};
use crate::band;
use crate::condition::{Context, Name, Space};
use crate::day::Day;
use crate::decimal::{Decimal, ParseError};
use crate::history::Row;
use crate::id::{AccountId, ContactId, OpportunityId};
use crate::ledger::Ledger;
use crate::model::{CategoryAt, Form, Model, RuleAt, Score, ScoreAt, Subject};
use crate::percentile::{Ranked, percentiles};
use crate::probability::Chance;
use crate::value::Value;

/// Everyone's results, each list in the byte order of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// Of contacts: every one that exists, even if the model has no score of contacts.
    pub contacts: Vec<Card<ContactId>>,
    /// Of accounts, if the model has scores of accounts.
    pub accounts: Vec<Card<AccountId>>,
    /// Of opportunities, if the model has scores of opportunities.
    pub opportunities: Vec<Card<OpportunityId>>,
}

/// All results of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card<Id> {
    /// Whose.
    pub id: Id,
    /// One for each score of the subject, in the order of the model.
    pub scores: Vec<Outcome>,
    /// What each category gives.
    pub categories: BTreeMap<CategoryAt, Decimal>,
    /// What each rule gives.
    pub rules: BTreeMap<RuleAt, Decimal>,
}

/// The result of one score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The score.
    pub score: ScoreAt,
    /// The final points; a matrix has none.
    pub points: Option<Decimal>,
    /// The name of the band, or the label of a matrix.
    pub band: Option<String>,
    /// The percentile, 0 to 100 with two decimals.
    pub percentile: Option<Decimal>,
    /// The probability of an opportunity.
    pub probability: Option<Chance>,
    /// The probability times the amount, where that is known.
    pub estimated_value: Option<Decimal>,
}

impl Outcome {
    /// Of a score, before anything is known.
    fn none(score: ScoreAt) -> Self {
        Self { score, points: None, band: None, percentile: None, probability: None, estimated_value: None }
    }
}

impl<Id> Card<Id> {
    /// The result of one score.
    pub fn outcome(&self, score: ScoreAt) -> Option<&Outcome> {
        self.scores.iter().find(|outcome| outcome.score == score)
    }

    fn new(id: Id, model: &Model, of: Subject, ledgers: &[Ledger<'_>]) -> Self {
        let outcome = |score| Outcome {
            points: ledgers.iter().find(|ledger| ledger.score == score).map(|ledger| ledger.points),
            ..Outcome::none(score)
        };
        let entries = || ledgers.iter().flat_map(|ledger| &ledger.categories);
        let rules = entries().flat_map(|category| &category.rules);
        Self {
            id,
            scores: model.scores_of(of).map(|(score, _)| outcome(score)).collect(),
            categories: entries().filter_map(|entry| Some((entry.category?, entry.result))).collect(),
            rules: rules.map(|entry| (entry.rule, entry.result)).collect(),
        }
    }

    /// Bands by the points and percentiles that are there, then the labels of matrices.
    pub fn place(&mut self, model: &Model) {
        for outcome in &mut self.scores {
            let score = model.score(outcome.score);
            outcome.band = band_of(score, outcome).map(|place| score.bands[place].name.clone());
        }
        for place in 0..self.scores.len() {
            let Form::Matrix(letters, digits) = model.score(self.scores[place].score).form else { continue };
            let of = |part| {
                let score = model.score(part);
                Some((band_of(score, self.outcome(part)?)?, score.bands.len()))
            };
            let places = of(letters).zip(of(digits));
            self.scores[place].band = places.map(|(letters, digits)| band::label(letters, digits));
        }
    }

    fn outcome_mut(&mut self, score: ScoreAt) -> &mut Outcome {
        let outcome = self.scores.iter_mut().find(|outcome| outcome.score == score);
        outcome.expect("a card has an outcome for every score of its subject")
    }
}

pub(super) fn scores(evaluation: &Evaluation<'_>, tick: &dyn Fn()) -> Result<Scores, Error> {
    let model = evaluation.model();
    let as_of = evaluation.as_of();
    let has = |of| model.scores_of(of).next().is_some();
    let mut scores = Scores::default();
    for (&id, contact) in &evaluation.contacts {
        let ledgers = evaluation.prepare_contact(&contact.view)?.ledgers_on(as_of)?;
        scores.contacts.push(Card::new(id.clone(), model, Subject::Contact, &ledgers));
        tick();
    }
    let views: Vec<_> = evaluation.contacts.values().collect();
    rank(model, Subject::Contact, &mut scores.contacts, |place| views[place].view.own);
    if has(Subject::Account) {
        for &id in &evaluation.accounts {
            let ledgers = evaluation.prepare_account(id)?.ledgers_on(as_of)?;
            scores.accounts.push(Card::new(id.clone(), model, Subject::Account, &ledgers));
            tick();
        }
        let ids: Vec<_> = evaluation.accounts.iter().collect();
        rank(model, Subject::Account, &mut scores.accounts, |place| evaluation.inputs.account_alone(ids[place]));
    }
    opportunities(evaluation.inputs, &mut scores, tick)?;
    Ok(scores)
}

/// Opportunities, over the results of contacts and accounts.
pub(super) fn opportunities(inputs: Inputs<'_>, scores: &mut Scores, tick: &dyn Fn()) -> Result<(), Error> {
    let model = inputs.model;
    if model.scores_of(Subject::Opportunity).next().is_none() {
        return Ok(());
    }
    for (id, row) in inputs.facts.opportunities_on(inputs.as_of) {
        let ledgers = opportunity_ledgers(inputs, id, row, scores)?;
        let card = Card::new(id.clone(), model, Subject::Opportunity, &ledgers);
        scores.opportunities.push(valued(card, model, row)?);
        tick();
    }
    rank(model, Subject::Opportunity, &mut scores.opportunities, |_| Context::empty(&model.zone));
    Ok(())
}

/// Percentiles, then what hangs on them.
fn rank<'c, Id>(model: &Model, of: Subject, cards: &mut [Card<Id>], context: impl Fn(usize) -> Context<'c>) {
    for (at, score) in model.scores_of(of).filter(|_| of != Subject::Opportunity) {
        let population: Vec<_> = cards
            .iter()
            .enumerate()
            .map(|(place, card)| ranked(score, card.outcome(at)?.points?, &context(place)))
            .collect();
        for (card, percentile) in cards.iter_mut().zip(percentiles(&population)) {
            card.outcome_mut(at).percentile = percentile;
        }
    }
    cards.iter_mut().for_each(|card| card.place(model));
}

/// One subject by itself, as long as nobody else is looked at.
#[derive(Clone, Debug)]
pub struct Alone<Id> {
    /// Its results without percentiles, and without the bands that go by them.
    pub card: Card<Id>,
    /// For each score of the card, among whom it is ranked and with what; `None` outside the population.
    pub ranked: Vec<Option<Ranked>>,
    /// The first day after the date on which any of its points may differ, if nothing but time passes. Facts with a
    /// later date do not count: see [`Facts::next_day`](crate::facts::Facts::next_day).
    pub next: Option<Day>,
}

impl<Id> Alone<Id> {
    pub(super) fn new(
        evaluation: &Evaluation<'_>,
        of: Subject,
        id: Id,
        prepared: &Prepared<'_>,
        own: &Context<'_>,
    ) -> Result<Self, Error> {
        let model = evaluation.model();
        let ledgers = prepared.ledgers_on(evaluation.as_of())?;
        let mut card = Card::new(id, model, of, &ledgers);
        card.place(model);
        let among = |outcome: &Outcome| ranked(model.score(outcome.score), outcome.points?, own);
        let ranked = card.scores.iter().map(among).collect();
        Ok(Self { card, ranked, next: prepared.next_change(evaluation.as_of()) })
    }
}

impl<Id> Alone<Id> {
    /// Of results that were folded.
    pub fn of_results(
        model: &Model,
        of: Subject,
        id: Id,
        results: &Results,
        own: &Context<'_>,
        next: Option<Day>,
    ) -> Self {
        let outcome = |(score, _)| Outcome { points: results.points(score), ..Outcome::none(score) };
        let scores: Vec<Outcome> = model.scores_of(of).map(outcome).collect();
        let own_scores = || model.scores_of(of).map(|(at, _)| at);
        let categories = own_scores().flat_map(|at| model.categories_of(at));
        let rules = own_scores().flat_map(|at| model.rules_of(at));
        let mut card = Card {
            id,
            categories: categories.map(|(at, _)| (at, results.category(at))).collect(),
            rules: rules.map(|(at, _)| (at, results.rule(at))).collect(),
            scores,
        };
        card.place(model);
        let among = |outcome: &Outcome| ranked(model.score(outcome.score), outcome.points?, own);
        let ranked = card.scores.iter().map(among).collect();
        Self { card, ranked, next }
    }
}

fn ranked(score: &Score, points: Decimal, context: &Context<'_>) -> Option<Ranked> {
    let inside = score.population.as_ref().is_none_or(|population| population.predicate.holds(context));
    let cohort = score.cohort.as_ref().and_then(|name| context.value(name));
    let cohort = cohort.map(|value| value.text().into_owned());
    if inside { Some(Ranked { cohort, points }) } else { None }
}

fn band_of(score: &Score, outcome: &Outcome) -> Option<usize> {
    band::of(score, outcome.points, outcome.percentile)
}

/// Adds probability and estimated value.
fn valued(mut card: Card<OpportunityId>, model: &Model, row: &Row) -> Result<Card<OpportunityId>, Error> {
    for outcome in &mut card.scores {
        let Some((probability, total)) = model.score(outcome.score).probability.as_ref().zip(outcome.points) else {
            continue;
        };
        let amount = match row.attributes.get("amount").map(Value::number) {
            Some(Err(ParseError::OutOfRange)) => {
                return Err(Error { subject: format!("opportunity `{}`", card.id), place: "its amount".into() });
            }
            amount => amount.and_then(Result::ok),
        };
        let chance = probability.at(total);
        outcome.probability = Some(chance);
        outcome.estimated_value = amount.and_then(|amount| chance.of(amount));
    }
    Ok(card)
}

/// The ledgers of an opportunity, over the results of its contact and its account.
pub(super) fn opportunity_ledgers<'s>(
    inputs: Inputs<'s>,
    id: &'s OpportunityId,
    row: &'s Row,
    scores: &'s Scores,
) -> Result<Vec<Ledger<'s>>, Error> {
    prepare_opportunity(inputs, id, row, scores)?.ledgers_on(inputs.as_of)
}

/// An opportunity by itself, over the results of its contact and its account.
pub(super) fn opportunity_alone(
    inputs: Inputs<'_>,
    id: &OpportunityId,
    row: &Row,
    scores: &Scores,
) -> Result<Alone<OpportunityId>, Error> {
    let prepared = prepare_opportunity(inputs, id, row, scores)?;
    let model = inputs.model;
    let card = Card::new(id.clone(), model, Subject::Opportunity, &prepared.ledgers_on(inputs.as_of)?);
    let mut card = valued(card, model, row)?;
    card.place(model);
    Ok(Alone { ranked: vec![None; card.scores.len()], card, next: prepared.next_change(inputs.as_of) })
}

fn prepare_opportunity<'s>(
    inputs: Inputs<'s>,
    id: &'s OpportunityId,
    row: &'s Row,
    scores: &'s Scores,
) -> Result<Prepared<'s>, Error> {
    let contact = row.contact.as_ref();
    // Its own account, or else the one that its contact has first.
    let own_account = row.accounts_on(inputs.as_of).next();
    let account = own_account.or_else(|| contact.and_then(|contact| inputs.primary_account(contact)));
    let standing = Standing {
        model: inputs.model,
        contact: contact.and_then(|id| find(&scores.contacts, id)),
        account: account.and_then(|id| find(&scores.accounts, id)),
    };
    let own = Context {
        opportunity: Some((id.as_str(), &row.attributes)),
        contact: contact.map(|contact| inputs.contact(contact)),
        account: account.map(|account| inputs.account(account)),
        standing: Some(standing),
        ..Context::empty(&inputs.model.zone)
    };
    let view = View { own, seen: Vec::new(), activities_only: false };
    Prepared::new(inputs.model, Subject::Opportunity, &view, |_| {
        unreachable!("model::rule refuses a rollup in the score of an opportunity")
    })
}

fn find<'c, Id: Ord>(cards: &'c [Card<Id>], id: &Id) -> Option<&'c Card<Id>> {
    cards.binary_search_by(|card| card.id.cmp(id)).ok().map(|place| &cards[place])
}

/// The results that `score.*`, `band.*`, `percentile.*` and `category.*` mean at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The model.
    pub model: &'a Model,
    /// The results of the contact.
    pub contact: Option<&'a Card<ContactId>>,
    /// The results of the account.
    pub account: Option<&'a Card<AccountId>>,
}

impl Standing<'_> {
    /// The value of a name in one of the four spaces of results; `None` if there is none.
    pub fn result(self, name: &Name) -> Option<Value> {
        if name.space == Space::Category {
            let at = CategoryAt(self.model.categories.iter().position(|category| category.id == *name.id)?);
            let of_contact = self.contact.and_then(|card| card.categories.get(&at));
            let result = of_contact.or_else(|| self.account.and_then(|card| card.categories.get(&at)));
            return result.copied().map(Value::Number);
        }
        let at = self.model.find_score(&name.id)?;
        let of_contact = self.contact.and_then(|card| card.outcome(at));
        let outcome = of_contact.or_else(|| self.account.and_then(|card| card.outcome(at)))?;
        match name.space {
            Space::Score => outcome.points.map(Value::Number),
            Space::Band => outcome.band.as_deref().map(Value::from),
            _ => outcome.percentile.map(Value::Number),
        }
    }
}
