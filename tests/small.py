"""A small shop's landing files in two days, runs of it in a process of its own, and the equality
of two lakes' tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pyspark.sql import SparkSession

PROJECT = Path(__file__).resolve().parents[1]
SHOP = PROJECT / "tests" / "shop"
TABLES = (
    "bronze/customers", "bronze/orders", "silver/customers", "silver/orders",
    "silver/quarantine", "gold/monthly_orders",
)  # fmt: skip
# Equality leaves out ingestion times, run ids, and which run brought a row.
OWN_TO_A_RUN = ("ingestion_timestamp", "run_id", "first_run", "_batch")

FIRST_DAY = {
    "customers/first.csv": (
        "customer_id,country,updated_at\nC1,US,2024-01-01 00:00:00\nC2,Spain,2024-01-01 00:00:00\n"
    ),
    "orders/first.csv": (
        "order_id,ordered_on,customer_id,amount\n"
        '1,2024-01-05,C1,"$1,299.00"\n2,2024-01-06,C2,10.00\n3,2024-02-01,C3,5.50\n'
        "4,2024-02-30,C1,7.00\n5,2024-02-02,C1,-1.00\n2,2024-01-07,C2,12.00\n6,2024-02-03\n"
    ),
}
NEXT_DAY = {
    "customers/second.csv": (
        "updated_at,customer_id,country,city\n2024-03-01 00:00:00,C3,France,Nice\n"
        "2024-03-01 00:00:00,C2,Portugal,Porto\n"
    ),
    "orders/second.csv": (
        "order_id,ordered_on,customer_id,amount\n"
        "7,2024-03-01,C1,1.00\n3,2024-02-04,C3,6.00\n8,2024-03-02,,2.00\n"
    ),
}
BOOKS = {  # after both days: landed, published, quarantined, superseded
    "customers": (4, 3, 0, 1),
    "orders": (10, 5, 3, 2),
}


def write(files: Mapping[str, str], landing: Path) -> None:
    """Writes landing files."""
    for path, content in files.items():
        (landing / path).parent.mkdir(parents=True, exist_ok=True)
        (landing / path).write_text(content)


def books(report: Mapping) -> dict[str, tuple[int, int, int, int]]:
    """{source: landed, published, quarantined, superseded} of a printed report."""
    words = ("landed", "published", "quarantined", "superseded")
    return {b["source"]: tuple(b[word] for word in words) for b in report["books"]}


def jobs(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m jobs`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "jobs", *arguments],
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip


def told(done: subprocess.CompletedProcess[str]) -> dict:
    """The report that a run printed, which ended well."""
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def rows(spark: SparkSession, lake: Path, table: str) -> list[str]:
    """A table's rows as JSON, without what is a run's own, in order."""
    frame = spark.read.format("delta").load(str(lake / table))
    mine = frame.select(*sorted(set(frame.columns) - set(OWN_TO_A_RUN)))
    return sorted(row["line"] for row in mine.selectExpr("to_json(struct(*)) AS line").collect())


def same(spark: SparkSession, one: Path, other: Path, tables=TABLES) -> None:
    """Asserts that two lakes on this disk hold the same tables, none of them empty."""
    for table in tables:
        found = rows(spark, one, table)
        assert found, table
        assert found == rows(spark, other, table), table
