"""Which rows of a table a mart's row is made of, read from the mart's own SQL.

A column of a mart's key is followed through the query to an expression over one table. The rows
of that table for which the expressions give the key of the mart's row are those it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import OptimizeError, SchemaError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from jobs.definition import Mart
from lake.check.sql import DIALECT, parsed

TARGET = "duckdb"
ALIAS = "_of"


@dataclass(frozen=True)
class Origin:
    """Where in a table a mart's rows come from. keys: {column of the mart's key: DuckDB's SQL
    over the table, which it calls ALIAS}. filters: what else the query asks of the table's rows."""

    table: str
    keys: Mapping[str, str]
    filters: Sequence[str] = ()


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
    root = build_scope(tree)
    found = [origin for branch in _branches(root) for origin in _of_branch(branch, mart)]
    return [origin for at, origin in enumerate(found) if origin not in found[:at]]


def _branches(scope: Scope | None) -> Iterator[Scope]:
    """The SELECTs of a query: one, or those of a UNION."""
    if scope is None:
        return
    if scope.set_operation_scopes:
        for part in scope.set_operation_scopes:
            yield from _branches(part)
    else:
        yield scope


def _of_branch(scope: Scope, mart: Mart) -> Iterator[Origin]:
    keys = {column: _followed(scope, _projection(scope, column)) for column in mart.key}
    for table, inner in _tables(scope):
        found = {
            column: sql
            for column, expression in keys.items()
            if expression is not None and (sql := _over(expression, table))
        }
        yield Origin(table.name, found, tuple(_filters(inner, table)))


def _tables(scope: Scope) -> Iterator[tuple[exp.Table, Scope]]:
    """The tables that a query reads, itself or in its CTEs, each with the SELECT it stands in."""
    for source in scope.sources.values():
        if isinstance(source, exp.Table):
            yield source, scope
        else:
            for branch in _branches(source):
                yield from _tables(branch)


def _projection(scope: Scope, column: str) -> exp.Expr | None:
    query = scope.expression
    for selected in query.selects if isinstance(query, exp.Query) else ():
        if selected.alias_or_name.lower() == column.lower():
            return selected.unalias()
    return None


def _followed(scope: Scope, expression: exp.Expr | None) -> exp.Expr | None:
    """The expression with every column replaced by what it is in the tables; each of these
    columns is marked with its table. None where it depends on several rows."""
    if expression is None or expression.find(exp.AggFunc, exp.Window, exp.Query):
        return None
    tree = expression.copy()
    for column in [tree] if isinstance(tree, exp.Column) else list(tree.find_all(exp.Column)):
        source = scope.sources.get(column.table)
        if isinstance(source, exp.Table):
            column.set("db", exp.to_identifier(str(id(source))))
            continue
        branches = list(_branches(source)) if source else []
        # What several SELECTs give has no single expression.
        inner = _followed(branches[0], _projection(branches[0], column.name)) if (
            len(branches) == 1
        ) else None  # fmt: skip
        if inner is None:
            return None
        if column is tree:
            return inner
        column.replace(exp.Paren(this=inner))
    return tree


def _over(expression: exp.Expr, table: exp.Table) -> str:
    """The expression as DuckDB's SQL over one table; "" where it needs another."""
    columns = list(expression.find_all(exp.Column))
    if not columns or any(column.args["db"].name != str(id(table)) for column in columns):
        return ""
    return _plain(expression)


def _plain(expression: exp.Expr) -> str:
    """SQL over the table under the name ALIAS: a bare name could be another table's."""
    tree = expression.copy()
    for column in tree.find_all(exp.Column):
        column.set("table", exp.to_identifier(ALIAS))
        column.set("db", None)
    return tree.sql(dialect=TARGET)


def _filters(scope: Scope, table: exp.Table) -> Iterator[str]:
    """The parts of a WHERE that are about one table alone."""
    where = scope.expression.args.get("where")
    condition = where.this if where else None
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        if part is None or part.find(exp.Query):
            continue
        columns = list(part.find_all(exp.Column))
        if columns and all(scope.sources.get(c.table) is table for c in columns):
            yield _plain(part)
