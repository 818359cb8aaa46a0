"""Scores on a cluster of Apache Spark what one machine cannot hold.

    import fervor.spark

    scores = fervor.spark.score(spark, model, activities=activities, contacts=contacts, as_of="2026-03-14")
    scores.contacts.write.parquet("scores/contacts")

Scores are those of `Model.score`, to the last digit. The wheel and pyarrow have to be installed where the
executors run. As a command: `fervor-spark MODEL --activities PATH --as-of DATE --out DIR`.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

try:
    import pyarrow  # type: ignore[import-untyped, unused-ignore]
    from pyspark import StorageLevel
    from pyspark.errors import PySparkException
    from pyspark.sql import Column, DataFrame, SparkSession, Window
    from pyspark.sql import functions as f
    from pyspark.sql.types import (
        BinaryType,
        ByteType,
        DataType,
        IntegralType,
        LongType,
        StringType,
        StructField,
        StructType,
    )
except ImportError as _error:
    raise ImportError("fervor.spark needs pyspark 4 and pyarrow: pip install 'fervor[spark]'") from _error

from fervor import _errors
from fervor._errors import FervorError, KeepMore, OutOfRange, TableError
from fervor._fervor import Model, _Job, _Rows

if TYPE_CHECKING:
    from pyspark import Broadcast

__all__ = ["Scores", "main", "score"]

MEMORY = "256M"
"""What the activities of one task may take before they go to temporary files."""

# What a row of a stage is: of a contact or an account, of what accounts need of contacts, of what a task has to count.
_SUBJECT, _SAID, _COUNT = 0, 1, 2

# What tasks count: rows that could not be used, and bytes that went to temporary files.
_COUNTED = ("refused", "spilled")

_NOTHING = pyarrow.table({})

_Batches = Iterator["pyarrow.RecordBatch"]


class Scores:
    """Everyone's scores as of a date, as DataFrames of Spark.

    They have the columns and types of `Model.score`'s tables, in no order. What they are made of stays in the
    memory and on the disks of the executors until `unpersist`.
    """

    def __init__(self, contacts: DataFrame, accounts: DataFrame, stages: Sequence[_Stage]) -> None:
        self._contacts, self._accounts, self._stages = contacts, accounts, stages

    @property
    def contacts(self) -> DataFrame:
        """The scores of contacts."""
        return self._contacts

    @property
    def accounts(self) -> DataFrame:
        """The scores of accounts; empty if the model has none."""
        return self._accounts

    @property
    def opportunities(self) -> DataFrame:
        """Left to one machine: always raises FervorError."""
        raise FervorError(
            "scores of opportunities are not worked out on a cluster\n"
            "help: give Model.score the opportunities, their contacts and the activities of those"
        )

    @property
    def rejected(self) -> int:
        """How many rows could not be used and were left out."""
        return sum(stage.refused for stage in self._stages)

    @property
    def spilled(self) -> int:
        """How many bytes tasks put into temporary files, because activities took more than `memory`."""
        return sum(stage.spilled for stage in self._stages)

    def unpersist(self) -> None:
        """Let go of what the executors keep; the DataFrames are of no use any more."""
        for stage in self._stages:
            stage.frame.unpersist()


class _Stage(NamedTuple):
    """What a stage gives, which is kept, and what its tasks have counted."""

    frame: DataFrame
    refused: int
    spilled: int


@dataclass(frozen=True)
class _Task:
    """What each task is told; it travels to the executors."""

    model: Model
    as_of: str
    details: bool
    memory: int | str
    temp: str | None
    declare: tuple[str, ...]
    on_reject: str
    keep: int = 0

    def job(self) -> _Job:
        temp = self.temp or _folder_of_worker()
        return _Job(
            self.model, self.as_of, self.keep, self.details, self.memory, temp, self.declare, self.on_reject
        )


def score(
    spark: SparkSession,
    model: Model,
    activities: DataFrame | None = None,
    contacts: DataFrame | None = None,
    accounts: DataFrame | None = None,
    *,
    as_of: datetime.date | str,
    partitions: int | None = None,
    details: bool = False,
    memory: int | str | None = None,
    temp: str | os.PathLike[str] | None = None,
    declare: Iterable[Literal["unique_ids", "time_order", "all_contacts"]] = (),
    on_reject: Literal["error", "skip"] = "error",
) -> Scores:
    """Score everyone as of a date.

    The DataFrames have the columns that `Model.score` expects. partitions is into how many parts contacts are
    divided, by default spark.sql.shuffle.partitions; memory is what the activities of one part may take before
    they go to temporary files in the folder temp of the worker, by default 256 MB.

    Contacts are scored before this returns: what is wrong with rows is raised here. With on_reject="skip", rows
    that cannot be used are left out and counted in `Scores.rejected`. Activities come in no order here, so that
    declaring "time_order" has no effect.
    """
    if activities is None and contacts is None and accounts is None:
        raise TypeError("there are no facts to score: give activities=, contacts= or accounts=")
    task = _Task(
        model=model,
        as_of=str(as_of),
        details=details,
        memory=MEMORY if memory is None else memory,
        temp=None if temp is None else os.fspath(temp),
        declare=tuple(what for what in declare if what != "time_order"),
        on_reject=on_reject,
    )
    parts = int(partitions or spark.conf.get("spark.sql.shuffle.partitions") or 200)
    run = _Run(spark, task, parts, activities, contacts, accounts)
    with_less: FervorError | None = None
    # What rules look at, or ids and sources too, or all columns.
    for keep in range(3):
        try:
            return replace(run, task=replace(task, keep=keep)).scores()
        except KeepMore as error:
            with_less = error
    assert with_less is not None
    raise with_less


@dataclass(frozen=True)
class _Run:
    """One attempt, with so much of each activity as is kept in it."""

    spark: SparkSession
    task: _Task
    partitions: int
    activities: DataFrame | None
    contacts: DataFrame | None
    accounts: DataFrame | None

    def scores(self) -> Scores:
        job = self.task.job()
        stages: list[_Stage] = []
        try:
            by_contact = self._contacts(job, stages)
            own = by_contact.where(f.col("tag") == _SUBJECT).drop("tag", "account", "said", *_COUNTED)
            shown = self._shown("contact", job, own)
            if not job.has_accounts():
                return Scores(shown, self._empty("account", job), stages)
            said = by_contact.where(f.col("tag") == _SAID).select("account", "said")
            own = self._by_account(job, said, stages).where(f.col("tag") == _SUBJECT).drop("tag", *_COUNTED)
            return Scores(shown, self._shown("account", job, own), stages)
        except BaseException as error:
            for stage in stages:
                stage.frame.unpersist()
            if isinstance(error, OutOfRange):
                raise self._explained(error) from None
            raise

    def _contacts(self, job: _Job, stages: list[_Stage]) -> DataFrame:
        """The first stage: contacts, and what accounts need of them, in one table. It is kept, because it costs
        by far the most, is needed for both, and has to have run before it is known that enough was kept."""
        sides = {}
        if self.activities is not None:
            sides["activity"] = (self._needed(job, "activities", self.activities), "contact")
        if self.contacts is not None:
            sides["contact"] = (self._needed(job, "contacts", self.contacts), "id")
        known = self._known_accounts(job)
        schema = self._of_stage(job.part(_NOTHING)[0], {"account": StringType(), "said": BinaryType()})
        if not sides:
            return self.spark.createDataFrame([], schema)
        rows, key = _together(sides)
        stage = rows.repartition(self.partitions, key).mapInArrow(_contacts_of(self.task, known), schema)
        return self._kept(stage, stages)

    def _by_account(self, job: _Job, said: DataFrame, stages: list[_Stage]) -> DataFrame:
        """The second stage: accounts, from their rows and all that parts say of them."""
        key = f.col("account")
        if self.accounts is not None:
            rows, id = _together({"row": (self._needed(job, "accounts", self.accounts), "id")})
            said, key = rows.unionByName(said, allowMissingColumns=True), f.coalesce(key, id)
        schema = self._of_stage(job.accounts(_NOTHING)[0], {})
        # Rows of accounts come first, which are those that nobody said.
        stage = said.repartition(self.partitions, key).sortWithinPartitions(f.col("account").isNotNull())
        return self._kept(stage.mapInArrow(_accounts_of(self.task), schema), stages)

    def _of_stage(self, own: _Rows, more: dict[str, DataType]) -> StructType:
        """The columns of what a stage gives: those of contacts or accounts, and others beside them."""
        schema = self.spark.createDataFrame(pyarrow.table(own)).schema
        columns: dict[str, DataType] = {"tag": ByteType(), **{field.name: field.dataType for field in schema}, **more}
        columns.update({name: LongType() for name in _COUNTED})
        return StructType([StructField(name, kind) for name, kind in columns.items()])

    def _kept(self, frame: DataFrame, stages: list[_Stage]) -> DataFrame:
        frame = frame.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            [counts] = frame.agg(*[f.sum(name) for name in _COUNTED]).collect()
        except BaseException as error:
            frame.unpersist()
            if isinstance(error, Exception):  # Spark's own, or Py4J's of a job that failed.
                raise _told(error) from error
            raise
        stages.append(_Stage(frame, *[int(count or 0) for count in counts]))
        return frame

    def _explained(self, error: OutOfRange) -> FervorError:
        """Where a number left the range, which one machine says of the facts of that contact."""
        of_contact = re.match("contact `(.*)`: a number ", str(error), re.DOTALL)
        if not of_contact:
            return error

        def rows(kind: str, frame: DataFrame | None, id: str | None = None) -> pyarrow.Table | None:
            if frame is None:
                return None
            frame = self._needed(self.task.job(), kind, frame)
            return (frame.where(_id(frame, id) == of_contact[1]) if id else frame).toArrow()

        try:
            facts = rows("activities", self.activities, "contact"), rows("contacts", self.contacts, "id")
            accounts = rows("accounts", self.accounts) if self.task.job().reads_accounts() else None
            self.task.model.score(*facts, accounts, as_of=self.task.as_of, on_reject="skip")
        except FervorError as told:
            return told
        except (PySparkException, OSError):  # It would have said more: whose scores they are is known all the same.
            pass
        return error

    def _needed(self, job: _Job, kind: str, frame: DataFrame) -> DataFrame:
        """The columns of a table that the model looks at."""
        wanted = job.columns(kind, frame.limit(0).toArrow())
        if wanted is None:
            return frame

        def is_needed(name: str) -> bool:
            name = name.strip()
            return any(column == name or column.startswith(f"{name}.") for column in wanted)

        return frame.select([_column(name) for name in frame.columns if is_needed(name)])

    def _known_accounts(self, job: _Job) -> Broadcast[bytes] | None:
        """What rules of contacts may look at of accounts, for every task."""
        if self.accounts is None or not job.reads_accounts():
            return None
        table = self._needed(job, "accounts", self.accounts).toArrow()
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return self.spark.sparkContext.broadcast(sink.getvalue().to_pybytes())

    def _shown(self, of: str, job: _Job, frame: DataFrame) -> DataFrame:
        """The table as it is shown: with percentiles, which need everyone, and then bands."""
        schema = self._empty(of, job).schema
        everyone = frame
        for column in [name for name in everyone.columns if name.startswith("points.")]:
            frame = _ranked(frame, everyone, column.removeprefix("points."))
        task = self.task

        def finish(batches: _Batches) -> _Batches:
            job = task.job()
            for batch in batches:
                rows = pyarrow.RecordBatch.from_struct_array(batch.column(0))
                yield from pyarrow.RecordBatchReader.from_stream(job.finish(of, rows))

        # In a struct, because Spark does not hand over columns with dots in their names.
        row = f.struct(*[_column(name) for name in frame.columns])
        return frame.select(row.alias("row")).mapInArrow(finish, schema)

    def _empty(self, of: str, job: _Job) -> DataFrame:
        return self.spark.createDataFrame(pyarrow.table(job.empty(of)))


def _column(name: str) -> Any:
    return f.col("`" + name.replace("`", "``") + "`")


def _id(frame: DataFrame, id: str, within: str = "") -> Column:
    """The ids of a table, as texts; its columns may stand within a struct."""
    field = next(field for field in frame.schema if field.name.strip() == id)
    if not isinstance(field.dataType, (StringType, IntegralType)):
        found = field.dataType.simpleString()
        raise TableError(f"`{id}` is of type {found}: ids are texts or whole numbers\nhelp: cast it to string")
    column = f.col(within).getField(field.name) if within else _column(field.name)
    return column.cast("string")


def _together(sides: dict[str, tuple[DataFrame, str]]) -> tuple[DataFrame, Column]:
    """Rows of several tables as one, each in a struct of its own, and the id that they are divided by. That is worked
    out of the structs: as a column of its own it would be shuffled with every row."""
    frames, ids = [], []
    for name, (frame, id) in sides.items():
        ids.append(_id(frame, id, within=name))
        frames.append(frame.select(f.struct(*[_column(column) for column in frame.columns]).alias(name)))
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.unionByName(frame, allowMissingColumns=True)
    return whole, f.coalesce(*ids)


def _ranked(frame: DataFrame, everyone: DataFrame, score: str) -> DataFrame:
    """With the column of a score's percentiles: 100 x (below + ties / 2) / all, in hundredths and whole numbers.

    How often each number of points occurs is far less than there are contacts, so that it goes to every task.
    """
    points = _column(f"points.{score}")
    inside, cohort = f.lit(True), f.lit(None).cast("string")
    if f"inside.{score}" in everyone.columns:
        inside, cohort = _column(f"inside.{score}"), _column(f"cohort.{score}")
    counts = everyone.where(inside).groupBy(cohort.alias("of"), points.alias("at")).agg(f.count(f.lit(1)).alias("n"))
    group = Window.partitionBy("of")
    so_far = group.orderBy("at").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    counts = counts.withColumns({"not_above": f.sum("n").over(so_far), "all": f.sum("n").over(group)})
    # below + ties / 2 = (2 x not_above - n) / 2; half a hundredth is rounded up.
    hundredths = f.expr("((2 * not_above - n) * 10000 + all) div (2 * all)")
    counts = counts.select("of", "at", hundredths.alias(f"percentile.{score}"))
    same = inside & (points == counts["at"]) & cohort.eqNullSafe(counts["of"])
    return frame.join(f.broadcast(counts), same, "left").drop("of", "at")


def _contacts_of(task: _Task, known: Broadcast[bytes] | None) -> Callable[[_Batches], _Batches]:
    def work(batches: _Batches) -> _Batches:
        rows = _streamed(batches)
        if rows is None:
            return
        accounts = None if known is None else pyarrow.ipc.open_stream(known.value)
        contacts, said, *counts = task.job().part(rows, accounts)
        own = pyarrow.RecordBatchReader.from_stream(contacts)
        columns = ["tag", *own.schema.names, "account", "said", *_COUNTED]
        types = _types(own.schema, {"account": pyarrow.string(), "said": pyarrow.binary()})
        yield from _tagged(own, _SUBJECT, columns, types)
        for table in said:
            yield from _tagged(pyarrow.RecordBatchReader.from_stream(table), _SAID, columns, types)
        yield _counts(counts, columns, types)

    return work


def _accounts_of(task: _Task) -> Callable[[_Batches], _Batches]:
    def work(batches: _Batches) -> _Batches:
        rows = _streamed(batches)
        if rows is None:
            return
        accounts, *counts = task.job().accounts(rows)
        own = pyarrow.RecordBatchReader.from_stream(accounts)
        columns = ["tag", *own.schema.names, *_COUNTED]
        types = _types(own.schema, {})
        yield from _tagged(own, _SUBJECT, columns, types)
        yield _counts(counts, columns, types)

    return work


def _types(schema: pyarrow.Schema, more: dict[str, pyarrow.DataType]) -> dict[str, pyarrow.DataType]:
    own = {field.name: field.type for field in schema}
    return {"tag": pyarrow.int8(), **dict.fromkeys(_COUNTED, pyarrow.int64()), **own, **more}


def _tagged(batches: _Batches, tag: int, columns: list[str], types: dict[str, pyarrow.DataType]) -> _Batches:
    """Batches under the columns of all rows of a stage; what they do not say is null."""
    for batch in batches:
        rows = batch.num_rows
        own = dict(zip(batch.schema.names, batch.columns))
        own["tag"] = pyarrow.array([tag], pyarrow.int8()).take(pyarrow.array([0] * rows, pyarrow.int32()))
        filled = [own[name] if name in own else pyarrow.nulls(rows, types[name]) for name in columns]
        yield pyarrow.RecordBatch.from_arrays(filled, names=columns)


def _counts(counts: list[int], columns: list[str], types: dict[str, pyarrow.DataType]) -> pyarrow.RecordBatch:
    said = {"tag": _COUNT, **dict(zip(_COUNTED, counts))}
    return pyarrow.RecordBatch.from_arrays(
        [pyarrow.array([said.get(name)], types[name]) for name in columns], names=columns
    )


def _streamed(batches: _Batches) -> pyarrow.RecordBatchReader | None:
    """The batches as a stream that is read as it comes; nothing if there are none."""
    first = next(batches, None)
    if first is None:
        return None

    def all_of_them() -> _Batches:
        yield first
        yield from batches

    return pyarrow.RecordBatchReader.from_batches(first.schema, all_of_them())


def _folder_of_worker() -> str:
    """Where the executor may write, as Spark was told."""
    told = (os.environ.get(name, "") for name in ("SPARK_EXECUTOR_DIRS", "LOCAL_DIRS", "SPARK_LOCAL_DIRS"))
    folders = [folder for folders in told for folder in re.split("[,:]", folders) if os.path.isdir(folder)]
    return folders[0] if folders else tempfile.gettempdir()


def _told(error: Exception) -> Exception:
    """What a task says, from the report of Spark about it."""
    text = str(error)
    if "No module named 'fervor'" in text or "No module named 'pyarrow'" in text:
        return FervorError(
            "the Python of the executors has no fervor, or no pyarrow\n"
            "help: install the wheel there, and name that Python in PYSPARK_PYTHON or spark.pyspark.python"
        )
    raised = re.findall(r"^fervor\.(?:_errors\.)?(KeepMore|OutOfRange|\w*Error): ((?:.+\n?)+?)(?=\n|\Z|\tat )", text, re.MULTILINE)
    if not raised:
        return error
    name, said = raised[0]
    return getattr(_errors, name, FervorError)(said.strip())


def main(arguments: Sequence[str] | None = None) -> int:
    """Scores what lies in files or tables: the command `fervor-spark`, for spark-submit too."""
    parser = argparse.ArgumentParser(prog="fervor-spark", description="Scores on a cluster of Apache Spark.")
    parser.add_argument("model", help="the model, a TOML file")
    for kind in ("activities", "contacts", "accounts"):
        parser.add_argument(f"--{kind}", metavar="PATH", help=f"where the rows of {kind} are")
    parser.add_argument("--as-of", metavar="DATE", required=True, help="the date, such as 2026-03-14")
    parser.add_argument("--out", metavar="DIR", required=True, help="a folder for the tables, which must not be there")
    parser.add_argument("--partitions", metavar="N", type=int, help="into how many parts contacts are divided")
    parser.add_argument("--memory", metavar="SIZE", help="what the activities of a task may take in memory [256M]")
    parser.add_argument("--declare", metavar="WHAT", action="append", default=[], help="unique_ids or all_contacts")
    parser.add_argument("--details", action="store_true", help="the result of every category and rule too")
    parser.add_argument("--skip-rejected", action="store_true", help="leave out rows that cannot be used")
    parser.add_argument("--format", default="parquet", help="of what is read: any format of Spark [parquet]")
    parser.add_argument("--out-format", default="parquet", help="of what is written [parquet]")
    parser.add_argument("--master", metavar="URL", help="where Spark runs, if spark-submit does not say")
    options = parser.parse_args(arguments)
    try:
        return _command(options)
    except (FervorError, PySparkException, OSError, TypeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _command(options: argparse.Namespace) -> int:
    model = Model.load(options.model)
    builder = SparkSession.builder.appName("fervor")
    spark = (builder.master(options.master) if options.master else builder).getOrCreate()
    reader = spark.read.format(options.format)
    if options.format == "csv":
        reader = reader.option("header", True)

    def frame(path: str | None) -> DataFrame | None:
        return reader.load(path) if path else None

    scores = score(
        spark,
        model,
        frame(options.activities),
        frame(options.contacts),
        frame(options.accounts),
        as_of=options.as_of,
        partitions=options.partitions,
        details=options.details,
        memory=options.memory,
        declare=options.declare,
        on_reject="skip" if options.skip_rejected else "error",
    )
    for of in {found.of for found in model.scores} & {"contact", "account"}:
        table = f"{of}s"
        getattr(scores, table).write.format(options.out_format).save(os.path.join(options.out, table))
    if scores.rejected:
        print(f"left out: {scores.rejected} rows that could not be used", file=sys.stderr)
    if scores.spilled:
        print(f"put into temporary files of the workers: {scores.spilled / 1e6:,.0f} MB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    # Run by its path, as spark-submit does, it is the module that executors import all the same.
    from fervor.spark import main as _main

    sys.exit(_main())
