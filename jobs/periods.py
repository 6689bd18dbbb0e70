"""The periods of a mart that are recomputed: which they are, in the mart and in its table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs.contract import fields
from jobs.cuts import narrowed
from jobs.definition import Mart, Period
from jobs.sqltext import literal, name

# What Delta's change feed adds to a table's own columns.
OF_THE_FEED = ("_change_type", "_commit_version", "_commit_timestamp")


@dataclass(frozen=True)
class Part:
    """What is recomputed of a mart with a period: the periods listed, and those that begin from
    low to high (ISO dates; "" is open; no range where both are). None is the period of rows that
    have no date."""

    mart: Mart
    period: Period
    periods: Sequence[str | None] = ()
    low: str = ""
    high: str = ""

    @property
    def where(self) -> str:
        """SQL: the mart's rows of it; "" where it is nothing."""
        return self._where(name(self.period.column))

    def _where(self, column: str) -> str:
        given = [self._value(p) for p in self.periods if p is not None]
        bounds = [f"{column} >= {self._value(self.low)}"] if self.low else []
        bounds += [f"{column} <= {self._value(self.high)}"] if self.high else []
        parts = [" AND ".join(bounds)] if bounds else []
        parts += [f"{column} IN ({', '.join(given)})"] if given else []
        return " OR ".join(parts + ([f"{column} IS NULL"] if None in self.periods else []))

    def rows(self, frame: DataFrame) -> DataFrame:
        """The rows of the mart's table that stand in it."""
        expression = self.period.expression
        kinds = {given.lower(): kind for given, kind in frame.dtypes}
        near = narrowed(expression, kinds, self.periods, self.low, self.high)
        columns = [name(c) for c in frame.columns]
        frame = frame.where(near) if near else frame
        told = frame.selectExpr("*", f"{expression} AS _period")
        return told.where(self._where("_period")).selectExpr(*columns)

    def _value(self, text: str) -> str:
        return f"cast({literal(text)} AS {_kind(self.mart, self.period)})"


def is_dated(mart: Mart, period: Period) -> bool:
    """Whether the mart's periods are dates, so that a range of dates is a range of them."""
    return _kind(mart, period) in ("date", "timestamp")


def _kind(mart: Mart, period: Period) -> str:
    return fields(mart.columns)[period.column]


def touched(changes: DataFrame, mart: Mart, period: Period) -> list[str | None]:
    """The periods where what the mart reads of its table has changed: a row whose other
    columns alone changed cancels itself out, before against after."""
    text = f"{mart.sql} {period.expression}".lower()
    words = set(re.findall(r"\w+", text))
    columns = [c for c in changes.columns if c not in OF_THE_FEED]
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
