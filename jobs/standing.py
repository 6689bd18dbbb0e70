"""The published rows that a batch may concern, looked up once.

A batch is held against what is published three times: which of its keys are there, which rows name
a row of another source that moved, and how the rows that go read until now. A table that fits into
memory is read once for all of it; of a larger one the rows are named, where they are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs import references
from jobs.changes import changed, net
from jobs.definition import Reference
from jobs.load import LINEAGE
from jobs.sqltext import literals, name, one_of
from jobs.work import NeedsRebuild, Work, published


@dataclass(frozen=True)
class Moved:
    """What one reference names that changed, came or went. here: SQL of what a published row is
    found by. values: SQL constants, where they are few; else one row each of ``_moved``."""

    here: str
    values: Sequence[str] | None
    rows: DataFrame


@dataclass(frozen=True)
class Standing:
    """Published rows, in the table's own columns, in memory: every row whose key the batch has,
    or that names what moved. whole: it is all of the table."""

    rows: DataFrame
    whole: bool


def moved(work: Work) -> list[Moved]:
    """What the references name that has moved since this source last published."""
    if not work.refs_moved:
        return []
    sources = set(work.moved_refs())
    found = [_moved(work, r) for r in work.source.referring.values() if r.to in sources]
    return [one for one in found if one.values != []]


def _moved(work: Work, reference: Reference) -> Moved:
    target = work.lake.definition.sources[reference.to]
    changes = changed(work.lake, target, work.seen(reference.to))
    if changes is None:
        raise NeedsRebuild(f"the version of {reference.to} that it last read is gone")
    brings = [name(c) for c in dict.fromkeys(reference.brought.values())]
    if references.by_key(reference, target):
        here, there = name(reference.key), name(target.surrogate_key)
    else:
        here, there = (f"cast({name(c)} AS STRING)" for c in (reference.by, reference.column))
        # Of several rows that share the value, the latest stands for it.
        brings += map(name, dict.fromkeys((target.surrogate_key, *target.latest_by, *LINEAGE)))
    rows = net(changes, [f"{there} AS _moved", *dict.fromkeys(brings)])
    rows, few = rows.select("_moved").where("_moved IS NOT NULL").distinct(), work.limits.named
    found = [row["_moved"] for row in rows.limit(few + 1).collect()]
    if len(found) > few:
        return Moved(here, None, rows)
    values = [f"{v}L" if isinstance(v, int) else literals([v]) for v in found]
    return Moved(here, values, rows)


def standing(work: Work, winners: DataFrame, count: int, moved: Sequence[Moved]) -> Standing | None:
    """What a batch of ``count`` winning rows at most may concern; None where that is too much to
    hold, or where a narrower look at the table tells all."""
    if not count and not moved:
        return None
    if work.last and published(work.last) <= work.limits.in_memory:
        return Standing(work.keep(work.table()), whole=True)
    if count > work.limits.named or not moved or any(one.values is None for one in moved):
        return None
    keys = [row["_key"] for row in winners.select("_key").collect()]
    asked = [f"{one.here} IN ({', '.join(one.values or ())})" for one in moved]
    asked += [one_of(work.source.surrogate_key, keys)] if keys else []
    return Standing(work.keep(work.table().where(" OR ".join(asked))), whole=False)


def naming(table: DataFrame, moved: Sequence[Moved]) -> DataFrame | None:
    """The rows of ``table`` that name what moved, each once; None where nothing did."""
    if not moved:
        return None
    listed = [f"{one.here} IN ({', '.join(one.values)})" for one in moved if one.values]
    joined = [one for one in moved if one.values is None]
    if not joined:
        return table.where(" OR ".join(listed))
    asking = table.selectExpr("*", *(f"{one.here} AS _asked_{n}" for n, one in enumerate(joined)))
    for n, one in enumerate(joined):
        found = one.rows.selectExpr(f"_moved AS _moved_{n}")
        asking = asking.join(found, asking[f"_asked_{n}"] == found[f"_moved_{n}"], "left")
    hits = [f"_moved_{n} IS NOT NULL" for n in range(len(joined))]
    return asking.where(" OR ".join([*listed, *hits])).select(*(name(c) for c in table.columns))
