"""What a lake holds and what waits, without a JVM."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest


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
        "gone.csv": "gone", "notes.txt": "ignored",
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


@pytest.mark.parametrize(
    "words",
    ["status", "query SELECT", "report", "quarantine", "lineage m", "optimize", "diff t",
     "export m x.csv", "accept s/f.csv", "rebuild"],
)  # fmt: skip
def test_a_folder_without_a_lake_is_said_to_have_none(lake, tmp_path: Path, words: str) -> None:
    answer = lake(*words.split(), root=tmp_path / "none")
    assert answer.exit_code == 2
    assert f"There is no lake at {tmp_path / 'none'}" in answer.stderr
    assert list(tmp_path.iterdir()) == [], "asking made something"


def test_a_lake_that_has_not_run_yet_says_what_waits(lake, tmp_path: Path) -> None:
    (tmp_path / "landing" / "orders").mkdir(parents=True)
    (tmp_path / "landing" / "orders" / "a.csv").write_text("Order No.;quantity\n1;1\n")
    answer = lake("status", root=tmp_path)
    assert answer.exit_code == 0
    assert "There are no tables yet" in answer.stdout
    assert "new  orders/a.csv: the next run takes it" in answer.stdout


def test_names_that_are_not_utf_8_are_left_alone_and_shown(lake, lake_json, lake_folder) -> None:
    landing = lake_folder / "landing" / "orders"
    Path(os.fsdecode(os.fsencode(landing) + b"/caf\xe9.csv")).write_text("Order No.;quantity\n")
    files = {f["path"]: f["reason"] for f in lake_json("status", root=lake_folder)["files"]}
    assert "its name is not UTF-8" in files["caf\\udce9.csv"]
    assert lake("status", root=lake_folder).exit_code == 0


def test_a_file_that_no_run_took_leaves_nothing_behind(lake_json, lake_folder: Path) -> None:
    state = lake_folder / "bronze" / "_lake" / "files.json"
    told = json.loads(state.read_text())
    for file in told["files"]:
        file["batch"] = 0 if file["path"] == "c.csv" else 1
    state.write_text(json.dumps(told))
    (lake_folder / "landing" / "orders" / "c.csv").unlink()  # it was refused
    files = {f["path"]: f["status"] for f in lake_json("status", root=lake_folder)["files"]}
    assert "c.csv" not in files and files["gone.csv"] == "gone"
