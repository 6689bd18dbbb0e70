"""What a query asks of the rows of one table: its conditions, on all the way to that table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from lake.check.sql import DIALECT
from lake.followed import Reading, followed


@dataclass(frozen=True)
class Condition:
    """A part of a query that some rows do not pass. said: as it is written. over: followed down
    to the tables; None where it could not be. kept: whether rows of the table in question stay
    without it, as those of the left table of a LEFT JOIN do."""

    said: str
    over: exp.Expr | None
    kept: bool = False


def conditions(reading: Reading, only: bool) -> Iterator[Condition]:
    """The conditions between a table and the mart's rows, those of joins first in each SELECT.
    only: whether the query has this one
    branch; then a row of the mart has passed the outermost HAVING and LIMIT by being there."""
    for depth, (scope, name) in enumerate(reading.way):
        at = tuple(name for _, name in reading.way[:depth])
        query = scope.expression
        for join in query.args.get("joins") or ():
            yield from _joined(join, scope, name, at)
        where = query.args.get("where")
        for part in _parts(where.this if where else None):
            yield Condition(_said(part), followed(scope, part, at))
        for clause in ("qualify",) if only and not depth else ("qualify", "having", "limit"):
            if query.args.get(clause):
                yield Condition(_said(query.args[clause]), None)
        apart = query.find_ancestor(exp.Except, exp.Intersect)
        if apart is not None:
            yield Condition(type(apart).__name__.upper(), None)


def _joined(join: exp.Join, scope: Scope, name: str, at: tuple[str, ...]) -> Iterator[Condition]:
    """A join's condition, whole: its parts hold together. name: by which ``scope`` reads on."""
    here = join.alias_or_name == name
    kept = join.side == "FULL" or join.side == ("RIGHT" if here else "LEFT")
    on = join.args.get("on")
    if join.kind in ("SEMI", "ANTI"):
        # The side says which rows are left; the others' are not in the number at all.
        yield Condition(_said(join), followed(scope, on, at) if join.kind == "SEMI" else None)
    elif on is not None:
        yield Condition(f"ON {_said(on)}", followed(scope, on, at), kept)
    elif (join.args.get("using") or join.args.get("method")) and not kept:
        yield Condition(_said(join), None)


def _parts(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """What AND joins, each by itself."""
    if isinstance(condition, exp.Paren):
        yield from _parts(condition.this)
    elif isinstance(condition, exp.And):
        yield from _parts(condition.left)
        yield from _parts(condition.right)
    elif condition is not None:
        yield condition


def _said(part: exp.Expr) -> str:
    return " ".join(part.sql(dialect=DIALECT).split())
