"""The periods of a mart that are recomputed: which they are, in the mart and in its table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.changes import SIGN, net
from jobs.contract import fields
from jobs.cuts import narrowed
from jobs.definition import Mart, Period
from jobs.delta.footers import DataFile
from jobs.sqltext import literal, name

# As Spark writes it; None for a null.
Value = str | None


@dataclass(frozen=True)
class Part:
    """What is recomputed of a mart with a period: the periods listed, and those that begin from
    low to high (ISO dates; "" is open; no range where both are). None is the period of rows that
    have no date. within: of the periods listed, the values of ``period.within``; all where
    empty."""

    mart: Mart
    period: Period
    periods: Sequence[Value] = ()
    within: Sequence[Value] = ()
    low: str = ""
    high: str = ""

    @property
    def where(self) -> str:
        """SQL: the mart's rows of it; "" where it is nothing."""
        return self._where(name(self.period.column))

    def _where(self, column: str) -> str:
        kind = _kind(self.mart, self.period.column)
        bounds = [f"{column} >= {_constant(self.low, kind)}"] if self.low else []
        bounds += [f"{column} <= {_constant(self.high, kind)}"] if self.high else []
        parts = [" AND ".join(bounds)] if bounds else []
        listed = _listed(column, self.periods, kind)
        if listed and self.within:
            of = self.period.within
            listed = f"({listed}) AND ({_listed(name(of), self.within, _kind(self.mart, of))})"
        return " OR ".join(parts + ([listed] if listed else []))

    def checked(self, rows: DataFrame) -> DataFrame:
        """``rows`` of the mart, which end the query where one does not belong to the part."""
        column = name(self.period.column)
        message = (
            f"{self.mart.name} has rows outside the periods that it was to be computed for: its "
            f"period= and its SQL do not say the same of {self.period.column}."
        )
        wrong = f"raise_error({literal(message)})"
        checked = F.expr(f"CASE WHEN coalesce({self.where}, false) THEN {column} ELSE {wrong} END")
        return rows.withColumn(self.period.column, checked)

    def may_stand_in(self, file: DataFile) -> bool:
        """Whether a file of the mart's table can hold a row of it, by its statistics."""
        if self.low or self.high or None in self.periods:
            return True
        if _kind(self.mart, self.period.column) != "date":
            return True
        days = [date.fromisoformat(period) for period in self.periods if period]
        return file.may_hold(self.period.column, min(days), max(days))

    def rows(self, frame: DataFrame) -> DataFrame:
        """The rows of the mart's table that stand in it."""
        expression = self.period.expression
        kinds = {given.lower(): kind for given, kind in frame.dtypes}
        near = narrowed(expression, kinds, self.periods, self.low, self.high)
        columns = [name(c) for c in frame.columns]
        frame = frame.where(near) if near else frame
        told = frame.selectExpr("*", f"{expression}\n AS _period")
        return told.where(self._where("_period")).selectExpr(*columns)


def _listed(column: str, values: Sequence[Value], kind: str) -> str:
    """SQL: whether a column has one of the values; "" where there are none."""
    given = ", ".join(_constant(value, kind) for value in values if value is not None)
    parts = [f"{column} IN ({given})"] if given else []
    return " OR ".join(parts + ([f"{column} IS NULL"] if None in values else []))


def _constant(text: str, kind: str) -> str:
    if kind == "bigint":
        return f"{text}L"
    return literal(text) if kind == "string" else f"cast({literal(text)} AS {kind})"


def by_period(mart: Mart) -> tuple[str, ...]:
    """What the rows of a mart's files are sorted by: the column of its periods, if it has one."""
    return (mart.period.column,) if mart.period else ()


def is_dated(mart: Mart, period: Period) -> bool:
    """Whether the mart's periods are dates, so that a range of dates is a range of them."""
    return _kind(mart, period.column) in ("date", "timestamp")


def _kind(mart: Mart, column: str) -> str:
    return fields(mart.columns)[column]


def touched(
    changes: DataFrame, mart: Mart, period: Period, few: int
) -> tuple[list[Value], list[Value]]:
    """The periods where what the mart reads of its table has changed, and of these rows the
    values of the column ``within``: none where they are more than ``few``, or no such column is
    given. changes: as of jobs.changes; a row whose other columns alone changed is no change."""
    text = f"{mart.sql} {period.expression}".lower()
    words = set(re.findall(r"\w+", text))
    every = "`" in text or "*" in mart.sql.replace("(*)", "")
    used = [name(c) for c in changes.columns if c != SIGN and (every or c.lower() in words)]
    within = f"cast({name(period.within)} AS STRING)" if period.within else "''"
    moved = net(changes, [f"{period.expression}\n AS _period", f"{within} AS _within", *used])
    pairs = moved.selectExpr("cast(_period AS STRING) AS p", "_within AS w").distinct()
    found = pairs.limit(few + 1).collect()
    if len(found) > few:
        return _sorted(row["p"] for row in pairs.select("p").distinct().collect()), []
    values = _sorted(row["w"] for row in found) if period.within else []
    return _sorted(row["p"] for row in found), values


def _sorted(values: Iterable[Value]) -> list[Value]:
    return sorted(set(values), key=lambda value: (value is not None, value or ""))
