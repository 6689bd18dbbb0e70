"""The lake as a run sees it: its tables, its definition, its ledger, and who listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from jobs.collected import Collected
from jobs.commits import Commit
from jobs.definition import Source
from jobs.errors import RunStopped
from jobs.failing import sentence
from jobs.ledger import Files
from jobs.load import Definition
from jobs.report import Event, FileNote, TableResult
from jobs.settings import Limits, RunSettings, Zones
from jobs.storage import Storage


@dataclass
class Step:
    """What one step has to tell when it ends."""

    rows_in: int = 0
    rows_out: int = 0
    commit: Commit | None = None
    detail: str = ""


def never() -> bool:
    """The answer of a run that nobody stops."""
    return False


@dataclass
class Lake:
    """One run's view of the lake."""

    settings: RunSettings
    definition: Definition
    storage: Storage
    files: Files
    run_id: str
    on_event: Callable[[Event], None]
    notes: Collected[FileNote] = field(default_factory=Collected)
    results: Collected[TableResult] = field(default_factory=Collected)
    stopping: Callable[[], bool] = never
    _handed: dict[tuple[str, str], tuple[int, DataFrame]] = field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        return self.settings.limits

    @property
    def zones(self) -> Zones:
        return self.settings.zones

    def bronze_path(self, source: Source) -> str:
        return f"{self.zones.bronze}/{source.bronze}"

    def silver_path(self, source: Source) -> str:
        return f"{self.zones.silver}/{source.silver}"

    def gold_path(self, mart: str) -> str:
        return f"{self.zones.gold}/{mart}"

    def hand_over(self, what: str, source: Source, mark: int, rows: DataFrame) -> None:
        """Leaves few rows, kept in memory, for the later steps of this run: reading them back
        from Delta takes longer than most steps. mark: which ones they are, of those called so."""
        self._handed[what, source.name] = mark, rows

    def handed(self, what: str, source: Source, mark: int) -> DataFrame | None:
        """The rows that an earlier step of this run left under this mark, if any."""
        known, rows = self._handed.get((what, source.name), (None, None))
        return rows if known == mark else None

    def forget_handed(self) -> None:
        """Frees what was handed over, when no step follows."""
        while self._handed:
            self.storage.free(self._handed.popitem()[1][1])

    def no_more_noted(self, source: str, paths: Collection[str]) -> None:
        """Takes back what was noted of files, before a later step found otherwise."""
        self.notes.discard(lambda note: note.source == source and note.path in paths)

    @contextmanager
    def step(self, layer: str, table: str) -> Iterator[Step]:
        """Times a step, tells the listener, and keeps its result for the report.

        Raises RunStopped, before the step begins, where the run was told to stop.
        """
        if self.stopping():
            raise RunStopped(
                f"Run {self.run_id} stopped before {layer} {table}, as it was told to; nothing is "
                "half done: the same command goes on from here."
            )
        self.on_event(Event(layer, table, "started"))
        started = time.monotonic()
        step = Step()
        try:
            yield step
        except BaseException as error:
            seconds = time.monotonic() - started
            said = sentence(error) or type(error).__name__
            self.on_event(Event(layer, table, "failed", said, seconds))
            raise
        seconds = time.monotonic() - started
        status = "published" if step.commit else "unchanged"
        self.results.append(
            TableResult(
                layer, table, step.rows_in, step.rows_out, seconds,
                step.commit.version if step.commit else -1, status,
            )
        )  # fmt: skip
        detail = step.detail or status
        self.on_event(Event(layer, table, "finished", detail, seconds, step.rows_out))
