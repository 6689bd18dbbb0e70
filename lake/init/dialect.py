"""How a CSV file is written: its delimiter, its quote, and whether it has a header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.headers import sanitise
from jobs.records import Grammar
from lake.init.found import Found

DELIMITERS = ",;\t|"
QUOTES = "\"'"
LOOKED_AT = 300
MOST_JOINED = 20
# What a header's cell is not: a number, an amount, a date, an address.
VALUE = re.compile(r"[-+(]?[$€£¥]?\s?\d[\d.,:/ T%Z()+-]*[$€£¥%]?\s?-?|[^@\s]+@[^@\s]+\.\w+")

YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class Dialect:
    """delimiter, quote: one character each. header: whether the first line names the columns.
    cells: the first line's. why: the evidence where there is no header, else ""."""

    delimiter: str
    quote: str
    header: bool
    cells: tuple[str, ...]
    why: str = ""

    @property
    def layout(self) -> tuple[str, ...]:
        """The columns' names as bronze has them."""
        if self.header:
            return sanitise(self.cells)
        return tuple(f"column_{n}" for n in range(1, len(self.cells) + 1))


def dialect_of(file: Found) -> Dialect:
    """The dialect in which most lines of the file's head have the same number of fields."""
    lines = file.head[:LOOKED_AT]
    delimiter, quote = max(
        ((d, q) for d in DELIMITERS for q in QUOTES), key=lambda pair: _rank(lines, *pair)
    )
    rows = list(_rows(_header_whole(lines, Grammar(delimiter, quote)), Grammar(delimiter, quote)))
    cells = tuple(cell.strip() for cell in rows[0]) if rows else (lines[0].strip(),)
    why = _no_header(cells, rows[1:])
    return Dialect(delimiter, quote, not why, cells, why)


def _rank(lines: Sequence[str], delimiter: str, quote: str) -> tuple:
    """The greater the better: lines alike, more fields, quotes really in use; the commoner
    character wins a tie."""
    counts = Counter(len(cells) for cells in _rows(lines, Grammar(delimiter, quote)))
    width, alike = counts.most_common(1)[0] if counts else (1, 0)
    edge = re.compile(
        f"(?:^|{re.escape(delimiter)}){quote}[^{quote}]*{quote}(?:{re.escape(delimiter)}|$)"
    )
    quoted = sum(bool(edge.search(line)) for line in lines)
    first = width > 1 and _starts_alike(lines, delimiter, quote, width)
    return (
        width > 1, first, quote == QUOTES[0] or quoted > 0, round(alike / len(lines), 1), quoted,
        alike, width, -DELIMITERS.index(delimiter), -QUOTES.index(quote),
    )  # fmt: skip


def _starts_alike(lines: Sequence[str], delimiter: str, quote: str, width: int) -> bool:
    """Whether the first line has as many fields as most: a decimal comma is in no header."""
    grammar = Grammar(delimiter, quote)
    return len(next(_rows(_header_whole(lines, grammar)[:1], grammar), ())) == width


def _header_whole(lines: Sequence[str], grammar: Grammar) -> Sequence[str]:
    """The lines, those first that a quoted line end parts joined again."""
    for count in range(1, min(len(lines), MOST_JOINED) + 1):
        first = "\n".join(lines[:count])
        if not grammar.quote or grammar.quote not in first or grammar.sound(first):
            return [first, *lines[count:]]
    return lines


def _rows(lines: Sequence[str], grammar: Grammar) -> Iterator[list[str]]:
    """The fields of the lines that are sound records by themselves."""
    for line in lines:
        if not grammar.quote or grammar.quote not in line or grammar.sound(line):
            yield grammar.cells(line)


def _no_header(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Why the first line is data like the others; "" where it is a header."""
    # A header that stands in the file again, as in files that were joined, is still one.
    others = [row for row in rows if len(row) == len(cells) and tuple(row) != tuple(cells)]
    for at, cell in enumerate(cells):
        column = [row[at].strip() for row in others]
        if VALUE.fullmatch(cell) and _value_like(cell, column):
            return f"the first line holds values, such as {cell!r}"
        if cell and column.count(cell) > 1:
            return f"{cell!r} of the first line stands in that column again"
    return ""


def _value_like(cell: str, column: Sequence[str]) -> bool:
    """Whether the values below are like the cell; a year above other numbers is a name."""
    pattern = YEAR if YEAR.fullmatch(cell) else VALUE
    given = [value for value in column if value]
    return not column or sum(bool(pattern.fullmatch(value)) for value in given) * 2 > len(given)
