"""One run at a time per lake: a lease held in the lake itself, renewed while a run works."""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from jobs.errors import LakeBusy, LeaseLost
from jobs.files import open_store

LEASE = "lease.json"
SECONDS = 60.0
RENEW_EVERY = SECONDS / 4
# The holder stops this long before others may take over, so that clocks need not agree.
MARGIN = SECONDS / 3


def seconds() -> float:
    """A clock that goes on while the machine sleeps, where there is one (Linux)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """The right to write a lake; ``check`` before each commit."""

    def __init__(self, lake: str, run_id: str) -> None:
        self.store = open_store(lake)
        self.run_id = run_id
        self.good_until = 0.0
        # Whether another holder, who may only be suspended, was in the way.
        self.taken_over = False
        self._stop = threading.Event()

    def acquire(self) -> None:
        """Takes the lease. Raises LakeBusy, naming who holds the lake since when."""
        self._since = _now()
        started, body = seconds(), self._fresh()
        if self._arrived(body, self.store.put_if_absent(LEASE, body)):
            return self._hold(started)
        found = self.store.read_versioned(LEASE)
        if found is None:
            return self.acquire()
        held, version = found
        other = json.loads(held or b"{}")
        if not _is_dead(other):
            raise LakeBusy(
                f"The lake is held by run {other.get('run_id')} ({other.get('holder')}) "
                f"since {other.get('since')}; try again when it has ended."
            )
        if not self._arrived(body, self.store.replace_if_unchanged(LEASE, body, version)):
            raise LakeBusy("Another run took the lake at this very moment; try again later.")
        self.taken_over = True
        return self._hold(started)

    def check(self) -> None:
        """Raises LeaseLost when this run can no longer be sure that the lake is its own."""
        if seconds() > self.good_until:
            raise LeaseLost(
                f"Run {self.run_id} could not renew its lease on the lake in time and stopped "
                "before its next commit; run it again."
            )

    def renew(self) -> None:
        """Extends the lease, if it is still ours."""
        found = self.store.read_versioned(LEASE)
        if found is None or json.loads(found[0]).get("run_id") != self.run_id:
            self.good_until = 0.0
            return
        started, body = seconds(), self._fresh()
        if self._arrived(body, self.store.replace_if_unchanged(LEASE, body, found[1])):
            self.good_until = started + SECONDS - MARGIN
        else:
            self.good_until = 0.0

    def release(self) -> None:
        """Gives the lake free, unless another run has taken it."""
        self._stop.set()
        found = self.store.read_versioned(LEASE)
        if found and json.loads(found[0]).get("run_id") == self.run_id:
            self.store.delete(LEASE)

    def _arrived(self, body: bytes, said: bool) -> bool:
        """Whether the lease is what was just written. A put whose answer was lost is tried again,
        and then refused because of itself: its body tells, which no other writes."""
        if said:
            return True
        found = self.store.read_versioned(LEASE)
        return found is not None and found[0] == body

    def _hold(self, started: float) -> None:
        self.good_until = started + SECONDS - MARGIN
        threading.Thread(target=self._renew_for_ever, daemon=True).start()

    def _renew_for_ever(self) -> None:
        while not self._stop.wait(RENEW_EVERY):
            try:
                self.renew()
            except Exception:
                # Whatever it was (boto3's errors are no OSError, a body may be half read) may pass,
                # and an error that got out would end this thread, and with it the run, for good.
                # If it goes on, the lease runs out by itself, and check says so.
                continue

    def _fresh(self) -> bytes:
        body: dict[str, Any] = {
            "run_id": self.run_id,
            "holder": f"{socket.gethostname()} process {os.getpid()}",
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "pids": _pids(),
            "started": _started(os.getpid()),
            "since": self._since,
            "expires": time.time() + SECONDS,
        }
        return json.dumps(body).encode()


def new_run_id() -> str:
    """Sorts by time, and is its own: ``20260101T060000-1a2b3c``."""
    return f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def held(lake: str, run_id: str) -> Iterator[Lease]:
    """The lease on a lake for the length of a ``with`` block."""
    lease = Lease(lake, run_id)
    lease.acquire()
    try:
        yield lease
    finally:
        lease.release()


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())


def _is_dead(other: dict[str, Any]) -> bool:
    """Expired; or of a process of this machine that is gone."""
    if other.get("expires", 0) < time.time():
        return True
    if other.get("host") != socket.gethostname() or other.get("pids") != _pids():
        return False
    if not os.path.isdir("/proc"):
        return False
    return _started(other["pid"]) != other.get("started")


def _pids() -> str:
    """Which processes this one sees: those of another container cannot be told dead from here."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks: tells it from a later one of the same id."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
