"""Waits for a process that suspends itself, and ends it in any case."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parent.parent


@contextmanager
def suspended(root: str, definition: str, table: str) -> Iterator[subprocess.Popen[str]]:
    """A run that stands still (SIGSTOP) just before its commit to a table."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.killed_run", root, definition, table, "suspended", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        cwd=PROJECT,
    )  # fmt: skip
    try:
        while process.poll() is None and _state(process.pid) != "T":
            time.sleep(0.1)
        if process.poll() is not None:
            _, errors = process.communicate()
            raise AssertionError(f"the run came to its end: {errors[-2000:]}")
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def wake(process: subprocess.Popen[str]) -> str:
    """Lets it go on to its end; what it said on the way."""
    os.kill(process.pid, signal.SIGCONT)
    _, errors = process.communicate(timeout=300)
    return errors


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
