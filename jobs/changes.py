"""What became of a silver table's rows since a reader last consumed them.

One row per row that came or went, with ``_sign``: 1 for a row that is there now, -1 for one as it
was before; a row that was replaced has both. Any two versions tell it by their files; a publish
hands what it replaced to the later steps of its own run, which is less to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from jobs.definition import Source
from jobs.lake import Lake
from jobs.sqltext import name
from jobs.storage import SIGN

# What later steps are handed, marked by the stamp of the version before it.
CHANGES = "changes"


def remember(lake: Lake, source: Source, since: int, rows: DataFrame) -> None:
    """Hands the changed rows (with ``_sign``) of a publish to the later steps of this run. since:
    the stamp of the version before it."""
    lake.hand_over(CHANGES, source, since, lake.storage.keep(rows, at_once=True))


def changed(lake: Lake, source: Source, seen: Mapping[str, Any]) -> DataFrame | None:
    """The changed rows of a source's silver table since the version that was ``seen``; None where
    that version can no longer be read."""
    known = lake.handed(CHANGES, source, seen["stamp"])
    if known is not None:
        return known
    return lake.storage.changes(lake.silver_path(source), seen["version"])


def net(changes: DataFrame, columns: list[str]) -> DataFrame:
    """The values of ``columns`` (SQL) that more rows, or fewer, have than before: a row whose other
    columns alone changed cancels itself out."""
    sums = changes.selectExpr(*columns, SIGN)
    values = [name(c) for c in sums.columns[:-1]]
    return sums.groupBy(*values).agg({SIGN: "sum"}).where(f"`sum({SIGN})` <> 0").select(*values)
