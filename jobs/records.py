"""What a CSV record is: the one place that says so.

A physical line ends at ``\\n``; a ``\\r`` before it belongs to the end; a line with nothing
in it is no record. A field is quoted when it begins with the quote: then it runs to the next
quote that is not doubled, and a delimiter or the record's end must follow. A quote inside an
unquoted field is text like any other (``5" pipe``). A record ends at the first line's end
outside quotes. Where a line leaves a quote open, the following lines are joined to it if that
gives one record of exactly the header's number of fields; otherwise the line alone is a
malformed record, and reading resumes at the next line. So a stray quote costs one record,
never the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.errors import DefinitionError
from jobs.reading import MAX_RECORD

MAX_LINES = 10_000  # of one record


@dataclass(frozen=True)
class Run:
    """Records that stand together. line: the number of the first one's first line, from 1.
    texts: one per line from there on, or one text that spans lines (with its ``\\n``);
    an empty one is no record. malformed: its quoting cannot be read (then one text)."""

    line: int
    texts: list[str]
    malformed: bool = False

    @property
    def multiline(self) -> bool:
        """Whether this is one record that spans lines."""
        return len(self.texts) == 1 and "\n" in self.texts[0]


class Grammar:
    """How fields are told apart by one delimiter and one quote character ("": no quoting)."""

    def __init__(self, delimiter: str, quote: str) -> None:
        """Raises DefinitionError when the two cannot be told apart from each other or text."""
        if len(delimiter) != 1 or len(quote) > 1 or delimiter == quote:
            raise DefinitionError(
                f"delimiter={delimiter!r}, quote={quote!r}: give one character each, not the same."
            )
        if {delimiter, quote} & set("\r\n\0"):
            raise DefinitionError("A delimiter or quote cannot be a line's end or NUL.")
        self.delimiter, self.quote = delimiter, quote
        d, q = re.escape(delimiter), re.escape(quote)
        inner = f"[^{q}]*(?:{q}{q}[^{q}]*)*"
        bare = f"(?!{q})[^{d}\n]*"
        field = f"(?:{q}{inner}{q}|{bare})"
        end = f"(?={d}|\\Z)"
        if quote:
            self.sound = re.compile(f"{field}(?:{d}{field})*").fullmatch
            self._inner = re.compile(inner).fullmatch
            self._close = re.compile(f"{inner}{q}{end}").match
            self._piece = re.compile(f"{d}(?:{q}{inner}{q}{end}|({q}{inner}\\Z)|{bare})").match

    def read(self, line: str, inside: bool) -> tuple[int, bool] | None:
        """Read a line from its start, or from inside a quoted field.

        Returns how many fields begin in it and whether a quote is open at its end; None
        where text follows a closing quote.
        """
        if not self.quote:
            return line.count(self.delimiter) + 1, False
        rest, at, fields, still = self.delimiter + line, 0, 0, False
        if inside:
            closed = self._close(line)
            if closed is None:
                return (0, True) if self._inner(line) else None
            rest = line[closed.end() :]
        while at < len(rest):
            quoted = rest.find(self.delimiter + self.quote, at)
            bare_end = quoted if quoted >= 0 else len(rest)
            fields += rest.count(self.delimiter, at, bare_end)
            at = bare_end
            if quoted >= 0:
                piece = self._piece(rest, at)
                if piece is None:
                    return None
                fields, at, still = fields + 1, piece.end(), piece.group(1) is not None
        return fields, still

    def outside(self, line: str) -> str:
        """The line's text outside its quotes."""
        return "".join(line.split(self.quote)[::2]) if self.quote else line

    def cells(self, record: str) -> list[str]:
        """The fields of a sound record, without their quotes."""
        if not self.quote:
            return record.split(self.delimiter)
        rest, at, cells = self.delimiter + record, 0, []
        while at < len(rest):
            piece = self._piece(rest, at)
            if piece is None:
                raise ValueError(f"not a sound record: {record[:80]}")
            cells.append(self._unquoted(piece.group()[1:]))
            at = piece.end()
        return cells

    def _unquoted(self, field: str) -> str:
        if field.startswith(self.quote):
            return field[1:-1].replace(self.quote * 2, self.quote)
        return field


class Records:
    """The records of one file, read once from its blocks of whole lines.

    blocks: pieces of text that end in ``\\n``. grammar: how fields are told apart.
    """

    def __init__(self, blocks: Iterator[str], grammar: Grammar) -> None:
        self._blocks, self._grammar = blocks, grammar
        self._lines: list[str] = []  # read and not yet handed out
        self._first = 1  # the number of the first of them
        self._ahead = _Ahead()
        self._returns = self._quotes = False  # whether any line so far holds one

    def first_line(self) -> str | None:
        """The first line with anything in it, which ``header`` or ``runs`` begins with; None
        when there is none."""
        while self._lines or self._load():
            if self._bare(0):
                return self._bare(0)
            self._drop(1)
        return None

    def header(self) -> Run | None:
        """The first record, to be taken before ``runs``; None when there is none."""
        if self.first_line() is None:
            return None
        run, taken = self._record(0, None)
        self._drop(taken)
        return run

    def runs(self, width: int) -> Iterator[Run]:
        """The other records in order, ``width`` fields being the header's number of them."""
        while self._lines or self._load():
            count, at = len(self._lines), 0
            for suspect in self._suspects():
                if suspect < at:
                    continue
                if suspect > at:
                    yield self._plain(at, suspect)
                run, taken = self._record(suspect, width)
                yield run
                at = suspect + taken
            if at < count:
                yield self._plain(at, count)
            self._drop(max(at, count))

    def _load(self) -> bool:
        block = next(self._blocks, "")
        self._returns = self._returns or "\r" in block
        self._quotes = self._quotes or self._grammar.quote in block
        self._lines += block.split("\n")
        self._lines.pop()
        return bool(block)

    def _drop(self, count: int) -> None:
        self._first += count
        del self._lines[:count]

    def _bare(self, at: int) -> str:
        return self._lines[at].removesuffix("\r")

    def _plain(self, start: int, end: int) -> Run:
        lines = self._lines[start:end]
        if self._returns:
            lines = [line.removesuffix("\r") for line in lines]
        return Run(self._first + start, lines)

    def _suspects(self) -> list[int]:
        """The lines that are not sound records by themselves."""
        quote = self._grammar.quote
        if not quote or not self._quotes:
            return []
        sound = self._grammar.sound
        return [
            at
            for at, line in enumerate(self._lines)
            if quote in line and not sound(line.removesuffix("\r"))
        ]

    def _record(self, at: int, width: int | None) -> tuple[Run, int]:
        """The record that begins at a line, and how many lines it takes."""
        line, number = self._bare(at), self._first + at
        begun = self._grammar.read(line, inside=False)
        if begun and not begun[1]:
            return Run(number, [line]), 1
        taken = self._span(at, begun[0], width) if begun else 0
        if not taken:
            return Run(number, [line], malformed=True), 1
        last = at + taken - 1
        return Run(number, ["\n".join([*self._lines[at:last], self._bare(last)])]), taken

    def _span(self, at: int, fields: int, width: int | None) -> int:
        """How many lines the record takes whose first line leaves a quote open; 0: no end."""
        following = self._first + at + 1
        if not self._ahead.covers(following):
            self._ahead = _Ahead(following)
        ahead = self._ahead
        ahead.forget_before(following)
        room = MAX_RECORD - len(self._lines[at])
        while ahead.open and ahead.lines < MAX_LINES and ahead.size < room:
            place = ahead.end - self._first
            if place >= len(self._lines) and not self._load():
                break
            ahead.take(self._grammar.read(self._bare(place), inside=True), len(self._lines[place]))
        right = ahead.closed and width in (None, fields + ahead.fields)
        return ahead.lines + 1 if right else 0


class _Ahead:
    """Follows a quote that is open before the line ``start`` to where it closes.

    A later line that leaves a quote open is at the same place in the same state, so what was
    read ahead for an earlier one holds for it too: a file full of stray quotes is still read
    ahead only once.
    """

    def __init__(self, start: int = 0) -> None:
        self._start = start
        self._fields, self._sizes = [0], [0]  # sums before each line
        self.open, self.closed = True, False

    @property
    def lines(self) -> int:
        """How many lines were read."""
        return len(self._sizes) - 1

    @property
    def end(self) -> int:
        """The number of the line to read next."""
        return self._start + self.lines

    @property
    def size(self) -> int:
        """How many characters were read."""
        return self._sizes[-1] - self._sizes[0]

    @property
    def fields(self) -> int:
        """How many fields begin in what was read."""
        return self._fields[-1] - self._fields[0]

    def covers(self, line: int) -> bool:
        """Whether the quote is known to be open before this line."""
        return self._start <= line < self.end or (self.open and line == self.end)

    def forget_before(self, line: int) -> None:
        """Count from this line on."""
        past = line - self._start
        del self._fields[:past], self._sizes[:past]
        self._start = line

    def take(self, read: tuple[int, bool] | None, size: int) -> None:
        """Add what Grammar.read made of the next line."""
        fields, self.open = read or (0, False)
        self.closed = read is not None and not self.open
        self._fields.append(self._fields[-1] + fields)
        self._sizes.append(self._sizes[-1] + size)
