"""Published rows whose references changed: found by what the other tables changed, made right."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame

from jobs import references
from jobs.definition import Reference
from jobs.load import LINEAGE
from jobs.sqltext import name
from jobs.work import Work


def restated(work: Work) -> DataFrame | None:
    """The published rows that read differently now, in the silver table's columns, with
    ``_waiting`` said; None where no source referred to has changed."""
    source, lake = work.source, work.lake
    moved = set(work.moved_refs())
    named = {c: r for c, r in source.referring.items() if r.to in moved}
    if not named:
        return None
    assert work.last is not None
    table = lake.storage.read(work.path, work.last.version)
    touched = [_touched(work, table, reference) for reference in named.values()]
    rows = reduce(DataFrame.unionByName, touched).dropDuplicates([source.surrogate_key])
    derived = _derived(work)
    was = f"struct({', '.join(name(c) for c in derived)}) AS _was"
    own = [name(c) for c in (source.surrogate_key, *source.columns, "_repairs", *LINEAGE)]
    bare = rows.selectExpr(*own, was)
    again = references.attach(bare, source, lake.definition.sources, work.reference_tables())
    now = f"struct({', '.join(name(c) for c in derived)})"
    return again.where(f"NOT ({now} <=> _was)").drop("_was")


def _touched(work: Work, table: DataFrame, reference: Reference) -> DataFrame:
    """The rows that name a row that changed, came or went."""
    target = work.lake.definition.sources[reference.to]
    changes = work.lake.storage.changes(work.lake.silver_path(target), work.seen(reference.to))
    if references.by_key(reference, target):
        there, here = name(target.surrogate_key), name(reference.key)
    else:
        there, here = (f"cast({name(c)} AS STRING)" for c in (reference.column, reference.by))
    moved = changes.selectExpr(f"{there} AS _moved").distinct()
    asking = table.selectExpr("*", f"{here} AS _asked")
    return asking.join(moved, asking["_asked"] == moved["_moved"], "left_semi").drop("_asked")


def _derived(work: Work) -> list[str]:
    columns = []
    for label, reference in work.source.referring.items():
        columns += [reference.key, f"{label}_status", *reference.brought]
    return columns
