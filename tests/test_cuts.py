"""Periods as stretches of the bare column: every row of them, and files passed over."""

import re

import pytest

from jobs.cuts import MANY, cut, narrowed

KINDS = {"at": "timestamp", "day": "date", "text": "string"}
MONTH = "cast(date_trunc('month', at) as date)"


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("cast(date_trunc('month', at) as date)", ("at", "1 MONTH")),
        ("CAST(DATE_TRUNC('WEEK', At) AS DATE)", ("at", "7 DAY")),
        ("date_trunc('quarter', `at`)", ("at", "3 MONTH")),
        ("trunc(day, 'YEAR')", ("day", "1 YEAR")),
        ("to_date(at)", ("at", "1 DAY")),
        ("date(at)", ("at", "1 DAY")),
        ("year(at)", None),
        ("day", None),
        ("date_trunc('hour', at)", None),
        ("cast(date_trunc('month', at + interval 1 day) as date)", None),
        ("to_date(text, 'dd.MM.yyyy')", None),
    ],
)  # fmt: skip
def test_an_expression_that_cuts_a_moment_down_is_known(expression, found):
    assert cut(expression) == found


@pytest.mark.parametrize(
    ("expression", "kinds", "periods"),
    [
        ("year(at)", KINDS, ["2024"]),
        ("date(text)", KINDS, ["2024-01-01"]),
        ("date(elsewhere)", KINDS, ["2024-01-01"]),
        (MONTH, KINDS, ["+12024-01-01"]),
    ],
)  # fmt: skip
def test_nothing_is_said_of_rows_that_cannot_be_told_so(expression, kinds, periods):
    assert narrowed(expression, kinds, periods, "", "") == ""


MOMENTS = [
    f"{year}-{month:02d}-{day:02d} {time}"
    for year in (2023, 2024)
    for month in (1, 2, 3, 12)
    for day, time in ((1, "00:00:00"), (5, "12:00:00"), (28, "23:59:59.999999"))
]


@pytest.mark.parametrize(
    "expression",
    [MONTH, "trunc(day, 'MM')", "to_date(at)", "date_trunc('week', at)", "trunc(day, 'year')",
     "cast(date_trunc('quarter', day) as date)"],
)  # fmt: skip
def test_every_row_of_the_periods_is_among_those_that_are_read(spark, expression):
    rows = [(moment,) for moment in MOMENTS] + [(None,)]
    frame = spark.createDataFrame(rows, "moment STRING").selectExpr(
        "cast(moment AS TIMESTAMP) AS at", "cast(moment AS DATE) AS day"
    )
    told = frame.selectExpr("*", f"cast({expression} AS STRING) AS period")
    periods = [row["period"] for row in told.select("period").distinct().collect()]
    for wanted in (periods, periods[:2], [None]):
        low, high = ("2023-02-14", "2023-03-30") if wanted != [None] else ("", "")
        exact = told.where(
            " OR ".join(
                ["period IS NULL" if p is None else f"period = '{p}'" for p in wanted]
                + (["cast(period AS DATE) BETWEEN '2023-02-14' AND '2023-03-30'"] if low else [])
            )
        )
        read = told.where(narrowed(expression, KINDS, wanted, low, high))
        assert exact.exceptAll(read).count() == 0
    left_out = told.where(narrowed(expression, KINDS, [periods[0] or periods[1]], "", ""))
    assert 0 < left_out.count() < len(rows)


def test_many_periods_are_read_as_one_stretch():
    periods = [f"2024-01-{day:02d}" for day in range(1, MANY + 2)]
    said = narrowed("to_date(at)", KINDS, [*periods, None], "", "")
    assert re.findall(r"\d{4}-\d\d-\d\d", said) == [periods[0], periods[-1]]
    assert said.endswith("OR `at` IS NULL")
    assert len(re.findall(r">=", narrowed("to_date(at)", KINDS, periods[:-1], "", ""))) == MANY


def test_files_outside_the_periods_are_not_read(spark, tmp_path):
    table = str(tmp_path / "table")
    for month in ("2024-01", "2024-02", "2024-03"):
        frame = spark.sql(f"SELECT timestamp'{month}-05 10:00:00' AS at")
        frame.write.format("delta").mode("append").save(table)
    frame = spark.read.format("delta").load(table)
    near = frame.where(narrowed(MONTH, KINDS, ["2024-02-01"], "", ""))
    bare = frame.where(f"{MONTH} = date'2024-02-01'")
    assert [len(f.select("at", "_metadata.file_path").inputFiles()) for f in (near, bare)] == [1, 3]
