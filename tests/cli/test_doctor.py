"""`lake doctor` finds what is missing and says how to get it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lake import checks
from lake.setup import jars, java


def found(lake, *words: str) -> dict[str, dict]:
    return {check["name"]: check for check in json.loads(lake("doctor", "--json", *words).stdout)}


def test_a_machine_that_is_set_up_lacks_nothing(lake) -> None:
    answer = lake("doctor")
    assert answer.exit_code == 0, answer.output
    assert "MISSING" not in answer.stdout


def test_a_missing_java_and_missing_jars_are_told_with_their_remedy(
    lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(java, "find", lambda venv: None)
    monkeypatch.setattr(jars, "missing", lambda group: jars.group(group))
    checked = found(lake)
    assert (checked["Java"]["ok"], checked["Java"]["remedy"]) == (False, "make setup")
    assert "delta-storage" in checked["Delta's jars"]["found"]
    assert lake("doctor").exit_code == 1


def test_s3_s_jars_are_needed_only_where_a_zone_is_on_s3(
    lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = jars.missing
    monkeypatch.setattr(
        jars, "missing", lambda group: jars.group(group) if group == "s3" else real(group)
    )
    assert lake("doctor").exit_code == 0
    answer = lake("doctor", "--gold", "s3a://bucket/gold")
    assert answer.exit_code == 1
    assert "make jars-s3" in answer.stdout


def test_a_damaged_jar_is_noticed(lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for jar in jars.group("3.5.7"):
        (tmp_path / jar.file_name).write_bytes(b"cut short")
    monkeypatch.setattr(jars, "FOLDER", tmp_path)
    monkeypatch.setattr(jars, "missing", lambda group: ())
    monkeypatch.setattr(checks, "_spark_version", lambda: "3.5.7")
    check = found(lake)["Delta's jars"]
    assert not check["ok"]
    assert "damaged" in check["found"]
