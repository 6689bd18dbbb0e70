"""A run that is told to stop ends between two steps, and the next one goes on from there."""

from __future__ import annotations

import os
import signal

import pytest

from jobs.errors import RunStopped
from jobs.report import Event
from jobs.run import run
from jobs.settings import RunSettings, Zones
from jobs.stopping import stop_on
from tests import small


def test_the_first_of_the_signals_is_remembered() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with stop_on(signal.SIGTERM, signal.SIGUSR1) as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop() and stop.signal == signal.SIGUSR1
    assert signal.getsignal(signal.SIGUSR1) == before


def test_a_stopped_run_begins_no_other_step_and_the_next_ends_in_the_same_tables(spark, tmp_path):
    def settings(name: str) -> RunSettings:
        small.write(small.FIRST_DAY, tmp_path / name / "landing")
        return RunSettings(Zones.under(str(tmp_path / name)), definition=str(small.SHOP))

    events: list[Event] = []

    def bronze_is_done() -> bool:
        return {e.table for e in events if e.state == "finished"} >= {"customers", "orders"}

    with pytest.raises(RunStopped, match="as it was told to"):
        run(settings("stopped"), events.append, bronze_is_done)
    assert {event.layer for event in events} == {"", "bronze"}
    assert not (tmp_path / "stopped" / "silver").exists()
    assert not (tmp_path / "stopped" / "bronze" / "_lake" / "lease.json").exists()

    run(settings("stopped"))
    run(settings("other"))
    small.same(spark, tmp_path / "stopped", tmp_path / "other")


def test_a_run_has_the_id_it_is_given(spark, tmp_path):
    settings = RunSettings(
        Zones.under(str(tmp_path)), definition=str(small.SHOP), run_id="20260101T060000-1a2b3c"
    )
    assert run(settings).run_id == "20260101T060000-1a2b3c"
