"""Charts of a mart that does not say how it wants to be drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobs.definition import Chart, Mart, Period
from lake.report.suggest import suggested

MART = Mart(
    name="sums", reads=("sales",), key=("month", "shop", "customer"),
    period=Period("month", "sales", "cast(date_trunc('month', at) as date)"),
    columns="""month DATE, shop STRING, customer STRING, net DECIMAL(28,2), orders BIGINT,
               lines BIGINT, basket DECIMAL(18,2), dearest DECIMAL(18,2), average_age INT,
               note STRING""",
    sql="""SELECT month, shop, customer, cast(sum(net) AS DECIMAL(28,2)) AS net,
                  count(DISTINCT order_id) AS orders, count(*) AS lines,
                  cast(sum(net) / count(*) AS DECIMAL(18,2)) AS basket, max(net) AS dearest,
                  average_age, note FROM sales GROUP BY 1, 2, 3""",
)  # fmt: skip


@pytest.fixture
def lake(memory):
    return memory(
        gold__sums="SELECT 'shop ' || (i % 3) AS shop, 'c' || i AS customer FROM range(99) t(i)"
    )


def test_only_what_may_be_added_up_is_drawn_and_only_names_that_can_be_read(lake) -> None:
    assert suggested(lake, MART) == (
        Chart("trend", value="net"), Chart("trend", value="lines"),
        Chart("bars", value="net", by="shop"),
    )  # fmt: skip


def test_without_a_number_the_rows_are_counted(lake) -> None:
    bare = replace(MART, columns="month DATE, shop STRING, customer STRING")
    assert suggested(lake, bare) == (Chart("trend"), Chart("bars", by="shop"))


def test_without_a_period_there_are_bars_alone(lake) -> None:
    assert suggested(lake, replace(MART, period=None)) == (Chart("bars", value="net", by="shop"),)


def test_a_number_of_another_grain_that_a_join_brings_is_not_added_up(lake) -> None:
    joined = replace(
        MART,
        columns="month DATE, shop STRING, customer STRING, all_landed BIGINT, net BIGINT",
        sql="""WITH landed AS (SELECT shop, sum(n) AS all_landed FROM files GROUP BY shop)
               SELECT month, shop, customer, all_landed, sum(net) AS net
               FROM sales JOIN landed USING (shop) GROUP BY 1, 2, 3, 4""",
    )
    assert suggested(lake, joined)[0] == Chart("trend", value="net")
    assert len(suggested(lake, joined)) == 2


def test_numbers_that_say_which_one_are_never_added_up(lake) -> None:
    plain = replace(
        MART,
        columns="month DATE, shop STRING, invoiceno BIGINT, net BIGINT",
        sql="SELECT month, shop, invoiceno, net FROM sales",
    )
    assert suggested(lake, plain)[:-1] == (Chart("trend", value="net"),)


def test_a_number_that_is_taken_over_as_it_is_may_be_added_up(lake) -> None:
    plain = replace(MART, columns="month DATE, shop STRING, net BIGINT", key=("month", "shop"),
                    sql="SELECT month, shop, net FROM sales")  # fmt: skip
    assert suggested(lake, plain)[0] == Chart("trend", value="net")
