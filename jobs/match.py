"""How the winning rows of a batch stand to the rows that are already published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs import keys
from jobs.split import collision, order, sent_whole
from jobs.sqltext import literal, name
from jobs.standing import Standing
from jobs.work import Work

INSERT, UPDATE, LOSE = "insert", "update", "lose"


@dataclass(frozen=True)
class Matched:
    """Winning rows with ``_act``: insert (a new key), update (later than the published row) or
    lose (earlier). within: SQL that holds for every published row concerned. replaced, new: the
    surrogate keys of updates and inserts, where these are few; else None."""

    rows: DataFrame
    inserts: int
    updates: int
    losses: int
    within: str
    replaced: Sequence[int] | None = None
    new: Sequence[int] | None = None

    @property
    def upserts(self) -> DataFrame:
        return self.rows.where(f"_act <> '{LOSE}'")


def matched(
    work: Work, winners: DataFrame, count: int, standing: Standing | None = None
) -> Matched:
    """Matches ``winners`` (``count`` rows at most) with the table, or with what is looked up of it
    already. Raises KeyCollision."""
    if not count:
        none = winners.selectExpr("*", f"'{INSERT}' AS _act")
        return Matched(none, 0, 0, 0, "true", (), ())
    if not work.source.key and not work.source.distinct:
        every = winners.selectExpr("*", f"'{INSERT}' AS _act")
        return Matched(every, count, 0, 0, "true", ())
    within = "true" if standing else _within(work, winners)
    table = standing.rows if standing else work.table().where(within)
    hits = sent_whole(_hits(work, table, winners, count), count)
    rows = winners.join(hits, winners["_key"] == hits["_hit"], "left")
    act = (
        f"CASE WHEN _hit IS NULL THEN '{INSERT}' WHEN {order(work.source)} > _old THEN '{UPDATE}' "
        f"ELSE '{LOSE}' END AS _act"
    )
    told = work.keep(rows.selectExpr("*", act))
    clash = "min(CASE WHEN _key_text <> _old_text THEN struct(_key_text, _old_text) END)"
    sums = [f"count_if(_act = '{a}') AS {name(a)}" for a in (INSERT, UPDATE, LOSE)]
    few = count <= work.limits.named
    sums += [_keys(act, few=few) for act in (INSERT, UPDATE)]
    found = told.selectExpr(*sums, f"{clash} AS _clash").first()
    assert found is not None
    if found["_clash"]:
        raise collision(work.source, *found["_clash"])
    if found[INSERT] and within != "true":
        _no_clash_beyond(work, winners, count, found[UPDATE] + found[LOSE])
    kept = told.drop("_hit", "_old", "_old_text")
    keys_of = {act: found[f"_{act}_keys"] for act in (INSERT, UPDATE)}
    return Matched(
        kept, found[INSERT], found[UPDATE], found[LOSE], within, keys_of[UPDATE], keys_of[INSERT]
    )


def _keys(act: str, *, few: bool) -> str:
    """SQL: the surrogate keys of the rows of an act; null where they may not be few."""
    listed = f"collect_list(CASE WHEN _act = '{act}' THEN _key END)"
    return f"{listed if few else 'cast(null AS ARRAY<BIGINT>)'} AS _{act}_keys"


def _within(work: Work, winners: DataFrame) -> str:
    """The range of the batch's keys: lets files that cannot hold one of them be passed over."""
    if not work.source.key:
        return "true"
    column = work.source.key[0]
    kind = work.source.columns[column].sql_type
    value = f"cast({name(column)} AS STRING)"
    edges = winners.selectExpr(
        f"min_by({value}, {name(column)}) AS low", f"max_by({value}, {name(column)}) AS high"
    ).first()
    assert edges is not None
    low, high = (f"cast({literal(edge)} AS {kind})" for edge in edges)
    return f"{name(column)} BETWEEN {low} AND {high}"


def _no_clash_beyond(work: Work, winners: DataFrame, count: int, hits: int) -> None:
    """Raises KeyCollision where a published row outside the batch's range has the surrogate
    key of one of ``winners``. One narrow column is read; both keys are looked up on a clash."""
    everywhere = _hits(work, work.table(), winners, count)
    if everywhere.select("_hit").count() == hits:
        return
    asked = winners.selectExpr("_key", "_key_text")
    both = everywhere.join(asked, everywhere["_hit"] == asked["_key"]).where(
        "_old_text <> _key_text"
    )
    clash = both.selectExpr("min(struct(_key_text, _old_text)) AS clash").first()
    assert clash is not None and clash["clash"] is not None
    raise collision(work.source, *clash["clash"])


def _hits(work: Work, table: DataFrame, winners: DataFrame, count: int) -> DataFrame:
    source = work.source
    columns = source.key or tuple(c for c, s in source.columns.items() if not s.sql)
    old = table.selectExpr(
        f"{name(source.surrogate_key)} AS _hit",
        f"{order(source)} AS _old",
        f"{keys.encoded(columns)} AS _old_text",
    )
    asked = sent_whole(winners.selectExpr("_key AS _asked_key"), count)
    return old.join(asked, old["_hit"] == asked["_asked_key"], "left_semi")
