"""A lake definition that does not hold together says which file or column is wrong."""

from __future__ import annotations

import re

import pytest

from jobs.errors import DefinitionError
from jobs.load import fingerprint, load

GOOD = '''"""One row per thing."""
from jobs.definition import *
'''
SALES = "sales = Source(key='id', columns={'id': text(), 'who': text(), 'at': date()}%s)\n"
PEOPLE = "people = Source(key='id', columns={'id': text(), 'name': text()})\n"
MART = "m = Mart(sql='SELECT 1 AS n', reads=(%s), columns='n INT', key=('n',)%s)\n"


def loaded(tmp_path, *bodies: str):
    for number, body in enumerate(bodies):
        (tmp_path / f"file{number}.py").write_text(body, encoding="utf-8")
    return load(str(tmp_path))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (GOOD + "sales = Source(", "file0.py:3: the file cannot be loaded: SyntaxError"),
        (GOOD + "import nowhere", "file0.py:3: the file cannot be loaded: ModuleNotFoundError"),
        (SALES.join(("from jobs.definition import *\n", "")) % "",
         "file0.py:1: say the grain of sales"),
        (GOOD, "holds no Source"),
        (GOOD + SALES % ", latest_by='seen'", "sales: latest_by names seen"),
        (GOOD + SALES.replace("key='id'", "key=('id', 'no')") % "", "sales: key names no"),
        (GOOD + SALES % ", references={'who': 'nobody'}", "who refers to nobody, but there is no"),
        (GOOD + PEOPLE + SALES % ", references={'buyer': 'people'}",
         "sales: references names buyer"),
        (GOOD + PEOPLE + SALES % ", references={'who': Reference('people', column='x')}",
         "who must name one column of people"),
        (GOOD + PEOPLE + SALES % ", references={'who': Reference('people', bring=('age',))}",
         "who brings age, which people does not have"),
        (GOOD + PEOPLE + SALES % ", references={'who': 'people', 'id': 'people'}",
         "sales: its silver table would have two columns called people_key"),
        (GOOD + SALES % ", repairs={'r': Repair('x', '1=1', '0')}", "sales: repairs names x"),
        (GOOD + SALES % ", max_bad_share=2", "max_bad_share must lie between 0 and 1"),
        (GOOD + SALES % ", delimiter=';;'", "delimiter and quote are one character"),
        (GOOD + SALES % ", references={'who': Reference('sales', key='other_key')}",
         "need each other in a circle: sales"),
        (GOOD + PEOPLE + SALES % ", silver='people'", "Two silver tables would be called people"),
        (GOOD + SALES % ", silver='quarantine'", "Two silver tables would be called quarantine"),
        (GOOD + SALES % "" + MART % ("'sold',", ""), "m reads sold, which is neither"),
        (GOOD + SALES % ", silver='tidy'" + MART.replace("m =", "tidy =") % ("'tidy',", ""),
         "tidy is a silver table and a mart"),
        (GOOD + SALES.replace("'at': date()", "'Who ': text()") % "",
         "sales: Who  and who would both be read from who"),
        (GOOD + SALES.replace("date()", "date(sql='who', nulls='x')") % "",
         "sales: at: it is computed, so nulls= has no effect on it"),
        (GOOD + SALES % "" + MART.replace("1 AS n", "sum(1) OVER (ORDER BY at) AS n")
         % ("'sales',", ", period=Period('n', 'sales', 'year(at)')"),
         "m: a window in its SQL looks beyond the n in hand"),
        (GOOD + SALES % "" + MART % ("'sales',", ", period=Period('n', 'people', '1')"),
         "m: its period must be of a silver table that it reads"),
        (GOOD + SALES % "" + MART
         % ("'sales',", ", period=Period('n', 'sales', 'year(at)', within='who')"),
         "m: its period's within= names who, which must be in its key and a column of sales"),
        (GOOD + SALES % "" + MART.replace("key=('n',)", "key=('n', 'whom')")
         % ("'sales',", ", period=Period('n', 'sales', 'year(at)', within='whom')"),
         "m: its period's within= names whom, which must be in its key and a column of sales"),
        (GOOD + SALES % "" + MART.replace("key=('n',)", "key=('n', 'who')")
         .replace("1 AS n", "sum(1) OVER (PARTITION BY n ORDER BY at) AS n")
         % ("'sales',", ", period=Period('n', 'sales', 'year(at)', within='who')"),
         "m: a window in its SQL looks beyond the who in hand"),
    ],
)  # fmt: skip
def test_a_wrong_definition_is_named_with_what_is_wrong(tmp_path, body, said):
    with pytest.raises(DefinitionError, match=re.escape(said)):
        loaded(tmp_path, body)


def test_two_files_may_not_define_the_same_source(tmp_path):
    with pytest.raises(DefinitionError, match=r"file1\.py:3: there are two Sources called people"):
        loaded(tmp_path, GOOD + PEOPLE, GOOD + PEOPLE)


def test_sources_are_ordered_by_what_they_refer_to(tmp_path):
    found = loaded(tmp_path, GOOD + PEOPLE + SALES % ", references={'who': 'people'}")
    assert found.source_needs == {"people": set(), "sales": {"people"}}
    assert found.sources["sales"].grain == "One row per thing."


def test_a_missing_folder_is_said_to_be_missing(tmp_path):
    with pytest.raises(DefinitionError, match="No lake definition at"):
        load(str(tmp_path / "nowhere"))


def test_the_fingerprint_follows_the_contract_and_nothing_else(tmp_path):
    first = loaded(tmp_path, GOOD + PEOPLE).sources["people"]
    again = loaded(tmp_path, GOOD + "# a remark\n" + PEOPLE).sources["people"]
    other = loaded(tmp_path, GOOD + PEOPLE.replace("text()})", "text(required=True)})"))
    assert fingerprint(first) == fingerprint(again)
    assert fingerprint(first) != fingerprint(other.sources["people"])


def test_a_window_within_a_period_is_taken(tmp_path):
    sql = "sum(1) OVER (PARTITION BY year( at ), who ORDER BY at) AS n"
    mart = MART.replace("1 AS n", sql) % ("'sales'", ", period=Period('n', 'sales', 'year(at)')")
    assert loaded(tmp_path, GOOD + SALES % "" + mart).marts["m"].reads == ("sales",)


def test_the_packaged_retail_lake_holds_together():
    found = load()
    assert found.source_needs["sales"] == {"customers", "products", "locations"}
    assert found.mart_needs["customer_segments"] == {"customer_activity"}


@pytest.mark.parametrize("name", ["test_scores", "_scores"])
def test_a_source_in_a_file_that_is_passed_over_is_named(tmp_path, name):
    (tmp_path / f"{name}.py").write_text(GOOD + PEOPLE.replace("people", "scores"))
    with pytest.raises(DefinitionError, match=rf"{name}\.py:3: the Source scores is not part of"):
        loaded(tmp_path, GOOD + PEOPLE)


def test_tests_and_helpers_may_stand_in_a_definition(tmp_path):
    test = GOOD + PEOPLE + "def test_people():\n    assert people\n"
    (tmp_path / "test_people.py").write_text(test)
    (tmp_path / "test_broken.py").write_text("def (")
    (tmp_path / "_helper.py").write_text(GOOD + "def source():\n    scores = Source({})\n")
    assert set(loaded(tmp_path, GOOD + PEOPLE).sources) == {"people"}


OTHER = "people = Source(key='id', columns={'id': text(), %s})\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (OTHER % "'adi': text(), 'adı': text()", "people: adı and adi would both be read from adi"),
        (OTHER % "'adi': text(), 'adı': text(header='x')",
         "two columns called adi (adı is the same name to Spark)"),
        (OTHER % "'\u212a': text(), 'k': text(header='x')", "two columns called k (\u212a is"),
        (OTHER % "'_key': text()", "_key begins with _, as the lake's own columns do; call it key"),
        (OTHER % "'_batch': text(sql='1')", "_batch begins with _"),
        (OTHER % "'source_file': text()", "two columns called source_file"),
        (OTHER % "'a`b': text()", "a column cannot be called 'a`b': leave out '`'"),
        (OTHER % "'a, b': text()", "a column cannot be called 'a, b'"),
        (OTHER % "'a\\nb': text()", "a column cannot be called 'a\\nb'"),
        (OTHER % "'': text(header='x')", "a column cannot be called ''"),
        (PEOPLE + PEOPLE.replace("people", "People"), "Two bronze tables would be called People"),
        (PEOPLE.replace("people", "Files"), "Two bronze tables would be called Files"),
        (PEOPLE + MART.replace("m =", "People =") % ("'people',", ""),
         "People is a silver table and a mart"),
        (PEOPLE + "".join(MART.replace("m =", f"{m} =") % ("'people',", "") for m in "mM"),
         "Two marts would be called m"),
        (PEOPLE + MART.replace("m =", "Files =") % ("'people',", ""),
         "Files is a table of the lake itself"),
    ],
)  # fmt: skip
def test_names_that_are_one_to_spark_or_the_lakes_own_are_refused(tmp_path, body, said):
    with pytest.raises(DefinitionError, match=re.escape(said)):
        loaded(tmp_path, GOOD + body)
