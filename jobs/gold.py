"""The gold step: each mart from what silver and other marts hold, in one commit.

A mart with a period is recomputed for the periods that changed rows stand in, or stood in
before; one without is recomputed whole. Its note says which versions it consumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from jobs.changes import changed
from jobs.commits import Commit
from jobs.contract import enforce
from jobs.definition import Mart
from jobs.errors import DefinitionError, Overflow
from jobs.failing import first_line
from jobs.lake import Lake, Step
from jobs.ledger import current
from jobs.load import ENGINE_TABLES, fingerprint
from jobs.overflow import checked, is_overflow, overflowing
from jobs.periods import Part, Value, by_period, is_dated, touched
from jobs.rows import Rows
from jobs.work import NOTHING_SEEN, seen


def summarise(lake: Lake, mart: Mart) -> None:
    """Publishes a mart, if anything that it reads has changed."""
    with lake.step("gold", mart.name) as step:
        head = lake.storage.head
        inputs = {table: head(_path(lake, table)) for table in mart.reads}
        if any(commit is None for t, commit in inputs.items() if t not in ENGINE_TABLES):
            step.detail = "waits for " + ", ".join(t for t, c in inputs.items() if c is None)
            return
        last = head(lake.gold_path(mart.name))
        note = _note(lake, mart, inputs)
        if last is None or _whole(lake, mart, inputs, last):
            step.rows_out, step.commit = _publish(lake, mart, inputs, note, last)
        elif _asked(lake) or _moved(inputs, last):
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
        "reads": {table: seen(commit) for table, commit in inputs.items() if commit},
    }


def _moved(inputs: Mapping[str, Commit | None], last: Commit) -> set[str]:
    """The tables whose rows have changed since the mart was computed."""
    were = last.note["reads"]
    return {t for t, c in inputs.items() if c and c.stamp != were.get(t, NOTHING_SEEN)["stamp"]}


def _asked(lake: Lake) -> bool:
    """Whether the run is to recompute a range of periods."""
    return bool(lake.settings.period_from or lake.settings.period_to)


def _whole(lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None], last: Commit) -> bool:
    """Whether the mart is to be computed from all that it reads."""
    if lake.settings.rebuild or last.note.get("fingerprint") != fingerprint(mart):
        return True
    if _asked(lake) and not (mart.period and is_dated(mart, mart.period)):
        return True
    moved = _moved(inputs, last)
    if mart.period is None:
        return bool(moved)
    commit = inputs[mart.period.table]
    generation = last.note["reads"][mart.period.table]["generation"]
    anew = commit is not None and commit.note.get("generation", 0) != generation
    return anew or bool(moved - {mart.period.table})


def _touched(
    lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None], last: Commit,
    note: dict[str, Any], step: Step,
) -> None:  # fmt: skip
    """Recomputes the periods in which rows changed, or were before they changed, and those
    that are asked for: what the note says was consumed is so in every period."""
    period = mart.period
    assert period is not None
    source = lake.definition.silver_source(period.table)
    assert source is not None
    periods: list[Value] = []
    within: list[Value] = []
    if _moved(inputs, last):
        changes = changed(lake, source, last.note["reads"][period.table])
        if changes is None:
            step.rows_out, step.commit = _publish(lake, mart, inputs, note, last)
            return
        periods, within = touched(changes, mart, period, lake.limits.named)
    low, high = lake.settings.period_from, lake.settings.period_to
    part = Part(mart, period, periods, within, low, high)
    if part.where:
        step.rows_out, step.commit = _publish(lake, mart, inputs, note, last, part)
        of = f", {len(within)} of their {period.within}" if within else ""
        found = [f"{len(periods)} periods recomputed{of}"] if periods else []
        step.detail = ", ".join((["the range recomputed"] if _asked(lake) else []) + found)
    else:
        # No row changes, but what has been looked at need not be looked at again.
        lake.storage.touch(lake.gold_path(mart.name), note)
        step.detail = "no period that it reads has changed"


def _publish(
    lake: Lake, mart: Mart, inputs: Mapping[str, Commit | None], note: dict[str, Any],
    last: Commit | None, part: Part | None = None,
) -> tuple[int, Commit]:  # fmt: skip
    frames = {table: _frame(lake, table, commit, part) for table, commit in inputs.items()}
    try:
        rows = lake.storage.query(mart.sql, frames)
    except Exception as error:
        if type(error).__name__ not in ("AnalysisException", "ParseException"):
            raise
        said = first_line(error)
        raise DefinitionError(
            f"{mart.name}: its SQL cannot be run: {said}; mend it in the lake definition."
        ) from error
    rows = enforce(checked(rows), mart.columns, f"gold.{mart.name}")
    try:
        return _written(lake, mart, rows, note, last, part)
    except Exception as error:
        if not is_overflow(error):
            raise
        columns = ", ".join(overflowing(rows)) or "what its columns are computed from"
        raise Overflow(
            f"gold.{mart.name}: {columns}: a number is too great for its type, so nothing of the "
            "mart was published; give the mart's column, and what it is computed from, a wider "
            "type, such as DECIMAL(38,2)."
        ) from error


def _written(
    lake: Lake, mart: Mart, rows: DataFrame, note: dict[str, Any], last: Commit | None,
    part: Part | None,
) -> tuple[int, Commit]:  # fmt: skip
    """How many rows were computed, and the commit that published them."""
    storage, path = lake.storage, lake.gold_path(mart.name)
    order = by_period(mart)
    if part is None or last is None:
        commit = storage.overwrite(rows, path, note, order=order)
    else:
        gone = Rows(part.where, may_hold=part.may_stand_in)
        commit = storage.replace(part.checked(rows), path, note, gone, order=order)
    return commit.added, commit


def _frame(lake: Lake, table: str, commit: Commit | None, part: Part | None) -> DataFrame:
    """What a mart reads of one table: all of it, or the rows of the part in hand."""
    if commit is None:
        return _empty(lake, table)
    frame = lake.storage.read(_path(lake, table), commit.version)
    if table == "files":
        return current(frame)
    if table == "quarantine":
        return frame.where("source_file IS NOT NULL")
    return part.rows(frame) if part and table == part.period.table else frame


def _empty(lake: Lake, table: str) -> DataFrame:
    from jobs import ledger, quarantine

    ddl = {"quarantine": quarantine.DDL, "files": ledger.FILES_DDL}[table]
    rows = lake.storage.rows([], ddl)
    return current(rows) if table == "files" else rows
