"""Which way of writing numbers fits a column, if any does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lake.init.shapes import Looks, Shape

SYMBOLS = "$€£¥₹%"
# (decimal mark, mark between thousands), the commoner first: of two that fit alike, it is taken.
STYLES = ((".", ""), (".", ","), (",", "."), (",", ""), (",", " "), (",", "\xa0"), (".", "'"))
EXPONENT = re.compile(r"[-+]?9+(?:\.9+)?a[-+]?9+")
LONGEST = 18


@dataclass(frozen=True)
class Numbers:
    """How a column writes numbers. fit: the rows that it fits. whole: the digits before the
    decimal mark at most; scale: after it. sure: no other style reads them otherwise."""

    decimal: str
    thousands: str
    symbols: str
    fit: int
    whole: int
    scale: int
    exponent: bool = False
    zeros: int = 0
    sure: bool = True


def numbers(looks: Looks, prefer: str = "") -> Numbers | None:
    """The style that reads most rows. prefer: the decimal mark of the file's other columns."""
    found = [n for style in STYLES if (n := _read(looks.shapes, *style))]
    if not found:
        return None
    best = max(found, key=lambda n: (n.fit, n.decimal == prefer, -found.index(n)))
    others = [
        n for n in found if n.fit == best.fit and (n.whole, n.scale) != (best.whole, best.scale)
    ]
    return replace(best, sure=not others)


def _read(shapes: Sequence[Shape], decimal: str, thousands: str) -> Numbers | None:
    point, mark = re.escape(decimal), re.escape(thousands)
    grouped = f"9{{1,3}}(?:{mark}999)+|" if thousands else ""
    pattern = re.compile(rf"[-+]?({grouped}9*)(?:{point}(9*))?")
    fit = whole = scale = zeros = 0
    symbols, exponent, marked = "", False, False
    for shape in shapes:
        text, stripped = _bare(shape.text)
        read = pattern.fullmatch(text)
        if read and (read[1] or read[2]):
            fit += shape.rows
            zeros += shape.zeros if not read[2] else 0
            whole = max(whole, read[1].count("9"))
            scale = max(scale, len(read[2] or ""))
            symbols += "".join(set(stripped) - set(symbols))
            marked = marked or bool(thousands and thousands in read[1])
        elif EXPONENT.fullmatch(shape.text) and "e" in shape.example.lower() and decimal == ".":
            fit, exponent = fit + shape.rows, True
    if not fit or (thousands and not marked):
        return None
    return Numbers(decimal, thousands, symbols, fit, whole, scale, exponent, zeros)


def _bare(shape: str) -> tuple[str, str]:
    """The shape without what ``money`` strips, and the symbols that were there."""
    symbols = "".join(letter for letter in shape if letter in SYMBOLS)
    negative = re.fullmatch(r"\((.*)\)|(.*)-", shape)
    if not symbols and not negative:
        return shape, ""
    bare = "".join(letter for letter in shape if letter not in SYMBOLS + " \xa0")
    negative = re.fullmatch(r"\((.*)\)|(.*)-", bare)
    if negative:
        bare = negative[1] or negative[2] or ""
        # Only a column with symbols has its brackets and trailing minus read.
        symbols = symbols or "$"
    return bare, symbols
