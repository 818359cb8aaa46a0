"""Runs the engines in turn, measures each, compares what they found, and prints one table in Markdown.

Called by `cargo xtask bench batch | growth | check`; README.md beside this file says how to read the result.
"""

import argparse
import contextlib
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys

from measure import Cost, Failed, process
from postgres import Postgres, binaries

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
AS_OF = "2026-03-01"
PEERS = {"duckdb": "DuckDB", "polars": "Polars", "chdb": "ClickHouse (chdb)", "datafusion": "DataFusion"}
FLOORS = {"held": "Fervor's kernel over columns in memory", "decode": "Parquet decode (arrow-rs)", "scan": "scan in memory"}
ENGINES = ["fervor", *PEERS, "postgres", *FLOORS]
# Each promise about the facts that Fervor can be given, and what it saves.
PROMISES = ["unique-ids", "time-order", "all-contacts"]


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="cargo xtask bench")
    parser.add_argument("mode", choices=["batch", "growth", "check"])
    parser.add_argument("--bench", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help="activities (batch: 50,000,000; growth: the most, 200,000,000)")
    parser.add_argument("--contacts", type=int, help="contacts (batch: 1,000,000; growth: the most, 10,000,000)")
    parser.add_argument("--runs", type=int, default=3, help="measured runs of each, of which the median counts")
    parser.add_argument("--engines", default=None, help=f"of {','.join(ENGINES)} (growth: fervor)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dir", type=pathlib.Path, default=TARGET / "bench", help="where facts and results lie")
    given = parser.parse_args()
    default = ["fervor"] if given.mode == "growth" else ENGINES
    given.engines = given.engines.split(",") if given.engines else default
    unknown = [name for name in given.engines if name not in ENGINES]
    if unknown:
        parser.error(f"no engine is called {unknown[0]}; there are {', '.join(ENGINES)}")
    given.dir = given.dir.resolve()
    given.dir.mkdir(parents=True, exist_ok=True)
    return given


class Bench:
    """The programs that take part, and the folder in which they work."""

    def __init__(self, given):
        self.given = given
        self.fervor = TARGET / "release" / "fervor"
        self.python = TARGET / "bench" / "venv" / "bin" / "python"
        subprocess.run([os.environ.get("CARGO", "cargo"), "build", "--release", "-p", "fervor", "--quiet"], cwd=ROOT, check=True)
        self.help = subprocess.run([self.fervor, "score", "--help"], capture_output=True, text=True).stdout
        if set(given.engines) & {*PEERS, "postgres"} or given.mode == "check":
            self.install()

    def install(self):
        """The peers from PyPI at their versions, once."""
        wanted = (HERE / "peers" / "requirements.txt").read_text()
        stamp = self.python.parents[1] / "requirements.txt"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        say("installing the peers from PyPI")
        venv = self.python.parents[1]
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / "peers" / "requirements.txt"], check=True)
        stamp.write_text(wanted)

    def facts(self, rows, contacts):
        """The folder of facts of this size, made if it is not there, and then read once, so that every engine
        finds it in the page cache."""
        folder = self.given.dir / f"facts-{rows}-{contacts}"
        if not (folder / "made.txt").exists():
            say(f"making {rows:,} activities of {contacts:,} contacts")
        size = ["--rows", str(rows), "--contacts", str(contacts)]
        subprocess.run([self.given.bench, "facts", "--dir", folder, *size], check=True)
        for path in folder.glob("*.parquet"):
            with open(path, "rb") as file:
                while file.read(8 << 20):
                    pass
        return folder

    def scored(self, facts, out, *options, model="model.toml", accounts=True):
        """Fervor's command."""
        command = [self.fervor, "score", facts / model, "--contacts", facts / "contacts.parquet"]
        if accounts:
            command += ["--accounts", facts / "accounts.parquet"]
        return [*command, "--activities", facts / "activities.parquet", "--as-of", AS_OF,
                "--out", out, "--format", "parquet", *options]

    def variants(self):
        """Fervor with everything promised, with all but one promise, with none, and short of memory; the first is
        what all others are compared with."""
        threads = ["--threads", str(self.given.threads)] if "--threads" in self.help else []
        declares = "--declare" in self.help
        if declares:
            rows = {"Fervor, all declared": ["--declare", ",".join(PROMISES)]}
            for left_out in PROMISES:
                rest = ",".join(name for name in PROMISES if name != left_out)
                rows[f"Fervor, without {left_out}"] = ["--declare", rest]
            rows["Fervor, nothing declared"] = []
        else:
            rows = {"Fervor": []}
        if "--memory" in self.help:
            spill = ["--memory", "300M"]
            if "--temp" in self.help:
                spill += ["--temp", str(self.given.dir)]
            rows["Fervor, nothing declared, 300 MB"] = spill
        return {name: [*options, *threads] for name, options in rows.items()}

    def missing(self):
        """What the table leaves out because Fervor does not know the option yet."""
        return [option for option in ["--threads", "--memory", "--declare"] if option not in self.help]

    def held(self):
        """Without an option for threads, Fervor is held to its number of cores from outside."""
        if "--threads" in self.help or not shutil.which("taskset") or self.given.threads >= (os.cpu_count() or 1):
            return []
        return ["taskset", "-c", f"0-{self.given.threads - 1}"]

    def same(self, expected, found):
        """`equal`, or where they differ."""
        command = [self.python, HERE / "peers" / "compare.py", expected, found]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "different: cannot be compared"


def emptied(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def engines(bench, facts, out, server):
    """What takes part: a name, and what runs it once."""
    given, all_of = bench.given, {}

    def ours(name, options):
        return lambda: process([*bench.held(), *bench.scored(facts, emptied(out / name), *options)], out / "log")

    def peer(name):
        command = [bench.python, HERE / "peers" / f"{name}_batch.py", facts, out / PEERS[name], "--threads", given.threads]
        return lambda: (emptied(out / PEERS[name]), process(command, out / "log"))[1]

    def floor(name):
        command = [given.bench, name, facts / "activities.parquet", "--threads", given.threads]
        if name == "held":
            command += ["--contacts", facts / "contacts.parquet", "--accounts", facts / "accounts.parquet"]

        def run():
            cost = process(command, out / "log")
            # What works in memory times itself: loading the columns is not meant.
            return cost if name == "decode" else Cost(float(cost.said.split()[0]), None, None)

        return run

    for engine in given.engines:
        if engine == "fervor":
            all_of |= {name: ours(name, options) for name, options in bench.variants().items()}
        elif engine in PEERS:
            all_of[PEERS[engine]] = peer(engine)
        elif engine == "postgres" and server:
            all_of["PostgreSQL"] = lambda: server.run(out / "PostgreSQL")
        elif engine in FLOORS:
            all_of[FLOORS[engine]] = floor(engine)
    return all_of


def interleaved(all_of, runs):
    """Everyone once, then everyone again: what disturbs the machine for a while disturbs all. Every time somebody
    else begins, because who comes after a heavy one pays for what that one left behind."""
    costs, failed = {name: [] for name in all_of}, {}
    everyone = list(all_of.items())
    for number in range(runs):
        first = number * len(everyone) // runs
        for name, run in everyone[first:] + everyone[:first]:
            if name in failed:
                continue
            try:
                cost = run()
            except Failed as why:
                failed[name] = str(why)
                say(f"{name}: {why}")
                continue
            costs[name].append(cost)
            say(f"run {number + 1} of {runs}: {name}: {cost.wall:.3f} s")
    return {name: median(found) for name, found in costs.items() if found}, failed


def median(costs):
    def middle(numbers):
        known = [number for number in numbers if number is not None]
        return statistics.median(known) if known else None

    return Cost(middle([cost.wall for cost in costs]), middle([cost.cpu for cost in costs]), middle([cost.memory for cost in costs]))


def shown(number, digits):
    return "-" if number is None else f"{number:,.{digits}f}"


def ratio(number, of):
    return "-" if not number or not of else f"{number / of:.2g}" if number < of / 10 else f"{number / of:.2f}"


def machine(load):
    """What the figures were measured on."""
    model = platform.machine()
    with contextlib.suppress(OSError):
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB of memory, {platform.system()} {platform.release()}, load average at the start {load[0]:.2f}"


def versions(bench, server):
    """Of everyone who takes part."""
    said = subprocess.run([bench.fervor, "--version"], capture_output=True, text=True).stdout.split()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    known = [f"Fervor {said[1] if len(said) > 1 else ''} ({commit})"]
    if bench.python.exists():
        pins = dict(line.split("==") for line in (HERE / "peers" / "requirements.txt").read_text().split())
        known += [f"{PEERS[name]} {pins[name]}" for name in bench.given.engines if name in PEERS]
    if server:
        known.append(f"PostgreSQL {server.version()}")
    return ", ".join(known)


def batch(bench, rows, contacts, runs, load):
    """The table. Returns whether all that can be compared is equal."""
    given = bench.given
    facts, out = bench.facts(rows, contacts), emptied(given.dir / f"results-{rows}-{contacts}")
    with contextlib.ExitStack() as stack:
        server, loading, notes = None, None, []
        if "postgres" in given.engines and not binaries():
            notes.append("PostgreSQL is not installed here, and is left out.")
        elif "postgres" in given.engines:
            server = stack.enter_context(Postgres(facts, given.dir, given.threads, bench.python))
            say("loading PostgreSQL")
            loading = server.load()
        all_of = engines(bench, facts, out, server)
        costs, failed = interleaved(all_of, runs)
        told = versions(bench, server)
    first = next((name for name in costs if name.startswith("Fervor")), None)
    base = costs.get(first)
    print(f"{rows:,} activities, {contacts:,} contacts, {given.threads} threads, the median of {runs} runs.\n")
    print("| engine | wall, s | CPU, s | peak memory, MB | wall, of Fervor | CPU, of Fervor | memory, of Fervor | result |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    equal = True
    for name, cost in costs.items():
        verdict = "-"
        if name == first:
            verdict = "compared with"
        elif name not in FLOORS.values() and first:
            verdict = bench.same(out / first, out / name)
            equal &= verdict == "equal"
        ratios = [ratio(cost.wall, base.wall), ratio(cost.cpu, base.cpu), ratio(cost.memory, base.memory)] if base else ["-"] * 3
        cells = [name, shown(cost.wall, 2 if cost.wall >= 1 else 4), shown(cost.cpu, 2), shown(cost.memory, 0), *ratios, verdict]
        print(f"| {' | '.join(cells)} |")
    print(f"\nMachine: {machine(load)}.\nVersions: {told}.")
    if loading:
        notes.append(f"PostgreSQL was loaded beforehand: {loading.wall:.1f} s, of which CPU {loading.cpu:.1f} s.")
    if bench.missing() and first:
        notes.append(f"`fervor score` has no {', '.join(bench.missing())} yet; the rows for these are left out.")
    notes += [f"{name} failed: {why.splitlines()[-1]}" for name, why in failed.items()]
    print("".join(f"\n{note}" for note in notes))
    return equal and not failed


def up_to(numbers, most):
    return [number for number in numbers if number <= most] or [most]


def growth(bench, runs, load):
    """How the costs grow with one thing at a time."""
    given = bench.given
    rows, contacts = given.rows or 200_000_000, given.contacts or 10_000_000
    middle = min(50_000_000, rows), min(1_000_000, contacts)
    print(f"Growth, {given.threads} threads, the median of {runs} runs.\nMachine: {machine(load)}.\nVersions: {versions(bench, None)}.")

    def table(title, header, points):
        """One line for each point: its name and everyone who runs it."""
        print(f"\n{title}\n\n| {header} | engine | wall, s | CPU, s | peak memory, MB |\n|--:|---|--:|--:|--:|", flush=True)
        for point, all_of in points:
            costs, _ = interleaved(all_of, runs)
            for name, cost in costs.items():
                print(f"| {point} | {name} | {shown(cost.wall, 2)} | {shown(cost.cpu, 2)} | {shown(cost.memory, 0)} |", flush=True)

    def sized(rows, contacts):
        facts = bench.facts(rows, contacts)
        everyone = engines(bench, facts, given.dir / "results-growth", None)
        # Of Fervor itself the first variant is enough.
        ours = [name for name in everyone if name.startswith("Fervor")]
        return {name: run for name, run in everyone.items() if name not in ours[1:]}

    series = [1_000_000, 5_000_000, 20_000_000, 50_000_000, 100_000_000, 200_000_000]
    table(f"By activities, of {middle[1]:,} contacts:", "activities",
          ((f"{size:,}", sized(size, middle[1])) for size in up_to(series, rows)))
    table(f"By contacts, {middle[0]:,} activities:", "contacts",
          ((f"{size:,}", sized(middle[0], size)) for size in up_to([10**4, 10**5, 10**6, 10**7], contacts)))

    def with_rules(model, count):
        facts, out = bench.facts(*middle), given.dir / "results-growth" / "rules"
        name, options = next(iter(bench.variants().items()))
        accounts = count == 20
        run = lambda: process([*bench.held(), *bench.scored(facts, emptied(out), *options, model=model, accounts=accounts)], out.parent / "log")  # noqa: E731
        return {name: run}

    models = [("model-5.toml", 5), ("model.toml", 20), ("model-200.toml", 200)]
    table(f"By rules, {middle[0]:,} activities of {middle[1]:,} contacts:", "rules",
          ((str(count), with_rules(model, count)) for model, count in models))

    def threaded(threads):
        given.threads = threads
        return sized(*middle)

    table(f"By threads, {middle[0]:,} activities of {middle[1]:,} contacts:", "threads",
          ((str(threads), threaded(threads)) for threads in [1, 2]))
    return True


def main():
    given, load = arguments(), os.getloadavg()
    bench = Bench(given)
    if given.mode == "growth":
        return growth(bench, given.runs, load)
    if given.mode == "check":
        given.engines = [name for name in given.engines if name not in FLOORS]
        equal = batch(bench, given.rows or 20_000, given.contacts or 1_000, 1, load)
        print("\nAll results are equal." if equal else "\nNot all results are equal.")
        return equal
    return batch(bench, given.rows or 50_000_000, given.contacts or 1_000_000, given.runs, load)


def ended(main):
    """Runs it and ends the process: 1 if it did not end well, or some results are not equal."""
    try:
        sys.exit(0 if main() else 1)
    except (Failed, subprocess.CalledProcessError) as why:
        say(f"error: {why}")
        sys.exit(1)


if __name__ == "__main__":
    ended(main)
