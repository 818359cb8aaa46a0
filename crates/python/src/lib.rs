//! Fervor for Python. Tables come in and go out through Arrow's C interface (`capsule`), `engine`
//! scores them, and `model` and `table` are what Python sees. What is easier said in Python, the
//! exceptions, is in `python/fervor`.

mod arguments;
mod capsule;
mod engine;
mod error;
mod explanation;
mod model;
mod settings;
mod stages;
mod table;

use pyo3::prelude::*;

/// Scores how engaged every member is and how ready every lead is, in points that can be explained.
#[pymodule]
mod _fervor {
    #[pymodule_export]
    use super::model::{Model, Score};
    #[pymodule_export]
    use super::stages::{Job, Rows, Said};
    #[pymodule_export]
    use super::table::{Everyone, Table};

    /// The version of Fervor.
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's own name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
