"""What a mart's charts may say, checked when the definition loads; nothing is drawn here."""

from __future__ import annotations

from jobs.definition import Chart, Mart
from jobs.errors import DefinitionError

TREND, BARS, MOVERS, HEAT = "trend", "bars", "movers", "heat"
# What each kind cannot do without, besides the value.
NEEDS = {TREND: (), BARS: ("by",), MOVERS: ("by",), HEAT: ("by", "across")}
BY_PERIOD = (TREND, MOVERS, HEAT)


def check_charts(mart: Mart) -> None:
    """Raises DefinitionError where a chart of ``mart`` names what is not there."""
    for chart in mart.charts or ():
        said = f"{mart.name}: its chart {chart.title or chart.kind!r}"
        if chart.kind not in NEEDS:
            raise DefinitionError(f"{said} must be one of {', '.join(NEEDS)}, not {chart.kind}.")
        for word in NEEDS[chart.kind]:
            if not getattr(chart, word):
                raise DefinitionError(f"{said} needs {word}=, the name of a column.")
        if chart.kind in BY_PERIOD and mart.period is None:
            raise DefinitionError(f"{said} needs a mart with a period.")
        if len(chart.values) > (2 if chart.kind == BARS else 1):
            raise DefinitionError(f"{said} has too many values: two for bars, else one.")
        if chart.top < 1:
            raise DefinitionError(f"{said} must draw at least one: top={chart.top}.")
        _check_columns(mart, chart, said)


def _check_columns(mart: Mart, chart: Chart, said: str) -> None:
    for column in (*chart.values, chart.per, chart.by, chart.label, chart.across):
        if column and column not in mart.types:
            raise DefinitionError(
                f"{said} names {column}, which the mart does not have; "
                f"it has {', '.join(mart.types)}."
            )
