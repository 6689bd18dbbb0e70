"""What a mart may say of how it wants to be drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobs.charts import chart_faults
from jobs.definition import Chart, Mart, Period
from jobs.errors import DefinitionError
from jobs.load import fingerprint, load

MART = Mart(
    sql="SELECT 1", reads=("sales",), key=("month", "region"), name="monthly",
    columns="month DATE, region\n STRING, `net` DECIMAL(28,2), t MAP<STRING,STRUCT<a:INT>>",
    period=Period("month", "sales", "cast(date_trunc('month', sold_at) as date)"),
)  # fmt: skip


def drawn(*charts: Chart, **changed: object) -> Mart:
    return replace(MART, charts=charts, **changed)  # type: ignore[arg-type]


def test_a_contract_names_its_columns_and_their_types() -> None:
    assert MART.types == {
        "month": "DATE", "region": "STRING", "net": "DECIMAL(28,2)",
        "t": "MAP<STRING,STRUCT<a:INT>>",
    }  # fmt: skip


def test_charts_of_columns_that_are_there_are_taken() -> None:
    good = drawn(Chart("trend", value="net"), Chart("bars", value=("", "net"), by="region"))
    assert list(chart_faults(good)) == []


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        (Chart("pie", by="region"), "must be one of trend, bars, movers, heat, not pie"),
        (Chart("bars", value="net"), "needs by="),
        (Chart("heat", value="net", by="region"), "needs across="),
        (Chart("trend", "Sales", value="nett"), "'Sales' names nett, which the mart does not have"),
        (Chart("bars", value="net", by="region", label="name"), "names name, which"),
        (Chart("trend", value=("", "net")), "too many values"),
        (Chart("bars", by="region", top=0), "at least one"),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_refused_with_its_reason(chart: Chart, said: str) -> None:
    (fault,) = chart_faults(drawn(chart))
    assert fault.subject == "monthly" and "monthly: its chart" in fault.message
    assert said in fault.message


def test_a_trend_needs_a_mart_with_a_period() -> None:
    (fault,) = chart_faults(drawn(Chart("trend", value="net"), period=None))
    assert "needs a mart with a period" in fault.message


def test_a_definition_with_such_a_chart_does_not_load(tmp_path) -> None:
    (tmp_path / "sales.py").write_text(
        '"""One row per sale."""\nfrom jobs.definition import *\n'
        'sales = Source(columns={"id": integer()}, key="id")\n'
    )
    (tmp_path / "sums.py").write_text(
        '"""One row per id."""\nfrom jobs.definition import *\n'
        'sums = Mart(sql="SELECT id FROM sales", reads=("sales",), columns="id BIGINT",\n'
        '            key=("id",), charts=(Chart("bars", by="identity"),))\n'
    )
    with pytest.raises(DefinitionError, match="sums: its chart 'bars' names identity"):
        load(str(tmp_path))


def test_another_drawing_rebuilds_no_table() -> None:
    assert fingerprint(drawn(Chart("trend", value="net"))) == fingerprint(MART)


def test_every_retail_mart_says_how_it_is_drawn() -> None:
    assert all(mart.charts is not None for mart in load().marts.values())
