"""Runs a lake as a process of its own, and kills or suspends it, its JVM with it, at one point.

Usage: python -m tests.killed_run ROOT DEFINITION TABLE WHEN SECONDS [IN_MEMORY NAMED]
TABLE: part of the path of the table to be written. WHEN: ``staged`` (its landing files have been
read, nothing is written), ``before`` or ``after`` its commit, or ``within``: so many seconds
into the write; all of them SIGKILL. ``suspended``: SIGSTOP between the lease's last check and the
commit. IN_MEMORY, NAMED: the run's limits.
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
from jobs.delta import commit as delta
from jobs.run import run
from jobs.settings import Limits, RunSettings, SparkSettings, Zones
from jobs.storage import Storage
from lake.setup import jars


def die() -> None:
    os.killpg(os.getpgid(0), signal.SIGKILL)


def watch(table: str, when: str, seconds: float) -> None:
    """Lets the writes of a table die, or stand still, when they reach the point."""
    put, write = delta._put, Storage._written

    def watched_put(commit: Callable[[], None], path: str, *rest: Any) -> Any:
        here = table in path
        if here and when == "before":
            die()
        if here and when == "suspended":
            os.kill(os.getpid(), signal.SIGSTOP)
        made = put(commit, path, *rest)
        if here and when == "after":
            die()
        return made

    def watched_write(self: Storage, frame: Any, path: str, *rest: Any) -> Any:
        if table in path and when == "within":
            threading.Timer(seconds, die).start()
        return write(self, frame, path, *rest)

    delta._put = watched_put  # type: ignore[assignment]
    Storage._written = watched_write  # type: ignore[method-assign]


def main(root: str, definition: str, table: str, when: str, seconds: str, *limits: str) -> None:
    if when == "staged":
        ingest._commit = lambda *_: die()  # type: ignore[assignment]
    watch(table, when, float(seconds))
    files = jars.paths(pyspark.__version__) + (jars.paths("s3") if root.startswith("s3") else ())
    spark = SparkSettings("local[2]", files, "512m")
    told = Limits(*map(int, limits))
    run(RunSettings(Zones.under(root), definition=definition, spark=spark, limits=told))


if __name__ == "__main__":
    main(*sys.argv[1:])
