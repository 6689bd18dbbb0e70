"""Which columns name rows of another source: those whose values really occur there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from lake.init.guess import Guess
from lake.init.keys import Key
from lake.init.names import is_identifier, is_measure
from lake.init.shapes import Looks, values_of

LEAST_NAMED, LEAST_UNNAMED = 0.8, 0.95
SAMPLE = 200
FEW = 10
LONGEST_PREFIX = 8
_GENERIC = {"", "id", "key", "code", "no", "num", "nr", "number", "ref", "fk", "pk", "name", "data"}
_PLAIN = "regexp_replace({}, '[^A-Za-z0-9]', '')"


@dataclass(frozen=True)
class Subject:
    """A source as far as it is known: its columns and its key."""

    name: str
    guesses: Mapping[str, Guess]
    key: Key


@dataclass(frozen=True)
class Way:
    """How a value is changed before it is compared. sql: Spark's, ``{}`` being the column, ""
    where it stays as it is. suffix: of the computed column's name. change: the same in Python,
    for shapes."""

    sql: str = ""
    suffix: str = ""
    change: Callable[[str], str] = field(default=str, compare=False)

    def duckdb(self, column: str) -> str:
        """The same in DuckDB."""
        if not self.sql:
            return column
        # Spark's regexp_replace takes every match; DuckDB's the first, unless told.
        return re.sub(r"''\)", "'', 'g')", self.sql).format(column)

    def spark(self, column: str) -> str:
        """The expression of the computed column."""
        return self.sql.format(column)


@dataclass(frozen=True)
class Link:
    """A reference: ``source.column`` names ``target.named``. share: of the rows with a value,
    those whose value occurs there. here, there: how the two are changed first."""

    source: str
    column: str
    target: str
    named: str
    share: float
    rows: int
    telling: bool
    here: Way = Way()
    there: Way = Way()


def find_links(connection: Any, subjects: Sequence[Subject]) -> list[Link]:
    """The references between sources, one a column and without a circle."""
    found = [link for a in subjects for b in subjects if a is not b
             for link in _between(connection, a, b)]  # fmt: skip
    sizes = {s.name: len(s.guesses) for s in subjects}
    found.sort(key=lambda link: (
        -link.telling, bool(link.here.sql or link.there.sql), -round(link.share, 2),
        -sizes[link.source], link.source, link.column,
    ))  # fmt: skip
    chosen: list[Link] = []
    for link in found:
        if not _known(chosen, link) and not _reaches(chosen, link.target, link.source):
            chosen.append(link)
    return chosen


def _known(chosen: Sequence[Link], link: Link) -> bool:
    """Whether the link says nothing new: another of the two sources is there, or one column
    names rows of both."""
    mine = [c for c in chosen if c.source == link.source]
    if any(c.column == link.column and (c.target == link.target or link.telling) for c in mine):
        return True
    pairs = {(c.source, c.column, c.target) for c in chosen}
    return not link.telling and any(
        (source, column, link.target) in pairs for source, column, target in pairs
        if target == link.source
    )  # fmt: skip


def _reaches(links: Sequence[Link], start: str, goal: str) -> bool:
    nexts = [link.target for link in links if link.source == start]
    return goal in nexts or any(_reaches(links, n, goal) for n in nexts)


def _between(connection: Any, a: Subject, b: Subject) -> Iterator[Link]:
    for guess in a.guesses.values():
        if guess.kind not in ("text", "integer") or is_measure(guess.words):
            continue
        for named in _nameable(b):
            if link := _link(connection, a, guess, b, named):
                yield link
                break
        else:
            if guess.kind == "text" and is_identifier(guess.words):
                yield from _changed(connection, a, guess, b)


def _nameable(subject: Subject) -> Iterator[Guess]:
    """The columns whose values are one row's each, the key first."""
    if len(subject.key.columns) == 1:
        yield subject.guesses[subject.key.columns[0]]
    for guess in subject.guesses.values():
        unique = guess.looks.distinct == guess.looks.given > 1
        if unique and guess.kind in ("text", "integer") and (guess.name,) != subject.key.columns:
            yield guess


def _link(
    connection: Any, a: Subject, guess: Guess, b: Subject, named: Guess, here: Way = Way(),
    there: Way = Way(),
) -> Link | None:  # fmt: skip
    telling = _telling(guess, a.name, named.words, b.name)
    if guess.kind != named.kind or (not telling and not _particular(guess)):
        return None
    share = _share(connection, a.name, guess.name, b.name, named.name, here, there)
    if share < (LEAST_NAMED if telling else LEAST_UNNAMED):
        return None
    return Link(
        a.name, guess.name, b.name, named.name, share, guess.looks.given, telling, here, there
    )


def _particular(guess: Guess) -> bool:
    """Whether the values are too particular to occur elsewhere by chance, as 1, 2, 3 do."""
    if guess.looks.distinct < FEW:
        return False
    if guess.kind == "integer":
        return min(len(shape.text) for shape in guess.looks.shapes) >= 4
    return is_identifier(guess.words)


def _telling(guess: Guess, source: str, named: str, target: str) -> bool:
    """Whether the names say it too: customer_id of customers; cust_id of cust_info."""
    words = _words(guess.words)
    own = [word for word in words if word not in _words(source)] or words
    theirs = {*_words(named), *_words(target)}
    if guess.kind == "integer" and not is_identifier(guess.words):
        # Small numbers occur anywhere: a customer_rating is no customer.
        return bool(own) and theirs.issuperset(own)
    if guess.kind == "integer" and not _particular(guess):
        # The last word says what it numbers: a sales_order_line_number is no sales_territory.
        return bool(own) and own[-1] in theirs
    return not theirs.isdisjoint(own)


def _words(name: str) -> list[str]:
    parts = (re.sub(r"(?<=\w\w)(?:id|key|code)$", "", part) for part in name.lower().split("_"))
    return [word for part in parts if (word := part.removesuffix("s")) not in _GENERIC]


def _share(
    connection: Any,
    a: str,
    column: str,
    b: str,
    named: str,
    here: Way,
    there: Way,
    sample: str = "",
) -> float:
    asked, values = here.duckdb("v"), values_of(connection, a, column)
    (share,) = connection.execute(
        f"SELECT sum(n) FILTER ({asked} IN "
        f"(SELECT {there.duckdb('v')} FROM {values_of(connection, b, named)})) / sum(n) "
        f"FROM {f'(FROM {values} {sample})' if sample else values}"
    ).fetchone()
    return share or 0.0


def _changed(connection: Any, a: Subject, guess: Guess, b: Subject) -> Iterator[Link]:
    """The link that shows when separators or a fixed prefix are taken away."""
    if guess.looks.distinct < FEW:
        return
    sample = f"USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (1)"
    for named in b.guesses.values():
        if named.kind != "text" or not is_identifier(named.words):
            continue
        for here, there in _ways(guess.looks, named.looks):
            names = (a.name, guess.name, b.name, named.name, here, there)
            likely = _share(connection, *names, sample) >= LEAST_UNNAMED / 2
            if likely and (link := _link(connection, a, guess, b, named, here, there)):
                yield link
                return


def _ways(mine: Looks, theirs: Looks) -> Iterator[tuple[Way, Way]]:
    """The ways after which most values have a shape that values there have, too."""
    for here, there in _all_ways(mine, theirs):
        shapes = {there.change(shape.text) for shape in theirs.shapes}
        rows = sum(s.rows for s in mine.shapes if here.change(s.text) in shapes)
        if rows >= LEAST_UNNAMED * mine.meant:
            yield here, there


def _all_ways(mine: Looks, theirs: Looks) -> Iterator[tuple[Way, Way]]:
    as_is, plain = Way(), Way(_PLAIN, "plain", _alone)
    yield plain, as_is
    yield as_is, plain
    yield plain, plain
    for cut in range(1, LONGEST_PREFIX + 1):
        tail = Way(f"substring({{}}, {cut + 1})", f"from_{cut + 1}", itemgetter(slice(cut, None)))
        yield as_is, tail
        yield tail, as_is
    if length := _length(mine):
        end = Way(f"right({{}}, {length})", f"last_{length}", itemgetter(slice(-length, None)))
        yield as_is, end
    if length := _length(theirs):
        head = Way(f"substring({{}}, 1, {length})", f"first_{length}", itemgetter(slice(length)))
        yield head, as_is
        yield Way(_PLAIN.format(head.sql), head.suffix, lambda s: _alone(s[:length])), plain


def _alone(shape: str) -> str:
    return "".join(letter for letter in shape if letter.isascii() and letter.isalnum())


def _length(looks: Looks) -> int:
    """The length that nearly all values have; 0 where they differ."""
    rows: dict[int, int] = {}
    for shape in looks.shapes:
        rows[len(shape.text)] = rows.get(len(shape.text), 0) + shape.rows
    length, most = max(rows.items(), key=itemgetter(1), default=(0, 0))
    return length if most and most >= LEAST_UNNAMED * looks.given else 0
