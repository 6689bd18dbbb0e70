"""A table's contract written as SQL DDL (``month DATE, orders BIGINT``), and its enforcement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.errors import DefinitionError, SchemaMismatch
from jobs.sqltext import name, typed_columns

if TYPE_CHECKING:
    # `lake check` reads contracts, and takes less than a second without Spark.
    from pyspark.sql import DataFrame

SAME = {"integer": "int", "long": "bigint", "text": "string", "dec": "decimal"}


def fields(ddl: str) -> dict[str, str]:
    """{column: type} of a DDL text, types as Spark's ``simpleString`` writes them.

    Raises DefinitionError where a column has no type.
    """
    try:
        written = typed_columns(ddl)
    except ValueError as error:
        raise DefinitionError(str(error)) from error
    kinds = {column: "".join(kind.lower().split()) for column, kind in written.items()}
    return {column: SAME.get(kind, kind) for column, kind in kinds.items()}


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
