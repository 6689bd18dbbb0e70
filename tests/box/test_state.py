"""The state of runs: one open at a time, found again from anywhere, whatever became of its box."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from jobs.errors import LakeBusy, LakeError
from jobs.settings import Zones
from lake.box.state import DONE, INTERRUPTED, Asked, Box, Runs, RunState

RUNS = [f"2026010{day}T060000-1a2b3c" for day in range(1, 8)]
HERE = Box("i-1", "lake:1", "/shop/box", f"run/{RUNS[0]}")


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(Zones.under(str(tmp_path)))


def test_a_state_is_read_back_as_it_was_written(runs: Runs) -> None:
    asked = Asked(("bronze", "gold"), True, "2026-01-01", "2026-02-01")
    begun = runs.begin(RUNS[0], asked, HERE)
    assert runs.find(RUNS[0]) == begun == runs.open_run()
    assert (begun.state, begun.attempt, begun.asked, begun.box) == ("running", 1, asked, HERE)


def test_it_is_kept_beside_the_lakes_own_things(runs: Runs, tmp_path: Path) -> None:
    runs.ask(RUNS[0], Asked())
    assert (tmp_path / "bronze" / "_lake" / "runs-state" / f"{RUNS[0]}.json").exists()


def test_what_a_newer_version_adds_to_a_state_is_left_out(runs: Runs) -> None:
    told = {**json.loads(runs.ask(RUNS[0], Asked()).as_json()), "colour": "blue"}
    assert RunState.of(json.dumps(told).encode()).run_id == RUNS[0]


def test_of_many_that_ask_at_once_one_is_taken_and_named_to_the_others(runs: Runs) -> None:
    def ask(run_id: str) -> str:
        try:
            return runs.ask(run_id, Asked()).run_id
        except LakeBusy as busy:
            return str(busy)

    with ThreadPoolExecutor(len(RUNS)) as pool:
        answers = list(pool.map(ask, RUNS))
    (taken,) = set(answers) & set(RUNS)
    assert runs.open_run().run_id == taken


def test_a_run_that_ended_makes_way_for_the_next(runs: Runs) -> None:
    runs.end(runs.begin(RUNS[0], Asked(), HERE), DONE, exit_status=0, report={"status": "done"})
    first = runs.find(RUNS[0])
    assert first.over and first.ended and first.report == {"status": "done"}
    runs.begin(RUNS[1], Asked(), HERE)
    assert runs.open_run().run_id == RUNS[1]


def test_a_run_goes_on_as_it_was_asked_first(runs: Runs) -> None:
    first = runs.begin(RUNS[0], Asked(("gold",)), HERE)
    runs.end(first, INTERRUPTED, "its box goes away")
    again = runs.begin(RUNS[0], Asked(), Box("i-2"))
    assert (again.attempt, again.died, again.box.instance) == (2, 0, "i-2")
    assert again.asked.layers == ("gold",) and again.started == first.started


def test_a_run_that_vanishes_on_one_box_three_times_is_over(runs: Runs) -> None:
    for attempt in (1, 2, 3):
        assert runs.begin(RUNS[0], Asked(), HERE).attempt == attempt
    with pytest.raises(LakeError, match=r"is over .failed: it ended without a word 3 times"):
        runs.begin(RUNS[0], Asked(), HERE)
    assert runs.open_run() is None


def test_a_run_whose_boxes_vanish_goes_on_however_often(runs: Runs) -> None:
    for number in range(1, 8):
        state = runs.begin(RUNS[0], Asked(), Box(f"i-{number}"))
        assert (state.attempt, state.died, state.state) == (number, 0, "running")


def test_a_step_that_ended_for_the_first_time_begins_the_count_of_deaths_anew(runs: Runs) -> None:
    state = runs.begin(RUNS[0], Asked(), HERE)
    for step in ("bronze orders", "silver orders"):
        for _ in range(2):
            state = runs.died(runs.write(state.ended_step(step)), "killed")
        assert (state.state, state.died) == ("interrupted", 2)
    assert state.steps == ("bronze orders", "silver orders") == runs.find(RUNS[0]).steps
    # What every attempt does again before it dies is no way gone.
    assert runs.died(state.ended_step("bronze orders"), "killed").state == "failed"


def test_the_latest_runs_come_newest_first(runs: Runs) -> None:
    for run_id in RUNS:
        runs.end(runs.ask(run_id, Asked()), DONE, exit_status=0)
    assert [state.run_id for state in runs.latest(3)] == RUNS[:-4:-1]
    assert runs.find("20270101T060000-1a2b3c") is None


def test_on_s3_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="shop")
        runs = Runs(Zones.under("s3://shop/lake"))
        runs.begin(RUNS[0], Asked(), HERE)
        with pytest.raises(LakeBusy, match=RUNS[0]):
            runs.ask(RUNS[1], Asked())
        runs.end(runs.find(RUNS[0]), DONE, exit_status=3)
        assert runs.latest()[0].exit_status == 3 and runs.open_run() is None
