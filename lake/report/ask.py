"""Questions to the lake, answered as pandas frames: sums are taken where the data is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lake.native import Native

NONE_GIVEN = "(none)"


def frame(native: Native, sql: str, parameters: dict[str, Any] | None = None) -> pd.DataFrame:
    """The answer to a question as a frame; decimals come as doubles."""
    native.prepare(sql)
    return native.connection.execute(sql, parameters or {}).df()


def quoted(name: str) -> str:
    """An identifier as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def day(column: str, *, raw: bool = False) -> str:
    """SQL: the day that a column's value begins with, be it a date, a time, ``2024-03`` or a
    year; raw: ``column`` is an expression already."""
    text = f"left(CAST({column if raw else quoted(column)} AS VARCHAR), 10)"
    tries = (f"TRY_CAST({text}{ending} AS DATE)" for ending in ("", " || '-01'", " || '-01-01'"))
    return f"coalesce({', '.join(tries)})"
