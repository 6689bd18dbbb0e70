"""What is printed: no text of a cell, a header or a file's name steers the terminal."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.errors import LakeError
from jobs.printable import printable
from jobs.report import Event
from lake import display, output, progress
from lake.__main__ import cli, tell
from lake.csv_text import csv_row
from lake.quarantined import one_line

HOSTILE = (
    "\x1b[2Jred", "\x1b]0;title\x07", "\x9b31m", "\x90q", "a\u202eb\u2066", "\x00\x08\x7f",
    "\ufeff", "\u2028", "a\rb", "caf\udce9.csv", "\ud800", "\U000e0041",
)  # fmt: skip
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
EVERY = "".join(HOSTILE)


def test_every_character_that_steers_or_hides_is_written_as_an_escape():
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = printable(every)
    assert not STEERING.search(shown) and "\n" not in shown and "\t" not in shown
    seen = "".join(c for c in every if unicodedata.category(c)[0] in "LMNPS")
    assert printable(seen) == seen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Straße 東京 ‹é› 👩‍🔬 می‌خواهم", "Straße 東京 ‹é› 👩‍🔬 می‌خواهم"),
        ("\x1b]0;x\x07", "\\x1b]0;x\\x07"),
        ("a\tb\r\nc", "a\\tb\\r\\nc"),
        ("caf\udce9", "caf\\xe9"),
        ("gnp\u202efdp.exe", "gnp\\u202efdp.exe"),
    ],
)
def test_what_is_seen_stays(text, shown):
    assert printable(text) == shown


def test_a_message_keeps_its_own_lines():
    assert printable("a\n\tb\x1b", lines=True) == "a\n\tb\\x1b"


def test_all_ways_to_print_go_by_it(capsys):
    output.echo(EVERY)
    output.secho(EVERY, bold=True)
    output.echo(EVERY, err=True)
    display.heading(EVERY)
    display.table([EVERY], [[EVERY], ["a\nb\tc"]], title=EVERY)
    progress._print(Event("silver", EVERY, "failed", EVERY), output.echo)
    print(one_line(EVERY))
    for error in (LakeError(EVERY), ValueError(EVERY)):
        tell(error)
        tell(error, debug=True)
    told = capsys.readouterr()
    assert not STEERING.search(told.out + told.err)
    assert "a\\nb\\tc" in told.out


def test_json_is_exact_and_steers_nothing(capsys):
    value = {text: [text] for text in HOSTILE}
    output.as_json(value)
    said = capsys.readouterr().out
    assert json.loads(said) == value
    assert not STEERING.search(said)


@pytest.fixture
def hostile_lake(tmp_path: Path) -> list[str]:
    """The options of a lake whose definition holds together; queries need no table."""
    (tmp_path / "landing").mkdir()
    return ["--root", str(tmp_path)]


SQL = "SELECT chr(27) || ']0;x' || chr(7) AS a, 'é' || chr(8238) || chr(10) || 'b' AS b"
CELLS = ["\x1b]0;x\x07", "é\u202e\nb"]


def test_csv_and_json_in_a_pipe_are_exact(hostile_lake):
    said = CliRunner().invoke(cli, ["query", SQL, "--format", "csv", *hostile_lake]).output
    assert list(csv.reader(io.StringIO(said)))[1] == CELLS
    said = CliRunner().invoke(cli, ["query", SQL, "--format", "json", *hostile_lake]).output
    assert list(json.loads(said)[0].values()) == CELLS


def test_a_table_shows_escapes(hostile_lake):
    said = CliRunner().invoke(cli, ["query", SQL, *hostile_lake]).output
    assert "\\x1b]0;x\\x07" in said and "é\\u202e\\nb" in said
    assert not STEERING.search(said)


def test_csv_on_a_terminal_shows_escapes(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    output.rows_out().write(csv_row(CELLS))
    assert screen.getvalue() == '\\x1b]0;x\\x07,"é\\u202e\nb"\n'


def test_text_beyond_a_pipes_encoding_is_written_all_the_same(monkeypatch):
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding="ascii"))
    output.exact_streams()
    print("é", "\udce9", flush=True)
    assert buffer.getvalue() == "é \\udce9\n".encode()
