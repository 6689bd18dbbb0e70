"""A number that is too great for its type stops the query, and is named."""

from __future__ import annotations

import pytest

from jobs.errors import Overflow
from jobs.overflow import checked, is_overflow, overflowing
from tests.lakes import TinyLake, csv

# d: the sum of two leaves 38 digits. b: that of two leaves 64 bits. m: that of two leaves
# DECIMAL(18,2). s: no number. z: nothing.
TABLE = (
    "(SELECT cast('99999999999999999999999999999999999.00' AS DECIMAL(38,2)) * g AS d, "
    "9223372036854775807L AS b, cast('9999999999999999.99' AS DECIMAL(18,2)) AS m, 's' AS s, "
    "0 AS z, 1.5D AS f FROM (SELECT explode(array(9, 9)) AS g)) t"
)
FAILS = {
    "sum of decimals": "sum(d)",
    "sum of whole numbers": "sum(b)",
    "sum over a window": "max(sum(b)) OVER ()",
    "average": "avg(d)",
    "sum of some": "sum(b) FILTER (WHERE z = 0)",
    "sum in a condition": "count(CASE WHEN z = 0 THEN 1 END) + (SELECT sum(b) FROM {t})",
    "a narrower decimal": "cast(sum(m) AS DECIMAL(18,2))",
    "a narrower whole number": "cast(max(b) AS INT)",
    "a double as a decimal": "cast(max(f) * 1e300 AS DECIMAL(18,2))",
    "plus": "max(b) + 1",
    "times": "max(d * d)",
    "in a list": "aggregate(collect_list(b), 0L, (x, y) -> x + y)",
    "in a subquery of a condition": "count_if(b IN (SELECT sum(b) FROM {t}))",
}
WORKS = {
    "max(1 / z)": None, "max(cast(s AS INT))": None, "try_sum(b)": None, "sum(z)": 0,
    "try_cast(max(b) AS INT)": None,
    "cast(sum(cast(b AS DECIMAL(38,0))) AS STRING)": f"{2**64 - 2}",
    "avg(cast(null AS BIGINT))": None, "avg(cast(null AS DECIMAL(9,2)))": None,
    "sum(cast(null AS BIGINT))": None, "sum(cast(null AS DECIMAL(38,2)))": None,
    "cast(cast(avg(m) AS DECIMAL(18,2)) AS STRING)": "9999999999999999.99", "max(m % 0)": None,
    "sum(f)": 3.0, "cast(sum(m) AS STRING)": "19999999999999999.98",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def as_jobs_set_it(spark):
    spark.conf.set("spark.sql.ansi.enabled", "false")


@pytest.mark.parametrize("what", FAILS)
def test_what_leaves_its_type_fails_and_its_column_is_named(spark, what):
    columns = f"count(*) AS n, {FAILS[what].format(t=TABLE)} AS too_great"
    frame = checked(spark.sql(f"SELECT {columns} FROM {TABLE}"))
    with pytest.raises(Exception) as failed:
        frame.collect()
    assert is_overflow(failed.value)
    assert list(overflowing(frame)) == ["too_great"]


def test_all_else_is_as_it_was(spark):
    columns = ", ".join(f"{sql} AS c{n}" for n, sql in enumerate(WORKS))
    assert [*checked(spark.sql(f"SELECT {columns} FROM {TABLE}")).first()] == [*WORKS.values()]


def test_a_mart_whose_sum_overflows_is_stopped_and_its_column_named(spark, tmp_path):
    source = 'sales = Source(key="id", columns={"id": text(), "amount": money()})'
    mart = """
    totals = Mart(
        reads=("sales",), key=("kind",), columns="kind STRING, n BIGINT, total DECIMAL(18,2)",
        sql="SELECT 'all' AS kind, count(*) AS n, cast(sum(amount) AS DECIMAL(18,2)) AS total "
            "FROM sales",
    )
    """
    lake = TinyLake(tmp_path, spark, sales=source, totals=mart)
    lake.land("sales/a.csv", csv("id,amount", "1,9000000000000000.00", "2,1.00"))
    lake.run()
    lake.land("sales/b.csv", csv("id,amount", "3,9000000000000000.00"))
    with pytest.raises(Overflow, match=r"gold\.totals: total: a number is too great for its type"):
        lake.run()
    assert lake.rows("gold.totals", "n", "cast(total AS STRING)") == [(2, "9000000000000001.00")]
