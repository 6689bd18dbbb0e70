"""The one place that reads and writes Delta tables; jobs.commits reads what their logs say."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import count
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.commits import Commit, last_commit, new_token, noted
from jobs.sqltext import name, table, typed_columns

NOTE = "spark.databricks.delta.commitInfo.userMetadata"
# A query's own WITH, behind blanks and comments.
OWN_WITH = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*with\b", re.IGNORECASE | re.DOTALL)
_numbers = count()


@dataclass
class Storage:
    """Reads and writes tables by path.

    open: makes or joins the Spark session, which happens when one is first needed: a run
    that finds nothing new needs none. guard is called before each commit and may refuse.
    """

    open: Callable[[], SparkSession]
    guard: Callable[[], None] = lambda: None
    _merging: threading.Lock = field(default_factory=threading.Lock)
    _opening: threading.Lock = field(default_factory=threading.Lock)
    _writing: dict[str, threading.Lock] = field(default_factory=dict)
    _spark: SparkSession | None = None

    @property
    def started(self) -> bool:
        """Whether there is a session already."""
        return self._spark is not None

    @property
    def spark(self) -> SparkSession:
        """The session."""
        with self._opening:
            if self._spark is None:
                self._spark = self.open()
            return self._spark

    def warm_up(self) -> None:
        """Starts the session while the caller does something else."""
        threading.Thread(target=lambda: self.spark, daemon=True).start()

    def read(self, path: str, version: int | None = None) -> DataFrame:
        """The table at ``path``, as of ``version`` where given."""
        reader = self.spark.read.format("delta")
        return (reader if version is None else reader.option("versionAsOf", version)).load(path)

    def changes(self, path: str, since: int) -> DataFrame:
        """Every row inserted, deleted or updated (both images) in versions after ``since``."""
        reader = self.spark.read.format("delta").option("readChangeFeed", "true")
        return reader.option("startingVersion", since + 1).load(path)

    def append(
        self, frame: DataFrame, path: str, note: Mapping[str, Any], *, new_columns: bool = False,
        options: Mapping[str, str] | None = None, partition_by: tuple[str, ...] = (),
    ) -> Commit:  # fmt: skip
        """Appends in one commit; ``new_columns`` lets the table grow columns. options and
        partition_by count where the table is new."""
        writer = frame.write.format("delta").mode("append").partitionBy(*partition_by)
        if new_columns:
            writer = writer.option("mergeSchema", "true")
        return self._save(writer, path, note, options)

    def overwrite(
        self, frame: DataFrame, path: str, note: Mapping[str, Any], *, where: str = "",
        new_columns: bool = False, options: Mapping[str, str] | None = None,
    ) -> Commit:  # fmt: skip
        """Replaces the whole table, or the rows ``where`` (SQL) holds, in one commit."""
        writer = frame.write.format("delta").mode("overwrite")
        if where:
            writer = writer.option("replaceWhere", where)
            if new_columns:
                writer = writer.option("mergeSchema", "true")
        else:
            writer = writer.option("overwriteSchema", "true")
        return self._save(writer, path, note, options)

    def _save(
        self, writer: Any, path: str, note: Mapping[str, Any], options: Mapping[str, str] | None
    ) -> Commit:
        for key, value in (options or {}).items():
            writer = writer.option(key, value)
        token = new_token()
        with self._alone(path):
            self.guard()
            writer.option("userMetadata", noted(note, token)).save(path)
            self.guard()
            return self._committed(path, token)

    def _alone(self, path: str) -> threading.Lock:
        """The lock of a table that steps side by side may all write, as the quarantine."""
        with self._opening:
            return self._writing.setdefault(path, threading.Lock())

    def merge(
        self, frame: DataFrame, path: str, on: str, clauses: str, note: Mapping[str, Any]
    ) -> Commit:
        """MERGE of ``frame`` (as ``s``) into the table (as ``t``); ``clauses``: WHEN ..."""
        view = f"_merge_{next(_numbers)}"
        frame.createOrReplaceTempView(view)
        token = new_token()
        try:
            with self._alone(path), self._noting(note, token):
                self.guard()
                self.spark.sql(f"MERGE INTO {table(path)} t USING {view} s ON {on} {clauses}")
                self.guard()
                return self._committed(path, token)
        finally:
            self.spark.catalog.dropTempView(view)

    def compact(self, path: str) -> int:
        """Joins the small files of a table into few, and drops rows marked as deleted; gives
        how many files went. The table's rows and its note stay as they are."""
        before = last_commit(path)
        assert before is not None
        token = new_token()
        with self._alone(path), self._noting(before.note, token):
            self.guard()
            self.spark.sql(f"OPTIMIZE {table(path)}")
            return self._committed(path, token).metrics.get("numRemovedFiles", 0)

    def vacuum(self, path: str, hours: int) -> None:
        """Deletes the files that no version of the last ``hours`` hours needs."""
        before = last_commit(path)
        self.guard()
        # Its commits carry the table's note: Delta forgets old ones, and the last must have it.
        with self._noting(before.note if before else {}, new_token()):
            self.spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
            self.spark.sql(f"VACUUM {table(path)} RETAIN {hours} HOURS")

    @contextmanager
    def _noting(self, note: Mapping[str, Any], token: str) -> Iterator[None]:
        """SQL statements commit with ``note``. It reaches them through a setting of the
        session, so only one may run at a time."""
        with self._merging:
            self.spark.conf.set(NOTE, noted(note, token))
            try:
                yield
            finally:
                self.spark.conf.unset(NOTE)

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

    def _committed(self, path: str, token: str) -> Commit:
        """The commit just made; without metrics where nothing changed and Delta made none."""
        commit = last_commit(path)
        assert commit is not None, f"{path} has no log after a commit"
        return commit if commit.token == token else replace(commit, metrics={})


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat()
