"""Scores how engaged every member is and how ready every lead is, in points that can be explained.

A model, a TOML file, says what gives points. Tables of contacts and activities say what happened:
any that speak Arrow's PyCapsule interface, such as those of pyarrow, polars, pandas and DuckDB.

    import fervor

    model = fervor.Model.load("model.toml")
    result = model.score(activities, contacts, as_of="2026-03-14")
    result.contacts.to_polars()
    print(model.explain("ada", activities, contacts, as_of="2026-03-14"))

The same model and the same facts give the same scores as the command `fervor`, to the last digit.
"""

from fervor._errors import Diagnostic, FervorError, ModelError, Reject, RowError, TableError
from fervor._explanation import Explanation
from fervor._fervor import Model, Result, Score, Table, __version__

__all__ = [
    "Diagnostic",
    "Explanation",
    "FervorError",
    "Model",
    "ModelError",
    "Reject",
    "Result",
    "RowError",
    "Score",
    "Table",
    "TableError",
    "__version__",
]

# Where they are meant to be imported from, in messages and in help.
for _public in (Diagnostic, Explanation, FervorError, ModelError, Reject, RowError, TableError):
    _public.__module__ = "fervor"
del _public
