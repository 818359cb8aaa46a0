"""The scores of one contact, taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Explanation(dict[str, Any]):
    """What `fervor explain --json` writes, as a dict; numbers are `decimal.Decimal`, counts are `int`.

    In every entry of a ledger the result is the sum less the losses, exactly. `str()` gives the text that
    `fervor explain` writes for people.
    """

    def __init__(self, members: Mapping[str, Any], text: str) -> None:
        super().__init__(members)
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[Any, ...]:
        return (Explanation, (dict(self), self._text))
