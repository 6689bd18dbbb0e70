"""Columns that stand beside aggregates without a GROUP BY, where that is certain."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

# What is inside of these is not a column of the SELECT's own row, or may be none: a function that
# is not known here may be an aggregate.
CLOSED = (
    exp.AggFunc, exp.Filter, exp.WithinGroup, exp.Window, exp.Query, exp.Anonymous, exp.Any,
    exp.Lambda,
)  # fmt: skip
AGGREGATES = (exp.AggFunc, exp.Filter, exp.WithinGroup)


def ungrouped(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The first such column (or *) of each SELECT."""
    for scope in traverse_scope(tree):
        select = scope.expression
        # A SELECT within an expression may name columns of the one around it.
        outer = scope.is_subquery or select.find_ancestor(exp.Lateral)
        if isinstance(select, exp.Select) and not outer and not select.args.get("group"):
            yield from _beside(select)


def _beside(select: exp.Select) -> Iterator[exp.Expr]:
    bare: list[exp.Expr] = []
    aggregated, named = False, set[str]()
    for given in select.selects:
        for node in given.walk(prune=lambda inner: isinstance(inner, CLOSED)):
            aggregated = aggregated or isinstance(node, AGGREGATES)
            # A column may be named again in those after it.
            known = isinstance(node, exp.Column) and not node.table and node.name.lower() in named
            star = node is given and isinstance(node, exp.Star)
            if star or (isinstance(node, exp.Column) and not known):
                bare.append(node)
        named.add(given.alias.lower())
    if aggregated:
        yield from bare[:1]
