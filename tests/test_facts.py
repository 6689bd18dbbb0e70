"""The engine's facts of a generated retail lake, against DuckDB over the same CSV files."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.run import run
from jobs.settings import RunSettings, Zones
from lake.generate import generate, generate_day
from tests.oracle import oracle

SUMMARY = (
    "month", "region", "category", "orders", "units", "gross_amount", "discount_amount",
    "net_amount", "customers", "average_basket",
)  # fmt: skip


@pytest.fixture(scope="module")
def ran(spark, tmp_path_factory):
    """A small retail lake after its first load and an incremental day."""
    zones = Zones.under(str(tmp_path_factory.mktemp("facts")))
    landing = Path(zones.landing)
    generate(landing, sales=4_000, customers=300, products=60, locations=20)
    run(RunSettings(zones))
    generate_day(landing, rows=80)
    return zones, run(RunSettings(zones)), oracle(landing)


def test_every_record_is_where_an_independent_count_puts_it(ran):
    _, report, expected = ran
    found = {
        book.source: {
            "landed": book.landed,
            "published": book.published,
            "quarantined": book.quarantined,
            "superseded": book.superseded,
        }
        for book in report.books
    }
    assert found == expected["books"]


def test_every_broken_rule_is_counted_as_it_is_independently(ran):
    _, report, expected = ran
    found = {book.source: dict(book.by_rule) for book in report.books if book.by_rule}
    assert found == {source: rules for source, rules in expected["rules"].items() if rules}


def test_the_monthly_summary_is_the_one_that_duckdb_computes(ran, spark):
    zones, _, expected = ran
    table = spark.read.format("delta").load(f"{zones.gold}/monthly_sales_summary")
    found = [tuple(row) for row in table.select(*SUMMARY).collect()]
    assert sorted(found, key=repr) == sorted(expected["monthly_sales_summary"], key=repr)
