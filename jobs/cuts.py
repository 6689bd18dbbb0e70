"""Which rows of a table can stand in given periods, said so that files and pages are skipped.

A period is an expression over a column; rows are found by it only once they are read. Where the
expression cuts a moment down to its month, week or the like, the same rows stand between two
moments, and a comparison with the bare column is what Delta's statistics and Parquet's page index
can answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from jobs.sqltext import literal, name

LENGTHS = {
    "year": "1 YEAR", "yyyy": "1 YEAR", "yy": "1 YEAR", "quarter": "3 MONTH",
    "month": "1 MONTH", "mon": "1 MONTH", "mm": "1 MONTH", "week": "7 DAY", "day": "1 DAY",
}  # fmt: skip
COLUMN = r"(`[^`]+`|\w+)"
CUTS = [
    re.compile(rf"date_trunc\('(?P<unit>\w+)',(?P<column>{COLUMN})\)"),
    re.compile(rf"trunc\((?P<column>{COLUMN}),'(?P<unit>\w+)'\)"),
    re.compile(rf"(?P<column>{COLUMN})"),
]
AS_DATE = [
    re.compile(r"cast\((?P<inner>.+)asdate\)"),
    re.compile(r"(?:to_)?date\((?P<inner>.+)\)"),
]
DAY = re.compile(r"\d{4}-\d\d-\d\d( 00:00:00)?")
MANY = 12  # stretches; more of them are read as one, from the first to the last


def cut(expression: str) -> tuple[str, str] | None:
    """(the column, the period's length as a SQL interval) of an expression that cuts a date or a
    timestamp down to its period; None where it does something else."""
    text = "".join(expression.lower().split())
    as_date = next(filter(None, (form.fullmatch(text) for form in AS_DATE)), None)
    inner = as_date["inner"] if as_date else text
    found = next(filter(None, (form.fullmatch(inner) for form in CUTS)), None)
    if found is None:
        return None
    unit = found.groupdict().get("unit", "day" if as_date else "")
    length = LENGTHS.get(unit)
    return (found["column"].strip("`"), length) if length else None


def narrowed(
    expression: str, kinds: Mapping[str, str], periods: Sequence[str | None], low: str, high: str
) -> str:
    """SQL over the bare column: holds for every row whose period is one of ``periods`` (as Spark
    writes their first moments; None: rows without a date) or begins from ``low`` to ``high``
    (ISO dates, "" is open). "" where the rows cannot be told so. kinds: {column in lower case:
    its SQL type}."""
    found = cut(expression)
    kind = kinds.get(found[0], "") if found else ""
    days = sorted(period for period in periods if period is not None)
    if found is None or kind not in ("date", "timestamp") or not all(map(DAY.fullmatch, days)):
        return ""
    column, length = name(found[0]), found[1]
    spans = [(day, day) for day in days] if len(days) <= MANY else [(days[0], days[-1])]
    spans += [(low, high)] if low or high else []
    parts = [f"({_between(column, kind, length, *span)})" for span in spans]
    return " OR ".join(parts + ([f"{column} IS NULL"] if None in periods else []))


def _between(column: str, kind: str, length: str, low: str, high: str) -> str:
    bounds = [f"{column} >= cast({literal(low)} AS {kind})"] if low else []
    bounds += [f"{column} < cast({literal(high)} AS {kind}) + INTERVAL {length}"] if high else []
    return " AND ".join(bounds)
