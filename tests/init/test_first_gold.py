"""From a folder of awkward files to gold, by what `lake init` wrote and not a word more."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.report import Report
from jobs.run import run
from jobs.settings import RunSettings, Zones
from lake.native import Native
from lake.options import place

SHOPS = ("Shop No;Name;City;Opened", *(
    f"{n:04d};Café {n};{('Zürich', 'Genève', 'Bern')[n % 3]};{1 + n % 28}.{1 + n % 12}.2019"
    for n in range(1, 31)
))  # fmt: skip


def sales(year: int) -> list[str]:
    """400 lines of a year: decimal commas, two dirty values, and a copy of the first line."""
    amounts = [f"1.{n:03d},50" if n % 7 == 0 else f"{n},25" for n in range(100, 500)]
    days = [f"{1 + n % 28:02d}.{1 + n % 12:02d}.{year}" for n in range(400)]
    days[5], amounts[9] = "31.02.2023", "k.A."
    rows = [
        f"R{year}-{n:04d};{1 + n % 30:04d};{day};{amount};{('ja', 'nein')[n % 2]};größer"
        for n, (day, amount) in enumerate(zip(days, amounts))
    ]
    return ["Beleg Nr;Shop No;Datum;Betrag;Bezahlt;Zahlart", *rows, rows[0]]


def readings(day: int) -> list[str]:
    """A file without a header."""
    return [f"S{n % 7:02d},2024-01-{day:02d}T{n % 24:02d}:30:00Z,{n}.1234567" for n in range(100)]


@pytest.fixture(scope="module")
def lake(spark, exports_in) -> Path:
    exports = exports_in("first")
    exports.add("shops.csv", *SHOPS, encoding="utf-8-sig", end="\r\n")
    for year in (2023, 2024):
        exports.add(f"Umsätze_{year}.csv", *sales(year), encoding="cp1252")
    for day in (1, 2):
        exports.add(f"readings_2024010{day}.csv.gz", *readings(day))
    exports.add("empty.csv")
    exports.definition()
    return exports.lake


@pytest.fixture(scope="module")
def report(lake) -> Report:
    return run(RunSettings(Zones.under(str(lake)), str(lake / "definition")))


def test_every_record_is_published_or_told_why_not(report):
    books = {b.source: (b.landed, b.published, b.quarantined, b.superseded) for b in report.books}
    assert books == {
        "shops": (30, 30, 0, 0), "umsatze": (802, 796, 4, 2), "readings": (200, 200, 0, 0),
    }  # fmt: skip
    assert report.exit_status == 0
    (rules,) = [b.by_rule for b in report.books if b.source == "umsatze"]
    assert rules == {"datum is not a date": 2, "betrag is not an amount": 2}


def test_the_first_mart_adds_up_to_the_files_own_amounts(lake, report):
    good = [
        Decimal(line.split(";")[3].replace(".", "").replace(",", "."))
        for year in (2023, 2024) for n, line in enumerate(sales(year)[1:-1]) if n not in (5, 9)
    ]  # fmt: skip
    native = Native(place({"root": str(lake)}))
    (row,) = native.rows(
        "SELECT sum(sum_betrag) AS total, sum(lines) AS n FROM gold.monthly_umsatze"
    )
    assert (row["total"], row["n"]) == (sum(good), len(good))
    cities = native.rows("SELECT DISTINCT city FROM gold.umsatze_by_city ORDER BY 1")
    assert [row["city"] for row in cities] == ["Bern", "Genève", "Zürich"]


def test_moments_and_measurements_are_what_stood_in_the_files(lake, report):
    (row,) = Native(place({"root": str(lake)})).rows(
        "SELECT CAST(min(column_2) AS VARCHAR) AS low, max(column_3) AS high FROM silver.readings"
    )
    assert (row["low"], row["high"]) == ("2024-01-01 00:30:00+00", 99.1234567)


def test_the_test_that_comes_with_the_lake_passes(lake, report):
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(lake / "tests")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_a_second_run_has_nothing_to_do(lake, report):
    again = run(RunSettings(Zones.under(str(lake)), str(lake / "definition")))
    assert again.status == "unchanged"
