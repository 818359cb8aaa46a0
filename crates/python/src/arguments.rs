//! What Python hands over, checked.

use batch::source::Kind;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyList, PyString, PyTuple};
use rules::day::{Day, Instant, Zone};

use crate::capsule::{is_table, reader};
use crate::engine::Table;

/// An argument that may be a table, or several.
pub(crate) type Given<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// The tables of all four kinds.
pub(crate) fn tables(given: [(Kind, Given<'_, '_>); 4]) -> PyResult<Vec<Table>> {
    let mut tables = Vec::new();
    for (kind, object) in given.into_iter().filter_map(|(kind, object)| Some((kind, object?))) {
        let name = kind.word();
        if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
            for (place, object) in object.try_iter()?.enumerate() {
                tables.push(table(kind, format!("{name}[{place}]"), &object?)?);
            }
        } else {
            tables.push(table(kind, name.to_owned(), object)?);
        }
    }
    if tables.is_empty() {
        let message = "there are no facts to score: give contacts=, activities=, accounts= or opportunities=";
        return Err(PyTypeError::new_err(message));
    }
    Ok(tables)
}

fn table(kind: Kind, name: String, object: &Bound<'_, PyAny>) -> PyResult<Table> {
    if !is_table(object)? {
        return Err(no_table(&name, &format!("a {} is no table", object.get_type().name()?)));
    }
    let (object, called) = (object.clone().unbind(), name.clone());
    let open = move || {
        Python::attach(|py| {
            let object = object.into_bound(py);
            reader(&object).map_err(|error| match error.is_instance_of::<PyTypeError>(py) {
                true => no_table(&called, &error.value(py).to_string()),
                false => error,
            })
        })
    };
    Ok(Table { kind, name, open: Box::new(open) })
}

fn no_table(name: &str, problem: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "{name}: {problem}; expected a table of pyarrow, polars, pandas (2.2 or later), DuckDB or anything else with \
         `__arrow_c_stream__`, or a list of such tables"
    ))
}

/// The date: as given, or today where the model is at home.
pub(crate) fn day(given: Given<'_, '_>, zone: &Zone) -> PyResult<Day> {
    let Some(given) = given else { return Ok(today(zone)) };
    let module = given.py().import("datetime")?;
    let is = |class: &str| given.is_instance(&module.getattr(class)?);
    let text = if let Ok(text) = given.cast::<PyString>() {
        text.to_cow()?.into_owned()
    } else if is("date")? && !is("datetime")? {
        given.call_method0("isoformat")?.extract()?
    } else {
        let message =
            format!("as_of: expected a datetime.date or a text such as \"2026-03-14\", not {}", given.repr()?);
        return Err(PyTypeError::new_err(message));
    };
    let unread = || PyValueError::new_err(format!("as_of: expected a date such as 2026-03-14, not \"{text}\""));
    Day::parse(&text).ok_or_else(unread)
}

fn today(zone: &Zone) -> Day {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = now.ok().and_then(|since| i64::try_from(since.as_micros()).ok());
    zone.day_of(micros.and_then(Instant::new).unwrap_or(Instant(0)))
}

/// An id as it stands in a table: a text, or a whole number of Python, numpy or pandas.
pub(crate) fn id(given: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(text.to_cow()?.into_owned());
    }
    let number = given.py().import("operator")?.call_method1("index", (given,));
    match number {
        Ok(number) if !given.is_instance_of::<PyBool>() => Ok(number.str()?.to_cow()?.into_owned()),
        _ => Err(PyTypeError::new_err(format!(
            "contact: expected an id, a text or a whole number, not {}",
            given.repr()?
        ))),
    }
}

/// Whether rows that cannot be used are left out.
pub(crate) fn skips(on_reject: &str) -> PyResult<bool> {
    match on_reject {
        "error" => Ok(false),
        "skip" => Ok(true),
        other => Err(PyValueError::new_err(format!("on_reject: expected \"error\" or \"skip\", not \"{other}\""))),
    }
}
