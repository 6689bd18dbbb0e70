"""Published rows whose references changed, made right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs import references
from jobs.load import LINEAGE
from jobs.match import UPDATE, Matched
from jobs.split import sent_whole
from jobs.sqltext import name
from jobs.standing import Moved, Standing, naming
from jobs.work import NeedsRebuild, Work


@dataclass(frozen=True)
class Again:
    """Published rows that are restated: as they read now, in the silver table's columns; None
    where there are none."""

    rows: DataFrame | None = None
    count: int = 0


def restated(
    work: Work, match: Matched, moved: Sequence[Moved], standing: Standing | None
) -> Again:
    """The published rows that read differently now, but for those that the batch replaces.
    Raises NeedsRebuild where a row that must be known is there no more."""
    asked = naming(standing.rows if standing else work.table(), moved)
    if asked is None:
        return Again()
    if match.updates:
        key = work.source.surrogate_key
        later = match.rows.where(f"_act = '{UPDATE}'").selectExpr("_key AS _later")
        later = sent_whole(later, match.updates)
        asked = asked.join(later, asked[key] == later["_later"], "left_anti")
    rows = work.keep(_read_anew(work, asked))
    found = rows.selectExpr("count(*) AS n", "count(_waiting) AS lost").first()
    assert found is not None
    if found["lost"]:
        raise NeedsRebuild("rows that others refer to are no longer there")
    return Again(rows.drop("_waiting"), found["n"])


def _read_anew(work: Work, table: DataFrame) -> DataFrame:
    """The rows of ``table`` that read differently now, with ``_waiting``."""
    source = work.source
    derived = ", ".join(name(c) for c in _derived(work))
    own = [name(c) for c in (source.surrogate_key, *source.columns, "_repairs", *LINEAGE)]
    bare = table.selectExpr(*own, f"struct({derived}) AS _was")
    targets = work.lake.definition.sources
    again = references.attach(bare, source, targets, work.reference_tables())
    return again.where(f"NOT (struct({derived}) <=> _was)").drop("_was")


def _derived(work: Work) -> list[str]:
    columns = []
    for label, reference in work.source.referring.items():
        columns += [reference.key, f"{label}_status", *reference.brought]
    return columns
