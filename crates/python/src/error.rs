//! What went wrong, as the exceptions of `fervor/_errors.py`.

use batch::kernel::Problem;
use pyo3::call::PyCallArgs;
use pyo3::prelude::*;
use rules::model::Diagnostic;

use crate::engine::{Error, Reject};

/// An exception of that class, or what kept it from being made.
pub(crate) fn raise<'py>(py: Python<'py>, class: &str, arguments: impl PyCallArgs<'py>) -> PyErr {
    let class = py.import("fervor._errors").and_then(|module| module.getattr(class));
    class.and_then(|class| class.call1(arguments)).map_or_else(|error| error, PyErr::from_value)
}

/// All that is wrong with the text of a model.
pub(crate) fn of_model(py: Python<'_>, name: &str, text: &str, found: &[Diagnostic]) -> PyErr {
    let drawn = batch::drawing::all(name, text, found, false);
    let plain = |diagnostic: &Diagnostic| {
        let (line, column) = diagnostic.line_and_column(text);
        let Diagnostic { message, label, help, .. } = diagnostic.clone();
        (line, column, message, label, help)
    };
    let found: Vec<_> = found.iter().map(plain).collect();
    raise(py, "ModelError", (drawn.trim_end(), found))
}

/// Why there are no scores.
pub(crate) fn of_engine(py: Python<'_>, error: Error) -> PyErr {
    match error {
        Error::Table(problem, help) => raise(py, "TableError", (with_help(&problem, help.as_deref()),)),
        Error::Python(error) => error,
        Error::Range(error) => raise(py, "FervorError", (error.to_string(),)),
        Error::Kernel(problem) => of_kernel(py, &problem),
    }
}

/// Why the kernel has no scores.
pub(crate) fn of_kernel(py: Python<'_>, problem: &Problem) -> PyErr {
    let help = match problem {
        Problem::Spill(_) => "is there space left? temp= names another folder, memory= allows more memory",
        Problem::Untrue(_) => "leave that declaration out: the scores are the same, and it only takes longer",
        Problem::Garbled => "every stage of a job needs the same model and the same version of fervor",
        Problem::Overflow(_) | Problem::Order | Problem::Meanings => {
            return raise(py, "FervorError", (problem.to_string(),));
        }
    };
    failed(py, &problem.to_string(), help)
}

/// Any other failure, with what to do about it.
pub(crate) fn failed(py: Python<'_>, problem: &str, help: &str) -> PyErr {
    raise(py, "FervorError", (with_help(problem, Some(help)),))
}

/// Rows that could not be used, where none may be left out.
pub(crate) fn of_rows(py: Python<'_>, rejects: &[Reject]) -> PyErr {
    const SHOWN: usize = 5;
    let mut text = format!("{} could not be used", batch::wording::counted(rejects.len(), "row"));
    for reject in rejects.iter().take(SHOWN) {
        text.push_str(&format!("\n  {} row {}: {}", reject.table, reject.row, reject.reason));
    }
    if rejects.len() > SHOWN {
        text.push_str(&format!("\n  ... and {} more", batch::wording::thousands(rejects.len() - SHOWN)));
    }
    let help = "rows are counted from 0; on_reject=\"skip\" leaves them out and lists them in `rejects`";
    raise(py, "RowError", (with_help(&text, Some(help)), plain(rejects)))
}

/// The rows as Python makes its own of them.
pub(crate) fn plain(rejects: &[Reject]) -> Vec<(&str, usize, &str)> {
    rejects.iter().map(|reject| (&*reject.table, reject.row, &*reject.reason)).collect()
}

fn with_help(problem: &str, help: Option<&str>) -> String {
    help.map_or_else(|| problem.to_owned(), |help| format!("{problem}\nhelp: {help}"))
}
