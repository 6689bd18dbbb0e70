"""A table as an Excel workbook: typed cells, a header that stays in view, columns wide enough."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jobs.errors import LakeError
from lake.native import batches, bracketed, quoted

MOST_ROWS = 1_048_575  # below the header
MOST_CHARACTERS = 32_767
NARROWEST, WIDEST = 8, 60
# Excel keeps 15 digits of a number; what has more is written as text, whole.
DIGITS = 15


def write_excel(connection: Any, asked: str, file: Path) -> int:
    """Writes the answer to a question as one sheet; the rows written. A text is a text in it,
    whatever it begins with, and never a formula or a link.

    Raises LakeError, and leaves no file, where there are more rows than a sheet holds or a text
    is longer than a cell.
    """
    import xlsxwriter

    (count,) = connection.execute(f"SELECT count(*) FROM {bracketed(asked)} q").fetchone()
    if count > MOST_ROWS:
        raise LakeError(f"{count:,} rows are more than the {MOST_ROWS:,} of a sheet: write .csv.")
    cursor = connection.execute(_readable(connection, asked))
    names = [name for name, *_ in cursor.description]
    with xlsxwriter.Workbook(file, {"constant_memory": True, "nan_inf_to_errors": True}) as book:
        sheet = book.add_worksheet()
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        rows = [tuple(row) for row in batches(cursor)]
        for at, name in enumerate(names):
            longest = max((len(str(row[at])) for row in rows[:1000]), default=0)
            sheet.set_column(at, at, min(WIDEST, max(NARROWEST, len(name), longest) + 2))
        for at, name in enumerate(names):  # write() would take "=..." for a formula
            sheet.write_string(0, at, name, formats["head"])
        sheet.freeze_panes(1, 0)
        for line, row in enumerate(rows, 1):
            for at, value in enumerate(row):
                _cell(sheet, line, at, value, formats)
        if names:
            sheet.autofilter(0, 0, len(rows), len(names) - 1)
    return len(rows)


def _readable(connection: Any, asked: str) -> str:
    """The question with its moments as UTC without a zone, which is what Excel knows."""
    columns = connection.execute(f"DESCRIBE SELECT * FROM {bracketed(asked)} q").fetchall()
    chosen = []
    for name, kind, *_ in columns:
        column = quoted(name)
        if kind == "TIMESTAMP WITH TIME ZONE":
            chosen.append(f"{column} AT TIME ZONE 'UTC' AS {column}")
        elif kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
            chosen.append(f"CAST({column} AS VARCHAR) AS {column}")
        else:
            chosen.append(column)
    return f"SELECT {', '.join(chosen)} FROM {bracketed(asked)} q"


def _cell(sheet: Any, line: int, at: int, value: Any, formats: dict[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, at, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, at, value, formats["time"])
    elif isinstance(value, date):
        sheet.write_datetime(line, at, value, formats["date"])
    elif isinstance(value, (int, Decimal)) and len(str(abs(value)).replace(".", "")) > DIGITS:
        sheet.write_string(line, at, str(value))
    elif isinstance(value, (int, float, Decimal)):
        sheet.write_number(line, at, value)
    elif sheet.write_string(line, at, str(value)):
        raise LakeError(
            f"row {line:,}, column {at + 1}: {len(str(value)):,} characters are more than the "
            f"{MOST_CHARACTERS:,} of a cell: write .csv."
        )
