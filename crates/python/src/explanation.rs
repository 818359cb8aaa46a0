//! An explanation as Python has it: the object that `fervor explain --json` writes, with exact numbers.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::Value;

/// Members that count something; every other number is an amount.
const COUNTS: [&str; 4] = ["counted", "periods", "case", "count"];

/// The members of an object, numbers as `decimal.Decimal` and counts as `int`.
pub(crate) fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    of(py, "", value, &py.import("decimal")?.getattr("Decimal")?)
}

fn of<'py>(py: Python<'py>, key: &str, value: &Value, decimal: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => truth.into_pyobject(py)?.to_owned().into_any(),
        Value::String(text) => text.into_pyobject(py)?.into_any(),
        Value::Number(number) => match number.as_i64().filter(|_| COUNTS.contains(&key)) {
            Some(count) => count.into_pyobject(py)?.into_any(),
            None => decimal.call1((number.to_string(),))?,
        },
        Value::Array(values) => {
            let list = PyList::empty(py);
            values.iter().try_for_each(|value| list.append(of(py, key, value, decimal)?))?;
            list.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            members.iter().try_for_each(|(key, value)| dict.set_item(key, of(py, key, value, decimal)?))?;
            dict.into_any()
        }
    })
}
