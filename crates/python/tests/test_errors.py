"""What goes wrong says what, where and what to do next."""

import datetime
import pickle
import subprocess

import polars
import pyarrow
import pytest
from test_inputs import ACTIVITIES, CONTACTS

import fervor

FAULTY = """[score.s]
[rule.event]
score = "s"
activity = "event"
points = 1
half_live = "180 days"
cap = "many"
"""


def test_a_faulty_model_tells_all_its_mistakes(tmp_path):
    path = tmp_path / "faulty.toml"
    path.write_text(FAULTY)
    with pytest.raises(fervor.ModelError) as caught:
        fervor.Model.load(path)
    error = caught.value
    places = [(found.line, found.column) for found in error.diagnostics]
    assert places == [(6, 1), (7, 7)]
    assert error.diagnostics[0].message == "unknown key `half_live`"
    assert error.diagnostics[0].help == "did you mean `half_life`?"
    assert f"--> {path}:6:1" in str(error) and str(error).endswith("2 errors")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.diagnostics) == (str(error), error.diagnostics)


def test_the_command_line_draws_the_same(binary, tmp_path):
    path = tmp_path / "faulty.toml"
    path.write_text(FAULTY)
    told = subprocess.run([binary, "check", path], capture_output=True, text=True, check=False).stderr
    with pytest.raises(fervor.ModelError) as caught:
        fervor.Model.load(path)
    assert told.strip() == str(caught.value)


def test_a_model_that_is_no_text_or_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.toml"):
        fervor.Model.load(tmp_path / "nowhere.toml")
    path = tmp_path / "model.toml"
    path.write_bytes(b'name = "caf\xe9"')
    with pytest.raises(fervor.FervorError, match="is not text in UTF-8"):
        fervor.Model.load(path)


@pytest.mark.parametrize(
    ("table", "problem", "help"),
    [
        (ACTIVITIES.drop_columns("occurred_at"), "no column `occurred_at`, which activities need", "found contact, type"),
        (ACTIVITIES.rename_columns(["contact", "typ", "occurred_at", "value"]), "no column `type`", "rename the column `typ`"),
        (pyarrow.table([ACTIVITIES["type"]] * 2, names=["a", "a"]), "two columns named `a`", "rename one"),
    ],
)
def test_a_table_that_cannot_be_used(small, table, problem, help):
    with pytest.raises(fervor.TableError) as caught:
        small.score(table, as_of="2026-03-14")
    assert str(caught.value).startswith("activities: ") and problem in str(caught.value) and help in str(caught.value)


class Broken:
    """A table that promises a stream, and gives something else."""

    def __init__(self, gives):
        self.gives = gives

    def __arrow_c_stream__(self, requested_schema=None):
        return self.gives


@pytest.mark.parametrize(
    "wrong",
    [
        "activities.csv",
        b"",
        7,
        {"contact": ["ada"]},
        [ACTIVITIES, "x"],
        polars.DataFrame,
        pyarrow.array([1]),
        pyarrow.array([{"a": 1}, None]),
        Broken("no capsule"),
        Broken(ACTIVITIES.__arrow_c_stream__().__class__),
        Broken(ACTIVITIES.schema.__arrow_c_schema__()),
    ],
)
def test_what_is_no_table(small, wrong):
    with pytest.raises((TypeError, ValueError)) as caught:
        small.score(wrong, as_of="2026-03-14")
    assert "panic" not in str(caught.value)


def test_a_stream_that_is_spent(small):
    spent = ACTIVITIES.__arrow_c_stream__()
    assert len(small.score(Broken(spent), as_of="2026-03-14").contacts) == 2
    with pytest.raises(TypeError, match="released"):
        small.score(Broken(spent), as_of="2026-03-14")


class Spent:
    """An array that is given away twice."""

    capsules = ACTIVITIES.to_batches()[0].__arrow_c_array__()

    def __arrow_c_array__(self, requested_schema=None):
        return self.capsules


def test_an_array_that_is_spent(small):
    assert len(small.score(Spent(), as_of="2026-03-14").contacts) == 2
    with pytest.raises(TypeError, match="released"):
        small.score(Spent(), as_of="2026-03-14")


def test_a_stream_that_fails_on_the_way(small):
    def batches():
        yield ACTIVITIES.to_batches()[0]
        raise RuntimeError("the disk is gone")

    reader = pyarrow.RecordBatchReader.from_batches(ACTIVITIES.schema, batches())
    with pytest.raises(fervor.TableError, match="activities: reading stopped: .*the disk is gone"):
        small.score(reader, as_of="2026-03-14")


def test_arguments(small):
    with pytest.raises(TypeError, match="no facts to score"):
        small.score()
    with pytest.raises(TypeError, match="as_of: expected a datetime.date"):
        small.score(ACTIVITIES, as_of=datetime.datetime(2026, 3, 14))
    with pytest.raises(ValueError, match='as_of: expected a date such as 2026-03-14, not "14.3.2026"'):
        small.score(ACTIVITIES, as_of="14.3.2026")
    with pytest.raises(ValueError, match="on_reject"):
        small.score(ACTIVITIES, on_reject="ignore")


def test_rows_that_cannot_be_used(small):
    bad = pyarrow.table({"contact": ["7", None], "type": ["buy", "buy"], "occurred_at": ["soon", "2026-03-14"]})
    with pytest.raises(fervor.RowError) as caught:
        small.score([ACTIVITIES, bad], CONTACTS, as_of="2026-03-14")
    expected = [
        fervor.Reject("activities[1]", 0, caught.value.rejects[0].reason),
        fervor.Reject("activities[1]", 1, "`contact` is missing"),
    ]
    assert caught.value.rejects == expected
    assert '`occurred_at` is "soon": not a date or time' in str(caught.value)
    assert 'on_reject="skip"' in str(caught.value)
    result = small.score([ACTIVITIES, bad], CONTACTS, as_of="2026-03-14", on_reject="skip")
    assert result.rejects == expected
    assert result.contacts.to_polars()["s"].to_list() == [30, 2]


def test_rows_are_counted_across_batches(small):
    rows = polars.DataFrame({"id": ["a"] * 5 + [None]})
    reader = pyarrow.table(rows).to_reader(max_chunksize=2)
    with pytest.raises(fervor.RowError, match="contacts row 5: `id` is missing"):
        small.score(contacts=reader, as_of="2026-03-14")


def test_a_number_out_of_range_says_whose(small):
    rows = ACTIVITIES.slice(0, 1).set_column(3, "value", pyarrow.array(["900000000000000"]))
    with pytest.raises(fervor.FervorError, match="contact `7`: in rule `buy`"):
        small.score(rows, as_of="2026-03-14")
