"""What the tests of the wheel share."""

import os
from pathlib import Path

import pytest

import fervor

ROOT = Path(__file__).resolve().parents[3]

SMALL_MODEL = """
timezone = "Europe/Oslo"

[score.s]
bands = { Low = 0, High = 30 }

[rule.buy]
score = "s"
activity = "buy"
points = 2
multiply_by = "value"

[rule.gold]
score = "s"
when = "contact.plan = 'gold'"
points = 5
"""


@pytest.fixture(scope="session")
def small() -> fervor.Model:
    return fervor.Model.parse(SMALL_MODEL)


@pytest.fixture(scope="session")
def binary() -> Path:
    """The command line, which has to give the same; `cargo xtask test` builds it."""
    path = ROOT / os.environ.get("FERVOR_BINARY", "target/debug/fervor")
    assert path.is_file(), f"{path} is missing: cargo build"
    return path
