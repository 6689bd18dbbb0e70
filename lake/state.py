"""The state of a lake, read natively: its tables, its runs, its landing files, its holder."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from jobs import lease
from jobs.commits import last_commit
from jobs.files import is_landing_file, open_store
from jobs.load import load
from jobs.state import StateFile
from lake.native import Native, quoted
from lake.options import Place
from lake.travel import versions

LAST_RUNS = 5
_RUNS = f"""
    SELECT run_id, strftime(min(started_at AT TIME ZONE 'UTC'), '%Y-%m-%d %H:%M:%S') AS started,
           epoch(max(finished_at)) - epoch(min(started_at)) AS seconds,
           count(*) AS tables,
           CAST(sum(rows_in) FILTER (layer = 'bronze') AS BIGINT) AS rows_in,
           CAST(sum(rows_out) FILTER (layer = 'gold') AS BIGINT) AS gold_rows
    FROM ledger.runs GROUP BY run_id ORDER BY min(started_at) DESC LIMIT {LAST_RUNS}
"""


@dataclass(frozen=True)
class TableState:
    """A table: its latest version and how many rows it has."""

    layer: str
    table: str
    version: int
    rows: int


@dataclass(frozen=True)
class LandingState:
    """A landing file that is not simply ingested. status: new, changed, accepted, held, refused
    or gone."""

    source: str
    path: str
    status: str
    reason: str


@dataclass(frozen=True)
class Holder:
    """The run that holds the lake. since: as it says itself, in UTC."""

    run_id: str
    holder: str
    since: str


@dataclass(frozen=True)
class State:
    """All of it."""

    holder: Holder | None
    tables: tuple[TableState, ...]
    runs: tuple[dict[str, Any], ...]
    files: tuple[LandingState, ...]

    def as_dict(self) -> dict[str, Any]:
        """The state for scripts."""
        return asdict(self)


def read(place: Place) -> State:
    """The state of a lake as of now; a lake that does not exist yet is an empty one."""
    native = Native(place)
    return State(holder(place), _tables(native), _runs(native), files(native))


def holder(place: Place) -> Holder | None:
    """The run that holds the lake, None where none does."""
    told = lease.holder(place.zones.lake)
    return Holder(**told) if told else None


def _tables(native: Native) -> tuple[TableState, ...]:
    found = []
    for layer, table in native.tables():
        if layer != "ledger":
            (row,) = native.rows(f"SELECT count(*) AS rows FROM {layer}.{quoted(table)}")
            version = versions(native.uri(layer, table))[-1]
            found.append(TableState(layer, table, version, row["rows"]))
    return tuple(found)


def _runs(native: Native) -> tuple[dict[str, Any], ...]:
    return tuple(native.rows(_RUNS)) if native.view("ledger", "runs") else ()


def files(native: Native) -> tuple[LandingState, ...]:
    """The landing files that wait, are held or refused, or are no longer there."""
    zones, sources = native.place.zones, load(native.place.definition).sources
    tables = [f"{zones.bronze}/{source.bronze}" for source in sources.values()]
    # What a run reads too: it is ahead of ledger.files until the run's end.
    known = _known(StateFile(zones.lake, "files.json"), tables)
    found = []
    for source in sources.values():
        listed = open_store(f"{native.place.zones.landing}/{source.landing}").list()
        there = {file.path: file for file in listed if is_landing_file(file.path)}
        for path, file in there.items():
            was = known.get((source.name, path))
            status, reason = _status(was, (file.size, file.modified))
            if status != "ingested":
                found.append(LandingState(source.name, path, status, reason))
        for name, path in known:
            if name == source.name and path not in there:
                reason = "it is no longer in the landing zone"
                found.append(LandingState(name, path, "gone", reason))
    return tuple(found)


def _known(file: StateFile, tables: list[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """{(source, path): its event}, without pyspark. Raises DamagedState."""
    body = file.read()
    if body is None and any(last_commit(table) for table in tables):
        raise file.damaged("is gone, but there are bronze tables")
    try:
        given = (body or {}).get("files", [])
        return {
            (f["source"], f["path"]): {n: f[n] for n in ("size", "modified", "status", "reason")}
            for f in given
        }
    except (TypeError, KeyError, AttributeError):
        raise file.damaged("is JSON of another shape than this program writes") from None


def _status(was: dict[str, Any] | None, stamp: tuple[int, str]) -> tuple[str, str]:
    if was is None:
        return "new", "the next run takes it"
    if (was["size"], was["modified"]) != stamp:
        return "changed", "the next run looks at its bytes"
    return was["status"], was["reason"] or ""
