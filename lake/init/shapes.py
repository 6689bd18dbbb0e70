"""What the values of a column look like: counted by shape, over all rows.

A shape is the value with every digit written 9 and every letter a: ``AW-00011`` is
``aa-99999``. The few shapes of a column say nearly all of what it holds.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Any

from lake.init.spelling import spelled

MOST_SHAPES = 3000
FEW_VALUES = 12
# What people write where there is no value.
NO_VALUE = (
    "null", "n/a", "#n/a", "na", "none", "nan", "nil", "-", "--", "?", "\\n", "(null)", "unknown",
    "nat",
)  # fmt: skip
_FROM = string.digits + string.ascii_letters
_TO = "9" * 10 + "a" * 52
SHAPE = f"translate(v, '{_FROM}', '{_TO}')"


@dataclass(frozen=True)
class Shape:
    """One shape: rows and distinct values that have it, those among the rows with a leading
    zero before another digit, and a value."""

    text: str
    rows: int
    distinct: int
    zeros: int
    example: str


@dataclass(frozen=True)
class Looks:
    """A column over all rows. given: rows with a value. few: {value: rows}, empty where there
    are more than a dozen. nulls: the texts among them that mean no value, as written. words: those
    of its name, ``_`` between them."""

    name: str
    rows: int
    given: int
    distinct: int
    shapes: tuple[Shape, ...]
    few: dict[str, int]
    nulls: dict[str, int]
    words: str = ""

    @property
    def meant(self) -> int:
        """The rows with a value that means one."""
        return self.given - sum(self.nulls.values())


def values_of(connection: Any, table: str, column: str) -> str:
    """The name of a table of the distinct values ``v`` of a column, how many rows ``n`` have
    each, and its shape ``s``; made when it is first asked for."""
    name, made = quoted(column), quoted(f"{table}.{column}")
    connection.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {made} AS SELECT v, n, {SHAPE} AS s FROM "
        f"(SELECT {name} AS v, count(*) AS n FROM {quoted(table)} "
        f"WHERE {name} IS NOT NULL GROUP BY 1)"
    )
    return made


def quoted(identifier: str) -> str:
    """A name in DuckDB's SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text in DuckDB's SQL."""
    return "'" + value.replace("'", "''") + "'"


def look(connection: Any, table: str, column: str, rows: int, header: str) -> Looks:
    """Looks at every value of a column. header: its name as the file has it."""
    values = values_of(connection, table, column)
    words = ", ".join(f"'{word}'" for word in NO_VALUE)
    nulls = dict(
        connection.execute(
            f"SELECT v, n FROM {values} WHERE lower(v) IN ({words}) ORDER BY n DESC, v"
        ).fetchall()
    )
    shapes = connection.execute(
        f"""
        SELECT s, CAST(sum(n) AS BIGINT) AS n, count(*),
               CAST(coalesce(sum(n) FILTER (regexp_matches(v, '^[-+]?0[0-9]')), 0) AS BIGINT),
               min(v)
        FROM {values} WHERE lower(v) NOT IN ({words})
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_SHAPES}
        """
    ).fetchall()
    given, distinct = connection.execute(
        f"SELECT CAST(coalesce(sum(n), 0) AS BIGINT), count(*) FROM {values}"
    ).fetchone()
    few = {}
    if distinct <= FEW_VALUES:
        few = dict(connection.execute(f"SELECT v, n FROM {values} ORDER BY n DESC, v").fetchall())
    return Looks(
        column, rows, given, distinct, tuple(Shape(*s) for s in shapes), few, nulls, spelled(header)
    )
