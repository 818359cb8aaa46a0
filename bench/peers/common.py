"""What every peer is told."""

import argparse
import pathlib


def arguments():
    """The folder of facts, the folder of results, threads and memory in MiB."""
    parser = argparse.ArgumentParser()
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", type=int, default=16_000)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    return given
