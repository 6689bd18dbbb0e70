"""Charts for a mart whose definition does not say how it wants to be drawn."""

from __future__ import annotations

import re
from itertools import accumulate

from jobs.charts import BARS, TREND
from jobs.definition import Chart, Mart
from lake.init.names import is_identifier
from lake.native import Native
from lake.report.ask import frame, quoted

NUMBERS = ("INT", "BIGINT", "SMALLINT", "TINYINT", "LONG", "DECIMAL", "DOUBLE", "FLOAT")
# A whole and its parts: a sum or a count, neither divided nor of different values alone.
SUMMED = re.compile(r"\b(?:sum|count)\s*\(", re.IGNORECASE)
NOT_SUMMED = re.compile(
    r"/|\bdistinct\b|\b(?:avg|min|max|median|percentile\w*)\s*\(", re.IGNORECASE
)
NEVER = re.compile(r"average|avg|mean|median|share|rate|ratio|percent|price|rank|score")
JOINED = re.compile(r"\bjoin\b", re.IGNORECASE)
TRENDS, CATEGORIES = 3, 2
# More than this many names make a picture nobody reads; a single one makes none at all.
MOST_NAMES = 60


def suggested(native: Native, mart: Mart) -> tuple[Chart, ...]:
    """Lines over the periods for its first numbers, bars for its first categories.

    Only numbers that may be added up over rows are: those that the query sums or counts, where
    the query shows it. Rows are counted where there is none.
    """
    numbers = [name for name in mart.types if _adds_up(mart, name)]
    charts = []
    if mart.period is not None:
        charts = [Chart(TREND, value=name) for name in numbers[:TRENDS] or [""]]
    first = numbers[0] if numbers else ""
    names = [name for name in mart.key if _is_category(native, mart, name)]
    return (*charts, *(Chart(BARS, value=first, by=name) for name in names[:CATEGORIES]))


def _adds_up(mart: Mart, name: str) -> bool:
    if not mart.types[name].upper().startswith(NUMBERS) or name in mart.key:
        return False
    if NEVER.search(name.lower()) or is_identifier(name):
        return False
    expression = _expression(_final(mart.sql), name)
    if expression:
        return bool(SUMMED.search(expression) and not NOT_SUMMED.search(expression))
    # A number taken over as it was is a part of a whole, unless a join may repeat it.
    return not JOINED.search(mart.sql)


def _final(sql: str) -> str:
    """The query from its last SELECT outside brackets: the one that names the columns."""
    depths = accumulate((letter == "(") - (letter == ")") for letter in sql)
    outside = [depth == 0 for depth in depths]
    starts = [m.start() for m in re.finditer(r"\bselect\b", sql, re.IGNORECASE)]
    return sql[max((start for start in starts if outside[start]), default=0) :]


def _expression(sql: str, name: str) -> str:
    """What the query calls ``name`` last: the text from the comma before it, outside brackets;
    "" where it calls nothing so."""
    found = list(re.finditer(rf"\bas\s+`?{re.escape(name)}`?\b", sql, re.IGNORECASE))
    if not found:
        return ""
    start, depth = found[-1].start(), 0
    while start and not (depth == 0 and sql[start - 1] in ",("):
        start -= 1
        depth += (sql[start] == ")") - (sql[start] == "(")
    return sql[start : found[-1].start()]


def _is_category(native: Native, mart: Mart, name: str) -> bool:
    if not mart.types.get(name, "").upper().startswith(("STRING", "VARCHAR", "CHAR")):
        return False
    if mart.period is not None and name == mart.period.column:
        return False
    asked = f"SELECT count(DISTINCT {quoted(name)}) AS n FROM gold.{quoted(mart.name)}"
    return 1 < int(frame(native, asked)["n"][0]) <= MOST_NAMES
