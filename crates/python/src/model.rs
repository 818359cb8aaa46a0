//! A model as Python sees it.

use std::path::PathBuf;

use batch::source::Kind;
use batch::wording::counted;
use pyo3::prelude::*;
use rules::model::{self, Subject};
use rules::suggest::nearest;

use crate::arguments::{self, Given};
use crate::engine::Read;
use crate::settings::Work;
use crate::table::{Everyone, Table};
use crate::{error, explanation};

/// What gives points: a model, read from a TOML file and checked.
///
/// A model is made by `Model.load(path)` or `Model.parse(text)`. It never changes, may be used by
/// several threads at once, and works without holding up other threads of Python.
#[pyclass(frozen, eq, module = "fervor")]
#[derive(PartialEq)]
pub(crate) struct Model(pub(crate) model::Model);

#[pymethods]
impl Model {
    /// Read a model from a file.
    ///
    /// Raises ModelError with everything that is wrong with it, and OSError if there is no such file.
    #[staticmethod]
    fn load(py: Python<'_>, path: &Bound<'_, PyAny>) -> PyResult<Self> {
        // Python's own errors name the file.
        let path = py.import("pathlib")?.getattr("Path")?.call1((path,))?;
        let text: Vec<u8> = path.call_method0("read_bytes")?.extract()?;
        let name = path.str()?.to_string();
        let Ok(text) = String::from_utf8(text) else {
            return Err(error::failed(py, &format!("{name}: is not text in UTF-8"), "a model is written as text"));
        };
        Self::read(py, &name, &text)
    }

    /// Read a model from a text.
    ///
    /// Raises ModelError with everything that is wrong with it.
    #[staticmethod]
    fn parse(py: Python<'_>, text: &str) -> PyResult<Self> {
        Self::read(py, "model", text)
    }

    /// Score everyone as of a date.
    ///
    /// Each of the four kinds of facts is a table, or a list of tables: anything with
    /// `__arrow_c_stream__` or `__arrow_c_array__`, such as tables of pyarrow, polars, pandas (2.2 or
    /// later) and DuckDB. The columns are those of the files that `fervor score` reads: activities need
    /// `contact`, `type` and `occurred_at`, all others an `id`; every other column is an attribute or a
    /// property that rules can use. Tables are read where they lie, without a copy.
    ///
    /// as_of is a date or a text such as "2026-03-14"; without it, it is today in the time zone of
    /// the model. With details, the tables of the result have a column more for each category and rule.
    ///
    /// Rows that cannot be used raise RowError, which says which and why; with on_reject="skip" they
    /// are left out and listed in `Result.rejects`. A table without a column that it needs
    /// raises TableError.
    ///
    /// The rest changes no score. threads is how many work at a time, by default one for each processor.
    /// memory is how much activities may take before they go to temporary files in the folder temp: bytes,
    /// or a text such as "500M", by default half of what there is. declare says what is known of the facts,
    /// so that less has to be done: "unique_ids" (no two activities have the same contact, source and id),
    /// "time_order" (they come in the order of their times), "all_contacts" (every contact has a row of its
    /// own). A declaration that is found untrue raises FervorError.
    #[pyo3(signature = (activities=None, contacts=None, accounts=None, opportunities=None, *, as_of=None,
        details=false, on_reject="error", threads=None, memory=None, temp=None, declare=None))]
    #[expect(clippy::too_many_arguments, reason = "they are named in Python")]
    fn score(
        &self,
        py: Python<'_>,
        activities: Given<'_, '_>,
        contacts: Given<'_, '_>,
        accounts: Given<'_, '_>,
        opportunities: Given<'_, '_>,
        as_of: Given<'_, '_>,
        details: bool,
        on_reject: &str,
        threads: Given<'_, '_>,
        memory: Given<'_, '_>,
        temp: Option<PathBuf>,
        declare: Given<'_, '_>,
    ) -> PyResult<Everyone> {
        let work = Work::new(threads, memory, temp, declare)?;
        let skips = arguments::skips(on_reject)?;
        let as_of = arguments::day(as_of, &self.0.zone)?;
        let tables = arguments::tables(given(activities, contacts, accounts, opportunities))?;
        let scored = py.detach(|| {
            let (scored, rejects) = Read::all(tables)?.score(&self.0, as_of, &work, details)?;
            Ok((Table::all(&self.0, scored, details), rejects))
        });
        let (tables, rejects) = scored.map_err(|error| error::of_engine(py, error))?;
        if !skips && !rejects.is_empty() {
            return Err(error::of_rows(py, &rejects));
        }
        let [contacts, accounts, opportunities] = tables?;
        let tables = [Py::new(py, contacts)?, Py::new(py, accounts)?, Py::new(py, opportunities)?];
        Ok(Everyone { as_of: as_of.to_string(), tables, rejects })
    }

    /// Take the scores of one contact apart, down to each activity.
    ///
    /// contact is an id. The tables and the date are those of `score`; they are needed whole, because
    /// a percentile is a place among everyone. With score, the id of a score, only that one is explained.
    ///
    /// The answer is a dict with the members of what `fervor explain --json` writes, numbers as
    /// decimal.Decimal; `str()` of it, and so `print`, is the text that `fervor explain` writes for
    /// people. With all, that text lists every activity and not only the latest of each rule.
    #[pyo3(signature = (contact, activities=None, contacts=None, accounts=None, opportunities=None, *, as_of=None,
        score=None, all=false, on_reject="error"))]
    #[expect(clippy::too_many_arguments, reason = "they are named in Python")]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        contact: &Bound<'py, PyAny>,
        activities: Given<'_, 'py>,
        contacts: Given<'_, 'py>,
        accounts: Given<'_, 'py>,
        opportunities: Given<'_, 'py>,
        as_of: Given<'_, 'py>,
        score: Option<&str>,
        all: bool,
        on_reject: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let skips = arguments::skips(on_reject)?;
        let id = arguments::id(contact)?;
        let only = score.map(|score| self.score_of_contacts(py, score)).transpose()?;
        let as_of = arguments::day(as_of, &self.0.zone)?;
        let tables = arguments::tables(given(activities, contacts, accounts, opportunities))?;
        let told = py.detach(|| {
            Read::all(tables)?.explain(&self.0, as_of, &id, only, |found| {
                let mut explanation = found.map_err(|scores| near(scores, &id))?;
                explanation.all = all;
                let mut text = Vec::new();
                let written = batch::explain::text(&explanation, &mut text);
                Ok::<_, String>((batch::explain::json(&explanation), written.map(|()| text)))
            })
        });
        let (told, rejects) = told.map_err(|error| error::of_engine(py, error))?;
        if !skips && !rejects.is_empty() {
            return Err(error::of_rows(py, &rejects));
        }
        let (json, text) =
            told.map_err(|help| error::failed(py, &format!("there is no contact `{id}` as of {as_of}"), &help))?;
        let text = batch::wording::plain(&String::from_utf8_lossy(&text?));
        let class = py.import("fervor._explanation")?.getattr("Explanation")?;
        class.call1((explanation::object(py, &json)?, text.trim_end()))
    }

    /// The name of the model; empty if it does not say.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The time zone in which the days of the model begin.
    #[getter]
    fn timezone(&self) -> &str {
        self.0.zone.name()
    }

    /// The scores, in the order of the file.
    #[getter]
    fn scores(&self) -> Vec<Score> {
        self.0.scores.iter().map(Score::from).collect()
    }

    /// A copy goes to another process as text.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("parse")?, (slf.get().0.print(),)))
    }

    fn __repr__(&self) -> String {
        let contents = [
            counted(self.0.scores.len(), "score"),
            counted(self.0.categories.len(), "category"),
            counted(self.0.rules.len(), "rule"),
        ];
        format!("<fervor.Model \"{}\": {}>", self.0.name, contents.join(", "))
    }
}

impl Model {
    fn read(py: Python<'_>, name: &str, text: &str) -> PyResult<Self> {
        model::Model::parse(text).map(Self).map_err(|found| error::of_model(py, name, text, &found))
    }

    fn score_of_contacts(&self, py: Python<'_>, id: &str) -> PyResult<model::ScoreAt> {
        let known = || self.0.scores_of(Subject::Contact);
        known().find(|(_, score)| score.id == id).map(|(at, _)| at).ok_or_else(|| {
            let known: Vec<_> = known().map(|(_, score)| score.id.as_str()).collect();
            let help = format!("known: {}", known.join(", "));
            error::failed(py, &format!("the model has no score `{id}` of a contact"), &help)
        })
    }
}

fn given<'a, 'py>(
    activities: Given<'a, 'py>,
    contacts: Given<'a, 'py>,
    accounts: Given<'a, 'py>,
    opportunities: Given<'a, 'py>,
) -> [(Kind, Given<'a, 'py>); 4] {
    [
        (Kind::Contacts, contacts),
        (Kind::Accounts, accounts),
        (Kind::Activities, activities),
        (Kind::Opportunities, opportunities),
    ]
}

/// What to do where there is no such contact.
fn near(scores: &rules::score::Scores, id: &str) -> String {
    let ids = || scores.contacts.iter().map(|card| card.id.as_str());
    match (nearest(id, ids()), ids().next()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(first)) => format!("ids are compared letter by letter; there is for example `{first}`"),
        (None, None) => "the tables name none".into(),
    }
}

/// One score of a model.
#[pyclass(frozen, eq, get_all, module = "fervor")]
#[derive(PartialEq)]
pub(crate) struct Score {
    /// Its id, as in the columns of results.
    id: String,
    /// Its title, or its id if it has none.
    title: String,
    /// Whose score it is: "contact", "account" or "opportunity".
    of: &'static str,
    /// The names of its bands, from the lowest to the highest.
    bands: Vec<String>,
}

impl From<&model::Score> for Score {
    fn from(score: &model::Score) -> Self {
        let bands = score.bands.iter().map(|band| band.name.clone()).collect();
        Self { id: score.id.clone(), title: score.label().to_owned(), of: score.of.word(), bands }
    }
}

#[pymethods]
impl Score {
    fn __repr__(&self) -> String {
        format!("<fervor.Score \"{}\" of {}>", self.id, batch::wording::plural(self.of))
    }
}
