"""`lake generate` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

SMALL = (
    "--sales",
    "60",
    "--customers",
    "12",
    "--products",
    "6",
    "--locations",
    "3",
    "--years",
    "1",
)


def test_files_are_written_once(lake, tmp_path: Path) -> None:
    first = lake("generate", *SMALL, root=tmp_path)
    assert first.exit_code == 0, first.output
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.csv")}
    assert "written in" in first.stdout
    assert files
    second = lake("generate", *SMALL, root=tmp_path)
    assert "nothing was written" in second.stdout
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.csv")} == files


def test_one_more_day_follows_the_last(lake, tmp_path: Path) -> None:
    lake("generate", *SMALL, root=tmp_path)
    days = [json.loads(lake("generate", "--day", "--json", root=tmp_path).stdout) for _ in range(2)]
    assert all(day["rows"]["sales"] > 1000 for day in days)
    names = sorted(path.name for path in (tmp_path / "landing" / "sales").rglob("*_2024-01-0*.csv"))
    assert names == ["sales_2024-01-01.csv", "sales_2024-01-02.csv"]


def test_a_size_for_a_day_is_refused_and_not_ignored(lake, tmp_path: Path) -> None:
    answer = lake("generate", "--day", "--sales", "5", root=tmp_path)
    assert answer.exit_code == 2
    assert "--day takes no --sales" in answer.stderr


def test_a_landing_zone_on_s3_is_refused(lake) -> None:
    answer = lake("generate", "--landing", "s3a://bucket/landing")
    assert answer.exit_code == 2
    assert "local folder" in answer.stderr
