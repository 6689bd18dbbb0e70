"""One bad thing stops one thing: what depends on it is kept back, all else is published."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from jobs import layers, ledger
from jobs.delta.heads import Heads
from jobs.errors import LeaseLost, RetryableError
from jobs.ledger import Files
from tests.lakes import TinyLake
from tests.small_retail import FILES, WHOLE, all_of, land, small_retail

FIRST = ("people/1.csv", "goods/1.csv", "sales/1.csv")
REST = tuple(path for path in FILES if path not in FIRST)
MARTS = ("gold.monthly", "gold.buyers", "gold.whole")


@pytest.fixture(scope="module")
def undisturbed(spark, tmp_path_factory) -> dict[str, Any]:
    lake = small_retail(tmp_path_factory.mktemp("undisturbed"), spark)
    for paths in (FIRST, REST):
        land(lake, *paths)
        lake.run()
    return all_of(lake)


@pytest.fixture
def lake(spark, tmp_path) -> TinyLake:
    """A lake after one run, with more landed."""
    lake = small_retail(tmp_path, spark)
    land(lake, *FIRST)
    lake.run()
    land(lake, *REST)
    return lake


def failing(monkeypatch, step: str, name: str, error: BaseException) -> None:
    """Lets one source's or mart's step fail."""
    make = getattr(layers, step)

    def made(lake: Any, item: Any) -> Any:
        if item.name == name:
            with lake.step("failing", name):
                raise error
        return make(lake, item)

    monkeypatch.setattr(layers, step, made)


@pytest.mark.parametrize(
    ("step", "name", "failed", "kept_back"),
    [
        ("ingest", "people", "bronze.people", ("silver.people", "silver.sales", *MARTS)),
        ("refine", "people", "silver.people", ("silver.sales", *MARTS)),
        ("summarise", "monthly", "gold.monthly", ("gold.whole",)),
    ],
)
def test_what_fails_keeps_back_what_depends_on_it_and_nothing_else(
    lake, undisturbed, monkeypatch, step, name, failed, kept_back
):
    was = lake.versions()
    with monkeypatch.context() as patch:
        failing(patch, step, name, ValueError("two\nlines"))
        report = lake.run(raises=False)
    (failure,) = report.failures
    assert (failure.name, report.status, report.exit_status) == (failed, "failed", 1)
    assert sorted(failure.kept_back) == sorted(kept_back)
    moved = {t.removeprefix("lake/") for t, v in lake.versions().items() if v != was.get(t)}
    held_back = {of.replace(".", "/") for of in (failed, *kept_back)}
    tables = {t.removeprefix("lake/") for t in lake.versions()}
    silver_fails = failed.startswith("silver") or any(t.startswith("silver") for t in kept_back)
    may_stay = {"silver/quarantine"} if silver_fails else set()
    assert not moved & held_back
    assert tables - moved - held_back - may_stay == set()
    ledger_rows = lake.session.read.format("delta").load(lake.zones.runs)
    told = ledger_rows.where("status = 'failed'").select("layer", "table_name").collect()
    assert [".".join(row) for row in told] == [failed]
    lake.run()
    assert all_of(lake) == undisturbed


def test_a_mart_that_only_spark_can_judge_is_told_with_its_name(lake):
    lake.define(whole=WHOLE.replace("sum(n)", "sum(nothing)"))
    report = lake.run(raises=False)
    (failure,) = report.failures
    assert (failure.name, report.exit_status) == ("gold.whole", 2)
    assert "nothing" in failure.line and "\n" not in failure.line


def test_a_run_that_was_overtaken_writes_nothing_more(lake, monkeypatch):
    error = LeaseLost("lost")
    failing(monkeypatch, "refine", "goods", error)
    written: list[str] = []
    for writes in ((Files, "publish"), (ledger, "add_runs"), (Heads, "publish")):
        monkeypatch.setattr(*writes, lambda *_: written.append("written"))
    was = lake.versions()
    with pytest.raises(type(error)) as raised:
        lake.run()
    assert raised.value is error
    assert written == []
    moved = {t.removeprefix("lake/") for t, v in lake.versions().items() if v != was.get(t)}
    assert not [table for table in moved if table.startswith("gold")]


def test_no_later_error_hides_a_full_disk(lake, monkeypatch, tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "lake" / "silver"))

    def fails(*_: object) -> None:
        raise RuntimeError("and then the bookkeeping failed")

    failing(monkeypatch, "refine", "goods", full)
    monkeypatch.setattr(Files, "publish", fails)
    with pytest.raises(RetryableError) as raised:
        lake.run()
    assert raised.value.exit_status == 5
    assert f"{tmp_path}/lake/silver" in str(raised.value) and "space" in str(raised.value)
    assert raised.value.__cause__ is full
