//! The first contacts of an account, those with the most points.

use live::about::About;
use live::list::Query;
use live::models::Version;
use rules::model::Score;

use super::columns;
use super::filter::usual;
use super::{CONTACTS, address};
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::pages::show::{Band, Number};

/// So many are shown.
const SHOWN: usize = 10;

/// Some contacts of an account.
#[derive(Debug)]
pub(super) struct People {
    /// The scores of contacts.
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) is_more: bool,
}

/// The address of a contact, what it is called, and how it stands in each score.
type Row = (String, String, Vec<(Option<Number>, Option<Band>)>);

impl People {
    pub(super) fn of(call: &Call, version: Option<&Version>, account: &About) -> Result<Self, Problem> {
        let sort = version.and_then(|version| usual(&CONTACTS, version));
        let account = Some(account.id.to_string());
        let page = call.app.service.list(CONTACTS.kind, &Query { account, sort, limit: SHOWN, ..Query::default() })?;
        let scores: Vec<&Score> = version
            .into_iter()
            .flat_map(|version| version.model.scores_of(CONTACTS.of).map(|(_, score)| score))
            .collect();
        let row = |about: &About| {
            let cell = |score: &&Score| {
                let own = about.scores.iter().find(|scored| scored.score == score.id);
                let band = own.and_then(|own| own.band.as_deref()).map(|name| Band::new(score, name));
                (own.and_then(|own| own.points).map(Number), band)
            };
            let name = columns::called(about).unwrap_or_else(|| about.id.to_string());
            (address(CONTACTS.path, &about.id), name, scores.iter().map(cell).collect())
        };
        Ok(Self {
            heads: scores.iter().map(|score| score.label().to_owned()).collect(),
            rows: page.found.iter().map(row).collect(),
            is_more: page.end.is_some(),
        })
    }
}
