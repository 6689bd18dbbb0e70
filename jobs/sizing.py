"""What this machine, or the container around this process, gives a run: memory and cores."""

from __future__ import annotations

import os
from pathlib import Path

from jobs.errors import DefinitionError

CGROUP = Path("/sys/fs/cgroup")
# The limits of this process's own group, in version 2 and version 1 of cgroups.
MEMORY_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
GB = 1 << 30
# On a machine that is not this run's alone, a quarter stays with everything else.
SHARE_OF_MACHINE = 0.75
# The rest of a run's memory is the JVM's own (code, threads, Parquet's buffers) and Python's.
SHARE_OF_HEAP = 0.7
LEAST_GB = 3.0
# Above this the JVM's pointers double, and more memory holds less.
MOST_HEAP_GB = 30
# A heap grows to what it is allowed, needed or not. A machine that other programs use gives
# what tens of millions of rows need, and no more.
SHARED_HEAP_GB = 2


def memory_for_a_run() -> int:
    """Bytes that a run may use: the container's limit, else three quarters of the machine."""
    return _limit() or int(_machine() * SHARE_OF_MACHINE)


def _machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _limit() -> int:
    """The container's limit in bytes; 0 where there is none."""
    limits = [limit for name in MEMORY_LIMITS if (limit := _number(CGROUP / name))]
    # A group without a limit says so with a number that no machine has.
    return min([limit for limit in limits if limit < _machine()], default=0)


def driver_memory() -> str:
    """The driver's heap for this machine, as Spark writes it, such as ``8601m``.

    DefinitionError, with what is needed, where a run would be killed half way.
    """
    given = memory_for_a_run()
    if given < LEAST_GB * GB:
        raise DefinitionError(
            f"A run needs at least {LEAST_GB:.0f} GB of memory and gets {given / GB:.1f} GB here: "
            "take a machine with 8 GB or more, or say how large the heap may be with --memory."
        )
    most = MOST_HEAP_GB if _limit() else SHARED_HEAP_GB
    return f"{int(min(given * SHARE_OF_HEAP, most * GB) / (1 << 20))}m"


def cores() -> int:
    """Processors that this process may use, at least 1; a container's quota is rounded up."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        allowed = os.cpu_count() or 1
    return max(1, min(allowed, _quota() or allowed))


def _quota() -> int:
    """The container's processors, rounded up; 0 where it has no quota."""
    both = CGROUP / "cpu.max"
    words = both.read_text().split() if both.exists() else []
    quota, period = (_whole(words[0]), _whole(words[1])) if len(words) == 2 else (
        _number(CGROUP / "cpu" / "cpu.cfs_quota_us"), _number(CGROUP / "cpu" / "cpu.cfs_period_us")
    )  # fmt: skip
    return -(-quota // period) if quota > 0 and period > 0 else 0


def _number(path: Path) -> int:
    """The number that a file holds; 0 where there is no file, or it says "max"."""
    return _whole(path.read_text().strip()) if path.exists() else 0


def _whole(text: str) -> int:
    return int(text) if text.lstrip("-").isdigit() else 0
