//! A list as a file: everybody who is wanted, in the order of the page, with the columns of the page. It is written
//! while it is read, a page at a time, so that it may be as long as it is.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream;
use live::about::About;
use live::list::{Page, Query};
use live::models::Version;

use super::Words;
use super::columns::{self, Cell, Column, Of};
use super::filter::Filter;
use crate::api::App;
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem};
use crate::chosen::MOST;
use crate::pages::form::Form;
use crate::t;

/// So many are read at a time.
const STEP: usize = 1000;

/// What goes on from page to page.
struct Writing {
    app: Arc<App>,
    words: &'static Words,
    version: Option<Arc<Version>>,
    columns: Vec<Column>,
    query: Option<Query>,
    /// What the first page found, read before anything was sent.
    first: Option<Vec<About>>,
}

pub(super) fn export(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    tokio::task::block_in_place(|| begun(app, &call))
}

/// Those who were chosen one by one, or else the whole list.
pub(super) fn chosen(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    tokio::task::block_in_place(|| {
        let form = Form::document(&call)?;
        let (words, filter) = (Words::of(&call), Filter::of(&Form::query(form.field("list"))).begun());
        if form.field("all") == "yes" {
            return wanted(app, words, &filter);
        }
        let ids: Vec<&str> = form.all("id").collect();
        if ids.is_empty() {
            return Err(Problem::new(Kind::Unprocessable, t::chosen_none(words.kind)));
        }
        if ids.len() > MOST {
            return Err(Problem::new(Kind::Unprocessable, t::chosen_most(MOST)));
        }
        let version = app.service.models()?.current;
        let found = app.service.several(words.kind, &ids)?;
        sent(app, words, &filter, version, Page { found, end: None, examined: 0 }, Query::default())
    })
}

fn begun(app: Arc<App>, call: &Call) -> Result<Response, Problem> {
    wanted(app, Words::of(call), &Filter::read(call).begun())
}

fn wanted(app: Arc<App>, words: &'static Words, filter: &Filter) -> Result<Response, Problem> {
    let version = app.service.models()?.current;
    let query = Query { limit: STEP, ..filter.query(words, version.as_deref())? };
    // What is wrong with what is asked for is told before a file begins.
    let page = app.service.list(words.kind, &query)?;
    sent(app, words, filter, version, page, query)
}

/// A first page, and all that follow.
fn sent(
    app: Arc<App>,
    words: &'static Words,
    filter: &Filter,
    version: Option<Arc<Version>>,
    page: Page,
    query: Query,
) -> Result<Response, Problem> {
    let model = version.as_deref().map(|version| &version.model);
    let all = columns::all(words, model, &page.found, &filter.columns);
    let columns = columns::chosen(&all, &filter.columns);
    let query = page.end.map(|end| Query { after: Some(end), ..query });
    let writing = Writing { app, words, version, columns, query, first: Some(page.found) };
    let parts = stream::unfold(Some(writing), |writing| async move {
        let writing = writing?;
        let done = tokio::task::spawn_blocking(move || writing.step()).await;
        // A file that cannot be finished breaks off, so that nobody takes it for the whole.
        Some(match done {
            Ok(Ok((bytes, writing))) => (Ok(bytes), writing),
            Ok(Err(error)) => (Err(error), None),
            Err(error) => (Err(io::Error::other(error)), None),
        })
    });
    let name = format!("attachment; filename=\"{}.csv\"", words.file());
    let answer = Response::builder()
        .header("content-type", "text/csv; charset=utf-8")
        .header("content-disposition", name)
        .header("cache-control", "no-store")
        .header("x-content-type-options", "nosniff");
    answer.body(Body::from_stream(parts)).map_err(|error| Problem::new(Kind::Internal, error.to_string()))
}

impl Writing {
    /// The next part, and what is left to do.
    fn step(mut self) -> io::Result<(Bytes, Option<Self>)> {
        let mut out = csv::Writer::from_writer(Vec::new());
        let found = match self.first.take() {
            Some(found) => {
                out.write_record(self.head())?;
                found
            }
            None => self.read()?,
        };
        for about in &found {
            out.write_record(self.record(about))?;
        }
        let bytes = out.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        let rest = self.query.is_some().then_some(self);
        Ok((bytes.into(), rest))
    }

    fn read(&mut self) -> io::Result<Vec<About>> {
        let Some(query) = self.query.take() else { return Ok(Vec::new()) };
        let page = self.app.service.list(self.words.kind, &query);
        let page = page.inspect_err(|error| tracing::warn!(%error, "an export")).map_err(io::Error::other)?;
        self.query = page.end.map(|end| Query { after: Some(end), ..query });
        Ok(page.found)
    }

    fn head(&self) -> Vec<String> {
        let mut head = vec!["id".to_owned()];
        for column in &self.columns {
            head.push(column.key.clone());
            if column.of == Of::Score {
                head.push(format!("band.{}", column.id()));
            }
        }
        head
    }

    fn record(&self, about: &About) -> Vec<String> {
        let mut record = vec![harmless(about.id.to_string())];
        let model = self.version.as_deref().map(|version| &version.model);
        for column in &self.columns {
            match column.cell(about, model) {
                Cell::Score(points, band) => {
                    record.push(points.map_or_else(String::new, |points| points.0.to_string()));
                    record.push(harmless(band.map_or_else(String::new, |band| band.name)));
                }
                Cell::Chance(chance) => record.push(chance.to_string()),
                Cell::Number(number) => record.push(number.0.to_string()),
                Cell::Text(text) | Cell::Link(_, text) => record.push(harmless(text)),
                Cell::Nothing if column.of == Of::Score => record.extend([String::new(), String::new()]),
                Cell::Nothing => record.push(String::new()),
            }
        }
        record
    }
}

/// A text that no program for tables takes for a formula: these files are opened by people.
fn harmless(text: String) -> String {
    let is_number = text.parse::<f64>().is_ok();
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn texts_are_no_formulas() {
        for (text, expected) in [
            ("ada", "ada"),
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("-5", "-5"),
            ("-x", "'-x"),
            ("+47 22", "'+47 22"),
            ("", ""),
        ] {
            assert_eq!(harmless(text.to_owned()), expected);
        }
    }
}
