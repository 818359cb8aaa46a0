"""How long the server takes for the pages that people look at; README.md beside this file says how to read the result.

  python ask.py --fervor target/release/fervor --rows 10000000 --contacts 1000000
"""

import argparse
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import random
import re
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "live")]

from engines import Cluster, Fervor  # noqa: E402
from facts import Facts  # noqa: E402
from loops import quantile  # noqa: E402
from measure import Failed  # noqa: E402
from run import machine, say, shown  # noqa: E402

TARGET = HERE.parents[1] / "target"
# Each page asked for in so many ways, one after the other.
CONDITIONS = {
    "Contacts of a band": lambda chance, ids: {"band": f"engagement:{chance.choice(['Dormant', 'Low', 'Medium', 'High'])}"},
    "Contacts with points in a range": lambda chance, ids: {"of": "score.engagement", "min": (low := chance.randrange(0, 80)), "max": low + 5},
    "Contacts by a quick attribute": lambda chance, ids: {"where": f"contact.country = '{chance.choice(['DE', 'FR', 'NO', 'SE'])}'"},
    "Contacts by two quick attributes and points": lambda chance, ids: {"where": f"contact.country = '{chance.choice(['DE', 'FR', 'NO', 'SE'])}' AND contact.member_type = 'student' AND score.engagement > {chance.randrange(5, 60)}"},
    "Contacts, found by how an id begins": lambda chance, ids: {"q": chance.choice(ids)[:chance.randrange(3, 8)]},
    "Contacts, found by a whole id": lambda chance, ids: {"q": chance.choice(ids)},
}
SCANS = {
    "Contacts by a part of an account's id": lambda chance, ids: {"q": str(chance.randrange(1000, 9999))},
    "Contacts by another attribute": lambda chance, ids: {"where": f"contact.member_since < DATE '20{chance.randrange(10, 25)}-0{chance.randrange(1, 9)}-01'"},
    "Contacts by a category": lambda chance, ids: {"of": "category.participation", "min": chance.randrange(50, 150)},
    "Contacts by a percentile": lambda chance, ids: {"where": f"percentile.engagement > {chance.randrange(90, 99)}"},
    "Contacts by what nobody fulfils": lambda chance, ids: {"where": f"contact.status = 'none-{chance.randrange(10**6)}'"},
    "Contacts by a text that nobody has": lambda chance, ids: {"q": secrets.token_hex(8)},
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fervor", type=pathlib.Path, required=True, help="the binary of Fervor")
    parser.add_argument("--generator", type=pathlib.Path, default=TARGET / "release" / "bench", help="makes the facts")
    parser.add_argument("--rows", type=int, default=1_000_000, help="activities stored")
    parser.add_argument("--contacts", type=int, help="contacts (one for every ten activities)")
    parser.add_argument("--postgres", action="store_true", help="over PostgreSQL and not over SQLite")
    parser.add_argument("--times", type=int, default=100, help="how often each page is asked for")
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, default=datetime.datetime.now(datetime.UTC).date())
    parser.add_argument("--dir", type=pathlib.Path, default=TARGET / "bench")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the database, used again where it is there (SQLite)")
    return parser.parse_args()


class Reader:
    """Somebody who is logged in, with one connection."""

    def __init__(self, engine):
        self.link = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=600)
        self.origin, self.cookie = f"http://127.0.0.1:{engine.port}", ""
        said = engine.call("user", "invite", "--db", engine.url, "--email", f"reader-{secrets.token_hex(4)}@example.org", "--role", "admin")
        token = re.search(r"/invite/(\S+)", said)[1]
        password = secrets.token_hex(16)
        self.post("/v1/invitation", {"token": token, "password": password})

    def post(self, path, body):
        self.link.request("POST", path, json.dumps(body), {"Origin": self.origin, "Content-Type": "application/json"})
        answer = self.link.getresponse()
        text = answer.read().decode()
        if answer.status >= 300:
            raise Failed(f"POST {path}: {answer.status}: {text[:500]}")
        self.cookie = answer.getheader("Set-Cookie").split(";")[0]

    def page(self, path):
        """The seconds and the bytes that a page takes, and its text."""
        begin = time.perf_counter()
        self.link.request("GET", path, headers={"Cookie": self.cookie, "Accept": "text/html"})
        answer = self.link.getresponse()
        text = answer.read()
        seconds = time.perf_counter() - begin
        if answer.status != 200:
            raise Failed(f"GET {path}: {answer.status}: {text[:500].decode(errors='replace')}")
        return seconds, text


def settled(engine):
    """Waits until nothing is left to follow, and says how long it was."""
    begin = time.monotonic()
    engine.busy()
    return time.monotonic() - begin


def indexed(engine, names):
    """Makes lists by these attributes quick, and waits until they are."""
    link = engine.links(1)[0]
    begin = time.monotonic()
    engine.told(link, "PUT", "/v1/indexed", {"names": [f"contact.{name}" for name in names]})
    while not all(one["is_ready"] for one in engine.told(link, "GET", "/v1/indexed")["items"]):
        time.sleep(0.5)
    link.close()
    return time.monotonic() - begin


def surveyed(reader):
    """Asks for Home until its figures are there, and says how long it was."""
    begin = time.monotonic()
    while True:
        _, text = reader.page("/")
        if b"by band today" in text:
            return time.monotonic() - begin
        time.sleep(0.5)


def addresses(engine, reader, chance, times):
    """The pages and how each is asked for, by groups."""
    link, ids = engine.links(1)[0], []
    page = engine.told(link, "GET", "/v1/contacts?limit=1000")
    ids = [one["id"] for one in page["items"]]
    while page["next_cursor"] and len(ids) < 10_000:
        page = engine.told(link, "GET", f"/v1/contacts?limit=1000&cursor={page['next_cursor']}")
        ids += [one["id"] for one in page["items"]]
    top = [one["id"] for one in engine.told(link, "GET", "/v1/contacts?limit=100&sort=-score.engagement")["items"]]
    accounts = [one["id"] for one in engine.told(link, "GET", "/v1/accounts?limit=1000")["items"]]
    link.close()

    def deep(sort):
        """Pages one after the other, by the link to the next."""
        found, path = [], f"/contacts?sort={sort}"
        while len(found) < times:
            found.append(path)
            _, text = reader.page(path)
            following = re.search(rb'href="([^"]+)"[^>]*rel="next"|rel="next"[^>]*href="([^"]+)"', text)
            if not following:
                break
            path = (following[1] or following[2]).decode().replace("&amp;", "&")
        return found

    def many(of):
        return [f"/contacts?{urllib.parse.urlencode(of(chance, ids))}" for _ in range(times)]

    quick = {
        "Home": ["/"] * times,
        "Contacts, first page": ["/contacts"] * times,
        "Contacts by points, page after page": deep("-score.engagement"),
        "Contacts by points from below, page after page": deep("score.engagement"),
        "Contacts by id, page after page": deep("id"),
        **{name: many(of) for name, of in CONDITIONS.items()},
        "A contact": [f"/contacts/{chance.choice(ids)}" for _ in range(times)],
        "A contact of the most active": [f"/contacts/{one}" for one in top[:times]],
        "Score card": [f"/contacts/{chance.choice(ids)}/card" for _ in range(times)],
        "Accounts": ["/accounts"] * times,
        "An account": [f"/accounts/{chance.choice(accounts)}" for _ in range(times)],
        "Rules": ["/rules"] * times,
        "Bands": ["/bands"] * times,
        "Sources": ["/sources"] * times,
    }
    return quick, {name: many(of) for name, of in SCANS.items()}


def row(reader, name, paths):
    """One page, asked for as often as there are addresses, after one that does not count."""
    reader.page(paths[0])
    taken, most = [], 0
    for path in paths:
        seconds, text = reader.page(path)
        taken.append(seconds * 1e3)
        most = max(most, len(text))
    cells = [statistics.median(taken), quantile(taken, 0.95), max(taken)]
    say(f"{name}: p50 {cells[0]:.1f} ms, p95 {cells[1]:.1f} ms, at most {cells[2]:.0f} ms")
    return f"| {name} | {' | '.join(shown(cell, 1) for cell in cells)} | {most / 1e3:.0f} |"


def main():
    given, load = arguments(), os.getloadavg()
    contacts = given.contacts or given.rows // 10
    given.dir.mkdir(parents=True, exist_ok=True)
    facts = Facts(given.generator, given.dir, given.rows, contacts, given.as_of)
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(given.dir)) if given.postgres else None
        folder = given.keep or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir=given.dir)))
        known = (folder / "loaded").exists()
        engine = Fervor(given.fervor, folder, cluster)
        stack.callback(engine.stop)
        engine.start()
        if not known:
            say(f"loading {given.rows:,} activities of {contacts:,} contacts")
            engine.preload(facts)
            say(f"what follows took {settled(engine):.0f} s more")
            say(f"attributes were quick after {indexed(engine, ['country', 'member_type']):.0f} s")
            (folder / "loaded").touch()
        settled(engine)
        reader = Reader(engine)
        surveying = surveyed(reader)
        chance = random.Random(1)
        heads = "| page | p50, ms | p95, ms | most, ms | kB |\n|---|--:|--:|--:|--:|"
        groups = addresses(engine, reader, chance, given.times)
        tables = [[row(reader, name, paths) for name, paths in group.items()] for group in groups]
    print(f"\n{given.rows:,} activities of {contacts:,} contacts, {engine.name}, each page asked for {given.times} times, "
          f"one after the other.\n\n{heads}\n" + "\n".join(tables[0]) + f"\n\nWith conditions that no index answers:\n\n{heads}\n"
          + "\n".join(tables[1]) + f"\n\nThe figures of Home were there {surveying:.0f} s after they were first asked for. "
          f"Machine: {machine(load)}.", flush=True)


if __name__ == "__main__":
    # A server that was started is stopped also where somebody ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        main()
    except Failed as why:
        say(f"error: {why}")
        sys.exit(1)
