"""The stages of a cluster, without one: what comes over a network may be anything."""

import random

import pyarrow
import pytest

import fervor
from fervor._fervor import _Job

MODEL = """
[score.s]

[rule.buy]
score = "s"
activity = "*"
points = 1

[score.all]
of = "account"

[rule.visits]
score = "all"
activity = "*"
points = 2
multiply_by = "value"
take = "latest"
limit = { times = 3, per = "day", by = "page" }

[rule.people]
score = "all"
rollup = "s"
take = "sum"
"""


@pytest.fixture(scope="module")
def job():
    return _Job(fervor.Model.parse(MODEL), "2026-03-14", 2, False, "1M", None, [], "error")


@pytest.fixture(scope="module")
def said(job):
    """What two contacts of one account say of it, and its score: 2 x 7 for the latest visit, 3 for three visits."""
    activities = [
        {"contact": who, "type": "visit", "occurred_at": f"2026-03-0{day}", "value": value, "page": "/prices"}
        for who, day, value in [("ada", 1, 5), ("bob", 2, 7), ("bob", 1, 6)]
    ]
    contacts = [{"id": who, "account": "acme"} for who in ("ada", "bob")]
    rows = [{"activity": row, "contact": None} for row in activities]
    rows += [{"activity": None, "contact": row} for row in contacts]
    _, said, refused, spilled = job.part(pyarrow.Table.from_pylist(rows, of_rows(activities, contacts)))
    assert (refused, spilled) == (0, 0)
    found = [row for table in said for row in pyarrow.table(table).to_pylist()]
    assert {row["account"] for row in found} == {"acme"}
    assert scored(job, found) == {"acme": 17_0000}
    return found


def of_rows(activities, contacts):
    """The types: a struct for each kind."""
    kinds = {"activity": activities, "contact": contacts}
    return pyarrow.schema([(kind, pyarrow.array(rows).type) for kind, rows in kinds.items()])


def scored(job, said):
    accounts, _, _ = job.accounts(pyarrow.Table.from_pylist(said, SAID))
    table = pyarrow.table(accounts)
    return dict(zip(table["id"].to_pylist(), table["points.all"].to_pylist()))


SAID = pyarrow.schema([("account", pyarrow.string()), ("said", pyarrow.binary())])
GARBLED = "what is said of accounts is not what a stage before says(.|\n)*the same version of fervor"


def test_what_is_cut_off_is_told(job, said):
    # It exists, two people count, three visits; the pages and numbers of visits are long enough to cut anywhere.
    assert sorted(len(row["said"]) for row in said)[0] == 1 and max(len(row["said"]) for row in said) > 30
    for row in said:
        for end in range(len(row["said"])):
            with pytest.raises(fervor.FervorError, match=GARBLED):
                scored(job, [{**row, "said": row["said"][:end]}])
        with pytest.raises(fervor.FervorError, match=GARBLED):
            scored(job, [{**row, "said": row["said"] + b"\0"}])


def test_noise_is_told_or_scored(job, said):
    """Some noise says something; a panic would be no Exception, and end the test."""
    dice, told = random.Random(1), 0
    for _ in range(3000):
        row = dict(dice.choice(said))
        if dice.random() < 0.5:
            row["said"] = dice.choice([b"\0", b"\1", b"\2", b""]) + dice.randbytes(dice.randrange(60))
        else:
            place = dice.randrange(len(row["said"]))
            row["said"] = row["said"][:place] + dice.randbytes(1) + row["said"][place + 1 :]
        try:
            scored(job, [row, *said])
        except fervor.FervorError:
            told += 1
    assert 1500 < told < 3000, told


def test_rows_of_nobody_and_of_other_types_are_told(job):
    with pytest.raises(fervor.FervorError, match=GARBLED):
        scored(job, [{"account": "acme", "said": b"\0"}, {"account": "acme", "said": None}])
    other = pyarrow.table({"account": ["acme"], "said": [1.5]})
    with pytest.raises(fervor.FervorError, match=GARBLED):
        job.accounts(other)
