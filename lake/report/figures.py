"""One chart of a mart: drawn, said in a sentence, and as a table."""

from __future__ import annotations

import math
import re

import pandas as pd

from jobs.charts import BARS, HEAT, MOVERS, TREND
from jobs.definition import Chart
from lake.report import draw, frames
from lake.report.calendar import Calendar, spelled
from lake.report.frames import Asked, Compared
from lake.report.parts import Figure, Grid, figure
from lake.report.words import change, compared, exact, percent, readable, short


def chart_figure(asked: Asked, number: int, full: bool) -> Figure | None:
    """One chart; None where there is nothing to draw."""
    title = re.sub(r"[^a-z0-9]+", "-", asked.chart.title.lower()).strip("-")
    slug = f"{asked.mart.name}-{number}-{title}"
    return {TREND: _trend, BARS: _bars, MOVERS: _movers, HEAT: _heat}[asked.chart.kind](
        asked, slug, full
    )


def _trend(asked: Asked, slug: str, full: bool) -> Figure | None:
    cal, chart = asked.calendar, asked.chart
    assert cal is not None
    rows = frames.trend(asked)
    if rows["value"].notna().sum() == 0:
        return None
    last, says = cal.complete.last, []
    value, before = rows.loc[last, "value"], rows.loc[last, "before"]
    than = compared(value, before, spelled(last - cal.year))
    says.append(f"{spelled(last)}: {short(value, chart.unit)}" + (f", {than}." if than else "."))
    year = _year(asked, rows)
    if year and cal.noun != "year":
        than = compared(*year, "in the year before")
        says.append(f"The latest twelve months: {short(year[0], chart.unit)}, {than}.")
    if cal.unfinished is not None and cal.latest is not None:
        says.append(f"{spelled(cal.unfinished)} is not over: its data ends on "
                    f"{cal.latest:%-d %B}.")  # fmt: skip
    if cal.begun is not None and cal.earliest is not None:
        says.append(f"{spelled(cal.begun)} is not whole: its data begin on "
                    f"{cal.earliest:%-d %B}.")  # fmt: skip
    count, lost = frames.undated(asked)
    if count:
        says.append(
            f"{count:,} rows without a {cal.noun} ({short(lost, chart.unit)}) are left out."
        )
    grid = Grid(
        chart.title,
        (cal.noun, _column(chart), "a year before", "change"),
        [
            (spelled(period) + _state(cal, period),
             exact(row["value"], chart.unit), exact(row["before"], chart.unit),
             percent(change(row["value"], row["before"]), sign=True))
            for period, row in rows[::-1].iterrows()
        ],
        frozenset({1, 2, 3}),
    )  # fmt: skip
    return figure(
        slug, chart.title, " ".join(says), grid,
        lambda room: draw.trend(rows, chart, cal, room), note=chart.note, full=full,
    )  # fmt: skip


def _state(cal: Calendar, period: pd.Period) -> str:
    """What stands behind a period that is not whole."""
    return {cal.unfinished: " (not over)", cal.begun: " (not whole)"}.get(period, "")


def _year(asked: Asked, rows: pd.DataFrame) -> tuple[float, float] | None:
    """The sum of the latest year and of the one before; None where sums mean nothing."""
    cal = asked.calendar
    assert cal is not None
    complete = rows.loc[cal.complete.first : cal.complete.last, "value"]
    if not asked.adds_up or len(complete) < 2 * cal.year:
        return None
    latest, before = complete.iloc[-cal.year :], complete.iloc[-2 * cal.year : -cal.year]
    return float(latest.sum()), float(before.sum())


def _bars(asked: Asked, slug: str, full: bool) -> Figure | None:
    found, chart = frames.bars(asked), asked.chart
    if found.rows.empty:
        return None
    named = _named(found.rows)
    first = named.iloc[0]
    unit = chart.unit if chart.values[0] else ""
    share = _share(asked, found, first["value"])
    says = [f"{first['name']} leads with {short(first['value'], unit)}{share}."]
    if asked.adds_up and len(found.rows) == chart.top and found.total > 0:
        share = percent(found.rows["value"].sum() / found.total)
        says.append(f"These {chart.top} make {share} of the whole.")
    says.append(_grown(found))
    columns = ["value", "value_2"][: len(chart.values)]
    names = [
        readable(chart.label or chart.by).lower(),
        *(_column(chart, i) for i in range(len(columns))),
    ]
    names += ["before", "change"] if found.before else []
    rows = []
    for row in found.rows.to_dict("records"):
        units = [chart.unit if value else "" for value in chart.values]
        cells = [row["name"], *(exact(row[c], unit) for c, unit in zip(columns, units))]
        if found.before:
            cells += [exact(row["before"], units[0]),
                      percent(change(row["value"], row["before"]), sign=True)]  # fmt: skip
        rows.append(cells)
    grid = Grid(chart.title, names, rows, frozenset(range(1, len(names))))
    return figure(
        slug, chart.title, " ".join(filter(None, says)), grid,
        lambda room: draw.bars(found, chart, room), note=_spans(asked, found, "The mark shows"),
        full=full,
    )  # fmt: skip


def _share(asked: Asked, found: Compared, value: float) -> str:
    """ " (35 % of the whole)"; "" for averages, which make no whole."""
    if not asked.adds_up or not found.total > 0:
        return ""
    return f", {percent(value / found.total)} of the whole"


def _grown(found: Compared) -> str:
    """Which of the names drawn grew most."""
    rows = _named(found.rows)
    shares = rows.apply(lambda r: change(r["value"], r["before"]), axis=1)
    if found.before is None or shares.notna().sum() < 2:
        return ""
    best, worst = shares.idxmax(), shares.idxmin()
    said = []
    if shares[best] > 0:
        said.append(f"{rows.loc[best, 'name']} grew most ({percent(shares[best], sign=True)})")
    if shares[worst] < 0:
        said.append(f"{rows.loc[worst, 'name']} fell most ({percent(shares[worst], sign=True)})")
    return f"{'; '.join(said)}." if said else ""


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows to speak of: those with a real name, where there are any."""
    real = rows[~rows["name"].str.startswith("(")]
    return rows if real.empty else real


def _spans(asked: Asked, found: Compared, what: str) -> str:
    """Which periods are drawn and compared, and the definition's own note."""
    said = [asked.chart.note]
    if found.recent:
        before = f" {what} {found.before.words}." if found.before else ""
        said.append(f"{found.recent.words[0].upper()}{found.recent.words[1:]}.{before}")
    return " ".join(filter(None, said))


def _movers(asked: Asked, slug: str, full: bool) -> Figure | None:
    found, chart = frames.movers(asked), asked.chart
    if found.before is None or found.rows.empty:
        return None
    says = []
    for word, row in (("rose", found.rows.iloc[0]), ("faded", found.rows.iloc[-1])):
        if (row["change"] > 0) == (word == "rose"):
            says.append(f"{row['name']} {word} most: {short(row['before'], chart.unit)} to "
                        f"{short(row['value'], chart.unit)}.")  # fmt: skip
    grid = Grid(
        chart.title,
        (_of(chart), _column(chart), "before", "difference", "change"),
        [
            (row["name"], exact(row["value"], chart.unit), exact(row["before"], chart.unit),
             exact(row["change"], chart.unit),
             percent(change(row["value"], row["before"]), sign=True))
            for row in found.rows.to_dict("records")
        ],
        frozenset({1, 2, 3, 4}),
    )  # fmt: skip
    return figure(
        slug, chart.title, " ".join(says), grid, lambda room: draw.movers(found, chart, room),
        note=_spans(asked, found, "Compared with"),
        full=full,
    )  # fmt: skip


def _heat(asked: Asked, slug: str, full: bool) -> Figure | None:
    matrix, found = frames.heat(asked)
    chart, moved = asked.chart, found.before is not None
    if matrix.notna().sum().sum() == 0:
        return None
    named = matrix.loc[[not str(n).startswith("(") for n in matrix.index],
                       [not str(n).startswith("(") for n in matrix.columns]]  # fmt: skip
    cells = (matrix if named.empty else named).stack()
    said = (lambda v: percent(v / 100, sign=True)) if moved else (lambda v: short(v, chart.unit))
    best, worst = cells.idxmax(), cells.idxmin()
    says = (f"Highest: {best[0]} in {best[1]} ({said(cells[best])}). "
            f"Lowest: {worst[0]} in {worst[1]} ({said(cells[worst])}).")  # fmt: skip
    names = (readable(chart.by).lower(), *(str(c) for c in matrix.columns))
    rows = [
        (str(name), *("" if math.isnan(v) else said(v) for v in row))
        for name, row in zip(matrix.index, matrix.to_numpy())
    ]
    grid = Grid(chart.title, names, rows, frozenset(range(1, len(names))))
    return figure(
        slug, chart.title, says, grid, lambda room: draw.heat(matrix, chart, room, moved=moved),
        note=_spans(asked, found, "Compared with"),
        full=full,
    )  # fmt: skip


def _of(chart: Chart) -> str:
    """What the names are names of."""
    return readable(chart.label or chart.by).lower()


def _column(chart: Chart, place: int = 0) -> str:
    column = chart.values[place]
    per = f" per {readable(chart.per).lower()}" if chart.per else ""
    return (readable(column).lower() if column else "how many") + per
