"""The ledger: what became of every landing file, and what every run did to every table.

``files`` has one row per event of a landing file; its state is that of its latest event.
``runs`` has one row per run, layer and table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.files import open_store
from jobs.storage import Storage

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


STATE = "files.json"


@dataclass
class Files:
    """The state of every landing file, and the events that this run adds to it.

    What a run reads is a small JSON file in the lake, so that finding nothing new needs no
    Spark session. The Delta table of all events follows it: each event has a number, and
    events that a killed run did not live to write there are written by the next one.
    """

    storage: Storage
    lake: str
    path: str
    state: dict[tuple[str, str], FileEvent]
    seq: int
    unwritten: list[tuple[int, FileEvent]]

    @classmethod
    def read(cls, storage: Storage, lake: str, path: str) -> Files:
        """All that is known; empty for a new lake."""
        store = open_store(lake)
        told = json.loads(store.read_bytes(STATE)) if store.exists(STATE) else {}
        events = [as_event(given) for given in told.get("files", [])]
        state = {(event.source, event.path): event for event in events}
        unwritten = [(seq, as_event(given)) for seq, given in told.get("unwritten", [])]
        return cls(storage, lake, path, state, told.get("seq", 0), unwritten)

    def of(self, source: str) -> dict[str, FileEvent]:
        """{path: its state} of one source."""
        return {path: event for (name, path), event in self.state.items() if name == source}

    def add(self, events: Iterable[FileEvent], run_id: str) -> None:
        """Remembers events."""
        added = [replace(event, run_id=run_id) for event in events]
        for event in added:
            self.seq += 1
            self.state[event.source, event.path] = event
            self.unwritten.append((self.seq, event))
        if added:
            self._save()

    def publish(self) -> None:
        """Writes the events that are not yet in the Delta table, in one commit."""
        last = self.storage.head(self.path)
        there = last.note.get("seq", 0) if last else 0
        now = datetime.now()
        rows = [_row(event, now, seq) for seq, event in self.unwritten if seq > there]
        if rows:
            frame = self.storage.rows(rows, FILES_DDL).coalesce(1)
            self.storage.append(frame, self.path, {"seq": self.seq})
        if self.unwritten:
            self.unwritten = []
            self._save()

    def _save(self) -> None:
        self.storage.guard()
        told = {
            "seq": self.seq,
            "files": [asdict(event) for event in self.state.values()],
            "unwritten": [(seq, asdict(event)) for seq, event in self.unwritten],
        }
        open_store(self.lake).write_bytes(STATE, json.dumps(told).encode())


def as_event(given: Mapping[str, Any]) -> FileEvent:
    """An event from its JSON form."""
    return FileEvent(**{**given, "header": tuple(given["header"])})


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
