"""Which landing files a run takes: new ones once, changed ones never without being told to."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jobs.landing import LandingFile, is_within
from jobs.ledger import ACCEPTED, HELD, REFUSED, FileEvent
from jobs.report import FileNote

CHANGED = (
    "its bytes changed after it was ingested; `lake accept` takes the new ones in place of the old"
)
REPLACE = "its new bytes replace the old"


@dataclass
class Plan:
    """What to do with a source's landing files.

    take: files to ingest. replace: of those, the ones whose old records must go. events:
    what is to be remembered without ingesting anything. notes: what a person should see.
    """

    take: list[LandingFile] = field(default_factory=list)
    replace: set[str] = field(default_factory=set)
    events: list[FileEvent] = field(default_factory=list)
    notes: list[FileNote] = field(default_factory=list)


def plan(
    source: str,
    listed: Iterable[LandingFile],
    known: Mapping[str, FileEvent],
    store: Any,
    *,
    rebuild: bool = False,
    unreadable: Collection[str] = (),
) -> Plan:
    """Sorts the landing files of ``source`` by what the ledger knows of them.

    A rebuild takes every file again but those that are held. unreadable: files and folders that
    cannot be read, whose files are not gone.
    """
    found = Plan()
    seen = set()
    for file in listed:
        seen.add(file.path)
        was = known.get(file.path)
        if rebuild and was is not None and _is_taken_again(was):
            found.take.append(file)
        else:
            _sort(source, file, was, store, found)
    for path, event in known.items():
        if path not in seen and event.in_bronze and not is_within(path, unreadable):
            reason = "it is no longer in the landing zone; a rebuild would be without its rows"
            found.notes.append(FileNote(source, path, "reported", reason))
    return found


def _is_taken_again(was: FileEvent) -> bool:
    """Whether a rebuild takes a file: a file held for its bad rows has its records in bronze."""
    return was.status != HELD or (was.in_bronze and was.reason != CHANGED)


def _sort(source: str, file: LandingFile, was: FileEvent | None, store: Any, found: Plan) -> None:
    if was is None:
        found.take.append(file)
        return
    same = (was.size, was.modified) == (file.size, file.modified)
    if was.status == REFUSED:
        if same:
            found.notes.append(FileNote(source, file.path, REFUSED, was.reason))
        else:
            _take(file, was, found)
    elif was.status == ACCEPTED and same and (not was.in_bronze or was.reason == REPLACE):
        _take(file, was, found)
    elif same and was.status != HELD:
        return
    elif same:
        found.notes.append(FileNote(source, file.path, HELD, was.reason))
    else:
        _changed(source, file, was, store, found)


def _take(file: LandingFile, was: FileEvent, found: Plan) -> None:
    found.take.append(file)
    if was.in_bronze:
        found.replace.add(file.path)


def _changed(source: str, file: LandingFile, was: FileEvent, store: Any, found: Plan) -> None:
    """A known file whose size or time is another: only its bytes say whether it changed."""
    checksum = _checksum(store, file.path)
    event = replace(was, size=file.size, modified=file.modified)
    if checksum == was.checksum:
        found.events.append(event)
        if was.status == HELD:
            found.notes.append(FileNote(source, file.path, HELD, was.reason))
        return
    found.events.append(replace(event, checksum=checksum, status=HELD, reason=CHANGED))
    found.notes.append(FileNote(source, file.path, HELD, CHANGED))


def _checksum(store: Any, path: str) -> str:
    digest = hashlib.sha256()
    with store.open_read(path) as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
