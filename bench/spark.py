"""Measures a cluster of Spark on this machine beside `fervor score`, over the same facts, and compares what they find.

Called by `cargo xtask bench spark`; README.md beside this file says how to read the table. The scores of the cluster
are the work of `spark_driver.py`, in the environment of Python that the tests of the wheel have.
"""

import argparse
import json
import os
import pathlib
import subprocess

from measure import process
from run import HERE, ROOT, TARGET, Bench, emptied, ended, machine, median, say, shown

PYTHON = TARGET / "python" / "bin" / "python"
WHEEL = TARGET / "bench" / "wheel"
SIZES = "1000000,5000000,20000000"
# As many as in the table of the other engines.
ACTIVITIES_OF_A_CONTACT = 50


def arguments():
    parser = argparse.ArgumentParser(prog="cargo xtask bench spark")
    parser.add_argument("--bench", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rows", default=SIZES, help=f"activities, one or more sizes ({SIZES})")
    parser.add_argument("--runs", type=int, default=3, help="measured runs of each, of which the median counts (3)")
    parser.add_argument("--partitions", type=int, default=8, help="into how many parts contacts are divided (8)")
    parser.add_argument("--memory", default="256M", help="what the activities of a task may take in memory (256M)")
    parser.add_argument("--declare", default="", help="of unique_ids,all_contacts: for both")
    parser.add_argument("--dir", type=pathlib.Path, default=TARGET / "bench", help="where facts and results lie")
    given = parser.parse_args()
    given.rows = [int(size) for size in given.rows.split(",")]
    given.declare = [what for what in given.declare.split(",") if what]
    given.dir = given.dir.resolve()
    given.dir.mkdir(parents=True, exist_ok=True)
    # What the other benchmark asks of its engines: two threads, as the cluster has two cores.
    given.mode, given.engines, given.threads = "spark", ["fervor"], 2
    return given


def wheel():
    """The wheel as users have it, beside and not inside the environment of the tests."""
    wheels = emptied(TARGET / "bench" / "wheels")
    manifest = ["--manifest-path", ROOT / "crates" / "python" / "Cargo.toml", "--interpreter", PYTHON, "--out", wheels]
    subprocess.run([PYTHON.with_name("maturin"), "build", "--quiet", "--release", *manifest], cwd=ROOT, check=True)
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--find-links", wheels]
    subprocess.run([PYTHON.with_name("pip"), *install, "--target", emptied(WHEEL), "fervor"], check=True)


def of_one(bench, facts, out):
    """The median of `fervor score`."""
    options = ["--threads", str(bench.given.threads)]
    if bench.given.declare:
        options += ["--declare", ",".join(what.replace("_", "-") for what in bench.given.declare)]
    costs = []
    for _ in range(bench.given.runs):
        costs.append(process(bench.scored(facts, emptied(out / "one"), *options), out / "log"))
        say(f"one machine: {costs[-1].wall:.3f} s")
    return median(costs)


def of_cluster(bench, facts, out):
    """What the driver found out: the first run, and the median of the others."""
    given, told = bench.given, out / "cluster.json"
    command = [PYTHON, HERE / "spark_driver.py", facts, emptied(out / "cluster"), told, "--runs", given.runs]
    command += ["--partitions", given.partitions, "--memory", given.memory, "--declare", ",".join(given.declare)]
    environment = {**os.environ, "PYTHONPATH": str(WHEEL), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": str(PYTHON)}
    process(command, out / "log", env=environment)
    found = json.loads(told.read_text())
    for run in found["runs"]:
        say(f"cluster: {run['wall']:.3f} s")
    return found


def same(out):
    """Whether both found the same, or where not."""
    command = [PYTHON, HERE / "peers" / "compare.py", out / "one", out / "cluster"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "different: cannot be compared"


def rows_of(bench, size):
    """The lines of the table for one size, and whether the results are equal."""
    facts = bench.facts(size, max(size // ACTIVITIES_OF_A_CONTACT, 1))
    out = emptied(bench.given.dir / f"results-spark-{size}")
    one, cluster = of_one(bench, facts, out), of_cluster(bench, facts, out)
    verdict = same(out)
    first, again = cluster["runs"][0], cluster["again"]

    def line(name, wall, cpu, shuffled, spilled, memory, result):
        ratio = f"{wall / one.wall:.1f}"
        per_activity = f"{cpu / size * 1e6:.2f}", "-" if shuffled is None else f"{shuffled / size:.1f}"
        told = [shown(wall, 2), ratio, shown(cpu, 2), per_activity[0], shown(shuffled and shuffled / 1e6, 1)]
        told += [per_activity[1], shown(spilled and spilled / 1e6, 0), memory, result]
        return f"| {size:,} | {name} | {' | '.join(told)} |"

    def of(run, name, result):
        memory = f"{run['python'] / 1e6:,.0f} + {run['jvm'] / 1e6:,.0f}"
        return line(name, run["wall"], run["cpu"], run["shuffled"], run["spilled"], memory, result)

    return [
        line("`fervor score`", one.wall, one.cpu, None, None, shown(one.memory, 0), "compared with"),
        of(first, "cluster, the first time", "-"),
        of(again, "cluster, warm", verdict),
    ], verdict == "equal"


def main():
    given, load = arguments(), os.getloadavg()
    bench = Bench(given)
    wheel()
    version = subprocess.run([PYTHON, "-c", "import pyspark; print(pyspark.__version__)"], capture_output=True, text=True)
    print("| activities | | wall, s | of one machine | CPU, s | µs per activity | shuffled, MB | bytes per activity "
          "| spilled, MB | peak memory, MB | result |\n|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|---|", flush=True)
    equal = True
    for size in given.rows:
        lines, is_equal = rows_of(bench, size)
        print("\n".join(lines), flush=True)
        equal &= is_equal
    declared = ", ".join(f"`{what}`" for what in given.declare) or "nothing"
    print(f"\nMachine: {machine(load)}.\nSpark {version.stdout.strip()}: a master and two workers of one core, "
          f"{given.partitions} partitions, {given.memory} for the activities of a task, {declared} declared; "
          f"the median of {given.runs} runs.")
    return equal


if __name__ == "__main__":
    ended(main)
