"""What a mart's charts may say, checked when the definition loads; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.definition import Chart, Mart
from jobs.faults import Fault

TREND, BARS, MOVERS, HEAT = "trend", "bars", "movers", "heat"
# What each kind cannot do without, besides the value.
NEEDS = {TREND: (), BARS: ("by",), MOVERS: ("by",), HEAT: ("by", "across")}
BY_PERIOD = (TREND, MOVERS, HEAT)


def chart_faults(mart: Mart) -> Iterator[Fault]:
    """What is wrong with the charts of ``mart``: the first fault of each."""
    for chart in mart.charts or ():
        wrong = next(_wrong(mart, chart), "")
        if wrong:
            title = chart.title or chart.kind
            said = f"{mart.name}: its chart {title!r} {wrong}"
            yield Fault(mart.name, title, said)


def _wrong(mart: Mart, chart: Chart) -> Iterator[str]:
    if chart.kind not in NEEDS:
        yield f"must be one of {', '.join(NEEDS)}, not {chart.kind}."
        return
    for word in NEEDS[chart.kind]:
        if not getattr(chart, word):
            yield f"needs {word}=, the name of a column."
    if chart.kind in BY_PERIOD and mart.period is None:
        yield "needs a mart with a period."
    if len(chart.values) > (2 if chart.kind == BARS else 1):
        yield "has too many values: two for bars, else one."
    if chart.top < 1:
        yield f"must draw at least one: top={chart.top}."
    for column in (*chart.values, chart.per, chart.by, chart.label, chart.across):
        if column and column not in mart.types:
            yield f"names {column}, which the mart does not have; it has {', '.join(mart.types)}."
