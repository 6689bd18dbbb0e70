"""Runs a lake as a process of its own, and kills it (SIGKILL, its JVM with it) at one point.

Usage: python -m tests.killed_run ROOT DEFINITION TABLE WHEN SECONDS [IN_MEMORY NAMED]
TABLE: part of the path of the table to be written. WHEN: ``staged`` (its landing files have been
read, nothing is written), ``before`` or ``after`` its commit, or ``within``: so many seconds
into the write. IN_MEMORY, NAMED: the run's limits.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import pyspark

from jobs import ingest
from jobs.run import run
from jobs.settings import Limits, RunSettings, SparkSettings, Zones
from jobs.storage import Storage
from lake.setup import jars


def die() -> None:
    os.killpg(os.getpgid(0), signal.SIGKILL)


def watched(write: Callable[..., Any], table: str, when: str, seconds: float) -> Callable[..., Any]:
    """A write of Storage that dies when it reaches the point."""

    def watching(self: Storage, frame: Any, path: str, *rest: Any) -> Any:
        here = table in path
        if here and when == "before":
            die()
        if here and when == "within":
            threading.Timer(seconds, die).start()
        commit = write(self, frame, path, *rest)
        if here and when == "after":
            die()
        return commit

    return watching


def main(root: str, definition: str, table: str, when: str, seconds: str, *limits: str) -> None:
    if when == "staged":
        ingest._commit = lambda *_: die()  # type: ignore[assignment]
    Storage._save = watched(Storage._save, table, when, float(seconds))  # type: ignore[method-assign]
    Storage.merge = watched(Storage.merge, table, when, float(seconds))  # type: ignore[method-assign]
    spark = SparkSettings("local[2]", tuple(map(str, jars.paths(pyspark.__version__))), "512m")
    told = Limits(*map(int, limits))
    run(RunSettings(Zones.under(root), definition=definition, spark=spark, limits=told))


if __name__ == "__main__":
    main(*sys.argv[1:])
