"""Spark, as the jobs use it: frames kept, queried and made of values, Parquet read and written."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import count
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from jobs.sqltext import name, typed_columns

# A query's own WITH, behind blanks and comments.
OWN_WITH = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*with\b", re.IGNORECASE | re.DOTALL)
# Rows in a file at most, so that a few replaced rows cost few others.
FILE_ROWS = 100_000
# Written where they stay, without a marker file and with one rename on a disk.
WRITE_OPTIONS = {
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
    "maxRecordsPerFile": str(FILE_ROWS),
}
_numbers = count()


@dataclass
class Frames:
    """A Spark session and the frames made with it.

    Attributes:
        open: makes or joins the Spark session, which happens when one is first needed: a run
            that finds nothing new needs none.
    """

    open: Callable[[], SparkSession]
    _opening: threading.Lock = field(default_factory=threading.Lock, kw_only=True)
    _spark: SparkSession | None = field(default=None, kw_only=True)
    _not_opened: Exception | None = field(default=None, kw_only=True)

    @property
    def started(self) -> bool:
        """Whether there is a session already."""
        return self._spark is not None

    @property
    def spark(self) -> SparkSession:
        """The session."""
        with self._opening:
            if self._spark is None:
                self._open_once()
            assert self._spark is not None
            return self._spark

    @property
    def not_opened(self) -> Exception | None:
        """Why there is no session, where it could not be opened."""
        return self._not_opened

    def _open_once(self) -> None:
        if self._not_opened is None:
            try:
                self._spark = self.open()
            except Exception as error:
                self._not_opened = error
        if self._not_opened is not None:
            raise self._not_opened

    def warm_up(self) -> None:
        """Starts the session while the caller does something else. An error is raised where the
        session is needed."""

        def start() -> None:
            with self._opening, suppress(Exception):
                if self._spark is None:
                    self._open_once()

        threading.Thread(target=start, daemon=True).start()

    def parquet(self, schema: str, files: Sequence[str]) -> DataFrame:
        """The rows of Parquet files (URIs), in the columns of ``schema`` (Delta's JSON)."""
        columns = StructType.fromJson(json.loads(schema))
        if not files:
            nulls = (
                f"cast(null AS {f.dataType.simpleString()}) AS {name(f.name)}" for f in columns
            )
            return self.spark.range(0).selectExpr(*nulls)
        # The paths are names of files, not patterns to look for.
        reader = self.spark.read.schema(columns).option("__globPaths__", "false")
        return reader.option("recursiveFileLookup", "true").parquet(*files)

    def write(self, frame: DataFrame, folder: str, order: Sequence[str]) -> None:
        """Writes ``frame`` as Parquet files into a folder (URI), each file's rows in order."""
        if order:
            frame = frame.sortWithinPartitions(*(name(column) for column in order))
        frame.write.options(**WRITE_OPTIONS).parquet(folder)

    def keep(self, frame: DataFrame, *, at_once: bool = False) -> DataFrame:
        """``frame`` to be read more than once: held in memory, and on disk where that is short.
        at_once: now, not when it is first read, by which time what it is made of may be freed.

        In this process its plan is forgotten too: planning whatever is built on a judged batch
        took longer than the work of a small run. On a cluster a lost worker's share must be
        computed anew, so the plan stays.
        """
        if self._alone_here:
            return frame.localCheckpoint(eager=at_once)
        kept = frame.persist()
        if at_once:
            kept.count()
        return kept

    def free(self, frame: DataFrame) -> None:
        """Lets go of a frame that ``keep`` gave."""
        if self._alone_here:
            frame._jdf.logicalPlan().rdd().unpersist(False)
        else:
            frame.unpersist()

    @property
    def _alone_here(self) -> bool:
        return (self.spark.conf.get("spark.master", "") or "").startswith("local")

    def query(self, text: str, frames: Mapping[str, DataFrame]) -> DataFrame:
        """``text`` with each name in it standing for the frame given, and for nothing else."""
        views = {given: f"_read_{next(_numbers)}" for given in frames}
        for given, view in views.items():
            frames[given].createOrReplaceTempView(view)
        with_ = ", ".join(
            f"{name(given)} AS (SELECT * FROM {view})" for given, view in views.items()
        )
        own = OWN_WITH.match(text)
        try:
            if own:
                return self.spark.sql(f"WITH {with_}, {text[own.end() :]}")
            return self.spark.sql(f"WITH {with_} {text}")
        finally:
            # What the query reads stands in its plan by now; a view would keep its plan for ever.
            for view in views.values():
                self.spark.catalog.dropTempView(view)

    def rows(self, values: Iterable[tuple[Any, ...]], ddl: str) -> DataFrame:
        """A small frame from Python values. They travel as JSON: a frame made of Python objects
        starts a Python process for each core, which takes longer than most steps."""
        columns = list(typed_columns(ddl))
        told = json.dumps([dict(zip(columns, row, strict=True)) for row in values], default=_iso)
        array = f"from_json(:told, 'ARRAY<STRUCT<{ddl}>>', map('mode', 'FAILFAST'))"
        return self.spark.sql(f"SELECT inline({array})", args={"told": told})


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat()


def delta_schema(frame: DataFrame) -> str:
    """A frame's columns in Delta's JSON; any of them may be null."""
    return json.dumps(_nullable(json.loads(frame.schema.json())))


def _nullable(schema: Any) -> Any:
    if isinstance(schema, dict):
        flags = ("nullable", "containsNull", "valueContainsNull")
        return {k: True if k in flags else _nullable(v) for k, v in schema.items()}
    if isinstance(schema, list):
        return [_nullable(value) for value in schema]
    return schema
