"""Whole processes, timed from outside: wall seconds, and the memory of all they start."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

EVERY_SECONDS = 0.2
READY = "spark: ready"


class Failed(Exception):
    """A command of a benchmark ended badly; the message has its last words."""


@dataclass(frozen=True)
class Timed:
    """One command, from its start to its end.

    seconds: wall clock. memory_mb: the most that its processes held together, as the sum of
    their resident memory (pages they share count more than once), sampled five times a second.
    ready_seconds: until it said that Spark was ready; 0 where it did not. lines: what it printed.
    """

    seconds: float
    memory_mb: float
    ready_seconds: float = 0.0
    lines: tuple[str, ...] = ()


@dataclass
class _Peak:
    mb: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)


@contextmanager
def _watched(pid: int) -> Iterator[_Peak]:
    """The greatest memory of a process and all it started, sampled meanwhile."""
    peak = _Peak()

    def sample() -> None:
        before: set[int] = set()
        while not peak.done.wait(EVERY_SECONDS):
            held = _resident(pid)
            # Between its fork and its own program, a child shows its parent's memory again, so
            # one is counted from the second look on.
            peak.mb = max(peak.mb, sum(held[p] for p in held.keys() & before) / 2**20)
            before = set(held)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        peak.done.set()
        thread.join()


def _resident(pid: int) -> dict[int, int]:
    """{process: bytes of resident memory} of a process and all it started."""
    held: dict[int, int] = {}
    try:
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            try:
                held[process.pid] = process.memory_info().rss
            except psutil.NoSuchProcess:  # it ended between the listing and the look
                continue
    except psutil.NoSuchProcess:
        return held
    return held


def timed(command: Sequence[str], *, cwd: Path | None = None) -> Timed:
    """Runs ``command`` to its end. Raises Failed where its exit status is neither 0 nor 3
    (3: done, and a landing file was refused or held)."""
    started = time.monotonic()
    ready, lines = 0.0, []
    with subprocess.Popen(
        command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        with _watched(process.pid) as peak:
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if line.startswith(READY) and not ready:
                    ready = time.monotonic() - started
    if process.returncode not in (0, 3):
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n" + _last(lines))
    return Timed(time.monotonic() - started, peak.mb, ready, tuple(lines))


def _last(lines: Sequence[str]) -> str:
    return "\n".join(lines[-15:])


def module(name: str, *arguments: str | Path) -> list[str]:
    """The command that runs a module of this project with this interpreter."""
    return [sys.executable, "-m", name, *map(str, arguments)]
