"""What a spreadsheet would calculate: a text in .xlsx; in CSV as it is, or guarded if asked."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lake.__main__ import cli
from lake.csv_text import csv_row

FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1",
    "-2",
    "@SUM(1)",
    "\tx",
    "\rx",
    "＝1",
    "=HYPERLINK()",
)
PLAIN = ("a=1", " b", "", "1", "'x", "é", "http://x.example", "{=1}")
TEXTS = (*FORMULAS, *PLAIN)
# A number stays a number, and a name of a column can be a formula too.
SQL = 'SELECT v AS "=1+1", -2 AS n FROM (VALUES {}) t(v)'.format(
    ", ".join("('" + text.replace("'", "''") + "')" for text in TEXTS)
)
GUARDED = [["'=1+1", "n"], *([f"'{t}", "-2"] for t in FORMULAS), *([t, "-2"] for t in PLAIN)]


@pytest.fixture
def asked(tmp_path: Path):
    (tmp_path / "landing").mkdir()

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, ["query", SQL, "--root", str(tmp_path), *words])

    return run


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv_is_as_it_is_unless_a_guard_is_asked_for(asked, tmp_path):
    exact = [["=1+1", "n"], *([text, "-2"] for text in TEXTS)]
    plain, guarded = tmp_path / "plain.csv", tmp_path / "guarded.csv"
    assert asked("--output", str(plain)).exit_code == 0
    assert asked("--output", str(guarded), "--guard-formulas").exit_code == 0
    assert read(plain.read_bytes().decode()) == exact
    assert read(guarded.read_bytes().decode()) == GUARDED
    assert read(asked("--format", "csv").stdout_bytes.decode()) == exact
    assert read(asked("--format", "csv", "--guard-formulas").stdout_bytes.decode()) == GUARDED


def test_a_workbook_holds_texts_and_never_a_formula(asked, tmp_path):
    file = tmp_path / "book.xlsx"
    assert asked("--output", str(file)).exit_code == 0
    with zipfile.ZipFile(file) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in book.namelist() if "externalLink" in name]
    assert "<f>" not in sheet and "<hyperlink" not in sheet
    assert sheet.count("=1+1") == 2 and "=cmd|" in sheet and "http://x.example" in sheet


@pytest.mark.parametrize("words", [("--output", "a.xlsx"), ("--output", "a.json"), ()])
def test_a_guard_is_for_csv_alone(asked, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = asked(*words, "--guard-formulas")
    assert answer.exit_code == 2 and "--guard-formulas is for CSV alone" in answer.output
    assert not (tmp_path / "a.json").exists()


def test_a_text_that_no_cell_holds_is_refused_and_not_cut(tmp_path):
    (tmp_path / "landing").mkdir()
    file = tmp_path / "long.xlsx"
    words = ["query", "SELECT repeat('x', 32768) AS v", "--root", str(tmp_path)]
    answer = CliRunner().invoke(cli, [*words, "--output", str(file)])
    assert answer.exit_code == 1 and "row 1, column 1: 32,768 characters" in answer.output
    assert not file.exists()


@pytest.mark.parametrize("quote", ['"', "'"])
def test_every_reader_takes_a_row_apart_as_it_was(quote):
    rows = [["a\rb", "\r", "\n"], ["x;y", quote, f"a{quote}b"], ["", "", ""], [" a ", "é", "1"]]
    written = "".join(csv_row(row, ";", quote) for row in rows)
    read_again = csv.reader(io.StringIO(written, newline=""), delimiter=";", quotechar=quote)
    assert list(read_again) == rows
    assert csv_row([None], ";", quote) == f"{quote}{quote}\n"
