"""The least that gives the same marts: `python -m benchmarks.bare_way LANDING OUT [DAYS ROWS]`.

One process with the lake's own session, text columns, steps side by side, and of the tutorial's
work what cannot be left out. It has no books, no quarantine and no ledger, misreads what the
tutorial misreads, and a killed run leaves it wrong: the floor beneath a lake that does none of
this. Called again, it takes the files that landed since: it appends them to bronze, merges them
into silver by key and recomputes the months that they stand in. DAYS: so many days of ROWS sales
land and are taken, one after another, each told as a JSON line.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.tutorial_way import (
    DIMENSIONS,
    KEYS,
    dimensions,
    enriched,
    latest,
    load_table,
    typed_sales,
)
from jobs.load import load
from jobs.session import open_session
from jobs.side_by_side import side_by_side
from lake.generate import generate_day
from lake.machine import local_settings

BY_MONTH = (
    "monthly_sales_summary",
    "product_performance",
    "store_performance",
    "customer_activity",
)
MONTH = "cast(date_trunc('month', sold_at) AS DATE)"


@dataclass
class Bare:
    """The lake as a bare script has it."""

    spark: SparkSession
    landing: Path
    out: Path
    sql: dict[str, str] = field(
        default_factory=lambda: {name: mart.sql for name, mart in load().marts.items()}
    )

    def run(self) -> None:
        """Takes every landing file that no earlier call took."""
        new = self._new()
        if not (self.out / "silver").exists():
            each(KEYS, lambda name: self._append(name, new[name]))
            self._all()
        elif any(new.values()):
            each((n for n in new if new[n]), lambda name: self._append(name, new[name]))
            self._some(new)

    def _new(self) -> dict[str, list[str]]:
        seen = self.out / "seen.json"
        known = set(json.loads(seen.read_text())) if seen.exists() else set()
        found = {n: sorted(map(str, (self.landing / n).rglob("*.csv*"))) for n in KEYS}
        self.out.mkdir(parents=True, exist_ok=True)
        seen.write_text(json.dumps([path for paths in found.values() for path in paths]))
        return {
            name: [path for path in paths if path not in known] for name, paths in found.items()
        }

    def _csv(self, paths: list[str]) -> DataFrame:
        rows = self.spark.read.option("header", True).csv(paths)
        return rows.withColumn("ingestion_timestamp", F.current_timestamp()).withColumn(
            "source_file", F.input_file_name()
        )

    def _append(self, name: str, paths: list[str]) -> None:
        writer = self._csv(paths).write.format("delta").mode("append")
        writer.option("delta.dataSkippingNumIndexedCols", "0").option("mergeSchema", True).save(
            str(self.out / "bronze" / name)
        )

    def _table(self, name: str) -> DataFrame:
        return load_table(self.spark, self.out / name)

    def _dimensions(self, read: dict[str, DataFrame]) -> dict[str, DataFrame]:
        keyed = dimensions(read)
        return {n: keyed[n].withColumn(f"{n[:-1]}_key", F.xxhash64(KEYS[n])) for n in keyed}

    def _sales(self, rows: DataFrame) -> DataFrame:
        typed = typed_sales(rows.withColumn("updated_at", F.col("updated_at").cast("timestamp")))
        saved = {name: F.broadcast(self._table(f"silver/{name}")) for name in DIMENSIONS}
        joined = enriched(latest(typed, "transaction_id"), saved)
        return joined.withColumn("sale_key", F.xxhash64("transaction_id"))

    def _all(self) -> None:
        dims = self._dimensions({n: self._table(f"bronze/{n}") for n in KEYS})
        each(DIMENSIONS, lambda name: self._save(dims[name], f"silver/{name}"))
        self._save(self._sales(self._table("bronze/sales")), "silver/sales_enriched")
        self._table("silver/sales_enriched").createOrReplaceTempView("sales_enriched")
        each(BY_MONTH, lambda name: self._save(self.spark.sql(self.sql[name]), f"gold/{name}"))
        self._segments()

    def _some(self, new: dict[str, list[str]]) -> None:
        read = {
            n: self._csv(new[n]) if new[n] else self._table(f"bronze/{n}").limit(0) for n in KEYS
        }
        dims = self._dimensions(read)
        each(
            (n for n in DIMENSIONS if new[n]),
            lambda name: self._merge(dims[name], name, KEYS[name]),
        )
        sales = self._sales(read["sales"]).localCheckpoint()
        self._merge(sales, "sales_enriched", "transaction_id")
        months = [str(row[0]) for row in sales.selectExpr(MONTH).distinct().collect()]
        listed = ", ".join(f"DATE'{month}'" for month in months)
        rows = self._table("silver/sales_enriched").where(f"{MONTH} IN ({listed})")
        rows.createOrReplaceTempView("sales_enriched")
        where = f"month IN ({listed})"
        each(
            BY_MONTH, lambda name: self._save(self.spark.sql(self.sql[name]), f"gold/{name}", where)
        )
        self._segments()

    def _segments(self) -> None:
        self._table("gold/customer_activity").createOrReplaceTempView("customer_activity")
        self._save(self.spark.sql(self.sql["customer_segments"]), "gold/customer_segments")

    def _save(self, rows: DataFrame, name: str, where: str = "") -> None:
        writer = rows.write.format("delta").mode("overwrite")
        if where:
            writer = writer.option("replaceWhere", where)
        writer.save(str(self.out / name))

    def _merge(self, rows: DataFrame, name: str, key: str) -> None:
        view = f"new_{name}"
        rows.createOrReplaceTempView(view)
        self.spark.sql(
            f"MERGE INTO delta.`{self.out / 'silver' / name}` t USING {view} s "
            f"ON t.{key} = s.{key} WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )


def each(names: Iterable[str], work: Callable[[str], None]) -> None:
    """``work`` for each name, side by side."""
    side_by_side(dict.fromkeys(names, ()), work, concerns_all=lambda error: True)


def main() -> None:
    """Takes what has landed; then days."""
    if len(sys.argv) not in (3, 5):
        sys.exit("usage: python -m benchmarks.bare_way LANDING OUT [DAYS ROWS]")
    landing, out, *days = sys.argv[1:]
    bare = Bare(open_session(local_settings()), Path(landing).resolve(), Path(out).resolve())
    bare.run()
    for day in range(int(days[0]) if days else 0):
        generate_day(bare.landing, rows=int(days[1]))
        began = time.monotonic()
        bare.run()
        print(
            json.dumps({"day": day + 1, "seconds": round(time.monotonic() - began, 2)}), flush=True
        )
    bare.spark.stop()


if __name__ == "__main__":
    main()
