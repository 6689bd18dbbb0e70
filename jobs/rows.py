"""Some rows of a table, as a writer names those that go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.delta.footers import DataFile
from jobs.sqltext import name


@dataclass(frozen=True)
class Rows:
    """Some rows of a table: those where a condition holds, or whose key is one of some.

    Attributes:
        where: SQL of a condition.
        column: of the key, where rows are named by it.
        keys: one row each, under the same column's name; of the rows where ``where`` holds.
        may_hold: whether a file can hold such a row, as far as its statistics say.
    """

    where: str = "true"
    column: str = ""
    keys: DataFrame | None = None
    may_hold: Callable[[DataFile], bool] = lambda file: True

    def of(self, frame: DataFrame) -> DataFrame:
        """These rows of ``frame``."""
        return (
            self._joined(frame, "left_semi") if self.keys is not None else frame.where(self.where)
        )

    def others(self, frame: DataFrame) -> DataFrame:
        """The other rows of ``frame``."""
        if self.keys is not None:
            return self._joined(frame, "left_anti")
        return frame.where(f"NOT coalesce({self.where}, false)")

    def _joined(self, frame: DataFrame, how: str) -> DataFrame:
        assert self.keys is not None
        keys = self.keys.selectExpr(f"{name(self.column)} AS _named")
        named = (frame[self.column] == keys["_named"]) & F.expr(self.where)
        return frame.join(keys, named, how)
