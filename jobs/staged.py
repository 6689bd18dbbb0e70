"""The lines of the staged copy: one record each, numbered.

A plain line is UTF-8 text, ended by ``\\n`` alone (read it with ``lineSep="\\n"``):

    file number (6 digits), line number (10 digits), the contract's delimiter, the record

so that the number reads as one field more in front of the record's own. The line number is
that of the record's first line in its landing file (the header is line 1).

The records that Spark's CSV reader would not read exactly, line by line, are odd: they stand
apart, as one JSON object each (``ODD``, by Spark's names):

    csv       what is read: the number alone where the quoting is malformed, and else the
              number and the record in Unicode's composed form (NFC), a line's end inside
              quotes written as NUL, which no landing file may hold
    record    the record as it stood
    readable  whether its quoting is sound, and so its fields are known
    exact     whether the record stood in its composed form
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from operator import add

from jobs.records import Run

RECORD_AT = 18  # of a plain line's characters, from 1
ODD = "csv STRING, record STRING, readable BOOLEAN, exact BOOLEAN"
ESCAPED = "\0"  # stands for a line's end
# Where a record breaks the contract, Spark gives it back without a form feed at its end.
FORM_FEED = "\f"
BLOCK = 10_000  # lines that share the upper digits of their number


@dataclass(frozen=True)
class Lines:
    """Staged lines, and how many they are."""

    plain: str
    odd: str
    count: int


def staged_lines(file_no: int, run: Run, delimiter: str) -> Lines:
    """The staged lines of a run of the file ``file_no``."""
    if not run.malformed and not run.multiline and "" not in run.texts:
        lines = _numbered(file_no, run, delimiter)
        if _is_plain(lines):
            return Lines(lines, "", len(run.texts))
    plain, odd = [], []
    for number, text in enumerate(run.texts, run.line):
        at = f"{file_no:06d}{number:010d}"
        if not text:
            continue
        if run.malformed or run.multiline or not _is_plain(text):
            odd.append(_odd(at, text, delimiter, readable=not run.malformed))
        else:
            plain.append(f"{at}{delimiter}{text}\n")
    return Lines("".join(plain), "".join(odd), len(plain) + len(odd))


def _numbered(file_no: int, run: Run, delimiter: str) -> str:
    """Plain records, numbered ten thousand at a time: this is what most lines go through."""
    pieces, at = [], 0
    while at < len(run.texts):
        upper, lower = divmod(run.line + at, BLOCK)
        head = f"\n{file_no:06d}{upper:06d}"
        texts = run.texts[at : at + BLOCK - lower]
        pieces.append(head + head.join(map(add, _lower_digits(delimiter)[lower:], texts)))
        at += len(texts)
    return "".join(pieces)[1:] + "\n"


@lru_cache(maxsize=1)
def _lower_digits(delimiter: str) -> list[str]:
    return [f"{number:04d}{delimiter}" for number in range(BLOCK)]


def _odd(at: str, text: str, delimiter: str, *, readable: bool) -> str:
    composed = unicodedata.normalize("NFC", text)
    read = f"{at}{delimiter}{composed}" if readable else at
    told = {
        "csv": read.replace("\n", ESCAPED), "record": text, "readable": readable,
        "exact": composed == text,
    }  # fmt: skip
    return json.dumps(told) + "\n"


def _is_plain(text: str) -> bool:
    composed = text.isascii() or unicodedata.is_normalized("NFC", text)
    return composed and FORM_FEED not in text
