"""Files that are refused, held or replaced, and runs that were killed, told over several runs."""

from __future__ import annotations

import pytest

from jobs import ingest
from jobs.errors import LakeDamaged
from jobs.ledger import Files
from tests.lakes import EVENTS, HEAD, ITEMS, TinyLake, csv, notes


@pytest.fixture
def lake(tmp_path, spark) -> TinyLake:
    return TinyLake(tmp_path, spark, items=ITEMS)


def test_a_refused_replacement_leaves_the_old_rows_where_another_file_lands_beside_it(lake):
    lake.land("items/a.csv", csv(HEAD, "A,1,2024-01-01"))
    lake.run("bronze", "silver")
    lake.land("items/a.csv", csv("id", "X"))
    lake.run("bronze")
    lake.accept("items/a.csv")
    lake.land("items/c.csv", csv(HEAD, "C,1,2024-01-01"))
    assert notes(lake.run("bronze", "silver")) == {"a.csv": "refused"}
    assert (lake.rows("silver.items", "id"), lake.books("items")) == (
        [("A",), ("C",)],
        (2, 2, 0, 0),
    )


def test_a_rebuild_is_without_a_file_that_cannot_be_trusted_by_now(lake):
    lake.land("items/a.csv", csv(HEAD, "A,1,2024-01-01"))
    lake.land("items/b.csv", csv(HEAD, "B,1,2024-01-01"))
    lake.run("bronze", "silver")
    lake.land("items/a.csv", b"")
    report = lake.run("bronze", "silver", rebuild=True)
    assert (notes(report), report.exit_status) == ({"a.csv": "refused"}, 3)
    assert (lake.rows("silver.items", "id"), lake.books("items")) == ([("B",)], (1, 1, 0, 0))


def test_what_a_killed_run_did_not_live_to_say_of_a_held_file_the_next_one_says(lake):
    lake.land("items/bad.csv", csv(HEAD, "A,1,2024-01-01", "B,-2,2024-01-01", "C,-3,2024-01-01"))
    lake.land("items/good.csv", csv(HEAD, "D,1,2024-01-01"))
    lake.run("bronze", "silver")
    state = lake.root / "lake" / "bronze" / "_lake" / "files.json"
    state.write_text(state.read_text().replace('"status": "held"', '"status": "ingested"'))
    report = lake.run("bronze", "silver")
    assert (notes(report), report.exit_status) == ({"bad.csv": "held"}, 3)
    assert lake.accept("items/bad.csv") == ["bad.csv"]
    lake.run("bronze", "silver")
    assert lake.books("items") == (4, 2, 2, 0)


def test_a_held_file_that_was_mended_in_place_is_read_anew_when_it_is_accepted(lake):
    bad = csv(HEAD, "A,1,2024-01-01", "B,-2,2024-01-01", "C,-3,2024-01-01")
    lake.land("items/bad.csv", bad)
    lake.land("items/good.csv", csv(HEAD, "D,1,2024-01-01"))
    lake.run("bronze", "silver")
    lake.land("items/bad.csv", csv(HEAD, "A,1,2024-01-01", "B,2,2024-01-01"))
    lake.run("bronze", "silver")
    lake.define(items=ITEMS.replace("max_bad_share=0.5", "max_bad_share=0.6"))
    lake.run("bronze", "silver")
    lake.accept("items/bad.csv")
    assert lake.run("bronze", "silver").exit_status == 0
    assert lake.rows("silver.items", "id", "amount") == [("A", 1), ("B", 2), ("D", 1)]


def test_a_rebuild_takes_a_twin_that_was_accepted_and_its_original(tmp_path, spark):
    lake = TinyLake(tmp_path, spark, events=EVENTS)
    for path in ("events/1.csv", "events/2.csv"):
        lake.land(path, csv("what,n", "a,1", "b,2"))
    lake.run("bronze", "silver")
    lake.accept("events/2.csv")
    lake.run("bronze", "silver")
    report = lake.run("bronze", "silver", rebuild=True)
    assert (report.exit_status, lake.books("events")) == (0, (4, 4, 0, 0))


def killed_after_bronze(lake, monkeypatch):
    def add(files, events, run_id):
        if list(events):
            raise KeyboardInterrupt

    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(Files, "add", add)
        lake.run("bronze")


def test_a_layer_alone_takes_what_a_killed_run_had_committed(lake, monkeypatch):
    lake.land("items/a.csv", csv(HEAD, "A,1,2024-01-01"))
    killed_after_bronze(lake, monkeypatch)
    lake.run("silver")
    assert lake.books("items") == (1, 1, 0, 0)


def test_damaged_bookkeeping_stops_a_run_and_a_rebuild_mends_it(lake, monkeypatch):
    lake.land("items/a.csv", csv(HEAD, "A,1,2024-01-01"))
    killed_after_bronze(lake, monkeypatch)
    own = lake.root / "lake" / "bronze" / "_lake"
    (own / "batches" / "items-00000001.json").write_text("{")
    with pytest.raises(LakeDamaged, match=r"items-00000001\.json is cut off"):
        lake.run("bronze", "silver")
    lake.run("bronze", "silver", rebuild=True)
    for name in ("rules.json", "upkeep.json"):
        (own / name).write_text("{")
    lake.run("bronze", "silver")
    (own / "files.json").unlink()
    for act in (lambda: lake.run("bronze", "silver"), lambda: lake.accept("*")):
        with pytest.raises(LakeDamaged, match=r"files\.json is gone"):
            act()
    report = lake.run("bronze", "silver", rebuild=True)
    assert notes(report)["files.json"] == "reported"
    assert lake.books("items") == (1, 1, 0, 0)
    assert lake.run("bronze", "silver").status == "unchanged"


def test_what_a_killed_run_left_staged_is_removed_by_the_next_one(lake, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    with monkeypatch.context() as killed:
        killed.setattr(ingest.shutil, "rmtree", lambda *_, **__: None)
        lake.land("items/a.csv", csv(HEAD, "A,1,2024-01-01"))
        lake.run("bronze")
    (left,) = (tmp_path / "scratch").glob("lake-staging-*")
    other = tmp_path / "scratch" / "lake-staging-of-another"
    other.mkdir()
    lake.run("bronze")
    assert (left.exists(), other.exists()) == (False, True)
