"""The SQL of a mart: does it read what it says, and give what its contract says?"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import OptimizeError, SchemaError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from jobs.definition import Mart
from jobs.faults import Fault
from jobs.load import ENGINE_TABLES, Definition, silver_columns
from lake.check.grouping import ungrouped
from lake.check.sources import lowered, nearest
from lake.check.sql import DIALECT, Unsound, columns, declared, parsed
from lake.check.types import type_faults


def mart_faults(mart: Mart, definition: Definition) -> Iterator[Fault]:
    """What is wrong with a mart's contract and SQL."""
    try:
        contract = list(declared(mart.columns))
    except Unsound as error:
        said = f"{mart.name}: columns= is no sound DDL: {error}."
        yield Fault(mart.name, mart.columns, said, error.line)
        return
    yield from type_faults(mart)
    yield from _named(mart, contract)
    yield from _period(mart, definition)
    try:
        tree = parsed(mart.sql)
    except Unsound as error:
        said = f"{mart.name}: its SQL is not sound: {error}."
        yield Fault(mart.name, mart.sql, said, error.line)
        return
    if not isinstance(tree, exp.Query):
        said = f"{mart.name}: its SQL is no query but {tree.key.upper()}: write a SELECT."
        yield Fault(mart.name, mart.sql, said)
        return
    unread = list(_tables(mart, tree))
    yield from unread or _resolved(mart, tree, definition)
    yield from _grouped(mart, tree)
    yield from _output(mart, tree, contract)


def _named(mart: Mart, contract: list[str]) -> Iterator[Fault]:
    named = [("key", name) for name in mart.key]
    named += [("period", mart.period.column)] if mart.period else []
    for where, name in named:
        if name.lower() not in lowered(contract):
            said = f"{mart.name}: {where} names {name}, which is not in columns="
            yield Fault(mart.name, name, f"{said}{nearest(name, contract)}.")


def _period(mart: Mart, definition: Definition) -> Iterator[Fault]:
    source = definition.silver_source(mart.period.table) if mart.period else None
    if mart.period is None or source is None:
        return
    there = list(silver_columns(source))
    expression = mart.period.expression
    try:
        tree = parsed(expression)
    except Unsound as error:
        yield Fault(mart.name, expression, f"{mart.name}: its period is no sound SQL: {error}.")
        return
    for column in columns(tree):
        if column.name.lower() not in lowered(there):
            said = f"{mart.name}: its period names {column.name}, which {mart.period.table} has not"
            yield Fault(mart.name, expression, f"{said}{nearest(column.name, there)}.")


def _tables(mart: Mart, tree: exp.Expr) -> Iterator[Fault]:
    """The tables that the SQL names and ``reads`` does not."""
    named = {
        source.name
        for scope in traverse_scope(tree)
        for source in scope.sources.values()
        if isinstance(source, exp.Table) and source.name  # a function like range() has none
    }
    for name in sorted(named):
        if name.lower() not in lowered(mart.reads):
            said = f"{mart.name}: its SQL reads {name}, which reads= does not name"
            yield Fault(mart.name, mart.sql, f"{said}{nearest(name, mart.reads)}.")


def _resolved(mart: Mart, tree: exp.Expr, definition: Definition) -> Iterator[Fault]:
    """The first column that no table has, if there is one."""
    if set(mart.reads) & set(ENGINE_TABLES):
        # What these hold is the engine's own, and not told in the definition.
        return
    try:
        schema: dict[str, object] = {t: _schema(t, definition) for t in mart.reads}
        qualify(tree.copy(), schema=schema, dialect=DIALECT, validate_qualify_columns=True)
    except (OptimizeError, SchemaError, Unsound) as error:
        said = str(error).split(". Line")[0].split("\n")[0].rstrip(".")
        yield Fault(mart.name, mart.sql, f"{mart.name}: {said}.", _line(error))


def _line(error: Exception) -> int:
    """Where in the SQL the error says that it is, from 0."""
    words = str(error).replace(",", " ").replace(":", " ").split()
    at = words.index("Line") if "Line" in words else -1
    return int(words[at + 1]) - 1 if at >= 0 and words[at + 1].isdigit() else 0


def _schema(table: str, definition: Definition) -> dict[str, str]:
    source = definition.silver_source(table)
    if source:
        return dict.fromkeys(silver_columns(source), "string")
    return dict.fromkeys(declared(definition.marts[table].columns), "string")


def _grouped(mart: Mart, tree: exp.Expr) -> Iterator[Fault]:
    for bare in ungrouped(tree):
        said = f"{mart.name}: its SQL gives {bare.sql(dialect=DIALECT)} beside an aggregate"
        line = next((n.meta["line"] for n in bare.walk() if "line" in n.meta), 1) - 1
        yield Fault(mart.name, mart.sql, f"{said}, without GROUP BY.", line)


def _output(mart: Mart, tree: exp.Query, contract: list[str]) -> Iterator[Fault]:
    """The columns that the query gives and the contract has not, and the other way round."""
    if tree.is_star:
        return
    given = tree.named_selects
    for name in contract:
        if name.lower() not in lowered(given):
            said = f"{mart.name}: columns= has {name}, which its SQL does not give"
            yield Fault(mart.name, mart.columns, f"{said}{nearest(name, given)}.")
    for name in given:
        if name.lower() not in lowered(contract):
            said = f"{mart.name}: its SQL gives {name or 'a column without a name'}"
            yield Fault(mart.name, mart.sql, f"{said}, which is not in columns=.")
