"""Small cases, worked out by hand, in every form that a table can have.

Of `SMALL_MODEL`: 7 bought for 10 and for 2.5, and is gold: 2 * 10 + 2 * 2.5 + 5 = 30, which is High. 8 bought for 1:
2 * 1 = 2, Low. With half of oneself below oneself, the percentiles are 1.5 / 2 = 75 and 0.5 / 2 = 25.
"""

import datetime
from decimal import Decimal

import duckdb
import pandas
import polars
import pyarrow
import pytest

import fervor

ACTIVITIES = pyarrow.table(
    {
        "contact": ["7", "7", "8", "8"],
        "type": ["buy", "buy", "buy", "look"],
        "occurred_at": ["2026-03-01", "2026-03-14T23:30:00", "2026-03-02T09:00:00Z", "2026-03-03"],
        "value": ["10", "2.5", "1", None],
    }
)
CONTACTS = pyarrow.table({"id": ["7", "8"], "plan": ["gold", None]})
EXPECTED = [("7", Decimal(30), "High", Decimal("75.00")), ("8", Decimal(2), "Low", Decimal("25.00"))]


def rows(result):
    return [tuple(row.values()) for row in result.contacts.to_pyarrow().to_pylist()]


def cast(**types):
    """The activities with other types of columns."""
    columns = {name: ACTIVITIES[name].cast(types.get(name, pyarrow.string())) for name in ACTIVITIES.column_names}
    return pyarrow.table(columns)


def times(kind):
    """The activities with typed times: 2026-03-14T23:30 in Oslo is 22:30 in UTC."""
    utc = ["2026-02-28T23:00:00", "2026-03-14T22:30:00", "2026-03-02T09:00:00", "2026-03-02T23:00:00"]
    local = ["2026-03-01T00:00:00", "2026-03-14T23:30:00", "2026-03-02T10:00:00", "2026-03-03T00:00:00"]
    texts = pyarrow.array(local if kind.tz is None else utc).cast(pyarrow.timestamp(kind.unit))
    # The clock of UTC is what a time with a zone counts.
    column = pyarrow.array(texts.to_numpy(), kind)
    return ACTIVITIES.set_column(2, "occurred_at", column)


FORMS = {
    "texts": ACTIVITIES,
    "large texts": cast(contact=pyarrow.large_string(), type=pyarrow.large_string(), value=pyarrow.large_string()),
    "views": cast(contact=pyarrow.string_view(), type=pyarrow.string_view(), occurred_at=pyarrow.string_view()),
    "whole ids, floating values": cast(contact=pyarrow.int64(), value=pyarrow.float64()),
    "small ids, decimals": cast(contact=pyarrow.uint8(), value=pyarrow.decimal128(9, 2)),
    "dictionaries": ACTIVITIES.set_column(1, "type", ACTIVITIES["type"].dictionary_encode()),
    "local microseconds": times(pyarrow.timestamp("us")),
    "local nanoseconds": times(pyarrow.timestamp("ns")),
    "seconds of Oslo": times(pyarrow.timestamp("s", "Europe/Oslo")),
    "milliseconds of New York": times(pyarrow.timestamp("ms", "America/New_York")),
    "a reader": lambda: ACTIVITIES.to_reader(max_chunksize=1),
    "a batch": ACTIVITIES.to_batches()[0],
    "a slice": pyarrow.concat_tables([ACTIVITIES, ACTIVITIES]).slice(4),
    "several": [ACTIVITIES.slice(0, 1), ACTIVITIES.slice(1).to_pandas(), polars.DataFrame(ACTIVITIES).clear()],
    "a pair": (ACTIVITIES.slice(0, 3), ACTIVITIES.slice(3)),
    "polars": polars.DataFrame(ACTIVITIES),
    "polars, categories": polars.DataFrame(ACTIVITIES).with_columns(polars.col("type").cast(polars.Categorical)),
    "pandas": ACTIVITIES.to_pandas(),
    "pandas, categories": ACTIVITIES.to_pandas().astype({"type": "category"}),
    "pandas, times": ACTIVITIES.to_pandas().assign(
        occurred_at=pandas.to_datetime(ACTIVITIES["occurred_at"].to_pandas(), format="ISO8601", utc=True)
        # Those without a zone are local, an hour before UTC in winter.
        - pandas.to_timedelta([1, 1, 0, 1], unit="h")
    ),
    "duckdb": lambda: duckdb.sql("SELECT * FROM ACTIVITIES"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_gives_the_same(small, form):
    given = FORMS[form]
    result = small.score(given() if callable(given) else given, CONTACTS, as_of="2026-03-14")
    assert rows(result) == EXPECTED
    assert result.contacts.column_names == ["contact", "s", "s_band", "s_percentile"]


class ArrayOnly:
    """What speaks of one array, and not of a stream."""

    def __arrow_c_array__(self, requested_schema=None):
        return ACTIVITIES.combine_chunks().to_batches()[0].__arrow_c_array__(requested_schema)


def test_an_array_is_a_table_too(small):
    assert rows(small.score(ArrayOnly(), CONTACTS, as_of="2026-03-14")) == EXPECTED


def test_a_table_of_results_is_a_table(small):
    # A result may go on into another model: here ids alone.
    result = small.score(ACTIVITIES, CONTACTS, as_of="2026-03-14")
    ids = polars.DataFrame(result.contacts).rename({"contact": "id"})
    assert len(small.score(contacts=ids, as_of="2026-03-14").contacts) == 2


def test_what_was_given_is_let_go(small):
    before = pyarrow.total_allocated_bytes()
    contacts = pyarrow.table({"id": pyarrow.array(range(50_000), pyarrow.int64())})
    held = pyarrow.total_allocated_bytes()
    for _ in range(2):
        small.score(contacts=contacts, as_of="2026-03-14")
        small.score(contacts=contacts.to_batches()[0], as_of="2026-03-14")
    assert pyarrow.total_allocated_bytes() == held > before
    del contacts
    assert pyarrow.total_allocated_bytes() == before


def test_results_outlive_what_they_came_from(small):
    table = small.score(ACTIVITIES, CONTACTS, as_of="2026-03-14").contacts
    # A stream that nobody takes is let go by itself.
    table.__arrow_c_stream__()
    reader = pyarrow.RecordBatchReader.from_stream(table)
    taken = table.to_pyarrow()
    del table
    assert [tuple(row.values()) for row in taken.to_pylist()] == EXPECTED
    assert reader.read_all().equals(taken)


def test_dates(small):
    by_text = small.score(ACTIVITIES, CONTACTS, as_of="2026-03-14")
    by_date = small.score(ACTIVITIES, CONTACTS, as_of=datetime.date(2026, 3, 14))
    assert rows(by_text) == rows(by_date)
    assert by_date.as_of == datetime.date(2026, 3, 14)
    # On the day before, the second purchase has not happened: 2 * 10 + 5.
    assert rows(small.score(ACTIVITIES, CONTACTS, as_of="2026-03-13"))[0][:3] == ("7", Decimal(25), "Low")
    today = small.score(ACTIVITIES, CONTACTS).as_of
    assert abs(today - datetime.date.today()) <= datetime.timedelta(days=1)


def test_activities_of_one_moment_that_only_other_columns_tell_apart():
    """The kernel keeps no column that no rule asks for, and has to read again: as text "7" comes after "30"."""
    text = '[score.s]\n[rule.r]\nscore = "s"\nactivity = "buy"\npoints = 1\nmultiply_by = "value"\ntake = "latest"\n'
    activities = pyarrow.table(
        {
            "contact": ["ada", "ada"],
            "type": ["buy", "buy"],
            "occurred_at": ["2026-03-14", "2026-03-14"],
            "value": [7, 30],
            "a": [1, 0],
        }
    )
    result = fervor.Model.parse(text).score(activities.to_reader(max_chunksize=1), as_of="2026-03-14")
    assert rows(result) == [("ada", Decimal(7), None, Decimal("50.00"))]


def test_accounts_and_opportunities():
    text = """
    [score.company]
    of = "account"
    [rule.big]
    score = "company"
    when = "account.size >= 100"
    points = 3
    [score.deal]
    of = "opportunity"
    [rule.hot]
    score = "deal"
    when = "opportunity.stage = 'offer'"
    points = 4
    """
    result = fervor.Model.parse(text).score(
        accounts=polars.DataFrame({"id": ["acme", "beta"], "size": [100, 99]}),
        opportunities=polars.DataFrame({"id": [1], "stage": ["offer"], "account": ["acme"], "amount": [500]}),
        as_of="2026-03-14",
    )
    assert result.accounts.to_polars()["company"].to_list() == [3, 0]
    assert result.opportunities.to_polars()["deal"].to_list() == [4]
    assert result.opportunities.to_pandas()["opportunity"].tolist() == ["1"]
    assert repr(result) == "<fervor.Result as of 2026-03-14: 0 contacts, 2 accounts, 1 opportunity>"


def test_no_rows_give_no_scores(small):
    result = small.score(ACTIVITIES.slice(0, 0), as_of="2026-03-14")
    assert len(result.contacts) == 0
    assert result.contacts.to_pyarrow().column_names == ["contact", "s", "s_band", "s_percentile"]
