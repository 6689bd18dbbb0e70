"""A run killed at any moment leaves a lake that the next run brings to the same tables."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lakes import TinyLake
from tests.small_retail import FILES, all_of, land, small_retail

FIRST = ("people/1.csv", "goods/1.csv", "sales/1.csv")
LATER = ("goods/2.csv",)  # comes only after the kill
SECOND = tuple(path for path in FILES if path not in (*FIRST, *LATER))
PLACES = [
    ("sales", "staged", 0.0),
    ("bronze/sales", "before", 0.0),
    ("bronze/sales", "after", 0.0),
    ("silver/quarantine", "after", 0.0),
    ("silver/sales", "within", 0.3),
    ("silver/sales", "after", 0.0),
    ("gold/monthly", "before", 0.0),
    ("gold/monthly", "after", 0.0),
    # Of more rows than are held in memory: a few replaced by name, or merged.
    ("silver/people", "after", 0.0, 0, 5_000),
    ("silver/sales", "within", 0.3, 0, 5_000),
    ("silver/sales", "within", 0.3, 0, 0),
]


@pytest.fixture(scope="module")
def day_one(spark, tmp_path_factory) -> TinyLake:
    """A lake after its first day, its second day landed."""
    lake = small_retail(tmp_path_factory.mktemp("day_one"), spark)
    land(lake, *FIRST)
    lake.run()
    land(lake, *SECOND)
    return lake


def copy_of(lake: TinyLake, root: Path) -> TinyLake:
    shutil.copytree(lake.root, root, dirs_exist_ok=True)
    return small_retail(root, lake.session)


@pytest.fixture(scope="module")
def undisturbed(day_one, tmp_path_factory) -> dict[str, Any]:
    """What the lake comes to when nobody kills anything."""
    lake = copy_of(day_one, tmp_path_factory.mktemp("undisturbed"))
    land(lake, *LATER)
    lake.run()
    return all_of(lake)


def killed(lake: TinyLake, *place: str | float) -> None:
    """Runs the lake in a process of its own that is killed on its way."""
    told = [str(lake.root / "lake"), lake.settings.definition, *map(str, place)]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.killed_run", *told],
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=300,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_run_is_followed_by_the_same_tables(day_one, undisturbed, tmp_path, place):
    lake = copy_of(day_one, tmp_path)
    killed(lake, *place)
    # What arrives meanwhile may release rows that the killed run had put into quarantine.
    land(lake, *LATER)
    lake.run()
    found = all_of(lake)
    assert {what: found[what] for what in undisturbed if found[what] != undisturbed[what]} == {}
    assert {table.status for table in lake.run().tables} == {"unchanged"}
