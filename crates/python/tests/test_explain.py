"""A score taken apart ties out, and reads as on the command line."""

import json
import pickle
import subprocess
from decimal import Decimal

import pandas
import polars
import pytest
from conftest import ROOT
from test_inputs import ACTIVITIES, CONTACTS

import fervor

OPEN_SOURCE = ROOT / "examples/open-source"
AS_OF = "2019-06-30"


def ties_out(ledger):
    """Every result is its sum less its losses."""
    for category in ledger["categories"]:
        for rule in category["rules"]:
            losses = rule["faded"] + rule["not_taken"] + rule["capped"]
            assert rule["result"] == rule["base"] - losses, rule["rule"]
        assert category["sum"] == sum(rule["result"] for rule in category["rules"])
        assert category["result"] == category["sum"] - category["lost_to_bounds"]
    parts = [part["result"] for part in ledger["categories"] + ledger["parts"]]
    assert ledger["sum"] == sum(parts)
    assert ledger["points"] == ledger["sum"] - ledger["lost_to_bounds"] - ledger["lost_to_rounding"]


def test_by_hand(small):
    explanation = small.explain(7, ACTIVITIES, CONTACTS, as_of="2026-03-14")
    [score] = explanation["scores"]
    assert (explanation["contact"], score["points"], score["band"], score["percentile"]) == ("7", 30, "High", 75)
    buy, gold = [category["rules"][0] for category in score["ledger"]["categories"]]
    assert (buy["rule"], buy["counted"], buy["result"]) == ("buy", 2, Decimal(25))
    assert (gold["rule"], gold["result"], gold["because"]["condition"]) == ("gold", Decimal(5), "true")
    assert isinstance(buy["counted"], int) and isinstance(buy["result"], Decimal)
    ties_out(score["ledger"])
    again = pickle.loads(pickle.dumps(explanation))
    assert again == explanation and str(again) == str(explanation)


@pytest.fixture(scope="module")
def example():
    tables = [polars.read_csv(OPEN_SOURCE / f"{name}.csv") for name in ("activities", "contacts")]
    return fervor.Model.load(OPEN_SOURCE / "model.toml"), tables


def test_everything_ties_out_and_is_what_the_command_line_tells(binary, example):
    model, tables = example
    contacts = model.score(*tables, as_of=AS_OF).contacts.to_polars().sort("engagement")["contact"]
    for contact in [contacts[0], contacts[-2], contacts[-1]]:
        command = [binary, "explain", OPEN_SOURCE / "model.toml", "--as-of", AS_OF, "--contact", contact]
        for name in ("activities", "contacts"):
            command += [f"--{name}", OPEN_SOURCE / f"{name}.csv"]
        told = [
            subprocess.run(command + more, check=True, capture_output=True, text=True).stdout.rstrip("\n")
            for more in ([], ["--all"], ["--json"])
        ]
        explanation = model.explain(contact, *tables, as_of=AS_OF)
        assert str(explanation) == told[0]
        assert str(model.explain(contact, *tables, as_of=AS_OF, all=True)) == told[1]
        assert explanation == json.loads(told[2], parse_float=Decimal)
        ledgers = [score["ledger"] for score in explanation["scores"] if "ledger" in score]
        assert ledgers
        for ledger in ledgers:
            ties_out(ledger)


def test_one_score_alone(example):
    model, tables = example
    contact = tables[0]["contact"][0]
    explanation = model.explain(contact, *tables, as_of=AS_OF, score="engagement")
    assert [score["score"] for score in explanation["scores"]] == ["engagement"]
    with pytest.raises(fervor.FervorError, match="the model has no score `engagment` of a contact\nhelp: known: engagement"):
        model.explain(contact, *tables, score="engagment")


def test_nobody(small):
    with pytest.raises(fervor.FervorError, match="there is no contact `77` as of 2026-03-14\nhelp: "):
        small.explain("77", ACTIVITIES, CONTACTS, as_of="2026-03-14")
    for wrong in (None, True, 7.0, ["7"]):
        with pytest.raises(TypeError, match="contact: expected an id"):
            small.explain(wrong, ACTIVITIES)


def test_an_id_may_be_any_whole_number(small):
    id = pandas.Series([7])[0]
    assert not isinstance(id, int)
    assert small.explain(id, ACTIVITIES, CONTACTS, as_of="2026-03-14")["contact"] == "7"
