"""A table's contract written as SQL DDL (``month DATE, orders BIGINT``), and its enforcement."""

from __future__ import annotations

from pyspark.sql import DataFrame

from jobs.errors import DefinitionError, SchemaMismatch
from jobs.sqltext import name

SAME = {"integer": "int", "long": "bigint", "text": "string", "dec": "decimal"}


def fields(ddl: str) -> dict[str, str]:
    """{column: type} of a DDL text, types as Spark's ``simpleString`` writes them."""
    found = {}
    for part in _split(ddl):
        column, _, kind = part.strip().partition(" ")
        if not kind.strip():
            raise DefinitionError(f"{part.strip()!r} is not a column and its type.")
        kind = "".join(kind.lower().split())
        found[column.strip("`")] = SAME.get(kind, kind)
    return found


def _split(ddl: str) -> list[str]:
    """The text at its commas, but for those inside brackets."""
    parts, depth = [""], 0
    for letter in ddl:
        depth += (letter in "(<") - (letter in ")>")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def enforce(frame: DataFrame, ddl: str, what: str) -> DataFrame:
    """``frame`` with exactly the columns of ``ddl``, in that order.

    Raises SchemaMismatch, naming the table and the first difference, where a column is
    missing, unexpected or of another type.
    """
    expected = fields(ddl)
    given = {f.name: f.dataType.simpleString() for f in frame.schema}
    for column, kind in expected.items():
        if column not in given:
            raise SchemaMismatch(f"{what}: column {column} is missing, but its contract has it.")
        if given[column] != kind:
            raise SchemaMismatch(
                f"{what}: column {column} is {given[column]}, but its contract says {kind}."
            )
    for column in given:
        if column not in expected:
            raise SchemaMismatch(f"{what}: column {column} is not in its contract.")
    return frame.selectExpr(*(name(column) for column in expected))
