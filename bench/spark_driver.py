"""Scores facts on a cluster of Spark of this machine, and writes down what each run cost.

The cluster is that of the tests: a master and two workers of one core each, with an executor and an interpreter of
Python in each. It starts before anything is measured; the first run has the start of the executors in it.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import statistics
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "crates" / "python" / "tests"))

import cluster  # noqa: E402
import fervor  # noqa: E402
import fervor.spark  # noqa: E402
import pyarrow.parquet  # noqa: E402
from measure import cpu_of  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from run import AS_OF  # noqa: E402

KINDS = ["activities", "contacts", "accounts"]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("told", type=pathlib.Path)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--partitions", type=int)
    parser.add_argument("--memory")
    parser.add_argument("--declare", type=lambda text: [what for what in text.split(",") if what])
    return parser.parse_args()


class Peaks:
    """The most memory of any interpreter and of any executor while something runs."""

    def __init__(self, machines):
        self.machines, self.most, self.done = machines, {"python": 0, "jvm": 0}, threading.Event()
        self.watcher = threading.Thread(target=self.watch)

    def members(self):
        for worker in self.machines.workers:
            for pid in cluster.below(worker.pid):
                command = cluster.command_of(pid)
                if b"pyspark.daemon" in command:
                    yield "python", pid
                elif b"CoarseGrainedExecutorBackend" in command:
                    yield "jvm", pid

    def watch(self):
        while not self.done.wait(0.1):
            for what, pid in self.members():
                self.most[what] = max(self.most[what], cluster.most_memory(pid))

    def __enter__(self):
        for _, pid in self.members():
            cluster.forget_most_memory(pid)
        self.watcher.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.watcher.join()


def session(url, folder, partitions):
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.executor.memory": "1g",
        "spark.local.dir": folder / "driver",
        "spark.sql.shuffle.partitions": partitions,
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.dir": (folder / "events").as_uri(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    (folder / "events").mkdir()
    builder = SparkSession.builder.master(url).appName("bench")
    for name, value in settings.items():
        builder = builder.config(name, str(value))
    return builder.getOrCreate()


def run(given, machines, open_session):
    """From the tables of facts to those of scores."""
    def cpu():
        return sum(cpu_of(worker.pid) for worker in machines.workers)

    with Peaks(machines) as peaks:
        spent, at, begin = cpu(), time.time(), time.perf_counter()
        spark = open_session()
        frames = [spark.read.parquet(str(given.facts / f"{kind}.parquet")) for kind in KINDS]
        model = fervor.Model.load(given.facts / "model.toml")
        scores = fervor.spark.score(spark, model, *frames, as_of=AS_OF, partitions=given.partitions,
                                    memory=given.memory, declare=given.declare)
        for table in ["contacts", "accounts"]:
            getattr(scores, table).write.mode("overwrite").parquet(str(given.out / table))
        wall, spent = time.perf_counter() - begin, cpu() - spent
    scores.unpersist()
    return {"wall": wall, "cpu": spent, "spilled": scores.spilled, "from": at, "to": at + wall, **peaks.most}


def shuffled(folder, runs):
    """How many bytes the tasks of each run have written for a shuffle, as Spark logs it."""
    [log] = (folder / "events").iterdir()
    ended = []
    for line in log.read_text().splitlines():
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd" and "Task Metrics" in event:
            written = event["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"]
            ended.append((event["Task Info"]["Finish Time"] / 1000, written))
    for one in runs:
        one["shuffled"] = sum(written for at, written in ended if one["from"] <= at <= one["to"])


def main():
    given = arguments()
    folder = pathlib.Path(tempfile.mkdtemp(dir=given.out.parent))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        machines = cluster.Cluster(folder)
        stack.callback(machines.stop)
        spark = None

        def open_session():
            nonlocal spark
            spark = spark or session(machines.url, folder, given.partitions)
            return spark

        runs = [run(given, machines, open_session) for _ in range(1 + given.runs)]
        spark.stop()
        shuffled(folder, runs)
    again = {name: statistics.median(one[name] for one in runs[1:]) for name in runs[0]}
    given.told.write_text(json.dumps({"runs": runs, "again": again}))
    # In the order of ids and in one file each, as one machine writes them.
    for table in ["contacts", "accounts"]:
        rows = pyarrow.parquet.read_table(given.out / table)
        pyarrow.parquet.write_table(rows.sort_by(rows.schema.names[0]), given.out / f"{table}.parquet")


if __name__ == "__main__":
    main()
