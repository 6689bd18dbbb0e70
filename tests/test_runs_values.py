"""Values that were lost, altered or refused once, through whole runs into the tables."""

from __future__ import annotations

import duckdb
import pytest

from jobs.settings import Limits
from tests.lakes import TinyLake, csv

NOTES = 'notes = Source(key="id", columns={"id": integer(), "name": text(), "note": text()})'
STRAY = 'stray = Source(key="id", max_bad_share=0.5, columns={"id": integer(), "name": text()})'
PEOPLE = """
people = Source(key="id", max_bad_share=0.9, columns={
    "id": integer(), "born": date("yyyy-MM-dd", "d.M.yyyy"), "seen": timestamp(),
    "local": timestamp("d.M.yyyy HH:mm", timezone="Asia/Tokyo"),
    "next": date(sql="born + interval 1 day"),
})
"""
BORN = """
born = Mart(
    reads=("people",), key=("month",), columns="month DATE, n BIGINT, first TIMESTAMP",
    period=Period("month", "people", "trunc(born, 'MM')"),
    sql="SELECT trunc(born, 'MM') AS month, count(*) AS n, min(seen) AS first "
        "FROM people GROUP BY 1",
)
"""
READINGS = """
readings = Source(key=("place", "height"), latest_by="at", columns={
    "place": text(), "height": real(), "at": integer(), "shown": real(sql="-1 * abs(height)"),
    "lost": real(),
}, references={"level": Reference("levels", by="height", column="height")},
   repairs={"lost was none": Repair("lost", when="raw.lost = 'none'", to="-0D")})
"""
LEVELS = 'levels = Source(key="name", columns={"name": text(), "height": real()})'


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory) -> TinyLake:
    """One lake of all of them, after a first run and one with what came later."""
    root = tmp_path_factory.mktemp("values")
    lake = TinyLake(
        root, spark, notes=NOTES, stray=STRAY, people=PEOPLE, born=BORN, readings=READINGS,
        levels=LEVELS,
    )  # fmt: skip
    lake.land("notes/n.csv", b'id,name,note\n1,Ann,"first line\nsecond line"\n2,Bob,plain\n'
              b'3,"Max\r\nMoritz","12\n34"\n4,"say ""hi""\nthere",x\n')  # fmt: skip
    lake.land("stray/s.csv", b"id,name\n1,\xc3\xa9\n2,\xe92\n3,\xc3\xa93\n")
    head = "id,born,seen,local"
    lake.land(
        "people/p.csv",
        csv(head, "1,0001-01-01,0001-01-01 00:00:00,1.1.1900 09:00", "2,1899-12-30,,",
            "3,9999-12-30,9999-12-31 23:59:59,1.2.0001 00:00", "4,1582-10-10,1582-10-10 12:00:00,",
            "5,1.1.0000,,", "6,1.1.+12345,,", "7,2024-01-01,,1.1.0001 08:59", "8,9999-12-31,,"),
    )  # fmt: skip
    lake.land("levels/l.csv", csv("name,height", "ground,0", "cellar,-3"))
    lake.land(
        "readings/r.csv", csv("place,height,at,lost", "A,-0.0,1,none", "A,0.0,2,1", "B,-0,1,-0")
    )
    lake.run()
    lake.land("people/q.csv", csv(head, "9,0001-01-31,0001-01-02 00:00:00,", "2,1899-12-29,,"))
    lake.land("readings/s.csv", csv("place,height,at,lost", "B,0,2,none"))
    lake.run()
    return lake


def test_line_ends_inside_quotes_stay(lake):
    expected = [
        (1, "Ann", "first line\nsecond line"), (2, "Bob", "plain"), (3, "Max\r\nMoritz", "12\n34"),
        (4, 'say "hi"\nthere', "x"),
    ]  # fmt: skip
    assert lake.rows("bronze.notes", "cast(id AS INT)", "name", "note") == expected
    assert lake.rows("silver.notes", "cast(id AS INT)", "name", "note") == expected


def test_a_stray_byte_quarantines_its_record_alone(lake):
    assert lake.rows("silver.stray", "id", "name") == [(1, "é"), (3, "é3")]
    assert lake.rows(
        "quarantine", "source_line", "record", "broken.rule[0]", where="source = 'stray'"
    ) == [(3, "2,\\xe92", "the line holds bytes that are not utf-8")]
    assert lake.books("stray") == (3, 2, 1, 0)


def test_the_oldest_and_the_last_dates_are_published_as_they_stand(lake):
    texts = ("id", "cast(born AS STRING)", "cast(seen AS STRING)", "cast(local AS STRING)")
    assert lake.rows("silver.people", *texts) == [
        (1, "0001-01-01", "0001-01-01 00:00:00", "1900-01-01 00:00:00"),
        (2, "1899-12-29", None, None),
        (3, "9999-12-30", "9999-12-31 23:59:59", "0001-01-31 14:41:01"),
        (4, "1582-10-10", "1582-10-10 12:00:00", None),
        (9, "0001-01-31", "0001-01-02 00:00:00", None),
    ]
    assert lake.rows("gold.born", "cast(month AS STRING)", "n", "cast(first AS STRING)") == [
        ("0001-01-01", 2, "0001-01-01 00:00:00"), ("1582-10-01", 1, "1582-10-10 12:00:00"),
        ("1899-12-01", 1, None), ("9999-12-01", 1, "9999-12-31 23:59:59"),
    ]  # fmt: skip


def test_what_no_calendar_has_is_no_date(lake):
    broken = {line: rules for file, line, _, rules in lake.quarantine() if file == "p.csv"}
    assert broken == {
        6: "born is not a date; next cannot be computed",
        7: "born is not a date; next cannot be computed",
        8: "local is not a timestamp",
        9: "next cannot be computed",
    }  # fmt: skip


def test_duckdb_reads_the_old_dates_alike(lake):
    files = f"{lake.path('silver.people')}/*/*.parquet"
    found = duckdb.sql(
        f"SELECT DISTINCT born::VARCHAR, seen::TIMESTAMP::VARCHAR FROM read_parquet('{files}') "
        "WHERE year(born) < 1900 AND id <> 2"
    ).fetchall()
    assert sorted(found) == [
        ("0001-01-01", "0001-01-01 00:00:00"), ("0001-01-31", "0001-01-02 00:00:00"),
        ("1582-10-10", "1582-10-10 12:00:00"),
    ]  # fmt: skip


def test_minus_nothing_is_nothing_in_keys_lookups_and_tables(lake):
    found = lake.rows(
        "silver.readings", "place", "cast(height AS STRING)", "at", "cast(shown AS STRING)",
        "cast(lost AS STRING)", "level_status",
    )  # fmt: skip
    assert found == [
        ("A", "0.0", 2, "0.0", "1.0", "known"), ("B", "0.0", 2, "0.0", "0.0", "known"),
    ]  # fmt: skip
    assert lake.books("readings") == (4, 2, 0, 2)


ARTICLES = """
articles = Source(key=("código", "línea"), latest_by="actualización", columns={
    "código": text(), "línea": integer(), "añadida": date(), "actualización": timestamp(),
    "категория": text(), "備考": text(), "importe": money(),
}, references={"groups": Reference("groups", by="категория", bring={"имя_группы": "имя"}),
               "remark": Reference("groups", by="備考", column="имя", key="ключ")},
   repairs={"sin importe": Repair("importe", when="raw.`importe` is null", to="0")},
   checks={"importe positivo": "importe >= 0"})
"""
GROUPS = """
groups = Source(key="код", latest_by="día", columns={"код": text(), "имя": text(), "día": date()})
"""
MONTHS = """
months = Mart(
    reads=("articles",), key=("mês", "имя_группы"),
    columns="mês DATE, `имя_группы` STRING, n BIGINT, soma DECIMAL(28,2)",
    period=Period("mês", "articles", "trunc(`añadida`, 'MM')", within="имя_группы"),
    sql="SELECT trunc(`añadida`, 'MM') AS `mês`, `имя_группы`, count(*) AS n, "
        "sum(importe) AS soma FROM articles GROUP BY 1, 2",
)
"""
ACCENTS = "código,línea,añadida,actualización,категория,備考,importe"


@pytest.mark.parametrize("limits", [Limits(in_memory=0)])
def test_names_with_accents_and_of_other_scripts_serve_everywhere(spark, tmp_path, limits):
    lake = TinyLake(tmp_path, spark, articles=ARTICLES, groups=GROUPS, months=MONTHS)
    lake.land("groups/1.csv", csv("код,имя,día", "G,grupo,2024-01-01"))
    lake.land("articles/1.csv", csv(ACCENTS, "A,1,2024-01-05,2024-01-05 00:00:00,G,grupo,1.50",
                                    "A,2,2024-02-05,2024-01-05 00:00:00,H,,"))  # fmt: skip
    lake.run(limits=limits)
    lake.land("groups/2.csv", csv("код,имя,día", "H,новая,2024-01-02", "G,otro,2024-01-02"))
    lake.land("articles/2.csv", csv(ACCENTS, "A,1,2024-03-05,2024-01-06 00:00:00,G,новая,2.50",
                                    "B,1,2024-02-05,2024-01-05 00:00:00,H,,-1"))  # fmt: skip
    lake.run(limits=limits)
    expected = [
        ("A", 1, "2024-03-05", "otro", "known"),
        ("A", 2, "2024-02-05", "новая", "none given"),
    ]
    columns = ("`código`", "`línea`", "cast(`añadida` AS STRING)", "`имя_группы`", "remark_status")
    tables = ("silver.articles", "silver.groups", "gold.months")
    assert lake.rows("silver.articles", *columns) == expected
    incremental = [lake.rows(table) for table in tables]
    lake.run(rebuild=True)
    assert [lake.rows(table) for table in tables] == incremental
    assert lake.books("articles") == (4, 2, 1, 1)
