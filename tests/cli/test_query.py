"""SQL over the zones, read natively."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path


def test_a_table_is_shown_with_exact_money_in_every_format(lake) -> None:
    sql = "SELECT month, net FROM gold.monthly ORDER BY month"
    shown = lake("query", sql).stdout.splitlines()
    assert shown[0].split() == ["month", "net"]
    assert shown[2].split() == ["2024-03", "12345678901234567890.12"]
    comma = list(csv.reader(io.StringIO(lake("query", sql, "--format", "csv").stdout)))
    assert comma == [
        ["month", "net"], ["2024-03", "12345678901234567890.12"], ["2024-04", ""],
        ["2024-05", "0.10"],
    ]  # fmt: skip
    text = lake("query", sql, "--format", "json").stdout
    assert '"net":12345678901234567890.12' in text
    assert json.loads(text)[1] == {"month": "2024-04", "net": None}


def test_times_are_shown_in_utc_on_any_machine(lake, monkeypatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    answer = lake("query", "SELECT sold_at FROM silver.orders", "--format", "csv").stdout
    assert answer.splitlines()[1] == "2024-03-01 12:30:00+00"


def test_zones_and_ledger_can_be_joined_in_one_question(lake) -> None:
    answer = lake(
        "query",
        "SELECT f.status, count(b.order_no) FROM ledger.files f, bronze.orders b "
        "WHERE f.path = 'c.csv' GROUP BY 1",
        "--format",
        "csv",
    )
    assert answer.stdout.splitlines()[1] == "refused,2"


def test_no_rows_are_an_empty_answer_in_every_format(lake) -> None:
    sql = "SELECT month FROM gold.monthly WHERE false"
    assert lake("query", sql).stdout.split("\n")[0] == "month"
    assert lake("query", sql, "--format", "csv").stdout == "month\n"
    assert json.loads(lake("query", sql, "--format", "json").stdout) == []


def test_a_long_answer_is_cut_in_a_table_and_whole_in_csv(lake) -> None:
    short = lake("query", "SELECT * FROM range(500)")
    assert len(short.stdout.splitlines()) == 202
    assert "first 200 rows" in short.stderr
    assert len(lake("query", "SELECT * FROM range(500)", "--format", "csv").stdout.split()) == 501


def test_a_table_that_is_not_there_brings_the_names_of_those_that_are(lake) -> None:
    answer = lake("query", "SELECT * FROM gold.weekly")
    assert answer.exit_code == 2
    assert "weekly" in answer.stderr
    assert "bronze.orders, silver.orders, silver.quarantine, gold.monthly" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_catalog_lists_every_table(lake) -> None:
    sql = "SELECT concat(table_schema, '.', table_name) AS name FROM information_schema.tables"
    assert set(lake("query", sql, "--format", "csv").stdout.split()[1:]) == {
        "bronze.orders", "silver.orders", "silver.quarantine", "gold.monthly", "ledger.files",
        "ledger.runs",
    }  # fmt: skip


def test_a_lake_table_cannot_be_changed_by_a_question(lake) -> None:
    for sql in (
        "DELETE FROM gold.monthly",
        "DROP TABLE gold.monthly",
        "UPDATE gold.monthly SET net=0",
    ):
        answer = lake("query", sql)
        assert answer.exit_code == 2, sql
    assert (
        lake("query", "SELECT count(*) AS n FROM gold.monthly", "--format", "csv").stdout
        == "n\n3\n"
    )


def test_a_mistake_in_the_sql_is_told_in_one_line(lake) -> None:
    answer = lake("query", "SELEC 1")
    assert answer.exit_code == 2
    assert answer.stderr.count("\n") == 1
    assert "syntax error" in answer.stderr


def test_a_plan_can_be_asked_for(lake) -> None:
    assert "DELTA_SCAN" in lake("query", "EXPLAIN SELECT * FROM gold.monthly").stdout


def test_an_empty_lake_says_how_tables_come(lake, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    answer = lake("query", "SELECT * FROM gold.monthly", root=tmp_path)
    assert answer.exit_code == 2
    assert "`lake run`" in answer.stderr
