"""The prompt of `lake query`: SQL over the lake, with completion, colours and history."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from jobs.errors import LakeError
from jobs.load import load, silver_columns
from lake.answers import answer, new_file, question, write_file
from lake.asking import statements, told
from lake.native import Native
from lake.output import echo, secho

FORMATS = ("table", "csv", "json")
HELP = """\
Write SQL, ended by ; (an empty line runs it, too). The zones are bronze, silver, gold and ledger.
  .tables          the tables there are
  .schema TABLE    its columns and their types
  .format FORMAT   table, csv or json
  .output FILE     write the next answer into a new .csv, .json, .parquet or .xlsx file
  .output          show the next answer after all
  .quit            leave (so does Ctrl-D)
Ctrl-C stops a question; tables that you made stay."""
KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "JOIN", "LEFT JOIN",
    "USING", "BETWEEN", "LIKE", "IS NULL", "CASE", "WHEN", "THEN", "ELSE", "END", "DISTINCT",
    "COUNT", "SUM", "AVG", "MIN", "MAX", "WITH", "UNION ALL", "CAST", "DATE_TRUNC", "DESCRIBE",
    "SUMMARIZE", "PIVOT", "EXPLAIN", "EXCLUDE", "OVER", "PARTITION BY",
)  # fmt: skip


def prompt(
    native: Native, form: str, file: Path | None = None, guard: bool = False, **terminal: Any
) -> None:  # fmt: skip
    """Asks for statements and answers them until the person leaves. file: where the first answer
    goes. terminal: what prompt_toolkit reads from and writes to, where it is not this terminal.

    Raises DefinitionError where ``file`` cannot be written.
    """
    history = history_file()
    history.parent.mkdir(parents=True, exist_ok=True)
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(history)), completer=Names(native), lexer=PygmentsLexer(SqlLexer),
        multiline=True, key_bindings=_keys(), prompt_continuation="   ... ", **terminal,
    )  # fmt: skip
    answers = _Answers(native, file and new_file(file), guard)
    echo("SQL ended by ;   .help for more, Ctrl-D to leave")
    answers.shown_as(form)
    while True:
        try:
            text = session.prompt("lake> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if text.rstrip("; ") in (".quit", ".exit", "quit", "exit"):
            return
        answers.to(text)


def history_file() -> Path:
    """Where what was asked is kept, for the next time."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "medallion-lake" / "query-history"


class _Answers:
    """What is answered to one statement or command after another. file: where the next answer
    goes, None for the screen."""

    def __init__(self, native: Native, file: Path | None, guard: bool) -> None:
        self.native, self.file, self.guard = native, file, guard
        self.form = FORMATS[0]

    def to(self, text: str) -> None:
        """Answers one statement or command, whatever becomes of it."""
        command, _, rest = text.rstrip("; ").partition(" ")
        try:
            if command.startswith("."):
                self._obey(command, rest.strip())
            elif text.strip(";"):
                self._ask(text)
        except LakeError as error:
            secho(str(error), fg="red", err=True)
        except KeyboardInterrupt:
            self.native.connection.interrupt()
            echo("stopped", err=True)

    def _obey(self, command: str, rest: str) -> None:
        if command == ".format":
            self.shown_as(rest)
        elif command == ".output":
            self._output(rest.strip("'\""))
        elif command == ".help":
            echo(HELP)
        elif command == ".tables":
            echo("\n".join(".".join(pair) for pair in self.native.tables()))
        elif command == ".schema":
            self._ask(f"DESCRIBE {'.'.join(self.native.find(rest))}")
        else:
            echo(f"There is no {command}; .help says what there is.", err=True)

    def shown_as(self, form: str) -> None:
        """Changes the format of what is shown, to one of FORMATS."""
        if form in FORMATS:
            self.form = form
            return
        there = f"The formats are {', '.join(FORMATS)}; it stays {self.form}."
        echo(f"{there} For a file: .output FILE.", err=True)

    def _output(self, named: str) -> None:
        self.file = new_file(Path(named).expanduser()) if named else None
        where = f"is written to {self.file}" if self.file else "is shown here"
        echo(f"The next answer {where}.")

    def _ask(self, sql: str) -> None:
        with told(self.native):
            for statement in statements(self.native, sql):
                asked = question(self.native.connection, statement) if self.file else ""
                if self.file and asked:
                    guard = self.guard and self.file.suffix.lower() == ".csv"
                    rows = write_file(self.native.connection, asked, self.file, guard)
                    echo(f"{rows:,} rows written to {self.file}.")
                    self.file = None
                    continue
                answer(self.native.connection, statement, self.form, self.guard)
                if self.file:
                    echo(f"{self.file} waits for the answer to a SELECT.", err=True)


def _keys() -> KeyBindings:
    """Enter runs what is whole: a command, or SQL that ends in ; or in an empty line."""
    keys = KeyBindings()

    @keys.add("enter")
    def enter(event: Any) -> None:
        buffer = event.current_buffer
        text = buffer.text.strip()
        at_end = not buffer.document.text_after_cursor.strip()
        whole = text.endswith(";") or text.startswith(".") or text in ("", "quit", "exit")
        if at_end and (whole or buffer.document.current_line.strip() == ""):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys


class Names(Completer):
    """Completes tables after their zone, and columns, tables and SQL's words anywhere."""

    def __init__(self, native: Native) -> None:
        self.tables = native.names()
        self.columns = sorted(set(_columns(native)))

    def get_completions(self, document: Document, complete_event: Any) -> Iterator[Completion]:
        """What the word before the cursor may become."""
        before = document.text_before_cursor
        zone = re.search(r"\b(bronze|silver|gold|ledger)\.(\w*)$", before, re.IGNORECASE)
        if zone:
            yield from _matching(zone[2], (t for z, t in self.tables if z == zone[1].lower()))
            return
        word = re.search(r"\w*$", before)
        written = word[0] if word else ""
        if len(written) < 2:
            return
        zones = sorted({f"{z}." for z, _ in self.tables})
        yield from _matching(written, (*self.columns, *dict.fromkeys(t for _, t in self.tables)))
        yield from _matching(written, (*zones, *dict.fromkeys(KEYWORDS)))


def _matching(written: str, names: Iterable[str]) -> Iterator[Completion]:
    for name in names:
        if name.lower().startswith(written.lower()):
            yield Completion(name, start_position=-len(written))


def _columns(native: Native) -> Iterator[str]:
    """The columns that the definition names."""
    definition = load(native.place.definition)
    for source in definition.sources.values():
        yield from silver_columns(source)
    for mart in definition.marts.values():
        yield from re.findall(r"(?:^|,)\s*`?(\w+)`?\s+[A-Z]", mart.columns)
