"""The staged split of a silver batch: which rows are valid, which win, and the counts of each.

Everything is counted here before anything is published.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.definition import Source
from jobs.errors import KeyCollision
from jobs.load import LINEAGE
from jobs.sqltext import name

VALID = "_broken IS NULL AND _waiting IS NULL"


@dataclass(frozen=True)
class FileCount:
    """What a batch holds of one landing file: rows, those that break a rule of the row itself,
    and those that wait for a required reference."""

    rows: int
    broken: int
    waiting: int


def order(source: Source) -> str:
    """SQL: what makes one row of a key later than another."""
    return f"struct({', '.join(name(c) for c in (*source.latest_by, *LINEAGE))})"


def count_files(judged: DataFrame) -> dict[str, FileCount]:
    """{landing path: counts} of the rows that are new (not released from quarantine)."""
    rows = (
        judged.where("NOT _released")
        .groupBy("source_file")
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.expr("count_if(_broken IS NOT NULL)").alias("broken"),
            F.expr("count_if(_broken IS NULL AND _waiting IS NOT NULL)").alias("waiting"),
        )
    )
    return {
        r["source_file"]: FileCount(r["rows"], r["broken"], r["waiting"]) for r in rows.collect()
    }


def repeated(valid: DataFrame, source: Source) -> DataFrame:
    """The keys that occur more than once: ``_key``, ``_n`` rows, ``_win`` (the latest row's
    order), and two spellings that differ where two business keys share a surrogate key."""
    return (
        valid.selectExpr("_key", "_key_text", f"{order(source)} AS _order")
        .groupBy("_key")
        .agg(
            F.count(F.lit(1)).alias("_n"),
            F.max("_order").alias("_win"),
            F.min("_key_text").alias("_least"),
            F.max("_key_text").alias("_most"),
        )
        .where("_n > 1")
    )


def count_repeated(repeats: DataFrame, source: Source) -> int:
    """How many rows lose to a later one of the same key. Raises KeyCollision."""
    told = repeats.agg(
        F.expr("coalesce(sum(_n - 1), 0)").alias("lost"),
        F.expr("min(CASE WHEN _least <> _most THEN struct(_least, _most) END)").alias("clash"),
    ).first()
    assert told is not None
    if told["clash"]:
        raise collision(source, *told["clash"])
    return int(told["lost"])


def collision(source: Source, one: str, other: str) -> KeyCollision:
    """The error that names both business keys."""
    return KeyCollision(
        f"{source.silver}: the keys {one} and {other} have the same surrogate key, so nothing was "
        "published; change one of them in the landing file, or the contract's key."
    )


def winners(valid: DataFrame, repeats: DataFrame, source: Source) -> DataFrame:
    """The latest row of each key."""
    wins = repeats.selectExpr("_key AS _repeated", "_win")
    joined = valid.join(wins, valid["_key"] == wins["_repeated"], "left")
    return joined.where(f"_repeated IS NULL OR {order(source)} = _win").drop("_repeated", "_win")
