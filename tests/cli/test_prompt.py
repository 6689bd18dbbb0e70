"""The prompt of `lake query`, typed into as a person would."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from lake.native import Native
from lake.options import place
from lake.prompt import Names, history_file, prompt

SOURCE = '''"""One row per order."""
from jobs.definition import Mart, Source, money, text

orders = Source(key="order_id", columns={"order_id": text(), "amount": money()})
totals = Mart(sql="SELECT 1 AS total", reads=("orders",), columns="total BIGINT", key=("total",))
'''


@pytest.fixture
def native(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Native:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "definition").mkdir()
    (tmp_path / "definition" / "orders.py").write_text(SOURCE)
    return Native(place({"root": str(tmp_path)}))


@pytest.fixture
def typed(native: Native, capsys) -> Callable[[str], tuple[str, str]]:
    """Types into the prompt; what came out on stdout and stderr."""

    def type_in(text: str) -> tuple[str, str]:
        with create_pipe_input() as keys:
            keys.send_text(text)
            prompt(native, "csv", input=keys, output=DummyOutput())
        out, err = capsys.readouterr()
        return out, err

    return type_in


def test_statements_are_answered_until_the_person_leaves(typed):
    out, _ = typed("SELECT 41 + 1 AS n;\rSELECT 'b' AS x;\r.quit\r")
    assert out.split("\n")[1:-1] == ["n", "42", "x", "b"]


def test_sql_goes_on_over_lines_until_its_semicolon_or_an_empty_line(typed):
    out, _ = typed("SELECT 1 AS a,\r2 AS b;\rSELECT 3 AS c\r\r.quit\r")
    assert out.split("\n")[1:-1] == ["a,b", "1,2", "c", "3"]


@pytest.mark.parametrize("end", [" -- so many", "; -- so many", " /* é; */;", ";;"])
def test_a_comment_after_the_question_is_no_part_of_it(typed, tmp_path, end):
    files = [tmp_path / f"n.{suffix}" for suffix in ("csv", "parquet", "xlsx")]
    written = "".join(f".output {file}\rSELECT 'é;' AS n{end}\r\r" for file in files)
    out, err = typed(
        f"SELECT 'é;' AS n{end}\r\r.format json\rSELECT 7 AS n{end}\r\r{written}.quit\r"
    )
    assert out.split("\n")[1:6] == ["n", "é;", "[", '{"n":7}', "]"] and not err
    assert all(f"1 rows written to {file}." in out for file in files)


def test_a_command_may_end_as_a_statement_does(typed, tmp_path):
    file = tmp_path / "n.csv"
    out, err = typed(f".help;\r.tables;\r.output {file};\rSELECT 1 AS n;\r.quit;\rSELECT 'late';\r")
    assert ".schema TABLE" in out and f"1 rows written to {file}." in out
    assert not err and "late" not in out


def test_a_mistake_is_told_and_the_prompt_stays(typed):
    out, err = typed("SELEC 1;\rSELECT 7 AS n;\r.quit\r")
    assert "syntax error" in err and "7" in out


def test_what_was_made_is_there_for_the_next_statement(typed):
    out, _ = typed("CREATE TABLE mine AS SELECT 5 AS n;\rFROM mine;\r.quit\r")
    assert out.endswith("n\n5\n")


def test_the_format_can_be_changed_and_the_commands_are_told(typed):
    out, err = typed(".format json\rSELECT 1 AS n;\r.format xml\r.help\r.quit\r")
    assert '[\n{"n":1}\n]' in out and ".schema TABLE" in out
    assert "it stays json" in err


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet", "xlsx"])
def test_an_answer_goes_into_a_file_and_the_next_to_the_screen(typed, tmp_path, suffix):
    file = tmp_path / f"an answer.{suffix}"
    out, err = typed(f".output {file}\rCREATE TABLE t AS SELECT 7 AS n;\rFROM t;\rFROM t;\r.quit\r")
    assert f"1 rows written to {file}." in out and out.endswith("n\n7\n")
    assert f"{file} waits for the answer to a SELECT." in err
    assert file.stat().st_size
    if suffix == "parquet":
        assert duckdb.sql(f"FROM '{file}'").fetchall() == [(7,)]


def test_a_file_that_cannot_be_written_is_refused_before_the_question(typed, tmp_path):
    (tmp_path / "old.csv").write_text("mine")
    out, err = typed(
        f".output {tmp_path}/old.csv\r.output {tmp_path}/a.doc\r.output {tmp_path}/a.csv\r"
        ".output\rSELECT 1 AS n;\r.outptu a.csv\r.quit\r"
    )
    assert "is there already" in err and ".xlsx, .csv, .json or .parquet" in err
    assert "There is no .outptu; .help says what there is." in err
    assert out.endswith("n\n1\n") and not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    "endless",
    [
        "SELECT count(*) FROM range(1000000000000);",
        "COPY (FROM range(1000000000000)) TO '{folder}/x.csv';",
        ".output {folder}/x.csv\rFROM range(1000000000000);",
        ".output {folder}/x.parquet\rFROM range(1000000000000);",
    ],
)
def test_ctrl_c_stops_a_question_and_neither_the_prompt_nor_its_tables(typed, tmp_path, endless):
    (tmp_path / "out").mkdir()
    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    endless = endless.format(folder=tmp_path / "out")
    out, err = typed(
        f"CREATE TABLE mine AS SELECT 5 AS n;\r{endless}\r.output\rFROM mine;\r.quit\r"
    )
    assert err == "stopped\n" and out.endswith("n\n5\n")
    assert list((tmp_path / "out").iterdir()) == []


def test_ctrl_c_between_rows_stops_the_question_too(typed, monkeypatch):
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lake.prompt.answer", stopped)
    out, err = typed("SELECT 1 AS n;\r.help\r.quit\r")
    assert err == "stopped\n" and ".output FILE" in out


def test_what_was_asked_is_remembered_for_the_next_time(typed):
    typed("SELECT 1 AS once;\r.quit\r")
    assert "SELECT 1 AS once;" in history_file().read_text()


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("SELECT * FROM gold.", "totals"),
        ("SELECT * FROM silver.ord", "orders"),
        ("SELECT amo", "amount"),
        ("SELECT tot", "totals"),
        ("sel", "SELECT"),
        ("FROM led", "ledger."),
    ],
)
def test_names_and_words_are_completed(native, before, expected):
    found = Names(native).get_completions(Document(before), None)
    assert expected in [completion.text for completion in found]


def test_after_a_zone_only_its_tables_are_offered(native):
    found = Names(native).get_completions(Document("FROM gold.o"), None)
    assert list(found) == []
