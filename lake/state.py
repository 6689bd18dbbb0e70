"""The state of a lake, read natively: its tables, its runs, its landing files, its holder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from jobs import lease
from jobs.commits import last_commit
from jobs.definition import Source
from jobs.files import Unreadable, open_store
from jobs.landing import is_within, list_landing, why_left_alone
from jobs.load import load
from jobs.report import UNREADABLE, Doubt, Replaced
from jobs.state import StateFile
from lake.native import Native, quoted
from lake.options import Place
from lake.travel import versions

LAST_RUNS = 5

# What a run reads too: it is ahead of ledger.files until the run's end.
FILES = "files.json"
NEW, INGESTED, HELD, ACCEPTED = "new", "ingested", "held", "accepted"
TAKEN = "the next run takes it"
# What is asked of each file here.
NEEDED = {"source", "path", "size", "modified", "status", "reason", "batch", "records"}
GONE = "it is no longer in the landing zone; a rebuild would be without its rows"
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
    """A landing file that is not simply ingested. status: new, changed, accepted, held, refused,
    unreadable (a folder, too), ignored or gone. on_hold: its records, where they are counted beside
    the landed ones. in_bronze: whether these stand in the bronze table."""

    source: str
    path: str
    status: str
    reason: str
    on_hold: int = 0
    in_bronze: bool = False


@dataclass(frozen=True)
class Holder:
    """The run that holds the lake. since: as it says itself, in UTC."""

    run_id: str
    holder: str
    since: str


@dataclass(frozen=True)
class State:
    """All of it. warnings: where the key of a source is in doubt."""

    holder: Holder | None
    tables: tuple[TableState, ...]
    runs: tuple[dict[str, Any], ...]
    files: tuple[LandingState, ...]
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The state for scripts."""
        return asdict(self)


def read(place: Place) -> State:
    """The state of a lake as of now."""
    native = Native(place)
    return State(holder(place), _tables(native), _runs(native), files(native), warnings(native))


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


def _known(place: Place, sources: Collection[Source]) -> list[dict[str, Any]]:
    """What the lake knows of landing files, without pyspark. Raises DamagedState."""
    file = StateFile(place.zones.lake, FILES)
    body = file.read()
    if body is None:
        if any(last_commit(f"{place.zones.bronze}/{source.bronze}") for source in sources):
            raise file.damaged("is gone, but there are bronze tables")
        return []
    known = body.get("files", [])
    if not isinstance(known, list) or not all(
        isinstance(f, dict) and f.keys() >= NEEDED for f in known
    ):
        raise file.damaged("is JSON of another shape than this program writes")
    return known


def warnings(native: Native) -> tuple[str, ...]:
    """What to say of the sources whose key is in doubt."""
    found = []
    for source in load(native.place.definition).sources.values():
        doubts = tuple(Doubt(**doubt) for doubt in _published(native, source).get("doubts", ()))
        found.append(Replaced(source.name, tuple(source.key), 0, 0, doubts).warning)
    return tuple(filter(None, found))


def files(native: Native) -> tuple[LandingState, ...]:
    """The landing files that wait, are on hold, rejected or left alone, or are no longer there."""
    sources = load(native.place.definition).sources.values()
    told = _known(native.place, sources)
    found = []
    for source in sources:
        known = {file["path"]: file for file in told if file["source"] == source.name}
        held = set(_published(native, source).get("held", ()))
        store = open_store(f"{native.place.zones.landing}/{source.landing}")
        unreadable: Unreadable = {}
        listed, others = list_landing(store, unreadable)
        for file in listed:
            state = _state(source.name, file.path, known.get(file.path), held)
            if state.status != NEW and _moved(known[file.path], (file.size, file.modified)):
                state = replace(state, status="changed", reason="the next run looks at its bytes")
            found.append(state)
        found += [_left_alone(source.name, path) for path in others]
        found += [LandingState(source.name, p, UNREADABLE, why) for p, why in unreadable.items()]
        # What no run has taken leaves nothing behind.
        gone = known.keys() - {file.path for file in listed}
        found += [
            _gone(source.name, path)
            for path in sorted(gone)
            if known[path]["batch"] and not is_within(path, unreadable)
        ]
    return tuple(state for state in found if state.status != INGESTED)


def _published(native: Native, source: Source) -> Mapping[str, Any]:
    """What the latest publish of a source's silver table noted."""
    commit = last_commit(native.uri("silver", source.silver))
    return commit.note if commit else {}


def _state(
    source: str, path: str, was: Mapping[str, Any] | None, held: Collection[str]
) -> LandingState:
    """A file as it is known. held: the files whose records silver leaves in bronze."""
    if was is None:
        return LandingState(source, path, NEW, TAKEN)
    status, reason, taken = was["status"], was["reason"] or "", bool(was["batch"])
    if status == ACCEPTED:
        # Once its records are published, it is as any other.
        waits = not taken or reason or path in held
        return LandingState(source, path, *((ACCEPTED, TAKEN) if waits else (INGESTED, "")))
    # The records of a file that changed after it was taken are landed ones.
    beside = status == HELD and (not taken or path in held)
    return LandingState(source, path, status, reason, was["records"] if beside else 0, taken)


def _moved(was: Mapping[str, Any], stamp: tuple[int, str]) -> bool:
    return (was["size"], was["modified"]) != stamp


def _left_alone(source: str, path: str) -> LandingState:
    return LandingState(source, path, "ignored", why_left_alone(path))


def _gone(source: str, path: str) -> LandingState:
    return LandingState(source, path, "gone", GONE)
