"""Which rows of a table a mart's row is made of, read from the mart's own SQL.

A column of a mart's key is followed through the query to an expression over one table. The rows
of that table for which the expressions give the key of the mart's row are those it is made of.
What is an expression over a joined table is followed by the join's own condition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.errors import OptimizeError, SchemaError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from jobs.definition import Mart
from lake.check.sql import DIALECT, parsed
from lake.conditions import Condition, conditions
from lake.followed import Reading, as_sql, branches, followed, marks, projection, readings

ALIAS, OTHER = "_of", "_by"


@dataclass(frozen=True)
class Asked:
    """What is asked of a row. keys: {column of the mart's key: DuckDB's SQL that gives it};
    filters: conditions, in DuckDB's SQL."""

    keys: Mapping[str, str] = field(default_factory=dict)
    filters: Sequence[str] = ()


@dataclass(frozen=True)
class Link:
    """Another table that must have a fitting row. on: how the two fit, in SQL over ALIAS and
    OTHER; asked: of both; absent: of a row that none fits, None where there must be one."""

    table: str
    on: str
    asked: Asked
    absent: Asked | None


@dataclass(frozen=True)
class Origin:
    """Where in a table a mart's rows come from. asked: of the table's rows alone, in SQL that
    calls the table ALIAS. links: what is asked of tables joined to it. unfollowed: what else the
    query asks, in words; where there is any, perhaps not all of the rows are in the number."""

    table: str
    asked: Asked
    links: Sequence[Link] = ()
    unfollowed: Sequence[str] = ()

    @property
    def keys(self) -> set[str]:
        """The columns of the mart's key that its rows are narrowed by."""
        return {key for asked in (self.asked, *(x.asked for x in self.links)) for key in asked.keys}


def origins(mart: Mart, schema: Mapping[str, Iterable[str]]) -> list[Origin]:
    """Every table that the mart's SQL reads, with what is known of its rows; a table that is
    read in two ways stands twice. schema: {table: its columns}."""
    typed: dict[str, object] = {
        t: dict.fromkeys(columns, "string") for t, columns in schema.items()
    }
    tree = parsed(mart.sql)
    try:
        tree = qualify(
            tree, schema=typed, dialect=DIALECT, quote_identifiers=False, identify=False,
            validate_qualify_columns=False,
        )  # fmt: skip
    except (OptimizeError, SchemaError):
        # Then no column's table is known, and whole tables are told.
        tree = parsed(mart.sql)
    parts = list(branches(build_scope(tree)))
    found = [origin for part in parts for origin in _of_branch(part, mart, len(parts) == 1)]
    return [origin for at, origin in enumerate(found) if origin not in found[:at]]


def _of_branch(scope: Scope, mart: Mart, only: bool) -> Iterator[Origin]:
    there = list(readings(scope))
    keys = {column: followed(scope, projection(scope, column)) for column in mart.key}
    for reading in there:
        yield _Follower(reading, there).origin(keys, list(conditions(reading, only)))


class _Follower:
    """Sorts what a query asks by what it is about: one table, one joined to it, or neither."""

    def __init__(self, reading: Reading, there: Sequence[Reading]) -> None:
        self.reading = reading
        self.tables = {other.mark: other.table for other in there}
        self.unfollowed: list[str] = []

    def origin(self, keys: Mapping[str, exp.Expr | None], asked: Sequence[Condition]) -> Origin:
        """keys: {column: what it is, followed}; asked: every condition on the way."""
        ties = self._ties(asked)
        # A row that stays without its join's condition is asked nothing by it.
        rest = [c for c in asked if not c.kept and all(c is not tie for tie in ties.values())]
        own = self._asked("", keys, rest)
        links = [self._link(other, tie, keys, rest) for other, tie in ties.items()]
        for column, key in keys.items():
            if key is None or not self._reached(key, ties):
                self.unfollowed.append(f"the key {column} could not be followed")
        for condition in rest:
            if condition.over is None or not self._reached(condition.over, ties):
                said = f"a condition could not be followed: {condition.said}"
                self.unfollowed += [said] * (said not in self.unfollowed)
        needed = [x for x in links if x.absent is None or x.asked.keys or x.asked.filters]
        return Origin(self.reading.table, own, needed, self.unfollowed)

    def _ties(self, asked: Sequence[Condition]) -> dict[str, Condition]:
        """{mark of another table: the condition by which its rows fit this one's}."""
        found: dict[str, Condition] = {}
        for condition in asked:
            over = condition.over
            others = marks(over) - {self.reading.mark} if over else set()
            # Without an equality each row would be held against each.
            if over and len(others) == 1 and self._equates(over):
                found.setdefault(others.pop(), condition)
        return found

    def _equates(self, over: exp.Expr) -> bool:
        sides = [
            (marks(equal.left), marks(equal.right))
            for equal in over.find_all(exp.EQ)
            if equal.find_ancestor(exp.Or, exp.Not, exp.Case) is None
        ]
        return any(
            {self.reading.mark} in pair and all(pair) and pair[0] != pair[1] for pair in sides
        )

    def _reached(self, over: exp.Expr, ties: Mapping[str, Condition]) -> bool:
        others = marks(over) - {self.reading.mark}
        return not others or (len(others) == 1 and others <= set(ties))

    def _asked(
        self, other: str, keys: Mapping[str, exp.Expr | None], rest: Sequence[Condition],
        *, absent: bool = False,
    ) -> Asked:  # fmt: skip
        """What is asked of this table's rows, with another's (its mark) or without ("").
        absent: of rows that none of the other's fits."""

        names = {self.reading.mark: ALIAS} | ({} if absent or not other else {other: OTHER})
        wanted = {other} if other else set()

        def about(over: exp.Expr | None) -> bool:
            return over is not None and marks(over) - {self.reading.mark} == wanted

        return Asked(
            {k: as_sql(over, names) for k, over in keys.items() if over and about(over)},
            tuple(as_sql(c.over, names) for c in rest if c.over and about(c.over)),
        )

    def _link(
        self, other: str, tie: Condition, keys: Mapping[str, exp.Expr | None],
        rest: Sequence[Condition],
    ) -> Link:  # fmt: skip
        assert tie.over is not None
        on = as_sql(tie.over, {self.reading.mark: ALIAS, other: OTHER})
        absent = self._asked(other, keys, rest, absent=True) if tie.kept else None
        return Link(self.tables[other], on, self._asked(other, keys, rest), absent)
