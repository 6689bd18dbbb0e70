"""Random rounds of kills, suspensions and damage: each ends in the tables of an undisturbed lake.

A round is told by its seed. CAMPAIGN_ROUNDS says how many there are (40 by default), and
CAMPAIGN_FROM which is the first: a campaign that was broken off goes on from there.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import LakeError
from jobs.settings import Limits
from tests.lakes import TinyLake
from tests.small_retail import FILES, all_of, land, small_retail
from tests.suspending import suspended, wake
from tests.test_damage import DAMAGES, TABLES
from tests.test_suspended import expire

FIRST = int(os.environ.get("CAMPAIGN_FROM", "0"))
ROUNDS = range(FIRST, FIRST + int(os.environ.get("CAMPAIGN_ROUNDS", "40")))
PLACES = (
    "bronze/people", "bronze/sales", "silver/people", "silver/goods", "silver/quarantine",
    "silver/sales", "gold/monthly", "gold/buyers", "gold/whole", "_lake/files", "_lake/runs",
)  # fmt: skip
LIMITS = ((), ("0", "5000"), ("0", "0"))


def killed(lake: TinyLake, dice: random.Random) -> str:
    """A run in a process of its own that dies on its way, if it comes by the place."""
    place, when = dice.choice(PLACES), dice.choice(("before", "after", "within"))
    seconds = str(round(dice.uniform(0.0, 1.5), 2))
    told = [str(lake.root / "lake"), lake.settings.definition, place, when, seconds]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.killed_run", *told, *dice.choice(LIMITS)],
        capture_output=True, text=True, start_new_session=True, timeout=600,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr[-2000:]
    return f"killed {when} {place}"


def overtaken(lake: TinyLake, dice: random.Random) -> str:
    """A run that stands still before a commit, while another takes over; then it wakes."""
    place = dice.choice(PLACES)
    try:
        with suspended(str(lake.root / "lake"), lake.settings.definition, place) as process:
            expire(lake)
            lake.run()
            errors = wake(process)
    except AssertionError:
        return f"nothing to suspend at {place}"
    assert "Traceback" not in errors or "jobs.errors." in errors, errors[-2000:]
    return f"overtaken at {place}"


def damaged(lake: TinyLake, dice: random.Random) -> str:
    """Another hand at a table; the run says so, or has nothing to do with it; a rebuild mends."""
    tables = [t for t in TABLES if (lake.root / "lake" / t / "_delta_log").is_dir()]
    if not tables:
        return "nothing to damage"
    table, damage = dice.choice(tables), dice.choice(DAMAGES)
    damage(lake.root / "lake" / table)
    try:
        lake.run()
    except LakeError as error:
        assert error.exit_status == 6, error
    lake.run(rebuild=True)
    return f"{damage.__name__} of {table}"


EVENTS = (killed, killed, overtaken, damaged)


@pytest.fixture(scope="module")
def undisturbed(spark, tmp_path_factory) -> dict[str, Any]:
    lake = small_retail(tmp_path_factory.mktemp("undisturbed"), spark)
    land(lake, *FILES)
    lake.run()
    return all_of(lake)


@pytest.mark.long
@pytest.mark.parametrize("seed", ROUNDS)
def test_a_round_ends_in_the_tables_of_an_undisturbed_lake(spark, undisturbed, tmp_path, seed):
    dice = random.Random(seed)
    lake = small_retail(tmp_path, spark)
    paths = sorted(FILES)
    dice.shuffle(paths)
    cut = dice.randrange(1, len(paths))
    happened = []
    for day in (paths[:cut], paths[cut:]):
        land(lake, *day)
        happened.append(dice.choice(EVENTS)(lake, dice))
        lake.run(limits=dice.choice((Limits(), Limits(in_memory=0), Limits(0, 0))))
    found = all_of(lake)
    different = {what: found[what] for what in undisturbed if found[what] != undisturbed[what]}
    assert different == {}, happened
    assert {table.status for table in lake.run().tables} == {"unchanged"}, happened
