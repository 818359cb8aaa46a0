"""The part of Fervor that is written in Rust."""

import datetime
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, SupportsIndex, final

from fervor._errors import Reject
from fervor._explanation import Explanation

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped, unused-ignore]
    import polars
    import pyarrow  # type: ignore[import-untyped, unused-ignore]

__all__ = ["Model", "Result", "Score", "Table", "_Job", "_Rows", "_Said", "__version__"]

__version__: str

class _Stream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class _Array(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

_Table = _Stream | _Array
_Facts = _Table | Sequence[_Table] | None
_Date = datetime.date | str | None

@final
class Model:
    """What gives points: a model, read from a TOML file and checked."""

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Model: ...
    @staticmethod
    def parse(text: str) -> Model: ...
    @property
    def name(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def scores(self) -> list[Score]: ...
    def score(
        self,
        activities: _Facts = None,
        contacts: _Facts = None,
        accounts: _Facts = None,
        opportunities: _Facts = None,
        *,
        as_of: _Date = None,
        details: bool = False,
        on_reject: Literal["error", "skip"] = "error",
        threads: int | None = None,
        memory: int | str | None = None,
        temp: str | os.PathLike[str] | None = None,
        declare: Iterable[Literal["unique_ids", "time_order", "all_contacts"]] | None = None,
    ) -> Result: ...
    def explain(
        self,
        contact: str | SupportsIndex,
        activities: _Facts = None,
        contacts: _Facts = None,
        accounts: _Facts = None,
        opportunities: _Facts = None,
        *,
        as_of: _Date = None,
        score: str | None = None,
        all: bool = False,
        on_reject: Literal["error", "skip"] = "error",
    ) -> Explanation: ...

@final
class Score:
    """One score of a model."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def of(self) -> Literal["contact", "account", "opportunity"]: ...
    @property
    def bands(self) -> list[str]: ...

@final
class Result:
    """Everyone's scores as of a date."""

    @property
    def as_of(self) -> datetime.date: ...
    @property
    def contacts(self) -> Table: ...
    @property
    def accounts(self) -> Table: ...
    @property
    def opportunities(self) -> Table: ...
    @property
    def rejects(self) -> list[Reject]: ...

@final
class Table:
    """A table of results, for any library that speaks Arrow's PyCapsule interface."""

    @property
    def num_rows(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def to_pyarrow(self) -> pyarrow.Table: ...
    def to_polars(self) -> polars.DataFrame: ...
    def to_pandas(self) -> pandas.DataFrame: ...

@final
class _Rows:
    """Rows on their way to the next stage."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class _Said:
    """What accounts need of contacts, table by table."""

    def __iter__(self) -> _Said: ...
    def __next__(self) -> _Rows: ...

@final
class _Job:
    """What a task is told of the whole job."""

    def __new__(
        cls,
        model: Model,
        as_of: _Date,
        keep: int,
        details: bool,
        memory: int | str | None,
        temp: str | os.PathLike[str] | None,
        declare: Iterable[str] | None,
        on_reject: str,
    ) -> _Job: ...
    def columns(self, kind: str, schema: _Table) -> list[str] | None: ...
    def reads_accounts(self) -> bool: ...
    def has_accounts(self) -> bool: ...
    def part(self, rows: _Table, accounts: _Table | None = None) -> tuple[_Rows, _Said, int, int]: ...
    def accounts(self, rows: _Table) -> tuple[_Rows, int, int]: ...
    def finish(self, of: str, rows: _Table) -> _Rows: ...
    def empty(self, of: str) -> _Rows: ...
