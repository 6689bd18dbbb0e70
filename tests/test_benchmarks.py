"""The benchmark's files: each size's own, and days that can be added to a copy of a lake."""

from __future__ import annotations

import subprocess

from benchmarks import processes, suites
from benchmarks.processes import Timed
from benchmarks.suites import Bench
from lake.generate import generate_day


def test_a_day_can_be_added_to_a_copy_of_each_size_of_lake(tmp_path, monkeypatch):
    monkeypatch.setattr(suites, "timed", lambda command, **_: Timed(1.0, 1.0))
    bench = Bench(tmp_path, rounds=1)
    bench.ours(100)
    bench.ours(200)
    day = generate_day(bench.lake(100) / "landing", rows=5)
    assert day.files
    assert bench.lake(100).exists() and set(bench.cold) == {100, 200}


def test_a_child_is_counted_from_the_second_look_on(monkeypatch):
    """A fork shows its parent's memory until it has a program of its own."""
    looks = iter([{1: 100, 2: 100}, {1: 100, 3: 100}, {1: 100, 3: 10}])
    monkeypatch.setattr(processes, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(
        processes, "_resident", lambda pid: {k: v << 20 for k, v in next(looks, {}).items()}
    )
    with processes._watched(1) as peak, subprocess.Popen(["sleep", "0.5"]) as process:
        process.wait()
    assert peak.mb == 110
