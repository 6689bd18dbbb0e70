"""What the business did: the marts in the order a reader wants them, and their headlines."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from jobs.charts import BARS, TREND
from jobs.definition import Chart, Mart
from jobs.load import Definition
from lake.native import Native
from lake.report import frames
from lake.report.ask import frame, quoted
from lake.report.calendar import calendar, spelled
from lake.report.figures import chart_figure
from lake.report.frames import Asked
from lake.report.parts import Grid, Subject, Tile
from lake.report.suggest import suggested
from lake.report.words import change, percent, readable, short

HEAD_ROWS = 10
TILES = 3


def subjects(native: Native, definition: Definition) -> tuple[list[Subject], list[Tile]]:
    """The marts that are there, as parts of the page, and the headlines of their trends."""
    drawn = [m for m in definition.marts.values() if m.charts != () and native.view("gold", m.name)]
    ordered = sorted(drawn, key=lambda mart: _rank(native, mart))
    found = [_subject(native, mart) for mart in ordered]
    # Two marts may hold one number.
    tiles = {(tile.title, tile.value): tile for _, tiles in found for tile in tiles}
    return [subject for subject, _ in found], list(tiles.values())[:TILES]


def _subject(native: Native, mart: Mart) -> tuple[Subject, list[Tile]]:
    """One mart: its charts, or its first rows where there is nothing to draw."""
    cal = calendar(native, mart)
    charts = suggested(native, mart) if mart.charts is None else mart.charts
    asked = [
        Asked(native, mart, _titled(chart), cal)
        for chart in charts
        if cal is not None or chart.kind == BARS
    ]
    numbered = enumerate(zip(asked, _widths(asked)), 1)
    figures = [(a, chart_figure(a, number, wide)) for number, (a, wide) in numbered]
    there = tuple(figure for _, figure in figures if figure is not None)
    head = None if there else _head(native, mart)
    subject = Subject(mart.name, readable(mart.name), _sentence(mart.grain), there, head)
    trends = [a for a, figure in figures if figure is not None and a.chart.kind == TREND]
    return subject, [_tile(a) for a in trends]


def _sentence(grain: str) -> str:
    """The first sentence: what follows is for who works on the definition."""
    return re.split(r"(?<=\.)\s", grain, maxsplit=1)[0]


def _rank(native: Native, mart: Mart) -> tuple[bool, bool, int]:
    """Marts that say how to draw them first, those with a trend before those without; the
    fewer rows, the more of an overview a mart is."""
    trends = mart.period is not None and (
        mart.charts is None or any(chart.kind == TREND for chart in mart.charts)
    )
    (count,) = native.rows(f"SELECT count(*) AS rows FROM gold.{quoted(mart.name)}")
    return mart.charts is None, not trends, count["rows"]


def _titled(chart: Chart) -> Chart:
    if chart.title:
        return chart
    what = " and ".join(readable(v).lower() if v else "rows" for v in chart.values)
    by = f" by {readable(chart.label or chart.by).lower()}" if chart.by else ""
    per = f" per {readable(chart.per).lower()}" if chart.per else ""
    return replace(chart, title=f"{what}{per}{by}".capitalize())


def _widths(asked: list[Asked]) -> list[bool]:
    """Which charts take the page's whole width: trends, and those that would stand alone."""
    wide = [a.chart.kind == TREND for a in asked]
    start = 0
    while start < len(wide):
        end = next((i for i in range(start, len(wide)) if wide[i]), len(wide))
        if (end - start) % 2:
            wide[end - 1] = True
        start = end + 1
    return wide


def _tile(asked: Asked) -> Tile:
    """The latest complete period of a trend."""
    cal, chart = asked.calendar, asked.chart
    assert cal is not None
    row = frames.trend(asked).loc[cal.complete.last]
    share = change(row["value"], row["before"])
    mood = "" if math.isnan(share) or abs(share) < 0.005 else "good" if share > 0 else "bad"
    than = f"on {spelled(cal.complete.last - cal.year)}"
    said = "" if math.isnan(share) else f"{percent(share, sign=True)} {than}"
    return Tile(
        chart.title, short(row["value"], chart.unit), said, spelled(cal.complete.last), mood
    )


def _head(native: Native, mart: Mart) -> Grid:
    """The first rows of a mart that cannot be drawn."""
    order = ", ".join(quoted(name) for name in mart.key) or "ALL"
    rows = frame(
        native,
        f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM gold.{quoted(mart.name)} "
        f"ORDER BY {order} LIMIT {HEAD_ROWS}",
    ).fillna("")
    numbers = frozenset(
        place for place, name in enumerate(rows.columns)
        if not mart.types.get(name, "STRING").upper().startswith(("STRING", "DATE", "TIME", "BOOL"))
    )  # fmt: skip
    caption = f"The first {len(rows)} rows of {mart.name}"
    return Grid(caption, [str(c) for c in rows.columns], rows.astype(str).values.tolist(), numbers)
