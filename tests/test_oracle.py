"""The independent computation agrees with itself: by lines, by DuckDB's reader, by the dirt."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from benchmarks.duckdb_landing import COLUMNS
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
    assert sales["failed: quantity is positive"] == made("sales", "quantity is zero or negative")
    assert sales["failed: unit price is positive"] == made("sales", "price is negative")
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


BY_HAND = {
    "customers/a.csv": """\
C1,Ann,Lee,ann@example.com,Consumer,Paris,France,2020-01-01,2023-01-01 10:00:00
C2,"Bob,Lee,bob@example.com,Consumer,Paris,France,2020-01-01,2023-01-01 10:00:00
C3,Cy,Lee,cy@home,VIP,Paris,France,2020-01-01,2023-01-01 10:00:00
""",
    "products/a.csv": """\
P1,Mug,Home,Kitchen,Aurora,5.00,2.00,yes,2024-01-01 00:00:00
""",
    # The same moment in a greater path wins; a newer one that is invalid displaces nothing.
    "products/b.csv": """\
P1,"Mug
of ""tin"" plate",Garden,Kitchen,Aurora,5.00,2.00,yes,2024-01-01 00:00:00
P1,Mug,Toys,Kitchen,Aurora,5.00,9.00,perhaps,2025-01-01 00:00:00
""",
    "locations/a.csv": """\
L1,One,MALL,Paris,North,France,2020-01-01,2024-01-01 00:00:00
""",
    "sales/a.csv": """\
T1,O1,2024-01-31 23:59:59,c1,P1,L1,1,5.00,0.00,web,card,2024-02-02 00:00:00
T1,O1,2024-01-31 23:59:59,c1,P1,L1,2,5.00,0.00,web,card,2024-02-02 00:00:00
T1,O1,2024-01-31 23:59:59,c1,P1,L1,9,5.00,0.00,web,card,2024-02-01 00:00:00
T1,O1,2024-01-31 23:59:59,c1,P1,L1,two,5.00,0.00,web,card,2024-03-01 00:00:00
T2,O1,31/01/2024 10:00,, P1 ,L1,3,"$1,000.10",,store,card,2024-01-31 10:00:00
T3,O2,2024-02-01 00:00:00,C9,P9,L9,1,3.00,0.01,phone,card,2024-02-01 00:00:00
T4,O3,2024-02-30 10:00:00,C1,P1,L1,0,5.00,1.00,fax,card,2024-02-01 00:00:00
T5,O3,2024-02-01 10:00:00,C1,P1
""",
}


def test_a_lake_small_enough_to_reckon_by_hand(tmp_path):
    for name, content in BY_HAND.items():
        header = ",".join(COLUMNS[name.split("/")[0]]) + "\n"
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(header + content, "utf-8")
    result = oracle(tmp_path)
    counts = {source: tuple(book.values()) for source, book in result["books"].items()}
    assert counts == {
        "sales": (8, 3, 3, 2), "customers": (3, 1, 2, 0), "products": (3, 1, 1, 1),
        "locations": (1, 1, 0, 0),
    }  # fmt: skip
    assert result["rules"] == {
        "sales": {
            "channel is not one of store, online, phone": 1,
            "quantity is not a whole number": 1,
            "failed: quantity is positive": 1,
            "sold_at is not a timestamp": 1,
            "the line has the wrong number of fields": 1,
            "failed: discount is between nothing and the gross amount": 1,
        },
        "customers": {
            "a quote never closes": 1,
            "email does not look like [^@ ]+@[^@ ]+[.][^@ ]+": 1,
            "segment is not one of Consumer, Corporate, Small Business": 1,
        },
        "products": {"active is not a yes-or-no": 1, "failed: cost is not above the list price": 1},
        "locations": {},
    }
    assert result["monthly_sales_summary"] == [
        (date(2024, 1, 1), "North", "Garden", 1, 5, Decimal("3010.30"), Decimal("0.00"),
         Decimal("3010.30"), 1, Decimal("3010.30")),
        (date(2024, 2, 1), "(not known)", "(not known)", 1, 1, Decimal("3.00"), Decimal("0.01"),
         Decimal("2.99"), 1, Decimal("2.99")),
    ]  # fmt: skip
