"""Python goes on while scores are computed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import polars
import pyarrow


def many(rows):
    ids = [f"c{number % 997}" for number in range(rows)]
    days = [f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}" for number in range(rows)]
    return polars.DataFrame({"contact": ids, "occurred_at": days}).with_columns(
        type=polars.lit("buy"), value=polars.lit(1)
    )


def test_another_thread_goes_on_meanwhile(small):
    table, beats, stop = many(60_000), [], threading.Event()

    def beat():
        while not stop.wait(0.002):
            beats.append(time.perf_counter())

    thread = threading.Thread(target=beat)
    thread.start()
    begun = time.perf_counter()
    small.score(table, as_of="2026-12-31")
    ended = time.perf_counter()
    stop.set()
    thread.join()
    # If the call held the others up, none would beat between its first and its last quarter.
    quarter = (ended - begun) / 4
    between = [beat for beat in beats if begun + quarter < beat < ended - quarter]
    assert len(between) >= 5, f"{len(between)} beats in {ended - begun:.3f} s"


def test_two_threads_score_with_one_model(small):
    table = many(20_000)
    expected = small.score(table, as_of="2026-12-31").contacts.to_polars()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: small.score(table, as_of="2026-12-31"), range(4)))
    assert all(result.contacts.to_polars().equals(expected) for result in results)


def test_a_table_that_needs_python_while_it_is_read(small):
    """A stream of Python code takes its own turn."""
    batches = pyarrow.table(many(1_000)).to_batches(max_chunksize=100)
    reader = pyarrow.RecordBatchReader.from_batches(batches[0].schema, (batch for batch in batches))
    assert len(small.score(reader, as_of="2026-12-31").contacts) == 997
