"""The answer to a statement, whatever it is: shown, written as CSV or JSON, or into a file."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from jobs.errors import DefinitionError
from lake.csv_text import csv_row
from lake.native import NUMBERS, batches, bracketed, literal, quoted, texts
from lake.output import drawn, echo, json_text, rows_out

SHOWN = 200
# What a cell of a CSV file begins with that a spreadsheet calculates; white
# space is cut off before it looks.
FORMULA = "=+-@＝＋－＠\t\r\n"
# The suffixes that DuckDB writes by itself, and how.
COPIED = {".csv": "CSV, HEADER true", ".json": "JSON, ARRAY true", ".parquet": "PARQUET"}
QUERY = duckdb.ExpectedResultType.QUERY_RESULT
EXPLAIN, SELECT = duckdb.StatementType.EXPLAIN, duckdb.StatementType.SELECT


def answer(connection: Any, statement: Any, form: str, guard: bool = False) -> None:
    """Runs a statement of DuckDB's and writes its answer to stdout in a format. guard: for CSV,
    texts that a spreadsheet would calculate begin with ``'``."""
    writers = {"table": _table, "json": _json, "parquet": _parquet}
    if form == "csv":
        _csv(connection, statement, guard)
    else:
        writers[form](connection, statement)


def question(connection: Any, statement: Any) -> str:
    """The text of a statement that can stand in brackets; "" where it cannot."""
    if statement.type != SELECT:
        return ""
    text = statement.query.strip()
    try:
        # Of a PIVOT, DuckDB hands out parts that are no statement by themselves.
        return text if len(connection.extract_statements(text)) == 1 else ""
    except duckdb.Error:
        return ""


def rows_of(connection: Any, statement: Any) -> tuple[list[str], set[str], Iterator[tuple]]:
    """The names of the columns, those that hold numbers, and the rows as texts. No names where
    there is no answer, as there is none to CREATE."""
    asked = question(connection, statement)
    if asked:
        return texts(connection, asked)
    cursor = connection.execute(statement)
    if statement.type == EXPLAIN:
        return ["kind", "plan"], set(), batches(cursor)
    told = cursor.description or () if QUERY in statement.expected_result_type else ()
    numbers = {name for name, kind, *_ in told if str(kind).startswith(NUMBERS)}
    rows = (tuple(None if v is None else str(v) for v in row) for row in batches(cursor))
    return [name for name, *_ in told], numbers, rows


def _table(connection: Any, statement: Any) -> None:
    # What draws it takes longer to load than many an answer.
    from lake.display import table

    names, numbers, rows = rows_of(connection, statement)
    shown: list[tuple] = []
    for row in rows:
        if len(shown) == SHOWN:
            echo(f"The first {SHOWN} rows; --format csv has all of them.", err=True)
            break
        shown.append(row)
    if names:
        table(names, shown, right=numbers)


def _csv(connection: Any, statement: Any, guard: bool) -> None:
    names, numbers, rows = rows_of(connection, statement)
    if guard:
        plain = [name in numbers for name in names]
        rows = (
            tuple(v if is_number else guarded(v) for v, is_number in zip(row, plain))
            for row in rows
        )
        names = [guarded(name) or "" for name in names]
    out = rows_out()
    for row in chain([names], rows) if names else ():
        out.write(csv_row(row))


def _json(connection: Any, statement: Any) -> None:
    """An array with an object a row, written as it is read."""
    between = "["
    asked = _only_question(connection, statement, "json")
    for (row,) in batches(connection.execute(f"SELECT to_json(q) FROM {bracketed(asked)} q")):
        drawn(f"{between}\n{json_text(row)}", nl=False)
        between = ","
    drawn("[]" if between == "[" else "\n]")


def _parquet(connection: Any, statement: Any) -> None:
    if sys.stdout.isatty():
        raise DefinitionError("Parquet is not for the eye: name a file with --output.")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answer.parquet"
        write_file(connection, _only_question(connection, statement, "parquet"), file)
        sys.stdout.buffer.write(file.read_bytes())


def _only_question(connection: Any, statement: Any, form: str) -> str:
    asked = question(connection, statement)
    if not asked:
        raise DefinitionError(f"Only the answer to a SELECT can be written as {form}.")
    return asked


def new_file(file: Path) -> Path:
    """``file``, if an answer can be written there.

    Raises DefinitionError for a suffix that is none of ours, or a file that is there already.
    """
    suffix = file.suffix.lower()
    if suffix not in COPIED and suffix != ".xlsx":
        raise DefinitionError(f"{file}: name it .xlsx, .csv, .json or .parquet.")
    if file.exists():
        raise DefinitionError(f"{file} is there already; name another file.")
    if not file.parent.is_dir():
        raise DefinitionError(f"{file.parent}: there is no such folder.")
    return file


def guarded(text: str | None) -> str | None:
    """A text with ``'`` before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text and text[0] in FORMULA else text


def refuse_guard(form: str) -> None:
    """Raises DefinitionError for a form in which a guard would only change the texts."""
    if form.lower() not in ("csv", ".csv"):
        raise DefinitionError(
            "--guard-formulas is for CSV alone, as a text in .xlsx is never a formula: write .csv, "
            "or say --format csv."
        )


def _guarded(connection: Any, asked: str) -> str:
    """The question with every text guarded, and the columns' names."""
    columns = connection.execute(f"DESCRIBE SELECT * FROM {bracketed(asked)} q").fetchall()
    chosen = []
    for given, kind, *_ in columns:
        value = name = quoted(given)
        if kind.startswith(("VARCHAR", "ENUM", "JSON")) and not kind.endswith("]"):
            starts = f"left(CAST({name} AS VARCHAR), 1) IN ({', '.join(map(literal, FORMULA))})"
            value = f"CASE WHEN {starts} THEN '''' || {name} ELSE CAST({name} AS VARCHAR) END"
        chosen.append(f"{value} AS {quoted(guarded(given) or given)}")
    return f"SELECT {', '.join(chosen)} FROM {bracketed(asked)} q"


def write_file(connection: Any, asked: str, file: Path, guard: bool = False) -> int:
    """Writes the answer to a question into a new file, as its suffix says; the rows written.
    guard: texts that a spreadsheet would calculate begin with ``'`` (.csv alone).

    Raises DefinitionError where ``new_file`` does. What is not finished is not left there.
    """
    suffix = new_file(file).suffix.lower()
    if guard:
        refuse_guard(suffix)
        asked = _guarded(connection, asked)
    try:
        if suffix == ".xlsx":
            from lake.excel import write_excel

            return write_excel(connection, asked, file)
        (rows,) = connection.execute(
            f"COPY {bracketed(asked)} TO {literal(str(file))} (FORMAT {COPIED[suffix]})"
        ).fetchone()
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return rows
