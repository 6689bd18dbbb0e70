"""`lake check` names the file and the line of everything that is wrong."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lake.__main__ import cli

SALES = '''"""One row per sale."""
from jobs.definition import Reference, Repair, Source, date, integer, text

sales = Source(
    key="id",
    columns={
        "id": text(),
        "who": text(),
        "sold_on": date(),
        "quantity": integer(),
        "twice": integer(sql="2 * quantity"),
    },
    references={
        "who": Reference("people", bring=("name",)),
    },
    repairs={"quantity was missing": Repair("quantity", when="raw.quantity = '?'", to="1")},
    checks={
        "quantity is positive": "quantity > 0",
    },
)
'''
PEOPLE = '''"""One row per person."""
from jobs.definition import Source, text

people = Source(key="id", columns={"id": text(), "name": text()})
'''
MART = '''"""One row per month."""
from jobs.definition import Mart, Period

monthly = Mart(
    reads=("sales",),
    key=("month",),
    columns="month DATE, lines BIGINT",
    period=Period("month", "sales", "cast(date_trunc('month', sold_on) as date)"),
    sql="""
        SELECT
            cast(date_trunc('month', sold_on) as date) AS month,
            count(*) AS lines
        FROM sales
        GROUP BY 1
    """,
)
'''


@pytest.fixture
def check(tmp_path: Path):
    """Types ``lake check`` on the three files, texts replaced in them."""

    def typed(*changes: tuple[str, str], options: tuple[str, ...] = ()) -> Result:
        for name, text in (("sales", SALES), ("people", PEOPLE), ("monthly", MART)):
            for old, new in changes:
                text = text.replace(old, new)
            (tmp_path / f"{name}.py").write_text(text)
        words = ["check", "--definition", str(tmp_path), *options]
        return CliRunner().invoke(cli, words, prog_name="lake")

    return typed


def test_a_sound_definition_is_said_to_hold_together(check):
    answer = check()
    assert answer.exit_code == 0, answer.output
    assert "2 sources and 1 marts hold together" in answer.output


GROUPED = "cast(date_trunc('month', sold_on) as date) AS month,\n            count(*) AS lines"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FROM sales", "FROM range(12) r LEFT JOIN sales ON month(sold_on) = r.id"),
        ("BIGINT", "LONG"),
        ("quantity > 0", "raw.who <> 'see raw.data' -- raw.data"),
        ("GROUP BY 1\n", "GROUP BY 1; -- done\n"),
        ("lines BIGINT", "lines MAP<STRING, ARRAY<DECIMAL(9, 2)>>"),
        ("lines BIGINT", "lines STRUCT<a: INT, b: STRING>"),
        ("GROUP BY 1", "GROUP BY ALL"),
        (f"{GROUPED}\n        FROM sales\n        GROUP BY 1",
         "max(sold_on) AS month, month + count(*) FILTER (WHERE quantity > 1) AS lines FROM sales"),
        (f"{GROUPED}\n        FROM sales\n        GROUP BY 1",
         "sold_on AS month, count(*) OVER (PARTITION BY month) AS lines FROM sales"),
        (f"{GROUPED}\n        FROM sales\n        GROUP BY 1",
         "max(sold_on) AS month, count(*) + my_own_sum(quantity) AS lines FROM sales"),
        ("count(*) AS lines",
         "(SELECT max(s.quantity) + sales.quantity FROM sales s) AS lines"),
    ],
)  # fmt: skip
def test_what_spark_takes_is_not_refused(check, old, new):
    answer = check((old, new))
    assert answer.exit_code == 0, answer.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"people", bring', '"persons", bring',
         "sales.py:14: sales: who refers to persons, but there is no such source"),
        ('bring=("name",)', 'bring=("age",)', "sales.py:14: sales: who brings age, which people"),
        ('Reference("people", ', 'Reference("people", column="nr", ',
         "sales.py:14: sales: who must name one column of people"),
        ('key="id",\n', 'key="nr",\n', "sales.py:5: sales: key names nr"),
        ("quantity > 0", "qantity > 0",
         'sales.py:18: sales: check "quantity is positive" names qantity, which is not among its '
         "columns; did you mean quantity?"),
        ("quantity > 0", "quantity > ", 'sales.py:18: sales: check "quantity is positive" is no'),
        ("raw.quantity", "raw.twice", 'sales.py:16: sales: repair "quantity was missing" names '),
        ("2 * quantity", "2 * price", "sales.py:11: sales: column twice names price"),
        ('reads=("sales",)', 'reads=("sold",)', "monthly.py:5: monthly reads sold, which is nei"),
        ("FROM sales", "FROM sale",
         "monthly.py:9: monthly: its SQL reads sale, which reads= does not name; did you mean sal"),
        ("count(*) AS lines", "sum(price) AS lines", "monthly: Column 'price' could not be resolv"),
        ("count(*) AS lines", "count(*) AS rows", "monthly.py:7: monthly: columns= has lines, whi"),
        ('"who": text(),', '"who": text(thousands=","),',
         "sales.py:8: sales: who: thousands= is for "),
        ('"who": text(),', '"raw": text(), "who": text(),', "which hides the texts of the file"),
        ("GROUP BY 1\n", "GROUP BY 1; SELECT 1\n", "monthly: its SQL is not sound: there are two"),
        ("count(*) AS lines", "count(* AS lines", "monthly.py:12: monthly: its SQL is not sound"),
        ('key=("month",)', 'key=("day",)', "monthly.py:6: monthly: key names day, which is not in"),
        ("'month', sold_on) as date)\"", "'month', sold) as date)\"",
         "monthly.py:8: monthly: its period names sold, which sales has not; did you mean sold_on"),
        ("BIGINT", "UUID",
         "monthly.py:7: monthly: columns= gives lines the type UUID; the types are BOOLEAN, "),
        ("DATE, lines", "DATETIME, lines",
         "monthly.py:7: monthly: columns= gives month the type DATETIME; write TIMESTAMP."),
        ("BIGINT", "VARCHAR(10)", "columns= gives lines the type VARCHAR(10); write STRING."),
        ("BIGINT", "DECIMAL(10)", "columns= gives lines the type DECIMAL(10); write DECIMAL(10,0)"),
        ("BIGINT", "BIGINT NOT NULL", "the type BIGINT NOT NULL; write BIGINT alone."),
        ("BIGINT", "ARRAY<INTEGER>", "gives lines the type ARRAY<INTEGER>; the types are "),
        ("SELECT\n", "INSERT INTO sales SELECT\n",
         "monthly.py:9: monthly: its SQL is no query but INSERT: write a SELECT."),
        ("GROUP BY 1\n", "\n",
         "monthly.py:11: monthly: its SQL gives sold_on beside an aggregate, without GROUP BY."),
        ("count(*) AS lines\n        FROM sales\n        GROUP BY 1",
         "lines FROM (SELECT *, count(*) AS lines FROM sales)", "its SQL gives * beside an aggr"),
        ("BIGINT", "BIG INT(", "monthly.py:7: monthly: columns= is no sound DDL"),
        ("sales = Source(", "people = Source(", "sales.py:4: there are two Sources called people"),
        ("monthly = Mart(", "sales = Mart(", "sales.py:4: sales is a silver table and a mart"),
        ("integer()", "whole()", "sales.py:10: the file cannot be loaded: NameError"),
        ("key=(", "key=((", "monthly.py:"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_file_and_line(check, old, new, said):
    answer = check((old, new))
    assert answer.exit_code == 2
    assert said in answer.output
    assert "Traceback" not in answer.output


def test_all_problems_are_told_at_once_in_the_order_of_their_places(check):
    answer = check(("quantity > 0", "qantity > 0"), ("FROM sales", "FROM sale"))
    places = [line.split(": ")[0] for line in answer.output.splitlines()]
    assert [Path(place).name for place in places] == ["monthly.py:9", "sales.py:18"]


def test_scripts_get_the_problems_as_json(check):
    answer = check(("quantity > 0", "qantity > 0"), options=("--json",))
    (problem,) = json.loads(answer.stdout)
    assert (Path(problem["file"]).name, problem["line"]) == ("sales.py", 18)


def test_the_definition_that_ships_holds_together():
    answer = CliRunner().invoke(cli, ["check"], prog_name="lake")
    assert answer.exit_code == 0, answer.output


def test_it_needs_no_spark_and_less_than_a_second_of_work():
    code = "import sys; from lake.check import check; assert not check('')[1]; print(*sys.modules)"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "pyspark" not in done.stdout.split()
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1
