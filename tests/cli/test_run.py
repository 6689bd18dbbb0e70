"""`lake run` hands the engine what was typed, and tells what the engine reports."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

import jobs.accept
import jobs.run
import jobs.upkeep
from jobs.errors import BooksDoNotBalance, LakeBusy, RetryableError
from jobs.report import (
    Books,
    Doubt,
    Event,
    Failure,
    FileNote,
    Replaced,
    Report,
    TableResult,
)
from jobs.settings import RunSettings, Zones
from jobs.upkeep import Kept

BOOKS = Books("orders", 1100, 1000, 60, 40, {"failed: quantity is positive": 60})
REPORT = Report(
    run_id="run-7", status="done", books=(BOOKS,), notes=(), seconds=9.0, startup_seconds=2.5,
    tables=(
        TableResult("bronze", "orders", 1100, 1100, 1.0, 0, "published"),
        TableResult("gold", "monthly", 1000, 2, 1.0, 1, "published"),
    ),
)  # fmt: skip
NOTES = (
    FileNote("orders", "x.csv", "refused", "is not UTF-8"),
    FileNote("orders", "y.csv", "held", "its bytes changed"),
)


class Engine:
    """Stands where the engine stands: remembers what it was told and answers as it is set."""

    answer: Report | Exception = REPORT
    told: RunSettings | None = None

    def run(
        self,
        settings: RunSettings,
        on_event: Callable[[Event], None],
        stopping: Callable[[], bool],
    ) -> Report:
        self.told = settings
        on_event(Event("", "spark", "finished", "", 2.5))
        on_event(Event("bronze", "orders", "started"))
        on_event(Event("bronze", "orders", "finished", "published", 1.0, 1100))
        on_event(Event("silver", "orders", "finished", "unchanged", 0.1))
        if isinstance(self.answer, Exception):
            on_event(Event("gold", "monthly", "failed", str(self.answer), 0.2))
            raise self.answer
        on_event(Event("gold", "monthly", "finished", "published", 1.0, 2))
        return self.answer


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr(jobs.run, "run", engine.run)
    return engine


def words(page: str) -> list[list[str]]:
    """The cells of every line of a page."""
    return [re.split(r"\s{2,}", line.strip()) for line in page.splitlines()]


def test_the_page_has_the_books_with_their_sum(engine: Engine, lake) -> None:
    page = words(lake("run").stdout)
    assert ["orders", "1,100", "1,000", "60", "40", "is right"] in page
    assert ["all", "1,100", "1,000", "60", "40", "is right"] in page
    assert ["orders", "failed: quantity is positive", "60"] in page


def test_what_is_on_hold_or_rejected_is_counted_beside_the_sum(engine: Engine, lake) -> None:
    held = replace(BOOKS, on_hold=266, files_on_hold=1, files_rejected=2)
    engine.answer = replace(REPORT, books=(held,))
    page = lake("run").stdout
    assert ["orders", "1,100", "1,000", "60", "40", "is right", "266"] in words(page)
    assert ["all", "1,100", "1,000", "60", "40", "is right", "266"] in words(page)
    assert "on hold: 266 records in 1 file of orders" in page
    assert "rejected: 2 files of orders, whose records are not counted" in page


def test_a_key_in_doubt_is_the_last_thing_that_is_said(engine: Engine, lake) -> None:
    doubts = (Doubt("b.csv", 30, 20, 40), Doubt("a.csv", 21, 21, 99))
    engine.answer = replace(REPORT, replaced=(Replaced("orders", ("id", "no"), 7, 51, doubts),))
    page = lake("run").stdout
    assert ["orders", "7", "51"] in words(page)
    last = page.splitlines()[-1]
    assert "51 rows of orders replaced rows of another date: is the key (id, no) right?" in last
    assert "orders/b.csv (30 rows replaced, 40 records in it) and 1 more file." in last
    assert "key=" in last and "latest_by=" in last


def test_books_that_do_not_balance_are_never_called_right(engine: Engine, lake) -> None:
    wrong = Books("orders", 1100, 1000, 60, 41)
    engine.answer = Report("r", "done", (wrong,), (), (), 1.0, 0.0)
    page = lake("run").stdout
    assert "DOES NOT HOLD" in page
    assert "is right" not in page


def test_the_page_ends_with_a_mart_where_the_tables_are_and_what_to_type(
    engine: Engine, lake, built_lake: Path
) -> None:
    page = lake("run").stdout
    assert "gold.monthly: One row per month." in page
    assert "12345678901234567890.12" in page
    assert str(built_lake / "silver") in page
    assert f'lake query "SELECT * FROM gold.monthly LIMIT 20" --root {built_lake}' in page


def test_each_step_is_a_line_where_nobody_watches(engine: Engine, lake) -> None:
    lines = lake("run").stdout.splitlines()[:4]
    assert lines == [
        "spark: ready in 2.5 s",
        "bronze orders: 1,100 rows in 1.0 s",
        "silver orders: unchanged",
        "gold monthly: 2 rows in 1.0 s",
    ]


def test_a_run_that_found_nothing_new_says_so(engine: Engine, lake) -> None:
    engine.answer = Report("r", "unchanged", (BOOKS,), (), (), 1.0, 0.0)
    answer = lake("run")
    assert answer.exit_code == 0
    assert "nothing new: nothing changed" in answer.stdout
    assert "rows/s" not in answer.stdout


def test_a_lake_without_landing_files_says_where_they_go(engine: Engine, lake, built_lake) -> None:
    engine.answer = Report("r", "unchanged", (), (), (), 1.0, 0.0)
    assert f"No file has landed in {built_lake}/landing yet" in lake("run").stdout


def test_a_refused_and_a_held_file_are_named_and_the_status_is_3(engine: Engine, lake) -> None:
    engine.answer = Report("r", "attention", (BOOKS,), (), NOTES, 1.0, 0.0)
    answer = lake("run")
    assert answer.exit_code == 3
    assert "refused  orders/x.csv: is not UTF-8" in answer.stdout
    assert "held  orders/y.csv: its bytes changed" in answer.stdout
    assert "lake accept SOURCE/FILE" in answer.stdout


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BooksDoNotBalance("The sum is 9, not 10."), 1),
        (LakeBusy("The lake is held by run r."), 4),
        (RetryableError("S3 did not answer."), 5),
        (ZeroDivisionError("division by zero"), 1),
    ],
)
def test_an_error_is_a_line_on_stderr_and_a_status(
    error: Exception, status: int, engine: Engine, lake
) -> None:
    engine.answer = error
    answer: Result = lake("run")
    assert answer.exit_code == status
    assert str(error) in answer.stderr
    assert answer.stderr.count("\n") <= 2
    assert "Traceback" not in answer.output
    assert "Traceback" in lake("run", "--debug").stderr


def test_an_interrupted_run_says_that_nothing_is_half_done(
    monkeypatch: pytest.MonkeyPatch, lake
) -> None:
    def stopped(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs.run, "run", stopped)
    answer = lake("run")
    assert answer.exit_code == 130
    assert "Nothing is half done" in answer.stderr


def test_what_was_typed_reaches_the_engine(engine: Engine, lake, built_lake: Path) -> None:
    lake("run", "--layer", "gold", "--layer", "bronze", "--from", "2024-01-01", "--memory", "3g",
         "--conf", "spark.a=b=c", "--silver", "s3a://other/silver")  # fmt: skip
    told = engine.told
    assert told is not None
    assert told.layers == ("bronze", "gold"), "in the order in which they run"
    assert (told.period_from, told.period_to, told.rebuild) == ("2024-01-01", "", False)
    assert told.zones == Zones(
        f"{built_lake}/landing", f"{built_lake}/bronze", "s3a://other/silver", f"{built_lake}/gold"
    )
    assert (told.spark.memory, dict(told.spark.conf)) == ("3g", {"spark.a": "b=c"})
    names = " ".join(Path(jar).name for jar in told.spark.jars)
    assert "delta-spark" in names
    assert "hadoop-aws" in names, "a zone on S3 needs its connector"


def test_rebuild_is_a_run_of_everything_anew(engine: Engine, lake) -> None:
    assert lake("rebuild").exit_code == 0
    assert engine.told is not None
    assert (engine.told.rebuild, engine.told.layers) == (True, ("bronze", "silver", "gold"))


def test_a_malformed_setting_is_wrong_usage(engine: Engine, lake) -> None:
    answer = lake("run", "--conf", "spark.a")
    assert (answer.exit_code, engine.told) == (2, None)
    assert "key=value" in answer.stderr


def test_the_report_as_json_is_all_that_stdout_has(engine: Engine, lake) -> None:
    engine.answer = Report("r", "attention", (BOOKS,), REPORT.tables, NOTES, 1.0, 0.0)
    answer = lake("run", "--json")
    told = json.loads(answer.stdout)
    assert (answer.exit_code, told["exit_status"]) == (3, 3)
    assert told["books"][0]["balanced"] is True
    assert told["notes"][1]["status"] == "held"
    assert set(told["layers"]) == {"bronze", "silver", "gold"}


def test_accept_hands_over_the_patterns_and_names_the_files(
    monkeypatch: pytest.MonkeyPatch, lake
) -> None:
    asked = []

    def accept(settings: RunSettings, patterns: tuple[str, ...]) -> tuple[FileNote, ...]:
        asked.append(patterns)
        return (FileNote("orders", "d.csv", "accepted", ""),)

    monkeypatch.setattr(jobs.accept, "accept", accept)
    answer = lake("accept", "orders/*", "orders/d.csv")
    assert asked == [("orders/*", "orders/d.csv")]
    assert "accepted orders/d.csv\nNext: lake run" in answer.stdout


def test_optimize_tells_what_each_table_kept(
    monkeypatch: pytest.MonkeyPatch, lake, built_lake: Path
) -> None:
    def optimize(settings: RunSettings, hours: int) -> tuple[Kept, ...]:
        assert hours == 48
        return (
            Kept(f"{built_lake}/silver/orders", 12, False, "monthly has not consumed it yet"),
            Kept(f"{built_lake}/gold/monthly", 0, True),
        )

    monkeypatch.setattr(jobs.upkeep, "optimize", optimize)
    page = words(lake("optimize", "--retention-hours", "48").stdout)
    assert ["silver/orders", "12", "no: monthly has not consumed it yet"] in page
    assert ["gold/monthly", "0", "yes"] in page


def test_an_error_of_spark_s_is_told_by_its_cause(engine: Engine, lake) -> None:
    engine.answer = RuntimeError(
        "An error occurred while calling o270.save.\n: org.apache.spark.SparkException: Job aborted"
        "\n\tat a.b.c\nCaused by: java.io.IOException: No space left on device\n\tat d.e.f\n"
    )
    answer = lake("run")
    assert answer.stderr == (
        "Error: the lake's disk: there is no space left; free some space, and run it again.\n"
    )
    assert answer.exit_code == 5


def failed_report() -> Report:
    def failure(table: str, message: str, status: int, *kept_back: str) -> Failure:
        try:
            raise ZeroDivisionError(f"{table} by zero")
        except ZeroDivisionError as error:
            return Failure("silver", table, message, status, kept_back, error)

    failures = (failure("people", "S3 did not answer; run it again.", 5),
                failure("orders", "its id is two; mend it.", 1, "gold.monthly"))  # fmt: skip
    return replace(REPORT, status="failed", failures=failures)


def test_what_failed_and_what_it_kept_back_are_the_last_lines(engine: Engine, lake) -> None:
    engine.answer = failed_report()
    answer = lake("run")
    assert answer.exit_code == 1, "that of the worst"
    assert answer.stdout.splitlines()[-3:] == [
        "kept back because of silver.orders: gold.monthly",
        "failed: silver.people: S3 did not answer; run it again.",
        "failed: silver.orders: its id is two; mend it.",
    ]
    assert ["all", "1,100", "1,000", "60", "40", "is right"] in words(answer.stdout)
    assert "Traceback" not in answer.output
    assert "ZeroDivisionError: orders by zero" in lake("run", "--debug").stderr


def test_what_failed_is_in_the_report_for_scripts(engine: Engine, lake) -> None:
    engine.answer = failed_report()
    answer = lake("run", "--json")
    told = json.loads(answer.stdout)
    assert (answer.exit_code, told["status"], told["exit_status"]) == (1, "failed", 1)
    assert told["failures"][1] == {
        "layer": "silver", "table": "orders", "message": "its id is two; mend it.",
        "exit_status": 1, "kept_back": ["gold.monthly"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "worst"), [((1, 6, 2), 6), ((5, 1, 2), 2), ((5, 1), 1), ((5, 5), 5), ((5, 3), 1)]
)
def test_the_exit_status_is_that_of_the_worst_failure(
    statuses: tuple[int, ...], worst: int
) -> None:
    failures = tuple(Failure("gold", "m", "", status) for status in statuses)
    assert replace(REPORT, failures=failures, notes=NOTES).exit_status == worst
