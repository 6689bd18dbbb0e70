"""Time travel, differences, exports and lineage, over a lake of several versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result

from lake.__main__ import cli
from tests.cli.past_lake import make


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake's folder; gold.by_region has versions 0 to 2."""
    folder = tmp_path_factory.mktemp("past")
    make(folder)
    return folder


@pytest.fixture
def lake(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Types ``lake ...`` on this lake, whose definition is found in its folder."""
    for name in ("ROOT", "LANDING", "BRONZE", "SILVER", "GOLD", "DEFINITION"):
        monkeypatch.delenv(f"LAKE_{name}", raising=False)

    def type_in(*words: str, text: str | None = None) -> Result:
        return CliRunner().invoke(cli, [*words, "--root", str(root)], input=text, prog_name="lake")

    return type_in


COUNT = "SELECT count(*) AS n, sum(amount) AS total FROM by_region"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "3,70.00"),
        (("--version", "0"), "2,16.00"),
        (("--version", "gold.by_region=1"), "3,37.00"),
        (("--version", "by_region=1"), "3,37.00"),
        (("--as-of", "2024-03-01"), "2,16.00"),
        (("--as-of", "2024-03-02T11:59"), "2,16.00"),
        (("--as-of", "2024-03-02T12:00"), "3,37.00"),
        (("--as-of", "2024-03-02T13:30:00+01:00"), "3,37.00"),
        (("--as-of", "2030-01-01"), "3,70.00"),
    ],
)
def test_a_question_is_answered_as_of_a_version_or_a_moment(lake, options, expected):
    answer = lake("query", COUNT, "--format", "csv", *options)
    assert answer.stdout.split("\n")[1] == expected, answer.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--version", "7"), "gold.by_region has no version 7: it has 0 to 2."),
        (("--as-of", "2024-02-29"), "its first version, 0, is of 2024-03-01 12:00."),
        (("--as-of", "yesterday"), "'yesterday' is not a moment"),
        (("--version", "last"), "--version last: write 3, or gold.monthly=3."),
        (("--version", "=0"), "--version =0: write 3, or gold.monthly=3."),
        (("--version", "by_regoin=0"), "There is no table by_regoin; there are: "),
        (("--version", "silver.by_region=0"), "There is no table silver.by_region; there are: "),
        (("--version", "orders=0"), "--version names silver.orders, which is not read here"),
    ],
)
def test_a_version_or_moment_that_is_none_is_told(lake, options, said):
    answer = lake("query", COUNT, *options)
    assert answer.exit_code == 2
    assert said in answer.stderr


def test_a_table_without_its_zone_is_golds_else_silvers_unless_a_zone_is_named(lake):
    def columns(*options: str) -> set[str]:
        answer = lake("query", "FROM orders LIMIT 1", "--format", "json", *options)
        return set(json.loads(answer.stdout)[0])

    assert "orders_key" in columns()
    assert "run_id" in columns("--zone", "bronze")
    assert "by_region" in lake("query", "FROM by_region", "--zone", "silver").stderr


def test_all_that_duckdb_can_do_may_be_done_and_tables_stay_as_they_are(lake, tmp_path):
    target = tmp_path / "out.csv"
    text = lake(
        "query",
        f"CREATE TABLE mine AS FROM orders; COPY (FROM mine) TO '{target}'; "
        "SELECT count(*) AS n FROM mine JOIN gold.by_region ON true",
        "--format", "csv",
    ).stdout  # fmt: skip
    assert text.split() == ["Count", "4", "Count", "4", "n", "12"]
    assert len(target.read_text().split("\n")) == 6
    pivot = lake("query", "PIVOT by_region ON region USING sum(amount) GROUP BY month")
    assert "40.00" in pivot.stdout, pivot.output
    assert lake("query", "DELETE FROM gold.by_region").exit_code == 2


def test_sql_can_be_piped_in(lake):
    assert lake("query", "--format", "csv", text=COUNT + ";\n").stdout == "n,total\n3,70.00\n"


def test_an_answer_goes_to_parquet_on_stdout_and_into_files_by_their_suffix(lake, root, tmp_path):
    import pyarrow.parquet as pq

    done = CliRunner().invoke(
        cli, ["query", COUNT, "--format", "parquet", "--root", str(root)], prog_name="lake"
    )
    (tmp_path / "x.parquet").write_bytes(done.stdout_bytes)
    assert pq.read_table(tmp_path / "x.parquet").to_pylist() == [{"n": 3, "total": Decimal("70")}]
    for suffix in ("csv", "json", "parquet", "xlsx"):
        file = tmp_path / f"answer.{suffix}"
        assert "1 rows written" in lake("query", COUNT, "--output", str(file)).stdout
        assert file.stat().st_size
    again = lake("query", COUNT, "--output", str(tmp_path / "answer.csv"))
    assert again.exit_code == 2 and "is there already" in again.stderr
    assert ".xlsx, .csv" in lake("query", COUNT, "--output", str(tmp_path / "answer.doc")).stderr


def test_a_mart_is_exported_sorted_with_typed_cells(lake, tmp_path):
    comma = tmp_path / "mart.csv"
    said = lake("export", "by_region", str(comma)).stdout
    assert "3 rows of gold.by_region written" in said
    assert comma.read_text().splitlines()[1:] == [
        "2024-01-01,NORTH,1,10.00", "2024-01-01,SOUTH,1,20.00", "2024-02-01,NORTH,1,40.00",
    ]  # fmt: skip
    sheet = tmp_path / "mart.xlsx"
    lake("export", "silver.orders", str(sheet), "--where", "amount > 1; -- euros")
    with ZipFile(sheet) as book:
        text = book.read("xl/worksheets/sheet1.xml").decode()
    assert text.count("<row ") == 4
    # 2024-01-05 in Excel's days, and noon of the first of March.
    assert "<v>45296</v>" in text and "<v>45352.5</v>" in text and "<v>10.00</v>" in text


def test_a_version_is_exported_with_the_tables_name_or_without_and_no_other_tables(lake, tmp_path):
    def exported(version: str) -> Result:
        return lake("export", "by_region", str(tmp_path / f"{version}.csv"), "--version", version)

    for version in ("0", "by_region=0"):
        assert "2 rows of gold.by_region" in exported(version).stdout
    for version in ("by_regoin=0", "orders=0"):
        assert exported(version).exit_code == 2
        assert not (tmp_path / f"{version}.csv").exists()


def test_a_table_that_is_not_there_is_not_exported(lake, tmp_path):
    answer = lake("export", "weekly", str(tmp_path / "x.csv"))
    assert answer.exit_code == 2 and "There is no table weekly; there are: " in answer.stderr


def test_a_difference_names_the_rows_that_came_went_and_changed(lake):
    text = lake("diff", "by_region", "--from", "0", "--to", "2").stdout
    assert "gold.by_region, version 0 to 2: 2 added, 1 removed, 1 changed" in text
    lines = [line.split() for line in text.splitlines()[3:]]
    assert lines == [
        ["changed", "2024-01-01", "NORTH", "amount:", "9.00", "->", "10.00"],
        ["added", "2024-01-01", "SOUTH", "orders=1,", "amount=20.00"],
        ["added", "2024-02-01", "NORTH", "orders=1,", "amount=40.00"],
        ["removed", "2024-03-01", "orders=1,", "amount=7.00"],
    ]


def test_a_difference_is_to_the_version_before_unless_told_and_takes_moments(lake):
    assert "version 1 to 2: 1 added, 1 removed, 0 changed" in lake("diff", "by_region").stdout
    told = lake("diff", "by_region", "--from", "2024-03-01", "--to", "2024-03-02", "--json")
    found = json.loads(told.stdout)
    assert (found["from"], found["to"], found["added"], found["changed"]) == (0, 1, 1, 1)
    assert found["rows"][0] == {
        "change": "changed", "key": {"month": "2024-01-01", "region": "NORTH"},
        "before": {"amount": "9.00"}, "after": {"amount": "10.00"},
    }  # fmt: skip


def test_what_a_run_writes_for_itself_is_no_difference(lake):
    said = lake("diff", "bronze.orders").stdout
    assert "bronze.orders, version 0 to 1: 0 added, 0 removed, 0 changed" in said


def test_a_number_is_followed_to_the_lines_of_its_files(lake):
    answer = lake("lineage", "by_region", "--where", "region = 'NORTH' AND amount < 20", "--json")
    found = json.loads(answer.stdout)
    assert found["shown"][0]["amount"] == "10.00"
    orders, customers = found["steps"]
    # Order 3 is of the same month and region, and the mart's SQL leaves it out.
    assert orders["files"] == {"orders/a.csv": 1}
    assert orders["lines"] == [{
        "file": "orders/a.csv", "line": 2,
        "raw": {"nr": "1", "day": "2024-01-05", "amount": "10.00", "who": "C1"},
    }]  # fmt: skip
    assert customers["by"] == "region brought by who"
    assert [(line["file"], line["line"]) for line in customers["lines"]] == [("customers/c.csv", 2)]


def test_a_mart_of_a_mart_is_followed_through_it(lake):
    text = lake("lineage", "by_month", "--where", "month = DATE '2024-01-01'").stdout
    assert text.count("silver.orders: 2 rows (the same month, region)") == 1
    # The doubt arose a mart higher.
    assert "perhaps more rows than in the number: a condition could not be followed: " in text
    assert "orders/a.csv line 2: nr=1" in text and "orders/a.csv line 3: nr=2" in text


def test_what_has_no_lineage_says_so(lake):
    assert "silver.orders is no mart" in lake("lineage", "silver.orders").stderr
    assert "gold.by_month: 0 rows" in lake("lineage", "by_month", "--where", "false").stdout
