"""A process that outlives the credentials it began with: what reads S3 takes the new ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.s3 import session
from jobs.settings import Zones
from lake.native import Native
from lake.options import Place
from tests import small

ZONES = Zones(*(f"s3://shop-{zone}" for zone in ("landing", "bronze", "silver", "gold")))


def write(file: Path, key: str) -> None:
    """What stands in a file of credentials from now on; another moment for each key."""
    file.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = x\n")
    os.utime(file, (len(key), len(key)))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    write(tmp_path / "credentials", "FIRST")
    return tmp_path / "credentials"


def test_files_are_read_with_the_credentials_that_stand_in_the_file_now(file: Path) -> None:
    assert session().get_credentials().access_key == "FIRST"
    assert session() is session()
    write(file, "SECOND")
    assert session().get_credentials().access_key == "SECOND"


def test_tables_are_asked_with_the_credentials_that_stand_in_the_file_now(file: Path) -> None:
    native = Native(Place("", ZONES, str(small.SHOP)))

    def key() -> str:
        ((secret,),) = native.connection.execute(
            "SELECT secret_string FROM duckdb_secrets()"
        ).fetchall()
        return secret.partition("key_id=")[2].partition(";")[0]

    assert key() == "FIRST"
    write(file, "SECOND")
    native.rows("SELECT 1 AS one")
    assert key() == "SECOND"
