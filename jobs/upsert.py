"""How new, later and restated rows get into a published silver table: always in one commit.

New keys are appended. A table that is held in memory is written anew; of a larger one the files
that hold replaced rows are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from jobs.changes import SIGN, remember
from jobs.commits import Commit
from jobs.match import UPDATE, Matched
from jobs.restate import Again
from jobs.rows import Rows
from jobs.split import sent_whole
from jobs.sqltext import name, one_of
from jobs.standing import Standing
from jobs.work import WHOLE, Work, silver_rows, written


def upsert(
    work: Work, match: Matched, again: Again, standing: Standing | None, note: Mapping[str, Any]
) -> Commit:
    """Publishes what the batch and the restated rows make of the table."""
    rows = silver_rows(match.upserts, work)
    if again.rows is not None:
        rows = rows.unionByName(again.rows)
    if standing and standing.whole:
        return _anew(work, match, again, standing.rows, rows, note)
    if not match.updates and not again.count:
        return _append(work, match, rows, note)
    return _replace(work, match, again, standing, rows, note)


def _what(work: Work) -> str:
    return f"silver.{work.source.silver}"


def _append(work: Work, match: Matched, rows: DataFrame, note: Mapping[str, Any]) -> Commit:
    commit = work.lake.storage.append(rows, work.path, note, order=work.order)
    if match.inserts <= work.limits.named:
        _hand_over(work, rows, None)
    return written(commit, _what(work), added=match.inserts)


def _anew(
    work: Work, match: Matched, again: Again, table: DataFrame, rows: DataFrame,
    note: Mapping[str, Any],
) -> Commit:  # fmt: skip
    """The whole table, which is small; those that refer to it get it from memory."""
    storage, key = work.lake.storage, work.source.surrogate_key
    replaced, published = match.updates + again.count, note["books"]["published"]
    stays, went = table, None
    if replaced:
        came = sent_whole(rows.selectExpr(f"{name(key)} AS _came"), match.inserts + replaced)
        went = table.join(came, table[key] == came["_came"], "left_semi")
        stays = table.join(came, table[key] == came["_came"], "left_anti")
    whole = stays.unionByName(rows)
    handed = work.is_referred_to and published <= work.limits.in_memory
    if handed:
        whole = storage.keep(whole, at_once=True)
    if replaced:
        assert work.last is not None
        before = work.last.total
        commit = storage.overwrite(whole, work.path, note, order=work.order)
        written(commit, _what(work), added=published, removed=before)
    else:
        commit = storage.append(rows, work.path, note, order=work.order)
        written(commit, _what(work), added=match.inserts)
    _hand_over(work, rows, went)
    if handed:
        work.lake.hand_over(WHOLE, work.source, commit.version, whole)
    return commit


def _replace(
    work: Work, match: Matched, again: Again, standing: Standing | None, rows: DataFrame,
    note: Mapping[str, Any],
) -> Commit:  # fmt: skip
    replaced = match.updates + again.count
    key = name(work.source.surrogate_key)
    keys = match.rows.where(f"_act = '{UPDATE}'").selectExpr(f"_key AS {key}")
    if again.rows is not None:
        keys = keys.unionByName(again.rows.selectExpr(key))
    gone = Rows(_reach(match, again), work.source.surrogate_key, sent_whole(keys, replaced))
    named = _named(work, match, again)
    went = None
    if named is not None:
        table = standing.rows if standing else work.table().where(_reach(match, again))
        went = table.where(one_of(work.source.surrogate_key, named))
    commit = work.lake.storage.replace(rows, work.path, note, gone, order=work.order)
    if named is not None:
        _hand_over(work, rows, went)
    added = match.inserts + replaced
    return written(commit, _what(work), added=added, removed=replaced)


def _reach(match: Matched, again: Again) -> str:
    """SQL that holds for every published row concerned: restated rows may stand anywhere."""
    return "true" if again.count else match.within


def _named(work: Work, match: Matched, again: Again) -> list[int] | None:
    """The surrogate keys of the published rows that are replaced, where these are few."""
    if match.replaced is None or match.new is None or again.count > work.limits.named:
        return None
    keys = again.rows.select(name(work.source.surrogate_key)).collect() if again.rows else []
    return [*match.replaced, *(row[0] for row in keys)]


def _hand_over(work: Work, came: DataFrame, went: DataFrame | None) -> None:
    """Tells the later steps of this run what changed."""
    rows = came.selectExpr("*", f"1 AS {SIGN}")
    if went is not None:
        rows = rows.unionByName(went.selectExpr("*", f"-1 AS {SIGN}"))
    assert work.last is not None
    remember(work.lake, work.source, work.last.stamp, rows)
