"""The gold step: each mart from what silver and other marts hold, in one commit.

A mart with a period is recomputed for the periods that changed rows stand in, or stood in
before; one without is recomputed whole. Its note says which versions it consumed.
"""

from __future__ import annotations

from collections.abc import Mapping
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

PROPERTIES = {"delta.enableDeletionVectors": "true"}


def summarise(lake: Lake, mart: Mart) -> None:
    """Publishes a mart, if anything that it reads has changed."""
    with lake.step("gold", mart.name) as step:
        inputs = {table: last_commit(_path(lake, table)) for table in mart.reads}
        if any(commit is None for t, commit in inputs.items() if t not in ENGINE_TABLES):
            step.detail = "waits for " + ", ".join(t for t, c in inputs.items() if c is None)
            return
        last = last_commit(lake.gold_path(mart.name))
        note = _note(lake, mart, inputs)
        if _whole(lake, mart, inputs, last):
            step.rows_out, step.commit = _publish(lake, mart, inputs, note, "")
        elif lake.settings.period_from or lake.settings.period_to:
            where = _range(lake, mart)
            step.rows_out, step.commit = _publish(lake, mart, inputs, note, where)
        elif last is not None and last.note["versions"] != note["versions"]:
            _touched(lake, mart, inputs, last, note, step)


def _path(lake: Lake, table: str) -> str:
    if table == "quarantine":
        return lake.zones.quarantine
    if table == "files":
        return lake.zones.files
    source = lake.definition.silver_source(table)
    return lake.silver_path(source) if source else lake.gold_path(table)


def _note(lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None]) -> dict[str, Any]:
    return {
        "run": lake.run_id,
        "fingerprint": fingerprint(mart),
        "versions": {t: c.version if c else -1 for t, c in inputs.items()},
        "generations": {t: c.note.get("generation", 0) if c else 0 for t, c in inputs.items()},
    }


def _whole(
    lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None], last: Commit | None
) -> bool:
    """Whether the mart is to be computed from all that it reads."""
    if last is None or lake.settings.rebuild or last.note.get("fingerprint") != fingerprint(mart):
        return True
    moved = {t for t, c in inputs.items() if (c.version if c else -1) != last.note["versions"][t]}
    if mart.period is None:
        return bool(moved)
    generation = last.note["generations"][mart.period.table]
    commit = inputs[mart.period.table]
    anew = commit is not None and commit.note.get("generation", 0) != generation
    return anew or bool(moved - {mart.period.table})


def _touched(
    lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None], last: Commit,
    note: dict[str, Any], step: Step,
) -> None:  # fmt: skip
    """Recomputes the periods in which rows changed, or were before they changed."""
    period = mart.period
    assert period is not None
    since = last.note["versions"][period.table]
    changes = lake.storage.changes(_path(lake, period.table), since)
    values = changes.selectExpr(f"{period.expression} AS p").distinct()
    periods = [row["p"] for row in values.selectExpr("cast(p AS STRING) AS p").collect()]
    if periods:
        where = f"{name(period.column)} IN ({', '.join(_value(mart, p) for p in sorted(periods))})"
        step.rows_out, step.commit = _publish(lake, mart, inputs, note, where)
        step.detail = f"{len(periods)} of its periods recomputed"


def _value(mart: Mart, text: str) -> str:
    assert mart.period is not None
    return f"cast({literal(text)} AS {_kind(mart, mart.period)})"


def _kind(mart: Mart, period: Period) -> str:
    return fields(mart.columns)[period.column]


def _range(lake: Lake, mart: Mart) -> str:
    low, high = lake.settings.period_from, lake.settings.period_to
    if mart.period is None:
        return ""
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
