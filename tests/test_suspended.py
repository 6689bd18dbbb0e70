"""A run that was suspended and overtaken adds nothing when it wakes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from jobs.files import open_store
from jobs.lease import LEASE
from jobs.load import load
from jobs.upkeep import tables
from tests.lakes import TinyLake
from tests.small_retail import FILES, all_of, land, small_retail
from tests.suspending import suspended, wake

FIRST = ("people/1.csv", "goods/1.csv", "sales/1.csv")
SECOND = tuple(path for path in FILES if path not in FIRST)


def expire(lake: TinyLake) -> None:
    """As if the suspended run had not renewed its lease for two minutes."""
    lease, long_ago = Path(lake.zones.lake) / LEASE, time.time() - 120
    os.utime(lease, (long_ago, long_ago))


def test_a_run_that_wakes_after_another_took_over_cannot_commit(spark, tmp_path):
    lake = small_retail(tmp_path, spark)
    land(lake, *FIRST)
    lake.run()
    land(lake, *SECOND)
    root, definition = str(lake.root / "lake"), lake.settings.definition
    with suspended(root, definition, "silver/sales") as process:
        expire(lake)
        lake.run()
        found, versions = all_of(lake), lake.versions()
        errors = wake(process)
    assert "another writer committed version" in errors
    assert (all_of(lake), lake.versions()) == (found, versions)
    assert {table.status for table in lake.run().tables} == {"unchanged"}


def test_whoever_takes_over_an_expired_lease_makes_every_older_handle_stale(spark, tmp_path):
    lake = small_retail(tmp_path, spark)
    land(lake, *FIRST)
    lake.run()
    before = lake.versions()
    body = json.dumps({"run_id": "other", "host": "x", "holder": "another machine"}).encode()
    open_store(lake.zones.lake).write_bytes(LEASE, body)
    expire(lake)
    assert {table.status for table in lake.run().tables} == {"unchanged"}
    after = lake.versions()
    assert {t: after[t] - v for t, v in before.items()} == dict.fromkeys(before, 1)
    there = set(tables(load(lake.settings.definition), lake.zones))
    assert {str(lake.root / table) for table in before} <= there
