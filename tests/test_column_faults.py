"""Options of a column that could not work are refused where the definition is loaded."""

from __future__ import annotations

import re

import pytest

from jobs.load import examine

FILE = '''"""One row per thing."""
from jobs.definition import *

things = Source(
    columns={
        "other": integer(thousands=",", required=True),
        "it": %s,
    },%s
)
'''


def problems(tmp_path, column: str, more: str = "") -> list[str]:
    (tmp_path / "things.py").write_text(FILE % (column, more), encoding="utf-8")
    return [str(problem).partition("things.py:")[2] for problem in examine(str(tmp_path)).problems]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("text(requierd=True)", "text() has no option requierd=; did you mean required=?"),
        ("text(bananas=1)", "text() has no option bananas=; it takes header, required"),
        ('text(thousands=",")', "thousands= is for integer and number and money and real and has"),
        ("integer(scale=2)", "scale= is for number and money and has no effect on integer"),
        ("date(timezone='UTC')", "timezone= is for timestamp and has no effect on date"),
        ("text(required='yes')", "required= is 'yes'; write True or False"),
        ("money(scale='2')", "scale= is '2'; write a whole number"),
        ("integer(one_of=(1, 2))", "one_of= is (1, 2); write texts, in quotes"),
        ("integer(one_of=1)", "one_of= is 1; write texts, in quotes"),
        ("text(mapping={1: 'a'})", "mapping= is {1: 'a'}; write texts by texts"),
        ("text(pattern=7)", "pattern= is 7; write a text"),
        ("date(2024)", "formats= is (2024,); write texts, in quotes"),
        ("date('yyyy', sql='other')", "it is computed, so formats= has no effect"),
        ("timestamp(timezone='CET', sql='other')", "it is computed, so timezone= has no effect"),
        ("number(precision=39)", "precision=39 must lie between 1 and 38"),
        ("number(precision=0, scale=0)", "precision=0 must lie between 1 and 38"),
        ("money(precision=4, scale=5)", "scale=5 must lie between 0 and its precision, 4"),
        ("money(scale=-1)", "scale=-1 must lie between 0 and its precision, 18"),
        ("money(thousands='.')", "decimal= and thousands= are both '.'; write decimal=\",\""),
        ("money(decimal='')", "decimal='' must be one character"),
        ("money(symbols='1')", "symbols= must hold no digit or sign"),
        ("text(case='Upper')", 'case="Upper" must be "upper" or "lower"'),
        ("text(case='upper', one_of=('a',))", "one_of= has 'a', which no upper text of it can be"),
        ("text(one_of=('a ',))", "one_of= has 'a ', which no text of it can be"),
        ("integer(one_of=('1', 'x'))", "one_of= has 'x', which no integer of it can be"),
        ("money(one_of=('1.234',))", "one_of= has '1.234', which no decimal of it can be"),
        ("date(one_of=('1.1.2024',))", "one_of= has '1.1.2024', which no date of it can be"),
        ("boolean(one_of='yes')", "one_of= has 'yes', which no boolean of it can be"),
        ("boolean(true='y', false=('n', 'Y'))", "'y' is both true and false"),
        ("boolean(true=())", "true= and false= need a word each"),
        ("text(mapping={'a': 'x', 'A': 'y'})", "mapping= gives 'A', ignoring case, two meanings"),
        ("text(pattern='(?P<n>a)')", "(?P<...) is Python's: write (?<name>...)"),
        ("date('YYYY-MM-dd')", "the format 'YYYY-MM-dd' is not right: Spark cannot read Y: Y is"),
        ("date('yyyy-MM-dd', 'MM/yyyy')", "the format 'MM/yyyy' is not right: it has no day"),
        ("timestamp('yyyy-MM-dd')", "its formats have no time of day ('yyyy-MM-dd'); write date()"),
        ("timestamp('yyyy-MM-dd HH:mmXXX', timezone='CET')", "timezone= would move it twice"),
        ("timestamp(timezone='Berlin')", "did you mean Europe/Berlin?"),
        ("'text'", "things: it is no column; write text(), integer(), date() and so on."),
    ],
)  # fmt: skip
def test_an_option_that_cannot_work_is_told_in_one_sentence_with_its_line(tmp_path, column, said):
    (found,) = problems(tmp_path, column)
    assert found.startswith("7: things: it") and said in found


@pytest.mark.parametrize(
    "column",
    [
        "real(decimal=',', thousands='.', symbols='m')", "integer(decimal=',', thousands='.')",
        "number(precision=38, scale=38)", "timestamp('yyyy-MM-dd HH:mm', 'yyyy-MM-dd')",
        "date(formats='dd.MM.yyyy')", "text(case='upper', one_of=('A', 'B'))",
        "money(one_of=('1', '2.50'))", "date(one_of='2024-01-31', required=True)",
        "boolean(true='ja', false='nein', one_of='true')", "date(sql='other')",
        "text(mapping={'a': 'x', 'A': 'x'})", "text('It', pattern='(?<n>a)++')",
    ],
)  # fmt: skip
def test_what_works_is_taken(tmp_path, column):
    assert problems(tmp_path, column) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("\n    encoding='utf-9',", '9: things: encoding="utf-9" is not known'),
        ("\n    checks={'c': 'other > 0;'},", '9: things: check "c" is no sound SQL: it is one'),
        ("\n    checks={'c': 'true) OR (false'},", '"c" is no sound SQL: a ) closes nothing'),
        ("\n    checks={'c': '(other > 0'},", '"c" is no sound SQL: a ( is not closed'),
        ("\n    checks={'c': 'other = \"a'},", '"c" is no sound SQL: a quote or a comment is not'),
        ("\n    checks={'c': ' -- later'},", '9: things: check "c" is no sound SQL: there is none'),
        ("\n    checks={'c': True},", '"c" is no sound SQL: it is True; write SQL in quotes'),
        ("\n    checks={\n'c': 'true',\n'c': 'false'},", "11: 'c' stands twice in one dictionary"),
        ("\n    repairs={'r': Repair('it', 'true;', '1')},", 'repair "r" is no sound SQL: it is'),
    ],
)  # fmt: skip
def test_what_would_fail_in_the_run_is_told_before(tmp_path, more, said):
    (found,) = problems(tmp_path, "text()", more)
    assert said in found


def test_semicolons_and_brackets_within_quotes_and_comments_are_no_fault(tmp_path):
    sql = r"""it <> ');' AND it <> r'\' -- ;(
        /* ( */ OR `it;` = '\'' OR it = "(" """
    checks = f"\n    checks={{'c': r'''{sql}'''}},"
    assert problems(tmp_path, "text()", checks) == []


def test_a_source_without_columns_is_refused(tmp_path):
    (tmp_path / "s.py").write_text('"""One."""\nfrom jobs.definition import *\ns = Source({})\n')
    (found,) = examine(str(tmp_path)).problems
    assert re.search(r"s\.py:3: s: columns= is empty", str(found))
