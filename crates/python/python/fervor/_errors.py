"""What goes wrong, in a form that a program can go on with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Diagnostic(NamedTuple):
    """One mistake in a model."""

    line: int
    """The line, from 1."""
    column: int
    """The column, from 1, in characters."""
    message: str
    """What is wrong."""
    label: str
    """What stands at the place, or what was expected there; may be empty."""
    help: str | None
    """What to do next, where that can be said."""


class Reject(NamedTuple):
    """A row that could not be used."""

    table: str
    """The table: "activities", or "activities[1]" for the second of a list."""
    row: int
    """Its place in the table, from 0."""
    reason: str
    """What is wrong with it."""


class FervorError(ValueError):
    """Anything that keeps a model from being read, or facts from being scored."""


class ModelError(FervorError):
    """A model with mistakes: all of them, drawn beside their lines as `fervor check` draws them."""

    diagnostics: tuple[Diagnostic, ...]
    """The mistakes, in the order of the file."""

    def __init__(self, text: str, diagnostics: Iterable[tuple[int, int, str, str, str | None]] = ()) -> None:
        super().__init__(text)
        self.diagnostics = tuple(Diagnostic(*found) for found in diagnostics)


class TableError(FervorError):
    """A table that cannot be used at all, such as one without a column that it needs."""


class RowError(FervorError):
    """Rows that cannot be used, where none may be left out."""

    rejects: list[Reject]
    """The rows."""

    def __init__(self, text: str, rejects: Iterable[tuple[str, int, str]] = ()) -> None:
        super().__init__(text)
        self.rejects = rejects_of(rejects)


class KeepMore(FervorError):
    """A task of a cluster has to be told more of each activity, to know which of two comes first."""


class OutOfRange(FervorError):
    """In a task of a cluster a number left the range, in the scores of one contact or account."""


def rejects_of(rows: Iterable[tuple[str, int, str]]) -> list[Reject]:
    """The rows, with names for what is said of them."""
    return [Reject(*row) for row in rows]
