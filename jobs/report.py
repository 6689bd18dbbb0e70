"""What a run tells: events while it works, and a report when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Event:
    """A step of the run. state: started, finished or failed. rows: those it wrote."""

    layer: str
    table: str
    state: str
    detail: str = ""
    seconds: float = 0.0
    rows: int = 0


@dataclass(frozen=True)
class TableResult:
    """What one run did to one table. status: published or unchanged."""

    layer: str
    table: str
    rows_in: int
    rows_out: int
    seconds: float
    version: int
    status: str


@dataclass(frozen=True)
class Books:
    """Where every record of a source's ingested files is now. by_rule: {rule: rows}."""

    source: str
    landed: int
    published: int
    quarantined: int
    superseded: int
    by_rule: Mapping[str, int] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """Whether landed = published + quarantined + superseded."""
        return self.landed == self.published + self.quarantined + self.superseded


@dataclass(frozen=True)
class FileNote:
    """A landing file that needs a look. status: refused, held, reported or ignored."""

    source: str
    path: str
    status: str
    reason: str


@dataclass(frozen=True)
class Report:
    """How a run ended. status: done, attention (a file was refused or held) or unchanged."""

    run_id: str
    status: str
    books: tuple[Books, ...]
    tables: tuple[TableResult, ...]
    notes: tuple[FileNote, ...]
    seconds: float
    startup_seconds: float

    @property
    def exit_status(self) -> int:
        """0 all good; 3 done, but a file was refused or is held."""
        return 3 if any(note.status in ("refused", "held") for note in self.notes) else 0
