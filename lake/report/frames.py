"""What each kind of chart is drawn from: small pandas frames, summed in DuckDB."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from jobs.definition import Chart, Mart
from lake.native import Native
from lake.report.ask import NONE_GIVEN, day, frame, quoted
from lake.report.calendar import Calendar, Span

# Movers are told by the latest quarter of a year; everything else by a whole one.
QUARTERS = 4


@dataclass(frozen=True)
class Asked:
    """A chart, its mart, and the mart's calendar (None where it has no period)."""

    native: Native
    mart: Mart
    chart: Chart
    calendar: Calendar | None

    @property
    def table(self) -> str:
        """SQL: the mart's table."""
        return f"gold.{quoted(self.mart.name)}"

    @property
    def adds_up(self) -> bool:
        """Whether parts make a whole: sums do; averages do not, nor do rows counted in
        several periods (a customer who buys in two months is not two)."""
        return not self.chart.per and (bool(self.chart.values[0]) or self.calendar is None)


@dataclass(frozen=True)
class Compared:
    """Values side by side with those before. rows: name, value..., before. recent, before: the
    spans; None where there is no period, or nothing to compare with. total: of all names."""

    rows: pd.DataFrame
    recent: Span | None
    before: Span | None
    total: float
    total_before: float


def trend(asked: Asked) -> pd.DataFrame:
    """period (index), value and before (the same period a year earlier, where it is whole),
    without gaps."""
    assert asked.calendar is not None
    found = frame(
        asked.native,
        f"SELECT {day(asked.calendar.column)} AS day, {_measure(asked.chart)} AS value "
        f"FROM {asked.table} GROUP BY 1 HAVING day IS NOT NULL ORDER BY 1",
    )
    drawn, whole = asked.calendar.drawn, asked.calendar.complete.first
    periods = pd.to_datetime(found["day"]).dt.to_period(whole.freqstr.split("-DEC")[0])
    series = pd.Series(found["value"].to_numpy(), index=pd.PeriodIndex(periods)).astype(float)
    everything = pd.period_range(drawn.first, drawn.last)
    series = series.groupby(level=0).sum().reindex(everything)
    if not asked.chart.per:
        series = series.fillna(0.0)
    # A period that the data begin within is too little to be compared with.
    before = series[series.index >= whole].reindex(everything - asked.calendar.year).to_numpy()
    return pd.DataFrame({"value": series.to_numpy(), "before": before}, index=everything)


def undated(asked: Asked) -> tuple[int, float]:
    """How many rows of the mart have no period, and their value."""
    assert asked.calendar is not None
    found = frame(
        asked.native,
        f"SELECT count(*) AS rows, {_measure(asked.chart)} AS value FROM {asked.table} "
        f"WHERE {quoted(asked.calendar.column)} IS NULL",
    )
    return int(found["rows"][0]), float(found["value"].fillna(0)[0])


def bars(asked: Asked) -> Compared:
    """The greatest of ``by``: name, value (value_2), before."""
    recent = asked.calendar.recent(asked.calendar.year) if asked.calendar else None
    compared = _compared(asked, recent)
    rows = compared.rows[compared.rows["value"].notna()]
    if not asked.adds_up:
        # The average of what has no name is not the first thing to say.
        rows = rows.assign(nameless=rows["name"].str.startswith("("))
    by = [*(["nameless"] if not asked.adds_up else []), "value", "name"]
    rows = rows.sort_values(by, ascending=[name != "value" for name in by])
    return _cut(compared, rows.head(asked.chart.top))


def movers(asked: Asked) -> Compared:
    """Which of ``by`` grew and which faded most: name, value, before, change."""
    assert asked.calendar is not None
    length = max(1, asked.calendar.year // QUARTERS)
    compared = _compared(asked, asked.calendar.recent(length))
    rows = compared.rows.fillna({"value": 0.0, "before": 0.0})
    rows["change"] = rows["value"] - rows["before"]
    rows = rows.sort_values(["change", "name"], ascending=[False, True])
    up, down = rows[rows["change"] > 0], rows[rows["change"] < 0]
    return _cut(compared, pd.concat([up.head(asked.chart.top), down.tail(asked.chart.top)]))


def heat(asked: Asked) -> tuple[pd.DataFrame, Compared]:
    """How ``by`` (rows) and ``across`` (columns) changed, in percent; and the sums behind it.
    Where there is nothing to compare with, the values themselves."""
    assert asked.calendar is not None
    compared = _compared(asked, asked.calendar.recent(asked.calendar.year), across=True)
    rows = compared.rows
    if compared.before is None:
        rows = rows.assign(shown=rows["value"])
    else:
        rows = rows.assign(
            shown=(rows["value"] / rows["before"].where(rows["before"] > 0) - 1) * 100
        )
    matrix = rows.pivot(index="name", columns="across", values="shown")
    greatest = rows.groupby("name")["value"].sum().sort_values(ascending=False)
    columns = sorted(matrix.columns, key=lambda name: (str(name).startswith("("), name))
    return matrix.loc[greatest.index[: asked.chart.top], columns], compared


def _measure(chart: Chart, value: str | None = None, where: str = "") -> str:
    """SQL: what is summed, counted or divided, of the rows ``where`` holds."""
    column = chart.values[0] if value is None else value
    only = f" FILTER ({where})" if where else ""
    if not column:
        return f"CAST(count(*){only} AS DOUBLE)"
    top = f"CAST(sum({quoted(column)}){only} AS DOUBLE)"
    return f"{top} / nullif(sum({quoted(chart.per)}){only}, 0)" if chart.per else top


def _compared(asked: Asked, recent: Span | None, *, across: bool = False) -> Compared:
    """Every one of ``by`` (and across): its value in the recent span and in the one before."""
    chart, calendar = asked.chart, asked.calendar
    before = calendar.before(recent) if calendar and recent else None
    measures = [
        f"{_measure(chart, value, _within(calendar, recent))} AS value{'' if i == 0 else '_2'}"
        for i, value in enumerate(chart.values)
    ]
    measures.append(
        f"{_measure(chart, None, _within(calendar, before))} AS before" if before
        else "CAST(NULL AS DOUBLE) AS before"
    )  # fmt: skip
    named = quoted(chart.label or chart.by)
    name = f"coalesce(CAST({named} AS VARCHAR), '{NONE_GIVEN}')"
    parts = [f"{quoted(chart.by)} AS id", f"max({name}) AS name"]
    parts += [
        f"coalesce(CAST({quoted(chart.across)} AS VARCHAR), '{NONE_GIVEN}') AS across"
    ] * across
    grouped = "GROUP BY id" + (", across" if across else "")
    rows = frame(
        asked.native, f"SELECT {', '.join([*parts, *measures])} FROM {asked.table} {grouped}"
    )
    (total,) = frame(asked.native, f"SELECT {', '.join(measures)} FROM {asked.table}").to_dict(
        "records"
    )
    return Compared(rows, recent, before, _number(total["value"]), _number(total["before"]))


def _within(calendar: Calendar | None, span: Span | None) -> str:
    if calendar is None or span is None:
        return ""
    first, end = span.days
    column = day(calendar.column)
    return f"WHERE {column} >= DATE '{first}' AND {column} < DATE '{end}'"


def _cut(compared: Compared, rows: pd.DataFrame) -> Compared:
    """The rows that are drawn, told apart where two have one name."""
    twice = rows["name"].duplicated(keep=False)
    names = rows["name"].where(~twice, rows["name"] + " (" + rows["id"].astype(str) + ")")
    kept = rows.assign(name=names).reset_index(drop=True)
    return Compared(kept, compared.recent, compared.before, compared.total, compared.total_before)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
