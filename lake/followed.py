"""A mart's SQL followed down: what an expression of a query is over the tables it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

TARGET = "duckdb"


@dataclass(frozen=True)
class Reading:
    """One place where a query reads a table. way: the SELECTs that lead to it, the outermost
    first, each with the name under which it reads the next, and last the table."""

    table: str
    way: tuple[tuple[Scope, str], ...]

    @property
    def mark(self) -> str:
        """What tells its columns in a followed expression; no other reading has the same."""
        return mark(*(name for _, name in self.way))


def mark(*names: str) -> str:
    """The names of the sources on the way to a table, as one."""
    return ">".join(names)


def branches(scope: Scope | None) -> Iterator[Scope]:
    """The SELECTs of a query: one, or those of a UNION."""
    if scope is None:
        return
    if scope.set_operation_scopes:
        for part in scope.set_operation_scopes:
            yield from branches(part)
    else:
        yield scope


def readings(scope: Scope, way: tuple[tuple[Scope, str], ...] = ()) -> Iterator[Reading]:
    """The tables that a SELECT reads, itself or in its CTEs."""
    for name, (_, source) in scope.selected_sources.items():
        here = (*way, (scope, name))
        if isinstance(source, Scope):
            for branch in branches(source):
                yield from readings(branch, here)
        elif source.name:  # a function like range() has none
            yield Reading(source.name, here)


def projection(scope: Scope, column: str) -> exp.Expr | None:
    """What a SELECT gives under a name; None where it gives nothing so called."""
    query = scope.expression
    for selected in query.selects if isinstance(query, exp.Query) else ():
        if selected.alias_or_name.lower() == column.lower():
            return selected.unalias()
    return None


def followed(
    scope: Scope, expression: exp.Expr | None, at: tuple[str, ...] = ()
) -> exp.Expr | None:
    """The expression with every column replaced by what it is in the tables; each of these
    columns bears its reading's mark. None where it depends on several rows. at: the names of the
    sources on the way to ``scope``."""
    if expression is None or expression.find(exp.AggFunc, exp.Window, exp.Query):
        return None
    tree = exp.Paren(this=expression.copy())
    for column in list(tree.find_all(exp.Column)):
        _, source = scope.selected_sources.get(column.table, (None, None))
        if isinstance(source, exp.Table):
            column.set("db", exp.to_identifier(mark(*at, column.table)))
            continue
        # What several SELECTs give has no single expression.
        parts = list(branches(source)) if isinstance(source, Scope) else []
        given = projection(parts[0], column.name) if len(parts) == 1 else None
        inner = followed(parts[0], given, (*at, column.table)) if parts else None
        if inner is None:
            return None
        column.replace(inner)
    return tree


def marks(expression: exp.Expr) -> set[str]:
    """Of which readings a followed expression has columns."""
    return {column.args["db"].name for column in expression.find_all(exp.Column)}


def as_sql(expression: exp.Expr, names: Mapping[str, str]) -> str:
    """A followed expression as DuckDB's SQL. names: {mark: what its table is called there}, as a
    bare name could be another table's; columns of no other table are NULL."""
    tree = expression.copy()
    for column in list(tree.find_all(exp.Column)):
        name = names.get(column.args["db"].name)
        if name is None:
            column.replace(exp.Null())
        else:
            column.set("table", exp.to_identifier(name))
            column.set("db", None)
    return tree.sql(dialect=TARGET)
