//! Everything that is to be said of one subject.

use rules::advice::{Advice, NextBand};
use rules::day::Day;
use rules::forecast::{self, Change};
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::model::{ScoreAt, Subject};
use rules::score::{Card, Error, Evaluation, Outcome, Scores, SetAside};

use super::{Ahead, Explanation};

/// Gathers everything that is to be said of one subject, or of one score of it; `None` if it does not
/// exist on the date. The scores are everyone's.
///
/// # Errors
///
/// If a number leaves the range, with the subject and the place.
pub fn gather<'e>(
    evaluation: &'e Evaluation<'e>,
    scores: &'e Scores,
    of: Subject,
    id: &str,
    only: Option<ScoreAt>,
) -> Result<Option<Explanation<'e>>, Error> {
    gather_until(evaluation, scores, of, id, only, Some(forecast::horizon(evaluation.as_of())))
}

/// The same, with the changes of band that come by a day, and what would help; without a day neither of them, which is what
/// takes longest where there are many people or activities.
///
/// # Errors
///
/// As [`gather`].
pub fn gather_until<'e>(
    evaluation: &'e Evaluation<'e>,
    scores: &'e Scores,
    of: Subject,
    id: &str,
    only: Option<ScoreAt>,
    until: Option<Day>,
) -> Result<Option<Explanation<'e>>, Error> {
    let contact = ContactId::from(id);
    let account = AccountId::from(id);
    let last = until.unwrap_or(evaluation.as_of());
    let (ledgers, changes, outcomes) = match of {
        Subject::Contact => {
            (evaluation.contact(&contact), evaluation.forecast_contact(&contact, last), outcomes(&scores.contacts, id))
        }
        Subject::Account => {
            (evaluation.account(&account), evaluation.forecast_account(&account, last), outcomes(&scores.accounts, id))
        }
        Subject::Opportunity => {
            let ledgers = evaluation.opportunity(&OpportunityId::from(id), scores);
            (ledgers, Some(Ok(Vec::new())), outcomes(&scores.opportunities, id))
        }
    };
    let (Some(ledgers), Some(changes), Some(outcomes)) = (ledgers, changes, outcomes) else { return Ok(None) };
    let is_contact = of == Subject::Contact;
    let advised = Some(&contact).filter(|_| is_contact && until.is_some());
    let (ahead, next_bands) = advise(evaluation, advised, changes?, |score| only.is_none_or(|only| only == score))?;
    let row = evaluation.opportunity_row(&OpportunityId::from(id)).filter(|_| of == Subject::Opportunity);
    let of_contact = evaluation.accounts_of(&contact).iter().copied().filter(|_| is_contact);
    let of_opportunity = row.into_iter().flat_map(|row| row.accounts_on(evaluation.as_of()));
    let accounts = of_contact.chain(of_opportunity);
    Ok(Some(Explanation {
        model: evaluation.model(),
        of,
        id: id.to_owned(),
        as_of: evaluation.as_of(),
        contact: row.and_then(|row| row.contact.as_ref()).map(ToString::to_string),
        accounts: accounts.map(ToString::to_string).collect(),
        amount: row.and_then(|row| row.attributes.get("amount")).map(|amount| amount.text().into_owned()),
        outcomes,
        only,
        ledgers: ledgers?,
        aside: if is_contact { evaluation.set_aside(&contact) } else { SetAside::default() },
        ahead,
        next_bands,
        all: false,
    }))
}

/// What would help, for the scores that are wanted; nothing but the changes where it is no contact.
fn advise(
    evaluation: &Evaluation<'_>,
    contact: Option<&ContactId>,
    changes: Vec<Change>,
    wanted: impl Fn(ScoreAt) -> bool,
) -> Result<(Vec<Ahead>, Vec<NextBand>), Error> {
    let advice = Advice::new(evaluation);
    let mut ahead = Vec::new();
    for change in changes.into_iter().filter(|change| wanted(change.score)) {
        let prevented_by = contact.map(|id| advice.prevention(id, &change)).transpose()?.flatten();
        ahead.push(Ahead { change, prevented_by });
    }
    let mut next_bands = Vec::new();
    for (score, _) in evaluation.model().scores_of(Subject::Contact).filter(|(score, _)| wanted(*score)) {
        next_bands.extend(contact.map(|id| advice.next_band(id, score)).transpose()?.flatten());
    }
    Ok((ahead, next_bands))
}

fn outcomes<'s, Id: ToString>(cards: &'s [Card<Id>], id: &str) -> Option<&'s [Outcome]> {
    cards.iter().find(|card| card.id.to_string() == id).map(|card| &card.scores[..])
}
