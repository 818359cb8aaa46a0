"""PostgreSQL as one of the engines: a cluster of its own, on a socket in its own folder, stopped afterwards."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import threading
import time

from measure import Cost, Failed, cpu_of, memory_of, process

PEERS = pathlib.Path(__file__).parent / "peers"

# A machine that does nothing else. One worker beside the leader makes two processes, as the other
# engines have two threads. Nothing survives a crash, which nobody needs here.
SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "2GB",
    "effective_cache_size": "12GB",
    "work_mem": "1536MB",
    "hash_mem_multiplier": "2",
    "maintenance_work_mem": "1GB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "16GB",
    "autovacuum": "off",
    "min_parallel_table_scan_size": "0",
    "jit": "on",
}


def binaries():
    """The folder of initdb, if PostgreSQL is installed here."""
    folders = [pathlib.Path(found).resolve().parent for name in ["postgres", "initdb"] if (found := shutil.which(name))]
    if shutil.which("pg_config"):
        asked = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True)
        folders.append(pathlib.Path(asked.stdout.strip()))
    needed = ["initdb", "postgres", "pg_isready", "psql"]
    return next((folder for folder in folders if all((folder / name).exists() for name in needed)), None)


class Postgres:
    """A server from its first moment to its last: `with Postgres(...) as server`."""

    settings = SETTINGS

    def __init__(self, facts, folder, threads, python):
        self.facts, self.threads, self.python = facts, threads, python
        self.bin = binaries()
        # A path to a socket has about a hundred characters at most.
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="bench-pg-", dir=short(folder)))
        self.server = None
        # The server refuses to be run by root.
        self.user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self.user:
            account = pwd.getpwnam("postgres")
            os.chown(self.base, account.pw_uid, account.pw_gid)

    def call(self, *command):
        line = [str(part) for part in command]
        done = subprocess.run(line, cwd=self.base, capture_output=True, text=True, **self.user)
        if done.returncode != 0:
            raise Failed(f"{pathlib.Path(line[0]).name}: {(done.stdout + done.stderr).strip()[-2000:]}")
        return done.stdout

    def __enter__(self):
        try:
            self.call(self.bin / "initdb", "-D", self.base / "data", "--locale=C", "--encoding=UTF8", "--auth=trust", "-N")
            workers = self.threads - 1
            settings = {**self.settings, "unix_socket_directories": f"'{self.base}'", "max_worker_processes": str(8),
                        "max_parallel_workers": str(workers), "max_parallel_workers_per_gather": str(workers)}
            with open(self.base / "data" / "postgresql.conf", "a") as conf:
                conf.writelines(f"{name} = {value}\n" for name, value in settings.items())
            log = open(self.base / "server.log", "wb")
            self.server = subprocess.Popen([str(self.bin / "postgres"), "-D", str(self.base / "data")], cwd=self.base,
                                           stdout=log, stderr=log, **self.user)
            for _ in range(200):
                time.sleep(0.1)
                ready = [str(self.bin / "pg_isready"), "-q", "-h", str(self.base)]
                if subprocess.run(ready, cwd=self.base).returncode == 0:
                    return self
            raise Failed("postgres does not answer: " + (self.base / "server.log").read_text()[-2000:])
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.server and self.server.poll() is None:
            self.server.terminate()
            self.server.wait()
        shutil.rmtree(self.base, ignore_errors=True)

    def psql(self, script):
        """Runs a script in a fresh session. CPU and memory are those of the server and of psql."""
        before, most, done = cpu_of(self.server.pid), [0.0], threading.Event()

        def watch():
            while not done.wait(0.05):
                most[0] = max(most[0], memory_of(self.server.pid))

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            command = [self.bin / "psql", "-X", "-q", "-h", self.base, "-d", "postgres", "-f", script]
            cost = process(command, self.base, cwd=self.base, **self.user)
        finally:
            done.set()
            watching.join()
        time.sleep(0.2)  # until the server has waited for the session that ended
        return Cost(cost.wall, cost.cpu + cpu_of(self.server.pid) - before, most[0])

    def load(self):
        """Copies the facts in, and says what that cost."""
        subprocess.run([self.python, PEERS / "tables.py", "to-csv", self.facts, self.base], check=True)
        shutil.copy(PEERS / "postgres_load.sql", self.base)
        shutil.copy(PEERS / "postgres_batch.sql", self.base)
        if self.user:
            self.readable()
        cost = self.psql("postgres_load.sql")
        (self.base / "activities.csv").unlink()
        return cost

    def readable(self):
        for path in self.base.glob("*.*"):
            path.chmod(0o644)

    def run(self, out):
        """The measured query, and its results as Parquet, which is not measured."""
        cost = self.psql("postgres_batch.sql")
        out.mkdir(parents=True, exist_ok=True)
        subprocess.run([self.python, PEERS / "tables.py", "to-parquet", self.base, out], check=True)
        return cost

    def version(self):
        return self.call(self.bin / "postgres", "--version").split()[2]


def short(folder):
    """Where the cluster lies: in the folder of the benchmark, unless its path is too long for a socket or
    closed to the user of the server."""
    closed = any(parent.stat().st_mode & 0o005 != 0o005 for parent in [folder, *folder.parents])
    return None if len(str(folder)) > 70 or (os.geteuid() == 0 and closed) else folder
