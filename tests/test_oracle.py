"""The independent computation agrees with itself: by lines, by DuckDB's reader, by the dirt."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.duckdb_way import duckdb_way
from lake.generate import GenerateReport, generate, generate_day
from tests.oracle import oracle


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("oracle") / "landing"


@pytest.fixture(scope="module")
def reports(landing: Path) -> list[GenerateReport]:
    first = generate(landing, sales=20_000, customers=4_000, products=1_500, locations=200)
    return [first, generate_day(landing)]


@pytest.fixture(scope="module")
def expected(landing: Path, reports: list[GenerateReport]) -> dict:
    return oracle(landing)


def test_the_books_hold_every_record_that_was_generated(reports, expected):
    for source, book in expected["books"].items():
        assert book["landed"] == sum(report.rows.get(source, 0) for report in reports)
        assert book["landed"] == book["published"] + book["quarantined"] + book["superseded"]
        assert min(book.values()) >= 0


def test_each_kind_of_dirt_is_found_as_often_as_it_was_made(reports, expected):
    def made(source: str, *kinds: str) -> int:
        return sum(r.dirt.get(source, {}).get(kind, 0) for r in reports for kind in kinds)

    rules = expected["rules"]
    wrong_width = "the line has the wrong number of fields"
    sales = rules["sales"]
    assert sales[wrong_width] == made("sales", "line is too short", "line is too long")
    assert sales["product_id is missing"] == made("sales", "product is missing")
    assert sales["sold_at is not a timestamp"] == made("sales", "sold_at does not parse")
    assert sales["quantity is not a whole number"] == made("sales", "quantity is a word")
    assert sales["quantity is positive"] == made("sales", "quantity is zero or negative")
    assert sales["unit price is positive"] == made("sales", "price is negative")
    assert rules["customers"]["a quote never closes"] == 1
    assert rules["customers"][wrong_width] == made("customers", "line is too short")
    assert rules["products"]["list_price is missing"] == made("products", "list price is missing")


def test_the_summary_holds_every_published_sale_once(expected):
    summary = expected["monthly_sales_summary"]
    assert len({row[:3] for row in summary}) == len(summary)
    assert all(row[5] - row[6] == row[7] for row in summary)
    assert {"(not known)", "North"} <= {row[1] for row in summary}


def test_duckdbs_own_reader_comes_to_the_same(landing, expected, tmp_path):
    rows = duckdb_way(landing, tmp_path)
    gold = tmp_path / "gold"
    summary = duckdb.sql(f"SELECT * FROM '{gold}/monthly_sales_summary.parquet' ORDER BY 1, 2, 3")
    assert summary.fetchall() == expected["monthly_sales_summary"]
    quality = duckdb.sql(
        f"SELECT source, rule, quarantined_rows FROM '{gold}/data_quality.parquet' ORDER BY 1, 2"
    )
    assert quality.fetchall() == [
        (source, rule, count)
        for source, rules in sorted(expected["rules"].items())
        for rule, count in sorted(rules.items())
    ]
    assert rows["sales_enriched"] == expected["books"]["sales"]["published"]
    assert rows["quarantine"] == sum(b["quarantined"] for b in expected["books"].values())
