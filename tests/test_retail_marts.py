"""The retail marts: a few enriched sales in, the exact rows out."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from importlib import import_module

import pytest
from pyspark.sql import SparkSession

from jobs.definition import Mart

SALES_SCHEMA = """
    order_id STRING, sold_at TIMESTAMP, customer_id STRING, product_id STRING,
    location_id STRING, quantity BIGINT, gross_amount DECIMAL(18,2), discount DECIMAL(18,2),
    net_amount DECIMAL(18,2), customer_key BIGINT, customer_id_status STRING,
    customer_segment STRING, customer_country STRING, product_key BIGINT, product_name STRING,
    category STRING, brand STRING, location_key BIGINT, store_name STRING, region STRING
"""
ANN = ("C1", 11, "known", "Consumer", "Spain")
NOBODY = (None, None, "none given", "(none given)", "(none given)")
BOB = ("C2", 12, "not known", "(not known)", "(not known)")
MUG, LAMP = ("P1", 21, "Mug", "Home", "Aurora"), ("P2", 22, "Lamp", "Home", "Juniper")
STORE, GONE = ("L1", 31, "Köln 1", "North"), ("L9", 39, "(not known)", "(not known)")
JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
MARTS = (
    "monthly_sales_summary", "product_performance", "store_performance", "customer_activity",
    "customer_segments", "data_quality",
)  # fmt: skip


def mart(name: str) -> Mart:
    return getattr(import_module(f"jobs.retail.marts.{name}"), name)


def sale(order, sold_at, buyer, good, place, quantity, gross, discount="0.00"):
    customer_id, customer_key, status, segment, country = buyer
    product_id, product_key, name, category, brand = good
    location_id, location_key, store_name, region = place
    gross, discount = Decimal(gross), Decimal(discount)
    # fmt: off
    return (
        order, datetime.fromisoformat(sold_at + "+00:00"), customer_id, product_id, location_id,
        quantity, gross, discount, gross - discount, customer_key, status, segment, country,
        product_key, name, category, brand, location_key, store_name, region,
    )
    # fmt: on


SALES = [
    sale("O1", "2024-01-05 10:00:00", ANN, MUG, STORE, 2, "10.00", "1.00"),
    sale("O1", "2024-01-05 10:00:00", ANN, LAMP, STORE, 1, "40.01"),
    sale("O2", "2024-01-31 23:59:59", NOBODY, MUG, STORE, 1, "5.00"),
    sale("O3", "2024-02-01 00:00:00", ANN, MUG, GONE, 3, "14.50"),
    sale("O4", "2024-02-10 08:30:00", BOB, LAMP, STORE, 1, "40.00", "0.50"),
]


def rows(spark: SparkSession, name: str) -> list[tuple]:
    frame = spark.sql(mart(name).sql)
    return sorted((tuple(row) for row in frame.collect()), key=lambda row: str(row[:3]))


def stamp(text: str) -> datetime:
    return datetime.fromtimestamp(datetime.fromisoformat(text + "+00:00").timestamp())


@pytest.fixture
def sales(spark: SparkSession) -> None:
    spark.createDataFrame(SALES, SALES_SCHEMA).createOrReplaceTempView("sales_enriched")


@pytest.fixture
def activity(spark: SparkSession, sales: None) -> None:
    spark.sql(mart("customer_activity").sql).createOrReplaceTempView("customer_activity")


@pytest.fixture
def books(spark: SparkSession) -> None:
    def broken(*rules: str) -> list[tuple[str, str, str]]:
        return [(rule, "column", "value") for rule in rules]

    waiting = [
        ("sales", "a", "2024/a.csv", 10, "open", broken("x is missing")),
        ("sales", "b", "2024/a.csv", 9, "waiting", broken("x is missing", "y is positive")),
        ("sales", "c", "2023/z.csv", 77, "open", broken("x is missing", "x is missing")),
        ("sales", "d", "2024/z.csv", 1, "superseded", broken("x is missing")),
        ("products", "e", "p.csv", 3, "open", broken("x is missing")),
    ]
    spark.createDataFrame(
        waiting,
        "source STRING, _quarantine_id STRING, source_file STRING, source_line BIGINT, "
        "state STRING, broken ARRAY<STRUCT<rule:STRING, column:STRING, value:STRING>>",
    ).createOrReplaceTempView("quarantine")
    files = [
        ("sales", "2024/a.csv", "ingested", "", 250, 1),
        ("sales", "2023/z.csv", "accepted", "", 700, 2),
        # In the books: what stood in it before.
        ("sales", "2023/y.csv", "held", "its bytes changed after it was ingested", 30, 1),
        ("sales", "2023/x.csv", "refused", "is empty", 20, 1),
        ("sales", "2025/b.csv", "held", "more than 50% of its rows break a rule", 5_000, 3),
        ("sales", "2025/c.csv", "held", "its bytes are those of 2024/a.csv", 250, 0),
        ("products", "p.csv", "ingested", "", 3, 1),
    ]
    spark.createDataFrame(
        files,
        "source STRING, path STRING, status STRING, reason STRING, records BIGINT, batch BIGINT",
    ).createOrReplaceTempView("files")


@pytest.mark.parametrize("name", MARTS)
def test_a_marts_query_gives_exactly_the_columns_of_its_contract(name, spark, activity, books):
    schema = spark.sql(mart(name).sql).schema
    contract = spark.createDataFrame([], mart(name).columns).schema
    assert [(f.name, f.dataType) for f in schema] == [(f.name, f.dataType) for f in contract]


@pytest.mark.parametrize("name", MARTS)
def test_a_marts_key_names_one_row(name, spark, activity, books):
    frame = spark.sql(mart(name).sql)
    assert frame.select(*mart(name).key).distinct().count() == frame.count() > 0


def test_the_monthly_summary_counts_an_order_once_and_no_customer_as_none(spark, sales):
    assert rows(spark, "monthly_sales_summary") == [
        (JANUARY, "North", "Home", 2, 4, Decimal("55.01"), Decimal("1.00"), Decimal("54.01"),
         1, Decimal("27.01")),
        (FEBRUARY, "(not known)", "Home", 1, 3, Decimal("14.50"), Decimal("0.00"),
         Decimal("14.50"), 1, Decimal("14.50")),
        (FEBRUARY, "North", "Home", 1, 1, Decimal("40.00"), Decimal("0.50"), Decimal("39.50"),
         1, Decimal("39.50")),
    ]  # fmt: skip


def test_a_product_has_one_row_a_month_with_the_price_it_fetched(spark, sales):
    mug, lamp = (21, "P1", "Mug", "Home", "Aurora"), (22, "P2", "Lamp", "Home", "Juniper")
    assert rows(spark, "product_performance") == [
        (JANUARY, *mug, 2, 3, Decimal("14.00"), Decimal("4.67")),
        (JANUARY, *lamp, 1, 1, Decimal("40.01"), Decimal("40.01")),
        (FEBRUARY, *mug, 1, 3, Decimal("14.50"), Decimal("4.83")),
        (FEBRUARY, *lamp, 1, 1, Decimal("39.50"), Decimal("39.50")),
    ]


def test_a_store_that_is_not_known_has_a_row_of_its_own(spark, sales):
    assert rows(spark, "store_performance") == [
        (JANUARY, 31, "L1", "Köln 1", "North", 2, 4, Decimal("54.01"), 1, Decimal("27.01")),
        (FEBRUARY, 31, "L1", "Köln 1", "North", 1, 1, Decimal("39.50"), 1, Decimal("39.50")),
        (FEBRUARY, 39, "L9", *["(not known)"] * 2, 1, 3, Decimal("14.50"), 1, Decimal("14.50")),
    ]


def test_customer_activity_leaves_out_sales_that_name_no_customer(spark, sales):
    ann, bob = (11, "C1", "Consumer", "Spain"), (12, "C2", "(not known)", "(not known)")
    january, february = stamp("2024-01-05 10:00:00"), stamp("2024-02-01 00:00:00")
    tenth = stamp("2024-02-10 08:30:00")
    assert rows(spark, "customer_activity") == [
        (JANUARY, *ann, 1, 3, Decimal("49.01"), january, january),
        (FEBRUARY, *ann, 1, 3, Decimal("14.50"), february, february),
        (FEBRUARY, *bob, 1, 1, Decimal("39.50"), tenth, tenth),
    ]


def test_a_customers_recency_counts_from_the_latest_sale_and_not_from_today(spark, activity):
    as_of = date(2024, 2, 10)
    assert rows(spark, "customer_segments") == [
        (11, "C1", as_of, 9, 2, Decimal("63.51"), 1, 2, 2, "Lost"),
        (12, "C2", as_of, 0, 1, Decimal("39.50"), 2, 1, 1, "Sleeping"),
    ]


def test_customers_who_are_alike_are_scored_by_their_key(spark):
    def alike(keys: range) -> list[tuple]:
        moment = datetime(2024, 3, 1)
        return [
            (JANUARY, key, f"C{key}", "Consumer", "Spain", 1, 1, Decimal("5.00"), moment, moment)
            for key in keys
        ]

    def scores(keys: range) -> list[tuple]:
        frame = spark.createDataFrame(alike(keys), mart("customer_activity").columns)
        frame.createOrReplaceTempView("customer_activity")
        return [(row[0], *row[6:]) for row in rows(spark, "customer_segments")]

    assert scores(range(10, 15)) == scores(range(14, 9, -1))
    assert scores(range(14, 9, -1)) == [
        (10, 1, 1, 1, "Lost"),
        (11, 2, 2, 2, "Sleeping"),
        (12, 3, 3, 3, "Promising"),
        (13, 4, 4, 4, "Champions"),
        (14, 5, 5, 5, "Champions"),
    ]


def test_data_quality_counts_rows_in_quarantine_now_against_what_was_ingested(spark, books):
    assert rows(spark, "data_quality") == [
        ("products", "x is missing", 1, 3, Decimal("0.333333"), "p.csv", 3, "p.csv", 3),
        ("sales", "x is missing", 3, 1000, Decimal("0.003000"), "2023/z.csv", 77, "2024/a.csv", 10),
        ("sales", "y is positive", 1, 1000, Decimal("0.001000"), "2024/a.csv", 9, "2024/a.csv", 9),
    ]
