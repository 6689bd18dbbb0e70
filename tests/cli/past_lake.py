"""A lake of several versions, written without Spark: orders, customers, and marts of marts."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

CUSTOMERS = '''"""One row per customer."""
from jobs.definition import Source, text

customers = Source(key="id", columns={"id": text(), "region": text()})
'''
ORDERS = '''"""One row per order."""
from jobs.definition import Reference, Source, date, money, text

orders = Source(
    key="nr",
    columns={"nr": text(), "day": date(), "amount": money(), "who": text()},
    references={"who": Reference("customers", bring=("region",))},
)
'''
MARTS = '''"""One row per month and region; and what is made of it."""
from jobs.definition import Mart

MONTH = "cast(date_trunc('month', day) as date)"

by_region = Mart(
    reads=("orders",), key=("month", "region"),
    columns="month DATE, region STRING, orders BIGINT, amount DECIMAL(28,2)",
    sql=f"""
        WITH big AS (SELECT {MONTH} AS m, region AS r, amount FROM orders WHERE amount > 1)
        SELECT m AS month, upper(r) AS region, count(*) AS orders, sum(amount) AS amount
        FROM big GROUP BY 1, 2
    """,
)
by_month = Mart(
    reads=("by_region",), key=("month",), columns="month DATE, amount DECIMAL(28,2)",
    sql="""
        WITH all_of AS (SELECT month, amount FROM by_region)
        SELECT month, sum(amount) AS amount FROM all_of
        WHERE month >= (SELECT min(month) FROM all_of) GROUP BY 1
    """,
)
'''
NOON = datetime(2024, 3, 1, 12, tzinfo=timezone.utc)
LINES = [
    ("1", date(2024, 1, 5), "10.00", "C1", "North"),
    ("2", date(2024, 1, 9), "20.00", "C2", "South"),
    ("3", date(2024, 1, 20), "0.50", "C1", "North"),
    ("4", date(2024, 2, 2), "40.00", "C1", "North"),
]


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def make(folder: Path) -> None:
    """The lake's folder; gold.by_region has versions 0 to 2, of noon from 2024-03-01 on."""
    (folder / "definition").mkdir()
    for name, text in (("customers", CUSTOMERS), ("orders", ORDERS), ("marts", MARTS)):
        (folder / "definition" / f"{name}.py").write_text(text)

    def put(path: str, rows: list[dict]) -> None:
        (folder / path).mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(rows)
        exact = [pa.field(f.name, pa.decimal128(28, 2) if pa.types.is_decimal(f.type) else f.type)
                 for f in table.schema]  # fmt: skip
        write_deltalake(str(folder / path), table.cast(pa.schema(exact)), mode="overwrite")

    traced = [{"source_file": "a.csv", "source_line": n} for n in range(2, 6)]
    stood = ("nr", "day", "amount", "who")
    for run in ("r1", "r2"):
        put("bronze/orders", [
            {**dict(zip(stood, map(str, line))), **at, "run_id": run, "ingestion_timestamp": NOON}
            for line, at in zip(LINES, traced)
        ])  # fmt: skip
    keys = {"C1": 11, "C2": 12}
    put("silver/orders", [
        {"orders_key": n, "nr": nr, "day": day, "amount": Decimal(amount), "who": who,
         "customers_key": keys[who], "who_status": "known", "region": region, "sold_at": NOON, **at}
        for n, ((nr, day, amount, who, region), at) in enumerate(zip(LINES, traced))
    ])  # fmt: skip
    people = [("C1", "North", 11, 2), ("C2", "South", 12, 3)]
    put("bronze/customers", [{"id": i, "region": r, "source_file": "c.csv", "source_line": n}
                             for i, r, _, n in people])  # fmt: skip
    put("silver/customers", [{"customers_key": k, "id": i, "region": r, "source_file": "c.csv",
                              "source_line": n} for i, r, k, n in people])  # fmt: skip

    def mart(*rows: tuple) -> None:
        put("gold/by_region", [
            {"month": date(2024, m, 1), "region": region, "orders": n, "amount": money(amount)}
            for m, region, n, amount in rows
        ])  # fmt: skip

    mart((1, "NORTH", 1, "9.00"), (3, None, 1, "7.00"))
    mart((1, "NORTH", 1, "10.00"), (1, "SOUTH", 1, "20.00"), (3, None, 1, "7.00"))
    mart((1, "NORTH", 1, "10.00"), (1, "SOUTH", 1, "20.00"), (2, "NORTH", 1, "40.00"))
    put("gold/by_month", [{"month": date(2024, 1, 1), "amount": Decimal("30.00")},
                          {"month": date(2024, 2, 1), "amount": Decimal("40.00")}])  # fmt: skip
    _date_commits(folder / "gold" / "by_region")


def _date_commits(table: Path) -> None:
    """Version n was committed at noon of 2024-03-0(n+1)."""
    for log in (table / "_delta_log").glob("*.json"):
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        for entry in entries:
            if "commitInfo" in entry:
                day = int(log.stem) + 1
                at = datetime(2024, 3, day, 12, tzinfo=timezone.utc)
                entry["commitInfo"]["timestamp"] = int(at.timestamp() * 1000)
        log.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
