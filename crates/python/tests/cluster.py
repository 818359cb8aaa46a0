"""A real cluster of Spark on this machine: a master, and workers with one core each."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyspark

HOME = Path(pyspark.__file__).parent
PATIENCE = 60


class Cluster:
    """Processes that are stopped by their ids."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.environment = {
            **os.environ,
            "SPARK_HOME": str(HOME),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_NO_DAEMONIZE": "1",
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_LOCAL_DIRS": str(folder / "local"),
            "PYSPARK_PYTHON": sys.executable,
        }
        master = ["master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
        _, [self.url] = self.start("master", master, r"Starting Spark master at (spark://127.0.0.1:\d+)")
        self.workers = [self.worker(), self.worker()]

    def worker(self):
        """One more worker: its process."""
        name = f"worker{len(self.processes)}"
        command = ["worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g", "--webui-port", "0"]
        command += ["--work-dir", str(self.folder / name), self.url]
        return self.start(name, command, r"(Successfully registered) with master")[0]

    def start(self, name, command, ready):
        log = self.folder / f"{name}.log"
        with log.open("w") as out:
            command = [HOME / "bin/spark-class", f"org.apache.spark.deploy.{command[0]}", *command[1:]]
            process = subprocess.Popen(command, stdout=out, stderr=out, env=self.environment)
        self.processes.append(process)
        begun = time.monotonic()
        while not (found := re.search(ready, log.read_text())):
            assert process.poll() is None and time.monotonic() < begun + PATIENCE, log.read_text()
            time.sleep(0.05)
        return process, found.groups()

    def kill(self, process):
        """Ends a worker, its executor and the interpreters of that, with no time for a last word."""
        for pid in [process.pid, *below(process.pid)]:
            end(pid, signal.SIGKILL)
        process.wait()

    def stop(self):
        left = [pid for process in self.processes if process.poll() is None for pid in below(process.pid)]
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(PATIENCE)
        for pid in left:
            end(pid, signal.SIGKILL)

    def interpreters(self):
        """The interpreters of Python that work for executors."""
        return [pid for worker in self.workers for pid in below(worker.pid) if b"pyspark.daemon" in command_of(pid)]


def end(pid, how):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass


def below(pid):
    """The processes that a process has started, and those that they have."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, open_ = [], [pid]
    while open_:
        open_ = [child for one in open_ for child in children.get(one, [])]
        found += open_
    return found


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def forget_most_memory(pid):
    """What follows counts from what a process has in memory now."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except (FileNotFoundError, ProcessLookupError):
        pass


def most_memory(pid):
    """The most bytes that a process ever had in memory."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) << 10 if found else 0
