"""The gold step: each mart from what silver and other marts hold, in one commit.

A mart with a period is recomputed for the periods that changed rows stand in, or stood in
before; one without is recomputed whole. Its note says which versions it consumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame

from jobs.contract import enforce, fields
from jobs.definition import Mart, Period
from jobs.errors import DefinitionError
from jobs.lake import Lake, Step
from jobs.ledger import current
from jobs.load import ENGINE_TABLES, fingerprint
from jobs.sqltext import literal, name
from jobs.storage import Commit, last_commit
from jobs.work import NOTHING_SEEN, seen

PROPERTIES = {"delta.enableDeletionVectors": "true"}


def summarise(lake: Lake, mart: Mart) -> None:
    """Publishes a mart, if anything that it reads has changed."""
    with lake.step("gold", mart.name) as step:
        inputs = {table: last_commit(_path(lake, table)) for table in mart.reads}
        if any(commit is None for t, commit in inputs.items() if t not in ENGINE_TABLES):
            step.detail = "waits for " + ", ".join(t for t, c in inputs.items() if c is None)
            return
        last = last_commit(lake.gold_path(mart.name))
        note = _note(lake, mart, inputs, last)
        asked = _range(lake, mart)
        if last is None or _whole(lake, mart, inputs, last, asked):
            step.rows_out, step.commit = _publish(lake, mart, inputs, note, "")
        elif asked or _moved(inputs, last):
            _touched(lake, mart, inputs, last, note, step, asked)


def _path(lake: Lake, table: str) -> str:
    if table == "quarantine":
        return lake.zones.quarantine
    if table == "files":
        return lake.zones.files
    source = lake.definition.silver_source(table)
    return lake.silver_path(source) if source else lake.gold_path(table)


def _note(
    lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None], last: Commit | None
) -> dict[str, Any]:
    return {
        "run": lake.run_id,
        "seq": (last.note.get("seq", 0) if last else 0) + 1,
        "fingerprint": fingerprint(mart),
        "reads": {table: seen(commit) for table, commit in inputs.items() if commit},
    }


def _moved(inputs: Mapping[str, Commit | None], last: Commit) -> set[str]:
    """The tables whose rows have changed since the mart was computed."""
    were = last.note["reads"]
    return {t for t, c in inputs.items() if c and c.stamp != were.get(t, NOTHING_SEEN)["stamp"]}


def _whole(
    lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None], last: Commit, asked: str
) -> bool:
    """Whether the mart is to be computed from all that it reads."""
    if lake.settings.rebuild or last.note.get("fingerprint") != fingerprint(mart):
        return True
    moved = _moved(inputs, last)
    if mart.period is None:
        return bool(moved or asked)
    commit = inputs[mart.period.table]
    generation = last.note["reads"][mart.period.table]["generation"]
    anew = commit is not None and commit.note.get("generation", 0) != generation
    return anew or bool(moved - {mart.period.table})


def _touched(
    lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None], last: Commit,
    note: dict[str, Any], step: Step, asked: str,
) -> None:  # fmt: skip
    """Recomputes the periods in which rows changed, or were before they changed, and those
    that are asked for: what the note says was consumed is so in every period."""
    period = mart.period
    assert period is not None
    periods: list[str | None] = []
    if _moved(inputs, last):
        since = last.note["reads"][period.table]["version"]
        periods = _periods(lake.storage.changes(_path(lake, period.table), since), mart, period)
    wanted = [asked, _among(mart, period, periods) if periods else ""]
    if where := " OR ".join(filter(None, wanted)):
        step.rows_out, step.commit = _publish(lake, mart, inputs, note, where)
        found = [f"{len(periods)} periods recomputed"] if periods else []
        step.detail = ", ".join((["the range recomputed"] if asked else []) + found)
    else:
        # No row changes, but what has been looked at need not be looked at again.
        path = lake.gold_path(mart.name)
        lake.storage.append(lake.storage.read(path).limit(0), path, note)
        step.detail = "no period that it reads has changed"


def _among(mart: Mart, period: Period, periods: Sequence[str | None]) -> str:
    """SQL: the mart's rows of ``periods``; None is the period of rows that have no date."""
    column, given = name(period.column), [_value(mart, p) for p in periods if p is not None]
    parts = [f"{column} IN ({', '.join(given)})"] if given else []
    return " OR ".join(parts + ([f"{column} IS NULL"] if None in periods else []))


def _periods(changes: DataFrame, mart: Mart, period: Period) -> list[str | None]:
    """The periods where what the mart reads of its table has changed: a row whose other
    columns alone changed cancels itself out, before against after."""
    text = f"{mart.sql} {period.expression}".lower()
    words = set(re.findall(r"\w+", text))
    columns = [c for c in changes.columns if not c.startswith("_")]
    every = "`" in text or "*" in mart.sql.replace("(*)", "")
    used = [name(c) for c in columns if every or c.lower() in words]
    sign = "CASE WHEN _change_type IN ('insert', 'update_postimage') THEN 1 ELSE -1 END AS _sign"
    net = (
        changes.selectExpr(f"{period.expression} AS _period", sign, *used)
        .groupBy("_period", *used)
        .agg({"_sign": "sum"})
        .where("`sum(_sign)` <> 0")
    )
    rows = net.selectExpr("cast(_period AS STRING) AS p").distinct().orderBy("p").collect()
    return [row["p"] for row in rows]


def _value(mart: Mart, text: str) -> str:
    assert mart.period is not None
    return f"cast({literal(text)} AS {_kind(mart, mart.period)})"


def _kind(mart: Mart, period: Period) -> str:
    return fields(mart.columns)[period.column]


def _range(lake: Lake, mart: Mart) -> str:
    """SQL: the mart's rows in the range that was asked for; "" where none was, and all of them
    where the mart has no period."""
    low, high = lake.settings.period_from, lake.settings.period_to
    if mart.period is None:
        return "true" if low or high else ""
    column = name(mart.period.column)
    bounds = [f"{column} >= {_value(mart, low)}"] if low else []
    bounds += [f"{column} <= {_value(mart, high)}"] if high else []
    return " AND ".join(bounds)


def _publish(
    lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None], note: dict[str, Any], where: str
) -> tuple[int, Commit]:
    frames = {t: _frame(lake, mart, t, c, where) for t, c in inputs.items()}
    try:
        rows = lake.storage.query(mart.sql, frames)
    except Exception as error:
        if type(error).__name__ not in ("AnalysisException", "ParseException"):
            raise
        said = str(error).split("\n")[0]
        raise DefinitionError(f"{mart.name}: its SQL cannot be run: {said}") from error
    rows = enforce(rows, mart.columns, f"gold.{mart.name}")
    path = lake.gold_path(mart.name)
    if where:
        commit = lake.storage.overwrite(rows, path, note, where=where)
    else:
        commit = lake.storage.overwrite(rows, path, note, options=PROPERTIES)
    return commit.metrics.get("numOutputRows", 0), commit


def _frame(lake: Lake, mart: Mart, table: str, commit: Commit | None, where: str) -> DataFrame:
    """What a mart reads of one table: all of it, or the rows of the periods in hand."""
    if commit is None:
        return _empty(lake, table)
    frame = lake.storage.read(_path(lake, table), commit.version)
    if table == "files":
        return current(frame)
    if table == "quarantine":
        return frame.where("source_file IS NOT NULL")
    if where and mart.period and table == mart.period.table:
        columns = [name(c) for c in frame.columns]
        asked = f"{mart.period.expression} AS {name(mart.period.column)}"
        if mart.period.column in frame.columns:
            raise DefinitionError(
                f"{mart.name}: its period column {mart.period.column} must not have the name of a "
                f"column of {table}; rename it."
            )
        return frame.selectExpr("*", asked).where(where).selectExpr(*columns)
    return frame


def _empty(lake: Lake, table: str) -> DataFrame:
    from jobs import ledger, quarantine

    ddl = {"quarantine": quarantine.DDL, "files": ledger.FILES_DDL}[table]
    rows = lake.storage.rows([], ddl)
    return current(rows) if table == "files" else rows
