"""What a run's report says of records: where each is, and what replaced what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobs.commits import Commit
from jobs.definition import Source
from jobs.errors import LakeDamaged
from jobs.lake import Lake
from jobs.ledger import HELD, REFUSED, FileEvent
from jobs.plan import CHANGED
from jobs.report import Books, Doubt, Replaced

NOTHING = {"landed": 0, "published": 0, "quarantined": 0, "superseded": 0}


def books(lake: Lake, by_rule: Mapping[str, Mapping[str, int]]) -> tuple[Books, ...]:
    """Where every record is, from the silver tables' notes, and beside it what is on hold or
    rejected. by_rule: {source: {violation: quarantined rows}}."""
    found = []
    rejected = {(note.source, note.path) for note in lake.notes if note.status == REFUSED}
    for source in lake.definition.sources.values():
        commit = _last(lake, source)
        counts = commit.note.get("books") if commit else None
        beside = on_hold(lake.files.of(source.name).values())
        beside["files_rejected"] = sum(name == source.name for name, _ in rejected)
        if counts or any(beside.values()):
            rules = by_rule.get(source.name, {})
            found.append(Books(source.name, **(counts or NOTHING), by_rule=rules, **beside))
    return tuple(found)


def _last(lake: Lake, source: Source) -> Commit | None:
    """The silver table's last commit; None for a damaged table, which is among the failures."""
    try:
        return lake.storage.head(lake.silver_path(source))
    except LakeDamaged:
        return None


def on_hold(files: Iterable[FileEvent]) -> dict[str, int]:
    """The files of a source that are on hold, and their records. Of a file whose bytes changed
    after it was ingested the old records are landed ones, and the new ones are not counted yet."""
    held = [event for event in files if event.status == HELD]
    records = sum(event.records for event in held if event.reason != CHANGED)
    return {"on_hold": records, "files_on_hold": len(held)}


def replaced(lake: Lake) -> tuple[Replaced, ...]:
    """What this run superseded, of the sources of which it superseded anything."""
    published = {r.table for r in lake.results if r.layer == "silver" and r.status == "published"}
    found = []
    for source in lake.definition.sources.values():
        commit = _last(lake, source) if source.silver in published else None
        told = commit.note.get("replaced") if commit else None
        if told and told["identical"] + told["changed"]:
            counts = told["identical"], told["changed"]
            doubts = tuple(Doubt(**doubt) for doubt in told["loud"])
            found.append(Replaced(source.name, tuple(source.key), *counts, doubts))
    return tuple(found)
