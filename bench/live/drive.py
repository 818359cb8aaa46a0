"""Load for engines that score while activities come in; README.md beside this file says how to read the result.

  python drive.py run --rows 100000,1000000 --fervor target/release/fervor
  python drive.py check
"""

import argparse
import contextlib
import datetime
import gc
import json
import os
import pathlib
import signal
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from check import check  # noqa: E402
from engines import Cluster, Fervor, Peer  # noqa: E402
from facts import Facts  # noqa: E402
from loops import closed, opened, quantile  # noqa: E402
from measure import Failed  # noqa: E402
from run import machine, say, shown  # noqa: E402

TARGET = HERE.parents[1] / "target"
ENGINES = ["fervor", "fervor-postgres", *Peer.KINDS]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["run", "check"])
    parser.add_argument("--rows", default="100000", help="activities stored before, one size or more")
    parser.add_argument("--contacts", type=int, help="contacts (one for every fifty activities, at least 20,000)")
    parser.add_argument("--engines", help=f"of {','.join(ENGINES)} (without --fervor: the last three)")
    parser.add_argument("--fervor", type=pathlib.Path, help="the binary of Fervor")
    parser.add_argument("--generator", type=pathlib.Path, default=TARGET / "release" / "bench", help="makes the facts")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--batched", type=int, default=20_000, help="activities of a run in batches")
    parser.add_argument("--batch", type=int, default=100, help="activities of a batch")
    parser.add_argument("--single", type=int, default=4_000, help="activities of a run one by one")
    parser.add_argument("--rate", default="200", help="activities a second of an open loop, one rate or more")
    parser.add_argument("--seconds", type=float, default=10, help="how long an open loop lasts")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, default=datetime.datetime.now(datetime.UTC).date())
    parser.add_argument("--dir", type=pathlib.Path, default=TARGET / "bench")
    parser.add_argument("--json", type=pathlib.Path, help="all figures of all runs")
    given = parser.parse_args()
    given.dir = given.dir.resolve()
    given.dir.mkdir(parents=True, exist_ok=True)
    given.engines = given.engines.split(",") if given.engines else ENGINES[0 if given.fervor else 2:]
    unknown = [name for name in given.engines if name not in ENGINES]
    if unknown or (not given.fervor and any(name.startswith("fervor") for name in given.engines)):
        parser.error(f"no engine is called {unknown[0]}" if unknown else "Fervor needs --fervor")
    return given


class Load:
    """What every engine is given in every run: activities that are the same for all."""

    def __init__(self, given, facts):
        self.given, self.facts, self.seed = given, facts, 0
        self.kinds = {"batches": (given.batched, given.batch, None), "single": (given.single, 1, None)}
        for rate in map(float, given.rate.split(",")):
            self.kinds[f"at {rate:g} a second"] = (int(rate * given.seconds), 1, rate)

    def next(self, kind):
        self.seed += 1
        count, size, _ = self.kinds[kind]
        activities = list(self.facts.coming(self.seed, count))
        return [activities[at:at + size] for at in range(0, count, size)]

    def run(self, engine, kind, groups):
        """Figures of one run of one engine."""
        count, rate = sum(map(len, groups)), self.kinds[kind][2]
        requests, links = [engine.request(group) for group in groups], engine.links(self.given.connections)
        gc.collect()
        gc.disable()
        engine.busy()
        server, own = engine.cpu(), time.process_time()
        try:
            seconds, answered = closed(links, requests) if rate is None else opened(links, requests, rate)
            server, own = engine.cpu() - server, time.process_time() - own
        finally:
            engine.rest()
            gc.enable()
            with contextlib.suppress(OSError):
                [link.close() for link in links]
        return {"per_second": count / seconds, "cpu_us": server / count * 1e6, "driver_us": own / count * 1e6,
                "p50_ms": quantile(answered, 0.5) * 1e3, "p99_ms": quantile(answered, 0.99) * 1e3}


def measured(given, facts, engines):
    """Everyone once with the same activities, then everyone again, every time somebody else first."""
    load, found = Load(given, facts), {engine.name: {} for engine in engines}
    # First a tenth that does not count: what is needed comes into memory.
    for number in range(-1, given.runs):
        for kind in load.kinds:
            groups = load.next(kind)
            groups = groups if number >= 0 else groups[:max(1, len(groups) // 10)]
            first = number % len(engines)
            for engine in engines[first:] + engines[:first]:
                figures = {"safe_ms": disk(given.dir), **load.run(engine, kind, groups)}
                if number >= 0:
                    found[engine.name].setdefault(kind, []).append(figures)
                    say(f"run {number + 1} of {given.runs}: {engine.name}, {kind}: {figures['per_second']:,.0f} a second, "
                        f"p99 {figures['p99_ms']:.2f} ms")
    return found


def agreed(engines):
    """Whether all came to the same scores; the first is what the others are compared with."""
    verdicts, first = {}, None
    for engine in engines:
        scores = engine.scores()
        first = first or scores
        wrong = sum(1 for contact in first.keys() | scores.keys() if first.get(contact) != scores.get(contact))
        verdicts[engine.name] = "compared with" if scores is first else "equal" if wrong == 0 else f"{wrong} differ"
    return verdicts


def table(found, verdicts):
    """In Markdown; a row for each engine, medians."""
    def middle(name, kind, figure):
        return statistics.median(run[figure] for run in found[name][kind])

    kinds = list(next(iter(found.values())))
    rates = kinds[2:]
    heads = ["engine", "batches: activities/s", "CPU, µs", "p99, ms", "single: activities/s", "CPU, µs", "p99, ms"]
    heads += [f"{kind}: {figure}" for kind in rates for figure in ["p50, ms", "p99, ms"]]
    lines = [f"| {' | '.join([*heads, 'result'])} |", "|---|" + "--:|" * (len(heads) - 1) + "---|"]
    for name in found:
        cells = [name]
        for kind in kinds[:2]:
            cells += [shown(middle(name, kind, "per_second"), 0), shown(middle(name, kind, "cpu_us"), 0),
                      shown(middle(name, kind, "p99_ms"), 2)]
        for kind in rates:
            # A rate that it does not keep up with has no latency worth telling.
            kept = middle(name, kind, "per_second") > 0.95 * float(kind.split()[1])
            cells += [shown(middle(name, kind, figure), 2) if kept else "falls behind" for figure in ["p50_ms", "p99_ms"]]
        lines.append(f"| {' | '.join([*cells, verdicts[name]])} |")
    return "\n".join(lines)


def disk(folder):
    """Milliseconds that a small write takes until it is safe, in the middle and at worst, as others leave the disk."""
    with tempfile.TemporaryFile(dir=folder) as file:
        taken = []
        for _ in range(300):
            begin = time.perf_counter()
            os.pwrite(file.fileno(), b"x" * 8192, 0)
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(taken), max(taken)


def sized(given, rows, everything):
    """One size: started, loaded, measured, compared, stopped."""
    load = os.getloadavg()
    facts = Facts(given.generator, given.dir, rows, given.contacts or max(20_000, rows // 50), given.as_of)
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(given.dir))
        say(f"loading {rows:,} activities of {facts.contacts:,} contacts")
        loading = cluster.loaded(facts)
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir=given.dir)))
        engines = []
        for name in given.engines:
            if name.startswith("fervor"):
                engine = Fervor(given.fervor, folder / name, cluster if name.endswith("postgres") else None)
            else:
                engine = Peer(name, cluster)
            stack.callback(engine.stop)
            engine.start()
            engine.preload(facts)
            engines.append(engine)
        found = measured(given, facts, engines)
        verdicts = agreed(engines)
        published = {engine.name: engine.publish() for engine in engines if isinstance(engine, Fervor)}
        version = cluster.version()
    safe = [figures["safe_ms"] for kinds in found.values() for runs in kinds.values() for figures in runs]
    usual, worst = statistics.median(middle for middle, _ in safe), max(worst for _, worst in safe)
    print(f"\n{rows:,} activities of {facts.contacts:,} contacts stored, {given.connections} connections, batches of "
          f"{given.batch}, as of {given.as_of}, the median of {given.runs} runs.\n\n{table(found, verdicts)}\n\n"
          f"Machine: {machine(load)}; between runs a write was safe after {usual:.2f} ms, at worst {worst:.0f} ms. {version}: loaded in {loading[0]:.1f} s, scored in {loading[1]:.1f} s.", flush=True)
    for name, (seconds, reading) in published.items():
        print(f"{name}: a new model in force after {seconds:.1f} s, {seconds / reading:.1f} times as long as its database takes to "
              f"read all activities, {reading:.2f} s.", flush=True)
    everything.append({"published": published, "rows": rows, "contacts": facts.contacts, "load": load, "loading_s": loading, "engines": found,
                       "result": verdicts, "connections": given.connections, "batch": given.batch})
    return all(verdict in ("equal", "compared with") for verdict in verdicts.values())


def main():
    given, everything = arguments(), []
    if given.mode == "check":
        return check(given)
    well = all([sized(given, int(rows), everything) for rows in given.rows.split(",")])
    if given.json:
        given.json.write_text(json.dumps(everything, indent=1) + "\n")
    return well


if __name__ == "__main__":
    # A server that was started is stopped also where somebody ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        sys.exit(0 if main() else 1)
    except Failed as why:
        say(f"error: {why}")
        sys.exit(1)
