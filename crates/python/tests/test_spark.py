"""A cluster of Spark gives the scores of one machine, even if a part of it dies."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import cluster
import numpy
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest
from conftest import ROOT
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

import fervor
import fervor.spark

CASES = ROOT / os.environ.get("FERVOR_CASES", "target/python/cases")
SEEDS = range(10)
MANY = 1_000_000
PAGES = 50
PAGE_BYTES = 300
MOST_MEMORY = 240 << 20


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    machines = cluster.Cluster(tmp_path_factory.mktemp("cluster"))
    yield machines
    machines.stop()


@pytest.fixture(scope="module")
def spark(machines, tmp_path_factory):
    os.environ.update(SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=sys.executable)
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.executor.memory": "512m",
        "spark.local.dir": str(tmp_path_factory.mktemp("driver")),
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.codegen.wholeStage": "false",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master(machines.url).appName("test")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    yield spark
    spark.stop()


def alike(scores, expected):
    """Whether the tables have the same columns, types and rows."""
    for name in ("contacts", "accounts"):
        table = getattr(expected, name).to_pyarrow().combine_chunks()
        found = getattr(scores, name).toArrow()
        assert found.schema.names == table.schema.names, name
        assert [field.type for field in found.schema] == [field.type for field in table.schema], name
        found = found.sort_by(found.schema.names[0]).cast(table.schema).combine_chunks()
        assert found.equals(table), name


def on_both(spark, model, tables, **options):
    """By Spark and by this process; a missing kind is left out."""
    expected = model.score(**tables, **options)
    frames = {kind: spark.createDataFrame(table) for kind, table in tables.items()}
    return fervor.spark.score(spark, model, **frames, **options), expected


@pytest.mark.parametrize("details", [False, True])
def test_the_open_source_example(spark, details):
    folder = ROOT / "examples/open-source"
    tables = {kind: pyarrow.csv.read_csv(folder / f"{kind}.csv") for kind in ("activities", "contacts")}
    model = fervor.Model.load(folder / "model.toml")
    scores, expected = on_both(spark, model, tables, as_of="2019-06-30", details=details)
    assert len(expected.contacts) > 100 and len(expected.accounts) > 10
    alike(scores, expected)
    assert scores.rejected == 0
    with pytest.raises(fervor.FervorError, match="opportunities are not worked out on a cluster"):
        _ = scores.opportunities
    scores.unpersist()


def test_the_shop(spark):
    folder = ROOT / "examples/shop"
    table = pyarrow.csv.read_csv(folder / "purchases.csv")
    names = {"customer_id": "contact", "date": "occurred_at", "dollars": "value"}
    table = table.rename_columns([names.get(name, name) for name in table.column_names])
    table = table.append_column("type", pyarrow.array(["purchase"] * len(table)))
    model = fervor.Model.load(folder / "model.toml")
    scores, expected = on_both(spark, model, {"activities": table}, as_of="1998-02-28")
    assert len(expected.contacts) > 100
    alike(scores, expected)


def of_texts(path):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    names = sorted({name for row in rows for name in row})
    return pyarrow.Table.from_pylist(rows, pyarrow.schema([(name, pyarrow.string()) for name in names]))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_models_and_facts(spark, seed):
    folder = CASES / str(seed)
    assert folder.is_dir(), f"{folder} is missing: cargo run -p batch --example cases -- 0 {len(SEEDS)} {CASES}"
    tables = {kind: of_texts(folder / f"{kind}.json") for kind in ("activities", "contacts", "accounts")}
    tables = {kind: table for kind, table in tables.items() if len(table)}
    model = fervor.Model.load(folder / "model.toml")
    scores, expected = on_both(spark, model, tables, as_of="2026-03-14", details=True, on_reject="skip")
    alike(scores, expected)
    scores.unpersist()


MODEL = """
[score.s]
bands = { Low = 0, High = 90 }
bands_by = "percentile"
cohort = "contact.plan"

[score.all]
of = "account"

[rule.buy]
score = "s"
activity = "buy"
points = 2
multiply_by = "value"
half_life = "90 days"
limit = { times = 3, per = "day", by = "page" }

[rule.gold]
score = "s"
when = "contact.plan = 'gold'"
points = 5

[rule.people]
score = "all"
rollup = "s"
take = "mean"
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A million activities, one in twenty of which are of one contact, and nine in ten of which have a long text that
    is kept; the folder, and the scores."""
    folder = tmp_path_factory.mktemp("many")
    numbers = numpy.arange(MANY)
    contact = numpy.where(numbers % 20 == 0, 0, numbers * 7919 % 20_000)
    start = numpy.datetime64("2025-01-01T00:00:00", "us")
    activities = pyarrow.table(
        {
            "contact": pyarrow.array(numpy.char.add("c", contact.astype(str))),
            "type": pyarrow.array(["look"] + ["buy"] * 9).take(pyarrow.array(numbers // 20 % 10)),
            "occurred_at": pyarrow.array(start + numbers * 30_000_000, pyarrow.timestamp("us", "UTC")),
            "value": pyarrow.array(numbers % 101),
            "page": pyarrow.array([f"/{page:0{PAGE_BYTES - 1}}" for page in range(PAGES)]).take(
                pyarrow.array(numbers // 7 % PAGES)
            ),
        }
    )
    contacts = pyarrow.table(
        {
            "id": [f"c{number}" for number in range(20_000)],
            "plan": ["gold" if number % 3 else None for number in range(20_000)],
            "account": [f"a{number % 500}" for number in range(20_000)],
        }
    )
    for start in range(0, MANY, MANY // 8):
        pyarrow.parquet.write_table(activities.slice(start, MANY // 8), folder / f"{start}.parquet")
    model = fervor.Model.parse(MODEL)
    return folder, contacts, model, model.score(activities, contacts, as_of="2026-01-01")


def test_a_busy_contact_does_not_fill_the_memory(spark, machines, many):
    """Half of the activities go to one task, which keeps 300 bytes and more of each: 150 MB. With 1 MB for them, and
    with what it takes to score one contact with 5 % of all, it stays below what it takes without a limit."""
    folder, contacts, model, expected = many

    def scored(memory):
        """The scores, and the most memory that an interpreter took meanwhile."""
        for pid in machines.interpreters():
            cluster.forget_most_memory(pid)
        most, done = {}, threading.Event()

        def watch():
            while not done.wait(0.05):
                for pid in machines.interpreters():
                    most[pid] = max(most.get(pid, 0), cluster.most_memory(pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            frames = spark.read.parquet(str(folder)), spark.createDataFrame(contacts)
            scores = fervor.spark.score(spark, model, *frames, as_of="2026-01-01", partitions=2, memory=memory)
        finally:
            done.set()
            watcher.join()
        return scores, max(most.values())

    scores, most = scored("1M")
    alike(scores, expected)
    # Of nine activities in ten the page at least is kept, and all but 1 MB of each task is spilled.
    assert scores.spilled > MANY * 9 // 10 * PAGE_BYTES - (2 << 20)
    scores.unpersist()
    scores, most_without = scored("4G")
    assert scores.spilled == 0
    scores.unpersist()
    assert most < MOST_MEMORY < most_without, (most, most_without)


def test_a_worker_dies_in_the_middle(spark, machines, many):
    folder, contacts, model, expected = many
    killed = []

    def kill():
        """As soon as some tasks of the stage that scores contacts are done, and others are not."""
        tracker = spark.sparkContext.statusTracker()
        while not killed:
            for stage in map(tracker.getStageInfo, tracker.getActiveStageIds()):
                if stage and stage.numTasks == 24 and 3 <= stage.numCompletedTasks < 20:
                    victim = machines.workers.pop()
                    assert any(b"CoarseGrainedExecutorBackend" in cluster.command_of(pid) for pid in cluster.below(victim.pid))
                    machines.kill(victim)
                    killed.append(stage)
            time.sleep(0.02)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    frames = spark.read.parquet(str(folder)), spark.createDataFrame(contacts)
    scores = fervor.spark.score(spark, model, *frames, as_of="2026-01-01", partitions=24, declare=["time_order"])
    assert killed, "the job was over before a worker could die"
    alike(scores, expected)
    scores.unpersist()
    machines.workers.append(machines.worker())


def test_where_a_number_leaves_the_range(spark):
    """As one machine says it of a contact; of an account only which it is."""
    model = fervor.Model.parse(MODEL)
    rows = [("ada", "buy", "2025-12-01", 3, "/"), ("bob", "buy", "2025-12-01", 900_000_000_000_000, "/")]
    activities = spark.createDataFrame(rows, "contact string, type string, occurred_at string, value long, page string")
    with pytest.raises(fervor.FervorError, match="^contact `bob`: in rule `buy` a number leaves the range"):
        fervor.spark.score(spark, model, activities, as_of="2026-01-01")
    model = fervor.Model.parse(MODEL.replace("points = 2", "points = 1").replace("mean", "sum"))
    rows = [(who, "buy", "2026-01-01", 900_000_000_000_000, "/") for who in ("ada", "bob")]
    activities = spark.createDataFrame(rows, activities.schema)
    contacts = spark.createDataFrame([("ada", "acme"), ("bob", "acme")], "id string, account string")
    with pytest.raises(fervor.FervorError, match="^account `acme`: a number leaves the range"):
        fervor.spark.score(spark, model, activities, contacts, as_of="2026-01-01")


def test_rows_that_cannot_be_used(spark):
    model = fervor.Model.parse(MODEL)
    rows = [("ada", "buy", "2025-12-01", 3), ("bob", "buy", "yesterday", 4), (None, "buy", "2025-12-01", 4)]
    frame = spark.createDataFrame(rows, "contact string, type string, occurred_at string, value int")
    with pytest.raises(fervor.FervorError, match="a row of activities could not be used(.|\n)*on_reject"):
        fervor.spark.score(spark, model, frame, as_of="2026-01-01")
    scores = fervor.spark.score(spark, model, frame, as_of="2026-01-01", on_reject="skip")
    assert scores.rejected == 2
    assert [row["contact"] for row in scores.contacts.collect()] == ["ada"]


def test_tables_that_cannot_be_used(spark):
    model = fervor.Model.parse(MODEL)
    frame = spark.createDataFrame([("ada", "buy")], "contact string, type string")
    with pytest.raises(fervor.TableError, match="has no column `occurred_at`, which activities need"):
        fervor.spark.score(spark, model, frame, as_of="2026-01-01")
    frame = spark.createDataFrame([(1.0, "gold")], "id double, plan string")
    with pytest.raises(fervor.TableError, match="`id` is of type double: ids are texts or whole numbers"):
        fervor.spark.score(spark, model, contacts=frame, as_of="2026-01-01")
    with pytest.raises(TypeError, match="there are no facts to score"):
        fervor.spark.score(spark, model, as_of="2026-01-01")


def test_the_command(spark, tmp_path, capsys):
    folder = ROOT / "examples/open-source"
    paths = {kind: str(folder / f"{kind}.csv") for kind in ("activities", "contacts")}
    command = [str(folder / "model.toml"), "--as-of", "2019-06-30", "--out", str(tmp_path / "out"), "--format", "csv"]
    command += [option for kind, path in paths.items() for option in (f"--{kind}", path)]
    assert fervor.spark.main(command) == 0
    model = fervor.Model.load(folder / "model.toml")
    expected = model.score(*(pyarrow.csv.read_csv(path) for path in paths.values()), as_of="2019-06-30")
    for name in ("contacts", "accounts"):
        written = pyarrow.parquet.read_table(tmp_path / "out" / name)
        table = getattr(expected, name).to_pyarrow()
        assert written.sort_by(name[:-1]).cast(table.schema).equals(table)
    assert fervor.spark.main(command) == 1
    assert "already exists" in capsys.readouterr().err
    assert fervor.spark.main([*command, "--contacts", str(tmp_path / "absent")]) == 1
    assert "error: " in capsys.readouterr().err
    installed = Path(sys.executable).with_name("fervor-spark")
    assert "--partitions" in subprocess.run([installed, "--help"], capture_output=True, text=True, check=True).stdout
