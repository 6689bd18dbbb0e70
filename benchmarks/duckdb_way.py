"""The retail lake's work done by DuckDB alone: `python -m benchmarks.duckdb_way LANDING OUT`.

The same checks, quarantine, latest-wins, enriched sales and marts, written to Parquet; no
ledger, no table versions, no incremental run. It is what Spark is measured against.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.duckdb_landing import COLUMNS, connect, load_natively, run_sql, value_of

SILVER = ("customers", "products", "locations", "sales", "sales_enriched", "quarantine")
GOLD = (
    "monthly_sales_summary", "product_performance", "store_performance", "customer_activity",
    "customer_segments", "data_quality",
)  # fmt: skip


def duckdb_way(landing: Path, out: Path) -> dict[str, int]:
    """Reads ``landing``, writes ``out``/<layer>/<table>.parquet; returns rows per table."""
    db = connect()
    for source in COLUMNS:
        load_natively(db, landing, source)
    for step in ("typed", "silver", "gold"):
        run_sql(db, step)
    rows = {}
    for layer, tables in (("silver", SILVER), ("gold", GOLD)):
        (out / layer).mkdir(parents=True, exist_ok=True)
        for table in tables:
            rows[table] = value_of(db, f"SELECT count(*) FROM {table}")
            db.execute(f"COPY {table} TO '{out / layer / table}.parquet' (FORMAT parquet)")
    return rows


def main() -> None:
    """Runs it and prints each table's rows and the seconds of the work."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m benchmarks.duckdb_way LANDING OUT")
    start = time.perf_counter()
    for table, rows in duckdb_way(Path(sys.argv[1]), Path(sys.argv[2])).items():
        print(f"{table:24}{rows:>12,}")
    print(f"{'seconds':24}{time.perf_counter() - start:>12.2f}")


if __name__ == "__main__":
    main()
