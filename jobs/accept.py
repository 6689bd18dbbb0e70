"""Takes files that are held: what a person has looked at and wants in the lake after all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from jobs.errors import LakeError
from jobs.lease import held as leased
from jobs.lease import new_run_id
from jobs.ledger import ACCEPTED, HELD, FileEvent, Files
from jobs.load import load
from jobs.plan import CHANGED, REPLACE
from jobs.report import FileNote
from jobs.session import open_session
from jobs.settings import RunSettings
from jobs.storage import Storage


def accept(settings: RunSettings, patterns: tuple[str, ...]) -> tuple[FileNote, ...]:
    """Marks held files as accepted; the next run takes them.

    patterns: ``source/path`` as the run printed it, or a glob such as ``sales/2024/*``.
    Gives the files accepted. Raises LakeError, naming the files that are held, where a
    pattern fits none; nothing is accepted then.
    """
    run_id = new_run_id()
    with leased(settings.zones.lake, run_id) as lease:
        storage = Storage(lambda: open_session(settings.spark), lease.check)
        files = Files.read(storage, settings.zones.lake, settings.zones.files, _tables(settings))
        waiting = [event for event in files.all() if event.status == HELD]
        for pattern in patterns:
            if not any(_fits(event, pattern) for event in waiting):
                raise LakeError(f"No held file fits {pattern!r}. {_told(waiting)}")
        taken = [e for e in waiting if any(_fits(e, pattern) for pattern in patterns)]
        files.add([_accepted(event) for event in taken], run_id)
        files.save()
        return tuple(FileNote(e.source, e.path, ACCEPTED, e.reason) for e in taken)


def _tables(settings: RunSettings) -> list[str]:
    sources = load(settings.definition).sources.values()
    return [f"{settings.zones.bronze}/{source.bronze}" for source in sources]


def _fits(event: FileEvent, pattern: str) -> bool:
    path = f"{event.source}/{event.path}"
    # A name may hold what a glob means otherwise, as report[1].csv does.
    return path == pattern or fnmatchcase(path, pattern)


def _told(waiting: Iterable[FileEvent]) -> str:
    names = sorted(f"{event.source}/{event.path}" for event in waiting)
    return f"Held are: {', '.join(names)}." if names else "No file is held."


def _accepted(event: FileEvent) -> FileEvent:
    return replace(event, status=ACCEPTED, reason=REPLACE if event.reason == CHANGED else "")
