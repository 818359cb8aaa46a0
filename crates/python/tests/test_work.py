"""How the work is done changes no score."""

import polars
import pytest

import fervor


def many(rows):
    """Two activities of each minute, from the last to the first, of some hundred contacts."""
    numbers = polars.DataFrame({"number": range(rows)})
    minutes = polars.duration(minutes=polars.lit(rows) - polars.col("number") // 2)
    return numbers.select(
        contact=polars.format("c{}", polars.col("number") * 7919 % 331),
        type=polars.lit("buy"),
        occurred_at=polars.datetime(2026, 1, 1, time_zone="UTC") + minutes,
        value=polars.col("number") % 13,
    )


@pytest.mark.parametrize(
    "work",
    [
        {"threads": 1},
        {"threads": 3, "memory": 0},
        {"threads": 2, "memory": "1K", "declare": ["unique_ids"]},
        {"declare": {"unique_ids", "all_contacts"}},
    ],
)
def test_scores_are_the_same(small, work, tmp_path):
    activities = many(200_000)
    contacts = activities.select(id=polars.col("contact").unique())
    expected = small.score(activities.to_arrow(), contacts, as_of="2026-12-31", details=True)
    # 13 values with a mean of 6 points of 2 each, over 200,000 activities.
    total = sum(expected.contacts.to_polars()["rule.buy"])
    assert total == sum(number % 13 for number in range(200_000)) * 2
    found = small.score(activities, contacts, as_of="2026-12-31", details=True, temp=tmp_path, **work)
    assert found.contacts.to_polars().equals(expected.contacts.to_polars())
    assert list(tmp_path.iterdir()) == []


def test_a_declaration_that_is_not_true_is_told(small):
    with pytest.raises(fervor.FervorError, match="not in the order of their times(.|\n)*leave that declaration out"):
        small.score(many(100), as_of="2026-12-31", declare=["time_order"])


def test_a_folder_that_is_not_there_is_told(small, tmp_path):
    with pytest.raises(fervor.FervorError, match="temp= names another folder"):
        small.score(many(300_000), as_of="2026-12-31", memory=0, temp=tmp_path / "absent")


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        ({"threads": 0}, ValueError, "threads: expected a whole number from 1 on, not 0"),
        ({"threads": True}, ValueError, "threads"),
        ({"memory": "much"}, ValueError, "memory: expected a size such as 500M or 8G"),
        ({"memory": -1}, ValueError, "memory"),
        ({"declare": "unique_ids"}, TypeError, "declare: expected a list"),
        ({"declare": ["order"]}, ValueError, 'not "order"'),
    ],
)
def test_what_cannot_be_meant_is_told(small, work, error, message):
    with pytest.raises(error, match=message):
        small.score(many(10), as_of="2026-12-31", **work)
