"""The ledger: what became of every landing file, and what every run did to every table.

``files`` has one row per event of a landing file; its state is that of its latest event.
``runs`` has one row per run, layer and table.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.commits import last_commit
from jobs.state import DamagedState, StateFile
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
UNKNOWN = (
    "what was accepted or held by hand is no longer known: every landing file was taken as a new "
    "one"
)


@dataclass
class Files:
    """The state of every landing file, and the events that this run adds to it.

    What a run reads is a small JSON file in the lake, so that finding nothing new needs no
    Spark session. The Delta table of all events follows it: each event has a number, and
    events that a killed run did not live to write there are written by the next one.

    Events are kept in memory, safe to add from any thread, and written by ``save``, which writes
    the whole file. So a run saves where a kill would lose what nothing else tells, and no more
    often:

    - in a new lake, before its first commit: a lake with tables and no file is a damaged one;
    - after bronze, once for all sources: an earlier kill loses nothing, as each bronze commit
      has a manifest of its events, and what was refused or held is looked at again;
    - after a silver publish that holds files or lets them in: silver's note tells the former,
      nothing else the latter;
    - in ``publish``, before the Delta table is written, so that a number is never used twice,
      and after it.
    """

    storage: Storage
    lake: str
    path: str
    file: StateFile
    seq: int = 0
    lost: str = ""
    _state: dict[str, dict[str, FileEvent]] = field(default_factory=dict)
    _unwritten: list[tuple[int, FileEvent]] = field(default_factory=list)
    _dirty: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def read(
        cls, storage: Storage, lake: str, path: str, tables: Iterable[str] = (), anew: str = ""
    ) -> Files:
        """All that is known; empty for a new lake.

        tables: the bronze tables; where one is there, so must be the file. anew: the run that
        makes the lake anew: what is damaged is set aside, and ``lost`` says what is not known
        any more. Raises DamagedState.
        """
        files = cls(storage, lake, path, StateFile(lake, STATE))
        try:
            files._load(tables)
        except DamagedState as error:
            if not anew:
                raise
            files.file.set_aside(anew)
            files = cls(storage, lake, path, files.file, files._published(), _dirty=True)
            files.lost = f"it {error.problem}; {UNKNOWN}"
        return files

    def _load(self, tables: Iterable[str]) -> None:
        body = self.file.read()
        if body is None:
            present = next((table for table in tables if last_commit(table)), "")
            if present:
                raise self.file.damaged(f"is gone, but there is a table at {present}")
            self._dirty = True
            return
        try:
            self.seq = int(body.get("seq", 0))
            for event in map(as_event, body.get("files", [])):
                self._state.setdefault(event.source, {})[event.path] = event
            self._unwritten = [(int(seq), as_event(e)) for seq, e in body.get("unwritten", [])]
        except (TypeError, ValueError, KeyError, AttributeError):
            raise self.file.damaged("is JSON of another shape than this program writes") from None
        if self.seq < self._published():
            raise self.file.damaged(f"is older than the table of its events at {self.path}")

    def of(self, source: str) -> Mapping[str, FileEvent]:
        """{path: its state} of one source: a view that follows what is added later."""
        with self._lock:
            return MappingProxyType(self._state.setdefault(source, {}))

    def all(self) -> list[FileEvent]:
        """The state of every landing file."""
        with self._lock:
            return [event for events in self._state.values() for event in events.values()]

    def add(self, events: Iterable[FileEvent], run_id: str) -> None:
        """Remembers events; ``save`` writes them."""
        added = [replace(event, run_id=run_id) for event in events]
        with self._lock:
            for event in added:
                self.seq += 1
                self._state.setdefault(event.source, {})[event.path] = event
                self._unwritten.append((self.seq, event))
            self._dirty |= bool(added)

    def publish(self) -> None:
        """Writes the events that are not yet in the Delta table, in one commit."""
        self.save()
        with self._lock:
            unwritten, seq = list(self._unwritten), self.seq
        if not unwritten:
            return
        there, now = self._published(), datetime.now()
        rows = [_row(event, now, number) for number, event in unwritten if number > there]
        if rows:
            frame = self.storage.rows(rows, FILES_DDL).coalesce(1)
            self.storage.append(frame, self.path, {"seq": seq})
        with self._lock:
            self._unwritten = [(n, event) for n, event in self._unwritten if n > seq]
            self._dirty = True
        self.save()

    def save(self) -> None:
        """Writes what was added since the file was last written. One thread at a time, so that
        what is written later is never older."""
        with self._lock:
            if not self._dirty:
                return
            self.storage.guard()
            self.file.write(
                {
                    "seq": self.seq,
                    "files": [asdict(event) for event in self.all()],
                    "unwritten": [(seq, asdict(event)) for seq, event in self._unwritten],
                }
            )
            self._dirty = False

    def _published(self) -> int:
        """The number of the last event in the Delta table."""
        last = self.storage.head(self.path)
        return int(last.note.get("seq", 0)) if last else 0


def as_event(given: Mapping[str, Any]) -> FileEvent:
    """An event from its JSON form. Raises TypeError, or KeyError, where it is none."""
    event = FileEvent(**{**given, "header": tuple(given["header"])})
    for each in fields(FileEvent):
        kind = {"int": int, "str": str}.get(str(each.type), tuple)
        if not isinstance(getattr(event, each.name), kind):
            raise TypeError(f"{each.name} is {getattr(event, each.name)!r}")
    return event


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
