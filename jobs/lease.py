"""One run at a time per lake: a lease held in the lake itself, renewed while a run works.

How old a lease is, is told by the clock of whoever stores it (S3's own, or the local disk's), so
that a machine whose clock is wrong neither takes a live lease nor respects a dead one. What the
file says of times is for people.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, NoReturn

from jobs.errors import LakeBusy, LeaseLost, RetryableError
from jobs.files import Aged, open_store

LEASE = "lease.json"
# What a lease says to people; without these it cannot be read.
TOLD = ("run_id", "holder", "since")
SECONDS = 60.0
RENEW_EVERY = SECONDS / 4
# The holder stops this long before others may take over, so that clocks may run unevenly.
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
        found = self.store.read_aged(LEASE)
        if found is None:
            return self.acquire()
        if not _is_dead(found):
            raise LakeBusy(_holding(self.store.uri(LEASE), found))
        if not self._arrived(body, self.store.replace_if_unchanged(LEASE, body, found.version)):
            raise LakeBusy("Another run took the lake at this very moment; try again later.")
        self.taken_over = True
        return self._hold(started)

    def check(self) -> None:
        """Raises LeaseLost when this run can no longer be sure that the lake is its own."""
        if seconds() > self.good_until:
            self._lost("could not renew its lease on the lake in time")
        try:
            found = self.store.read_versioned(LEASE)
        except RetryableError:
            return  # the time that is left says it
        if found is None:
            self._lost(f"found its lease on the lake deleted ({self.store.uri(LEASE)})")
        elif not self._is_mine(found[0]):
            self._lost("found its lease on the lake taken by another")

    def _lost(self, why: str) -> NoReturn:
        self.good_until = 0.0
        raise LeaseLost(
            f"Run {self.run_id} {why} and stopped before its next commit; run it again."
        )

    def _is_mine(self, data: bytes) -> bool:
        return (_parsed(data) or {}).get("run_id") == self.run_id

    def renew(self) -> None:
        """Extends the lease, if it is still ours."""
        found = self.store.read_versioned(LEASE)
        if found is None or not self._is_mine(found[0]):
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
        if found and self._is_mine(found[0]):
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


def holder(lake: str) -> Mapping[str, str] | None:
    """Who holds a lake: run_id, holder and since, as the lease says; None where nobody does."""
    store = open_store(lake)
    found = store.read_aged(LEASE)
    if found is None or found.age > SECONDS:
        return None
    body = _parsed(found.data) or {}
    unread = f"not known: {store.uri(LEASE)} cannot be read"
    return {name: str(body.get(name, unread)) for name in TOLD}


def _parsed(data: bytes) -> dict[str, Any] | None:
    """What a lease says; None where it is empty, cut, not JSON, or of another shape."""
    try:
        body = json.loads(data)
    except ValueError:
        return None
    if not isinstance(body, dict) or not all(isinstance(body.get(n), str) for n in TOLD):
        return None
    return body


def _holding(uri: str, found: Aged) -> str:
    body = _parsed(found.data)
    if body is None:
        return (
            f"{uri} cannot be read (it is empty or damaged), so the lake counts as held until it "
            f"is {SECONDS:.0f} seconds old, {max(SECONDS - found.age, 0) + 1:.0f} seconds from "
            "now; try again then."
        )
    return (
        f"The lake is held by run {body['run_id']} ({body['holder']}) since {body['since']}; "
        "try again when it has ended."
    )


def _is_dead(found: Aged) -> bool:
    """Expired; or of a process of this machine that is gone."""
    if found.age > SECONDS:
        return True
    other = _parsed(found.data) or {}
    if other.get("host") != socket.gethostname() or other.get("pids") != _pids():
        return False
    if not os.path.isdir("/proc") or not isinstance(other.get("pid"), int):
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
