"""The ledger: what became of every landing file, and what every run did to every table.

``files`` has one row per event of a landing file; its state is that of its latest event.
``runs`` has one row per run, layer and table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.storage import Storage, last_commit

FILES_DDL = (
    "source STRING, path STRING, checksum STRING, size BIGINT, modified STRING, status STRING, "
    "reason STRING, records BIGINT, batch BIGINT, run_id STRING, header ARRAY<STRING>, "
    "at TIMESTAMP, seq BIGINT"
)
RUNS_DDL = (
    "run_id STRING, layer STRING, table_name STRING, status STRING, rows_in BIGINT, "
    "rows_out BIGINT, landed BIGINT, published BIGINT, quarantined BIGINT, superseded BIGINT, "
    "seconds DOUBLE, version BIGINT, started_at TIMESTAMP, finished_at TIMESTAMP"
)
INGESTED, REFUSED, HELD, ACCEPTED = "ingested", "refused", "held", "accepted"


@dataclass(frozen=True)
class FileEvent:
    """One event of one landing file. path is relative to the source's landing folder.

    status: ingested, refused, held or accepted. records: CSV records counted in it. batch:
    the bronze commit that took it, 0 where none did.
    """

    source: str
    path: str
    checksum: str
    size: int
    modified: str
    status: str
    reason: str = ""
    records: int = 0
    batch: int = 0
    header: tuple[str, ...] = ()
    run_id: str = ""

    @property
    def in_bronze(self) -> bool:
        """Whether this file's records stand in the bronze table."""
        return self.batch > 0


@dataclass
class Files:
    """The state of every landing file, and the events that this run adds to it."""

    storage: Storage
    path: str
    state: dict[tuple[str, str], FileEvent]
    seq: int

    @classmethod
    def read(cls, storage: Storage, path: str) -> Files:
        """All that is known; empty for a new lake."""
        state: dict[tuple[str, str], FileEvent] = {}
        seq = 0
        if last_commit(path) is not None:
            for row in storage.read(path).orderBy("seq").collect():
                given = row.asDict()
                seq = given.pop("seq")
                given.pop("at")
                given["header"] = tuple(given["header"] or ())
                event = FileEvent(**given)
                state[event.source, event.path] = event
        return cls(storage, path, state, seq)

    def of(self, source: str) -> dict[str, FileEvent]:
        """{path: its state} of one source."""
        return {path: event for (name, path), event in self.state.items() if name == source}

    def add(self, events: Iterable[FileEvent], run_id: str) -> None:
        """Writes events, in one commit."""
        added = [replace(event, run_id=run_id) for event in events]
        if not added:
            return
        now = datetime.now()
        rows = []
        for event in added:
            self.seq += 1
            rows.append(_row(event, now, self.seq))
            self.state[event.source, event.path] = event
        self.storage.append(
            self.storage.rows(rows, FILES_DDL).coalesce(1), self.path, {"run": run_id}
        )


def _row(event: FileEvent, now: datetime, seq: int) -> tuple[Any, ...]:
    return (
        event.source, event.path, event.checksum, event.size, event.modified, event.status,
        event.reason, event.records, event.batch, event.run_id, list(event.header), now, seq,
    )  # fmt: skip


def current(events: DataFrame) -> DataFrame:
    """One row per landing file: source, path, status, reason and records as they are now."""
    columns = [c for c in events.columns if c not in ("source", "path")]
    latest = events.groupBy("source", "path").agg(
        F.max_by(F.struct(*columns), F.col("seq")).alias("latest")
    )
    return latest.select("source", "path", *(F.col("latest")[c].alias(c) for c in columns))


def add_runs(storage: Storage, path: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes the ledger's rows of a run, in one commit."""
    columns = [part.split()[0] for part in RUNS_DDL.split(", ")]
    values = [tuple(row.get(column) for column in columns) for row in rows]
    if values:
        storage.append(storage.rows(values, RUNS_DDL).coalesce(1), path, {})
