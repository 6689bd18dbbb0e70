"""Periods and ranges of a mart, what a query may look like, and what a table's log keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.commits import last_commit
from jobs.definition import Mart, Period
from jobs.errors import DefinitionError
from jobs.periods import Part, is_dated, touched
from jobs.session import open_session
from jobs.settings import RunSettings, SparkSettings, Zones
from jobs.storage import Storage

DAILY = Mart(
    reads=("sales",), key=("order_date",), columns="order_date DATE, n BIGINT",
    period=Period("order_date", "sales", "order_date"),
    sql="SELECT order_date, count_if(size(_repairs) > 0) AS n FROM sales GROUP BY 1",
)  # fmt: skip


@pytest.fixture
def storage(spark) -> Storage:
    return Storage(lambda: open_session(SparkSettings()))


def test_a_period_may_have_the_name_of_a_column_of_its_table(spark):
    sales = spark.sql("SELECT explode(array(date'2024-01-01', date'2024-01-02')) AS order_date")
    rows = Part(DAILY, DAILY.period, ["2024-01-02"]).rows(sales).collect()
    assert [str(row["order_date"]) for row in rows] == ["2024-01-02"]


def test_a_change_of_an_engines_own_column_that_a_mart_reads_touches_its_period(spark):
    changes = spark.sql("""
        SELECT date'2024-01-01' AS order_date, cast(array() AS ARRAY<STRING>) AS _repairs,
               -1 AS _sign
        UNION ALL SELECT date'2024-01-01', array('taken as 0'), 1
        UNION ALL SELECT date'2024-01-02', array('as ever'), -1
        UNION ALL SELECT date'2024-01-02', array('as ever'), 1
    """)
    assert touched(changes, DAILY, DAILY.period, few=9) == (["2024-01-01"], [])


BUYERS = Mart(
    reads=("sales",), key=("day", "who"), columns="day DATE, who BIGINT, n BIGINT",
    period=Period("day", "sales", "at", within="who"),
    sql="SELECT at AS day, who, count(*) AS n FROM sales GROUP BY 1, 2",
)  # fmt: skip


def test_few_values_within_the_touched_periods_are_told_and_many_are_not(spark):
    changes = spark.sql("""
        SELECT * FROM VALUES (date'2024-01-01', 7L, 'x', 1), (date'2024-01-02', 7L, 'x', -1),
            (date'2024-01-01', null, 'x', 1), (date'2024-03-01', 8L, 'remark', -1),
            (date'2024-03-01', 8L, 'another remark', 1) AS t (at, who, remark, _sign)
    """)
    days = ["2024-01-01", "2024-01-02"]
    assert touched(changes, BUYERS, BUYERS.period, few=3) == (days, [None, "7"])
    assert touched(changes, BUYERS, BUYERS.period, few=2) == (days, [])


def test_a_part_takes_the_rows_of_the_values_told_and_of_a_range_all(spark):
    sales = spark.sql("""
        SELECT * FROM VALUES (date'2024-01-01', 7L), (date'2024-01-01', 8L),
            (date'2024-01-01', null), (date'2024-01-02', 7L), (date'2024-02-01', 8L)
        AS t (at, who)
    """)
    part = Part(BUYERS, BUYERS.period, ["2024-01-01"], ["7", None], low="2024-02-01")
    rows = {(str(row["at"]), row["who"]) for row in part.rows(sales).collect()}
    assert rows == {("2024-01-01", 7), ("2024-01-01", None), ("2024-02-01", 8)}
    mart = spark.sql("SELECT date'2024-01-01' AS day, explode(array(7L, 8L, null)) AS who")
    assert {row["who"] for row in mart.where(part.where).collect()} == {7, None}


@pytest.mark.parametrize("day", ["20260131", "2026-W05-6", "2026-02-30", "January"])
def test_what_is_no_date_as_spark_reads_it_is_refused(day):
    with pytest.raises(DefinitionError, match=f"{day} is no date: write it as 2026-01-31"):
        RunSettings(Zones.under("x"), period_from=day)


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(DefinitionError, match="from 2024-02-01 to 2024-01-01 ends before"):
        RunSettings(Zones.under("x"), period_from="2024-02-01", period_to="2024-01-01")


def test_a_range_of_dates_means_nothing_to_periods_that_are_none():
    year = Mart(reads=("s",), key=("year",), columns="year INT", sql="SELECT 1 AS year")
    assert is_dated(DAILY, DAILY.period)
    assert not is_dated(year, Period("year", "s", "year(at)"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT n FROM numbers",
        "WITH more AS (SELECT n FROM numbers) SELECT n FROM more",
        "\n  with\n more AS (SELECT n FROM numbers)\nSELECT n FROM more",
        "-- a word before\n/* and\nmore */ WITH more AS (SELECT n FROM numbers) SELECT * FROM more",
        "SELECT n FROM (SELECT n FROM numbers) withdrawn",
    ],
)
def test_a_query_may_begin_with_its_own_with_behind_comments(storage, spark, sql):
    assert [
        row["n"] for row in storage.query(sql, {"numbers": spark.sql("SELECT 7 AS n")}).collect()
    ] == [7]


def test_a_vacuum_leaves_the_version_and_its_note_and_removes_what_no_version_needs(
    storage, spark, tmp_path
):
    path = str(tmp_path / "table")
    storage.append(spark.range(3).toDF("n"), path, {"seq": 4})
    storage.overwrite(spark.range(2).toDF("n"), path, {"seq": 5})
    before = set(Path(path).rglob("*.parquet"))
    storage.vacuum(path, 0)
    commit = last_commit(path)
    assert (commit.version, commit.note, commit.stamp) == (1, {"seq": 5}, 1)
    assert len(set(Path(path).rglob("*.parquet"))) < len(before)
    assert storage.read(path).count() == 2
