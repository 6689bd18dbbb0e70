"""A tiny lake for a test: a definition from text, CSV texts landed, runs in this process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

from jobs.accept import accept
from jobs.commits import last_commit
from jobs.ledger import Files
from jobs.report import Report
from jobs.run import run
from jobs.settings import LAYERS, RunSettings, Zones
from jobs.storage import Storage

INGESTION = ("ingestion_timestamp", "run_id", "_batch", "first_run")
WORDS = (
    "from jobs.definition import Mart, Period, Reference, Repair, Source, boolean, date, "
    "integer, money, number, real, text, timestamp"
)
# Two small contracts, and the header of the first one's files.
ITEMS = """
items = Source(
    key="id", latest_by="seen",
    columns={"id": text(), "amount": integer("Amount (EUR)"), "seen": date()},
    checks={"amount is positive": "amount > 0"}, max_bad_share=0.5,
)
"""
EVENTS = 'events = Source(columns={"what": text(required=True), "n": integer()})'
HEAD = "id,amount_eur,seen"


class TinyLake:
    """A lake below ``root``. session: the suite's Spark session."""

    def __init__(self, root: Path, session: Any, **files: str) -> None:
        self.root, self.session = root, session
        self.zones = Zones.under(str(root / "lake"))
        self.define(**files)

    def define(self, **files: str) -> None:
        """Writes (or rewrites) one definition file per keyword; the name is its grain."""
        folder = self.root / "definition"
        folder.mkdir(parents=True, exist_ok=True)
        for name, body in files.items():
            text = f'"""One row per {name}."""\n{WORDS}\n{dedent(body)}'
            (folder / f"{name}.py").write_text(text, encoding="utf-8")

    @property
    def settings(self) -> RunSettings:
        return RunSettings(self.zones, definition=str(self.root / "definition"))

    def land(self, path: str, content: str | bytes) -> Path:
        """Lands a file at ``path`` below landing (its source's folder first)."""
        target = Path(self.zones.landing) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return target

    def run(self, *layers: str, raises: bool = True, **options: Any) -> Report:
        """One run, of all layers unless some are named. raises: the error of a table that failed;
        without, the report has it."""
        report = run(replace(self.settings, layers=layers or LAYERS, **options))
        for failure in report.failures if raises else ():
            assert failure.error is not None
            raise failure.error
        return report

    def accept(self, *patterns: str) -> list[str]:
        """The paths of the held files that were taken."""
        return [note.path for note in accept(self.settings, patterns)]

    def path(self, table: str) -> str:
        """``silver.sales`` -> where it lies; ``quarantine`` and ``files`` by their names alone."""
        named = {"quarantine": self.zones.quarantine, "files": self.zones.files}
        layer, _, name = table.partition(".")
        return named.get(table) or f"{getattr(self.zones, layer)}/{name}"

    def frame(self, table: str) -> Any:
        return self.session.read.format("delta").load(self.path(table))

    def rows(self, table: str, *columns: str, where: str = "true") -> list[tuple]:
        """The rows as a sorted list of tuples, without what differs from run to run."""
        frame = self.frame(table).where(where)
        own = (f"`{c}`" for c in sorted(frame.columns) if c not in INGESTION)
        names = columns or tuple(own)
        return sorted((tuple(row) for row in frame.selectExpr(*names).collect()), key=_place)

    def quarantine(self) -> list[tuple]:
        """(file, line, state, rules) of every row that waits in quarantine now."""
        if last_commit(self.zones.quarantine) is None:
            return []
        return self.rows(
            "quarantine",
            "source_file",
            "source_line",
            "state",
            "concat_ws('; ', broken.rule)",
            where="state <> 'superseded'",
        )

    def books(self, source: str) -> tuple[int, int, int, int]:
        """landed, published, quarantined, superseded, from the latest note of silver."""
        note = last_commit(self.path(f"silver.{source}")).note["books"]
        return tuple(note[k] for k in ("landed", "published", "quarantined", "superseded"))

    def versions(self) -> dict[str, int]:
        """{table: its latest version} of every Delta table in the lake."""
        logs = (self.root / "lake").rglob("_delta_log")
        return {
            str(p.parent.relative_to(self.root)): last_commit(str(p.parent)).version for p in logs
        }

    def known(self, source: str) -> dict[str, tuple[str, str]]:
        """{path: (status, reason)} of a source's landing files."""
        storage = Storage(lambda: self.session)
        files = Files.read(storage, self.zones.lake, self.zones.files)
        return {path: (e.status, e.reason) for path, e in files.of(source).items()}


def _place(row: tuple) -> list[tuple]:
    """What a row is sorted by: its values, null last."""
    return [(v is None, repr(v) if isinstance(v, list | dict) else v) for v in row]


def notes(report: Report) -> dict[str, str]:
    """{path: status} of the files that a run wants looked at."""
    return {note.path: note.status for note in report.notes}


def csv(header: str, *lines: str) -> str:
    """A file's text from its header and records."""
    return "\n".join((header, *lines)) + "\n"
