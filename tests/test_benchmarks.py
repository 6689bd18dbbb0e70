"""The benchmark's files: each size's own, and days that can be added to a copy of a lake."""

from __future__ import annotations

from benchmarks import suites
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
