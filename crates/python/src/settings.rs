//! How the kernel works, as Python says it.

use std::num::NonZero;
use std::path::PathBuf;

use batch::kernel::{Declared, Keep, Settings};
use batch::memory;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};
use rules::day::Day;

use crate::arguments::Given;

/// How to work; none of it changes a score.
pub(crate) struct Work {
    threads: usize,
    memory: u64,
    temp: PathBuf,
    declared: Declared,
}

impl Work {
    /// From keyword arguments, each of which may be left out.
    pub(crate) fn new(
        threads: Given<'_, '_>,
        memory: Given<'_, '_>,
        temp: Option<PathBuf>,
        declare: Given<'_, '_>,
    ) -> PyResult<Self> {
        let processors = || std::thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            threads: threads.map(count).transpose()?.unwrap_or_else(processors),
            memory: memory.map(size).transpose()?.unwrap_or_else(|| memory::of_machine() / 2),
            temp: temp.unwrap_or_else(std::env::temp_dir),
            declared: declare.map(declared).transpose()?.unwrap_or_default(),
        })
    }

    /// For a date.
    pub(crate) fn settings(&self, as_of: Day, keep: Keep, details: bool) -> Settings {
        let Self { threads, memory, ref temp, declared } = *self;
        Settings { threads, memory, temp: temp.clone(), declared, keep, details, ..Settings::new(as_of) }
    }

    /// How many threads work at a time.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }
}

fn count(given: &Bound<'_, PyAny>) -> PyResult<usize> {
    let number = given.extract::<u16>().ok().filter(|number| *number > 0 && !given.is_instance_of::<PyBool>());
    let refused = || format!("threads: expected a whole number from 1 on, not {given:?}");
    number.map(usize::from).ok_or_else(|| PyValueError::new_err(refused()))
}

/// Bytes, or a text such as `500M`.
fn size(given: &Bound<'_, PyAny>) -> PyResult<u64> {
    if let Ok(text) = given.cast::<PyString>() {
        return memory::read_size(&text.to_cow()?).map_err(|expected| {
            PyValueError::new_err(format!("memory: {expected}, or a number of bytes, not {given:?}"))
        });
    }
    let number = given.extract::<u64>().ok().filter(|_| !given.is_instance_of::<PyBool>());
    let refused = || format!("memory: expected a number of bytes or a size such as \"500M\" or \"8G\", not {given:?}");
    number.ok_or_else(|| PyValueError::new_err(refused()))
}

/// What is known of the facts beforehand.
fn declared(given: &Bound<'_, PyAny>) -> PyResult<Declared> {
    if given.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(format!("declare: expected a list such as [{given:?}], not a text")));
    }
    let mut declared = Declared::default();
    for what in given.try_iter()? {
        match what?.extract::<String>()?.as_str() {
            "unique_ids" => declared.unique_ids = true,
            "time_order" => declared.time_order = true,
            "all_contacts" => declared.all_contacts = true,
            other => {
                let expected = "expected \"unique_ids\", \"time_order\" or \"all_contacts\"";
                return Err(PyValueError::new_err(format!("declare: {expected}, not \"{other}\"")));
            }
        }
    }
    Ok(declared)
}
