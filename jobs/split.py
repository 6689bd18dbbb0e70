"""The staged split of a silver batch: which rows are valid, which win, and the counts of each.

Everything is counted here before anything is published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import superseded
from jobs.definition import Source
from jobs.errors import KeyCollision
from jobs.load import LINEAGE
from jobs.sqltext import name
from jobs.superseded import Superseded

# Below this many rows a frame is sent whole to every worker rather than sorted with a table.
SMALL = 500_000
Keep = Callable[[DataFrame], DataFrame]
LATEST_FIRST = (
    "OVER (PARTITION BY _key ORDER BY _order DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
)
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


@dataclass(frozen=True)
class Repeats:
    """The keys of a batch that occur more than once. rows: one each, with ``_key`` and ``_win``
    (the latest row's order); None where there are none. keys: how many. lost: how many rows
    lose to a later one. superseded: what these were."""

    rows: DataFrame | None = None
    keys: int = 0
    lost: int = 0
    superseded: Superseded = field(default_factory=Superseded)


def repeats(valid: DataFrame, source: Source, keep: Keep) -> Repeats:
    """The keys that occur more than once among valid rows; ``keep`` holds frames in memory
    that are read more than once. Raises KeyCollision where two business keys share a surrogate
    key."""
    if not source.key and not source.distinct:
        return Repeats()  # every line is a fact of its own
    # First the numbers alone, which is cheap; whole orders are compared only where it matters.
    numbers = valid.groupBy("_key").count().where("count > 1")
    twice = keep(numbers.selectExpr("_key AS _twice"))
    keys = twice.count()
    if not keys:
        return Repeats()
    few = sent_whole(twice, keys)
    rows = keep(
        valid.join(few, valid["_key"] == few["_twice"], "left_semi")
        .selectExpr(
            "_key", "_key_text", f"{order(source)} AS _order",
            f"{superseded.values(source)} AS _values",
        )
        .selectExpr("*", f"first(_values) {LATEST_FIRST} AS _latest")
        .groupBy("_key")
        .agg(
            F.count(F.lit(1)).alias("_n"),
            F.max("_order").alias("_win"),
            F.min("_key_text").alias("_least"),
            F.max("_key_text").alias("_greatest"),
            *(F.expr(f"count_if({sql})").alias(what) for what, sql in _differences(source)),
        )
    )  # fmt: skip
    return _repeats(rows, keys, source)


def _differences(source: Source) -> list[tuple[str, str]]:
    """What each row of a key is held against the latest one for: names and SQL."""
    pair = ("_latest", "_values")
    dated = superseded.has_other_date(*pair, source)
    return [
        ("_same", superseded.is_copy(*pair)),
        ("_dates", dated),
        ("_most", f"NOT {dated} AND {superseded.is_mostly_other(*pair, source)}"),
    ]


def sent_whole(rows: DataFrame, count: int) -> DataFrame:
    """``rows``, sent whole to every worker where they are few, rather than sorted with a table."""
    return F.broadcast(rows) if count < SMALL else rows


def _repeats(rows: DataFrame, keys: int, source: Source) -> Repeats:
    """The repeated keys, counted by the file of the latest row."""
    counted = (
        rows.groupBy(F.expr("_win.source_file").alias("_file"))
        .agg(
            F.expr("sum(_n - 1)").alias("_lost"),
            F.expr("sum(_same - 1)").alias("_same"),  # the latest is a copy of itself
            F.sum("_dates").alias("_dates"),
            F.sum("_most").alias("_most"),
            F.expr("min(CASE WHEN _least <> _greatest THEN struct(_least, _greatest) END)").alias(
                "_clash"
            ),
        )
        .collect()
    )
    clashes = [tuple(row["_clash"]) for row in counted if row["_clash"]]
    if clashes:
        raise collision(source, *min(clashes))
    lost = sum(row["_lost"] for row in counted)
    return Repeats(rows, keys, lost, superseded.total(row.asDict() for row in counted))


def collision(source: Source, one: str, other: str) -> KeyCollision:
    """The error that names both business keys."""
    return KeyCollision(
        f"{source.silver}: the keys {one} and {other} have the same surrogate key, so nothing was "
        "published; change one of them in the landing file, or the contract's key."
    )


def winners(valid: DataFrame, found: Repeats, source: Source) -> DataFrame:
    """The latest row of each key."""
    if found.rows is None:
        return valid
    wins = sent_whole(found.rows.selectExpr("_key AS _repeated", "_win"), found.keys)
    joined = valid.join(wins, valid["_key"] == wins["_repeated"], "left")
    return joined.where(f"_repeated IS NULL OR {order(source)} = _win").drop("_repeated", "_win")
