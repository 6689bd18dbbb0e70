"""How the winning rows of a batch stand to the rows that are already published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs import keys, superseded
from jobs.definition import Source
from jobs.split import collision, order, sent_whole
from jobs.sqltext import literal, name
from jobs.standing import Standing
from jobs.superseded import Superseded
from jobs.work import Work

INSERT, UPDATE, LOSE = "insert", "update", "lose"


@dataclass(frozen=True)
class Matched:
    """Winning rows with ``_act``: insert (a new key), update (later than the published row) or
    lose (earlier). within: SQL that holds for every published row concerned. replaced, new: the
    surrogate keys of updates and inserts, where these are few; else None. superseded: what
    the rows that lose, on either side, were."""

    rows: DataFrame
    inserts: int
    updates: int
    losses: int
    within: str
    replaced: Sequence[int] | None = None
    new: Sequence[int] | None = None
    superseded: Superseded = field(default_factory=Superseded)

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
    both = rows.selectExpr("*", act, f"{superseded.values(work.source)} AS _values")
    held = both.selectExpr("*", *_differences(work.source))
    told = work.keep(held.drop("_values", "_old_values"))
    few = count <= work.limits.named
    counted = _counted(told, few=few)
    clashes = [tuple(row["_clash"]) for row in counted if row["_clash"]]
    if clashes:
        raise collision(work.source, *min(clashes))
    inserts, updates, losses = (sum(row[act] for row in counted) for act in (INSERT, UPDATE, LOSE))
    if inserts and within != "true":
        _no_clash_beyond(work, winners, count, updates + losses)
    kept = told.drop("_hit", "_old", "_old_text", "_same", "_dates", "_most")
    replaced, new = (
        [key for row in counted for key in row[f"_{act}_keys"]] if few else None
        for act in (UPDATE, INSERT)
    )
    lost = superseded.total(row.asDict() for row in counted)
    return Matched(kept, inserts, updates, losses, within, replaced, new, lost)


def _differences(source: Source) -> list[str]:
    """SQL: how a winning row differs from the published one of its key, where there is one."""
    pair = ("_values", "_old_values")
    dated = superseded.has_other_date(*pair, source)
    most = f"NOT {dated} AND {superseded.is_mostly_other(*pair, source)}"
    found = {"_same": superseded.is_copy(*pair), "_dates": dated, "_most": most}
    return [f"_hit IS NOT NULL AND {sql} AS {what}" for what, sql in found.items()]


def _counted(told: DataFrame, *, few: bool) -> list[Row]:
    """The matched rows, counted by the file of the row that wins."""
    clash = "min(CASE WHEN _key_text <> _old_text THEN struct(_key_text, _old_text) END)"
    sums = {act: f"count_if(_act = '{act}')" for act in (INSERT, UPDATE, LOSE)}
    sums |= {what: f"count_if({what})" for what in ("_same", "_dates", "_most")}
    sums |= {"_lost": f"count_if(_act <> '{INSERT}')", "_clash": clash}
    sums |= {f"_{act}_keys": _keys(act, few=few) for act in (INSERT, UPDATE)}
    winner = F.expr(f"CASE WHEN _act = '{LOSE}' THEN _old.source_file ELSE source_file END")
    listed = [F.expr(sql).alias(what) for what, sql in sums.items()]
    return told.groupBy(winner.alias("_file")).agg(*listed).collect()


def _keys(act: str, *, few: bool) -> str:
    """SQL: the surrogate keys of the rows of an act; null where they may not be few."""
    listed = f"collect_list(CASE WHEN _act = '{act}' THEN _key END)"
    return listed if few else "first(cast(null AS ARRAY<BIGINT>))"


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
        f"{superseded.values(source)} AS _old_values",
    )
    asked = sent_whole(winners.selectExpr("_key AS _asked_key"), count)
    return old.join(asked, old["_hit"] == asked["_asked_key"], "left_semi")
