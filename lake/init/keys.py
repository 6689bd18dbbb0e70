"""What identifies a row: the columns whose values are really unique, counted over all rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from lake.init.guess import DIRT, Guess
from lake.init.names import CREATED, LINE, UPDATED, is_identifier, is_measure
from lake.init.shapes import quoted
from lake.init.table import Table

MOST = 8
# A first column of so many days, none of them twice, is a row a day.
FEWEST_DAYS = 10
SAMPLE = 100_000
# A key of which each value has more versions than this is no key: it says what the row is about.
LEAST_DISTINCT = 0.3


@dataclass(frozen=True)
class Key:
    """columns: of the key; none where no combination of three is unique. latest_by: whose
    greatest value wins when a key repeats. exact: every row has its own. why: the evidence."""

    columns: tuple[str, ...] = ()
    latest_by: str = ""
    exact: bool = False
    why: str = ""
    decide: str = ""


def find_key(connection: Any, table: Table, guesses: Mapping[str, Guess]) -> Key:
    """The key of a table."""
    finder = _Finder(connection, table, guesses)
    ways = (
        finder.exact_identifier, finder.lines, finder.near, finder.versions, finder.several,
        finder.any,
    )  # fmt: skip
    found = next((key for way in ways if (key := way())), None)
    return found or Key(why=finder.nothing(), decide=finder.copies())


class _Finder:
    def __init__(self, connection: Any, table: Table, guesses: Mapping[str, Guess]) -> None:
        self.connection, self.table, self.guesses = connection, table, guesses
        able = [g for g in guesses.values() if self._may_identify(g)]
        self.able = sorted(
            able, key=lambda g: (not is_identifier(g.words), not LINE.search(g.words))
        )
        self.single = [g for g in self.able if g.kind in ("text", "integer")]

    def _may_identify(self, guess: Guess) -> bool:
        if not guess.words:
            # A row number counts from the start again in the next file.
            return False
        given = guess.looks.given >= (1 - DIRT) * self.table.rows
        kind = guess.kind in ("text", "integer", "date", "timestamp")
        return bool(given and kind and guess.looks.distinct > 1) and not is_measure(guess.words)

    def exact_identifier(self) -> Key | None:
        """One column that is called an identifier, or comes first, and never repeats."""
        first = next(iter(self.guesses), "")
        for guess in self.single:
            named = is_identifier(guess.words) or guess.name == first
            if named and guess.looks.distinct == guess.looks.given:
                return self._exact(guess)
        return None

    def _exact(self, guess: Guess) -> Key:
        said = f"unique in {guess.looks.distinct:,} of {self.table.rows:,} rows"
        if guess.looks.given < self.table.rows:
            said += f"; {self.table.rows - guess.looks.given:,} have none, and will be quarantined"
        return Key((guess.name,), self._order(UPDATED), True, said)

    def lines(self) -> Key | None:
        """An identifier that hardly ever repeats, with what numbers its lines: where nothing
        says that a row was changed, the repeats are no versions of it."""
        if self._order(UPDATED):
            return None
        copies = self.table.rows - self._many()
        for guess in self._nearly():
            if guess.looks.given - guess.looks.distinct <= copies:
                continue
            for columns in self._combinations():
                others = [name for name in columns if name != guess.name]
                numbered = len(others) < len(columns) and all(
                    LINE.search(self.guesses[name].words) for name in others
                )
                if numbered and (key := self._together(columns)):
                    return key
        return None

    def near(self) -> Key | None:
        """An identifier that hardly ever repeats: the repeats are newer versions or copies."""
        for guess in self._nearly():
            return self._versioned(guess, self._order(UPDATED) or self._order(CREATED))
        return None

    def _nearly(self) -> Iterator[Guess]:
        for guess in self.single:
            seldom = guess.looks.distinct >= (1 - DIRT) * guess.looks.given
            if seldom and is_identifier(guess.words):
                yield guess

    def versions(self) -> Key | None:
        """An identifier with a row per change of it: unique together with the time of change."""
        order = self._order(UPDATED)
        for guess in self.single:
            known = guess.looks.distinct >= LEAST_DISTINCT * guess.looks.given
            if order and known and is_identifier(guess.words):
                given, distinct = self._count((guess.name, order), self._rows)
                if distinct == given:
                    return self._versioned(guess, order)
        return None

    def _versioned(self, guess: Guess, order: str) -> Key:
        looks, missing = guess.looks, self.table.rows - guess.looks.given
        repeats, copies = looks.given - looks.distinct, self.table.rows - self._many()
        said = f"{looks.distinct:,} different values in {looks.given:,} rows"
        said += f" ({missing:,} more have none, and will be quarantined)" if missing else ""
        if repeats <= copies:
            said += "; the others are copies of a line, which count once"
            return Key((guess.name,), order, False, said)
        wins = (
            f"the row with the greatest {order} wins" if order else "the row that comes last wins"
        )
        decide = f"{guess.name} repeats in {repeats:,} rows: {wins}; is it so?"
        return Key((guess.name,), order, False, f"{said}; where one repeats, {wins}", decide)

    def several(self) -> Key | None:
        """Two or three columns, one of them called an identifier, that never repeat together."""
        for columns in self._combinations():
            if any(is_identifier(self.guesses[name].words) for name in columns) and (
                key := self._together(columns)
            ):
                return key
        return None

    def any(self) -> Key | None:
        """Whatever never repeats."""
        for guess in self.single:
            if guess.looks.distinct == guess.looks.given:
                return self._exact(guess)
        first = next(iter(self.guesses.values()), None)
        if first in self.able and first.kind == "date":
            days = first.looks.distinct
            if days == first.looks.given and days >= FEWEST_DAYS:
                return self._exact(first)
        return next((k for c in self._combinations() if (k := self._together(c))), None)

    def _combinations(self) -> Iterator[tuple[str, ...]]:
        sizes = {g.name: g.looks.distinct for g in self.able[:MOST]}
        for count in (2, 3):
            for columns in combinations(sizes, count):
                most = 1
                for column in columns:
                    most *= sizes[column]
                if most >= self.table.rows * (1 - DIRT):
                    yield columns

    def _together(self, columns: Sequence[str]) -> Key | None:
        given, distinct = self._count(columns, f"(FROM {self._rows} LIMIT {SAMPLE})")
        if distinct < given:
            return None
        given, distinct = self._count(columns, self._rows)
        if distinct < given or given < (1 - DIRT) * self._many():
            return None
        copies = self.table.rows - self._many()
        said = f"unique together in {distinct:,} of {self.table.rows:,} rows"
        if copies:
            said += f"; {copies:,} are copies of another line, and count once"
        ordered = tuple(name for name in self.guesses if name in columns)
        return Key(ordered, self._order(UPDATED), not copies, said)

    @property
    def _rows(self) -> str:
        """SQL: the table without lines that are copies of another."""
        return f"(SELECT DISTINCT * FROM {quoted(self.table.name)})"

    def _many(self) -> int:
        if not hasattr(self, "_counted"):
            (self._counted,) = self.connection.execute(
                f"SELECT count(*) FROM {self._rows}"
            ).fetchone()
        return self._counted

    def _count(self, columns: Sequence[str], rows: str) -> tuple[int, int]:
        """The rows with a value in each of the columns, and how many of them differ."""
        names = ", ".join(map(quoted, columns))
        given = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in columns)
        return self.connection.execute(
            f"SELECT CAST(coalesce(sum(n), 0) AS BIGINT), count(*) FROM "
            f"(SELECT count(*) AS n FROM {rows} WHERE {given} GROUP BY {names})"
        ).fetchone()

    def _order(self, pattern: re.Pattern) -> str:
        """The column by whose name the latest row is to be told."""
        times = [g for g in self.guesses.values() if g.kind in ("timestamp", "date")]
        times.sort(key=lambda guess: guess.kind == "date")
        return next((g.name for g in times if pattern.search(g.words) and not g.dirt), "")

    def nothing(self) -> str:
        """Why there is no key."""
        if not self.table.rows:
            return "there is no row yet"
        best = max(self.able, key=lambda g: g.looks.distinct, default=None)
        nearest = f"; the nearest is {best.name}, {best.looks.distinct:,} values" if best else ""
        return f"no column, pair or three of them is unique in {self.table.rows:,} rows{nearest}"

    def copies(self) -> str:
        """What to decide where lines are copies of others."""
        copies = self.table.rows - self._many()
        if not copies:
            return "no key was found: a line that is landed twice counts twice; is there a key?"
        return f"no key was found, and {copies:,} lines are copies: is each one a fact of its own?"
