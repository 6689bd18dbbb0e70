"""What the retail lake must come to, computed by DuckDB straight from the landing CSV.

Nothing of jobs/ is used: records are put together from physical lines, and the contracts are
written anew in SQL (benchmarks/duckdb_sql).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from benchmarks.duckdb_landing import COLUMNS, connect, load_by_lines, run_sql


def oracle(landing: Path) -> dict[str, Any]:
    """The books, the quarantine and the first mart of a landing folder.

    Returns ``books``: {source: {landed, published, quarantined, superseded}}, ``rules``:
    {source: {rule: rows that broke it}}, and ``monthly_sales_summary``: its rows as tuples, in
    the mart's column order, by month, region and category.
    """
    with connect() as db:
        for source in COLUMNS:
            load_by_lines(db, Path(landing), source)
        for step in ("typed", "silver", "gold"):
            run_sql(db, step)
        return {"books": _books(db), "rules": _rules(db), "monthly_sales_summary": _summary(db)}


def _books(db: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    rows = db.execute("SELECT source, landed, published, quarantined FROM books").fetchall()
    return {
        source: {
            "landed": landed,
            "published": published,
            "quarantined": quarantined,
            "superseded": landed - published - quarantined,
        }
        for source, landed, published, quarantined in rows
    }


def _rules(db: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    rows = db.execute("SELECT source, rule, quarantined_rows FROM data_quality ORDER BY 1, 2")
    rules: dict[str, dict[str, int]] = {source: {} for source in COLUMNS}
    for source, rule, count in rows.fetchall():
        rules[source][rule] = count
    return rules


def _summary(db: duckdb.DuckDBPyConnection) -> list[tuple]:
    return db.execute(
        "SELECT * FROM monthly_sales_summary ORDER BY month, region, category"
    ).fetchall()
