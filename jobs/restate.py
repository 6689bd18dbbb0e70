"""Published rows whose references changed: found by what the other tables changed, made right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame

from jobs import references
from jobs.changes import changed, net
from jobs.definition import Reference
from jobs.load import LINEAGE
from jobs.match import UPDATE, Matched
from jobs.sqltext import literals, name, one_of
from jobs.work import FEW, NeedsRebuild, Work


@dataclass(frozen=True)
class Again:
    """Published rows that are restated. rows: as they read now, in the silver table's columns;
    None where there are none. before: these rows and those that the batch replaces, as they read
    until now; None where they are not few."""

    rows: DataFrame | None = None
    count: int = 0
    before: DataFrame | None = None


@dataclass(frozen=True)
class _Moved:
    """What a reference names that changed, came or went. here: SQL of what a published row is
    found by. values: SQL constants, where they are few; else one row each of ``_moved``."""

    here: str
    values: Sequence[str] | None
    rows: DataFrame


def restated(work: Work, match: Matched) -> Again:
    """The published rows that read differently now, but for those that the batch replaces.
    Raises NeedsRebuild where a row that must be known is there no more."""
    moved = [_moved(work, reference) for reference in _references(work)]
    moved = [one for one in moved if one.values != []]
    few = match.replaced is not None and all(one.values is not None for one in moved)
    if few:
        before = _before(work, moved, match.replaced or ())
        asked = before
        if before is not None and match.replaced:
            asked = before.where(f"NOT ({one_of(work.source.surrogate_key, match.replaced)})")
    else:
        before, asked = None, _asked(work, moved, match)
    if not moved or asked is None:
        return Again(before=before)
    rows = work.keep(_read_anew(work, asked))
    found = rows.selectExpr("count(*) AS n", "count(_waiting) AS lost").first()
    assert found is not None
    if found["lost"]:
        raise NeedsRebuild("rows that others refer to are no longer there")
    return Again(rows.drop("_waiting"), found["n"], before)


def _table(work: Work) -> DataFrame:
    assert work.last is not None
    return work.lake.storage.read(work.path, work.last.version)


def _before(work: Work, moved: Sequence[_Moved], replaced: Sequence[int]) -> DataFrame | None:
    """The published rows that name what moved, or are replaced, found in one pass; None where
    there is nothing to look for."""
    asked = [f"{one.here} IN ({', '.join(one.values or ())})" for one in moved]
    asked += [one_of(work.source.surrogate_key, replaced)] if replaced else []
    return work.keep(_table(work).where(" OR ".join(asked))) if asked else None


def _asked(work: Work, moved: Sequence[_Moved], match: Matched) -> DataFrame | None:
    """The published rows that name what moved, however many they are."""
    if not moved:
        return None
    key = work.source.surrogate_key
    rows = reduce(DataFrame.unionByName, (_naming(_table(work), one) for one in moved))
    rows = rows.dropDuplicates([key])
    if not match.updates:
        return rows
    later = match.rows.where(f"_act = '{UPDATE}'").selectExpr("_key AS _later")
    return rows.join(later, rows[key] == later["_later"], "left_anti")


def _references(work: Work) -> list[Reference]:
    """The references to sources that have published since this one last did."""
    if not work.refs_moved:
        return []
    moved = set(work.moved_refs())
    return [r for r in work.source.referring.values() if r.to in moved]


def _moved(work: Work, reference: Reference) -> _Moved:
    target = work.lake.definition.sources[reference.to]
    changes = changed(work.lake, target, work.seen(reference.to))
    if references.by_key(reference, target):
        here, there = name(reference.key), name(target.surrogate_key)
        # What a row brings is all that a reference by key can change.
        moved = net(changes, [f"{there} AS _moved", *map(name, reference.brought.values())])
    else:
        here, there = (f"cast({name(c)} AS STRING)" for c in (reference.by, reference.column))
        moved = changes.selectExpr(f"{there} AS _moved")
    rows = moved.select("_moved").where("_moved IS NOT NULL").distinct()
    found = [row["_moved"] for row in rows.limit(FEW + 1).collect()]
    if len(found) > FEW:
        return _Moved(here, None, rows)
    values = [f"{v}L" if isinstance(v, int) else literals([v]) for v in found]
    return _Moved(here, values, rows)


def _naming(table: DataFrame, moved: _Moved) -> DataFrame:
    """The rows that name a row that changed, came or went."""
    asking = table.selectExpr("*", f"{moved.here} AS _asked")
    rows = moved.rows
    return asking.join(rows, asking["_asked"] == rows["_moved"], "left_semi").drop("_asked")


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
