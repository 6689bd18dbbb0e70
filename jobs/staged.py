"""The lines of the staged copy: one record each, numbered.

A plain line is UTF-8 text, ended by ``\\n`` alone (read it with ``lineSep="\\n"``):

    file number (6 digits), line number (10 digits), the contract's delimiter, the record

so that the number reads as one field more in front of the record's own. The line number is
that of the record's first line in its landing file (the header is line 1).

The records that Spark's CSV reader would not read exactly, line by line, are odd: they stand
apart, as one JSON object each (``ODD``, by Spark's names), and no CSV reader sees them again:

    file, line  as above
    fields      the fields in Unicode's composed form (NFC), null where empty; null where they
                cannot be told apart
    malformed   why the record cannot be used, null where it can
    record      the record as it stood; a byte that is no text in the file's encoding reads
                ``\\xNN``
    exact       whether the fields hold the record as it stood
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from operator import add

from jobs.reading import escaped
from jobs.records import Grammar, Run

RECORD_AT = 18  # of a plain line's characters, from 1
ODD = "file INT, line BIGINT, fields ARRAY<STRING>, malformed STRING, record STRING, exact BOOLEAN"
WRONG_COUNT = "the line has the wrong number of fields"
OPEN_QUOTE = "a quote never closes"
NOT_TEXT = "the line holds bytes that are not {encoding}"
# Where a record breaks the contract, Spark gives it back without a form feed at its end.
FORM_FEED = "\f"
MAX_FIELDS = 20_000  # of a plain line; what Spark's reader does not take would stop the run
BLOCK = 10_000  # lines that share the upper digits of their number


@dataclass(frozen=True)
class Form:
    """What a file's records are held against: how its fields are told apart, how many there
    are, and what the file's bytes are text in."""

    grammar: Grammar
    width: int
    encoding: str


@dataclass(frozen=True)
class Lines:
    """Staged lines, and how many they are."""

    plain: bytes
    odd: bytes
    count: int


def staged_lines(file_no: int, run: Run, form: Form) -> Lines:
    """The staged lines of a run of the file ``file_no``."""
    single = not run.malformed and not run.multiline
    if single and all(run.texts) and max(map(len, run.texts)) < MAX_FIELDS:
        lines = _plain(_numbered(file_no, run, form.grammar.delimiter))
        if lines is not None:
            return Lines(lines, b"", len(run.texts))
    plain, odd = [], []
    for number, text in enumerate(run.texts, run.line):
        if not text:
            continue
        line = _plain_line(file_no, number, text, form) if single else None
        if line is None:
            odd.append(_odd(file_no, number, text, form, open_quote=run.malformed))
        else:
            plain.append(line)
    return Lines(b"".join(plain), b"".join(odd), len(plain) + len(odd))


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


def _plain_line(file_no: int, number: int, text: str, form: Form) -> bytes | None:
    delimiter = form.grammar.delimiter
    if text.count(delimiter) >= MAX_FIELDS:
        return None
    return _plain(f"{file_no:06d}{number:010d}{delimiter}{text}\n")


def _plain(lines: str) -> bytes | None:
    """The bytes of lines that Spark reads exactly; None where it may not."""
    composed = lines.isascii() or unicodedata.is_normalized("NFC", lines)
    if not composed or FORM_FEED in lines:
        return None
    try:
        return lines.encode()
    except UnicodeEncodeError:  # bytes that are no text
        return None


def _odd(file_no: int, number: int, text: str, form: Form, *, open_quote: bool) -> bytes:
    fields: list[str | None] | None = None
    malformed, record = None, escaped(text)
    exact = False
    if record != text:
        malformed = NOT_TEXT.format(encoding=form.encoding)
    elif open_quote:
        malformed = OPEN_QUOTE
    else:
        # Composed field by field: a mark must not melt into a delimiter, nor become one.
        stood = form.grammar.cells(text)
        cells = [unicodedata.normalize("NFC", cell) for cell in stood]
        exact = cells == stood
        fields = [cell or None for cell in cells]
        malformed = None if len(cells) == form.width else WRONG_COUNT
    told = {
        "file": file_no, "line": number, "fields": fields, "malformed": malformed,
        "record": record, "exact": exact and malformed is None,
    }  # fmt: skip
    return (json.dumps(told) + "\n").encode()
