"""How a fresh process is measured: wall clock, CPU and peak memory."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Cost:
    """Seconds of wall clock and of CPU (user and system), and peak resident memory in MB (10^6 bytes)."""

    wall: float
    cpu: float | None
    memory: float | None
    said: str = ""


class Failed(Exception):
    """An engine that did not end well, and what it said."""


def process(command, folder, **more):
    """Runs a program to its end. The kernel accounts for it and for all children that it waited for:
    wait4, as /usr/bin/time uses it. Memory is that of the largest single process."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "said.txt", "w+b") as said:
        begin = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], stdout=said, stderr=subprocess.STDOUT, **more)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.send_signal(signal.SIGKILL)
            raise
        wall = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode(errors="replace")
    if child.returncode != 0:
        raise Failed(f"{pathlib.Path(str(command[0])).name} ended with {child.returncode}: {text.strip()[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, text)


def family(root):
    """A process and all below it, from procfs."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [root]
    for member in found:
        found += [pid for pid, parent in parents.items() if parent == member]
    return found


def cpu_of(root):
    """CPU seconds of a server: of all that runs below it, and of all that ended and was waited for."""
    ticks = 0
    for pid in family(root):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            own, children = fields[11:13], fields[13:15]
            ticks += sum(map(int, own + (children if pid == root else [])))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_of(root):
    """Memory of a server now, in MB: what each process has for itself, and shared memory once."""
    own, shared = 0, 0
    for pid in family(root):
        with contextlib.suppress(OSError):
            lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
            sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Rss")}
            own += sizes.get("RssAnon", 0)
            shared = max(shared, sizes.get("RssShmem", 0))
    return (own + shared) * 1024 / 1e6
