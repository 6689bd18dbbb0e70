"""What a run tells: events while it works, and a report when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from jobs.errors import DefinitionError, LakeDamaged, LakeError, RetryableError

UNREADABLE = "unreadable"
# Of the notes of files, those that a person has to look at.
LOOK_AT = ("refused", "held", UNREADABLE)


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
    """Where every record of a source's ingested files is now. by_rule: {violation: rows}.
    on_hold: records of the ``files_on_hold``, which are counted beside the others; of the
    ``files_rejected`` no records are known."""

    source: str
    landed: int
    published: int
    quarantined: int
    superseded: int
    by_rule: Mapping[str, int] = field(default_factory=dict)
    on_hold: int = 0
    files_on_hold: int = 0
    files_rejected: int = 0

    @property
    def balanced(self) -> bool:
        """Whether landed = published + quarantined + superseded."""
        return self.landed == self.published + self.quarantined + self.superseded


@dataclass(frozen=True)
class FileNote:
    """A landing file that needs a look. status: refused, held, unreadable (a folder, too), reported
    or ignored."""

    source: str
    path: str
    status: str
    reason: str


@dataclass(frozen=True)
class Doubt:
    """A landing file by which a source's key may be none: ``rows`` rows were replaced by rows
    of it that have another date (``dates`` of them) or other values in most columns. of: its
    records."""

    file: str
    rows: int
    dates: int
    of: int


@dataclass(frozen=True)
class Replaced:
    """What a run superseded of a source: rows that were copies of the row that replaced them,
    and rows that had other values. doubts: the files that put the key in doubt, worst first."""

    source: str
    key: tuple[str, ...]
    identical: int
    changed: int
    doubts: tuple[Doubt, ...] = ()

    @property
    def warning(self) -> str:
        """What to say where the key is in doubt, and what to do; "" where it is not."""
        if not self.doubts:
            return ""
        rows, dates = (sum(getattr(d, n) for d in self.doubts) for n in ("rows", "dates"))
        other = "of another date" if 2 * dates >= rows else "with other values in most columns"
        worst, more = self.doubts[0], len(self.doubts) - 1
        files = f" and {more:,} more file{'s'[: more != 1]}" if more else ""
        return (
            f"{rows:,} rows of {self.source} replaced rows {other}: is the key "
            f"({', '.join(self.key)}) right? See {self.source}/{worst.file} ({worst.rows:,} rows "
            f"replaced, {worst.of:,} records in it){files}. Put what tells the rows apart, such "
            "as a date or a line number, into the contract's key=, or leave key= out; where a "
            "later row is meant to replace an earlier one, name its date in latest_by=."
        )


# The exit statuses of failures, the worst first.
SEVERITY = (
    LakeDamaged.exit_status, DefinitionError.exit_status, LakeError.exit_status,
    RetryableError.exit_status,
)  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """A step that failed, and that alone.

    message: one sentence with the cure. kept_back: the tables, as ``gold.monthly``, that were not
    published because of it. error: as it was raised, for a trace.
    """

    layer: str
    table: str
    message: str
    exit_status: int
    kept_back: tuple[str, ...] = ()
    error: Exception | None = field(default=None, compare=False, repr=False)

    @property
    def severity(self) -> int:
        """0 for the worst."""
        known = self.exit_status in SEVERITY
        return SEVERITY.index(self.exit_status if known else LakeError.exit_status)

    @property
    def name(self) -> str:
        """The table as ``silver.sales``."""
        return f"{self.layer}.{self.table}"

    @property
    def line(self) -> str:
        """The line that says so."""
        return f"failed: {self.name}: {self.message}"

    @property
    def kept_back_line(self) -> str:
        """What was not published because of it, as a line; "" where nothing was kept back."""
        names = ", ".join(self.kept_back)
        return f"kept back because of {self.name}: {names}" if names else ""


@dataclass(frozen=True)
class Report:
    """How a run ended. status: failed (a table's step did; the others were published), attention
    (a file was refused or held, or cannot be read), done or unchanged."""

    run_id: str
    status: str
    books: tuple[Books, ...]
    tables: tuple[TableResult, ...]
    notes: tuple[FileNote, ...]
    seconds: float
    startup_seconds: float
    replaced: tuple[Replaced, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def exit_status(self) -> int:
        """0 all good; 3 done, but a file was refused, is held or cannot be read; that of the worst
        failure where there are any."""
        if self.failures:
            return SEVERITY[min(failure.severity for failure in self.failures)]
        return 3 if any(note.status in LOOK_AT for note in self.notes) else 0

    def as_dict(self) -> dict[str, Any]:
        """The report for scripts, with its exit status."""
        failures = [asdict(replace(failure, error=None)) for failure in self.failures]
        for failure in failures:
            del failure["error"]
        told = asdict(replace(self, failures=()))
        return {**told, "failures": failures, "exit_status": self.exit_status}


def failed(report: Report) -> list[str]:
    """The lines that say what failed; the last one is that of the worst failure."""
    kept_back = [failure.kept_back_line for failure in report.failures if failure.kept_back]
    return [*kept_back, *(failure.line for failure in report.failures)]
