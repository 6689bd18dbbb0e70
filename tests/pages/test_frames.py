"""What charts are drawn from: periods, comparisons and sums, on marts given as SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from jobs.definition import Chart, Mart, Period
from lake.report import frames
from lake.report.calendar import Calendar, Span, calendar, spelled
from lake.report.figures import chart_figure
from lake.report.frames import Asked

MONTH = Period("month", "sales", "cast(date_trunc('month', sold_at) as date)")
MART = Mart(
    sql="SELECT month, shop, sum(net) AS net, sum(orders) AS orders FROM sales GROUP BY 1, 2",
    reads=("sales",), key=("month", "shop"), period=MONTH, name="sums",
    columns="month DATE, shop STRING, kind STRING, net DECIMAL(28,2), orders BIGINT",
)  # fmt: skip
# Two shops, 26 months from January 2023: A sells 100 and more each month, B ten less.
SUMS = """
    SELECT CAST(DATE '2023-01-01' + to_months(CAST(m AS INT)) AS DATE) AS month, shop, kind,
           CAST(CASE shop WHEN 'A' THEN 100 + m ELSE 100 - 2 * m END AS DECIMAL(28,2)) AS net,
           CAST(CASE shop WHEN 'A' THEN 10 ELSE 5 END AS BIGINT) AS orders
    FROM range(26) t(m), (VALUES ('A', 'x'), ('B', 'y')) s(shop, kind)
"""


def sold(latest: str) -> str:
    return f"SELECT TIMESTAMPTZ '{latest} 12:00:00+00' AS sold_at"


@pytest.fixture
def lake(memory):
    """The two shops; the data ends with February 2025, its 26th month."""
    return memory(gold__sums=SUMS, silver__sales=sold("2025-02-28"))


def asked(lake, chart: Chart, mart: Mart = MART) -> Asked:
    return Asked(lake, mart, chart, calendar(lake, mart))


def test_a_month_whose_last_day_has_data_is_over(lake) -> None:
    found = calendar(lake, MART)
    assert (str(found.complete.last), found.unfinished, found.noun) == ("2025-02", None, "month")


def test_a_month_whose_data_ends_before_it_does_is_not_over(memory: Callable) -> None:
    found = calendar(memory(gold__sums=SUMS, silver__sales=sold("2025-02-27")), MART)
    assert str(found.complete.last) == "2025-01"
    assert str(found.unfinished) == "2025-02"
    assert found.latest == pd.Timestamp("2025-02-27")


@pytest.mark.parametrize(
    ("on", "last", "unfinished"),
    [
        ("day(d) = 1", "2025-02-01", None),
        ("day(d) IN (1, 15)", "2025-02-15", None),
        ("day(d) IN (1, 15)", "2025-02-01", "2025-02"),
        ("isodow(d) = 1", "2025-02-24", None),
        ("isodow(d) = 1", "2025-02-17", "2025-02"),
        # The last of February 2025 is a Friday; one Friday alone was an exception.
        ("isodow(d) < 5 OR d = DATE '2024-06-07'", "2025-02-27", None),
        ("isodow(d) < 6", "2025-02-27", "2025-02"),
        ("true", "2025-02-27", "2025-02"),
    ],
)
def test_a_month_is_over_when_its_data_have_no_more_day_to_come(memory, on, last, unfinished):
    days = f"range(DATE '2023-01-01', DATE '{last}' + 1, INTERVAL 1 DAY)"
    sales = f"SELECT CAST(d AS DATE) AS sold_at FROM {days} t(d) WHERE {on}"
    found = calendar(memory(gold__sums=SUMS, silver__sales=sales), MART)
    assert (found.unfinished and str(found.unfinished)) == unfinished


def daily(first: str, without: str = "false") -> str:
    """A sale each day from ``first`` to February 2025, but for the days ``without`` holds of."""
    days = f"range(DATE '{first}', DATE '2025-03-01', INTERVAL 1 DAY)"
    return f"SELECT range::TIMESTAMPTZ AS sold_at FROM {days} WHERE NOT ({without})"


@pytest.mark.parametrize(
    ("sales", "begun"),
    [
        (daily("2023-01-20"), "2023-01"),
        (daily("2023-01-03"), "2023-01"),
        (daily("2023-01-02"), None),
        (daily("2022-11-20"), None),
        # Each month's first sale is on the 9th or later.
        (daily("2023-01-09", "day(range) < 9"), None),
    ],
)
def test_a_first_month_is_whole_unless_its_data_begin_later_than_is_usual(
    memory: Callable, sales: str, begun: str | None
) -> None:
    found = calendar(memory(gold__sums=SUMS, silver__sales=sales), MART)
    assert (found.begun and str(found.begun)) == begun
    assert str(found.complete.first) == ("2023-02" if begun else "2023-01")
    assert str(found.drawn.first) == "2023-01"


def test_a_month_that_the_data_begin_in_is_drawn_and_compared_with_nothing(memory) -> None:
    lake = memory(gold__sums=SUMS, silver__sales=daily("2023-01-20"))
    rows = frames.trend(asked(lake, Chart("trend", value="net")))
    assert rows.loc["2023-01", "value"] == 200
    assert pd.isna(rows.loc["2024-01", "before"]) and rows.loc["2024-02", "before"] == 199
    figure = chart_figure(asked(lake, Chart("trend", value="net", title="Net")), 1, True)
    assert "January 2023 is not whole: its data begin on 20 January." in figure.says
    assert figure.grid.rows[-1][0] == "January 2023 (not whole)"
    bars = frames.bars(asked(lake, Chart("bars", value="net", by="shop")))
    assert bars.before.words == "March 2023 to February 2024"


def test_one_month_alone_is_what_there_is_however_late_it_begins(memory) -> None:
    one = f"SELECT * FROM ({SUMS}) WHERE month = DATE '2025-02-01'"
    found = calendar(memory(gold__sums=one, silver__sales=daily("2025-02-20")), MART)
    assert (found.begun, len(found.complete)) == (None, 1)


@pytest.mark.parametrize(
    ("column", "expression", "noun"),
    [
        ("month", "date_format(at, 'yyyy-MM')", "month"),
        ("strftime(month, '%Y-%m')", "substr(at, 1, 7)", "month"),
        ("date_trunc('quarter', month)", "date_trunc('QUARTER', t.`at`)", "quarter"),
        ("year(month)", "year(at)", "year"),
        ("month", "date_trunc('week', at)", "week"),
    ],
)
def test_periods_are_known_by_the_expression_or_by_their_distances(
    memory: Callable, column: str, expression: str, noun: str
) -> None:
    lake = memory(
        gold__sums=f"SELECT {column} AS month FROM ({SUMS})", silver__sales="SELECT 1 AS x"
    )
    found = calendar(lake, replace(MART, period=replace(MONTH, expression=expression)))
    assert found.noun == noun
    assert found.unfinished is None


def test_a_mart_without_rows_or_periods_has_no_calendar(memory: Callable) -> None:
    empty = memory(gold__sums=f"SELECT * FROM ({SUMS}) WHERE false")
    assert calendar(empty, MART) is None
    assert calendar(empty, replace(MART, period=None)) is None


def span(first: str, last: str) -> Span:
    return Span(pd.Period(first, "M"), pd.Period(last, "M"))


def test_a_year_is_compared_with_the_year_before_and_less_with_what_came_before_it() -> None:
    three_years = Calendar("month", span("2023-01", "2025-12"), None, None)
    latest = three_years.recent(12)
    assert latest.words == "January to December 2025"
    assert three_years.before(latest).words == "January to December 2024"
    eight_months = Calendar("month", span("2025-01", "2025-08"), None, None)
    assert eight_months.recent(12).words == "January to August 2025"
    assert eight_months.before(eight_months.recent(12)) is None
    assert eight_months.before(eight_months.recent(3)).words == "March to May 2025"


def test_periods_are_spelt_as_people_write_them() -> None:
    assert [spelled(pd.Period("2025-11-03", f)) for f in ("D", "W-SUN", "M", "Q", "Y")] == [
        "3 Nov 2025", "week of 3 Nov 2025", "November 2025", "Q4 2025", "2025",
    ]  # fmt: skip


def test_a_trend_stands_beside_the_same_month_a_year_before(lake) -> None:
    rows = frames.trend(asked(lake, Chart("trend", value="net")))
    assert rows.loc["2023-01", "value"] == 200
    assert pd.isna(rows.loc["2023-01", "before"])
    assert rows.loc["2024-01", "before"] == 200
    assert rows.loc["2024-01", "value"] == 200 - 12


def test_a_month_without_sales_is_a_zero_and_an_average_of_nothing_is_none(memory) -> None:
    lake = memory(gold__sums=f"SELECT * FROM ({SUMS}) WHERE month <> DATE '2024-03-01'",
                  silver__sales=sold("2025-02-28"))  # fmt: skip
    assert frames.trend(asked(lake, Chart("trend", value="net"))).loc["2024-03", "value"] == 0
    average = frames.trend(asked(lake, Chart("trend", value="net", per="orders")))
    assert pd.isna(average.loc["2024-03", "value"])
    assert average.loc["2023-01", "value"] == pytest.approx(200 / 15)


def test_rows_without_a_month_are_counted_and_never_hidden(memory) -> None:
    lake = memory(
        gold__sums=f"{SUMS} UNION ALL SELECT NULL, 'A', 'x', 7, 1", silver__sales=sold("2025-02-28")
    )
    what = asked(lake, Chart("trend", value="net"))
    assert frames.undated(what) == (1, 7.0)
    assert frames.trend(what)["value"].sum() == sum(200 - m for m in range(26))


def test_bars_are_of_the_latest_year_beside_the_one_before(lake) -> None:
    found = frames.bars(asked(lake, Chart("bars", value="net", by="shop")))
    assert found.recent.words == "March 2024 to February 2025"
    rows = found.rows.set_index("name")
    assert rows.loc["A", "value"] == sum(100 + m for m in range(14, 26))
    assert rows.loc["A", "before"] == sum(100 + m for m in range(2, 14))
    assert found.total == rows["value"].sum()
    assert list(found.rows["name"]) == ["A", "B"]


def test_bars_of_two_values_count_and_sum_each_with_its_own(lake) -> None:
    whole = replace(MART, period=None)
    found = frames.bars(asked(lake, Chart("bars", value=("", "net"), by="shop"), whole))
    rows = found.rows.set_index("name")
    assert (rows.loc["A", "value"], rows.loc["A", "value_2"]) == (26, 2600 + sum(range(26)))
    assert found.before is None


def test_an_average_is_the_sum_by_the_sum_never_a_mean_of_means(lake) -> None:
    found = frames.bars(asked(lake, Chart("bars", value="net", per="orders", by="kind")))
    assert found.rows.set_index("name").loc["x", "value"] == pytest.approx(
        sum(100 + m for m in range(14, 26)) / 120
    )


def test_two_of_one_name_are_told_apart_by_what_they_are(memory) -> None:
    lake = memory(gold__sums=f"SELECT * REPLACE ('same' AS kind) FROM ({SUMS})",
                  silver__sales=sold("2025-02-28"))  # fmt: skip
    found = frames.bars(asked(lake, Chart("bars", value="net", by="shop", label="kind")))
    assert list(found.rows["name"]) == ["same (A)", "same (B)"]


def test_movers_are_of_the_latest_quarter_and_stand_from_most_grown_to_most_faded(lake) -> None:
    found = frames.movers(asked(lake, Chart("movers", value="net", by="shop")))
    assert found.recent.words == "December 2024 to February 2025"
    assert found.before.words == "December 2023 to February 2024"
    assert list(found.rows["name"]) == ["A", "B"]
    assert list(found.rows["change"]) == [36.0, -72.0]


def test_what_is_sold_no_more_has_faded_whole(memory) -> None:
    left = f"SELECT * FROM ({SUMS}) WHERE shop = 'A' OR month < DATE '2024-06-01'"
    lake = memory(gold__sums=left, silver__sales=sold("2025-02-28"))
    found = frames.movers(asked(lake, Chart("movers", value="net", by="shop")))
    faded = found.rows.set_index("name").loc["B"]
    assert (faded["value"], faded["change"]) == (0, -faded["before"])


def test_heat_tells_the_change_of_each_pair_in_percent(lake) -> None:
    matrix, found = frames.heat(asked(lake, Chart("heat", value="net", by="shop", across="kind")))
    rows = found.rows.set_index("name")
    expected = (rows.loc["A", "value"] / rows.loc["A", "before"] - 1) * 100
    assert matrix.loc["A", "x"] == pytest.approx(expected)
    assert pd.isna(matrix.loc["A", "y"])
