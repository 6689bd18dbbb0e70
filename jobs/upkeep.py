"""Upkeep: small files compacted, unused ones removed, so that the thousandth run costs what
the tenth did. A compaction changes no row, and its commit carries the table's note on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobs.commits import Commit
from jobs.delta.heads import Heads
from jobs.errors import DefinitionError, LakeDamaged
from jobs.lease import held, new_run_id
from jobs.load import Definition, load
from jobs.periods import by_period
from jobs.session import open_session
from jobs.settings import RunSettings, Zones
from jobs.state import Cache
from jobs.storage import Storage
from jobs.work import NOTHING_SEEN, moment

SAFE_HOURS = 168
# Commits between two compactions of a table.
EVERY = 25
STATE = "upkeep.json"


@dataclass(frozen=True)
class Kept:
    """What upkeep did to one table. compacted: files that became fewer; removed: whether
    files that no version of the last ``hours`` hours needs were deleted; why: if not."""

    table: str
    compacted: int
    removed: bool
    why: str = ""


def tables(definition: Definition, zones: Zones) -> dict[str, tuple[str, ...]]:
    """{path of a table that the lake can have: the columns that its files are sorted by}."""
    sources, marts = definition.sources.values(), definition.marts.values()
    return {
        zones.files: (),
        zones.runs: (),
        zones.quarantine: (),
        **{f"{zones.bronze}/{source.bronze}": () for source in sources},
        **{f"{zones.silver}/{source.silver}": moment(source) for source in sources},
        **{f"{zones.gold}/{m.name}": by_period(m) for m in marts},
    }


def optimize(settings: RunSettings, retention_hours: int = SAFE_HOURS) -> tuple[Kept, ...]:
    """Compacts every table of the lake, and removes files that no version of the last
    ``retention_hours`` needs. A table that a later layer has not consumed keeps its files.

    Raises DefinitionError where the retention is shorter than a reader may take (1 hour).
    """
    if retention_hours < 1:
        raise DefinitionError("Keep at least 1 hour: a reader may still be at an older version.")
    definition = load(settings.definition)
    run_id = new_run_id()
    with held(settings.zones.lake, run_id) as lease:
        heads = Heads.read(settings.zones)
        storage = Storage(lambda: open_session(settings.spark), lease.check, heads)
        behind = _unconsumed(storage, definition, settings.zones)
        done = tuple(
            _keep(storage, path, order, retention_hours, behind.get(path, ""))
            for path, order in tables(definition, settings.zones).items()
            if storage.head(path) is not None
        )
        heads.publish()
        return done


def make_older_handles_stale(storage: Storage, paths: Iterable[str]) -> None:
    """Commits nothing to each table: a run that is only suspended, and whose lease was taken over,
    can commit to none of them when it wakes."""
    for path in paths:
        head = _head(storage, path)
        if head:
            storage.touch(path, head.note)


def _head(storage: Storage, path: str) -> Commit | None:
    """The table's last commit; None for a damaged one too: whatever works with it is told so."""
    try:
        return storage.head(path)
    except LakeDamaged:
        return None


def _keep(storage: Storage, path: str, order: Sequence[str], hours: int, behind: str) -> Kept:
    compacted = storage.compact(path, order)
    if behind:
        return Kept(path, compacted, False, f"{behind} has not consumed it yet")
    storage.vacuum(path, hours)
    return Kept(path, compacted, True)


def _unconsumed(storage: Storage, definition: Definition, zones: Zones) -> dict[str, str]:
    """{silver table: the mart or source that has not read its latest rows}."""
    sources, marts = definition.sources, definition.marts.values()
    silver = {source.silver: f"{zones.silver}/{source.silver}" for source in sources.values()}
    readers = [
        (m.name, f"{zones.gold}/{m.name}", "reads", {t: silver[t] for t in m.reads if t in silver})
        for m in marts
    ]
    for source in sources.values():
        named = {r.to for r in source.referring.values()}
        reads = {to: silver[sources[to].silver] for to in named}
        readers.append((source.name, silver[source.silver], "refs", reads))
    behind = {}
    for reader, path, kind, reads in readers:
        last = _head(storage, path)
        for table, table_path in reads.items():
            latest = _head(storage, table_path)
            read = last.note[kind].get(table, NOTHING_SEEN) if last else NOTHING_SEEN
            if latest and latest.stamp != read["stamp"]:
                behind[table_path] = reader
    return behind


def within_run(
    storage: Storage, definition: Definition, zones: Zones
) -> list[tuple[str, Exception]]:
    """Compacts the tables that took many commits since they last were, and removes the files
    that no version of the last week needs; most runs find no such table. What it costs does
    not grow with the table's rows: only small files are joined. Tables that are written by
    each run come due together, so a run takes a few of them, as many as to keep up.

    Gives the tables that it failed for, with the errors; a damaged table is left alone."""
    cache = Cache(zones.lake, STATE)
    done = {path: n for path, n in cache.read().items() if isinstance(n, int)}
    paths = tables(definition, zones)
    lasts = {path: last for path in paths if (last := _head(storage, path))}
    since = {path: last.version - done.get(path, 0) for path, last in lasts.items()}
    due = sorted((p for p in since if since[p] >= EVERY), key=lambda path: -since[path])
    due = due[: 1 + -(-len(paths) // EVERY)]
    behind = _unconsumed(storage, definition, zones) if due else {}
    failed = []
    for path in due:
        try:
            _keep(storage, path, paths[path], SAFE_HOURS, behind.get(path, ""))
        except Exception as error:
            failed.append((path, error))
            continue
        latest = storage.head(path)
        done[path] = latest.version if latest else 0
    if due:
        cache.write(done)
    return failed
