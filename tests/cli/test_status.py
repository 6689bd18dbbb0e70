"""What a lake holds and what waits, without a JVM."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


def test_tables_are_listed_with_their_version_and_rows(lake_json) -> None:
    tables = {
        (t["layer"], t["table"]): (t["version"], t["rows"]) for t in lake_json("status")["tables"]
    }
    assert tables == {
        ("bronze", "orders"): (0, 2), ("silver", "orders"): (0, 1),
        ("silver", "quarantine"): (0, 4), ("gold", "monthly"): (1, 3),
    }  # fmt: skip


def test_a_file_is_in_the_state_of_its_latest_event_and_of_its_bytes(lake_json) -> None:
    files = {f["path"]: f["status"] for f in lake_json("status")["files"]}
    assert files == {
        "b.csv": "changed", "c.csv": "refused", "d.csv": "held", "e.csv": "new",
        "gone.csv": "gone",
    }  # fmt: skip


def test_the_page_says_what_to_do_about_what_waits(lake) -> None:
    page = lake("status").stdout
    assert 'refused  orders/c.csv: has no column "order_id"' in page
    assert "lake accept" in page
    assert "takes what waits" in page


def test_the_last_runs_are_summed_over_their_tables(lake_json) -> None:
    assert lake_json("status")["runs"] == [
        {"run_id": "run-1", "started": "2024-03-01 12:30:00", "seconds": 60.0, "tables": 2,
         "rows_in": 4, "gold_rows": 2}
    ]  # fmt: skip


def test_who_holds_the_lake_is_told_until_the_lease_is_over(
    lake_folder: Path, lake, lake_json
) -> None:
    lease = lake_folder / "bronze" / "_lake" / "lease.json"
    told = {"run_id": "run-9", "holder": "elsewhere process 7", "since": "2024-03-01 12:00:00 UTC"}
    lease.write_text(json.dumps(told))
    assert lake_json("status", root=lake_folder)["holder"] == told
    assert (
        "Run run-9 (elsewhere process 7) holds the lake" in lake("status", root=lake_folder).stdout
    )
    os.utime(lease, (time.time() - 61,) * 2)
    assert lake_json("status", root=lake_folder)["holder"] is None


def test_a_lake_that_does_not_exist_yet_is_an_empty_one(lake, tmp_path: Path) -> None:
    answer = lake("status", root=tmp_path / "none")
    assert answer.exit_code == 0
    assert "There are no tables yet" in answer.stdout
    assert not (tmp_path / "none").exists(), "asking made something"
