"""Spark SQL read without running it: is it sound, and which columns does it name?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

DIALECT = "spark"


class Unsound(Exception):
    """SQL that cannot be read. line: from 0, within the text."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def parsed(sql: str) -> exp.Expr:
    """The tree of a statement or an expression. Raises Unsound."""
    try:
        trees = [tree for tree in sqlglot.parse(sql, read=DIALECT) if tree is not None]
    except ParseError as error:
        first = error.errors[0]
        near = f" near {first['highlight']!r}" if first.get("highlight") else ""
        said = str(first.get("description", error)).rstrip(".")
        raise Unsound(f"{said}{near}", max(0, (first.get("line") or 1) - 1)) from error
    except TokenError as error:
        raise Unsound(str(error).split("\n")[0]) from error
    # A comment after the last semicolon is no statement.
    trees = [tree for tree in trees if not isinstance(tree, exp.Semicolon)]
    if not trees:
        raise Unsound("there is no SQL")
    if len(trees) > 1:
        raise Unsound("there are two statements; keep one")
    return trees[0]


def columns(tree: exp.Expr) -> Iterator[exp.Column]:
    """The columns that an expression names; what a lambda calls its own is none."""
    own = {given.name.lower() for made in tree.find_all(exp.Lambda) for given in made.expressions}
    for column in tree.find_all(exp.Column):
        if column.table or column.name.lower() not in own:
            yield column


def declared(ddl: str) -> Mapping[str, exp.DataType]:
    """{column: type} of a mart's DDL. Raises Unsound."""
    tree = parsed(f"CREATE TABLE t ({ddl})")
    return {
        column.name: column.args["kind"]
        for column in tree.this.expressions  # the fields of a STRUCT are no columns
        if isinstance(column, exp.ColumnDef) and column.args.get("kind")
    }
