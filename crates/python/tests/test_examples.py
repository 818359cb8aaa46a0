"""The wheel and the command line give the same tables, from any library."""

import subprocess

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest
from conftest import ROOT

import fervor

OPEN_SOURCE = ROOT / "examples/open-source"
SHOP = ROOT / "examples/shop"


def by_command(binary, folder, *options):
    """The tables that `fervor score` writes."""
    command = [binary, "score", *options, "--format", "parquet", "--details", "--out", folder]
    subprocess.run(command, check=True, capture_output=True)
    return {path.stem: pyarrow.parquet.read_table(path) for path in folder.glob("*.parquet")}


def by_wheel(result):
    return {name: getattr(result, name).to_pyarrow() for name in ("contacts", "accounts", "opportunities")}


def alike(result, expected):
    for name, table in by_wheel(result).items():
        if name in expected:
            assert table.schema.equals(expected[name].schema), name
            assert table.num_rows > 0
            assert table.combine_chunks().equals(expected[name].combine_chunks()), name
        else:
            assert table.num_rows == 0, name


def purchases(texts):
    """The export of the shop under canonical columns, as its mapping says."""
    table = polars.read_csv(SHOP / "purchases.csv", infer_schema=not texts, schema_overrides={"customer_id": polars.String})
    names = {"customer_id": "contact", "date": "occurred_at", "dollars": "value"}
    return table.rename(names).with_columns(type=polars.lit("purchase"))


def test_the_shop(binary, tmp_path):
    model, as_of = SHOP / "model.toml", "1998-02-28"
    expected = by_command(binary, tmp_path, model, "--sources", SHOP / "sources.toml", "--as-of", as_of)
    model = fervor.Model.load(model)
    alike(model.score(purchases(texts=True), as_of=as_of, details=True), expected)
    alike(model.score(purchases(texts=False), as_of=as_of, details=True), expected)


def test_the_open_source_example_from_every_library(binary, tmp_path):
    model, as_of = OPEN_SOURCE / "model.toml", "2019-06-30"
    activities, contacts = (OPEN_SOURCE / f"{name}.csv" for name in ("activities", "contacts"))
    options = ["--activities", activities, "--contacts", contacts, "--as-of", as_of]
    expected = by_command(binary, tmp_path, model, *options)
    assert set(expected) == {"contacts", "accounts"}
    model = fervor.Model.load(model)
    from_library = {
        "pyarrow": pyarrow.csv.read_csv,
        "polars": polars.read_csv,
        # Ids of digits alone stay texts where all are read as texts.
        "pandas": lambda path: pandas.read_csv(path, dtype=str),
        "duckdb": lambda path: duckdb.sql(f"SELECT * FROM read_csv('{path}', all_varchar = true)"),
    }
    for library, read in from_library.items():
        result = model.score(read(activities), read(contacts), as_of=as_of, details=True)
        assert result.rejects == [], library
        alike(result, expected)


@pytest.mark.parametrize("details", [False, True])
def test_without_details_there_are_the_scores_alone(details):
    model = fervor.Model.load(SHOP / "model.toml")
    result = model.score(purchases(texts=True), as_of="1998-02-28", details=details)
    others = [name for name in result.contacts.column_names if name.startswith(("category.", "rule."))]
    assert bool(others) == details
