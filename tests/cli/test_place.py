"""Which lake is meant, and whose definition it goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake.options import place
from lake.verbs.report import _folder as report_folder


@pytest.fixture
def my_lake(tmp_path: Path) -> Path:
    """A lake's folder with a definition of its own."""
    folder = tmp_path / "my-lake"
    (folder / "definition" / "sources").mkdir(parents=True)
    (folder / "definition" / "sources" / "sales.py").write_text("")
    return folder


def test_in_a_lakes_folder_or_below_it_that_lake_is_meant(my_lake, monkeypatch):
    for folder in (my_lake, my_lake / "definition" / "sources"):
        monkeypatch.chdir(folder)
        found = place({})
        assert found.zones.gold == str(my_lake / "gold")
        assert found.definition == str(my_lake / "definition")
        assert found.command("run").endswith("run"), "no option has to be typed there"


def test_a_root_with_a_definition_goes_by_it_unless_another_is_named(my_lake, tmp_path):
    assert place({"root": str(my_lake)}).definition == str(my_lake / "definition")
    assert place({"root": str(my_lake), "definition": "other"}).definition == "other"
    assert place({"root": str(tmp_path)}).definition == ""


def test_elsewhere_the_default_folder_and_the_retail_lake_are_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = place({})
    assert (found.zones.landing, found.definition) == (str(tmp_path / "lake-data/landing"), "")


def test_a_root_that_is_named_outweighs_the_folder_around(my_lake, tmp_path, monkeypatch):
    monkeypatch.chdir(my_lake)
    assert place({"root": str(tmp_path / "x")}).zones.gold == str(tmp_path / "x" / "gold")
    assert place({"root": "s3://bucket/lake"}).definition == ""


def test_a_report_and_notebooks_go_beside_the_lake_they_show(tmp_path, monkeypatch):
    lake, elsewhere = tmp_path / "my-lake", tmp_path / "elsewhere"
    (lake / "definition" / "sources").mkdir(parents=True)
    (lake / "definition" / "sources" / "a.py").write_text("")
    (lake / "deeper").mkdir()
    elsewhere.mkdir()
    zones = {zone: str(lake / zone) for zone in ("landing", "bronze", "silver", "gold")}
    for here, given in ((lake / "deeper", {}), (elsewhere, {"root": "../my-lake"}),
                        (elsewhere, zones)):  # fmt: skip
        monkeypatch.chdir(here)
        assert report_folder(place(given)).resolve() == lake / "report"
        assert place(given).folder.resolve() == lake
    monkeypatch.chdir(elsewhere)
    assert report_folder(place({"root": "s3://bucket/lake"})) == elsewhere / "lake-report"
