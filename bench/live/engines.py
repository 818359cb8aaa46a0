"""Who takes part. An engine is started, loaded, asked for connections, given bytes of its own kind for activities, asked
for its scores, and stopped."""

import contextlib
import csv
import decimal
import getpass
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import threading
import time

from facts import stored
from measure import Failed, cpu_of
from postgres import Postgres
from wire import SYNC, Http, Sql

HERE = pathlib.Path(__file__).resolve().parent


def free_port():
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


class Cluster(Postgres):
    """A PostgreSQL that loses nothing, and is set up for many small transactions: the plans of these are never worth
    compiling, checkpoints are far apart, and the log of changes holds no more than a crash needs."""

    settings = {
        "listen_addresses": "'127.0.0.1'",
        "max_connections": "50",
        "shared_buffers": "3GB",
        "effective_cache_size": "12GB",
        "work_mem": "64MB",
        "maintenance_work_mem": "1GB",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "wal_compression": "lz4",
        "wal_buffers": "64MB",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "15min",
        "autovacuum": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        "timezone": "'UTC'",
        # Whoever scores holds a lock for each contact, a thousand after a load.
        "max_locks_per_transaction": "256",
    }

    def __init__(self, folder):
        super().__init__(None, folder, 2, None)
        self.port = free_port()
        self.settings = {**self.settings, "port": str(self.port)}
        self.name = "postgres" if os.geteuid() == 0 else getpass.getuser()
        # Where pg_isready and psql look for the socket.
        os.environ["PGPORT"] = str(self.port)

    def url(self, database):
        return f"postgres://{self.name}@127.0.0.1:{self.port}/{database}"

    def connect(self, database="postgres"):
        return Sql("127.0.0.1", self.port, self.name, database)

    def script(self, database, text, stdin=None):
        command = [self.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", self.name, "-d", database]
        done = subprocess.run([*command, "-f" if isinstance(text, pathlib.Path) else "-c", text], stdin=stdin,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"psql: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def loaded(self, facts):
        """A database with the facts and everyone's scores, of which each peer gets a copy. Seconds of both steps."""
        self.script("postgres", "CREATE DATABASE loaded")
        self.script("loaded", HERE / "schema.sql")
        self.script("loaded", "ALTER TABLE activity DROP CONSTRAINT activity_pkey")
        begin = time.monotonic()
        for table in ["account", "contact", "activity"]:
            with open(facts.path(table)) as file:
                names = file.readline().strip()
                file.seek(0)
                self.script("loaded", f"COPY {table} ({names}) FROM STDIN (FORMAT csv, HEADER)", file)
        self.script("loaded", "ALTER TABLE activity ADD PRIMARY KEY (contact, source, id)")
        self.script("loaded", "VACUUM ANALYZE")
        copied = time.monotonic()
        self.script("loaded", f"SELECT begin_day(DATE '{facts.as_of}')")
        self.script("loaded", "CALL rescore_all()")
        self.script("loaded", "SELECT refresh()")
        self.script("loaded", "VACUUM ANALYZE")
        self.script("loaded", HERE / "triggers.sql")
        return copied - begin, time.monotonic() - copied

    def version(self):
        return f"PostgreSQL {super().version()}"


class Peer:
    """PostgreSQL, with triggers or without. Every five seconds a job renews what many contacts decide together."""

    KINDS = {
        "row": "PostgreSQL, trigger by row",
        "statement": "PostgreSQL, trigger by statement",
        "recompute": "PostgreSQL, recompute after insert",
    }

    def __init__(self, kind, cluster):
        self.kind, self.cluster, self.name = kind, cluster, self.KINDS[kind]
        self.statements = {}
        for part in (HERE / "recompute.sql").read_text().split("\n-- ")[1:]:
            title, text = part.split("\n", 1)
            self.statements[title.split(":")[0]] = text.split(";")[0]
        self.resting = threading.Event()

    def start(self):
        """A copy of what was loaded. `file_copy` leaves the log of changes alone."""
        self.cluster.script("postgres", f"CREATE DATABASE {self.kind} TEMPLATE loaded STRATEGY file_copy")
        if self.kind != "recompute":
            self.cluster.script(self.kind, f"ALTER TABLE activity ENABLE TRIGGER by_{self.kind}")

    def preload(self, facts):
        """It came with the copy."""

    def links(self, count):
        """Sessions that live as long as those of a pool: what they do often is planned already."""
        links = [self.cluster.connect(self.kind) for _ in range(count)]
        for link in links:
            link.query("SELECT rescore('{}')")
            for name, text in self.statements.items():
                link.prepare(name, text)
        return links

    def request(self, activities):
        """One transaction: what an activity tells, and what follows from it."""
        if len(activities) == 1:
            insert = Sql.execute("one", activities[0].cells())
        else:
            insert = Sql.execute("many", [array(column) for column in zip(*(each.cells() for each in activities))])
        if self.kind == "recompute":
            insert += Sql.execute("recompute", [array(sorted({each.contact for each in activities}))])
        return insert + SYNC

    def busy(self):
        """The job begins; `rest` ends it."""
        self.resting.clear()
        self.job = threading.Thread(target=self.renew)
        self.job.start()

    def renew(self):
        link = self.cluster.connect(self.kind)
        while not self.resting.wait(5):
            link.query("SELECT refresh()")
        link.close()

    def rest(self):
        self.resting.set()
        self.job.join()

    def cpu(self):
        return cpu_of(self.cluster.server.pid)

    def scores(self):
        """Tenths and whole points of everyone, by contact."""
        link = self.cluster.connect(self.kind)
        rows = link.query("SELECT contact, points, fit FROM score_current")
        link.close()
        return {contact: (int(points), int(fit)) for contact, points, fit in rows}

    def stop(self):
        self.cluster.script("postgres", f"DROP DATABASE IF EXISTS {self.kind}")


def array(values):
    """The text of an array."""
    cells = ["NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values]
    return "{" + ",".join(cells) + "}"


class Fervor:
    """`fervor serve` over a file of its own, or over a database of the cluster beside the peers. An answer of 2xx means
    that all of it is stored for good; accounts and percentiles follow by themselves."""

    BATCH = 1000

    def __init__(self, binary, folder, cluster=None):
        self.binary, self.folder, self.cluster = binary, folder, cluster
        self.name = "Fervor over PostgreSQL" if cluster else "Fervor over SQLite"
        self.port, self.server = free_port(), None

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.cluster:
            self.cluster.script("postgres", "CREATE DATABASE fervor")
        self.url = self.cluster.url("fervor") if self.cluster else str(self.folder / "fervor.db")
        said = self.call("key", "create", "--db", self.url, "--name", "bench", "--scope", "ingest,read,admin")
        self.key = said.split()[-1]
        log = open(self.folder / "serve.log", "wb")
        command = [self.binary, "serve", "--db", self.url, "--listen", f"127.0.0.1:{self.port}", "--model", HERE.parent / "model.toml", "--rate", "1000000", "--memory", "2G"]
        self.server = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(300):
            time.sleep(0.1)
            try:
                Http("127.0.0.1", self.port).ask(Http.request("GET", "/healthz", self.key))
                return
            except (OSError, Failed):
                if self.server.poll() is not None:
                    break
        raise Failed("fervor serve does not answer: " + (self.folder / "serve.log").read_text()[-2000:])

    def call(self, *arguments):
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"fervor {arguments[0]}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def preload(self, facts):
        """Contacts and accounts first, then activities, through the interface."""
        link, batch = self.links(1)[0], []
        for table in ["account", "contact"]:
            for records in table_batches(facts.path(table), self.BATCH):
                link.ask(Http.request("POST", f"/v1/{table}s", self.key, records))
        for activity in stored(facts.path("activity")):
            batch.append(activity)
            if len(batch) == self.BATCH:
                link.ask(self.request(batch))
                batch.clear()
        if batch:
            link.ask(self.request(batch))
        link.close()

    def links(self, count):
        return [Http("127.0.0.1", self.port) for _ in range(count)]

    def request(self, activities):
        return Http.request("POST", "/v1/activities", self.key, [each.body() for each in activities])

    def busy(self):
        """It renews percentiles and accounts by itself; what it still has to do of before is not the run's."""
        link = self.links(1)[0]
        for _ in range(1200):
            if b"\nfervor_to_follow 0\n" in link.ask(Http.request("GET", "/metrics", self.key)):
                break
            time.sleep(0.1)
        else:
            raise Failed("accounts and percentiles do not follow")
        link.close()

    def rest(self):
        """It goes on by itself."""

    def cpu(self):
        return cpu_of(self.server.pid) + (cpu_of(self.cluster.server.pid) if self.cluster else 0.0)

    def scores(self):
        """As `Peer.scores`, from the pages of the list of contacts."""
        link, scores, cursor = self.links(1)[0], {}, ""
        while cursor is not None:
            page = self.told(link, "GET", f"/v1/contacts?limit=1000{cursor}")
            for contact in page["items"]:
                points = {name: decimal.Decimal(str(score["points"])) for name, score in contact["scores"].items()}
                scores[contact["id"]] = (int(points["engagement"] * 10), int(points["fit"]))
            cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]
        link.close()
        return scores

    def told(self, link, method, path, body=None):
        return json.loads(link.ask(Http.request(method, path, self.key, body)).split(b"\r\n\r\n", 1)[1])

    def publish(self):
        """Seconds until a model with another cap is in force, and until its database has read all activities once."""
        link = self.links(1)[0]
        text = (HERE.parent / "model.toml").read_text().replace("cap       = 15", "cap       = 16")
        link.ask(Http.request("PUT", "/v1/model/draft", self.key, text))
        begin = time.monotonic()
        number = self.told(link, "POST", "/v1/model/publish", {})["version"]
        while self.told(link, "GET", f"/v1/model/versions/{number}")["state"] != "in_force":
            time.sleep(0.1)
        published = time.monotonic() - begin
        link.close()
        columns = "sum((subject + seq + occurred + received + origin) % 1000 + length(type || source || id || coalesce(rest, '')))"
        begin = time.monotonic()
        if self.cluster:
            self.cluster.script("fervor", f"SELECT {columns} FROM activity")
        else:
            with contextlib.closing(sqlite3.connect(self.url)) as file:
                file.execute(f"SELECT {columns} FROM activity").fetchone()
        return published, time.monotonic() - begin

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.terminate()
            self.server.wait()


def table_batches(path, size):
    """Rows of a file of contacts or accounts as their records, so many at a time."""
    with open(path, newline="") as file:
        batch = []
        for row in csv.DictReader(file):
            attributes = {name: value for name, value in row.items() if name not in ("id", "account") and value}
            record = {"id": row["id"], "attributes": attributes}
            if row.get("account"):
                record["account"] = row["account"]
            batch.append(record)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch
