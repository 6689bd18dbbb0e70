"""One attempt of a run: how each end of the engine's is told in the run's state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jobs.errors import BooksDoNotBalance, LakeBusy
from jobs.report import Event, Failure, FileNote, Report
from jobs.settings import RunSettings, SparkSettings
from lake.box import work as module
from lake.box.state import Asked, Box, Runs
from lake.box.work import work
from lake.options import Place, place

RUN = "20260101T060000-1a2b3c"
HELD = FileNote("orders", "y.csv", "held", "its bytes changed")


class Engine:
    """Answers each call with the next of what it is given."""

    def __init__(self, *answers: Report | Exception) -> None:
        self.answers = list(answers)
        self.told: list[RunSettings] = []

    def __call__(self, settings: RunSettings, on_event, stopping) -> Report:
        self.told.append(settings)
        on_event(Event("bronze", "orders", "finished", "published", 0.1, 1))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(module, "spark_settings", lambda *_: SparkSettings())
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    return place({"root": str(tmp_path)})


def report(*notes: FileNote) -> Report:
    return Report(RUN, "done", (), (), notes, 1.0, 0.0)


def worked(monkeypatch, here: Place, engine: Engine, attempts: int = 1) -> tuple[Runs, int]:
    monkeypatch.setattr(module, "run", engine)
    runs = Runs(here.zones)
    for _ in range(attempts):
        state = runs.begin(RUN, Asked(("bronze",), period_from="2026-01-01"), Box("i-1"))
    return runs, work(here, runs, state)


def test_a_run_with_a_held_file_is_done_with_status_3(monkeypatch, here, capsys) -> None:
    engine = Engine(report(HELD))
    runs, status = worked(monkeypatch, here, engine)
    state = runs.find(RUN)
    assert status == 3 and (state.state, state.exit_status) == ("done", 3)
    assert state.report["notes"][0]["path"] == "y.csv"
    assert "held  orders/y.csv" in capsys.readouterr().out
    settings = engine.told[-1]
    assert (settings.layers, settings.period_from) == (("bronze",), "2026-01-01")
    assert settings.run_id == RUN


def test_an_error_ends_the_run_with_its_first_line_and_its_status(monkeypatch, here) -> None:
    with pytest.raises(BooksDoNotBalance):
        worked(monkeypatch, here, Engine(BooksDoNotBalance("1 is not 2\nand more")))
    state = Runs(here.zones).find(RUN)
    assert (state.state, state.exit_status, state.reason) == ("failed", 1, "1 is not 2")
    assert state.step == "bronze orders"


def test_a_run_of_which_a_table_failed_says_which_and_has_its_report(monkeypatch, here) -> None:
    failure = Failure("gold", "monthly", "its SQL is wrong; mend it.", 2, ("gold.yearly",))
    runs, status = worked(monkeypatch, here, Engine(replace(report(), failures=(failure,))))
    state = runs.find(RUN)
    assert (status, state.state, state.exit_status) == (2, "failed", 2)
    assert state.reason == "failed: gold.monthly: its SQL is wrong; mend it."
    assert state.report["failures"][0]["kept_back"] == ["gold.yearly"]


def test_a_lake_that_another_holds_for_longer_than_a_lease_ends_the_run(monkeypatch, here) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    engine = Engine(*[LakeBusy("held by run x")] * 100)
    with pytest.raises(LakeBusy):
        worked(monkeypatch, here, engine)
    assert Runs(here.zones).find(RUN).exit_status == 4
    assert 1 < len(engine.told) < 100


@pytest.mark.parametrize(("attempts", "run_id"), [(1, RUN), (2, f"{RUN}-2")])
def test_every_attempt_waits_for_the_lease_of_a_run_that_died(
    monkeypatch, here, attempts: int, run_id: str
) -> None:
    engine = Engine(LakeBusy("held by the dead"), LakeBusy("held by the dead"), report())
    runs, status = worked(monkeypatch, here, engine, attempts=attempts)
    assert status == 0 and runs.find(RUN).state == "done"
    assert engine.told[-1].run_id == run_id


def test_a_page_that_cannot_be_drawn_does_not_undo_the_run(monkeypatch, here) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no page")

    monkeypatch.setattr(module.facts, "page", broken)
    with pytest.raises(RuntimeError):
        worked(monkeypatch, here, Engine(report()))
    assert Runs(here.zones).find(RUN).state == "done"
