"""Rows as CSV that every reader takes apart as it was put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def csv_row(cells: Iterable[Any], delimiter: str = ",", quote: str = '"') -> str:
    r"""One record with its line end ``\n``; None is empty. Python's own writer leaves a lone
    ``\r`` without quotes, which ends the record for most readers."""
    texts = ["" if cell is None else str(cell) for cell in cells]
    if texts == [""]:
        return f"{quote * 2}\n"  # and no empty line
    special = (delimiter, quote, "\r", "\n")
    return delimiter.join(_field(text, special, quote) for text in texts) + "\n"


def _field(text: str, special: Iterable[str], quote: str) -> str:
    if not any(mark in text for mark in special):
        return text
    return f"{quote}{text.replace(quote, quote * 2)}{quote}"
