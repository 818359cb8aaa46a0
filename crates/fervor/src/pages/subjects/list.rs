//! The list of contacts, accounts or opportunities.

use askama::Template;
use live::about::About;
use live::list::{EXAMINED_MAX, Page, SEARCHED_MAX};
use live::models::Version;
use rules::model::{Form, Model};

use super::columns::{self, Cell, Column, Of};
use super::filter::Filter;
use super::pipeline::{self, Pipeline};
use super::views::{self, View};
use super::{Words, address};
use crate::api::access::Scope;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::cursor;
use crate::api::problem::{Kind, Problem};
use crate::pages::frame::{Frame, page, sentence};
use crate::pages::show::Band;
use crate::t::{self, Text};

#[derive(Debug, Template)]
#[template(path = "subjects/list.html")]
struct List<'a> {
    frame: Frame<'a>,
    words: &'a Words,
    filter: &'a Filter,
    /// What is wrong with what was asked for.
    error: Option<String>,
    has_model: bool,
    bands: Vec<Choices>,
    ranges: Vec<Choice>,
    columns: Vec<Choice>,
    chips: Vec<Link>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    /// What is shown, in words.
    count: Text,
    /// Whether it ended before all were looked at, and how many were.
    looked_at: Option<usize>,
    previous: Option<String>,
    next: Option<String>,
    export: String,
    views: Vec<View>,
    /// What opportunities are worth together.
    pipeline: Option<Pipeline>,
    /// The address of what is shown, without where the page begins.
    here: String,
    may_edit: bool,
    may_erase: bool,
}

/// Choices under a heading.
#[derive(Debug)]
struct Choices {
    label: String,
    choices: Vec<Choice>,
}

/// Something that can be chosen.
#[derive(Debug)]
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
    band: Option<Band>,
}

#[derive(Debug)]
struct Link {
    label: String,
    address: String,
}

/// The head of a column.
#[derive(Debug)]
struct Head {
    label: String,
    /// Where one sorts by it.
    sort: Option<String>,
    /// As ARIA has it, if it is sorted by this.
    sorted: Option<&'static str>,
    is_number: bool,
}

#[derive(Debug)]
struct Row {
    address: String,
    name: String,
    /// The id, and whether it is more than the name says.
    id: String,
    is_named: bool,
    cells: Vec<Cell>,
}

pub(super) fn list(call: &Call) -> Result<Answer, Problem> {
    let words = Words::of(call);
    let filter = Filter::read(call);
    let version = call.app.service.models()?.current;
    let version = version.as_deref();
    let asked = filter.query(words, version).and_then(|query| Ok(call.app.service.list(words.kind, &query)?));
    let (found, error) = match asked {
        Ok(found) => (found, None),
        Err(problem) if problem.kind == Kind::Unprocessable => {
            (Page { found: Vec::new(), end: None, examined: 0 }, Some(problem))
        }
        Err(problem) => return Err(problem),
    };
    let status = error.as_ref().map_or(200, |problem| problem.kind.status());
    let list = List::new(call, words, &filter, version, found, error.map(|problem| sentence(&problem.detail)))?;
    Ok(page(status, &list))
}

impl<'a> List<'a> {
    fn new(
        call: &'a Call,
        words: &'a Words,
        filter: &'a Filter,
        version: Option<&Version>,
        found: Page,
        error: Option<String>,
    ) -> Result<Self, Problem> {
        let model = version.map(|version| &version.model);
        let all = columns::all(words, model, &found.found, &filter.columns);
        let columns = columns::chosen(&all, &filter.columns);
        let is_partial = found.end.is_some() && found.examined >= EXAMINED_MAX.min(SEARCHED_MAX);
        let next = found.end.as_ref().map(|end| filter.next(cursor::of_place(end)).address(words.path));
        let begun = filter.clone().begun();
        Ok(Self {
            frame: Frame::of(call),
            has_model: model.is_some(),
            bands: bands(words, model, filter),
            ranges: ranges(words, model, filter),
            columns: all.iter().map(|column| choice(column, columns.contains(column))).collect(),
            chips: chips(words, model, &begun),
            heads: heads(words, filter, version, &columns),
            rows: found.found.iter().map(|about| row(words, model, about, &columns)).collect(),
            count: count(words, filter, found.found.len(), next.is_some()),
            looked_at: is_partial.then_some(found.examined),
            previous: filter.before().map(|before| before.address(words.path)),
            next,
            export: begun.address(&format!("{}.csv", words.path)),
            views: views::of(call, words)?,
            here: begun.text(),
            may_edit: call.who.may(Scope::Write).is_ok(),
            may_erase: words.kind == store::subject::Kind::Contact && call.who.may(Scope::Admin).is_ok(),
            pipeline: match words.kind == store::subject::Kind::Opportunity
                && begun.is_open()
                && filter.cursor.is_empty()
            {
                true => pipeline::of(call, version)?,
                false => None,
            },
            words,
            filter,
            error,
        })
    }

    /// Whether there is nobody at all, as far as one can see.
    fn is_bare(&self) -> bool {
        self.rows.is_empty() && self.filter.is_open() && self.filter.cursor.is_empty() && self.error.is_none()
    }

    /// Whether one can go to a page.
    fn has(&self, path: &str) -> bool {
        self.frame.places.iter().any(|place| place.path == path)
    }
}

fn choice(column: &Column, is_chosen: bool) -> Choice {
    Choice { value: column.key.clone(), label: column.label.clone(), is_chosen, band: None }
}

fn bands(words: &Words, model: Option<&Model>, filter: &Filter) -> Vec<Choices> {
    let of = |score: &rules::model::Score| {
        let choice = |band: &rules::model::Band| Choice {
            value: format!("{}:{}", score.id, band.name),
            label: band.name.clone(),
            is_chosen: filter.bands.iter().any(|(id, name)| *id == score.id && *name == band.name),
            band: Some(Band::new(score, &band.name)),
        };
        Choices { label: score.label().to_owned(), choices: score.bands.iter().rev().map(choice).collect() }
    };
    let scores = model.into_iter().flat_map(|model| model.scores_of(words.of));
    scores.map(|(_, score)| of(score)).filter(|choices| !choices.choices.is_empty()).collect()
}

fn ranges(words: &Words, model: Option<&Model>, filter: &Filter) -> Vec<Choice> {
    let columns = columns::all(words, model, &[], &[]);
    let is_range = |column: &&Column| match column.of {
        Of::Percentile | Of::Category => true,
        Of::Score => model.is_some_and(|model| {
            model.find_score(column.id()).is_some_and(|at| !matches!(model.score(at).form, Form::Matrix(..)))
        }),
        _ => false,
    };
    columns.iter().filter(is_range).map(|column| choice(column, filter.of == column.key)).collect()
}

/// What is filtered by, each with the address of the list without it.
fn chips(words: &Words, model: Option<&Model>, filter: &Filter) -> Vec<Link> {
    let without = |change: &dyn Fn(&mut Filter)| {
        let mut without = filter.clone();
        change(&mut without);
        without.address(words.path)
    };
    let mut chips = Vec::new();
    if !filter.q.is_empty() {
        let address = without(&|filter| filter.q.clear());
        chips.push(Link { label: format!("“{}”", batch::wording::shortened(&filter.q)), address });
    }
    if !filter.account.is_empty() {
        let address = without(&|filter| filter.account.clear());
        chips.push(Link { label: t::list_of_account(batch::wording::shortened(&filter.account)).plain(), address });
    }
    for band in &filter.bands {
        let score = model.and_then(|model| model.find_score(&band.0).map(|at| model.score(at)));
        let label = format!("{}: {}", score.map_or(&*band.0, |score| score.label()), band.1);
        chips.push(Link { label, address: without(&|filter| filter.bands.retain(|other| other != band)) });
    }
    if !(filter.min.is_empty() && filter.max.is_empty()) {
        let columns = columns::all(words, model, &[], &[]);
        let label = columns.iter().find(|column| column.key == filter.of).map_or(&*filter.of, |column| &column.label);
        let label = match (&*filter.min, &*filter.max) {
            (min, "") => format!("{label} ≥ {min}"),
            ("", max) => format!("{label} ≤ {max}"),
            (min, max) => format!("{label} {min} – {max}"),
        };
        let address = without(&|filter| {
            filter.min.clear();
            filter.max.clear();
        });
        chips.push(Link { label, address });
    }
    if !filter.condition.is_empty() {
        let address = without(&|filter| filter.condition.clear());
        chips.push(Link { label: batch::wording::shortened(&filter.condition), address });
    }
    chips
}

fn heads(words: &Words, filter: &Filter, version: Option<&Version>, columns: &[Column]) -> Vec<Head> {
    let sorted = filter.sorted(words, version).ok().flatten();
    let begun = filter.clone().begun();
    let by = |sort: String| Filter { sort, ..begun.clone() }.address(words.path);
    let first = Head {
        label: t::subject_capital(words.kind).plain(),
        sort: Some(by("id".into())),
        sorted: sorted.is_none().then_some("ascending"),
        is_number: false,
    };
    let model = version.map(|version| &version.model);
    let one = |column: &Column| {
        let score = model.and_then(|model| model.find_score(column.id()).map(|at| model.score(at)));
        let has_points = score.is_some_and(|score| !matches!(score.form, Form::Matrix(..)));
        let id = column.id();
        let own =
            sorted.as_ref().filter(|(by, _)| column.of == Of::Score && by == id).map(|(_, descending)| *descending);
        let sign = if own == Some(true) { "" } else { "-" };
        Head {
            label: column.label.clone(),
            sort: (column.of == Of::Score && has_points).then(|| by(format!("{sign}score.{id}"))),
            sorted: own.map(|descending| if descending { "descending" } else { "ascending" }),
            is_number: column.is_number(),
        }
    };
    std::iter::once(first).chain(columns.iter().map(one)).collect()
}

fn row(words: &Words, model: Option<&Model>, about: &About, columns: &[Column]) -> Row {
    let name = columns::called(about);
    Row {
        address: address(words.path, &about.id),
        id: about.id.to_string(),
        is_named: name.is_some(),
        name: name.unwrap_or_else(|| about.id.to_string()),
        cells: columns.iter().map(|column| column.cell(about, model)).collect(),
    }
}

/// `50 contacts, more follow`
fn count(words: &Words, filter: &Filter, shown: usize, is_more: bool) -> Text {
    let counted = match (shown, filter.cursor.is_empty()) {
        (0, true) => t::list_count_none(words.kind),
        (0, false) => t::list_count_none_further(words.kind),
        (_, true) => t::list_count(shown, words.kind),
        (_, false) => t::list_count_further(shown, words.kind),
    };
    if is_more && shown > 0 { t::list_count_more(counted) } else { counted }
}
