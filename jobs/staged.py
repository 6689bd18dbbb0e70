"""The lines of the staged copy: one record each, numbered.

A line is UTF-8 text, ended by ``\\n`` alone (read it with ``lineSep="\\n"``):

    file number (6 digits), line number (10 digits), flag (1 character), payload

A plain record's flag is the contract's delimiter, so that the number reads as one field more
in front of the record's own.

The line number is that of the record's first line in its landing file (the header is line 1);
a line's end inside quotes is written as NUL, which no landing file may hold.

    delimiter the payload is the record as it stood
    flag "Q"  malformed quoting: the payload is the line as it stood, its fields unknown
    flag "N"  the record was not in Unicode's composed form (NFC): the payload is the number of
              characters (code points) of the composed form in 10 digits, that form, and then
              the record as it stood
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from operator import add

from jobs.records import Run

MALFORMED, COMPOSED = "Q", "N"
ESCAPED = "\0"  # stands for a line's end
BLOCK = 10_000  # lines that share the upper digits of their number


def staged_lines(file_no: int, run: Run, delimiter: str) -> tuple[str, int]:
    """The staged lines of a run of the file ``file_no``, and how many they are."""
    if not run.malformed and not run.multiline and "" not in run.texts:
        lines = _numbered(file_no, run, delimiter)
        if _is_composed(lines):
            return lines, len(run.texts)
    found = list(_one_by_one(file_no, run, delimiter))
    return "".join(found), len(found)


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


def _one_by_one(file_no: int, run: Run, delimiter: str) -> Iterator[str]:
    for number, text in enumerate(run.texts, run.line):
        if text:
            yield f"{file_no:06d}{number:010d}{_payload(text, run.malformed, delimiter)}\n"


def _payload(text: str, malformed: bool, delimiter: str) -> str:
    text = text.replace("\n", ESCAPED)
    if malformed:
        return MALFORMED + text
    if _is_composed(text):
        return delimiter + text
    composed = unicodedata.normalize("NFC", text)
    return f"{COMPOSED}{len(composed):010d}{composed}{text}"


def _is_composed(text: str) -> bool:
    return text.isascii() or unicodedata.is_normalized("NFC", text)
