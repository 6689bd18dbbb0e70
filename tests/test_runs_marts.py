"""Marts in whole runs: what is recomputed when, and what a reader sees meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from jobs import gold, upkeep
from jobs.commits import last_commit
from jobs.delta.heads import Heads
from jobs.errors import DefinitionError, LeaseLost, SchemaMismatch
from jobs.lease import Lease
from jobs.storage import Storage
from jobs.upkeep import optimize
from tests.lakes import TinyLake, csv

SALES = """
sales = Source(
    key="id", latest_by="seen",
    columns={"id": text(), "at": date(), "amount": integer(), "who": text(), "remark": text(),
             "seen": integer()},
    references={"who": Reference("people", bring=("city",))},
)
"""
PEOPLE = """
people = Source(key="id", latest_by="seen",
                columns={"id": text(), "city": text(), "shoe": integer(), "seen": integer()})
"""
MONTHLY = """
monthly = Mart(
    reads=("sales",), key=("month", "city"),
    period=Period("month", "sales", "cast(date_trunc('month', at) as date)"),
    columns="month DATE, city STRING, n BIGINT, total BIGINT",
    sql="SELECT cast(date_trunc('month', at) as date) AS month, city, count(*) AS n, "
        "sum(amount) AS total FROM sales GROUP BY 1, 2",
)
"""
WHOLE = """
whole = Mart(
    reads=("monthly", "people"), key=("n",), columns="n BIGINT, total BIGINT, people BIGINT",
    sql="SELECT sum(n) AS n, sum(total) AS total, "
        "(SELECT count(*) FROM people) AS people FROM monthly",
)
"""
HEAD = "id,at,amount,who,remark,seen"


@pytest.fixture
def lake(tmp_path, spark) -> TinyLake:
    lake = TinyLake(tmp_path, spark, sales=SALES, people=PEOPLE, monthly=MONTHLY, whole=WHOLE)
    lake.land("people/a.csv", csv("id,city,shoe,seen", "P1,Rome,40,1"))
    lake.land(
        "sales/a.csv",
        csv(
            HEAD,
            "S1,2024-01-05,1,P1,,1",
            "S2,2024-02-05,2,P2,,1",
            "S3,2024-03-05,4,,,1",
            "S4,,8,,,1",
        ),
    )
    return lake


def monthly(lake: TinyLake) -> list[tuple]:
    return lake.rows("gold.monthly", "cast(month as string)", "city", "n", "total")


def recomputed(lake: TinyLake, monkeypatch) -> list[str]:
    """Runs the lake; gives the predicate of each part of ``monthly`` that was replaced."""
    replaced: list[str] = []
    publish = gold._publish

    def told(lake, mart, inputs, note, last, part=None):
        if mart.name == "monthly":
            where = part.where if part else ""
            replaced.append(where.replace("cast('", "").replace("' AS date)", ""))
        return publish(lake, mart, inputs, note, last, part)

    with monkeypatch.context() as patched:
        patched.setattr(gold, "_publish", told)
        lake.run()
    return replaced


def test_only_the_periods_that_a_change_touched_are_recomputed(lake, monkeypatch):
    assert recomputed(lake, monkeypatch) == [""]
    start = [("2024-01-01", "Rome", 1, 1), ("2024-02-01", "(not known)", 1, 2),
             ("2024-03-01", "(none given)", 1, 4), (None, "(none given)", 1, 8)]  # fmt: skip
    assert monthly(lake) == start
    assert lake.rows("gold.whole") == [(4, 1, 15)]

    # S2 moves from February, which is then empty, to January: both are touched.
    lake.land("sales/b.csv", csv(HEAD, "S2,2024-01-06,2,P2,,2"))
    assert recomputed(lake, monkeypatch) == ["`month` IN (2024-01-01, 2024-02-01)"]
    assert monthly(lake) == [
        ("2024-01-01", "(not known)", 1, 2), ("2024-01-01", "Rome", 1, 1), start[2], start[3],
    ]  # fmt: skip

    # A column changes that the mart does not read: silver has it, gold is left alone.
    lake.land("sales/c.csv", csv(HEAD, "S3,2024-03-05,4,,new,2"))
    lake.land("people/b.csv", csv("id,city,shoe,seen", "P1,Rome,41,2"))
    assert recomputed(lake, monkeypatch) == []
    assert ("new",) in lake.rows("silver.sales", "remark")

    # A late dimension heals the mart, and a row without a period has one of its own.
    lake.land("people/c.csv", csv("id,city,shoe,seen", "P2,Oslo,40,1"))
    lake.land("sales/d.csv", csv(HEAD, "S4,,9,,,2"))
    assert recomputed(lake, monkeypatch) == ["`month` IN (2024-01-01) OR `month` IS NULL"]
    end = [("2024-01-01", "Oslo", 1, 2), ("2024-01-01", "Rome", 1, 1), start[2],
           (None, "(none given)", 1, 9)]  # fmt: skip
    assert monthly(lake) == end
    assert lake.rows("gold.whole") == [(4, 2, 16)]

    tables = ("silver.sales", "silver.people", "gold.monthly", "gold.whole", "bronze.sales")
    incremental = [lake.rows(table) for table in tables]
    lake.run(rebuild=True)
    assert [lake.rows(table) for table in tables] == incremental
    assert lake.books("sales") == (7, 4, 0, 3)


def test_a_rerun_makes_no_new_version_of_any_table_and_needs_no_spark(lake, monkeypatch):
    first = lake.run()
    versions = lake.versions()
    monkeypatch.setattr("jobs.run.open_session", lambda _: pytest.fail("Spark was started"))
    again = lake.run()
    assert (first.status, again.status) == ("done", "unchanged")
    assert lake.versions() == versions
    assert again.books == first.books
    assert all(books.balanced for books in again.books)


def test_a_range_of_periods_is_recomputed_on_demand(lake, spark):
    lake.run()
    storage = Storage(lambda: spark, heads=Heads.read(lake.zones))
    path = lake.path("gold.monthly")
    nothing = storage.read(path).withColumn("total", F.lit(0).cast("bigint"))
    storage.overwrite(nothing, path, storage.head(path).note)
    lake.run("gold", period_from="2024-02-01", period_to="2024-02-28")
    totals = lake.rows("gold.monthly", "cast(month as string)", "total")
    assert totals == [("2024-01-01", 0), ("2024-02-01", 2), ("2024-03-01", 0), (None, 0)]


def test_what_a_range_leaves_out_is_not_taken_for_done(lake):
    lake.run()
    lake.land("sales/b.csv", csv(HEAD, "S5,2024-03-06,16,P1,,1", "S6,2024-02-06,32,P1,,1"))
    lake.run(period_from="2024-02-01", period_to="2024-02-28")
    lake.run()
    assert sum(row[3] for row in monthly(lake)) == 1 + 2 + 4 + 8 + 16 + 32


def test_a_range_that_is_no_date_is_refused_before_the_run(lake):
    with pytest.raises(DefinitionError, match="2024-13-01 is no date"):
        lake.run(period_from="2024-13-01")


def test_a_correction_reaches_a_mart_whose_sql_is_in_capitals(lake):
    lake.define(monthly=MONTHLY.replace("sum(amount)", "SUM(AMOUNT)"))
    lake.run()
    lake.land("sales/b.csv", csv(HEAD, "S2,2024-02-05,64,P2,,2"))
    lake.run()
    assert 64 in [row[3] for row in monthly(lake)]


def test_each_layer_alone_takes_what_waits_for_it(lake):
    lake.run("gold")
    lake.run("silver")
    assert lake.versions().keys() == set()
    lake.run("bronze")
    lake.run("bronze")
    lake.land("sales/b.csv", csv(HEAD, "S5,2024-03-06,16,P1,,1"))
    lake.run("bronze")
    assert last_commit(lake.path("silver.sales")) is None
    lake.run("silver")
    lake.run("gold")
    assert [row[3] for row in monthly(lake)] == [1, 2, 4, 16, 8]


def test_a_changed_contract_or_mart_is_rebuilt_and_nothing_else_is(lake):
    lake.run()
    was = lake.versions()
    lake.define(whole=WHOLE.replace("sum(total) AS", "sum(2 * total) AS"))
    lake.run()
    assert lake.rows("gold.whole", "total") == [(30,)]
    lake.define(sales=SALES.replace("references=", 'checks={"small": "amount < 4"}, references='))
    lake.run()
    now = lake.versions()
    assert lake.quarantine() == [
        ("a.csv", 4, "open", "failed: small"),
        ("a.csv", 5, "open", "failed: small"),
    ]
    assert lake.books("sales") == (4, 2, 2, 0)
    assert [row[3] for row in monthly(lake)] == [1, 2]
    for table in ("lake/bronze/sales", "lake/bronze/people", "lake/silver/people"):
        assert now[table] == was[table]


def test_a_frame_that_does_not_fit_its_contract_is_refused_before_the_commit_and_by_delta(
    lake, spark
):
    lake.run()
    was = lake.versions()
    lake.define(monthly=MONTHLY.replace("n BIGINT, total", "n INT, total"))
    with pytest.raises(SchemaMismatch, match=r"gold\.monthly: column n is bigint, but .* says int"):
        lake.run()
    lake.define(monthly=MONTHLY.replace("sum(amount)", "sum(nothing)"))
    with pytest.raises(DefinitionError, match=r"monthly: its SQL cannot be run: .*nothing"):
        lake.run()
    wrong = spark.sql("SELECT 'x' AS month, 'y' AS city, 1L AS n, 'z' AS total, 1 AS more")
    with pytest.raises(
        SchemaMismatch, match="column month would be string, but in the table it is"
    ):
        Storage(lambda: spark).append(wrong, lake.path("gold.monthly"), {})
    gold_now = {t: v for t, v in lake.versions().items() if "/_lake/" not in t}
    assert gold_now == {t: v for t, v in was.items() if "/_lake/" not in t}


def test_the_books_stand_in_the_note_and_in_the_ledger(lake, spark):
    report = lake.run()
    ledger = spark.read.format("delta").load(lake.zones.runs).where("layer = 'silver'")
    columns = "run_id, table_name, landed, published, quarantined, superseded, version"
    told = {tuple(row) for row in ledger.select(*columns.split(", ")).collect()}
    assert told == {
        (report.run_id, "sales", 4, 4, 0, 0, 0),
        (report.run_id, "people", 1, 1, 0, 0, 0),
    }
    assert {b.source: b.published for b in report.books} == {"sales": 4, "people": 1}


def test_a_run_that_lost_its_lease_commits_nothing_more(lake, monkeypatch):
    lake.run("bronze")
    was, check, asked = lake.versions(), Lease.check, []

    def lost(self):
        asked.append(1)
        if len(asked) == 2:
            self.good_until = 0.0
        check(self)

    monkeypatch.setattr(Lease, "check", lost)
    with pytest.raises(LeaseLost):
        lake.run("silver", "gold")
    assert len(lake.versions().items() - was.items()) == 1  # the commit before it was lost
    monkeypatch.undo()
    lake.run()
    assert [row[3] for row in monthly(lake)] == [1, 2, 4, 8]


def test_a_lease_that_is_lost_while_a_table_is_written_stops_the_run(lake, monkeypatch):
    lake.run("bronze")
    lake.land("sales/b.csv", csv(HEAD, "S5,2024-03-06,16,P1,,1"))
    was, asked = lake.versions(), []

    def lost(self):
        asked.append(1)
        if len(asked) == 2:
            raise LeaseLost("lost")

    with monkeypatch.context() as patch:
        patch.setattr(Lease, "check", lost)
        with pytest.raises(LeaseLost):
            lake.run("bronze")
    assert len(lake.versions().items() - was.items()) == 1  # written, and not gone on from
    lake.run()
    assert [row[3] for row in monthly(lake)] == [1, 2, 4, 16, 8]


def test_a_reader_sees_the_old_table_until_the_new_one_is_whole(lake, monkeypatch):
    lake.run()
    old = monthly(lake)
    lake.land("sales/b.csv", csv(HEAD, "S1,2024-01-05,100,P1,,2", "S5,2024-05-05,5,,,2"))
    seen = []
    guard = Lease.check

    def read_then_check(self):
        seen.append(monthly(lake))
        guard(self)

    monkeypatch.setattr(Lease, "check", read_then_check)
    lake.run()
    new = monthly(lake)
    assert old in seen
    assert all(table in (old, new) for table in seen)
    assert new != old


def test_upkeep_changes_no_row_and_no_note_and_the_next_run_goes_on_from_there(lake, monkeypatch):
    for day in range(3):
        lake.land(f"sales/{day}.csv", csv(HEAD, f"T{day},2024-01-0{day + 1},1,,,1"))
        lake.run()
    tables = ("silver.sales", "gold.monthly", "bronze.sales")
    rows = [lake.rows(table) for table in tables]
    lake.land("people/z.csv", csv("id,city,shoe,seen", "P9,Bern,40,1"))
    lake.run("bronze", "silver")  # gold has not read it yet
    note = last_commit(lake.path("silver.sales")).note
    kept = {k.table.rpartition("/")[2]: k for k in optimize(lake.settings)}
    assert kept["sales"].compacted > 1
    assert "has not consumed it yet" in kept["people"].why
    assert [lake.rows(table) for table in tables] == rows
    assert last_commit(lake.path("silver.sales")).note == note
    with pytest.raises(DefinitionError, match="at least 1 hour"):
        optimize(lake.settings, 0)

    lake.run()
    assert lake.run().status == "unchanged"
    assert lake.rows("gold.whole", "people") == [(2,)]
    monkeypatch.setattr(upkeep, "EVERY", 1)
    monkeypatch.setattr(upkeep, "SAFE_HOURS", 0)
    lake.land("sales/y.csv", csv(HEAD, "T1,2024-02-01,7,,,2"))
    lake.run()
    compacted = json.loads((lake.root / "lake/bronze/_lake/upkeep.json").read_text())
    assert lake.path("silver.sales") in compacted
    stored = Path(lake.path("silver.sales")).rglob("*.parquet")
    assert len(list(stored)) == 1  # no older version's files are left
    incremental = lake.rows("silver.sales"), monthly(lake)
    assert lake.run().status == "unchanged"
    lake.run(rebuild=True)
    assert (lake.rows("silver.sales"), monthly(lake)) == incremental
