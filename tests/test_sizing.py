"""A run's memory and cores follow the machine, and the container's limits where there are any."""

from __future__ import annotations

import os

import pytest

from jobs import sizing
from jobs.errors import DefinitionError

MACHINE = 16 * sizing.GB
NO_LIMIT_V1 = 9223372036854771712


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine of 16 GB and 4 processors, in no group; its groups' folder."""
    parts = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": MACHINE // 4096}
    monkeypatch.setattr(os, "sysconf", parts.__getitem__)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(sizing, "CGROUP", tmp_path)
    return tmp_path


def write(folder, path: str, text: object) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(f"{text}\n")


def test_a_quarter_of_a_machine_stays_with_everything_else() -> None:
    assert sizing.memory_for_a_run() == 12 * sizing.GB


def test_a_run_leaves_a_shared_machine_its_memory_and_takes_all_of_its_container(machine) -> None:
    assert sizing.driver_memory() == "2048m"
    write(machine, "memory.max", 8 * sizing.GB)
    assert sizing.driver_memory() == f"{int(8 * 1024 * 0.7)}m"


@pytest.mark.parametrize("path", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_containers_limit_is_all_a_runs_own(machine, path: str) -> None:
    write(machine, path, 8 * sizing.GB)
    assert sizing.memory_for_a_run() == 8 * sizing.GB


@pytest.mark.parametrize(
    ("path", "text"),
    [("memory.max", "max"), ("memory/memory.limit_in_bytes", NO_LIMIT_V1)],
)
def test_a_group_without_a_limit_limits_nothing(machine, path: str, text: object) -> None:
    write(machine, path, text)
    assert sizing.memory_for_a_run() == 12 * sizing.GB


def test_a_machine_that_is_too_small_is_refused_with_what_is_needed(machine) -> None:
    write(machine, "memory.max", 2 * sizing.GB)
    with pytest.raises(DefinitionError, match=r"at least 3 GB .* gets 2.0 GB .* --memory"):
        sizing.driver_memory()


def test_a_heap_stays_below_where_pointers_double(machine, monkeypatch) -> None:
    parts = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 256 * sizing.GB // 4096}
    monkeypatch.setattr(os, "sysconf", parts.__getitem__)
    write(machine, "memory.max", 128 * sizing.GB)
    assert sizing.driver_memory() == f"{sizing.MOST_HEAP_GB * 1024}m"


def test_cores_are_those_that_this_process_may_use() -> None:
    assert sizing.cores() == 4


def test_a_quota_of_processors_is_rounded_up(machine) -> None:
    write(machine, "cpu/cpu.cfs_quota_us", 150_000)
    write(machine, "cpu/cpu.cfs_period_us", 100_000)
    assert sizing.cores() == 2
    write(machine, "cpu.max", "50000 100000")
    assert sizing.cores() == 1
    write(machine, "cpu.max", "max 100000")
    assert sizing.cores() == 4
