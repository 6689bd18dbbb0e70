"""Arithmetic whose result is too great for its type fails, instead of giving null or wrapping.

Spark's ANSI mode does that, but changes much else in a user's SQL: what divides by zero, what an
unreadable text is cast to. So the mode is set on the nodes of the analysed plan that can overflow,
and on no others: sums, averages, ``+``, ``-``, ``*``, and casts from a number to a number. A node
that was told otherwise (``try_sum``, ``try_cast``) keeps its mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyspark.sql import DataFrame

from jobs.sqltext import name

CATALYST = "org.apache.spark.sql.catalyst"
PATTERNS = ("SUM", "AVERAGE", "BINARY_ARITHMETIC", "CAST", "PLAN_EXPRESSION")
NODES = ("aggregate.Sum", "aggregate.Average", "Add", "Subtract", "Multiply", "Cast")
SUBQUERIES = ("ScalarSubquery", "ListQuery", "Exists", "LateralSubquery")
# As types are called by Spark: of these a cast may overflow.
NUMBERS = ("byte", "short", "integer", "long", "float", "double", "decimal")
# What Spark calls the ways in which such a node fails.
CLASSES = (
    "[ARITHMETIC_OVERFLOW", "[BINARY_ARITHMETIC_OVERFLOW", "[NUMERIC_VALUE_OUT_OF_RANGE",
    "[CAST_OVERFLOW",
)  # fmt: skip


def checked(frame: DataFrame) -> DataFrame:
    """``frame``, which was not run yet, such that it fails where a number overflows."""
    jvm: Any = frame.sparkSession._jvm
    walk = _Walk(jvm)
    walk.plan(frame._jdf.queryExecution().analyzed())
    return frame


def is_overflow(error: BaseException) -> bool:
    """Whether a query failed because a number overflowed."""
    return any(word in str(error) for word in CLASSES)


def overflowing(frame: DataFrame) -> Iterator[str]:
    """The columns of a checked ``frame`` that cannot be computed, each computed by itself."""
    for column in frame.columns:
        try:
            frame.selectExpr(f"max(length(to_json(struct({name(column)}))))").collect()
        except Exception as error:
            if not is_overflow(error):
                raise
            yield column


class _Walk:
    """Sets the mode, node by node; parts of a plan without such a node are not looked at."""

    def __init__(self, jvm: Any) -> None:
        trees = jvm.org.apache.spark.sql.catalyst.trees.TreePattern
        modes = jvm.org.apache.spark.sql.catalyst.expressions.EvalMode
        patterns = [getattr(trees, pattern)() for pattern in PATTERNS]
        self._patterns = jvm.PythonUtils.toSeq(patterns)
        self._legacy, self._ansi = modes.LEGACY(), modes.ANSI()
        self._modes = {}
        for node in NODES:
            kind = f"{CATALYST}.expressions.{node}"
            field = jvm.java.lang.Class.forName(kind).getDeclaredField("evalMode")
            field.setAccessible(True)
            self._modes[kind] = field

    def plan(self, plan: Any) -> None:
        """A logical plan with all below it."""
        if not plan.containsAnyPattern(self._patterns):
            return
        for expression in _each(plan.expressions()):
            self._expression(expression)
        for child in _each(plan.children()):
            self.plan(child)

    def _expression(self, expression: Any) -> None:
        if not expression.containsAnyPattern(self._patterns):
            return
        kind = expression.getClass().getName()
        field = self._modes.get(kind)
        if field is not None and self._may_overflow(expression, kind):
            field.set(expression, self._ansi)
        for child in _each(expression.children()):
            self._expression(child)
        if kind.rpartition(".")[2] in SUBQUERIES:
            self.plan(expression.plan())

    def _may_overflow(self, expression: Any, kind: str) -> bool:
        if not expression.evalMode().equals(self._legacy):
            return False
        if not kind.endswith("Cast"):
            return True
        types = (expression.child().dataType(), expression.dataType())
        return all(type_.typeName().split("(")[0] in NUMBERS for type_ in types)


def _each(sequence: Any) -> Iterator[Any]:
    return (sequence.apply(at) for at in range(sequence.size()))
