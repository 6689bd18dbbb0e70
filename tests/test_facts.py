"""The engine's facts of a generated retail lake, against DuckDB over the same CSV files."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.duckdb_landing import COLUMNS, connect, load_by_lines
from jobs.load import load
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


@pytest.fixture(scope="module")
def by_lines(ran):
    """{source: {(file, line): what is malformed, its record, then its values}}, by DuckDB."""
    zones, *_ = ran
    found: dict[str, dict[tuple, tuple]] = {}
    with connect() as db:
        for source, columns in COLUMNS.items():
            load_by_lines(db, Path(zones.landing), source)
            values = ", ".join(f"nullif({column}, '')" for column in columns)
            rows = db.execute(f"SELECT path, line, malformed, record, {values} FROM raw_{source}")
            found[source] = {row[:2]: row[2:] for row in rows.fetchall()}
    return found


@pytest.mark.parametrize("source", COLUMNS)
def test_every_value_in_bronze_is_the_one_that_duckdb_reads(ran, by_lines, spark, source):
    zones, *_ = ran
    bronze = load().sources[source].bronze
    table = spark.read.format("delta").load(f"{zones.bronze}/{bronze}")
    # Of a record of another width bronze keeps what was read, and DuckDB nothing.
    values = (f"CASE WHEN _malformed IS NULL THEN {column} END" for column in COLUMNS[source])
    rows = table.selectExpr(
        "source_file", "source_line", "_malformed", "_record", *values
    ).collect()
    found = {tuple(row)[:2]: tuple(row)[2:] for row in rows}
    expected = by_lines[source]
    assert len(rows) == len(expected)
    assert [(at, found.get(at), row) for at, row in expected.items() if found.get(at) != row] == []


def test_the_generated_lake_has_texts_with_line_ends_and_quotes(by_lines):
    texts = [text for row in by_lines["products"].values() for text in row if text]
    assert [text for text in texts if "\n" in text and '"' in text]
