"""What another hand did to a lake is noticed before anything is published; a rebuild mends it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.commits import last_commit
from jobs.delta import commit as delta
from jobs.delta.commit import Entry
from jobs.delta.heads import Heads
from jobs.errors import LakeDamaged
from jobs.settings import Zones
from jobs.storage import Storage
from tests.lakes import TinyLake
from tests.small_retail import all_of, land, small_retail

DAYS = (
    ("people/1.csv", "goods/1.csv", "sales/1.csv"),
    ("goods/2.csv", "sales/3.csv"),
    ("people/2.csv", "goods/3.csv", "sales/2.csv"),
)
TABLES = (
    "bronze/sales", "silver/sales", "gold/monthly", "silver/quarantine", "bronze/_lake/files",
    "bronze/_lake/runs",
)  # fmt: skip


MARTS = ("gold.monthly", "gold.buyers", "gold.whole")
# What is kept back where a table is damaged; of the others, which of them stops the whole run.
DEPEND: dict[str, tuple[str, ...]] = {
    "bronze/sales": ("silver.sales", *MARTS),
    "silver/sales": MARTS,
    "gold/monthly": ("gold.whole",),
}
# What the run after the third day publishes all the same.
OTHERS = {"bronze/people", "bronze/goods", "silver/people", "silver/goods"}
MOVES = {
    "bronze/sales": OTHERS,
    "silver/sales": {*OTHERS, "bronze/sales"},
    "gold/monthly": {*OTHERS, "bronze/sales", "silver/sales", "silver/quarantine", "gold/buyers"},
}


def deleted(table: Path) -> None:
    shutil.rmtree(table)


def log(table: Path) -> list[Path]:
    return sorted((table / "_delta_log").glob("*.json"))


def last_entry_deleted(table: Path) -> None:
    log(table)[-1].unlink()


def last_entry_cut(table: Path) -> None:
    entry = log(table)[-1]
    entry.write_bytes(entry.read_bytes()[: entry.stat().st_size // 2])


def log_emptied(table: Path) -> None:
    for entry in log(table):
        entry.unlink()


def first_entry_deleted(table: Path) -> None:
    log(table)[0].unlink()


def restored(table: Path) -> None:
    from deltalake import DeltaTable

    DeltaTable(str(table)).restore(0)


def appended(table: Path) -> None:
    """Rows of another writer: those that are there, once more."""
    from deltalake import DeltaTable, write_deltalake

    write_deltalake(str(table), DeltaTable(str(table)).to_pyarrow_table(), mode="append")


def file_deleted(table: Path) -> None:
    version = last_commit(str(table)).version
    (table / delta.open_at(str(table), version).files[0].path).unlink()


DAMAGES: tuple[Callable[[Path], None], ...] = (
    deleted, last_entry_deleted, last_entry_cut, log_emptied, first_entry_deleted, restored,
    appended, file_deleted,
)  # fmt: skip


def no_spark() -> Any:
    raise AssertionError("what a log says is read without Spark")


@pytest.fixture(scope="module")
def two_days(spark, tmp_path_factory) -> TinyLake:
    """A lake after two runs, with a third day landed."""
    lake = small_retail(tmp_path_factory.mktemp("two_days"), spark)
    for day in DAYS[:2]:
        land(lake, *day)
        lake.run()
    land(lake, *DAYS[2])
    return lake


@pytest.fixture(scope="module")
def undisturbed(spark, tmp_path_factory) -> dict[str, Any]:
    lake = small_retail(tmp_path_factory.mktemp("undisturbed"), spark)
    for day in DAYS:
        land(lake, *day)
    lake.run()
    return all_of(lake)


def copy_of(lake: TinyLake, root: Path) -> TinyLake:
    shutil.copytree(lake.root, root, dirs_exist_ok=True)
    return small_retail(root, lake.session)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("table", TABLES)
def test_a_damaged_table_is_named_with_the_cure(two_days, tmp_path, table, damage):
    zones, there = Zones.under(str(tmp_path)), two_days.root / "lake"
    for path in (table, "bronze/_lake/tables.json"):
        copy = shutil.copytree if (there / path).is_dir() else shutil.copy
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        copy(there / path, tmp_path / path)
    Storage(no_spark, heads=Heads.read(zones)).refuse_damaged(str(tmp_path / table))
    damage(tmp_path / table)
    with pytest.raises(LakeDamaged) as told:
        Storage(no_spark, heads=Heads.read(zones)).refuse_damaged(str(tmp_path / table))
    assert table in str(told.value) and "lake rebuild" in str(told.value)
    assert told.value.exit_status == 6


@pytest.mark.parametrize("table", TABLES)
def test_a_run_publishes_nothing_that_depends_on_a_damaged_table(two_days, tmp_path, table):
    lake = copy_of(two_days, tmp_path)
    deleted(lake.root / "lake" / table)
    before = lake.versions()
    depend = DEPEND.get(table)
    if depend is None:
        with pytest.raises(LakeDamaged, match=table):
            lake.run()
    else:
        report = lake.run(raises=False)
        (failure,) = report.failures
        assert (report.status, report.exit_status) == ("failed", 6)
        assert table in failure.message and "lake rebuild" in failure.message
        assert sorted(failure.kept_back) == sorted(depend)
    moved = {t.removeprefix("lake/") for t, v in lake.versions().items() if v != before[t]}
    published = {t for t in moved if "/_lake/" not in t}
    assert published == MOVES.get(table, set())


@pytest.mark.parametrize("turn", range(0, len(DAMAGES), 3))
def test_a_rebuild_makes_a_damaged_lake_anew_from_landing(two_days, undisturbed, tmp_path, turn):
    lake = copy_of(two_days, tmp_path)
    for number, table in enumerate(TABLES):
        DAMAGES[(turn + number) % len(DAMAGES)](lake.root / "lake" / table)
    lake.run(rebuild=True)
    found = all_of(lake)
    assert {what: found[what] for what in undisturbed if found[what] != undisturbed[what]} == {}
    assert {table.status for table in lake.run().tables} == {"unchanged"}


def test_a_lake_without_its_bookkeeping_is_told_and_made_anew(two_days, undisturbed, tmp_path):
    lake = copy_of(two_days, tmp_path)
    shutil.rmtree(lake.zones.lake)
    with pytest.raises(LakeDamaged, match=r"files\.json is gone"):
        lake.run()
    lake.run(rebuild=True)
    assert all_of(lake) == undisturbed
    assert {table.status for table in lake.run().tables} == {"unchanged"}


def test_a_writer_that_read_the_lost_table_cannot_commit_to_the_new_one(two_days, tmp_path):
    lake = copy_of(two_days, tmp_path)
    path = lake.path("silver.sales")
    old = delta.open_at(path, last_commit(path).version)
    deleted(Path(path))
    lake.run(rebuild=True)
    new = last_commit(path)
    with pytest.raises(delta.Overtaken):
        delta.commit(old, [], [], Entry({}, "late"))
    assert last_commit(path) == new


def test_a_run_that_was_killed_before_it_wrote_down_its_commits_is_no_other_hand(
    two_days, undisturbed, tmp_path
):
    lake = copy_of(two_days, tmp_path)
    state = lake.root / "lake/bronze/_lake/tables.json"
    before = state.read_bytes()
    lake.run()
    state.write_bytes(before)
    assert {table.status for table in lake.run().tables} == {"unchanged"}
    assert all_of(lake) == undisturbed
