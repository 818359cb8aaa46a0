//! What a list shows of each: points with their band, percentiles, categories, attributes, accounts.

use std::collections::BTreeSet;

use live::about::About;
use rules::decimal::Decimal;
use rules::model::{Form, Model};
use rules::value::Attributes;
use store::subject::Kind;

use super::Words;
use crate::pages::show::{Band, Number, worded};
use crate::t;

/// Attributes that say what somebody or something is called, the best first.
const NAMES: [&str; 4] = ["name", "full_name", "title", "email"];
/// Attributes that are offered as columns, at most.
const ATTRIBUTES_MAX: usize = 40;

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// As an address has it.
    pub(super) key: String,
    pub(super) label: String,
    pub(super) of: Of,
}

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Account,
    Attribute,
    Score,
    Percentile,
    Category,
    Probability,
    Value,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Nothing,
    Text(String),
    Link(String, String),
    Number(Number),
    Chance(Decimal),
    Score(Option<Number>, Option<Band>),
}

impl Column {
    fn new(key: impl Into<String>, label: impl Into<String>, of: Of) -> Self {
        Self { key: key.into(), label: label.into(), of }
    }

    /// The id of what it is about.
    pub(super) fn id(&self) -> &str {
        self.key.split_once('.').map_or(&*self.key, |(_, id)| id)
    }

    /// Whether it is written from the right.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.of, Of::Percentile | Of::Category | Of::Probability | Of::Value)
    }

    pub(super) fn cell(&self, about: &About, model: Option<&Model>) -> Cell {
        let id = self.id();
        let scored = || about.scores.iter().find(|scored| scored.score == id);
        let number = |text: &str| Decimal::parse(text).map_or(Cell::Nothing, |number| Cell::Number(Number(number)));
        match self.of {
            Of::Account => about
                .accounts
                .first()
                .map_or(Cell::Nothing, |account| Cell::Link(super::address("/accounts", account), account.to_string())),
            Of::Attribute => about.attributes.get(id).map_or(Cell::Nothing, |value| Cell::Text(value.text().into())),
            Of::Score => scored().map_or(Cell::Nothing, |scored| {
                let score = model.and_then(|model| model.find_score(id).map(|at| model.score(at)));
                let band = score.zip(scored.band.as_deref()).map(|(score, name)| Band::new(score, name));
                Cell::Score(scored.points.map(Number), band)
            }),
            Of::Percentile => scored()
                .and_then(|scored| scored.percentile)
                .map_or(Cell::Nothing, |percentile| Cell::Number(Number(percentile))),
            Of::Category => {
                let all = about.scores.iter().flat_map(|scored| &scored.categories);
                all.into_iter().find(|(name, _)| name == id).map_or(Cell::Nothing, |(_, total)| number(total))
            }
            Of::Probability => {
                let chance = scored().and_then(|scored| Decimal::parse(scored.probability.as_deref()?).ok());
                chance.map_or(Cell::Nothing, Cell::Chance)
            }
            Of::Value => scored().and_then(|scored| scored.estimated_value.as_deref()).map_or(Cell::Nothing, number),
        }
    }
}

/// What somebody or something is called, if it is not by its id alone.
pub(super) fn called(about: &About) -> Option<String> {
    called_as(&about.id, &about.attributes)
}

/// The same of one whose attributes are known.
pub(in crate::pages) fn called_as(id: &str, attributes: &Attributes) -> Option<String> {
    let text = |name: &str| attributes.get(name).map(|value| value.text().trim().to_owned());
    let named = || NAMES.iter().find_map(|name| text(name).filter(|text| !text.is_empty()));
    let first_and_last = text("first_name").zip(text("last_name")).map(|(first, last)| format!("{first} {last}"));
    first_and_last.or_else(named).filter(|name| name != id)
}

/// Everything that can be shown of what is found; attributes as far as those found have them, or are wanted.
pub(super) fn all(words: &Words, model: Option<&Model>, found: &[About], wanted: &[String]) -> Vec<Column> {
    let scores = || model.into_iter().flat_map(|model| model.scores_of(words.of));
    let is_alone = scores().filter(|(_, score)| score.probability.is_some()).count() == 1;
    let mut columns = Vec::new();
    for (_, score) in scores() {
        columns.push(Column::new(format!("score.{}", score.id), score.label(), Of::Score));
        if score.probability.is_some() {
            // Where there is one alone, it need not be named.
            let label = if is_alone { t::column_probability() } else { t::column_probability_of(score.label()) };
            columns.push(Column::new(format!("probability.{}", score.id), label, Of::Probability));
            let label = if is_alone { t::column_value() } else { t::column_value_of(score.label()) };
            columns.push(Column::new(format!("value.{}", score.id), label, Of::Value));
        }
    }
    if words.kind == Kind::Contact {
        columns.push(Column::new("account", t::column_account(), Of::Account));
    }
    for (at, score) in scores() {
        if !matches!(score.form, Form::Matrix(..)) && words.kind != Kind::Opportunity {
            let label = t::column_percentile(score.label());
            columns.push(Column::new(format!("percentile.{}", score.id), label, Of::Percentile));
        }
        for (_, category) in model.into_iter().flat_map(|model| model.categories_of(at)) {
            let label = format!("{}: {}", score.label(), category.label());
            columns.push(Column::new(format!("category.{}", category.id), label, Of::Category));
        }
    }
    let own = found.iter().flat_map(|about| about.attributes.keys().map(ToString::to_string));
    let asked = wanted.iter().filter_map(|key| key.strip_prefix("attribute.").map(ToOwned::to_owned));
    let names: BTreeSet<String> = own.chain(asked).collect();
    let attribute = |name: String| Column::new(format!("attribute.{name}"), worded(&name), Of::Attribute);
    columns.extend(names.into_iter().take(ATTRIBUTES_MAX).map(attribute));
    columns
}

/// The columns that are wanted; the scores and the account if nobody says otherwise.
pub(super) fn chosen(all: &[Column], wanted: &[String]) -> Vec<Column> {
    let is_usual = |column: &&Column| matches!(column.of, Of::Score | Of::Account | Of::Probability | Of::Value);
    match wanted {
        [] => all.iter().filter(is_usual).cloned().collect(),
        _ => all.iter().filter(|column| wanted.contains(&column.key)).cloned().collect(),
    }
}
