"""The answer to a statement, whatever it is: shown, written as CSV or JSON, or into a file."""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from jobs.errors import DefinitionError
from lake.native import NUMBERS, batches, bracketed, literal, texts
from lake.output import drawn, echo, json_text, rows_out

SHOWN = 200
# The suffixes that DuckDB writes by itself, and how.
COPIED = {".csv": "CSV, HEADER true", ".json": "JSON, ARRAY true", ".parquet": "PARQUET"}
QUERY = duckdb.ExpectedResultType.QUERY_RESULT
EXPLAIN, SELECT = duckdb.StatementType.EXPLAIN, duckdb.StatementType.SELECT


def answer(connection: Any, statement: Any, form: str) -> None:
    """Runs a statement of DuckDB's and writes its answer to stdout in a format."""
    writers = {"table": _table, "csv": _csv, "json": _json, "parquet": _parquet}
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


def _csv(connection: Any, statement: Any) -> None:
    names, _, rows = rows_of(connection, statement)
    writer = csv.writer(rows_out(), lineterminator="\n")
    if names:
        writer.writerow(names)
        writer.writerows(rows)


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


def write_file(connection: Any, asked: str, file: Path) -> int:
    """Writes the answer to a question into a new file, as its suffix says; the rows written.

    Raises DefinitionError where ``new_file`` does. What is not finished is not left there.
    """
    suffix = new_file(file).suffix.lower()
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
