"""What is stored before, and what comes while the clock runs. Both are those of the batch benchmark, moved by whole days
so that the last day is the date by which everything is scored."""

import csv
import datetime
import json
import pathlib
import random
import subprocess

import duckdb

LAST = datetime.date(2026, 3, 1)
TABLES = {
    "account": "SELECT id, industry FROM '{}/accounts.parquet'",
    "contact": "SELECT id, account, member_type, status, country, member_since FROM '{}/contacts.parquet'",
    "activity": """SELECT occurred_at::TIMESTAMP + INTERVAL ({}) DAY AS occurred_at, type, contact, source, id, value,
        CASE WHEN campaign IS NULL AND format IS NULL THEN NULL WHEN format IS NULL THEN json_object('campaign', campaign)
          WHEN campaign IS NULL THEN json_object('format', format)
          ELSE json_object('campaign', campaign, 'format', format) END AS properties
        FROM '{}/activities.parquet'""",
}


class Facts:
    """Files in a folder, made if they are not there: `account.csv`, `contact.csv`, `activity.csv`."""

    def __init__(self, generator, folder, rows, contacts, as_of):
        self.rows, self.contacts, self.as_of = rows, contacts, as_of
        made = folder / f"facts-{rows}-{contacts}"
        self.folder = folder / f"live-{rows}-{contacts}-{as_of}"
        # Not where the generator's factors are meant for another date.
        subprocess.run([generator, "facts", "--dir", made, "--rows", str(rows), "--contacts", str(contacts)], check=True)
        self.made = made
        if not (self.folder / "made.txt").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            days = (as_of - LAST).days
            for name, query in TABLES.items():
                query = query.format(days, made) if name == "activity" else query.format(made)
                duckdb.execute(f"COPY ({query}) TO '{self.folder}/{name}.csv' (HEADER)")
            (self.folder / "made.txt").touch()

    def path(self, table):
        return pathlib.Path(self.folder / f"{table}.csv")

    def flat(self):
        """The activities with a column for each property, as `fervor score` reads them."""
        path = self.folder / "flat.csv"
        query = f"""SELECT * EXCLUDE (properties), properties ->> 'campaign' AS campaign, properties ->> 'format' AS format
            FROM read_csv('{self.path("activity")}', all_varchar = true)"""
        duckdb.execute(f"COPY ({query}) TO '{path}' (HEADER)")
        return path

    def coming(self, seed, count, today=True):
        """So many more activities, with ids and moments of their own: of whom, and what, was drawn from those stored,
        so that who did much does much. They happen today, or at about the time of those that they were drawn from."""
        query = f"SELECT * FROM read_csv('{self.path('activity')}', all_varchar = true) WHERE hash(id, {seed}) % {self.rows} < {3 * count}"
        known = duckdb.execute(query + " ORDER BY hash(id)").fetchall()
        chance = random.Random(seed)
        midnight = datetime.datetime.combine(self.as_of, datetime.time())
        for at in range(count):
            moment, kind, contact, source, _, value, properties = chance.choice(known)
            if today:
                when = midnight + datetime.timedelta(microseconds=seed * 1_000_000_000 + at * 100)
            else:
                when = datetime.datetime.fromisoformat(moment) + datetime.timedelta(microseconds=at + 1)
            yield Activity(when.isoformat(), kind, contact, source, f"live-{seed}-{at}", value, properties)


class Activity:
    """One activity, texts as they are in the files."""

    __slots__ = ("moment", "kind", "contact", "source", "id", "value", "properties")

    def __init__(self, *values):
        for name, value in zip(self.__slots__, values, strict=True):
            setattr(self, name, value)

    def cells(self):
        return [getattr(self, name) for name in self.__slots__]

    def body(self):
        """As the interface of Fervor takes it."""
        known = {"contact": self.contact, "type": self.kind, "occurred_at": self.moment + "Z", "id": self.id,
                 "source": self.source}
        if self.value is not None:
            known["value"] = self.value
        if self.properties is not None:
            known["properties"] = json.loads(self.properties)
        return known


def stored(path):
    """The activities of a file, one after the other."""
    with open(path, newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            moment, *rest = [cell or None for cell in row]
            yield Activity(moment.replace(" ", "T"), *rest)
